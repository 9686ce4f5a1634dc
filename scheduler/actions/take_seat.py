"""Give a client a free place in a visit that is booked for others already."""

from datetime import datetime

from scheduler.appointments import store
from scheduler.core.errors import Conflict, NotFound
from scheduler.core.record import Reading, Tx
from scheduler.events import ParticipationBooked
from scheduler.people import store as people


async def take_seat(tx: Tx, appointment_id: str, client_id: str, *, starts_at: datetime) -> str:
    """The new place. `starts_at` is the time it was offered for: a visit that was moved since is another one.

    Raises:
        NotFound: the client is not of this practice or no longer active.
        Conflict: `no_seat`: there is no such visit, it is full, over, called off, moved, or the client is in it.
    """
    await store.lock_appointment(tx, appointment_id)
    client = await people.client(tx, client_id)
    if client is None or client.state != "active":
        raise NotFound("seat", appointment=appointment_id)
    if not await has_seat(tx, appointment_id, starts_at, client_id):
        raise Conflict("no_seat", appointment=appointment_id)
    participation_id = tx.new_id()
    await store.add_participation(tx, participation_id, appointment_id, client_id)
    tx.note("participation.booked", "participation", participation_id, appointment=appointment_id)
    tx.emit(ParticipationBooked(participation_id, told=False))
    return participation_id


async def has_seat(r: Reading, appointment_id: str, starts_at: datetime, client_id: str | None = None) -> bool:
    """Whether the visit takes place at that time with a place left, for this client if one is named."""
    appointment = await store.by_id(r, appointment_id)
    service = await people.service(r, appointment.service_id) if appointment else None
    if appointment is None or service is None or appointment.state != "booked" or starts_at <= r.now:
        return False
    taken = {each.client_id for each in await store.visits_of_appointment(r, appointment_id) if each.is_active}
    return appointment.starts_at == starts_at and len(taken) < service.capacity and client_id not in taken
