"""Which open times fit what was wished for: "something Thursday afternoon", "can we do 4 instead". Pure.

Open times come in, the few to offer go out. Invariant: a time that is called a fit is one the words cover; whatever
else is offered is offered as something near.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from messages.when import SpanKind, When
from scheduler.calendar.open_times import OpenTime
from scheduler.calendar.slots import Slot, choose_three

LONGEST_AHEAD: Final = timedelta(days=120)
MOST: Final = 3
_AFTER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Fits:
    """Up to three times. `exact`: they are what was wished for; `only`: one moment was named, and it is the first."""

    times: tuple[OpenTime, ...]
    exact: bool
    only: bool = False


def says_when(when: When) -> bool:
    """Whether a wish can be met: times are named and nothing about them has to be asked."""
    return not when.ask and bool(when.spans or when.without or when.soonest)


def latest_wished(when: When, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The end of what was wished for, if days are named; no further than is booked ahead."""
    days = [edge for span in when.spans for edge in (span.start, span.end) if isinstance(edge, datetime)]
    if not days:
        return None
    return min(max(day.replace(tzinfo=zone) for day in days) + _AFTER, now + LONGEST_AHEAD)


def fitting(
    free: Sequence[OpenTime], when: When, near: datetime, zone: ZoneInfo, *, apart: timedelta = timedelta()
) -> Fits:
    """What to offer of the free times; `near` is the visit that is to be moved, or when the next one would be.

    Times of one clinician are at least `apart`, so that all of them can be held at once.
    """

    def three(free: Sequence[OpenTime], near: datetime) -> tuple[OpenTime, ...]:
        return _three(free, near, zone, apart)

    if not says_when(when):
        return Fits(three(free, near), exact=True)
    wished = [each for each in free if when.covers(each.starts_at.astimezone(zone).replace(tzinfo=None))]
    if when.soonest:
        sooner = [each for each in wished if each.starts_at < near] or wished
        return Fits(three(sooner, sooner[0].starts_at), exact=True) if sooner else Fits(three(free, near), exact=False)
    moment = _moment(when, near, zone)
    if moment is not None:
        at = [each for each in wished if each.starts_at == moment]
        # One who names a bare hour means it on the day they come anyway; elsewhere it is only near.
        return Fits(tuple(at[:1]), exact=True, only=True) if at else Fits(three(free, moment), exact=False)
    if wished:
        return Fits(three(wished, _centre(when, near, zone)), exact=True)
    return Fits(three(free, _centre(when, near, zone)), exact=False)


def _moment(when: When, near: datetime, zone: ZoneInfo) -> datetime | None:
    """The one instant that was named, if it was one."""
    if len(when.spans) != 1:
        return None
    start = when.spans[0].start
    if when.spans[0].kind is SpanKind.DATETIME and isinstance(start, datetime):
        return start.replace(tzinfo=zone).astimezone(near.tzinfo)
    if when.spans[0].kind is SpanKind.TIME and isinstance(start, time):
        return datetime.combine(near.astimezone(zone).date(), start, zone).astimezone(near.tzinfo)
    return None


def _centre(when: When, near: datetime, zone: ZoneInfo) -> datetime:
    """Around which instant to look: the middle of the first span that names a day, else the visit's own day."""
    for span in when.spans:
        edges = [edge for edge in (span.start, span.end) if isinstance(edge, datetime)]
        if edges:
            begins, ends = edges[0].replace(tzinfo=zone), edges[-1].replace(tzinfo=zone)
            return begins + (ends - begins) / 2
        times = [edge for edge in (span.start, span.end) if isinstance(edge, time)]
        if times:
            return datetime.combine(near.astimezone(zone).date(), times[0], zone)
    return near


def _three(free: Sequence[OpenTime], near: datetime, zone: ZoneInfo, apart: timedelta) -> tuple[OpenTime, ...]:
    """Three that are spread as choose_three spreads them, chosen again until they do not stand in each other's way."""
    left = {Slot(each.starts_at, each.ends_at, each.location_id): each for each in reversed(free)}
    chosen: list[Slot] = []
    while left and len(chosen) < MOST:
        for slot in choose_three(sorted(left, key=lambda slot: slot.starts_at), near, zone, count=MOST - len(chosen)):
            if all(abs(slot.starts_at - other.starts_at) >= apart for other in chosen):
                chosen.append(slot)
        left = {slot: time for slot, time in left.items() if _clear(slot, chosen, apart)}
    times = {Slot(each.starts_at, each.ends_at, each.location_id): each for each in reversed(free)}
    chosen.sort(key=lambda slot: (abs(slot.starts_at - near), slot.starts_at))
    return tuple(times[slot] for slot in chosen)


def _clear(slot: Slot, chosen: Sequence[Slot], apart: timedelta) -> bool:
    return slot not in chosen and all(abs(slot.starts_at - other.starts_at) >= apart for other in chosen)
