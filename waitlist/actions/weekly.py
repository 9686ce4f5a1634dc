"""A weekly time of the second list: held week by week, booked as a series, in place of the old one.

Whose turn it is and who may be asked is decided like that of any opening (wave.py, claim.py); here is only what is
different about a time that comes round. Invariant: whoever claims one has the first visit of it, or nothing.
"""

from datetime import timedelta

from scheduler.actions.hold import release
from scheduler.actions.series import HORIZON, end_series, resume_series, start_series
from scheduler.appointments import series_store
from scheduler.appointments import store as appointments
from scheduler.calendar.open_times import OpenTime
from scheduler.calendar.series import Series, occurrences
from scheduler.calendar.wallclock import local_day, minute_of_day, to_local, zone_of
from scheduler.core.errors import Conflict
from scheduler.core.record import Tx
from waitlist.offer_store import Offer
from waitlist.opening_store import Opening


def weeks_of(opening: Opening) -> tuple[OpenTime, ...]:
    """The times to hold for a weekly opening: as far ahead as its series would be booked."""
    zone, length = zone_of(opening.zone), opening.ends_at - opening.starts_at
    last = local_day(opening.starts_at + HORIZON, zone)
    rule = _rule(opening)
    return tuple(
        OpenTime(opening.clinician_id, opening.location_id, each.starts_at, each.starts_at + length)
        for each in occurrences(rule, zone, first=rule.first_day, last=last)
    )


async def begin_series(tx: Tx, offer: Offer) -> str:
    """Book the weekly time for the one it was offered to; the place of its first visit.

    Raises:
        Conflict: the first visit's time was taken, or every other; nothing was changed.
        NotFound, Invalid: as `book`.
    """
    async with tx.attempt():
        await release(tx, offer.opening_id)
        begun = await start_series(
            tx,
            _rule(offer),
            clinician_id=offer.clinician_id,
            service_id=offer.service_id,
            location_id=offer.location_id,
            client_ids=(offer.client_id,),
        )
        (first, *_) = await appointments.series_appointments(tx, begun.series_id, tx.now)
        if first.starts_at != offer.starts_at:
            raise Conflict("time_taken", clinician=offer.clinician_id)
        (place, *_) = await appointments.visits_of_appointment(tx, first.id)
    return place.participation_id


async def end_old_series(tx: Tx, offer: Offer, depth: int) -> bool:
    """Whether the series of the visit they would give up ended, from the week on in which the new one begins.

    A series that others take part in goes on without them being asked: that is for staff.
    """
    visit = await appointments.visit(tx, offer.replaces_participation_id or "")
    stored = await series_store.by_id(tx, visit.series_id) if visit and visit.series_id else None
    if stored is None or stored.client_ids != (offer.client_id,) or stored.state == "ended":
        return False
    first = local_day(offer.starts_at, zone_of(stored.zone))
    await end_series(tx, stored.id, first - timedelta(days=first.weekday()), by="claim", depth=depth)
    return True


async def give_back_series(tx: Tx, offer: Offer, depth: int) -> None:
    """End the series that a claim began, with all its visits; its time is offered on by the subscribers."""
    visit = await appointments.visit(tx, offer.participation_id or "")
    if visit is not None and visit.series_id is not None:
        await end_series(tx, visit.series_id, local_day(offer.starts_at, zone_of(offer.zone)), by="claim", depth=depth)


async def resume_old_series(tx: Tx, offer: Offer) -> str | None:
    """The first visit that stands again of the series a claim ended; None when it ended none.

    Raises:
        Conflict: its time was taken meanwhile; nothing was changed.
    """
    visit = await appointments.visit(tx, offer.replaces_participation_id or "")
    ended_at = offer.ended_at
    if visit is None or visit.series_id is None or ended_at is None:
        return None
    if not await appointments.cancelled_of_series(tx, visit.series_id, ended_at):
        return None
    return await resume_series(tx, visit.series_id, ended_at)


def _rule(time: Opening | Offer) -> Series:
    start = to_local(time.starts_at, zone_of(time.zone))
    return Series(start.date(), minute_of_day(start), every_weeks=time.every_weeks or 1)
