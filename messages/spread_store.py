"""The `message` table as spreading sees it: planned texts of the next days.

Invariant: only what waits is moved, and only to an earlier time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, func, or_, select

from messages.kinds import Channel
from messages.pause_store import PLANNED
from messages.send_store import in_state
from scheduler.core.bulk import Update, any_of
from scheduler.core.record import Reading, Tx
from scheduler.tables import message

AT_ONCE: Final = 1000
_SET: Final = Update(message, each=("due_at",), where="state = 'pending'")


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned text that waits."""

    id: str
    due_at: datetime
    address_ix: bytes | None = field(repr=False)


async def count_planned(r: Reading, until: datetime) -> int:
    """How many planned messages are due before an instant."""
    return int((await r.conn.execute(_between(r, until, select(func.count())))).scalar_one())


async def planned(r: Reading, until: datetime) -> tuple[Planned, ...]:
    """The planned texts due from now until an instant, in their order; read in parts, so that others get their turn."""
    c = message.c
    wanted = _between(r, until, select(c.id, c.due_at, c.address_ix)).where(c.channel == Channel.SMS.value)
    wanted = wanted.order_by(c.due_at, c.id).limit(AT_ONCE)
    found: list[Planned] = []
    part = [Planned(*row) for row in await r.conn.execute(wanted)]
    while part:
        found += part
        last = part[-1]
        later = or_(c.due_at > last.due_at, and_(c.due_at == last.due_at, c.id > last.id))
        part = [Planned(*row) for row in await r.conn.execute(wanted.where(later))]
    return tuple(found)


async def bring_forward(tx: Tx, moves: Sequence[tuple[str, datetime]]) -> tuple[str, ...]:
    """Make messages due earlier; returns those that still waited."""
    c = message.c
    ids = [message_id for message_id, _ in moves]
    waiting = select(c.id).where(c.practice_id == tx.practice_id, any_of(tx.conn, c.id, ids), in_state("pending"))
    still = set((await tx.conn.execute(waiting.with_for_update())).scalars())
    await _SET.run(tx.conn, tx.practice_id, [move for move in moves if move[0] in still])
    return tuple(sorted(still))


def _between(r: Reading, until: datetime, wanted: Select[Any]) -> Select[Any]:
    c = message.c
    return wanted.where(
        c.practice_id == r.practice_id,
        in_state("pending"),
        c.due_at > r.now,
        c.due_at < until,
        c.priority == PLANNED,
    )
