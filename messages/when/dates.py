"""Reads days: "tomorrow", "the 12th", "5 de diciembre", "12/5"; what is told otherwise is read in modules beside it.

The one invariant: what could be two dates says so (`open_to_doubt`), and what names no date that exists is `ASK`.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from messages.when.almanac import DAY, LAST_DAY, MONTHS_A_YEAR, WEEK, Calendar, Found
from messages.when.holidays import holiday_at
from messages.when.marks import NOT_A_DATE, UNITS
from messages.when.pieces import Days, Mark, Word
from messages.when.shifts import month_told, shifted_at
from messages.when.stretches import stretch_at
from messages.when.weekdays import weekday_at
from messages.when.words import (
    BEFORE_HOURS,
    DAY_NUMBERS,
    DOUBTFUL_MONTHS,
    HOURS,
    MANANA,
    MINUTES,
    MONTHS,
    NUMBERS,
    PARTS,
    SHORT_WEEKDAYS,
    TODAY,
    TOMORROW,
    WEEKDAYS,
)

_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_SLASHED: Final = re.compile(r"(\d{1,2})/(\d{1,2})(?:/(\d{2,4}))?")
_SUFFIX: Final = frozenset({"st", "nd", "rd", "th", "o", "ro"})
_HALVES: Final = frozenset({("am",), ("pm",), ("ish",), ("oclock",), ("or",), ("o",), ("-",)})
_HOURS: Final = 12
# Behind "now" and "in a while" these say that a time of today follows.
_ON: Final = frozenset({("a",), ("como",), ("en",), ("por",), ("alas",), ("tipo",)})
_FITS_CHOICE: Final = 9
_FAR: Final = timedelta(days=800)
_TENTH: Final = 10
_LAST_OF_ANY: Final = 28
# "My 2nd visit" counts visits.
_COUNTED: Final = frozenset(
    {
        "visit",
        "session",
        "appointment",
        "appt",
        "opinion",
        "dose",
        "shot",
        "cita",
        "sesion",
        "vez",
        "consulta",
        "child",
        "kid",
        "floor",
        "grade",
        "grader",
        "street",
        "ave",
        "avenue",
        "story",
        "trimester",
        "trimestre",
        "piso",
        "round",
        "try",
        "attempt",
        "time",
        "row",
    }
)
_FITS: Final = frozenset({"works", "available"})
# "The first" may be a choice; beside these it is a date.
_FIRST_THREE: Final = range(1, 4)


def dates_at(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """The days that are named from `at` on with the number of their tokens, ASK for none that exists, or None."""
    shifted = shifted_at(words, at, calendar, _anchor)
    return shifted or _anchor(words, at, calendar)


def _anchor(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    for read in _READERS:
        found = read(words, at, calendar)
        if found is not None:
            return found
    return None


def _relative(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    for phrase, days in _AHEAD.items():
        if words[at] == phrase[0] and words[at : at + len(phrase)] == phrase:
            return Days((calendar.today + DAY * days,)), len(phrase)
    word = words[at]
    if word == "pasado" and _after_tomorrow(words, at):
        return Days((calendar.today + DAY * 2,)), 1
    from_now = word in {"now", "ahora"} and at > 0 and words[at - 1] in {"between", "from", "entre", "de"}
    from_now = from_now or (
        word == "aqui" and words[at - 1 : at] == ("de",) and words[at + 1 : at + 2] in {("a",), ("al",)}
    )
    soon = word in {"ahora", "ahorita"} and words[at + 1 : at + 2] in _ON
    soon = soon or (words[at : at + 2] in {("al", "rato"), ("al", "ratito")} and words[at + 2 : at + 3] in _ON)
    if word in TODAY or from_now or soon:
        return Days((calendar.today,)), 1
    if word in TOMORROW or word in MANANA:
        tomorrow = calendar.today + DAY
        dated = words[at + 2 : at + 3] in {("de",), ("of",)} and words[at + 3 : at + 4] and words[at + 3] in MONTHS
        numbered = (
            not dated and words[at + 1 : at + 2] == (str(tomorrow.day),) and words[at + 2 : at + 3] not in _HALVES
        )
        return Days((tomorrow,)), 1 + numbered
    return None


def _that_day(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“Ese dia", "that day": the one that was said."""
    if words[at : at + 2] not in {("ese", "dia"), ("that", "day")}:
        return None
    return (Mark.ASK if calendar.said is None else Days((calendar.said,))), 2


