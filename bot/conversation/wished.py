"""Which open times fit what was wished for: "something Thursday afternoon", "can we do 4 instead". Pure.

Open times come in, the few to offer go out. Invariant: a time that is called a fit is one the words cover; whatever
else is offered is offered as something near.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.conversation.compared import NOT_COMPARED, Compared
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
    free: Sequence[OpenTime],
    when: When,
    near: datetime,
    zone: ZoneInfo,
    *,
    apart: timedelta = timedelta(),
    than: Compared = NOT_COMPARED,
) -> Fits:
    """What to offer of the free times; `near` is the visit that is to be moved, or when the next one would be.

    Times of one clinician are at least `apart`, so that all of them can be held at once. `than` is what the wish says
    in comparison with `near`; it counts where no times were named.
    """
    few = _Few(zone, apart)
    if not when.spans and (than.later or than.earlier):
        return _as_compared(few, free, near, than)
    if not says_when(when):
        return Fits(few.of(free, near), exact=True)
    wished = [each for each in free if when.covers(each.starts_at.astimezone(zone).replace(tzinfo=None))]
    if when.soonest:
        sooner = [each for each in wished if each.starts_at < near] or wished
        return (
            Fits(few.of(sooner, sooner[0].starts_at), exact=True) if sooner else Fits(few.of(free, near), exact=False)
        )
    moment = _moment(when, near, zone)
    if moment is not None:
        # One who names a bare hour means it on the day they come anyway; elsewhere it is only near.
        return few.at(moment, wished, free)
    if than.same_time:
        clock = near.astimezone(zone).time()
        wished = [each for each in wished if each.starts_at.astimezone(zone).time() == clock] or wished
    return Fits(few.of(wished or free, _centre(when, near, zone)), exact=bool(wished))


@dataclass(frozen=True, slots=True)
class _Few:
    """Chooses the few to offer."""

    zone: ZoneInfo
    apart: timedelta

    def of(self, free: Sequence[OpenTime], near: datetime) -> tuple[OpenTime, ...]:
        return _three(free, near, self.zone, self.apart)

    def at(self, moment: datetime, wished: Sequence[OpenTime], free: Sequence[OpenTime]) -> Fits:
        """The one at that moment, else what is near it."""
        there = tuple(each for each in wished if each.starts_at == moment)[:1]
        return Fits(there, exact=True, only=True) if there else Fits(self.of(free, moment), exact=False)


def _as_compared(few: _Few, free: Sequence[OpenTime], near: datetime, than: Compared) -> Fits:
    if than.by is not None:
        return few.at(near + than.by, free, free)
    wished = [each for each in free if (each.starts_at > near) == than.later]
    return Fits(few.of(wished or free, near), exact=bool(wished))


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
