"""A clinician's working hours as the settings page edits them: the week in force, and the days that differ.

Turning hours into instants is calendar/'s. Invariant: what is listed here can be named again in an edit.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from scheduler.calendar.availability import DayException, WeeklyHours
from scheduler.core.record import Reading
from scheduler.tables import availability, availability_exception


@dataclass(frozen=True, slots=True)
class ListedException:
    """A day that differs, with the id by which it is taken back."""

    id: str
    clinician_id: str
    exception: DayException


async def week_in_force(r: Reading, clinician_id: str, day: date) -> tuple[WeeklyHours, ...]:
    """The weekly hours that hold on a day, in the order of the week: what `set_week` would replace from then on."""
    c = availability.c
    wanted = select(availability).where(
        c.practice_id == r.practice_id,
        c.clinician_id == clinician_id,
        c.valid_from <= day,
        or_(c.valid_until.is_(None), c.valid_until >= day),
    )
    return tuple(
        WeeklyHours(
            row.weekday, row.start_minute, row.end_minute, row.valid_from, row.valid_until, location_id=row.location_id
        )
        for row in await r.conn.execute(wanted.order_by(c.weekday, c.start_minute))
    )


async def exceptions_from(
    r: Reading, first_day: date, *, clinician_id: str | None = None
) -> tuple[ListedException, ...]:
    """The days that differ from `first_day` on, soonest first."""
    c = availability_exception.c
    wanted = select(availability_exception).where(c.practice_id == r.practice_id, c.day >= first_day)
    if clinician_id is not None:
        wanted = wanted.where(c.clinician_id == clinician_id)
    return tuple(
        ListedException(
            row.id,
            row.clinician_id,
            DayException(row.day, not row.open, row.start_minute, row.end_minute, row.location_id),
        )
        for row in await r.conn.execute(wanted.order_by(c.day, c.start_minute, c.id))
    )
