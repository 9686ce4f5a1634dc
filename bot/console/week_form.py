"""A clinician's weekly hours as rows of a form, and back; and the days that differ. Pure.

Every weekday has two rows at least (before and after a break). Invariant: a row is read whole or has a sentence.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from bot.console.touch_form import clock_of, minute_of
from bot.web.forms import Form
from bot.web.typed import typed_day
from scheduler.calendar.availability import DayException, WeeklyHours
from scheduler.calendar.wallclock import DAYS_PER_WEEK, MINUTES_PER_DAY

ROWS_A_DAY: Final = 2
MOST_ROWS: Final = 6
LONGEST_RANGE: Final = timedelta(days=60)
CLOSED_DAY, CLOSED_HOURS, EXTRA_HOURS = "closed_day", "closed_hours", "extra_hours"
EXCEPTION_KINDS: Final = (
    (CLOSED_DAY, "Away all day", ""),
    (CLOSED_HOURS, "Away for some hours", ""),
    (EXTRA_HOURS, "Extra hours", "Besides the weekly ones"),
)


@dataclass(frozen=True, slots=True)
class WindowRow:
    """One stretch of a weekday as typed; `name` is the beginning of its fields' names."""

    name: str
    start: str
    end: str
    location: str


def week_rows(hours: Iterable[WeeklyHours]) -> tuple[tuple[WindowRow, ...], ...]:
    """For each weekday its rows, with empty ones to fill in."""
    by_day: list[list[WeeklyHours]] = [[] for _ in range(DAYS_PER_WEEK)]
    for each in hours:
        by_day[each.weekday].append(each)
    return tuple(tuple(_rows(day, sorted(mine, key=lambda h: h.start_minute))) for day, mine in enumerate(by_day))


def sent_week(form: Form) -> tuple[tuple[WindowRow, ...], ...]:
    """The rows a form was sent with."""
    return tuple(
        tuple(
            WindowRow(name, form.value(f"{name}-from"), form.value(f"{name}-until"), form.value(f"{name}-at"))
            for name in (f"d{day}-{turn}" for turn in range(MOST_ROWS))
            if f"{name}-from" in form.values
        )
        for day in range(DAYS_PER_WEEK)
    )


def read_week(
    rows: Iterable[Iterable[WindowRow]], locations: frozenset[str], only: str
) -> tuple[list[WeeklyHours], dict[str, str]]:
    """The hours, and a sentence for each row at fault. `only` is the place where there is no choice of one."""
    hours: list[WeeklyHours] = []
    errors: dict[str, str] = {}
    for day, mine in enumerate(rows):
        for row in mine:
            if not row.start.strip() and not row.end.strip():
                continue
            span = read_span(row.start, row.end)
            place = row.location if row.location in locations else only
            if span is None:
                errors[f"{row.name}-from"] = "Enter a beginning and an end after it, such as 09:00 and 17:00"
            elif not place:
                errors[f"{row.name}-at"] = "Choose where"
            else:
                hours.append(WeeklyHours(day, *span, location_id=place))
    return hours, errors


def read_span(start: str, end: str) -> tuple[int, int] | None:
    """Minutes after midnight of a stretch; an end at 00:00 is the end of the day."""
    first, last = minute_of(start), minute_of(end)
    if first is None or last is None:
        return None
    last = MINUTES_PER_DAY if last == 0 else last
    return (first, last) if first < last else None


def read_exceptions(form: Form, today: date, locations: frozenset[str], only: str) -> tuple[list[DayException], Form]:
    """The days that are to differ, one for each day of the range, or the form with what does not fit."""
    days, form = _days(form, today)
    kind = form.value("kind")
    span: tuple[int, int] | None = (0, MINUTES_PER_DAY)
    if kind not in {each for each, _, _ in EXCEPTION_KINDS}:
        form = form.with_error("kind", "Choose what is different")
    elif kind != CLOSED_DAY:
        span = read_span(form.value("from"), form.value("until"))
        if span is None:
            form = form.with_error("from", "Enter a beginning and an end after it, such as 09:00 and 12:00")
    place: str | None = None
    if kind == EXTRA_HOURS:
        place = form.value("location") if form.value("location") in locations else only
        if not place:
            form = form.with_error("location", "Choose where")
    if form.errors or span is None:
        return [], form
    return [DayException(day, kind != EXTRA_HOURS, *span, place) for day in days], form


def exception_words(exception: DayException, clock: tuple[str, str]) -> str:
    """What is different on a day; `clock` words its two ends."""
    whole = (exception.start_minute, exception.end_minute) == (0, MINUTES_PER_DAY)
    if exception.closed and whole:
        return "Away all day"
    return f"{'Away' if exception.closed else 'Extra hours'} {clock[0]} to {clock[1]}"


def _rows(day: int, mine: list[WeeklyHours]) -> Iterable[WindowRow]:
    shown = max(ROWS_A_DAY, min(len(mine), MOST_ROWS))
    for turn in range(shown):
        name = f"d{day}-{turn}"
        if turn < len(mine):
            each = mine[turn]
            end = clock_of(each.end_minute % MINUTES_PER_DAY)
            yield WindowRow(name, clock_of(each.start_minute), end, each.location_id or "")
        else:
            yield WindowRow(name, "", "", "")


def _days(form: Form, today: date) -> tuple[list[date], Form]:
    first = typed_day(form.value("day"))
    last = typed_day(form.value("last_day")) if form.value("last_day") else first
    if first is None or last is None:
        return [], form.with_error("day", "Choose a day from the calendar, or write it like 2026-03-31")
    if first < today:
        return [], form.with_error("day", "Choose a day that is not over")
    if not first <= last <= first + LONGEST_RANGE:
        return [], form.with_error("last_day", "Choose a last day after the first, at most 60 days later")
    return [first + timedelta(days=n) for n in range((last - first).days + 1)], form
