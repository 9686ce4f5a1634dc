"""When far more planned texts come due than anybody planned: the rule of the brake. Pure.

What an hour was planned to bring, as known about an hour before it, may leave however much it is: a wave that a
practice planned yesterday is no accident. What comes due on top is compared with the busiest hour of four weeks.
Invariant: a text that was planned in time never counts against its practice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

HOUR: Final = timedelta(hours=1)
AHEAD: Final = timedelta(hours=72)
"""How far the plan is remembered: as long as a practice may be without its worker over a weekend."""
MEMORY: Final = timedelta(days=28)
TIMES: Final = 5
FLOOR: Final = 200
"""An hour of so many texts is usual for any practice (five times the usual is an accident: reliability, R8)."""
FLOOR_AFTER_SILENCE: Final = 20
"""The same after hours without a look: either nobody worked, or the clock is wrong; both are worth a question."""
MOVED: Final = timedelta(minutes=10)
"""A clock that moved so far against the monotonic one did not drift."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What may be due now: `planned` texts that were known of, and `extra` that need no explanation."""

    planned: int
    extra: int
    usual: int

    @property
    def limit(self) -> int:
        """More than this is an accident."""
        return self.planned + self.extra


def hour_of(instant: datetime) -> datetime:
    """The full hour (UTC) an instant lies in."""
    return instant.replace(minute=0, second=0, microsecond=0)


def expected(
    now: datetime, *, entered: datetime, backlog: int, ahead: Mapping[str, int], busiest: Mapping[str, int]
) -> Expected:
    """What may be due at `now`, if `backlog` waited at the beginning of the hour `entered`.

    `ahead` and `busiest` are keyed by the ISO text of the hour and of the day.
    """
    planned = backlog + sum(count for hour, count in ahead.items() if entered <= _instant(hour) <= now)
    usual = max(busiest.values(), default=0)
    silent = hour_of(now) - entered > HOUR
    return Expected(planned, TIMES * max(usual, FLOOR_AFTER_SILENCE if silent else FLOOR), usual)


def backlog_at(hour: datetime, due: int, *, entered: datetime, backlog: int, ahead: Mapping[str, int]) -> int:
    """How much of what is due when `hour` begins was due before it, and planned."""
    before = sum(count for each, count in ahead.items() if entered <= _instant(each) < hour)
    return min(due, backlog + before)


def remembered(busiest: Mapping[str, int], hour: datetime, planned: int) -> dict[str, int]:
    """The busiest planned hour of each day, with this hour, without days long past."""
    day, oldest = hour.date().isoformat(), (hour - MEMORY).date().isoformat()
    kept = {each: count for each, count in busiest.items() if oldest <= each <= day}
    return {**kept, day: max(kept.get(day, 0), planned)}


def known_ahead(ahead: Mapping[str, int], hour: datetime, planned: Mapping[datetime, int]) -> dict[str, int]:
    """The plan to remember when `hour` begins: this hour as it was known before, the next ones as they are now."""
    this = hour.isoformat()
    kept = {this: ahead[this]} if this in ahead else {}
    return {**kept, **{each.isoformat(): count for each, count in planned.items() if each > hour}}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
