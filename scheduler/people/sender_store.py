"""The `sender` table as an office sees it: the practice's numbers and their rates. How far each is booked: messages/.

Invariant: a number has one rate.
"""

from dataclasses import dataclass

from sqlalchemy import delete, select, update

from scheduler.core.record import Reading, Tx, insert_once
from scheduler.tables import sender


@dataclass(frozen=True, slots=True)
class SenderRate:
    """A number texts leave from, and how many segments its carrier takes in a second."""

    number: str
    segments_per_second: int


async def sender_rates(r: Reading) -> tuple[SenderRate, ...]:
    """The numbers of the practice, in order."""
    c = sender.c
    wanted = select(c.number, c.segments_per_second).where(c.practice_id == r.practice_id).order_by(c.number)
    return tuple(SenderRate(*row) for row in await r.conn.execute(wanted))


async def add(tx: Tx, number: str, rate: int) -> bool:
    """A number that is paced from now on; False when it is already."""
    row = {"practice_id": tx.practice_id, "number": number, "segments_per_second": rate}
    return await insert_once(tx, sender, [row]) == 1


async def remove(tx: Tx, number: str) -> None:
    """A number nothing leaves from any more."""
    await tx.conn.execute(delete(sender).where(sender.c.practice_id == tx.practice_id, sender.c.number == number))


async def set_rate(tx: Tx, number: str, rate: int) -> bool:
    """Another rate, from the next claim on; False when the practice has no such number, or it has this rate."""
    found = await tx.conn.execute(
        update(sender)
        .where(sender.c.practice_id == tx.practice_id, sender.c.number == number, sender.c.segments_per_second != rate)
        .values(segments_per_second=rate)
    )
    return found.rowcount == 1
