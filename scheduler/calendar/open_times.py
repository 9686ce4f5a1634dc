"""Which times are free: availability minus what is taken, for one service of one or several clinicians.

Reads the record and hands values to the pure search in slots.py. Finding a time promises nothing; only holding or
booking it does. Invariant: a time that is returned was inside availability and free at `r.now`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scheduler.calendar import store
from scheduler.calendar.availability import OpenWindow, open_windows
from scheduler.calendar.slots import Buffers, open_slots
from scheduler.calendar.wallclock import local_day, zone_of
from scheduler.core.errors import NotFound
from scheduler.core.record import Reading
from scheduler.people import store as people
from scheduler.people.store import Service

STEP_MINUTES = 15


@dataclass(frozen=True, slots=True)
class OpenTime:
    """A free time of a clinician, `[starts_at, ends_at)` without buffers."""

    clinician_id: str
    location_id: str
    starts_at: datetime
    ends_at: datetime


async def open_times(
    r: Reading,
    *,
    clinician_ids: Sequence[str],
    service_id: str,
    earliest: datetime,
    latest: datetime,
    limit: int | None = None,
    step_minutes: int = STEP_MINUTES,
) -> tuple[OpenTime, ...]:
    """Free starts in `[earliest, latest)`, soonest first; living holds count as taken.

    Raises:
        NotFound: no such service.
    """
    service = await people.service(r, service_id)
    if service is None:
        raise NotFound("service")
    found: list[OpenTime] = []
    have_hours = await store.with_hours(r, clinician_ids)
    for clinician_id in (each for each in clinician_ids if each in have_hours):
        found.extend(await _of_clinician(r, clinician_id, service, earliest, latest, limit, step_minutes))
    found.sort(key=lambda time: (time.starts_at, time.clinician_id))
    return tuple(found[:limit])


async def _of_clinician(
    r: Reading,
    clinician_id: str,
    service: Service,
    earliest: datetime,
    latest: datetime,
    limit: int | None,
    step_minutes: int,
) -> list[OpenTime]:
    windows = await windows_of(r, clinician_id, earliest, latest)
    if not windows:
        return []
    reach = timedelta(minutes=service.duration_minutes + service.buffer_before_minutes + service.buffer_after_minutes)
    taken = await store.busy_between(r, clinician_id, earliest - reach, latest + reach)
    slots = open_slots(
        windows,
        taken,
        service.duration_minutes,
        Buffers(service.buffer_before_minutes, service.buffer_after_minutes),
        step_minutes=step_minutes,
        earliest=earliest,
        latest=latest,
        limit=limit,
    )
    return [OpenTime(clinician_id, slot.location_id or "", slot.starts_at, slot.ends_at) for slot in slots]


async def windows_of(r: Reading, clinician_id: str, earliest: datetime, latest: datetime) -> list[OpenWindow]:
    """When a clinician works on the days around a stretch; each location's hours are read in its own zone."""
    hours = await store.weekly_hours(r, clinician_id)
    windows: list[OpenWindow] = []
    for location in await people.locations(r):
        zone: ZoneInfo = zone_of(location.zone)
        first, last = local_day(earliest, zone), local_day(latest, zone)
        here = [each for each in hours if each.location_id == location.id]
        exceptions = [
            each
            for each in await store.day_exceptions(r, clinician_id, first, last)
            if each.location_id == location.id or (each.closed and each.location_id is None)
        ]
        if here or any(not each.closed for each in exceptions):
            windows.extend(open_windows(here, exceptions, zone, first, last))
    return windows