def _after_tomorrow(words: tuple[str, ...], at: int) -> bool:
    """“Pasado a las 9” is short for "pasado mañana"; "el mes pasado" is not."""
    after = words[at + 1] if at + 1 < len(words) else ""
    if after in {"", ",", "."}:
        return not at or words[at - 1] in {",", ".", "o", "mejor", "para", "hasta"}
    return (after in BEFORE_HOURS or after[:1].isdecimal()) and words[at - 1 : at] not in {
        ("mes",),
        ("ano",),
        ("semana",),
    }


_AHEAD: Final = {
    ("the", "day", "after", "tomorrow"): 2,
    ("day", "after", "tomorrow"): 2,
    ("day", "after", "tmrw"): 2,
    ("pasado", "manana"): 2,
    ("later", "today"): 0,
    ("hoy", "en", "ocho"): WEEK,
    ("hoy", "en", "quince"): 2 * WEEK,
    ("manana", "en", "ocho"): WEEK + 1,
    ("manana", "en", "quince"): 2 * WEEK + 1,
    ("hoy", "mas", "tarde"): 0,
    ("hoy", "mismo", "mas", "tarde"): 0,
    ("mas", "tarde", "hoy"): 0,
    ("hoy", "mismo"): 0,
    ("manana", "mismo"): 1,
    ("today", "week"): WEEK,
    ("tomorrow", "week"): WEEK + 1,
    ("a", "week", "today"): WEEK,
    ("one", "week", "today"): WEEK,
    ("a", "week", "tomorrow"): WEEK + 1,
    ("two", "weeks", "today"): 2 * WEEK,
    ("2", "weeks", "today"): 2 * WEEK,
    ("pasado", "pasado", "manana"): 3,
}


