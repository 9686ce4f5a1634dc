"""Free times: windows minus booked time, and which three of them to offer.

Here lives the search on plain values. Reading windows and appointments from the record is the caller's; so is
holding a slot, because only the database can promise that nobody else takes it.

The one invariant: a slot that is returned lies inside one window and, with its own buffers, overlaps nothing
that is busy.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scheduler.calendar.availability import OpenWindow
from scheduler.calendar.wallclock import MINUTES_PER_DAY, Span, minute_of_day, to_local


@dataclass(frozen=True, slots=True)
class Buffers:
    """Minutes kept free around a visit, on top of the buffers that busy spans already include."""

    before_minutes: int = 0
    after_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """A free time for a visit, `[starts_at, ends_at)` in UTC without its buffers."""

    starts_at: datetime
    ends_at: datetime
    location_id: str | None = None


NO_BUFFERS = Buffers()


def open_slots(  # the search has exactly these inputs; a parameter object would only rename them
    windows: Iterable[OpenWindow],
    busy: Iterable[Span],
    duration_minutes: int,
    buffers: Buffers = NO_BUFFERS,
    *,
    step_minutes: int = 15,
    earliest: datetime,
    latest: datetime,
    limit: int | None = None,
) -> tuple[Slot, ...]:
    """Free slots whose start lies in `[earliest, latest)`, sorted by start, at most `limit` of them.

    Starts lie on a grid of `step_minutes` counted from the start of their window. The visit itself must fit
    into one window; its buffers may reach beyond the window (notes are written after closing time) but not
    into busy time. `busy` spans include the buffers of the visits that made them and may come unsorted and
    overlapping.

    Only busy time and windows near the range are looked at, so years of other data cost one comparison each.
    """
    if duration_minutes <= 0 or step_minutes <= 0:
        raise ValueError("duration and step must be positive")
    search = _Search(
        duration=timedelta(minutes=duration_minutes),
        before=timedelta(minutes=buffers.before_minutes),
        after=timedelta(minutes=buffers.after_minutes),
        step=timedelta(minutes=step_minutes),
    )
    blocked = _merged(busy, earliest - search.before, latest + search.duration + search.after)
    ends = [span.ends_at for span in blocked]
    found: list[Slot] = []
    for window in sorted(windows, key=lambda w: (w.starts_at, str(w.location_id))):
        if window.ends_at > earliest and window.starts_at < latest:
            found += search.within(window, blocked, ends, earliest, latest, limit)
    found.sort(key=lambda slot: (slot.starts_at, str(slot.location_id)))
    return tuple(found if limit is None else found[:limit])


@dataclass(frozen=True, slots=True)
class _Search:
    duration: timedelta
    before: timedelta
    after: timedelta
    step: timedelta

    def within(
        self,
        window: OpenWindow,
        blocked: Sequence[Span],
        ends: Sequence[datetime],
        earliest: datetime,
        latest: datetime,
        limit: int | None,
    ) -> list[Slot]:
        found: list[Slot] = []
        start = self._on_grid(window, earliest)
        while start < latest and start + self.duration <= window.ends_at:
            hit = self._first_conflict(start, blocked, ends)
            if hit is None:
                found.append(Slot(start, start + self.duration, window.location_id))
                if limit is not None and len(found) >= limit:
                    break
                start += self.step
            else:
                # Nothing between here and the end of the busy span can fit, so the search jumps over it.
                start = self._on_grid(window, hit.ends_at + self.before)
        return found

    def _on_grid(self, window: OpenWindow, moment: datetime) -> datetime:
        steps = max(0, -((window.starts_at - moment) // self.step))
        return window.starts_at + steps * self.step

    def _first_conflict(self, start: datetime, blocked: Sequence[Span], ends: Sequence[datetime]) -> Span | None:
        index = bisect_right(ends, start - self.before)
        if index < len(blocked) and blocked[index].starts_at < start + self.duration + self.after:
            return blocked[index]
        return None


def _merged(busy: Iterable[Span], earliest: datetime, latest: datetime) -> list[Span]:
    near = sorted(
        (span for span in busy if span.ends_at > earliest and span.starts_at < latest),
        key=lambda span: span.starts_at,
    )
    merged: list[Span] = []
    for span in near:
        if merged and span.starts_at <= merged[-1].ends_at:
            merged[-1] = Span(merged[-1].starts_at, max(merged[-1].ends_at, span.ends_at))
        elif span.starts_at < span.ends_at:
            merged.append(span)
    return merged


SPREAD_MINUTES = 60
OTHER_WEEKDAY_COST = 720
SAME_DAY_COST = 1440


def choose_three(slots: Sequence[Slot], near: datetime, zone: ZoneInfo, *, count: int = 3) -> tuple[Slot, ...]:
    """Up to `count` slots worth offering instead of a visit at `near`, the nearest in time first.

    A slot is the better the fewer days it lies from `near`, the closer its time of day, and when it falls on
    the same weekday; `zone` says what day and time mean. Two offered slots start at least an hour apart, and
    another day is preferred over another hour of a day already offered, so that three choices are real ones.
    If the free times are too few to be spread, close ones are offered rather than none. The answer depends on
    the values only, not on their order.
    """
    wish = to_local(near, zone)
    ranked = sorted(slots, key=lambda slot: (_cost(slot, wish, zone), slot.starts_at, str(slot.location_id)))
    chosen: list[Slot] = []
    while ranked and len(chosen) < count:
        # Stable sort keeps the ranking among equals, so spreading only breaks ties and moves crowded slots
        # back.
        best = min(ranked, key=lambda slot: _crowding(slot, chosen, zone) + _cost(slot, wish, zone))
        chosen.append(best)
        ranked = [slot for slot in ranked if slot.starts_at != best.starts_at]
    return tuple(sorted(chosen, key=lambda slot: (abs(slot.starts_at - near), slot.starts_at)))


def _cost(slot: Slot, wish: datetime, zone: ZoneInfo) -> int:
    local = to_local(slot.starts_at, zone)
    days = abs((local.date() - wish.date()).days)
    clock = abs(minute_of_day(local) - minute_of_day(wish))
    other_weekday = OTHER_WEEKDAY_COST if local.weekday() != wish.weekday() else 0
    # A day further away weighs as much as four hours' difference on the clock: people's weeks have a fixed
    # shape, yet a visit next month at the perfect hour is no answer to "can I come another time".
    return days * (MINUTES_PER_DAY // 6) + clock + other_weekday


def _crowding(slot: Slot, chosen: Sequence[Slot], zone: ZoneInfo) -> int:
    day = to_local(slot.starts_at, zone).date()
    crowded = any(abs(slot.starts_at - other.starts_at) < timedelta(minutes=SPREAD_MINUTES) for other in chosen)
    same_day = any(to_local(other.starts_at, zone).date() == day for other in chosen)
    return (1_000_000 if crowded else 0) + (SAME_DAY_COST if same_day else 0)
