"""Move an appointment to another time: same places, next revision, old time free, new time taken, in one commit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from scheduler.actions.book import with_buffers
from scheduler.appointments import store
from scheduler.appointments.states import Act, next_state
from scheduler.appointments.store import Appointment
from scheduler.calendar import store as calendar
from scheduler.calendar.wallclock import Span
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Tx
from scheduler.events import AppointmentMoved, TimeFreed, TimeTaken
from scheduler.people import store as people

MovedBy = Literal["client", "practice"]


@dataclass(frozen=True, slots=True)
class Moved:
    """From when to when. `revision` is the new one: messages about older ones are stale from now on."""

    appointment_id: str
    before: datetime
    after: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class WithSeries:
    """The visit moves as one of a series that comes round every so many weeks; the one that `tells` speaks for all."""

    every_weeks: int
    tells: bool


async def move(
    tx: Tx,
    appointment_id: str,
    *,
    starts_at: datetime,
    by: MovedBy,
    clinician_id: str | None = None,
    own_holder: str | None = None,
    over_holds: bool = False,
    with_series: WithSeries | None = None,
) -> Moved:
    """Move an appointment, also to another clinician. Its old time is freed for the waitlist.

    Moved `with_series`, it is told of only as that says, and its time is offered as part of the weekly one. A client
    who picked the time has confirmed it; a visit the practice moved has to be confirmed again.

    Raises:
        NotFound: no such appointment.
        Invalid: a start in the past, or the very time it has already.
        Conflict: `time_taken`, `not_booked` (cancelled), `already_started`, or `moved_meanwhile`. Nothing was changed.
    """
    before = await store.by_id(tx, appointment_id)
    if before is None:
        raise NotFound("appointment", appointment=appointment_id)
    target_clinician = clinician_id or before.clinician_id
    _may_move(tx, before, starts_at, target_clinician)
    service = await people.service(tx, before.service_id)
    if service is None or await people.clinician(tx, target_clinician) is None:
        raise NotFound("bookable_parts")
    span = Span(starts_at, starts_at + timedelta(minutes=service.duration_minutes))
    if not await store.set_time(tx, before, _new_time(target_clinician, span)):
        raise Conflict("moved_meanwhile", appointment=appointment_id)
    await calendar.give_back(tx, appointment_id=appointment_id)
    taken = with_buffers(span, service)
    await calendar.take_for_appointment(
        tx, appointment_id, target_clinician, taken, own_holder=own_holder, over_holds=over_holds
    )
    moved = await _ask_again(tx, appointment_id, by)
    tx.note("appointment.moved", "appointment", before.id, revision=before.revision + 1, by=by)
    tx.emit(_moved(before, by, with_series))
    tx.emit(TimeTaken(target_clinician, before.id, taken.starts_at.isoformat(), taken.ends_at.isoformat()))
    tx.emit(_freed(before, moved[0] if len(moved) == 1 else None, with_series))
    return Moved(appointment_id, before.starts_at, starts_at, before.revision + 1)


def _may_move(tx: Tx, before: Appointment, starts_at: datetime, clinician_id: str) -> None:
    if before.state != "booked":
        raise Conflict("not_booked", appointment=before.id)
    if before.starts_at <= tx.now:
        raise Conflict("already_started", appointment=before.id)
    if starts_at <= tx.now:
        raise Invalid("start_in_the_past", field="starts_at")
    if (starts_at, clinician_id) == (before.starts_at, before.clinician_id):
        raise Invalid("same_time", field="starts_at")


def _new_time(clinician_id: str, span: Span) -> dict[str, object]:
    return {"clinician_id": clinician_id, "starts_at": span.starts_at, "ends_at": span.ends_at}


async def _ask_again(tx: Tx, appointment_id: str, by: MovedBy) -> list[str]:
    """Set every place's state as the move leaves it; returns whose places moved along."""
    moved_along = []
    act = Act.MOVE_BY_CLIENT if by == "client" else Act.MOVE_BY_PRACTICE
    for visit in await store.visits_of_appointment(tx, appointment_id):
        target = next_state(visit.state, act)
        if target is None:
            continue
        confirmed_at = tx.now if by == "client" else None
        moved = {"confirmed_at": confirmed_at, "moved_count": visit.moved_count + 1}
        await store.set_state(tx, visit.participation_id, visit.state, target, **moved)
        tx.note("participation.moved", "participation", visit.participation_id, state=target.value)
        moved_along.append(visit.participation_id)
    return moved_along


def _moved(before: Appointment, by: MovedBy, with_series: WithSeries | None) -> AppointmentMoved:
    return AppointmentMoved(
        before.id,
        by,
        before.starts_at.isoformat(),
        every_weeks=with_series.every_weeks if with_series else None,
        told=with_series is None or with_series.tells,
    )


def _freed(before: Appointment, participation_id: str | None, with_series: WithSeries | None) -> TimeFreed:
    return TimeFreed(
        before.clinician_id,
        before.service_id,
        before.location_id,
        before.starts_at.isoformat(),
        before.ends_at.isoformat(),
        participation_id,
        with_series=with_series is not None,
    )
