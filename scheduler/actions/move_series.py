"""Move a weekly time: one visit of a series and all that follow, to another day, hour or clinician.

What came before stays with the old series, which ends there. What follows goes along to a new one, each visit by
`move`, so that places, answers and evidence stay theirs. Invariant: the client is told once, and a visit whose new
time is taken keeps its old one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from scheduler.actions.move import MovedBy, WithSeries, move
from scheduler.actions.series import extend_series
from scheduler.appointments import series_store, store
from scheduler.appointments.series_store import StoredSeries
from scheduler.appointments.store import Appointment
from scheduler.calendar.series import falls_on, rest_from
from scheduler.calendar.wallclock import DAYS_PER_WEEK, at_minute, zone_of
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Tx
from scheduler.events import SeriesEnded


@dataclass(frozen=True, slots=True)
class WeeklyTime:
    """What the rest of a series is to be: the day of its first visit, its wall-clock minute, and whose visits."""

    first_day: date
    minute: int
    clinician_id: str


@dataclass(frozen=True, slots=True)
class SeriesMoved:
    """The series that goes on, how many visits moved, and the old days of those whose new time was taken."""

    series_id: str
    moved: int
    left: tuple[date, ...]


async def move_series(
    tx: Tx, series_id: str, from_day: date, to: WeeklyTime, *, by: MovedBy, over_holds: bool = False
) -> SeriesMoved:
    """Move the visit of a day, and all that follow at the weekly time. The old weekly time is free from then on.

    Visits that were moved by hand before, or cancelled, stay as they are, and belong to the new series. `over_holds` is
    for the first new time, which was asked about; whoever holds one of the others keeps it.

    Raises:
        NotFound: no such series, or no such clinician.
        Invalid: `not_of_series` (no visit at the weekly time on that day), `further_than_rhythm` (the first visit would
            pass another one of the series), or as `move` has it.
        Conflict: as `move` has it of the first visit. Nothing was changed.
    """
    stored = await series_store.by_id(tx, series_id)
    if stored is None:
        raise NotFound("series", series=series_id)
    following = await store.series_from(tx, series_id, from_day)
    going = at_weekly_time(stored, following)
    if not going or going[0].series_day != from_day or not falls_on(stored.rule, from_day):
        raise Invalid("not_of_series", field="from")
    if abs(to.first_day - from_day).days >= DAYS_PER_WEEK * stored.rule.every_weeks:
        raise Invalid("further_than_rhythm", field="day")
    after = await _go_on(tx, stored, from_day, to, following)
    left = await _move_each(tx, going, after, by=by, over_holds=over_holds)
    await extend_series(tx, after.id)
    tx.note("series.moved", "series", after.id, before=series_id, moved=len(going) - len(left), left=len(left))
    tx.emit(SeriesEnded(series_id, from_day.isoformat()))
    return SeriesMoved(after.id, len(going) - len(left), left)


def at_weekly_time(stored: StoredSeries, visits: Sequence[Appointment]) -> tuple[Appointment, ...]:
    """Those of a series' visits that stand at its weekly time, and not cancelled or where somebody put them by hand."""
    zone = zone_of(stored.zone)
    return tuple(
        each
        for each in visits
        if each.state == "booked"
        and each.clinician_id == stored.clinician_id
        and each.series_day is not None
        and each.starts_at == at_minute(each.series_day, stored.rule.minute, zone)
    )


async def _go_on(
    tx: Tx, stored: StoredSeries, from_day: date, to: WeeklyTime, following: Sequence[Appointment]
) -> StoredSeries:
    """End the old series and let its following visits belong to a new one."""
    rule = rest_from(stored.rule, from_day, first_day=to.first_day, minute=to.minute)
    after = replace(stored, id=tx.new_id(), rule=rule, clinician_id=to.clinician_id)
    await series_store.end(tx, stored.id, from_day - timedelta(days=1))
    await series_store.add(
        tx,
        after.id,
        rule,
        clinician_id=after.clinician_id,
        service_id=after.service_id,
        location_id=after.location_id,
        zone=after.zone,
        client_ids=after.client_ids,
    )
    for visit in following:
        if visit.series_day is not None:
            await store.set_series(tx, visit.id, after.id, visit.series_day + (to.first_day - from_day))
    return after


async def _move_each(
    tx: Tx, going: Sequence[Appointment], after: StoredSeries, *, by: MovedBy, over_holds: bool
) -> tuple[date, ...]:
    """Move the first, or nothing at all; then each of the others that can be. The days of those that cannot."""
    left: list[date] = []
    first, zone = going[0].series_day, zone_of(after.zone)
    for visit in going:
        day = visit.series_day
        if day is None or first is None:
            continue
        starts_at = at_minute(after.rule.first_day + (day - first), after.rule.minute, zone)
        part = WithSeries(after.rule.every_weeks, tells=day == first)
        # Whoever asked for another weekly time has confirmed the next visit, not those of half a year.
        asked = by if part.tells else "practice"
        try:
            async with tx.attempt():
                await move(
                    tx,
                    visit.id,
                    starts_at=starts_at,
                    by=asked,
                    clinician_id=after.clinician_id,
                    over_holds=over_holds and part.tells,
                    with_series=part,
                )
        except Conflict:
            if day == first:
                raise
            left.append(day)
    return tuple(left)
