"""Wall-clock time in a zone, and the instants it stands for.

Here live the conversions between a naive local time ("Tuesday 15:00, America/New_York") and an aware UTC
instant, and the arithmetic of calendar days. Formatting for people lives with the words, not here.

The one invariant: every local time has exactly one instant. The policy for the two awkward cases is written
once, here:

* a *gap* (the clock jumps over the time in spring) shifts forward by the length of the gap: 02:30 that does
  not exist is 03:30, so a visit keeps its distance from midnight and never moves to an earlier, already
  passed moment;
* a *fold* (the time happens twice in autumn) is its first occurrence.

Zone data: `zoneinfo` reads the system's database first and the tzdata package second, so two machines may
disagree about a recent rule change. Start the service with `PYTHONTZPATH=""` to let the pinned tzdata package
decide alike everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS_PER_WEEK: Final = 7
MINUTES_PER_DAY: Final = 1440


class UnknownZoneError(ValueError):
    """The name is not an IANA time zone of the installed database."""


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of time `[starts_at, ends_at)`, both aware UTC."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: Span) -> bool:
        """Whether the two share any moment; touching ends do not count."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """The zone with this IANA name.

    Raises UnknownZoneError for anything else, including the empty string and names that try to be file paths.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise UnknownZoneError(name) from problem


def to_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a naive local time, by the gap and fold policy of this module.

    Raises ValueError when `local` already carries a zone: converting it silently would hide a mistake of the
    caller.
    """
    if local.tzinfo is not None:
        raise ValueError("local time must be naive")
    # PEP 495: with fold=0 a time in a gap is read with the offset from before the jump, which is the forward
    # shift, and a time in a fold is read as its first occurrence. Both halves of the policy are this one
    # line.
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def to_local(instant: datetime, zone: ZoneInfo) -> datetime:
    """The naive local time shown by a clock in the zone at this aware instant.

    Raises ValueError when `instant` is naive.
    """
    if instant.tzinfo is None:
        raise ValueError("instant must be aware")
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def is_gap(local: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks in the zone never show this naive local time (it was jumped over)."""
    return to_local(to_utc(local, zone), zone) != local.replace(fold=0)


def at_minute(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The instant of a wall-clock minute of a calendar day.

    `minute` counts from midnight on the wall clock, 0 to 1440; 1440 is the midnight that ends the day.
    Minutes are not elapsed minutes: 540 is 09:00 also on the day the clock jumps.
    """
    if not 0 <= minute <= MINUTES_PER_DAY:
        raise ValueError("minute of day out of range")
    return to_utc(datetime.combine(day, time()) + timedelta(minutes=minute), zone)


def minute_of_day(local: datetime) -> int:
    """Wall-clock minutes since midnight of a local time, 0 to 1439."""
    return local.hour * 60 + local.minute


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day in the zone at this instant."""
    return to_local(instant, zone).date()


def day_span(day: date, zone: ZoneInfo) -> Span:
    """The instants that belong to a calendar day in the zone: 23, 24 or 25 hours as a rule.

    A day that a zone skipped altogether (Samoa, 30 December 2011) is an empty span.
    """
    return Span(at_minute(day, 0, zone), at_minute(day, MINUTES_PER_DAY, zone))


def days_before(instant: datetime, days: int, minute: int, zone: ZoneInfo) -> datetime:
    """The instant of wall-clock `minute` on the calendar day `days` before the day of `instant` in the zone."""
    return at_minute(local_day(instant, zone) - timedelta(days=days), minute, zone)
