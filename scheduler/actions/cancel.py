"""Cancel a client's place. Late ones are accepted and marked late: a known absence is better than an empty chair."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from scheduler.appointments import store
from scheduler.appointments.states import CancelledBy, ParticipationState, cancel_class
from scheduler.appointments.store import Visit
from scheduler.calendar import store as calendar
from scheduler.core.errors import NotFound
from scheduler.core.record import Tx
from scheduler.events import ParticipationCancelled, SeatFreed, TimeFreed
from scheduler.people import store as people

By = Literal["client", "practice", "claim"]


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The place is given up. `minutes_before` is from the words' arrival to the start."""

    participation_id: str
    late: bool
    minutes_before: int


@dataclass(frozen=True, slots=True)
class NotCancelled:
    """Nothing was changed. `reason` is already_cancelled | already_started."""

    reason: str


async def cancel(
    tx: Tx,
    participation_id: str,
    *,
    by: By,
    received_at: datetime | None = None,
    inbound_id: str | None = None,
    words: str | None = None,
    depth: int = 0,
    told: bool = True,
) -> Cancelled | NotCancelled:
    """Give up a place on behalf of the client, of the practice, or because a waitlist claim replaced it.

    Whether a client's cancellation is late depends only on when it was received and on the window in force
    (elapsed hours before the start). A visit released by a claim is never late: the practice asked for it. When
    nobody is left in the appointment its time is freed. `told` False cancels without a notice of its own (the end of
    a series is told once). `inbound_id` and `words` (kept sealed) are evidence.

    Raises:
        NotFound: no such place.
    """
    visit = await store.visit(tx, participation_id)
    if visit is None:
        raise NotFound("participation", participation=participation_id)
    if not visit.is_active:
        return NotCancelled("already_cancelled")
    at = received_at or tx.now
    if visit.starts_at <= at:
        return NotCancelled("already_started")
    target = await _class(tx, visit, at, by)
    if not await store.set_state(
        tx, participation_id, visit.state, target, **await _evidence(tx, visit, at, by, inbound_id, words)
    ):
        return NotCancelled("already_cancelled")
    late = target is ParticipationState.LATE_CANCELLED
    minutes = int((visit.starts_at - at).total_seconds() // 60)
    tx.note("participation.cancelled", "participation", participation_id, by=by, late=late, minutes_before=minutes)
    tx.emit(ParticipationCancelled(participation_id, by, late, told=told))
    await _free(tx, visit, depth)
    return Cancelled(participation_id, late, minutes)


async def _class(tx: Tx, visit: Visit, at: datetime, by: By) -> ParticipationState:
    if by == "claim":
        return ParticipationState.CANCELLED
    who = CancelledBy.CLIENT if by == "client" else CancelledBy.PRACTICE
    return cancel_class(at, visit.starts_at, await store.late_window_hours(tx), who)


async def _evidence(
    tx: Tx, visit: Visit, at: datetime, by: By, inbound_id: str | None, words: str | None
) -> dict[str, object]:
    sealed = None
    if words:
        sealed = await store.seal_words(tx, visit.participation_id, visit.client_id, words)
    return {
        "cancelled_at": at,
        "cancelled_via": "claim" if by == "claim" else tx.actor.via.value,
        "cancel_inbound_id": inbound_id,
        "cancel_words_ct": sealed,
    }


async def _free(tx: Tx, visit: Visit, depth: int) -> None:
    if await store.active_count(tx, visit.appointment_id):
        service = await people.service(tx, visit.service_id)
        if service is not None and service.offers_seats:
            tx.emit(SeatFreed(visit.appointment_id, visit.participation_id, depth))
        return
    await store.set_appointment_state(tx, visit.appointment_id, "booked", "cancelled")
    await calendar.give_back(tx, appointment_id=visit.appointment_id)
    tx.note("appointment.cancelled", "appointment", visit.appointment_id)
    tx.emit(
        TimeFreed(
            visit.clinician_id,
            visit.service_id,
            visit.location_id,
            visit.starts_at.isoformat(),
            visit.ends_at.isoformat(),
            visit.participation_id,
            depth,
        )
    )
