"""Reads the minutes of an hour as people say them: "quarter to 4", "half nine", "tres y veinticinco", "diez pa las 4".

Numbers as they are written are read in `clocks.py`. The one invariant: what may as well be a stretch of hours ("ten to
noon") is not read here.
"""

from typing import Final

from messages.when.pieces import Clock
from messages.when.reading import Grain
from messages.when.words import HOURS, MINUTES, TENS

_HALF_HOUR: Final = 30
_NOON: Final = 12
_HOUR: Final = 60
_TEN: Final = 10
_CLOCK_HOURS: Final = range(1, _NOON + 1)
_NOONS: Final = frozenset({"noon", "midday", "mediodia"})
_MINUTE_WORDS: Final = frozenset({"minute", "minutes", "min", "mins", "minuto", "minutos"})
_BACK: Final = frozenset({"to", "until", "of", "before", "para"})
_ON: Final = frozenset({"past", "after"})
# Beside these "ten to four" is when somebody is free; else it is ten minutes before it.
_FREE: Final = frozenset(
    {"free", "available", "open", "anytime", "any", "anywhere", "from", "between", "work", "libre"}
)
# Nobody is free from ten up to these, and says so in two words.
_AFTER_A_STRETCH: Final = range(3, 10)
# These are surely minutes of an hour.
_SURELY: Final = frozenset({"quarter", "cuarto", "twenty", "veinte", "veinticinco"})
_PARTS_OF_AN_HOUR: Final = (("media",), ("cuarto",), ("1/2",))
_HALF_WORDS: Final = frozenset({"1/2"})
_UNITS_OF_TIME: Final = _MINUTE_WORDS | {"hour", "hours", "day", "days", "week", "weeks"}


def hour_named(word: str) -> int | None:
    """The hour as a number of two digits or in words."""
    if word.isdecimal() and len(word) <= 2:  # noqa: PLR2004 -- hours have two digits
        return int(word)
    return HOURS.get(word)


def moved(hour: int, minutes: int) -> Clock:
    """So many minutes past the hour, or before it where they are negative."""
    if minutes < 0:
        return Clock((hour - 1) or _NOON, _HOUR + minutes, grain=Grain.MINUTE)
    return Clock(hour, minutes, grain=Grain.MINUTE)


def hour_or_minutes(words: tuple[str, ...], at: int) -> bool:
    """“Free ten to four", "five to seven", "ten til two": hours, or minutes before one; "ten to four" is 3:50."""
    if not _unmarked(words, at) or words[at - 1 : at] in {("from",), ("between",), ("at",)}:
        return False
    surely = words[at] == "ten" and words[at + 1] == "to" and hour_named(words[at + 2]) in _AFTER_A_STRETCH
    return not surely or not _FREE.isdisjoint(words)


def to_or_past(words: tuple[str, ...], at: int) -> tuple[Clock, int] | None:
    """“half past three”, "ten minutes to 4", "un cuarto para las cuatro", "half nine", and the tokens they took."""
    start = at + (words[at] in {"a", "un"})
    minutes, taken = _minutes(words, start)
    then = start + taken
    between = words[at - 1 : at] in {("from",), ("between",)}
    if not minutes or (_unmarked(words, start) and (between or hour_or_minutes(words, start))):
        return None
    binder = words[then] if then < len(words) else ""
    hour = hour_named(binder)
    if words[start] == "half" and hour in _CLOCK_HOURS and hour is not None:
        return moved(hour, _HALF_HOUR), then + 1 - at
    counted = binder in _MINUTE_WORDS
    bound = _bound(words, then + counted, minutes, surely=counted or words[start] in _SURELY)
    digits = words[start].isdecimal() and not counted and binder not in {"past", "para"}
    return None if bound is None or digits else (bound[0], bound[1] - at)


def _bound(words: tuple[str, ...], at: int, minutes: int, *, surely: bool) -> tuple[Clock, int] | None:
    """The hour behind "to" or "past", and where it ends; `surely`: the minutes cannot be hours."""
    binder = words[at] if at < len(words) else ""
    article = binder == "para" and words[at + 1 : at + 2] in {("la",), ("las",)}
    named = at + 1 + article
    if named >= len(words) or binder not in _BACK | _ON or (binder == "para" and not article):
        return None
    noon = words[named] in _NOONS
    hour = _NOON if noon else hour_named(words[named])
    if hour is None or hour not in _CLOCK_HOURS or (noon and not surely and binder in _BACK):
        return None
    clock = moved(hour, -minutes if binder in _BACK else minutes)
    return Clock(clock.hour, clock.minute), named + 1


