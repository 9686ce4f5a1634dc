"""Say what became of a visit: arrived, started, stopped, missed, or take a wrong mark back.

What may follow what is attendance/states.py's. Times are those of the tap while the visit's day lasts; a mark made
later carries the time it is told, or none, since minutes are never made up.
Invariant: nothing marks a visit but a person through this action; what nobody marks stays "unmarked".
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.attendance import store
from scheduler.attendance.states import ATTENDED, TRANSITIONS, Attendance
from scheduler.calendar.wallclock import local_day, zone_of
from scheduler.core.errors import NotFound
from scheduler.core.record import Tx
from scheduler.events import AttendanceMarked

_STAMP = {
    Attendance.ARRIVED: "arrived_at",
    Attendance.STARTED: "started_at",
    Attendance.STOPPED: "stopped_at",
    Attendance.MISSED: "missed_at",
}
_LATER: dict[Attendance, tuple[Attendance, ...]] = {
    # Stamps that a state no longer vouches for: going back to it clears them.
    Attendance.UNMARKED: (Attendance.ARRIVED, Attendance.STARTED, Attendance.STOPPED, Attendance.MISSED),
    Attendance.ARRIVED: (Attendance.STARTED, Attendance.STOPPED, Attendance.MISSED),
    Attendance.STARTED: (Attendance.STOPPED, Attendance.MISSED),
    Attendance.STOPPED: (Attendance.MISSED,),
    Attendance.MISSED: (Attendance.ARRIVED, Attendance.STARTED, Attendance.STOPPED),
}
LATEST_STOP = timedelta(hours=12)
LINGER = timedelta(hours=1)  # a visit that ends at midnight is marked on the next day, and still just over


@dataclass(frozen=True, slots=True)
class Marked:
    """The visit is marked. `again` True: it was marked so before, nothing was changed."""

    participation_id: str
    before: Attendance
    after: Attendance
    again: bool = False


@dataclass(frozen=True, slots=True)
class NotMarked:
    """Nothing was changed. `reason` is cancelled | too_early | not_allowed | time_impossible | changed_meanwhile."""

    reason: str


async def attend(tx: Tx, participation_id: str, to: str, *, at: datetime | None = None) -> Marked | NotMarked:
    """Mark a place `to` arrived, started, stopped, missed or unmarked. `at` is when it happened, if not just now.

    People may arrive and start on the visit's day, in the zone it was booked in; a visit is missed only once it has
    begun.

    Raises:
        NotFound: no such place.
        ValueError: `to` is no state of attendance.
    """
    target = Attendance(to)
    visit = await appointments.visit(tx, participation_id)
    if visit is None:
        raise NotFound("participation", participation=participation_id)
    before = Attendance(visit.attendance)
    if before is target:
        return Marked(participation_id, before, target, again=True)
    refusal = _refusal(visit, before, target, tx.now, at)
    if refusal is not None:
        return NotMarked(refusal)
    stamps = _stamps(visit, before, target, tx.now, at)
    if not await store.set_attendance(tx, participation_id, before, target, stamps):
        return NotMarked("changed_meanwhile")
    tx.note("participation.marked", "participation", participation_id, was=before.value, now=target.value)
    tx.emit(AttendanceMarked(participation_id, target.value))
    return Marked(participation_id, before, target)


def _refusal(visit: Visit, before: Attendance, target: Attendance, now: datetime, at: datetime | None) -> str | None:
    if not visit.is_active:
        return "cancelled"
    if not any(change.origin is before and change.target is target for change in TRANSITIONS):
        return "not_allowed"
    if target in ATTENDED and _day(visit, now) < _day(visit, visit.starts_at):
        return "too_early"
    if target is Attendance.MISSED and now < visit.starts_at:
        return "too_early"
    if at is not None and not _possible(visit, target, now, at):
        return "time_impossible"
    return None


def _possible(visit: Visit, target: Attendance, now: datetime, at: datetime) -> bool:
    begun = visit.started_at if target is Attendance.STOPPED else None
    on_its_day = _day(visit, at) >= _day(visit, visit.starts_at) and at <= visit.ends_at + LATEST_STOP
    return at <= now and on_its_day and (begun is None or begun <= at)


def _stamps(
    visit: Visit, before: Attendance, target: Attendance, now: datetime, at: datetime | None
) -> dict[str, datetime | None]:
    stamps: dict[str, datetime | None] = {_STAMP[each]: None for each in _LATER[target]}
    if before is Attendance.STOPPED and target is Attendance.STARTED:
        return stamps  # reopened: the start was right, only the stop was not
    if target in _STAMP:
        just_over = now <= visit.ends_at + LINGER or _day(visit, now) == _day(visit, visit.starts_at)
        known = now if just_over or target is Attendance.MISSED else None
        stamps[_STAMP[target]] = at or known
    return stamps


def _day(visit: Visit, instant: datetime) -> date:
    return local_day(instant, zone_of(visit.zone))
