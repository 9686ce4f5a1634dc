"""Hours said one beside the other: "at 7 or 8 in the evening", "8 or 9am", "Friday afternoon, around 2".

What one of them says of its half of the day holds for its neighbour. Pure; the spans are made by `bind.py`. The one
invariant: an hour that says its half itself keeps it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from messages.when.phrase import Hours
from messages.when.pieces import Clock, Part

_NOON: Final = 12


def refines(before: Sequence[Hours], what: Hours) -> bool:
    """Whether an hour behind a part of the day says it more exactly: "tomorrow morning, 9:30"."""
    parts = bool(before) and all(each.part is not None for each in before)
    bounds = bool(before) and all(each.how in {"after", "before"} for each in before) and what.how == "at"
    return (parts and what.first is not None) or bounds


def is_part_of(before: Sequence[Hours], what: Hours) -> bool:
    """Whether a part of the day behind a bound says where it lies: "before lunch, in the morning"."""
    bound = bool(before) and all(each.how in {"after", "before"} for each in before)
    return bound and what.part is not None and not what.part.plural


def halves_told(alternatives: Sequence[Sequence[Hours]]) -> list[tuple[Hours, ...]]:
    """The alternatives, each hour in the half of the day its neighbours say."""
    found = [tuple(each) for each in alternatives]
    for at in range(1, len(found)):
        found[at] = _like_the_one_before(found[at - 1], found[at])
    for at in range(len(found) - 2, -1, -1):
        found[at] = _like_the_one_behind(found[at], found[at + 1])
    return found


def _like_the_one_before(before: tuple[Hours, ...], hours: tuple[Hours, ...]) -> tuple[Hours, ...]:
    clock = _bare(hours)
    if clock is None:
        return hours
    part = _part_of_clock(before)
    if part is not None:
        return (Hours("part", part=part), *hours)
    other = _clock(before)
    if other is None or not other.half or clock.hour % _NOON <= other.hour % _NOON:
        return hours
    return _halved(hours, clock, other.half)


def _like_the_one_behind(hours: tuple[Hours, ...], behind: tuple[Hours, ...]) -> tuple[Hours, ...]:
    clock, other = _bare(hours), _clock(behind)
    if clock is None or other is None or not other.half or clock.hour % _NOON >= other.hour % _NOON:
        return hours
    return _halved(hours, clock, other.half)


def _halved(hours: tuple[Hours, ...], clock: Clock, half: str) -> tuple[Hours, ...]:
    return (replace(hours[0], first=replace(clock, half=half)),)


def _clock(hours: tuple[Hours, ...]) -> Clock | None:
    return hours[0].first if len(hours) == 1 and hours[0].how == "at" else None


def _bare(hours: tuple[Hours, ...]) -> Clock | None:
    clock = _clock(hours)
    return clock if clock is not None and not clock.half and clock.hour <= _NOON else None


def _part_of_clock(hours: tuple[Hours, ...]) -> Part | None:
    """The part of the day in which the hour before lies."""
    parts = [each.part for each in hours if each.part is not None]
    return parts[0] if parts and any(each.how == "at" for each in hours) else None
