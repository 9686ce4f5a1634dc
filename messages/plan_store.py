"""The planned touches among the messages: reading them for many visits, and changing those that wait.

Invariant: only rows that wait are changed, and only untried cancelled rows are revived.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from messages.kinds import Channel
from messages.particulars import Particulars
from messages.reconcile import TouchRow
from scheduler.core.record import Reading, Tx
from scheduler.tables import message

_COLUMNS = (
    message.c.id,
    message.c.participation_id,
    message.c.touch,
    message.c.revision,
    message.c.channel,
    message.c.contact_point_id,
    message.c.state,
    message.c.attempt,
    message.c.due_at,
    message.c.useful_until,
    message.c.fields,
)


async def touches(r: Reading, participation_ids: Collection[str]) -> dict[str, tuple[TouchRow, ...]]:
    """The touches of these visits in whatever state, by visit; visits without any are left out."""
    wanted = select(*_COLUMNS).where(
        message.c.practice_id == r.practice_id,
        message.c.participation_id.in_(sorted(participation_ids)),
        message.c.touch.is_not(None),
    )
    found: dict[str, list[TouchRow]] = {}
    for row in await r.conn.execute(wanted.order_by(message.c.created_at, message.c.id)):
        found.setdefault(row.participation_id, []).append(_touch(row))
    return {participation_id: tuple(rows) for participation_id, rows in found.items()}


async def superseded(r: Reading, participation_id: str, revision: int) -> tuple[str, ...]:
    """Waiting messages about an earlier time of a visit, of whatever kind."""
    wanted = select(message.c.id).where(
        message.c.practice_id == r.practice_id,
        message.c.participation_id == participation_id,
        message.c.revision < revision,
        message.c.state.in_(("pending", "intent")),
    )
    return tuple((await r.conn.execute(wanted.order_by(message.c.id))).scalars())


async def change(tx: Tx, message_id: str, values: dict[str, Any]) -> bool:
    """Change a waiting row; False when it does not wait any more."""
    return await _update(tx, message_id, "pending", values)


async def revive(tx: Tx, message_id: str, values: dict[str, Any]) -> bool:
    """Let a cancelled row wait again; False when it does not rest any more, or was ever tried."""
    return await _update(tx, message_id, "cancelled", {"state": "pending", "reason": None, **values})


async def earliest_other_time(r: Reading, participation_id: str, kind: str) -> datetime | None:
    """The old time that the waiting notice of a move speaks of: what the client still believes."""
    wanted = (
        select(message.c.fields)
        .where(
            message.c.practice_id == r.practice_id,
            message.c.participation_id == participation_id,
            message.c.kind == kind,
            message.c.state == "pending",
        )
        .order_by(message.c.created_at)
        .limit(1)
    )
    stored = (await r.conn.execute(wanted)).scalar_one_or_none()
    return None if stored is None else Particulars.from_json(stored).other_at


async def _update(tx: Tx, message_id: str, origin: str, values: dict[str, Any]) -> bool:
    found = await tx.conn.execute(
        update(message)
        .where(
            message.c.practice_id == tx.practice_id,
            message.c.id == message_id,
            message.c.state == origin,
            message.c.attempt == 0 if origin == "cancelled" else message.c.attempt >= 0,
        )
        .values(values)
    )
    return found.rowcount == 1


def _touch(row: Any) -> TouchRow:
    return TouchRow(
        id=row.id,
        key=row.touch,
        revision=row.revision,
        channel=Channel(row.channel),
        contact_point_id=row.contact_point_id,
        state=row.state,
        attempt=row.attempt,
        due_at=row.due_at,
        useful_until=row.useful_until,
        only_if_unconfirmed=Particulars.from_json(row.fields).only_if_unconfirmed,
    )
