"""What a watch reads of each practice: what waits unclaimed, what waits for a person, and who is to be told.

Few and small reads by index for each practice, every few seconds. Invariant: nothing of a client's is read.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from bot.alarms.conditions import Trouble, Waits
from messages.pause_store import PLANNED
from messages.tasks import TaskKind
from scheduler.core.record import Reading
from scheduler.tables import inbound, message, practice, sender, sending, task

COUNTED = 1000
SPOKEN_FOR = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Watched:
    """A practice to watch over; the demo is none."""

    id: str
    alert_email: str | None


async def watched(r: Reading) -> tuple[Watched, ...]:
    """Every practice, of which each is watched for itself."""
    c = practice.c
    rows = await r.conn.execute(select(c.id, c.alert_email).where(c.demo.is_(False)).order_by(c.id))
    return tuple(Watched(*row) for row in rows)


async def waits(r: Reading, practice_id: str) -> Waits | None:
    """Due messages nobody claims, unless they are held on purpose or a sender is at work at its own pace."""
    if await _at_its_pace(r, practice_id):
        return await _unanswered(r, practice_id)
    c = message.c
    due = select(c.due_at).where(c.practice_id == practice_id, c.state == "pending", c.due_at <= r.now)
    if await _held(r, practice_id):
        due = due.where(c.priority < PLANNED)
    first = due.order_by(c.due_at).limit(COUNTED).subquery()
    row = (await r.conn.execute(select(func.count(), func.min(first.c.due_at)))).one()
    oldest: datetime | None = row[1]
    unanswered = await _unanswered(r, practice_id)
    if oldest is None:
        return unanswered
    seconds = (r.now - oldest).total_seconds()
    return Waits(
        practice_id,
        int(row[0]) + (unanswered.count if unanswered else 0),
        max(seconds, unanswered.seconds if unanswered else 0.0),
    )


async def troubles(r: Reading, practice_id: str) -> tuple[Trouble, ...]:
    """What nobody has taken up yet of the tasks about sending; what is wrong is in the key of the task."""
    c = task.c
    rows = await r.conn.execute(
        select(c.dedupe).where(
            c.practice_id == practice_id, c.state == "open", c.urgent, c.kind == TaskKind.SENDING_TROUBLE.value
        )
    )
    return tuple(Trouble(practice_id, str(dedupe or "").partition(":")[2]) for dedupe in rows.scalars())


async def pauses(r: Reading, practice_id: str) -> tuple[Trouble, ...]:
    """The brake's pause, until somebody has taken it up."""
    c = task.c
    wanted = (
        select(sending.c.why)
        .select_from(task.join(sending, sending.c.practice_id == c.practice_id))
        .where(
            c.practice_id == practice_id,
            c.state == "open",
            c.urgent,
            c.kind == TaskKind.SENDING_PAUSED.value,
            sending.c.paused_at.is_not(None),
        )
    )
    return tuple(Trouble(practice_id, str(why)) for why in (await r.conn.execute(wanted)).scalars())


async def _held(r: Reading, practice_id: str) -> bool:
    wanted = select(sending.c.paused_at).where(sending.c.practice_id == practice_id)
    return (await r.conn.execute(wanted)).scalar_one_or_none() is not None


async def _at_its_pace(r: Reading, practice_id: str) -> bool:
    """Whether texts were claimed for a number a moment ago: what waits is then waiting its turn."""
    wanted = select(sender.c.number).where(sender.c.practice_id == practice_id, sender.c.free_at >= r.now - SPOKEN_FOR)
    return (await r.conn.execute(wanted.limit(1))).first() is not None


async def _unanswered(r: Reading, practice_id: str) -> Waits | None:
    c = inbound.c
    wanted = select(func.count(), func.min(c.received_at)).where(c.practice_id == practice_id, c.state == "new")
    row = (await r.conn.execute(wanted)).one()
    if not row[0]:
        return None
    return Waits(practice_id, int(row[0]), (r.now - row[1]).total_seconds())
