"""The `sender` table: the numbers of a practice, their rates, and until when each is spoken for.

Invariant: `free_at` is moved only inside a claim, which runs one at a time for a practice.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update

from messages.pacing import Sender
from scheduler.core.record import Reading, Tx
from scheduler.tables import sender


async def senders(r: Reading) -> tuple[Sender, ...]:
    """The paced numbers of a practice, in order."""
    c = sender.c
    wanted = select(c.number, c.segments_per_second, c.free_at).where(c.practice_id == r.practice_id)
    return tuple(Sender(*row) for row in await r.conn.execute(wanted.order_by(c.number)))


async def taken(tx: Tx, free_at: Mapping[str, datetime]) -> None:
    """Note until when these numbers are spoken for."""
    for number, instant in free_at.items():
        await tx.conn.execute(
            update(sender)
            .where(sender.c.practice_id == tx.practice_id, sender.c.number == number)
            .values(free_at=instant)
        )
