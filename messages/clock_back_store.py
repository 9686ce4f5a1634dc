"""Instants in the record that a sane clock cannot have written: what a clock that ran ahead leaves behind.

Invariant: whatever is brought back here gets its whole time again, counted from now.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from messages.pause_store import PLANNED
from scheduler.core.record import Reading, Tx
from scheduler.tables import message, sender


def _far_intents(practice_id: str, after: datetime) -> ColumnElement[bool]:
    c = message.c
    return and_(c.practice_id == practice_id, c.state == "intent", c.deadline > after)


def _far_doubts(practice_id: str, after: datetime) -> ColumnElement[bool]:
    c = message.c
    return and_(c.practice_id == practice_id, c.state == "unknown", c.settle_at > after)


def _far_answers(practice_id: str, after: datetime) -> ColumnElement[bool]:
    """Answers that were tried and wait for another try: never for long, unless the clock was wrong."""
    c = message.c
    return and_(
        c.practice_id == practice_id,
        c.state == "pending",
        c.priority < PLANNED,
        c.attempt > 0,
        c.reason.like("carrier_%"),
        c.due_at > after,
    )


async def any_far(r: Reading, after: datetime) -> bool:
    """Whether anything waits for an instant beyond `after` that nothing sane waits for."""
    far = or_(_far_intents(r.practice_id, after), _far_doubts(r.practice_id, after), _far_answers(r.practice_id, after))
    if (await r.conn.execute(select(message.c.id).where(far).limit(1))).first() is not None:
        return True
    booked = select(sender.c.number).where(sender.c.practice_id == r.practice_id, sender.c.free_at > after)
    return (await r.conn.execute(booked.limit(1))).first() is not None


async def bring_back(tx: Tx, after: datetime, *, deadline: datetime, settle_at: datetime) -> int:
    """Give all of it an instant of the present clock; returns how many messages that were."""
    practice_id = tx.practice_id
    changed = [
        await _set(tx, _far_intents(practice_id, after), {"deadline": deadline}),
        await _set(tx, _far_doubts(practice_id, after), {"settle_at": settle_at}),
        await _set(tx, _far_answers(practice_id, after), {"due_at": tx.now}),
    ]
    await tx.conn.execute(
        update(sender).where(sender.c.practice_id == practice_id, sender.c.free_at > after).values(free_at=tx.now)
    )
    return sum(changed)


async def _set(tx: Tx, where: ColumnElement[bool], values: dict[str, Any]) -> int:
    found = await tx.conn.execute(update(message).where(where).values(values))
    return found.rowcount
