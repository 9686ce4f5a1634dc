"""The `sender` table: the numbers of a practice, their rates, and until when each is spoken for.

Invariant: `free_at` is moved only under the lock of the claims (send_store.hold_claims), of which a practice has one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, or_, select, update

from messages import send_store
from messages.pacing import Sender
from scheduler.core.record import Reading, Tx
from scheduler.tables import message, sender

# Built once: every claim needs them.
_SENDERS: Final = (
    select(sender.c.number, sender.c.segments_per_second, sender.c.free_at)
    .where(sender.c.practice_id == bindparam("of"))
    .order_by(sender.c.number)
)
_TAKE: Final = update(sender).where(sender.c.practice_id == bindparam("of"), sender.c.number == bindparam("of_number"))


async def senders(r: Reading) -> tuple[Sender, ...]:
    """The paced numbers of a practice, in order."""
    return tuple(Sender(*row) for row in await r.conn.execute(_SENDERS, {"of": r.practice_id}))


async def taken(tx: Tx, free_at: Mapping[str, datetime]) -> None:
    """Note until when these numbers are spoken for."""
    for number, instant in free_at.items():
        await tx.conn.execute(_TAKE, {"of": tx.practice_id, "of_number": number, "free_at": instant})


async def hold(tx: Tx, message_id: str, until: datetime) -> None:
    """Nothing is claimed before `until` for the number this message was to leave from: the carrier refuses it all."""
    await send_store.hold_claims(tx)
    number = select(message.c.sender).where(message.c.practice_id == tx.practice_id, message.c.id == message_id)
    await tx.conn.execute(
        update(sender)
        .where(
            sender.c.practice_id == tx.practice_id,
            sender.c.number == number.scalar_subquery(),
            or_(sender.c.free_at.is_(None), sender.c.free_at < until),
        )
        .values(free_at=until)
    )
