"""The columns `redact_at` and `redacted_at`: which words the carrier still keeps for us, and which it has forgotten.

Invariant: a row leaves this list only when its words are erased, or can never be.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, select, update

from messages.kinds import Channel
from scheduler.core.record import Reading, Tx
from scheduler.tables import delivery, inbound, message

_NAMED: Final[Mapping[str, Table]] = {"message": message, "inbound": inbound}


@dataclass(frozen=True, slots=True)
class Kept:
    """Words the carrier keeps. `subject` is message or inbound; `sids` all that carry them."""

    subject: str
    id: str
    channel: Channel
    sids: tuple[str, ...]


async def due(r: Reading, limit: int) -> tuple[Kept, ...]:
    """Words whose time has come, the oldest first; at most `limit` of what we sent and of what we received.

    Left out while another message to the same address is in doubt: the doubt is settled by words in the carrier's
    list, and whatever has none left there could be taken for it.
    """
    return (*await _sent(r, limit), *await _received(r, limit))


async def any_due(r: Reading) -> bool:
    """Whether `due` may find something."""
    for table in _NAMED.values():
        wanted = select(table.c.id).where(table.c.practice_id == r.practice_id, table.c.redact_at <= r.now).limit(1)
        if (await r.conn.execute(wanted)).first() is not None:
            return True
    return False


async def _sent(r: Reading, limit: int) -> tuple[Kept, ...]:
    c, other = message.c, message.alias("other")
    in_doubt = select(other.c.id).where(
        other.c.practice_id == c.practice_id,
        other.c.address_ix == c.address_ix,
        other.c.state.in_(("intent", "unknown")),
    )
    wanted = (
        select(c.id, c.channel, c.sid)
        .where(c.practice_id == r.practice_id, c.redact_at <= r.now, ~in_doubt.exists())
        .order_by(c.redact_at)
        .limit(limit)
    )
    rows = (await r.conn.execute(wanted)).all()
    sids = await _all_sids(r, {row.id: row.sid for row in rows})
    return tuple(Kept("message", row.id, Channel(row.channel), sids[row.id]) for row in rows)


async def _all_sids(r: Reading, sid_of: Mapping[str, str | None]) -> dict[str, tuple[str, ...]]:
    """A message that was accepted twice after all has two: the second is known from its callbacks."""
    wanted = select(delivery.c.message_id, delivery.c.sid).where(
        delivery.c.practice_id == r.practice_id, delivery.c.message_id.in_(sorted(sid_of))
    )
    found: dict[str, set[str]] = {message_id: {sid} if sid else set() for message_id, sid in sid_of.items()}
    for row in await r.conn.execute(wanted):
        found[row.message_id].add(row.sid)
    return {message_id: tuple(sorted(sids)) for message_id, sids in found.items()}


async def _received(r: Reading, limit: int) -> tuple[Kept, ...]:
    c = inbound.c
    wanted = select(c.id, c.sid).where(c.practice_id == r.practice_id, c.redact_at <= r.now)
    rows = await r.conn.execute(wanted.order_by(c.redact_at).limit(limit))
    return tuple(Kept("inbound", row.id, Channel.SMS, (row.sid,)) for row in rows)


async def erased(tx: Tx, subject: str, ids: Collection[str]) -> tuple[str, ...]:
    """Note that the words are gone; the ids for which that is news."""
    return await _write(tx, subject, ids, {"redact_at": None, "redacted_at": tx.now})


async def given_up(tx: Tx, subject: str, ids: Collection[str]) -> tuple[str, ...]:
    """Note that the carrier will not forget them, or that there is nobody to be asked."""
    return await _write(tx, subject, ids, {"redact_at": None})


async def later(tx: Tx, subject: str, ids: Collection[str], at: datetime) -> tuple[str, ...]:
    """Ask again at another time."""
    return await _write(tx, subject, ids, {"redact_at": at})


async def _write(tx: Tx, subject: str, ids: Collection[str], values: dict[str, Any]) -> tuple[str, ...]:
    if not ids:
        return ()
    table = _NAMED[subject]
    found = await tx.conn.execute(
        update(table)
        .where(table.c.practice_id == tx.practice_id, table.c.id.in_(sorted(ids)), table.c.redact_at.is_not(None))
        .values(values)
        .returning(table.c.id)
    )
    return tuple(sorted(found.scalars()))
