"""Reads times on the clock: "3", "3:30pm", "half past three", "tres y media", "15h", "noon".

Which half of the day a bare hour is in, and whether a bare number is a time at all, is decided by `bind.py`. The one
invariant: a number with a unit after it ("15 minutes", "2 kids") is never a time.
"""

import re
from typing import Final

from messages.when.marks import PLACES, UNITS
from messages.when.pieces import Clock, Mark, Piece, Word
from messages.when.reading import Grain
from messages.when.words import HOURS, MINUTES

Found = tuple[Piece, int]

_WRITTEN: Final = re.compile(r"(\d{1,2})[:.h]([0-5]\d)([ap])?")
_HALVED: Final = re.compile(r"(\d{1,2})(\d\d)?([ap])")
_HALVES: Final = {"am": "a", "pm": "p"}
_NOON: Final = (("noon",), ("midday",), ("mediodia",), ("medio", "dia"), ("12", "noon"), ("noontime",), ("noonish",))
_LAST_HOUR: Final = 23
_TEN: Final = 10
_NOON_HOUR: Final = 12
_LAST_MINUTE: Final = 59
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2100
_PAST: Final = {"half": 30, "quarter": 15, "cuarto": 15}
_MINUTES_PAST: Final = {"five": 5, "5": 5, "ten": 10, "10": 10, "twenty": 20, "20": 20, "25": 25}
_SPOKEN_PAST: Final = {
    5: {"past"},
    10: {"past"},
    20: {"past", "after", "to", "until"},
    25: {"past", "after", "to"},
}
# "The Monday after this one" names no hour.
_BEFORE_ONE: Final = frozenset(
    {"this", "that", "the", "next", "other", "another", "last", "any", "either", "which", "no"}
)
_SUFFIXES: Final = frozenset({"oclock", "ish", "sharp"})
_HOUR_UNITS: Final = frozenset({"h", "hs", "hrs", "horas", "hours"})


def clock_at(words: tuple[str, ...], at: int) -> Found | None:
    """The time that begins at `at` with the number of its tokens, a quantity as a word, or None."""
    if _hour_or_minutes(words, at):
        return Mark.ASK, 3
    for phrase in _NOON:
        if words[at : at + len(phrase)] == phrase:
            return Clock(_NOON_HOUR, half="p"), len(phrase)
    return _spoken(words, at) or _before_the_hour(words, at) or _numbered(words, at)


def _hour_or_minutes(words: tuple[str, ...], at: int) -> bool:
    """“ten to four” is ten minutes before it, or six hours."""
    binders = {"five": ("to", "until"), "ten": ("to", "until"), "5": ("until",), "10": ("until",)}.get(words[at], ())
    doubtful = at + 2 < len(words) and words[at + 1] in binders
    return doubtful and _hour(words[at + 2]) is not None and words[max(at - 1, 0)] not in {"from", "between"}


def _spoken(words: tuple[str, ...], at: int) -> Found | None:
    """“half past three”, "quarter to 4", "twenty past two"; "ten to four" may be a stretch and is not read here."""
    minutes = _PAST.get(words[at]) or _MINUTES_PAST.get(words[at])
    if (
        minutes is None
        or at + 2 >= len(words)
        or (words[at] not in _PAST and words[at + 1] not in _SPOKEN_PAST[minutes])
    ):
        return None
    hour = _hour(words[at + 2])
    if hour is None or words[at + 1] not in {"past", "after", "to", "until", "of", "before"}:
        return None
    back = words[at + 1] in {"to", "until", "of", "before"}
    found = Clock((hour - 1) or _NOON_HOUR, 60 - minutes) if back else Clock(hour, minutes)
    return _with_half(found, words, at, 3)


def _before_the_hour(words: tuple[str, ...], at: int) -> Found | None:
    """“cuarto para las cuatro”, "diez para las 4"."""
    minutes = _PAST.get(words[at]) or MINUTES.get(words[at])
    if not minutes or words[at + 1 : at + 2] != ("para",) or words[at + 2 : at + 3] not in {("la",), ("las",)}:
        return None
    hour = _hour(words[at + 3]) if at + 3 < len(words) else None
    return None if hour is None else _with_half(Clock((hour - 1) or _NOON_HOUR, 60 - minutes), words, at, 4)


def _numbered(words: tuple[str, ...], at: int) -> Found | None:
    word = words[at]
    written = _WRITTEN.fullmatch(word)
    if written:
        hour, minute = int(written[1]), int(written[2])
        return _valid(Clock(hour, minute, written[3] or "", Grain.MINUTE), words, at, 1)
    halved = _HALVED.fullmatch(word)
    if halved:
        grain = Grain.MINUTE if halved[2] else Grain.HOUR
        return _valid(Clock(int(halved[1]), int(halved[2] or 0), halved[3], grain), words, at, 1)
    if word.isdecimal() and len(word) in {3, 4}:
        return _run_together(words, at)
    hour_said = _hour(word)
    if hour_said is None or (word == "one" and words[at - 1 : at] and words[at - 1] in _BEFORE_ONE):
        return None
    minutes = _minutes_after(words, at + 1)
    if minutes is not None:
        clock = _minus(hour_said, minutes[0])
        return _valid(clock, words, at, 1 + minutes[1])
    return _bare(hour_said, words, at)


