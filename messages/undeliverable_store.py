"""The `message` table as a failure sees it: whose place a message takes, what was tried, what went wrong of late.

Invariant: following `instead_of` upwards ends at the message somebody wanted to send.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select, update

from messages.kinds import Channel
from scheduler.core.record import Reading, Tx
from scheduler.tables import message

UNDER_WAY = ("pending", "intent", "unknown", "sent")
LONGEST_CHAIN = 20


@dataclass(frozen=True, slots=True)
class Tried:
    """A message that did not arrive, or that took the place of one."""

    id: str
    channel: Channel
    contact_point_id: str | None
    address_ix: bytes | None = field(repr=False)
    dedupe: str
    instead_of: str | None


_COLUMNS = tuple(message.c[name] for name in Tried.__dataclass_fields__)


async def tried_so_far(r: Reading, message_id: str) -> tuple[Tried, ...]:
    """The message and those whose place it took, the first one last."""
    found: list[Tried] = []
    wanted: str | None = message_id
    while wanted is not None and len(found) < LONGEST_CHAIN:
        query = select(*_COLUMNS).where(message.c.practice_id == r.practice_id, message.c.id == wanted)
        row = (await r.conn.execute(query)).mappings().first()
        if row is None:
            break
        found.append(Tried(**{**row, "channel": Channel(row["channel"])}))
        wanted = found[-1].instead_of
    return tuple(found)


async def in_place_of(r: Reading, message_id: str) -> tuple[str, ...]:
    """Every message that took the place of this one, or of one that did."""
    found: list[str] = []
    last: tuple[str, ...] = (message_id,)
    while last and len(found) < LONGEST_CHAIN:
        query = select(message.c.id).where(message.c.practice_id == r.practice_id, message.c.instead_of.in_(last))
        last = tuple((await r.conn.execute(query)).scalars())
        found += last
    return tuple(found)


async def takes_place(tx: Tx, message_id: str, instead_of: str) -> None:
    """Note whose place a message takes."""
    await tx.conn.execute(
        update(message)
        .where(message.c.practice_id == tx.practice_id, message.c.id == message_id)
        .values(instead_of=instead_of)
    )


async def is_under_way(r: Reading, dedupe: str) -> bool:
    """Whether the message of this key waits, is on its way or has left."""
    query = select(message.c.id).where(
        message.c.practice_id == r.practice_id, message.c.dedupe == dedupe, message.c.state.in_(UNDER_WAY)
    )
    return (await r.conn.execute(query)).first() is not None


async def failed_of_late(r: Reading, code: int, since: datetime) -> int:
    """How many messages that left since an instant ended with this code."""
    c = message.c
    query = select(func.count()).where(
        c.practice_id == r.practice_id, c.error_code == code, c.error_code.is_not(None), c.intent_at >= since
    )
    return int((await r.conn.execute(query)).scalar_one())


async def latest_codes(r: Reading, address_ix: bytes, channel: Channel, count: int) -> tuple[int | None, ...]:
    """How the last messages to an address ended, the newest first; None for one that has not failed."""
    c = message.c
    query = (
        select(c.error_code)
        .where(c.practice_id == r.practice_id, c.address_ix == address_ix, c.channel == channel.value)
        .where(c.intent_at.is_not(None), c.state.in_(("sent", "failed")))
        .order_by(c.intent_at.desc(), c.id.desc())
        .limit(count)
    )
    return tuple((await r.conn.execute(query)).scalars())
