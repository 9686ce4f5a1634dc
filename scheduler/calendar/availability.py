"""When a clinician works: weekly hours and the days that differ, as UTC windows.

Here lives the step from wall-clock rules to instants. Booked time is not known here (slots.py takes it away),
nor is who may book.

The one invariant: the windows returned for a place are sorted, never overlap and never touch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from scheduler.calendar.wallclock import DAYS_PER_WEEK, MINUTES_PER_DAY, at_minute


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Hours that repeat every week, in wall-clock minutes since midnight.

    `weekday` is 0 for Monday to 6 for Sunday. `end_minute` may be 1440 and must lie after `start_minute`;
    hours across midnight are two rows. `valid_from` and `valid_until` are inclusive calendar days, None
    meaning unbounded.
    """

    weekday: int
    start_minute: int
    end_minute: int
    valid_from: date | None = None
    valid_until: date | None = None
    location_id: str | None = None

    def __post_init__(self) -> None:
        _check_minutes(self.start_minute, self.end_minute)
        if self.weekday not in range(DAYS_PER_WEEK):
            raise ValueError("weekday must be 0 to 6")

    def applies_on(self, day: date) -> bool:
        """Whether these hours hold on the given calendar day."""
        return (
            day.weekday() == self.weekday
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or day <= self.valid_until)
        )


@dataclass(frozen=True, slots=True)
class DayException:
    """One calendar day that differs from the weekly hours.

    Closed: the minutes given (the whole day by default) are taken out of the weekly hours, at one location
    or, with None, at all of them. Open: the minutes given are added. Extra hours win over a closure of the
    same day, so "closed, but in from 10 to 12" is written as two rows.
    """

    day: date
    closed: bool
    start_minute: int = 0
    end_minute: int = MINUTES_PER_DAY
    location_id: str | None = None

    def __post_init__(self) -> None:
        _check_minutes(self.start_minute, self.end_minute)


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A stretch `[starts_at, ends_at)` in UTC in which visits may take place."""

    starts_at: datetime
    ends_at: datetime
    location_id: str | None = None


Minutes = tuple[int, int]


def open_windows(
    weekly: Sequence[WeeklyHours],
    exceptions: Iterable[DayException],
    zone: ZoneInfo,
    first_day: date,
    last_day: date,
) -> tuple[OpenWindow, ...]:
    """The open windows of all calendar days from `first_day` to `last_day`, both included, sorted by start.

    Each end of a window is turned into an instant by the gap and fold policy of wallclock.py; a window that
    lies wholly in a gap vanishes. Windows of one location that touch (also across midnight) are joined.
    """
    by_day: dict[date, list[DayException]] = {}
    for exception in exceptions:
        by_day.setdefault(exception.day, []).append(exception)
    pieces = [
        OpenWindow(at_minute(day, start, zone), at_minute(day, end, zone), location)
        for day in _days(first_day, last_day)
        for location, hours in _hours_on(day, weekly, by_day.get(day, ())).items()
        for start, end in hours
    ]
    return _joined(piece for piece in pieces if piece.starts_at < piece.ends_at)


def _hours_on(
    day: date,
    weekly: Sequence[WeeklyHours],
    exceptions: Sequence[DayException],
) -> dict[str | None, list[Minutes]]:
    hours: dict[str | None, list[Minutes]] = {}
    for row in weekly:
        if row.applies_on(day):
            hours.setdefault(row.location_id, []).append((row.start_minute, row.end_minute))
    for closure in exceptions:
        if closure.closed:
            shut = (closure.start_minute, closure.end_minute)
            for location, open_hours in hours.items():
                if closure.location_id in (None, location):
                    hours[location] = _without(open_hours, shut)
    for extra in exceptions:
        if not extra.closed:
            hours.setdefault(extra.location_id, []).append((extra.start_minute, extra.end_minute))
    return hours


def _without(hours: Sequence[Minutes], closed: Minutes) -> list[Minutes]:
    left: list[Minutes] = []
    for start, end in hours:
        before, after = (start, min(end, closed[0])), (max(start, closed[1]), end)
        left += [piece for piece in (before, after) if piece[0] < piece[1]]
    return left


def _joined(windows: Iterable[OpenWindow]) -> tuple[OpenWindow, ...]:
    joined: dict[str | None, list[OpenWindow]] = {}
    for window in sorted(windows, key=lambda w: (w.starts_at, w.ends_at)):
        row = joined.setdefault(window.location_id, [])
        if row and window.starts_at <= row[-1].ends_at:
            row[-1] = OpenWindow(row[-1].starts_at, max(row[-1].ends_at, window.ends_at), window.location_id)
        else:
            row.append(window)
    flat = [window for row in joined.values() for window in row]
    return tuple(sorted(flat, key=lambda w: (w.starts_at, w.ends_at, str(w.location_id))))


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _check_minutes(start: int, end: int) -> None:
    if not 0 <= start < end <= MINUTES_PER_DAY:
        raise ValueError("hours must lie within one day and end after they start")
