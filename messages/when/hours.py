"""Which hour a bare number means to a practice: 3 is in the afternoon, 9 in the morning, 7 in the evening.

Conventions of docs/understanding.md, as pure functions. The one invariant: None is "this must be asked", never a guess.
"""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Final

from messages.when.pieces import Clock, Part

_NOON: Final = 12
_FIRST_MORNING_HOUR: Final = 8
_LATEST: Final = 22
_DAWN: Final = 4
_LAST_EVENING_HOUR: Final = 9
_EVENING: Final = 17
_LATEST_AFTERNOON: Final = 20


def settled(clock: Clock, part: Part | None = None, bookable: Sequence[datetime] = ()) -> time | None:
    """The time of day, by "am" or "pm", the part of the day, what can be booked, and then by convention."""
    if clock.hour > _NOON:
        return time(clock.hour, clock.minute)
    if clock.half:
        return _in_half(clock)
    if clock.hour == 0:
        return None  # midnight: of this day, or of the next?
    if part is not None:
        return _in_part(clock, part)
    both = {clock.hour % _NOON, clock.hour % _NOON + _NOON}
    open_hours = {each.hour for each in bookable if each.minute == clock.minute and each.hour in both}
    if len(open_hours) == 1:
        return time(open_hours.pop(), clock.minute)
    return _by_convention(clock)


def _in_half(clock: Clock) -> time | None:
    hour = clock.hour % _NOON + (_NOON if clock.half == "p" else 0)
    return time(hour, clock.minute) if hour else None


def _in_part(clock: Clock, part: Part) -> time | None:
    """The hour that people call so: "7 de la tarde" is after the afternoon's end, "9 in the afternoon" is nothing."""
    if part.start.hour < _NOON:
        return time(clock.hour, clock.minute) if _DAWN <= clock.hour < _NOON else None
    hour = clock.hour % _NOON + _NOON
    latest = _LATEST if part.start.hour >= _EVENING else _LATEST_AFTERNOON
    earliest = _EVENING if part.start.hour >= _EVENING else _NOON
    return time(hour, clock.minute) if earliest <= hour <= latest else None


def _by_convention(clock: Clock) -> time:
    """From 8 on the morning, before that the afternoon and the evening: no part of the day holds a 7 before noon."""
    if clock.hour == _NOON or clock.hour >= _FIRST_MORNING_HOUR:
        return time(clock.hour, clock.minute)
    return time(clock.hour + _NOON, clock.minute)


def still_ahead(clock: Clock, earliest: time) -> time | None:
    """“Today at 7”, said at noon: this evening, as the morning is over. Nothing so late as to be the night's."""
    if clock.half or not _DAWN <= clock.hour < _LAST_EVENING_HOUR:
        return None
    evening = time(clock.hour + _NOON, clock.minute)
    morning_over = time(clock.hour, clock.minute) <= earliest
    return evening if morning_over and evening > earliest else None


def settled_pair(
    start: Clock, end: Clock, part: Part | None = None, bookable: Sequence[datetime] = ()
) -> tuple[time, time] | None:
    """Both ends of "2-4", "10 to 2pm", "from 9am to 12"; None where they do not make a stretch of a working day."""
    if end.half and not start.half and start.hour <= _NOON:
        start = _before_end(start, end)
    first = settled(start, part, bookable)
    if first is None:
        return None
    last = settled(end, part, ()) if end.half or end.hour > _NOON else _after(first, end)
    return (first, last) if last is not None and first < last and last.hour <= _LATEST else None


def _before_end(start: Clock, end: Clock) -> Clock:
    """The start in the half of the day in which it is before the end: "10-2pm" begins in the morning."""
    same_half = (start.hour % _NOON, start.minute) < (end.hour % _NOON, end.minute)
    half = end.half if same_half else "a"
    return Clock(start.hour, start.minute, half, start.grain)


def _after(first: time, end: Clock) -> time | None:
    for hour in (end.hour % _NOON, end.hour % _NOON + _NOON):
        if time(hour, end.minute) > first:
            return time(hour, end.minute)
    return None
