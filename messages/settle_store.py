"""The `message` table as settling sees it: attempts past their deadline, and attempts whose outcome is not known.

Invariant: an attempt leaves `intent` from here only when its deadline has passed.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select, update

from messages.kinds import Channel
from messages.send_row_store import FACTS, Joined, joined, opened
from messages.send_store import in_state
from scheduler.core.record import Reading, Tx
from scheduler.tables import message


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """A message whose outcome is not known."""

    id: str
    channel: Channel
    attempt: int
    intent_at: datetime
    looks: int
    body_hash: bytes | None = field(repr=False)
    address: str | None = field(repr=False)
    address_ix: bytes | None = field(repr=False)
    readable: bool


async def expire_intents(tx: Tx, settle_at: datetime) -> tuple[str, ...]:
    """From intent to unknown, for those whose deadline has passed: their worker is gone, or too slow to be trusted.

    A row that somebody holds is passed over: its outcome is being written, or another worker is doing this. Waiting
    for several such rows in an order of one's own is how two workers deadlock.
    """
    expired = (
        select(message.c.id)
        .where(message.c.practice_id == tx.practice_id, in_state("intent"), message.c.deadline <= tx.now)
        .order_by(message.c.id)
        .with_for_update(skip_locked=True)
    )
    ids = tuple((await tx.conn.execute(expired)).scalars())
    await tx.conn.execute(
        update(message)
        .where(message.c.practice_id == tx.practice_id, message.c.id.in_(ids))
        .values(state="unknown", reason="lease_expired", settle_at=settle_at)
    )
    return ids


async def any_expired(r: Reading) -> bool:
    """Whether an intent is past its deadline."""
    wanted = select(message.c.id).where(
        message.c.practice_id == r.practice_id, in_state("intent"), message.c.deadline <= r.now
    )
    return (await r.conn.execute(wanted.limit(1))).first() is not None


async def to_settle(r: Reading, limit: int) -> tuple[Unsettled, ...]:
    """Unknown messages that have waited long enough to be looked up, the oldest first."""
    wanted = (
        FACTS.where(message.c.practice_id == r.practice_id, in_state("unknown"), message.c.settle_at <= r.now)
        .order_by(message.c.intent_at, message.c.id)
        .limit(limit)
    )
    return tuple(_unsettled(r, row) for row in await joined(r, wanted))


async def hold(tx: Tx, message_ids: Collection[str]) -> None:
    """Lock these messages in the order of their ids, as everybody who changes several does."""
    wanted = select(message.c.id).where(message.c.practice_id == tx.practice_id, message.c.id.in_(sorted(message_ids)))
    await tx.conn.execute(wanted.order_by(message.c.id).with_for_update())


async def twins_under_way(r: Reading, address_ix: bytes, body_hash: bytes, message_id: str) -> int:
    """How many other messages with the same words to the same address are being posted just now."""
    c = message.c
    wanted = select(func.count()).where(
        c.practice_id == r.practice_id,
        c.address_ix == address_ix,
        c.body_hash == body_hash,
        c.state == "intent",
        c.id != message_id,
    )
    return int((await r.conn.execute(wanted)).scalar_one())


async def sids_taken(r: Reading, sids: Collection[str]) -> frozenset[str]:
    """Which of these carrier ids belong to a message already."""
    wanted = select(message.c.sid).where(message.c.practice_id == r.practice_id, message.c.sid.in_(sorted(sids)))
    return frozenset((await r.conn.execute(wanted)).scalars())


def _unsettled(r: Reading, row: Joined) -> Unsettled:
    address, readable = opened(r, row)
    return Unsettled(
        id=row.id,
        channel=Channel(row.channel),
        attempt=row.attempt,
        intent_at=row.intent_at,
        looks=row.looks,
        body_hash=row.body_hash,
        address=address,
        address_ix=row.address_ix,
        readable=readable,
    )
