"""Undo a cancellation within its minutes, if the time is still free (or only held for somebody who has not claimed)."""

from dataclasses import dataclass
from datetime import timedelta

from scheduler.actions.book import with_buffers
from scheduler.appointments import store
from scheduler.appointments.states import UNDO_MINUTES, ParticipationState, may_undo
from scheduler.appointments.store import Visit
from scheduler.calendar import store as calendar
from scheduler.calendar.wallclock import Span
from scheduler.core.errors import Conflict, NotFound
from scheduler.core.record import Tx
from scheduler.events import ParticipationRestored, TimeTaken
from scheduler.people import store as people

UNDO = timedelta(minutes=UNDO_MINUTES)


@dataclass(frozen=True, slots=True)
class Restored:
    """The place is as it was before the cancellation."""

    participation_id: str
    state: ParticipationState


@dataclass(frozen=True, slots=True)
class NotRestored:
    """Nothing was changed. `reason` is not_cancelled | too_late | time_taken | already_started."""

    reason: str


async def restore(tx: Tx, participation_id: str) -> Restored | NotRestored:
    """Take a cancellation back. An offer of the time that nobody has claimed yet is withdrawn by the subscribers.

    Raises:
        NotFound: no such place.
    """
    visit = await store.visit(tx, participation_id)
    if visit is None:
        raise NotFound("participation", participation=participation_id)
    if visit.is_active or visit.cancelled_at is None:
        return NotRestored("not_cancelled")
    if visit.starts_at <= tx.now:
        return NotRestored("already_started")
    target = ParticipationState.CONFIRMED if visit.confirmed_at else ParticipationState.BOOKED
    if not may_undo(visit.state, target, changed_at=visit.cancelled_at, now=tx.now):
        return NotRestored("too_late")
    try:
        span = await _take_again(tx, visit)
    except Conflict:
        return NotRestored("time_taken")
    cleared = {"cancelled_at": None, "cancelled_via": None, "cancel_inbound_id": None, "cancel_words_ct": None}
    await store.set_state(tx, participation_id, visit.state, target, **cleared)
    tx.note("participation.restored", "participation", participation_id, state=target.value)
    tx.emit(ParticipationRestored(participation_id))
    if span is not None:
        start, end = span.starts_at.isoformat(), span.ends_at.isoformat()
        tx.emit(TimeTaken(visit.clinician_id, visit.appointment_id, start, end))
    return Restored(participation_id, target)


async def _take_again(tx: Tx, visit: Visit) -> Span | None:
    """The time again, if the cancellation had freed it; None when the appointment had gone on for others."""
    if visit.appointment_state == "booked":
        return None
    service = await people.service(tx, visit.service_id)
    if service is None:
        raise NotFound("service")
    span = with_buffers(Span(visit.starts_at, visit.ends_at), service)
    await calendar.take_for_appointment(
        tx, visit.appointment_id, visit.clinician_id, span, own_holder=None, over_holds=True
    )
    await store.set_appointment_state(tx, visit.appointment_id, "cancelled", "booked")
    tx.note("appointment.restored", "appointment", visit.appointment_id)
    return span
