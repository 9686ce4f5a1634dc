"""The `sending` table as pausing sees it: do a practice's planned texts leave? The brake's memory: brake_store.py.

Invariant: pausing and resuming name the state they change from, so of two who press at once one is first.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select, update

from messages.kinds import MessageClass
from messages.outbox import PRIORITY
from scheduler.core.record import Reading, Tx, insert_once
from scheduler.tables import message, sending

PLANNED = PRIORITY[MessageClass.TOUCH]
"""Messages of this priority and above are planned touches: what a pause holds. What is below answers somebody."""


_PAUSED_AT: Final = select(sending.c.paused_at).where(sending.c.practice_id == bindparam("of"))


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that is on. `by_id` None: the brake's; then `count` were due where `usual` was the busiest hour."""

    since: datetime
    why: str
    reason: str | None
    count: int | None
    usual: int | None
    by_id: str | None


async def is_paused(r: Reading) -> bool:
    """Whether planned texts wait; one look by primary key."""
    return (await r.conn.execute(_PAUSED_AT, {"of": r.practice_id})).scalar_one_or_none() is not None


async def pause_of(r: Reading) -> Pause | None:
    """The pause that is on; None when planned texts leave."""
    c = sending.c
    wanted = select(c.paused_at, c.why, c.reason, c.count, c.usual, c.by_id)
    row = (await r.conn.execute(wanted.where(c.practice_id == r.practice_id, c.paused_at.is_not(None)))).first()
    return None if row is None else Pause(*row)


async def set_paused(
    tx: Tx, why: str, *, reason: str | None = None, count: int | None = None, usual: int | None = None
) -> bool:
    """From leaving to paused; False when it was paused already, and then nothing is changed."""
    await insert_once(tx, sending, [{"practice_id": tx.practice_id}])
    found = await tx.conn.execute(
        update(sending)
        .where(sending.c.practice_id == tx.practice_id, sending.c.paused_at.is_(None))
        .values(paused_at=tx.now, why=why, reason=reason, count=count, usual=usual, by_id=tx.actor.id)
    )
    return found.rowcount == 1


async def set_resumed(tx: Tx) -> bool:
    """From paused to leaving; False when it was not paused."""
    found = await tx.conn.execute(
        update(sending)
        .where(sending.c.practice_id == tx.practice_id, sending.c.paused_at.is_not(None))
        .values(paused_at=None, why=None, reason=None, count=None, usual=None, by_id=None)
    )
    return found.rowcount == 1


async def planned_due(r: Reading, at_most: int | None = None) -> int:
    """How many planned texts are due and wait; counting stops at `at_most`."""
    c = message.c
    due = select(c.id).where(
        c.practice_id == r.practice_id, c.state == "pending", c.due_at <= r.now, c.priority >= PLANNED
    )
    return int((await r.conn.execute(select(func.count()).select_from(due.limit(at_most).subquery()))).scalar_one())


async def planned_waiting(r: Reading, at_most: int) -> int:
    """How many planned texts wait, whenever they are due; counting stops at `at_most`."""
    c = message.c
    waiting = select(c.id).where(c.practice_id == r.practice_id, c.state == "pending", c.priority >= PLANNED)
    return int((await r.conn.execute(select(func.count()).select_from(waiting.limit(at_most).subquery()))).scalar_one())


async def planned_due_ids(tx: Tx) -> Collection[str]:
    """Which planned texts are due and wait."""
    c = message.c
    due = select(c.id).where(
        c.practice_id == tx.practice_id, c.state == "pending", c.due_at <= tx.now, c.priority >= PLANNED
    )
    return tuple((await tx.conn.execute(due.order_by(c.id))).scalars())
