"""The `message` table as impatience sees it: what waits because the carrier does not take it, and since when.

Invariant: nothing is listed here that merely waits for its sender's pace.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, or_, select, update

from messages.kinds import Channel, Kind
from messages.send_store import in_state
from scheduler.core.record import Reading, Tx
from scheduler.tables import message

BY_CODE: Final = "carrier_"
NOT_CODES: Final = ("carrier_busy", "carrier_silent")


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


async def channels_refused(r: Reading, since: datetime) -> frozenset[Channel]:
    """The channels on which a message waits because its sender has been refused as a whole since before `since`.

    The reason of such a wait is the carrier's code (outcome.py), and it is written anew at every try.
    """
    c = message.c
    wanted = select(c.channel).where(
        c.practice_id == r.practice_id,
        in_state("pending"),
        c.refused_since <= since,
        c.reason.startswith(BY_CODE, autoescape=True),
        c.reason.not_in(NOT_CODES),
    )
    return frozenset(Channel(each) for each in (await r.conn.execute(wanted.distinct())).scalars())


async def due_on(
    r: Reading, channels: Collection[Channel], useful_until: datetime, kinds: Collection[Kind], limit: int
) -> tuple[str, ...]:
    """Messages of these kinds on these channels, due or tried in vain, that are of use until then at most."""
    c = message.c
    wanted = select(c.id).where(
        c.practice_id == r.practice_id,
        in_state("pending"),
        or_(c.due_at <= r.now, c.refused_since.is_not(None)),
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
