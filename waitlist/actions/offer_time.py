"""Offer a time to the waitlist that nobody gave up: an hour somebody opens for once, or a weekly time from now on."""

from datetime import datetime, timedelta

from scheduler.actions.book import with_buffers
from scheduler.calendar import store as calendar
from scheduler.calendar.wallclock import Span
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Tx
from scheduler.people import store as people
from waitlist import opening_store
from waitlist.actions.open_time import open_time
from waitlist.opening_store import OpeningKind


async def offer_time(
    tx: Tx,
    *,
    clinician_id: str,
    service_id: str,
    location_id: str,
    starts_at: datetime,
    every_weeks: int | None = None,
) -> str:
    """The opening's id; its first wave is due at once. `every_weeks`: it is a time that comes round so often.

    Raises:
        NotFound: no such service or place, or it is no longer active.
        Invalid: `too_soon` for anybody to answer and come.
        Conflict: `time_taken` by a visit, or `offered_already`. Nothing was changed.
    """
    service, location = await people.service(tx, service_id), await people.location(tx, location_id)
    if service is None or not service.active or location is None or not location.active:
        raise NotFound("bookable_parts")
    span = Span(starts_at, starts_at + timedelta(minutes=service.duration_minutes))
    needed = with_buffers(span, service)
    if await calendar.booked_between(tx, clinician_id, needed.starts_at, needed.ends_at):
        raise Conflict("time_taken", clinician=clinician_id)
    if await opening_store.openings_of(tx, clinician_id, span.starts_at, span.ends_at, states=opening_store.UNSETTLED):
        raise Conflict("offered_already", clinician=clinician_id)
    opening_id = await open_time(
        tx,
        clinician_id=clinician_id,
        service_id=service.id,
        location_id=location.id,
        span=span,
        kind=OpeningKind.WEEKLY if every_weeks else OpeningKind.FREED,
        every_weeks=every_weeks,
    )
    if opening_id is None:
        raise Invalid("too_soon", field="starts_at")
    return opening_id
