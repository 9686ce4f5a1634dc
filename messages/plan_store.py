"""The planned touches among the messages: reading them for many visits, and changing those that wait.

Invariant: only rows that wait are changed, and only untried cancelled rows are revived.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, select

from messages.kinds import Channel
from messages.particulars import Particulars
from messages.reconcile import TouchRow
from scheduler.core.bulk import Insert, Update, among, any_of, listed
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


class Placed(NamedTuple):
    """Where and when a touch that exists is to leave."""

    id: str
    contact_point_id: str
    address_ix: bytes
    policy_version: int
    fields: dict[str, Any]
    due_at: datetime
    useful_until: datetime


class NewTouch(NamedTuple):
    """A touch about to be written; the fields are those of the row."""

    id: str
    kind: str
    channel: str
    client_id: str
    participation_id: str
    touch: str
    revision: int
    dedupe: str
    priority: int
    state: str
    reason: str | None
    contact_point_id: str
    address_ix: bytes
    policy_version: int
    fields: dict[str, Any]
    due_at: datetime
    useful_until: datetime


_ADD: Final = Insert(message, ("practice_id", "attempt", "looks", "created_at", *NewTouch._fields), once=True)
_CHANGE: Final = Update(message, Placed._fields[1:], where="state = 'pending'")
_REVIVE: Final = Update(message, Placed._fields[1:], ("state", "reason"), where="state = 'cancelled' AND attempt = 0")


async def touches(r: Reading, participation_ids: Collection[str]) -> dict[str, tuple[TouchRow, ...]]:
    """The touches of these visits in whatever state, by visit; visits without any are left out."""
    sqlite = r.conn.dialect.name == "sqlite"
    asked = {"of": r.practice_id, "visits": listed(sorted(participation_ids), sqlite=sqlite)}
    found: dict[str, list[TouchRow]] = {}
    for row in await r.conn.execute(_touches_of(sqlite=sqlite), asked):
        found.setdefault(row.participation_id, []).append(_touch(row))
    return {participation_id: tuple(rows) for participation_id, rows in found.items()}


@cache
def _touches_of(*, sqlite: bool) -> Select[Any]:
    wanted = select(*_COLUMNS).where(
        message.c.practice_id == bindparam("of"),
        among(message.c.participation_id, "visits", sqlite=sqlite),
        message.c.touch.is_not(None),
    )
    return wanted.order_by(message.c.created_at, message.c.id)


async def superseded(r: Reading, participation_id: str, revision: int) -> tuple[str, ...]:
    """Waiting messages about an earlier time of a visit, of whatever kind."""
    wanted = select(message.c.id).where(
        message.c.practice_id == r.practice_id,
        message.c.participation_id == participation_id,
        message.c.revision < revision,
        message.c.state.in_(("pending", "intent")),
    )
    # Sorted here: asked for the order, SQLite walks through all messages of the practice to find these few in it.
    return tuple(sorted((await r.conn.execute(wanted)).scalars()))


async def add(tx: Tx, rows: Sequence[NewTouch]) -> frozenset[str]:
    """Insert touches; the ids of those whose dedupe key was new."""
    same = (tx.practice_id, 0, 0, tx.now)
    if await _ADD.run(tx.conn, [(*same, *row) for row in rows]) == len(rows):
        return frozenset(row.id for row in rows)
    return await _among(tx, [row.id for row in rows], message.c.id.is_not(None))


async def change(tx: Tx, rows: Sequence[Placed]) -> frozenset[str]:
    """Change waiting rows; the ids of those that still waited."""
    if await _CHANGE.run(tx.conn, tx.practice_id, rows) == len(rows):
        return frozenset(row.id for row in rows)
    # Those that do not wait any more were left alone; the others are locked by now and cannot have changed since.
    return await _among(tx, [row.id for row in rows], message.c.state == "pending")


async def revive(tx: Tx, rows: Sequence[Placed]) -> frozenset[str]:
    """Let cancelled rows wait again; the ids of those that still rested and were never tried."""
    ids = [row.id for row in rows]
    resting = await _among(tx, ids, and_(message.c.state == "cancelled", message.c.attempt == 0))
    changed = [row for row in rows if row.id in resting]
    await _REVIVE.run(tx.conn, tx.practice_id, changed, ("pending", None))
    return await _among(tx, sorted(resting), message.c.state == "pending")


async def _among(r: Reading, ids: Sequence[str], where: ColumnElement[bool]) -> frozenset[str]:
    if not ids:
        return frozenset()
    wanted = select(message.c.id).where(
        message.c.practice_id == r.practice_id, any_of(r.conn, message.c.id, ids), where
    )
    return frozenset((await r.conn.execute(wanted)).scalars())


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
