"""Confirm a place: the client said the visit stands, or staff heard it."""

from dataclasses import dataclass

from scheduler.appointments import store
from scheduler.appointments.states import Act, ParticipationState, next_state
from scheduler.core.errors import NotFound
from scheduler.core.record import Tx
from scheduler.events import ParticipationConfirmed


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The place is confirmed. `again`: it had been before, and nothing was changed."""

    participation_id: str
    again: bool


@dataclass(frozen=True, slots=True)
class NotConfirmed:
    """Nothing was changed. `reason` is cancelled | already_started."""

    reason: str


async def confirm(tx: Tx, participation_id: str) -> Confirmed | NotConfirmed:
    """Confirm a place that is booked; confirming twice is fine and does nothing more.

    Raises:
        NotFound: no such place.
    """
    visit = await store.visit(tx, participation_id)
    if visit is None:
        raise NotFound("participation", participation=participation_id)
    if visit.starts_at <= tx.now:
        return NotConfirmed("already_started")
    if visit.state is ParticipationState.CONFIRMED:
        return Confirmed(participation_id, again=True)
    target = next_state(visit.state, Act.CONFIRM)
    if target is None or not await store.set_state(tx, participation_id, visit.state, target, confirmed_at=tx.now):
        return NotConfirmed("cancelled")
    tx.note("participation.confirmed", "participation", participation_id)
    tx.emit(ParticipationConfirmed(participation_id))
    return Confirmed(participation_id, again=False)
