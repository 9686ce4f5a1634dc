"""The pieces a sentence about time is made of: days, times of day, and the small words that bind them.

Values only; words become pieces in `scan.py`, pieces become spans in `bind.py`. The one invariant: a piece says no more
than its words do; what they leave open ("3", "next Tuesday" on a Monday) stays open in it.
"""

from dataclasses import dataclass
from datetime import date, time
from enum import Enum, auto

from messages.when.reading import Grain


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days or a stretch of them. `dates` are alternatives; `until` (exclusive) makes it one stretch.

    `weekday`, `of_month`: what was named, where it could also fit another date ("Tuesday the 12th" is not the next
    Tuesday). `open_to_doubt`: the other date the words may mean. `every`: "any day", "weekdays". `vague`: a stretch
    that everybody draws differently, good only to narrow another day.
    `week_told`: "next Tuesday", "Tuesday of next week". `fixed`: a date with its month.
    """

    dates: tuple[date, ...]
    until: date | None = None
    grain: Grain = Grain.DAY
    weekday: int | None = None
    of_month: int | None = None
    open_to_doubt: date | None = None
    every: bool = False
    vague: bool = False
    week_told: bool = False
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """A time on the clock as it was said: `half` is "a", "p" or nothing, `marked` says that it cannot be a number."""

    hour: int
    minute: int = 0
    half: str = ""
    grain: Grain = Grain.HOUR
    marked: bool = True
    choice: bool = False  # written as a choice of ours is: "2"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day, from its start up to its end. `plural`: "mornings"; `later`: only what is left of it."""

    start: time
    end: time
    plural: bool = False
    later: bool = False


class Mark(Enum):
    """Small words that bind."""

    AT = auto()
    AFTER = auto()
    BEFORE = auto()
    UNTIL = auto()
    NOT_BEFORE = auto()
    IS = auto()
    ALL_DAY = auto()
    FROM = auto()
    STARTING = auto()
    TO = auto()
    BETWEEN = auto()
    DASH = auto()
    OR = auto()
    AND = auto()
    ONWARDS = auto()
    OR_EARLIER = auto()
    EXCEPT = auto()
    INSTEAD_OF = auto()
    NOT = auto()
    CANNOT = auto()
    POSSIBLE = auto()
    PROPOSE = auto()
    MOVE = auto()
    MINE = auto()
    HAVE_ALREADY = auto()
    ENDS = auto()
    RETURNS = auto()
    PAUSE = auto()
    STOP = auto()
    BUT = auto()
    BECAUSE = auto()
    SO = auto()
    CORRECT = auto()
    AFTER_THAT = auto()
    BEFORE_THAT = auto()
    ONCE_DONE = auto()
    ASK = auto()
    SOME_DAY = auto()
    UNLESS = auto()
    KNOWN = auto()
    ROUTINE = auto()
    SAME_TIME = auto()
    SOONEST = auto()
    LINK = auto()
    PAST = auto()


@dataclass(frozen=True, slots=True)
class Word:
    """A word that is not about time."""

    text: str


Piece = Days | Clock | Part | Mark | Word
