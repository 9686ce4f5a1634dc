"""Reads times on the clock: "3", "3:30pm", "half past three", "tres y media", "15h", "noon".

Which half of the day a bare hour is in, and whether a bare number is a time at all, is decided by `bind.py`. The one
invariant: a number with a unit after it ("15 minutes", "2 kids") is never a time.
"""

import re
from typing import Final

from messages.when.marks import PLACES, UNITS
from messages.when.pieces import Clock, Mark, Piece, Word
from messages.when.reading import Grain
from messages.when.spoken_minutes import hour_named, hour_or_minutes, minutes_after, moved, to_or_past

Found = tuple[Piece, int]

_WRITTEN: Final = re.compile(r"(\d{1,2})[:.h]([0-5]\d)([ap])?")
_HALVED: Final = re.compile(r"(\d{1,2})(\d\d)?([ap])")
_HALVES: Final = {"am": "a", "pm": "p"}
_NOON: Final = (
    *((twelve, "del", noon) for twelve in ("12", "doce") for noon in ("mediodia", "midday", "dia")),
    *(("noon",), ("midday",), ("mediodia",), ("medio", "dia"), ("12", "noon"), ("noontime",), ("noonish",)),
)
_LAST_HOUR: Final = 23
_NOON_HOUR: Final = 12
_LAST_MINUTE: Final = 59
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2100
# "The Monday after this one" names no hour.
_BEFORE_ONE: Final = frozenset(
    {"this", "that", "the", "next", "other", "another", "last", "any", "either", "which", "no"}
)
# What has numbers of its own: "room 12".
_NUMBERED: Final = frozenset(
    {
        "room",
        "suite",
        "unit",
        "floor",
        "gate",
        "bus",
        "route",
        "door",
        "exit",
        "piso",
        "depto",
        "apto",
        "numero",
        "grade",
    }
)
# "Una" is an article but for these.
_BEFORE_UNA: Final = frozenset(
    {"la", "las", "ala", "alas", "entre", "a", "o", "de", "y", "tipo", "hasta", ",", "como", "sobre"}
)
_BEHIND_UNA: Final = frozenset({"y", "en", "de", "pm", "del", "o", "a", "menos", ",", "."})
_SUFFIXES: Final = frozenset({"oclock", "ish", "sharp", "clavadas"})
_ENDINGS: Final = frozenset({("-", "ish"), ("en", "punto"), ("o", "clock"), ("y", "pico"), ("y", "algo")})
_EXACTLY: Final = frozenset({("on", "the", "dot"), ("on", "the", "nose"), ("on", "the", "button")})
_HOUR_UNITS: Final = frozenset({"h", "hs", "hrs", "horas", "hours"})


def clock_at(words: tuple[str, ...], at: int) -> Found | None:
    """The time that begins at `at` with the number of its tokens, a quantity as a word, or None."""
    if hour_or_minutes(words, at):
        return Mark.ASK, 3
    for phrase in _NOON:
        if words[at : at + len(phrase)] == phrase:
            return _with_half(Clock(_NOON_HOUR, half="p"), words, at, len(phrase))
    told = to_or_past(words, at)
    return _with_half(told[0], words, at, told[1]) if told else _numbered(words, at)


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
    hour_said = hour_named(word)
    if (
        hour_said is None
        or _is_article(words, at)
        or (word == "one" and words[at - 1 : at] and words[at - 1] in _BEFORE_ONE)
    ):
        return None
    minutes = minutes_after(words, at + 1)
    if minutes is not None:
        return _valid(moved(hour_said, minutes[0]), words, at, 1 + minutes[1])
    return _bare(hour_said, words, at)


def _is_article(words: tuple[str, ...], at: int) -> bool:
    """“Una pregunta"; "a la una" and "una y media" are hours."""
    if words[at] != "una":
        return False
    if at:
        return words[at - 1] not in _BEFORE_UNA
    return bool(words[1:2]) and words[1] not in _BEHIND_UNA


def _is_a_mark(words: tuple[str, ...], at: int) -> bool:
    """“My pain is a 7", "es un 7"."""
    return words[at - 1 : at] == ("un",) or (
        words[at - 1 : at] == ("a",) and words[at - 2 : at - 1] in {("is",), ("its",)}
    )


def _bare(hour: int, words: tuple[str, ...], at: int) -> Found | None:
    after = words[at + 1] if at + 1 < len(words) else ""
    if after in _HOUR_UNITS and words[at].isdecimal() and (at and words[at - 1] in {"las", "la", "at", "alas"}):
        return _valid(Clock(hour, marked=True), words, at, 2)
    if after == "h" and words[at].isdecimal():
        return _valid(Clock(hour, marked=True), words, at, 2)
    if words[at - 1 : at] and (
        words[at - 1] in _NUMBERED or words[at - 1 : at + 1] == ("los", "dos") or _is_a_mark(words, at)
    ):
        return Word(f"{words[at - 1]} {words[at]}"), 1
    about = words[at + 1 : at + 4] == ("mas", "o", "menos")
    numbered = words[at + 2 : at + 3] != () and words[at + 2].isdecimal()  # "at 3 room 12"
    if not about and (after in UNITS or (after in PLACES and not numbered)):
        away = words[at + 2 : at + 3] in {("away",), ("far",), ("drive",)}
        return Word(f"{words[at]} {after}"), 2 + away
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
            the_one = words[at + taken + 1 : at + taken + 2] == ("one",)  # "the 11 o'clock one"
            marked, taken = True, taken + 1 + the_one
        elif words[at + taken : at + taken + 3] in {("in", "the", "am"), ("in", "the", "pm")} and not half:
            half, marked, taken = _HALVES[words[at + taken + 2]], True, taken + 3
        elif pair == ("del", "dia") and clock.hour == _NOON_HOUR:
            half, marked, taken = "p", True, taken + 2
        elif pair in _ENDINGS:
            marked, taken = True, taken + 2
        elif words[at + taken : at + taken + 3] in _EXACTLY:
            marked, taken = True, taken + 3
        else:
            break
    marked = marked or bool(half)
    choice = taken == 1 and not marked and clock.hour <= _NOON_HOUR and words[at].isdecimal() and not clock.minute
    half = "" if clock.hour > _NOON_HOUR else half
    return Clock(clock.hour, clock.minute, half, clock.grain, marked, choice), taken
