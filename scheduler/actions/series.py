"""Weekly series: the same wall-clock time every so many weeks, booked ahead as ordinary appointments.

A series reaches HORIZON ahead and is extended as days pass, so that its visits hold their time like any other.
Each occurrence is computed from its own date in the location's zone: 3:00 PM stays 3:00 PM when clocks change.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from scheduler.actions.book import SeriesDay, book
from scheduler.actions.cancel import By, cancel
from scheduler.actions.restore import Restored, restore
from scheduler.appointments import series_store, store
from scheduler.appointments.series_store import StoredSeries
from scheduler.calendar.series import Occurrence, Series, occurrences
from scheduler.calendar.wallclock import at_minute, local_day, zone_of
from scheduler.core.errors import Conflict, NotFound
from scheduler.core.record import Tx
from scheduler.events import SeriesEnded
from scheduler.people import store as people

HORIZON = timedelta(weeks=26)
LONG_PAST = timedelta(days=14)
"""A weekly time that has been free for longer is no news to anybody."""


@dataclass(frozen=True, slots=True)
class Extended:
    """What became of the occurrences up to the horizon: days booked, and days whose time was taken by others."""

    series_id: str
    booked: tuple[date, ...]
    taken: tuple[date, ...]


async def start_series(
    tx: Tx, rule: Series, *, clinician_id: str, service_id: str, location_id: str, client_ids: Sequence[str]
) -> Extended:
    """Begin a series and book its occurrences up to the horizon. Days that are taken are reported, not booked.

    Raises:
        NotFound: clinician, service, location or client.
        Invalid: as `book` has it.
        Conflict: `series_fully_taken`: not one occurrence could be booked, nothing was changed.
    """
    location = await people.location(tx, location_id)
    if location is None:
        raise NotFound("location")
    series_id = tx.new_id()
    rule = _to_its_last_visit(rule)
    parts = {"clinician_id": clinician_id, "service_id": service_id, "location_id": location_id}
    await series_store.add(tx, series_id, rule, zone=location.zone, client_ids=client_ids, **parts)
    tx.note("series.started", "series", series_id, every_weeks=rule.every_weeks)
    extended = await extend_series(tx, series_id)
    if not extended.booked:
        raise Conflict("series_fully_taken")
    return extended


async def extend_series(tx: Tx, series_id: str) -> Extended:
    """Book the occurrences that came within the horizon. Past days and days booked before are passed over.

    Raises:
        NotFound: no such series.
    """
    stored = await series_store.by_id(tx, series_id)
    if stored is None:
        raise NotFound("series", series=series_id)
    zone = zone_of(stored.zone)
    until = local_day(tx.now + HORIZON, zone)
    known = await store.series_days(tx, series_id)
    booked: list[date] = []
    taken: list[date] = []
    for occurrence in occurrences(stored.rule, zone, first=stored.rule.first_day, last=until):
        if occurrence.day in known or occurrence.starts_at <= tx.now:
            continue
        (booked if await _book(tx, stored, occurrence) else taken).append(occurrence.day)
    await series_store.set_booked_until(tx, series_id, until)
    if booked or taken:
        tx.note("series.extended", "series", series_id, booked=len(booked), taken=len(taken))
    return Extended(series_id, tuple(booked), tuple(taken))


async def end_series(tx: Tx, series_id: str, from_day: date, *, by: By = "practice", depth: int = 0) -> tuple[str, ...]:
    """Cancel the visits of a series from a day on; returns the places given up.

    On the practice's behalf each client is told of the first of theirs, and the others end quietly with it. A claim
    (`by`), which puts another weekly time in its place, tells by itself. A series that ended before that day already
    is left as it is.

    Raises:
        NotFound: no such series.
    """
    stored = await series_store.by_id(tx, series_id)
    if stored is None:
        raise NotFound("series", series=series_id)
    if stored.state == "ended" and stored.rule.last_day and stored.rule.last_day < from_day:
        return ()
    await series_store.end(tx, series_id, from_day - timedelta(days=1))
    since = max(tx.now, at_minute(from_day, 0, zone_of(stored.zone)))
    ended: list[str] = []
    told: set[str] = set()
    for appointment in await store.series_appointments(tx, series_id, since):
        for visit in await store.visits_of_appointment(tx, appointment.id):
            if visit.is_active:
                tells = by != "claim" and visit.client_id not in told
                await cancel(tx, visit.participation_id, by=by, told=tells, depth=depth)
                told.add(visit.client_id)
                ended.append(visit.participation_id)
    tx.note("series.ended", "series", series_id, places=len(ended))
    tx.emit(SeriesEnded(series_id, from_day.isoformat(), depth, ended[0] if ended else None))
    return tuple(ended)


async def run_out(tx: Tx, series_id: str) -> bool:
    """Whether a series came to the end it was to have: the day after its last visit, its weekly time is free.

    Whoever goes on coming has been booked anew by then. What ended longer ago is noted as ended, and no more.

    Raises:
        NotFound: no such series.
    """
    stored = await series_store.by_id(tx, series_id)
    if stored is None:
        raise NotFound("series", series=series_id)
    today, last = local_day(tx.now, zone_of(stored.zone)), stored.rule.last_day
    if stored.state == "ended" or last is None or last >= today:
        return False
    await series_store.end(tx, series_id, last)
    tx.note("series.ran_out", "series", series_id)
    if today - last <= LONG_PAST:
        tx.emit(SeriesEnded(series_id, (last + timedelta(days=1)).isoformat()))
    return True


async def resume_series(tx: Tx, series_id: str, ended_at: datetime) -> str:
    """Take the end of a series back that it came to at this instant; the place that stands again first.

    Every visit that was cancelled with it stands again, save those whose time was taken since.

    Raises:
        NotFound: no such series.
        Conflict: `series_not_resumed`: the first of those visits cannot be had again. Nothing was changed.
    """
    stored = await series_store.by_id(tx, series_id)
    if stored is None:
        raise NotFound("series", series=series_id)
    ended = await store.cancelled_of_series(tx, series_id, ended_at)
    async with tx.attempt():
        back = [each for each in ended if isinstance(await restore(tx, each), Restored)]
        if not back or back[0] != ended[0]:
            raise Conflict("series_not_resumed", series=series_id)
    await series_store.resume(tx, series_id)
    tx.note("series.resumed", "series", series_id, places=len(back))
    return back[0]


def _to_its_last_visit(rule: Series) -> Series:
    """The same visits, the last day being the day of the last of them."""
    if rule.last_day is None or rule.last_day < rule.first_day:
        return rule
    rhythm = timedelta(weeks=rule.every_weeks)
    return replace(rule, last_day=rule.first_day + (rule.last_day - rule.first_day) // rhythm * rhythm)


async def _book(tx: Tx, stored: StoredSeries, occurrence: Occurrence) -> bool:
    try:
        async with tx.conn.begin_nested():
            await book(
                tx,
                clinician_id=stored.clinician_id,
                service_id=stored.service_id,
                location_id=stored.location_id,
                client_ids=stored.client_ids,
                starts_at=occurrence.starts_at,
                told=False,
                series_day=SeriesDay(stored.id, occurrence.day),
            )
    except Conflict:
        return False
    return True
