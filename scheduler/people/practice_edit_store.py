"""Writing the practice, its places, people, services and working hours. Called by actions and imports only.

Checking is practice_fields.py's. Invariant: every statement here names the practice of its transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Table, and_, delete, insert, or_, update

from scheduler import tables
from scheduler.calendar.availability import DayException, WeeklyHours
from scheduler.core.record import Tx, insert_once
from scheduler.people.practice_fields import PracticeFields


async def insert_practice(tx: Tx, given: PracticeFields, *, demo: bool) -> None:
    """Write the practice of this transaction, with a data key of its own."""
    values = {**asdict(given), "id": tx.practice_id, "demo": demo, "created_at": tx.now}
    await tx.conn.execute(insert(tables.practice).values(**values, data_key=tx.vault.new_data_key()))


async def update_practice(tx: Tx, given: PracticeFields) -> None:
    """Write the edited fields."""
    t = tables.practice
    await tx.conn.execute(update(t).where(t.c.id == tx.practice_id).values(**asdict(given)))


async def insert_thing(tx: Tx, table: Table, thing_id: str, values: Mapping[str, Any]) -> None:
    """Write a new location, clinician or service."""
    await tx.conn.execute(insert(table).values(practice_id=tx.practice_id, id=thing_id, **values))


async def update_thing(tx: Tx, table: Table, thing_id: str, values: Mapping[str, Any]) -> bool:
    """Edit a location, clinician or service; False when there is none."""
    changed = update(table).where(table.c.practice_id == tx.practice_id, table.c.id == thing_id)
    return (await tx.conn.execute(changed.values(**values))).rowcount == 1


async def replace_week(tx: Tx, clinician_id: str, hours: Sequence[WeeklyHours], first_day: date) -> None:
    """Weekly hours from `first_day` on are exactly `hours`; before it they stay as they were."""
    t = tables.availability
    mine = and_(t.c.practice_id == tx.practice_id, t.c.clinician_id == clinician_id)
    await tx.conn.execute(delete(t).where(mine, t.c.valid_from >= first_day))
    reaches = or_(t.c.valid_until.is_(None), t.c.valid_until >= first_day)
    await tx.conn.execute(update(t).where(mine, reaches).values(valid_until=first_day - timedelta(days=1)))
    await insert_hours(tx, clinician_id, hours, first_day)


async def insert_hours(tx: Tx, clinician_id: str, hours: Sequence[WeeklyHours], first_day: date) -> int:
    """Add weekly hours, passing over those that exist; returns how many were new. Each names its location."""
    rows = [
        {
            "practice_id": tx.practice_id,
            "id": tx.new_id(),
            "clinician_id": clinician_id,
            "location_id": row.location_id,
            "weekday": row.weekday,
            "start_minute": row.start_minute,
            "end_minute": row.end_minute,
            "valid_from": row.valid_from or first_day,
            "valid_until": row.valid_until,
        }
        for row in hours
    ]
    return await insert_once(tx, tables.availability, rows)


async def insert_exception(tx: Tx, exception_id: str, clinician_id: str, exception: DayException) -> bool:
    """Add a day that differs; False when one of that kind starts at that minute already."""
    row = {
        "practice_id": tx.practice_id,
        "id": exception_id,
        "clinician_id": clinician_id,
        "location_id": exception.location_id,
        "day": exception.day,
        "open": not exception.closed,
        "start_minute": exception.start_minute,
        "end_minute": exception.end_minute,
    }
    return await insert_once(tx, tables.availability_exception, [row]) == 1


async def delete_exception(tx: Tx, exception_id: str) -> bool:
    """Take a day that differs back; False when there is none."""
    t = tables.availability_exception
    gone = await tx.conn.execute(delete(t).where(t.c.practice_id == tx.practice_id, t.c.id == exception_id))
    return gone.rowcount == 1
