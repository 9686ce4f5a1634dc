"""Offer hours that were added to a calendar: as many visits of one service as fit into them, one after another."""

from datetime import timedelta

from scheduler.calendar.open_times import STEP_MINUTES, OpenTime, open_times
from scheduler.calendar.wallclock import Span
from scheduler.core.errors import NotFound
from scheduler.core.record import Tx
from scheduler.people import store as people
from waitlist import opening_store
from waitlist.actions.open_time import open_time
from waitlist.actions.refit import placed
from waitlist.matching import SOON_MINUTES


async def offer_hours(tx: Tx, *, clinician_id: str, service_id: str, location_id: str, hours: Span) -> int:
    """How many times were put up. What is booked or held then, or is being offered already, is left out.

    Raises:
        NotFound: no such service, or it is no longer active.
    """
    service = await people.service(tx, service_id)
    if service is None or not service.active:
        raise NotFound("service", service=service_id)
    free = await open_times(
        tx,
        clinician_ids=[clinician_id],
        service_id=service.id,
        earliest=max(hours.starts_at, tx.now + timedelta(minutes=SOON_MINUTES)),
        latest=hours.ends_at,
        step_minutes=STEP_MINUTES,
    )
    offered = await opening_store.openings_of(
        tx, clinician_id, hours.starts_at, hours.ends_at, states=opening_store.UNSETTLED
    )
    taken = [Span(each.starts_at, each.ends_at) for each in offered]

    def fits(time: OpenTime) -> bool:
        within = time.location_id == location_id and time.ends_at <= hours.ends_at
        return within and not any(Span(time.starts_at, time.ends_at).overlaps(each) for each in taken)

    made = [
        await open_time(
            tx,
            clinician_id=clinician_id,
            service_id=service.id,
            location_id=location_id,
            span=Span(time.starts_at, time.ends_at),
        )
        for time in placed([each for each in free if fits(each)], service)
    ]
    return len([each for each in made if each is not None])
