"""A freed time that nobody waiting for its service can take, put up for another service that fits into it.

An hour and a half takes one of ninety minutes, or one of sixty, or two of forty-five with their buffers; free time on
either side is taken in, so that two neighbouring holes make one. Where a visit fits is the calendar's own rule
(open_times.py). Invariant: each service is tried once for a stretch, and what overlaps ends when one of it is booked.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from scheduler.actions.book import with_buffers
from scheduler.calendar.open_times import OpenTime, open_times
from scheduler.calendar.wallclock import Span
from scheduler.core.record import Reading, Tx
from scheduler.people import store as people
from scheduler.people.store import Service
from waitlist import candidates, narrow_store, opening_store
from waitlist.actions.open_time import open_time
from waitlist.matching import SOON_MINUTES
from waitlist.opening_store import Opening, OpeningKind, OpeningState

STEP_MINUTES: Final = 15
WHOLE: Final = frozenset({OpeningKind.FREED, OpeningKind.REFITTED})


async def refit(tx: Tx, opening: Opening) -> int:
    """How many openings for another service were made of this one's time; the longest service that somebody can take.

    The freed time's own opening stays as it is: whoever joins for its service may still get it.
    """
    if opening.kind not in WHOLE:
        return 0
    for service in await _others(tx, opening):
        times = placed(await _starts(tx, opening, service), service)
        likes = [_as(opening, time, service) for time in times]
        wanted = max([len(await candidates.in_order(tx, each, most=len(likes))) for each in likes], default=0)
        for like in likes[:wanted]:
            await open_time(
                tx,
                clinician_id=like.clinician_id,
                service_id=service.id,
                location_id=like.location_id,
                span=Span(like.starts_at, like.ends_at),
                freed_participation_id=opening.freed_participation_id,
                depth=opening.depth,
                kind=OpeningKind.REFITTED,
            )
        if wanted:
            return min(wanted, len(likes))
    return 0


def placed(starts: Sequence[OpenTime], service: Service) -> tuple[OpenTime, ...]:
    """Of the possible starts as many as fit after one another, buffers included. Pure."""
    found: list[OpenTime] = []
    for time in starts:
        span = with_buffers(Span(time.starts_at, time.ends_at), service)
        if not any(with_buffers(Span(each.starts_at, each.ends_at), service).overlaps(span) for each in found):
            found.append(time)
    return tuple(found)


async def _others(r: Reading, opening: Opening) -> list[Service]:
    """The services somebody waits for that were not tried for this time yet, the longest first."""
    waited_for = await narrow_store.services_waited_for(r)
    if waited_for <= {opening.service_id}:
        return []
    every = tuple(OpeningState)
    around = await opening_store.openings_of(r, opening.clinician_id, opening.starts_at, opening.ends_at, states=every)
    tried = {each.service_id for each in around if each.created_at >= opening.created_at - timedelta(days=1)}
    fresh = [each for each in await people.services(r, active_only=True) if each.id in waited_for - tried]
    return sorted(fresh, key=lambda each: (-each.duration_minutes, each.id))


async def _starts(r: Reading, opening: Opening, service: Service) -> list[OpenTime]:
    """Where a visit of the service would take in some of the freed time; at its own beginning first, then in order."""
    reach = timedelta(minutes=service.duration_minutes)
    found = await open_times(
        r,
        clinician_ids=[opening.clinician_id],
        service_id=service.id,
        earliest=max(opening.starts_at - reach, r.now + timedelta(minutes=SOON_MINUTES)),
        latest=opening.ends_at,
        step_minutes=STEP_MINUTES,
    )
    freed = Span(opening.starts_at, opening.ends_at)
    here = [each for each in found if each.location_id == opening.location_id]
    within = [each for each in here if Span(each.starts_at, each.ends_at).overlaps(freed)]
    return sorted(within, key=lambda each: (each.starts_at < opening.starts_at, each.starts_at))


def _as(opening: Opening, time: OpenTime, service: Service) -> Opening:
    """A part of the freed time, or more than it, as the rules see an opening."""
    return replace(opening, service_id=service.id, starts_at=time.starts_at, ends_at=time.ends_at)
