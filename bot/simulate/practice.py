"""The invented practice: its clinicians, what is cancelled when, and who comes to wait for what. Pure, by seed.

Every time of a clinician's week stands in a grid of fifty-minute visits, so no two of what is invented here overlap.
Invariant: the same shape and seed make the same cancellations and the same people in the same order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from scheduler.core.ids import Chance, seeded_chance
from waitlist.matching import WeeklyWindow

ZONE: Final = "America/New_York"
FIRST_DAY: Final = date(2026, 1, 5)
HOURS: Final = (9, 10, 11, 12, 13, 14, 15, 16)
VISIT: Final = timedelta(minutes=50)
MORNING, EVENING = 7, 21
"""Between these hours people are up, and cancel."""
FIRST_VISITS: Final = 0.15
"""Share of visits, and of those who wait, for the practice's other service."""
ONE_NAMED: Final = 0.25
SEVERAL_NAMED: Final = 0.25
"""Shares of those who wait for one clinician, and for two or three; the others take any."""
ANY_TIME: Final = 0.5
"""Share of those who can come at any time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The size of a practice, and how much moves in it.

    `waiting` are kept on the list by new ones joining; `booked` and `cancelled` are shares of the grid. Texts a day
    and a week are the practice's caps; its offers are held for `hold_minutes`.
    """

    clinicians: int = 20
    waiting: int = 400
    booked: float = 0.65
    cancelled: float = 0.12
    same_day: float = 0.25
    day_before: float = 0.30
    at_night: float = 0.10
    stay_weeks: float = 6.0
    with_later_visit: float = 0.4
    texts_a_day: int = 3
    texts_a_week: int = 15
    hold_minutes: int = 60
    grace_minutes: int = 3


@dataclass(frozen=True, slots=True, order=True)
class Cancellation:
    """A visit that is given up at an instant."""

    at: datetime
    clinician: int
    service: int
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who comes to wait. `later`: how many days ahead they have a visit already, which they would give up."""

    number: int
    service: int
    clinicians: tuple[int, ...]
    windows: tuple[WeeklyWindow, ...]
    notice_minutes: int
    stay: timedelta
    later_days: int | None


def cancellations(shape: Shape, seed: int, weeks: int) -> list[Cancellation]:
    """All that clients give up in these weeks, in order of time."""
    chance = seeded_chance(seed * 2 + 1)
    found = []
    for clinician, day, hour in _grid(shape, weeks):
        if chance.random() < shape.booked * shape.cancelled:
            start = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(ZONE))
            at = start - _lead(shape, chance, start)
            service = int(chance.random() < FIRST_VISITS)
            if at.date() >= FIRST_DAY:
                found.append(Cancellation(at, clinician, service, start))
    return sorted(found)


def _grid(shape: Shape, weeks: int) -> Iterator[tuple[int, date, int]]:
    for week in range(weeks):
        for weekday in range(5):
            day = FIRST_DAY + timedelta(days=7 * week + weekday)
            for clinician in range(shape.clinicians):
                for hour in HOURS:
                    yield clinician, day, hour


def _lead(shape: Shape, chance: Chance, start: datetime) -> timedelta:
    """How long before the visit it is given up; by day mostly."""
    drawn = chance.random()
    asleep = chance.random() < shape.at_night
    for _ in range(20):
        if drawn < shape.same_day:
            hours = chance.uniform(0.75, 9)
        elif drawn < shape.same_day + shape.day_before:
            hours = chance.uniform(9, 33)
        else:
            hours = chance.uniform(33, 14 * 24)
        if (MORNING <= (start - timedelta(hours=hours)).hour < EVENING) is not asleep:
            break
    return timedelta(minutes=int(hours * 60))


def person(shape: Shape, seed: int, number: int) -> Person:
    """The one who joins as the `number`th."""
    chance = seeded_chance(seed * 1_000_003 + number)
    named = chance.random()
    several = 1 if named < ONE_NAMED else chance.randint(2, 3) if named < ONE_NAMED + SEVERAL_NAMED else 0
    clinicians = chance.sample(range(shape.clinicians), min(several, shape.clinicians))
    notice = chance.choices((0, 120, 1440), (0.4, 0.3, 0.3))[0]
    later = chance.randint(21, 42) if chance.random() < shape.with_later_visit else None
    return Person(
        number=number,
        service=int(chance.random() < FIRST_VISITS),
        clinicians=tuple(sorted(clinicians)),
        windows=_windows(chance),
        notice_minutes=notice,
        stay=timedelta(days=3) + timedelta(weeks=chance.expovariate(1 / shape.stay_weeks)),
        later_days=later,
    )


def _windows(chance: Chance) -> tuple[WeeklyWindow, ...]:
    """Half can come at any time, the others in two to six of the ten half days of a week."""
    if chance.random() < ANY_TIME:
        return ()
    parts = chance.sample([(weekday, part) for weekday in range(5) for part in range(2)], chance.randint(2, 6))
    return tuple(WeeklyWindow(weekday, part * 720, 720 if part == 0 else 1020) for weekday, part in sorted(parts))