def _minutes(words: tuple[str, ...], at: int) -> tuple[int, int]:
    """Minutes before or past an hour, and the tokens they took; zero for none."""
    word = words[at] if at < len(words) else ""
    if word == "half":
        return _HALF_HOUR, 1
    if word in {"quarter", "cuarto"}:
        return 15, 1
    if word == "twenty" and words[at + 1 : at + 2] == ("five",):
        return 25, 2
    said = int(word) if word in {"5", "10", "15", "20", "25"} else MINUTES.get(word, 0)
    return (said, 1) if 0 < said < _HALF_HOUR else (0, 0)


def _unmarked(words: tuple[str, ...], at: int) -> bool:
    """“Ten to four”, "five til nine": hours as well as minutes."""
    return (
        words[at] in {"five", "ten"}
        and words[at + 1 : at + 2] in {("to",), ("until",)}
        and at + 2 < len(words)
        and hour_named(words[at + 2]) is not None
    )


def minutes_after(words: tuple[str, ...], at: int) -> tuple[int, int] | None:
    """Minutes said after the hour and the tokens they took: "thirty", "y media", "menos cuarto", "forty five"."""
    said = words[at] if at < len(words) else ""
    if said in {"y", "con", "menos"}:
        return _joined(words, at)
    if said in {"oh", "cero"} and words[at + 1 : at + 2] and HOURS.get(words[at + 1], _TEN) < _TEN:
        return (HOURS[words[at + 1]], 2) if words[at - 1] in HOURS else None
    found = _spelled(words, at)
    if found is not None:
        return found if _is_of_the_hour(words, at, found) else None
    quarter = said in {"30", "15", "45", "00"} and words[at - 1].isdecimal()
    return (int(said), 1) if quarter and not _UNITS_OF_TIME.intersection(words[at + 1 : at + 2]) else None


def _joined(words: tuple[str, ...], at: int) -> tuple[int, int] | None:
    """“y media”, "y veinticinco", "y 45", "y 1/2", "menos veinte"."""
    start = at + 1 + (words[at + 1 : at + 2] == ("un",))
    if words[at] == "y" and "entre" in words[max(0, at - 3) : at] and words[start : start + 1] not in _PARTS_OF_AN_HOUR:
        return None  # "entre ocho y diez"
    word = words[start] if start < len(words) else ""
    sign = -1 if words[at] == "menos" else 1
    if word in _HALF_WORDS:
        return _HALF_HOUR, start + 1 - at
    if word.isdecimal() and (int(word) in range(15, _HOUR, 5) or (sign < 0 and word in {"5", "10"})):
        return sign * int(word), start + 1 - at
    found = _spelled(words, start) or ((MINUTES[word], 1) if word in MINUTES and word != "oh" else None)
    return None if found is None else (sign * found[0], start + found[1] - at)


def _spelled(words: tuple[str, ...], at: int) -> tuple[int, int] | None:
    """Ten to fifty-nine in words, and the tokens they took."""
    word = words[at] if at < len(words) else ""
    tens = TENS.get(word)
    if tens is None:
        return (MINUTES[word], 1) if MINUTES.get(word, 0) >= _TEN and word not in {"media", "cuarto"} else None
    joined = words[at + 1 : at + 2] == ("y",)
    unit = HOURS.get(words[at + 1 + joined], _TEN) if at + 1 + joined < len(words) else _TEN
    return (tens + unit, 2 + joined) if unit < _TEN else (tens, 1)


def _is_of_the_hour(words: tuple[str, ...], at: int, found: tuple[int, int]) -> bool:
    """Whether minutes in words belong to the number before them: "ten twenty", not "nine ten or eleven"."""
    after = words[at + found[1]] if at + found[1] < len(words) else ""
    if after in _UNITS_OF_TIME or not (words[at - 1] in HOURS or found[0] in {15, _HALF_HOUR}):
        return False
    led = words[at - 2 : at - 1] in {("at",), ("las",), ("la",)}
    return found[0] > _NOON or (led and after not in {"or", "o"})
