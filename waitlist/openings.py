"""What freed and taken time means for the waitlist: the subscribers of the scheduler's events.

Time that a client gives up becomes an opening; time that is booked otherwise, or given back, ends it. How an opening
is offered is in actions/wave.py, who wins it in actions/claim.py.

Whose time is held: the hold in the calendar belongs to the *opening* (`busy.holder_id` is its id) and lasts as long
as its longest offer. Offers only point at the opening. One after another, they share the hold without a moment in
which the time is free; several at once would share it as well, so asking in batches changes who is asked, not this.

Invariant: an opening is settled once, and in that commit everybody who held an offer of it is told.
"""

from datetime import datetime, timedelta

from messages.kinds import Channel
from scheduler.actions.book import with_buffers
from scheduler.appointments import store as appointments
from scheduler.appointments.states import ParticipationState
from scheduler.calendar.wallclock import Span
from scheduler.core.record import Tx
from scheduler.events import MessageUndeliverable, NumberStopped, ParticipationRestored, TimeFreed, TimeTaken
from scheduler.people import store as people
from waitlist import store
from waitlist.actions.booked_by_hand import booked_by_hand
from waitlist.actions.open_time import open_time
from waitlist.actions.stopped import offers_stopped
from waitlist.actions.undelivered import offer_undelivered
from waitlist.actions.withdraw import withdraw_opening
from waitlist.store import Opening, OpeningState

DEEPEST = 2
"""A claim that releases a later visit opens that time too, and so on, but no further than this."""


async def on_time_freed(tx: Tx, event: TimeFreed) -> None:
    """Open freed time after the practice's grace, unless it is not ours to give away.

    A visit the practice itself called off opens nothing: the clinician is most likely not there.
    """
    if event.depth > DEEPEST or await _called_off(tx, event.freed_participation_id):
        reason = "cascade_ends" if event.depth > DEEPEST else "called_off"
        tx.note("opening.not_made", "participation", event.freed_participation_id, reason=reason)
        return
    grace = timedelta(minutes=(await people.practice(tx)).opening_grace_minutes)
    await open_time(
        tx,
        clinician_id=event.clinician_id,
        service_id=event.service_id,
        location_id=event.location_id,
        span=Span(datetime.fromisoformat(event.starts_at), datetime.fromisoformat(event.ends_at)),
        first_wave_at=tx.now + grace,
        freed_participation_id=event.freed_participation_id,
        depth=event.depth,
    )


async def on_time_taken(tx: Tx, event: TimeTaken) -> None:
    """End every opening the booking reaches into; its holders are told, or were the ones who got it."""
    taken = Span(datetime.fromisoformat(event.starts_at), datetime.fromisoformat(event.ends_at))
    places = await appointments.visits_of_appointment(tx, event.appointment_id)
    booked_for = {visit.client_id: visit.participation_id for visit in places if visit.is_active}
    for opening in await store.openings_near(tx, event.clinician_id, taken.starts_at, taken.ends_at):
        if (await _stretch(tx, opening)).overlaps(taken):
            await booked_by_hand(tx, opening.id, booked_for)


async def on_restored(tx: Tx, event: ParticipationRestored) -> None:
    """The cancellation that made an opening was taken back."""
    visit = await appointments.visit(tx, event.participation_id)
    for opening in await store.openings_freed_by(tx, event.participation_id):
        if visit is None or opening.starts_at != visit.starts_at:
            continue  # that was the time it was moved away from before: still free
        await withdraw_opening(tx, opening.id, OpeningState.UNDONE)


async def on_undeliverable(tx: Tx, event: MessageUndeliverable) -> None:
    """An offer that reached nobody does not wait for its deadline."""
    await offer_undelivered(tx, event.message_id)


async def on_stopped(tx: Tx, event: NumberStopped) -> None:
    """Who wants no more texts is not waited for either."""
    if event.channel == Channel.SMS:
        await offers_stopped(tx, bytes.fromhex(event.address_hex))


async def _called_off(tx: Tx, participation_id: str | None) -> bool:
    visit = await appointments.visit(tx, participation_id) if participation_id else None
    return visit is not None and visit.state is ParticipationState.CLINICIAN_CANCELLED


async def _stretch(tx: Tx, opening: Opening) -> Span:
    """What the opening needs of the calendar: its time and its service's buffers."""
    span = Span(opening.starts_at, opening.ends_at)
    service = await people.service(tx, opening.service_id)
    return with_buffers(span, service) if service else span
