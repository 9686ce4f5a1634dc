"""Where a visit stands, as a state and a word for its chip, and which acts its row offers. Pure.

Invariant: a visit that is over and that nobody has marked stands as "unmarked", whatever else is known of it.
"""

from datetime import datetime, timedelta
from typing import Final

from scheduler.appointments.states import UNDO_MINUTES, ParticipationState
from scheduler.appointments.store import Visit
from scheduler.attendance.states import TRANSITIONS, Attendance
from scheduler.calendar.wallclock import local_day, zone_of

SOON: Final = timedelta(hours=48)
"""A visit this near that is not confirmed deserves a look."""
LATE_AFTER: Final = timedelta(minutes=10)
UNDO: Final = timedelta(minutes=UNDO_MINUTES)


def standing(visit: Visit, now: datetime) -> tuple[str, str]:
    """The key of the chip table, and a word where the usual one does not say enough."""
    if not visit.is_active:
        return visit.state.value, ""
    if visit.attendance != Attendance.UNMARKED:
        return visit.attendance, ""
    if visit.ends_at <= now:
        return "unmarked", ""
    late = _late(visit, now)
    if late:
        return "late", late
    if visit.state is ParticipationState.CONFIRMED:
        return "confirmed", ""
    return ("unconfirmed_soon" if visit.starts_at - now <= SOON else "booked"), ""


def _late(visit: Visit, now: datetime) -> str:
    """What is known of their coming late; "" when nothing is."""
    if visit.late_said_at is not None:
        return f"Says {visit.late_minutes} min late" if visit.late_minutes else "Says late"
    late = now - visit.starts_at
    return f"Late, {late // timedelta(minutes=1)} min" if late >= LATE_AFTER else ""


def marks(visit: Visit, now: datetime) -> tuple[Attendance, ...]:
    """What the visit may be marked as now, the likeliest first; taking a mark back is `may_unmark`."""
    if not visit.is_active:
        return ()
    here = Attendance(visit.attendance)
    zone = zone_of(visit.zone)
    today = local_day(now, zone) >= local_day(visit.starts_at, zone)
    allowed = [
        change.target
        for change in TRANSITIONS
        if change.origin is here and (not change.correction or change.target is Attendance.ARRIVED)
    ]
    if visit.ends_at <= now and here is Attendance.UNMARKED:
        # Nobody starts a session that is over; who came is all that is asked then.
        allowed = [Attendance.ARRIVED, Attendance.MISSED]
    return tuple(mark for mark in allowed if (now >= visit.starts_at if mark is Attendance.MISSED else today))


def may_unmark(visit: Visit) -> bool:
    """Whether there is a mark to take back."""
    return visit.is_active and visit.attendance != Attendance.UNMARKED


def before_this_mark(visit: Visit) -> tuple[tuple[Attendance, datetime | None], ...]:
    """The marks that lead back to how the visit stood before its last one, each with the time it carries."""
    here = Attendance(visit.attendance)
    if here is Attendance.STOPPED:
        return ((Attendance.STARTED, None),) if visit.started_at else ((Attendance.UNMARKED, None),)
    if here is Attendance.STARTED and visit.arrived_at:
        return (Attendance.UNMARKED, None), (Attendance.ARRIVED, visit.arrived_at)
    return ((Attendance.UNMARKED, None),)


def may_confirm(visit: Visit, now: datetime) -> bool:
    """Whether somebody could still say that they will come."""
    return visit.state is ParticipationState.BOOKED and visit.starts_at > now


def may_change(visit: Visit, now: datetime) -> bool:
    """Whether the visit can be cancelled or moved: it stands and has not begun."""
    return visit.is_active and visit.starts_at > now


def may_restore(visit: Visit, now: datetime) -> bool:
    """Whether its cancellation can still be undone, as far as the minutes say."""
    cancelled = visit.cancelled_at
    return not visit.is_active and cancelled is not None and now - cancelled <= UNDO and visit.starts_at > now