def _bare(hour: int, words: tuple[str, ...], at: int) -> Found | None:
    after = words[at + 1] if at + 1 < len(words) else ""
    if after in _HOUR_UNITS and words[at].isdecimal() and (at and words[at - 1] in {"las", "la", "at", "alas"}):
        return _valid(Clock(hour, marked=True), words, at, 2)
    if after == "h" and words[at].isdecimal():
        return _valid(Clock(hour, marked=True), words, at, 2)
    if after in UNITS or after in PLACES:
        return Word(f"{words[at]} {after}"), 2
    return _valid(Clock(hour, marked=False), words, at, 1)


def _run_together(words: tuple[str, ...], at: int) -> Found | None:
    """“330”, "1530"; not a year, not a house number."""
    number = int(words[at])
    hour, minute = divmod(number, 100)
    after = words[at + 1] if at + 1 < len(words) else ""
    told = after in _HALVES or after in _SUFFIXES
    year = _FIRST_YEAR <= number <= _LAST_YEAR and not told
    if minute > _LAST_MINUTE or minute % 5 or year or after in PLACES or after in UNITS or not 0 < hour <= _LAST_HOUR:
        return None
    return _valid(Clock(hour, minute, grain=Grain.MINUTE, marked=False), words, at, 1)


def _minutes_after(words: tuple[str, ...], at: int) -> tuple[int, int] | None:
    """Minutes said after the hour and the tokens they took: "thirty", "y media", "menos cuarto", "30"."""
    said = words[at : at + 2]
    if len(said) == 2 and said[0] in {"y", "con", "menos"} and said[1] in MINUTES:  # noqa: PLR2004 -- a pair
        minutes = MINUTES[said[1]]
        return (-minutes if said[0] == "menos" else minutes), 2
    if not said:
        return None
    if said[0] == "oh" and said[1:] and said[1] in HOURS and HOURS[said[1]] < _TEN and words[at - 1] in HOURS:
        return HOURS[said[1]], 2
    compound = said[0] in {"twenty", "thirty", "forty", "fifty", "veinte", "treinta"} and said[1:] in {
        ("five",),
        ("cinco",),
    }
    if compound:
        return {"twenty": 25, "thirty": 35, "forty": 45, "fifty": 55}.get(said[0], 25), 2
    forty = {"forty": 40, "fifty": 50, "cuarenta": 40, "cincuenta": 50}
    word = said[0]
    if word in {"thirty", "fifteen", "treinta", "quince"} or word in forty:
        return forty.get(word) or MINUTES[word], 1
    quarter = (
        word in {"30", "15", "45", "00"} and words[at - 1].isdecimal() and said[1:] not in {("min",), ("minutes",)}
    )
    return (int(word), 1) if quarter and not (set(said[1:]) & UNITS) else None


def _minus(hour: int, minutes: int) -> Clock:
    if minutes < 0:
        return Clock((hour - 1) or _NOON_HOUR, 60 + minutes, grain=Grain.MINUTE)
    return Clock(hour, minutes, grain=Grain.MINUTE)


def _valid(clock: Clock, words: tuple[str, ...], at: int, taken: int) -> Found | None:
    if not 0 <= clock.hour <= _LAST_HOUR or clock.minute > _LAST_MINUTE:
        return None
    return _with_half(clock, words, at, taken)


def _with_half(clock: Clock, words: tuple[str, ...], at: int, taken: int) -> Found:
    """The clock with "pm", "o'clock", "ish" behind it taken in."""
    half, marked = clock.half, clock.marked
    while at + taken < len(words):
        after = words[at + taken]
        pair = words[at + taken : at + taken + 2]
        if after in _HALVES and not half:
            half, marked, taken = _HALVES[after], True, taken + 1
        elif (after in _HOUR_UNITS and (clock.grain is Grain.MINUTE or clock.hour > _NOON_HOUR)) or after in _SUFFIXES:
            marked, taken = True, taken + 1
        elif words[at + taken : at + taken + 3] in {("in", "the", "am"), ("in", "the", "pm")} and not half:
            half, marked, taken = _HALVES[words[at + taken + 2]], True, taken + 3
        elif pair in {("-", "ish"), ("en", "punto"), ("o", "clock"), ("on", "the")} and pair != ("on", "the"):
            marked, taken = True, taken + 2
        else:
            break
    marked = marked or bool(half)
    return Clock(clock.hour, clock.minute, "" if clock.hour > _NOON_HOUR else half, clock.grain, marked), taken


def _hour(word: str) -> int | None:
    if word.isdecimal() and len(word) <= 2:  # noqa: PLR2004 -- hours have two digits
        return int(word)
    return HOURS.get(word)
