"""The `message` table as impatience sees it: what waits because the carrier does not take it, and since when.

Invariant: nothing is listed here that merely waits for its sender's pace.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from messages.kinds import Channel, Kind
from messages.send_store import in_state
from scheduler.core.record import Reading, Tx
from scheduler.tables import message


async def refused(tx: Tx, message_id: str) -> None:
    """Note since when the carrier refuses to take a message; the first time counts."""
    await tx.conn.execute(
        update(message)
        .where(message.c.practice_id == tx.practice_id, message.c.id == message_id, message.c.refused_since.is_(None))
        .values(refused_since=tx.now)
    )


async def refused_since(
    r: Reading, since: datetime, useful_until: datetime, kinds: Collection[Kind], limit: int
) -> tuple[str, ...]:
    """Waiting messages of these kinds that were first refused before `since`, and are of use until then at most."""
    c = message.c
    wanted = select(c.id).where(
        c.practice_id == r.practice_id, in_state("pending"), c.refused_since <= since, *_pressing(useful_until, kinds)
    )
    return tuple((await r.conn.execute(wanted.order_by(c.useful_until, c.id).limit(limit))).scalars())


async def due_on(
    r: Reading, channels: Collection[Channel], useful_until: datetime, kinds: Collection[Kind], limit: int
) -> tuple[str, ...]:
    """Due messages of these kinds on these channels that are of use until then at most."""
    c = message.c
    wanted = select(c.id).where(
        c.practice_id == r.practice_id,
        in_state("pending"),
        c.due_at <= r.now,
        c.channel.in_(sorted(channels)),
        *_pressing(useful_until, kinds),
    )
    return tuple((await r.conn.execute(wanted.order_by(c.useful_until, c.id).limit(limit))).scalars())


async def in_doubt(
    r: Reading, since: datetime, useful_until: datetime, kinds: Collection[Kind], limit: int
) -> tuple[str, ...]:
    """Messages of these kinds of which nobody knows whether they left before `since`, and nobody has been asked yet."""
    c = message.c
    wanted = select(c.id).where(
        c.practice_id == r.practice_id,
        in_state("unknown"),
        c.intent_at <= since,
        c.refused_since.is_(None),
        *_pressing(useful_until, kinds),
    )
    return tuple((await r.conn.execute(wanted.order_by(c.useful_until, c.id).limit(limit))).scalars())


def _pressing(useful_until: datetime, kinds: Collection[Kind]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return message.c.useful_until <= useful_until, message.c.kind.in_(sorted(kinds))
