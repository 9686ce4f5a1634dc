"""The grid people tick when they say what suits them: seven days, three parts of a day. Pure.

Invariant: squares to hours and back is the same grid, for hours that came from one.
"""

from collections.abc import Collection, Iterable
from typing import Final

from scheduler.calendar.wallclock import DAYS_PER_WEEK
from waitlist.matching import PARTS as HOURS
from waitlist.matching import WeeklyWindow

PARTS: Final = tuple(
    (key, start, end) for key, (start, end) in zip(("morning", "afternoon", "evening"), HOURS, strict=True)
)
"""Key, from and until of each part of a day, in minutes after midnight."""


def square(day: int, part: str) -> str:
    """What a form calls a square, such as 2-morning; Monday is 0."""
    return f"{day}-{part}"


def windows_of(suits: Collection[str]) -> tuple[WeeklyWindow, ...]:
    """Ticked squares as hours, touching ones joined; all or none of them mean any time.

    Joined, since a visit that spans noon fits somebody who has the morning and the afternoon.
    """
    ticked = set(suits)
    if len(ticked & _EVERY) == len(_EVERY):
        return ()
    found: list[WeeklyWindow] = []
    for day in range(DAYS_PER_WEEK):
        for key, start, end in PARTS:
            if square(day, key) not in ticked:
                continue
            if found and found[-1].weekday == day and found[-1].until_minute == start:
                found[-1] = WeeklyWindow(day, found[-1].from_minute, end)
            else:
                found.append(WeeklyWindow(day, start, end))
    return tuple(found)


def squares_of(windows: Iterable[WeeklyWindow]) -> frozenset[str]:
    """The squares that windows reach into: what to show as ticked."""
    return frozenset(
        square(window.weekday, key)
        for window in windows
        for key, start, end in PARTS
        if window.from_minute < end and window.until_minute > start
    )


_EVERY: Final = frozenset(square(day, key) for day in range(DAYS_PER_WEEK) for key, _, _ in PARTS)
