"""Reading what the report counts: one fact per visit of a range of days.

Counting is rates.py's. Visits nobody marked are attendance/store.py's `unmarked`. Invariant: each participation that
starts in the range is exactly one fact, whatever became of it.
"""

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select

from scheduler import tables
from scheduler.appointments.states import ParticipationState
from scheduler.attendance.states import Attendance
from scheduler.calendar.wallclock import day_span, zone_of
from scheduler.core.record import Reading
from scheduler.fees.ledger import EntryKind
from scheduler.people import store as people
from scheduler.reports.rates import VisitFact


async def facts(
    r: Reading, first_day: date, last_day: date, *, clinician_id: str | None = None
) -> tuple[VisitFact, ...]:
    """The visits that start from `first_day` to `last_day`, both included, in the practice's zone."""
    zone = await practice_zone(r)
    start, end = day_span(first_day, zone).starts_at, day_span(last_day, zone).ends_at
    p, a, e = tables.participation.c, tables.appointment.c, tables.fee_entry.c
    later = tables.fee_entry.alias("later")
    superseded = select(later.c.id).where(
        later.c.practice_id == e.practice_id, later.c.participation_id == e.participation_id, later.c.step > e.step
    )
    waived = select(e.participation_id).where(
        e.practice_id == r.practice_id, e.kind == EntryKind.WAIVED.value, ~superseded.exists()
    )
    wanted = (
        select(
            p.state,
            p.attendance,
            a.starts_at,
            p.booked_at,
            a.clinician_id,
            p.moved_count,
            p.filled_after_cancel,
            p.id.in_(waived).label("waived"),
        )
        .where(p.practice_id == r.practice_id, a.practice_id == p.practice_id, a.id == p.appointment_id)
        .where(a.starts_at >= start, a.starts_at < end)
        .order_by(a.starts_at, p.id)
    )
    if clinician_id is not None:
        wanted = wanted.where(a.clinician_id == clinician_id)
    return tuple(
        VisitFact(
            state=ParticipationState(row.state),
            attendance=Attendance(row.attendance),
            starts_at=row.starts_at,
            booked_at=row.booked_at,
            clinician_id=row.clinician_id,
            moved=row.moved_count,
            waived=bool(row.waived),
            filled_after_cancel=row.filled_after_cancel,
        )
        for row in await r.conn.execute(wanted)
    )


async def practice_zone(r: Reading) -> ZoneInfo:
    """The zone whose days and weekdays the report speaks of."""
    return zone_of((await people.practice(r)).zone)
