"""When something is due next, over all kinds of due rows: what the demo jumps to. Reads only."""

from datetime import datetime

from sqlalchemy import func, select

from scheduler.core.record import Reading
from scheduler.tables import message, offer, opening


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
    """Whether anything is due now or under way."""
    wanted = select(message.c.id).where(
        message.c.practice_id == r.practice_id,
        (message.c.state == "intent") | ((message.c.state == "pending") & (message.c.due_at <= r.now)),
    )
    return (await r.conn.execute(wanted.limit(1))).first() is not None
