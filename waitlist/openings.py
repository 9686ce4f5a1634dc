"""What freed and taken time means for the waitlist: the subscribers of the scheduler's events.

Time that a client gives up becomes an opening; time that is booked otherwise, or given back, ends it. How an opening
is offered is in actions/wave.py, who wins it in actions/claim.py.

Whose time is held: the hold in the calendar belongs to the *opening* (`busy.holder_id` is its id) and lasts as long
as its longest offer. Offers only point at the opening. One after another, they share the hold without a moment in
which the time is free; several at once would share it as well, so asking in batches changes who is asked, not this.

Invariant: an opening is settled once, and in that commit everybody who held an offer of it is told.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

from messages.kinds import Channel
from scheduler.actions.book import with_buffers
from scheduler.appointments import series_store
from scheduler.appointments import store as appointments
from scheduler.appointments.series_store import StoredSeries
from scheduler.appointments.states import ParticipationState
from scheduler.calendar import store as calendar
from scheduler.calendar.series import occurrences
from scheduler.calendar.wallclock import Span, local_day, zone_of
from scheduler.core.record import Tx
from scheduler.events import (
    MessageUndeliverable,
    NumberStopped,
    ParticipationRestored,
    SeatFreed,
    SeriesEnded,
    TimeFreed,
    TimeTaken,
)
from scheduler.people import store as people
from scheduler.people.store import Service
from waitlist import opening_store
from waitlist.actions.booked_by_hand import booked_by_hand
from waitlist.actions.open_time import open_time
from waitlist.actions.stopped import offers_stopped
from waitlist.actions.undelivered import undelivered
from waitlist.actions.withdraw import withdraw_opening
from waitlist.opening_store import Opening, OpeningKind, OpeningState

NEXT_TIMES = 4
"""So many of the next times of its rhythm are looked at, whether a weekly time is free."""

DEEPEST = 2
"""A claim that releases a later visit opens that time too, and so on, but no further than this."""


async def on_time_freed(tx: Tx, event: TimeFreed) -> None:
    """Open freed time after the practice's grace, unless it is not ours to give away.

    A visit the practice itself called off opens nothing: the clinician is most likely not there.
    """
    await _end_seats(tx, event)
    reason = await _not_ours(tx, event)
    if reason is not None:
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


async def on_seat_freed(tx: Tx, event: SeatFreed) -> None:
    """Open a place of a group that meets anyway."""
    visit = await appointments.visit(tx, event.freed_participation_id)
    if visit is None or event.depth > DEEPEST:
        return
    grace = timedelta(minutes=(await people.practice(tx)).opening_grace_minutes)
    await open_time(
        tx,
        clinician_id=visit.clinician_id,
        service_id=visit.service_id,
        location_id=visit.location_id,
        span=Span(visit.starts_at, visit.ends_at),
        first_wave_at=tx.now + grace,
        freed_participation_id=visit.participation_id,
        depth=event.depth,
        kind=OpeningKind.SEAT,
        appointment_id=visit.appointment_id,
    )


async def _end_seats(tx: Tx, event: TimeFreed) -> None:
    """The group does not meet at that time any more: its free places are gone."""
    start, end = datetime.fromisoformat(event.starts_at), datetime.fromisoformat(event.ends_at)
    for opening in await opening_store.openings_of(tx, event.clinician_id, start, end, states=opening_store.UNSETTLED):
        if opening.kind is OpeningKind.SEAT:
            await withdraw_opening(tx, opening.id, OpeningState.UNDONE)


async def on_series_ended(tx: Tx, event: SeriesEnded) -> None:
    """Open the weekly time of a series that ended, from its first visit on that will not take place.

    Nothing opens where its next times are booked, for whoever goes on coming or for somebody else.
    """
    stored = await series_store.by_id(tx, event.series_id)
    service = await people.service(tx, stored.service_id) if stored else None
    if stored is None or service is None or event.depth > DEEPEST:
        return
    grace = timedelta(minutes=(await people.practice(tx)).opening_grace_minutes)
    first = await _first_free(tx, stored, service, date.fromisoformat(event.from_day), tx.now + grace)
    if first is None:
        tx.note("opening.not_made", "series", stored.id, reason="taken")
        return
    await open_time(
        tx,
        clinician_id=stored.clinician_id,
        service_id=stored.service_id,
        location_id=stored.location_id,
        span=first,
        first_wave_at=tx.now + grace,
        freed_participation_id=event.freed_participation_id,
        depth=event.depth,
        kind=OpeningKind.WEEKLY,
        every_weeks=stored.rule.every_weeks,
    )


async def _first_free(tx: Tx, stored: StoredSeries, service: Service, from_day: date, after: datetime) -> Span | None:
    """The first free time of the series' rhythm, on or after a day, that still lies ahead.

    None when more than one of the next is booked: whoever has them goes on coming, or the time does not come round.
    """
    length, free = timedelta(minutes=service.duration_minutes), []
    for start in _next_times(stored, from_day, after):
        needed = with_buffers(Span(start, start + length), service)
        if not await calendar.booked_between(tx, stored.clinician_id, needed.starts_at, needed.ends_at):
            free.append(Span(start, start + length))
    return free[0] if len(free) >= NEXT_TIMES - 1 else None


def _next_times(stored: StoredSeries, from_day: date, after: datetime) -> list[datetime]:
    zone = zone_of(stored.zone)
    rhythm = replace(stored.rule, last_day=None)
    until = max(from_day, local_day(after, zone)) + timedelta(weeks=(NEXT_TIMES + 1) * stored.rule.every_weeks)
    found = [each.starts_at for each in occurrences(rhythm, zone, first=from_day, last=until)]
    return [each for each in found if each > after][:NEXT_TIMES]


async def on_time_taken(tx: Tx, event: TimeTaken) -> None:
    """End every opening the booking reaches into; its holders are told, or were the ones who got it."""
    taken = Span(datetime.fromisoformat(event.starts_at), datetime.fromisoformat(event.ends_at))
    places = await appointments.visits_of_appointment(tx, event.appointment_id)
    booked_for = {visit.client_id: visit.participation_id for visit in places if visit.is_active}
    for opening in await opening_store.openings_near(tx, event.clinician_id, taken.starts_at, taken.ends_at):
        if (await _stretch(tx, opening)).overlaps(taken):
            await booked_by_hand(tx, opening.id, booked_for)


async def on_restored(tx: Tx, event: ParticipationRestored) -> None:
    """The cancellation that made an opening was taken back."""
    visit = await appointments.visit(tx, event.participation_id)
    for opening in await opening_store.openings_freed_by(tx, event.participation_id):
        if visit is None or opening.starts_at != visit.starts_at:
            continue  # that was the time it was moved away from before: still free
        await withdraw_opening(tx, opening.id, OpeningState.UNDONE)


async def on_undeliverable(tx: Tx, event: MessageUndeliverable) -> None:
    """An offer that reached nobody does not wait for its deadline."""
    await undelivered(tx, event.message_id)


async def on_stopped(tx: Tx, event: NumberStopped) -> None:
    """Who wants no more texts is not waited for either."""
    if event.channel == Channel.SMS:
        await offers_stopped(tx, bytes.fromhex(event.address_hex))


async def _not_ours(tx: Tx, event: TimeFreed) -> str | None:
    """Why freed time is not to be offered; None when it is."""
    if event.depth > DEEPEST:
        return "cascade_ends"
    if await _called_off(tx, event.freed_participation_id):
        return "called_off"
    return "series_ended" if event.with_series or await _of_ended_series(tx, event.freed_participation_id) else None


async def _of_ended_series(tx: Tx, participation_id: str | None) -> bool:
    """Whether a visit went with its whole series, whose time is offered as a weekly one."""
    visit = await appointments.visit(tx, participation_id) if participation_id else None
    stored = await series_store.by_id(tx, visit.series_id) if visit and visit.series_id else None
    if visit is None or stored is None or stored.rule.last_day is None or stored.state != "ended":
        return False
    return local_day(visit.starts_at, zone_of(stored.zone)) > stored.rule.last_day


async def _called_off(tx: Tx, participation_id: str | None) -> bool:
    visit = await appointments.visit(tx, participation_id) if participation_id else None
    return visit is not None and visit.state is ParticipationState.CLINICIAN_CANCELLED


async def _stretch(tx: Tx, opening: Opening) -> Span:
    """What the opening needs of the calendar: its time and its service's buffers."""
    span = Span(opening.starts_at, opening.ends_at)
    service = await people.service(tx, opening.service_id)
    return with_buffers(span, service) if service else span
