"""When something is due next, over all kinds of due rows: what the demo jumps to. Reads only."""

from datetime import datetime

from sqlalchemy import Select, func, select, true

from messages import pause_store
from scheduler.core.record import Reading
from scheduler.tables import inbound, message, offer, opening


async def next_due(r: Reading) -> datetime | None:
    """The next instant after now at which a row falls due; None when nothing waits."""
    rows = (
        select(func.min(message.c.due_at)).where(
            message.c.practice_id == r.practice_id, message.c.state == "pending", message.c.due_at > r.now
        ),
        select(func.min(opening.c.next_wave_at)).where(
            opening.c.practice_id == r.practice_id, opening.c.state == "open", opening.c.next_wave_at > r.now
        ),
        select(func.min(offer.c.expires_at)).where(
            offer.c.practice_id == r.practice_id, offer.c.state == "held", offer.c.expires_at > r.now
        ),
    )
    found = [(await r.conn.execute(wanted)).scalar_one_or_none() for wanted in rows]
    return min((each for each in found if each is not None), default=None)


async def is_busy(r: Reading) -> bool:
    """Whether anything is due now or under way: texts to leave or to be read, offers to end or to be made.

    What is held on purpose is not: it stays due for as long as it is held.
    """
    held = await pause_store.is_paused(r)
    may_leave = message.c.priority < pause_store.PLANNED if held else true()
    waiting: tuple[Select[tuple[str]], ...] = (
        select(message.c.id).where(
            message.c.practice_id == r.practice_id,
            (message.c.state == "intent") | ((message.c.state == "pending") & (message.c.due_at <= r.now) & may_leave),
        ),
        select(inbound.c.id).where(inbound.c.practice_id == r.practice_id, inbound.c.state == "new"),
        select(opening.c.id).where(
            opening.c.practice_id == r.practice_id, opening.c.state == "open", opening.c.next_wave_at <= r.now
        ),
        select(offer.c.id).where(
            offer.c.practice_id == r.practice_id, offer.c.state == "held", offer.c.expires_at <= r.now
        ),
    )
    for wanted in waiting:
        if (await r.conn.execute(wanted.limit(1))).first() is not None:
            return True
    return False
