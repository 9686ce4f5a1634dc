"""Repeating visits: which dates a weekly or two-weekly series falls on, in wall-clock time.

Here lives the arithmetic of a series. Booking its visits, and asking whether the times are free, is an
action's.

The one invariant: a series is a wall-clock time on calendar days, so "Tuesdays at 15:00" stays 15:00 through
every change of the clock, whatever that does to the instants.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduler.calendar.wallclock import DAYS_PER_WEEK, MINUTES_PER_DAY, at_minute, is_gap


@dataclass(frozen=True, slots=True)
class Series:
    """A visit every `every_weeks` weeks on the weekday of `first_day`, at `minute` wall-clock minutes of the day.

    `last_day` is inclusive, None meaning open-ended.
    """

    first_day: date
    minute: int
    every_weeks: int = 1
    last_day: date | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.minute < MINUTES_PER_DAY:
            raise ValueError("minute of day out of range")
        if self.every_weeks < 1:
            raise ValueError("a series repeats every week or more rarely")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One visit of a series: its calendar day, its instant in UTC, and whether the clock change shifted it.

    `shifted` is true when the wall-clock time does not exist on that day; the visit then starts later by the
    length of the gap (wallclock.py) and whoever books it should say so.
    """

    day: date
    starts_at: datetime
    shifted: bool


def occurrences(series: Series, zone: ZoneInfo, *, first: date, last: date) -> Iterator[Occurrence]:
    """The visits of the series on calendar days from `first` to `last`, both included, in order."""
    step = timedelta(weeks=series.every_weeks)
    behind = max(0, -((series.first_day - first) // step))
    day = series.first_day + behind * step
    end = last if series.last_day is None else min(last, series.last_day)
    while day <= end:
        local = datetime.combine(day, time()) + timedelta(minutes=series.minute)
        yield Occurrence(day, at_minute(day, series.minute, zone), is_gap(local, zone))
        day += step


def falls_on(series: Series, day: date) -> bool:
    """Whether the rhythm of the series reaches this day."""
    behind = (day - series.first_day).days
    in_rhythm = behind >= 0 and behind % (DAYS_PER_WEEK * series.every_weeks) == 0
    return in_rhythm and (series.last_day is None or day <= series.last_day)


def rest_from(series: Series, day: date, *, first_day: date, minute: int) -> Series:
    """What becomes of this visit and all that follow when the one of `day` moves to `first_day`, at that minute.

    The last day moves by the same number of days. Raises ValueError when the series has no visit on `day`.
    """
    if not falls_on(series, day):
        raise ValueError("the series has no visit on that day")
    last = None if series.last_day is None else series.last_day + (first_day - day)
    return replace(series, first_day=first_day, minute=minute, last_day=last)