def _written(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    iso = _ISO.fullmatch(words[at])
    if iso:
        found = calendar.of_year(int(iso[2]), int(iso[3]), int(iso[1]))
        return (Days((found,)) if found else Mark.ASK), 1
    slashed = _SLASHED.fullmatch(words[at])
    if slashed is None:
        return None
    first, second, year = int(slashed[1]), int(slashed[2]), int(slashed[3]) if slashed[3] else None
    orders = {None: ((first, second), (second, first)), False: ((first, second),), True: ((second, first),)}
    fits = {calendar.of_year(month, day, year) for month, day in orders[calendar.day_first] if month <= MONTHS_A_YEAR}
    dates = fits - {None}
    only = dates.pop() if len(dates) == 1 else None
    if only is not None and year is not None and only - calendar.today > _FAR:
        return Word(words[at]), 1  # a date of birth
    return (Days((only,)) if only else Mark.ASK), 1


def _month(word: str, *, beside_number: bool) -> int | None:
    return MONTHS.get(word) or (DOUBTFUL_MONTHS.get(word) if beside_number else None)


def _month_day(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“dec 5th”, "5 de diciembre", "the 5th of december, 2026"."""
    start = at + (words[at] in {"the", "el"})
    start += words[start : start + 1] == ("dia",)
    said = None if _hour_of_a_date(words, at) else _day_number(words, start)
    if said is not None and start + said[1] < len(words):
        then = start + said[1]
        then += words[then] in {"of", "de", "-"}
        month = _month(words[then], beside_number=True) if then < len(words) else None
        if month is not None:
            return _dated(words, at, then + 1, calendar, month, said[0])
    month = _month(words[at], beside_number=True)
    if month is None or (words[at] in SHORT_WEEKDAYS and words[at + 2 : at + 3] == ("de",)):
        return None  # "mar 8 de dic" is a Tuesday
    then = at + 1 + (words[at + 1 : at + 2] in {("the",), ("el",)})
    said = _day_number(words, then) if then < len(words) else None
    after = words[then + said[1]] if said and then + said[1] < len(words) else ""
    if said is None or after in {"am", "pm", "oclock"} or (words[at] == "may" and after in UNITS):
        return None
    return _dated(words, at, then + said[1], calendar, month, said[0])


def _hour_of_a_date(words: tuple[str, ...], at: int) -> bool:
    """“At 3 Dec 3rd", "after 4 december 14": the number before the month is an hour."""
    before = words[at - 1] if at else ""
    if before in {"at", "las", "la", "alas", "around"}:
        return True
    dated = at + 2 < len(words) and words[at + 1] in MONTHS and _day_number(words, at + 2) is not None
    return dated and before in {"after", "before", "past", "until", "by", "about"}


def _dated(words: tuple[str, ...], at: int, then: int, calendar: Calendar, month: int, day: int) -> Found:
    year = None
    skip = then + (words[then : then + 1] in {(",",), ("de",), ("del",)})
    skip += words[skip : skip + 1] == ("el",)
    if skip < len(words) and words[skip].isdecimal() and len(words[skip]) == 4 and words[skip].startswith("20"):  # noqa: PLR2004 -- a year
        year, then = int(words[skip]), skip + 1
    found = calendar.of_year(month, day, year)
    return (Days((found,), fixed=True) if found else Mark.ASK), then - at


def _day_number(words: tuple[str, ...], at: int) -> tuple[int, int] | None:
    """A day of the month as a number or in words, and how many tokens it took."""
    if at >= len(words):
        return None
    word = words[at]
    if word in {"twenty", "thirty"} and words[at + 1 : at + 2] and words[at + 1] in DAY_NUMBERS:
        day = {"twenty": 20, "thirty": 30}[word] + DAY_NUMBERS[words[at + 1]]
        return (day, 2) if day <= LAST_DAY else None
    number = int(word) if word.isdecimal() and len(word) <= 2 else DAY_NUMBERS.get(word)  # noqa: PLR2004 -- two digits
    if number is None or not 1 <= number <= LAST_DAY:
        return None
    if word == "treinta" and words[at + 1 : at + 3] in {("y", "uno"), ("y", "un")}:
        return LAST_DAY, 3
    if (
        word == "veinte"
        and words[at + 1 : at + 2] == ("y",)
        and DAY_NUMBERS.get("".join(words[at + 2 : at + 3]), LAST_DAY) < _TENTH
    ):
        return 20 + DAY_NUMBERS[words[at + 2]], 3
    suffixed = word.isdecimal() and words[at + 1 : at + 2] and words[at + 1] in _SUFFIX
    return number, 2 if suffixed and (words[at + 1] != "o" or words[at + 2 : at + 3] == ("de",)) else 1


def _of_month(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“the 12th”, "the 12", "el 12", "el dia 12", "12th", "the fifteenth", "el quince"."""
    start = at + (words[at] in {"the", "el"})
    named = words[start : start + 1] == ("dia",)
    start += named
    said = _day_number(words, start)
    if said is None:
        return None
    day, end = said[0], start + said[1]
    after = words[end] if end < len(words) else ""
    told = words[start + 1 : end] != () and words[start].isdecimal()
    introduced = start > at or _goes_on(words, at, day)
    spelled = not words[start].isdecimal()
    half_past = after == "y" and words[end + 1 : end + 2] and words[end + 1] in MINUTES
    ordinal = not words[start].isdecimal() and words[start] not in HOURS and (day > _FITS_CHOICE or end > start + 1)
    surely = ((told or day > _HOURS) and after in _FITS) or (after == "y" and not half_past)
    if (
        not (told or introduced or (ordinal and _opens_or_ends(after)))
        or (after in NOT_A_DATE and not surely)
        or (day < _TENTH and after in _COUNTED)
    ):
        return None
    told_month = _of_which_month(words, end, calendar)
    if spelled and told_month is None and not _spells_day(words, start, end):
        return None if words[start] in NUMBERS else (Mark.ASK, end - at)
    if told_month is not None and (told_month[0] or words[end + told_month[1] - 1] not in {"month", "mes"}):
        return _of_that_month(day, told_month[0], calendar), end + told_month[1] - at
    end += told_month[1] if told_month is not None else 0
    found = calendar.of_month(day)
    if found is None:
        return Mark.ASK, end - at
    return Days((found,), of_month=day, open_to_doubt=_of_the_month_said(found, calendar)), end - at


def _of_that_month(day: int, ahead: int, calendar: Calendar) -> Days | Mark:
    first, following = calendar.month(ahead)
    fits = day <= (following - DAY).day and first + DAY * (day - 1) >= calendar.today
    return Days((first + DAY * (day - 1),)) if fits else Mark.ASK


def _of_the_month_said(found: date, calendar: Calendar) -> date | None:
    """“Not Christmas Eve, the 22nd": that day of the month that was spoken of, where it is not the next one."""
    said = calendar.said
    if said is None or (said.year, said.month) <= (found.year, found.month) or found.day > _LAST_OF_ANY:
        return None
    return said.replace(day=found.day)


def _of_which_month(words: tuple[str, ...], at: int, calendar: Calendar) -> tuple[int, int] | None:
    """“of next month”, "del mes que viene": how many months on, and the tokens it took."""
    if words[at : at + 1] not in {("of",), ("de",), ("del",)}:
        return None
    told = month_told(words, at + 1, calendar)
    return None if told is None else (told[0], told[1] + 1)


def _spells_day(words: tuple[str, ...], start: int, end: int) -> bool:
    """Whether "the fifteenth", "el dos" is a day: "the first" may be a choice, "el dos" a number of ours."""
    number = _day_number(words, start)
    if number is None or words[start] in {"a", "an", "un", "one"}:
        return False
    if number[0] not in _FIRST_THREE or words[start - 1] == "dia":
        return True
    on = start > 1 and (
        words[start - 2] in {"on", "de"}
        or words[start - 2] in WEEKDAYS
        or (words[start - 1] == "el" and _ends_hour(words[start - 2]))
    )
    behind = end + (words[end : end + 1] == (",",))
    after = words[behind] if behind < len(words) else ""
    hour = (
        after in BEFORE_HOURS
        or after in PARTS
        or after in HOURS
        or after[:1].isdecimal()
        or after in {"quarter", "half", "noon"}
    )
    return on or (hour and words[behind + 1 : behind + 2] != ("one",))


def _goes_on(words: tuple[str, ...], at: int, day: int) -> bool:
    """“El 24, 25 o 26": a number no clock in words shows, behind a smaller one."""
    joined = at > 1 and words[at - 1] in {",", "or", "o", "and", "y", "u"} and words[at - 2].isdecimal()
    return joined and words[at].isdecimal() and day > max(int(words[at - 2]), _HOURS)


def _opens_or_ends(word: str) -> bool:
    """Whether nothing, or an hour, follows: "twenty third at 2", not "fifth grade"."""
    return word in {"", ",", ".", "?"} or word in BEFORE_HOURS or word[:1].isdecimal() or word in PARTS


def _ends_hour(word: str) -> bool:
    return word in MINUTES or word in HOURS or word in {"am", "pm"} or word[:1].isdecimal()


def _week_of(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“the week of the 7th”, "la semana del 7"."""
    start = at + (words[at] in {"the", "la"})
    if words[start : start + 2] not in {("week", "of"), ("semana", "del"), ("semana", "de")}:
        return None
    then = start + 2
    found = (holiday_at(words, then, calendar) or _month_day(words, then, calendar)) if then < len(words) else None
    if found is None and start + 2 < len(words):
        found = _of_month(("the", *words[start + 2 :]), 0, calendar) if words[start + 2] not in {"the", "el"} else None
        found = (found[0], found[1] - 1) if found else _of_month(words, start + 2, calendar)
    if found is None or not isinstance(found[0], Days):
        return None
    day = found[0].dates[0]
    return calendar.stretch(day - DAY * day.weekday(), WEEK), start + 2 + found[1] - at


_READERS: Final[tuple[Callable[[tuple[str, ...], int, Calendar], Found | None], ...]] = (
    _relative,
    _that_day,
    _written,
    holiday_at,
    _month_day,
    _week_of,
    weekday_at,
    _of_month,
    stretch_at,
)
