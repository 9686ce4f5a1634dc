"""Book a time: one appointment, a place for each client, and the clinician's time taken, or nothing at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scheduler.appointments import store
from scheduler.calendar import store as calendar
from scheduler.calendar.wallclock import Span
from scheduler.core.errors import Invalid, NotFound
from scheduler.core.record import Tx
from scheduler.events import ParticipationBooked, TimeTaken
from scheduler.people import store as people
from scheduler.people.store import Location, Service


@dataclass(frozen=True, slots=True)
class Booked:
    """Places in the order of the clients given."""

    appointment_id: str
    participation_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeriesDay:
    """Which occurrence of which series an appointment is."""

    series_id: str
    day: date


async def book(
    tx: Tx,
    *,
    clinician_id: str,
    service_id: str,
    location_id: str,
    client_ids: Sequence[str],
    starts_at: datetime,
    told: bool = True,
    over_holds: bool = False,
    own_holder: str | None = None,
    claim_offer_id: str | None = None,
    series_day: SeriesDay | None = None,
) -> Booked:
    """Book `client_ids` with a clinician; the service decides how long it takes and what is kept free around it.

    Holds are respected, unless it is the caller's own (`own_holder`) or staff books over them (`over_holds`):
    then whoever held the time is told in the same commit, by the subscribers of TimeTaken. `told` False books
    without a "booked" notice to the client.

    Raises:
        NotFound: clinician, service, location or a client is not of this practice, or no longer active.
        Invalid: no client, one client twice, more than the service has places, or a start in the past.
        Conflict: `time_taken`. In each case nothing was changed.
    """
    service, location = await _checked(tx, clinician_id, service_id, location_id, client_ids)
    if starts_at <= tx.now:
        raise Invalid("start_in_the_past", field="starts_at")
    appointment_id = tx.new_id()
    span = Span(starts_at, starts_at + timedelta(minutes=service.duration_minutes))
    await store.add_appointment(
        tx,
        {
            "id": appointment_id,
            "clinician_id": clinician_id,
            "service_id": service_id,
            "location_id": location_id,
            "series_id": series_day.series_id if series_day else None,
            "series_day": series_day.day if series_day else None,
            "starts_at": span.starts_at,
            "ends_at": span.ends_at,
            "zone": location.zone,
        },
    )
    taken = with_buffers(span, service)
    await calendar.take_for_appointment(
        tx, appointment_id, clinician_id, taken, own_holder=own_holder, over_holds=over_holds
    )
    places = tuple([await _place(tx, appointment_id, client_id, told=told) for client_id in client_ids])
    tx.note("appointment.booked", "appointment", appointment_id, revision=1)
    tx.emit(_taken(clinician_id, appointment_id, taken, claim_offer_id))
    return Booked(appointment_id, places)


def with_buffers(span: Span, service: Service) -> Span:
    """A visit's span with what its service keeps free before and after."""
    before = timedelta(minutes=service.buffer_before_minutes)
    after = timedelta(minutes=service.buffer_after_minutes)
    return Span(span.starts_at - before, span.ends_at + after)


async def _checked(
    tx: Tx, clinician_id: str, service_id: str, location_id: str, client_ids: Sequence[str]
) -> tuple[Service, Location]:
    service, location = await people.service(tx, service_id), await people.location(tx, location_id)
    clinician = await people.clinician(tx, clinician_id)
    if service is None or location is None or clinician is None or not clinician.active:
        raise NotFound("bookable_parts")
    if not client_ids:
        raise Invalid("client_needed", field="client")
    if len(set(client_ids)) != len(client_ids):
        raise Invalid("client_twice", field="client")
    if len(client_ids) > service.capacity:
        raise Invalid("over_capacity", field="client", capacity=service.capacity)
    found = await people.clients(tx, client_ids)
    if any(each not in found or found[each].state != "active" for each in client_ids):
        raise NotFound("client")
    return service, location


async def _place(tx: Tx, appointment_id: str, client_id: str, *, told: bool) -> str:
    participation_id = tx.new_id()
    await store.add_participation(tx, participation_id, appointment_id, client_id)
    tx.note("participation.booked", "participation", participation_id, appointment=appointment_id)
    tx.emit(ParticipationBooked(participation_id, told=told))
    return participation_id


def _taken(clinician_id: str, appointment_id: str, span: Span, claim_offer_id: str | None) -> TimeTaken:
    return TimeTaken(clinician_id, appointment_id, span.starts_at.isoformat(), span.ends_at.isoformat(), claim_offer_id)
