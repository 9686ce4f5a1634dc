"""The `sending` table as the brake sees it: what each hour was planned to bring, and what waited when it began.

Invariant: an hour is entered once, by whichever worker is first; what it was planned to bring is as known before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, text, update

from messages.pause_store import PLANNED
from scheduler.core.record import Reading, Tx, insert_once
from scheduler.tables import message, practice, sending


@dataclass(frozen=True, slots=True)
class Memory:
    """What the brake knows. `ahead` and `busiest` by ISO text of the hour (UTC) and of the day.

    `hour` is None before the first look. `demo`: time is moved on purpose, nothing is ever wrong with it.
    """

    demo: bool
    paused: bool
    hour: datetime | None
    backlog: int
    ahead: Mapping[str, int]
    busiest: Mapping[str, int]


async def memory(r: Reading) -> Memory:
    """What the brake knows of this practice."""
    s = sending.c
    wanted = (
        select(practice.c.demo, s.paused_at, s.hour, s.backlog, s.ahead, s.busiest)
        .select_from(practice.outerjoin(sending, s.practice_id == practice.c.id))
        .where(practice.c.id == r.practice_id)
    )
    row = (await r.conn.execute(wanted)).one()
    return Memory(
        bool(row.demo), row.paused_at is not None, row.hour, row.backlog or 0, row.ahead or {}, row.busiest or {}
    )


async def planned_by_hour(r: Reading, start: datetime, end: datetime) -> dict[datetime, int]:
    """How many planned texts wait for each full hour (UTC) of `[start, end)`."""
    c = message.c
    due = (
        func.strftime("%Y-%m-%dT%H", c.due_at)
        if r.conn.dialect.name == "sqlite"
        else func.to_char(func.timezone("UTC", c.due_at), text("'YYYY-MM-DD\"T\"HH24'"))
    )
    wanted = select(due.label("hour"), func.count()).where(
        c.practice_id == r.practice_id, c.state == "pending", c.due_at >= start, c.due_at < end, c.priority >= PLANNED
    )
    rows = await r.conn.execute(wanted.group_by(text("hour")))
    return {datetime.fromisoformat(f"{hour}:00:00+00:00"): int(count) for hour, count in rows}


async def enter_hour(
    tx: Tx, hour: datetime, *, backlog: int, ahead: Mapping[str, int], busiest: Mapping[str, int]
) -> bool:
    """Begin an hour; False when another worker has."""
    await insert_once(tx, sending, [{"practice_id": tx.practice_id}])
    found = await tx.conn.execute(
        update(sending)
        .where(sending.c.practice_id == tx.practice_id, or_(sending.c.hour.is_(None), sending.c.hour != hour))
        .values(hour=hour, backlog=backlog, ahead=dict(ahead), busiest=dict(busiest))
    )
    return found.rowcount == 1


async def accept(tx: Tx, backlog: int) -> None:
    """What waits now is expected: count from here."""
    await tx.conn.execute(
        update(sending)
        .where(sending.c.practice_id == tx.practice_id, sending.c.hour.is_not(None))
        .values(backlog=backlog, hour=tx.now.replace(minute=0, second=0, microsecond=0))
    )
