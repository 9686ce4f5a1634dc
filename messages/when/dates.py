"""Reads days: "tomorrow", "next Tuesday", "the 12th", "5 de diciembre", "in two weeks", "any day".

The one invariant: what could be two dates says so (`open_to_doubt`), and what names no date that exists is `ASK`.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from messages.when.marks import NOT_A_DATE, STRETCHES, UNITS
from messages.when.pieces import Days, Mark
from messages.when.reading import Grain
from messages.when.words import (
    DAY_NUMBERS,
    DOUBTFUL_MONTHS,
    MANANA,
    MONTHS,
    NUMBERS,
    SHORT_WEEKDAYS,
    TODAY,
    TOMORROW,
    WEEKDAYS,
)

Found = tuple[Days | Mark, int]

DAY: Final = timedelta(days=1)
WEEK: Final = 7
_SUNDAY: Final = 6
_SATURDAY: Final = 5
_LAST_DAY: Final = 31
_MONTHS: Final = 12
_HOURS: Final = 12
_LONG_GONE: Final = timedelta(days=60)
_CENTURY: Final = 2000
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_SLASHED: Final = re.compile(r"(\d{1,2})/(\d{1,2})(?:/(\d{2,4}))?")
_SUFFIX: Final = frozenset({"st", "nd", "rd", "th", "o", "ro"})


@dataclass(frozen=True, slots=True)
class Calendar:
    """Dates as seen from one day. `day_first`: whether 5/12 is in December; None where nobody can say."""

    today: date
    day_first: bool | None = False

    def coming(self, weekday: int) -> date:
        """The next such weekday; on the day itself, the one in a week."""
        return self.today + DAY * ((weekday - self.today.weekday() - 1) % WEEK + 1)

    def of_week(self, weekday: int, weeks: int = 0) -> date:
        """That weekday of this calendar week, or of one so many weeks on; weeks begin on Monday."""
        return self.today + DAY * (weekday - self.today.weekday() + WEEK * weeks)

    def of_month(self, day: int) -> date | None:
        """The next date with that day of the month, today counting."""
        year, month = self.today.year, self.today.month
        for _ in range(_MONTHS + 1):
            if day <= monthrange(year, month)[1] and date(year, month, day) >= self.today:
                return date(year, month, day)
            year, month = (year + 1, 1) if month == _MONTHS else (year, month + 1)
        return None

    def of_year(self, month: int, day: int, year: int | None = None) -> date | None:
        """That date, of the year in which it is next; None where there is none, or it has just passed."""
        try:
            if year is not None:
                return date(year + _CENTURY if year < 100 else year, month, day)  # noqa: PLR2004 -- "26"
            found = date(self.today.year, month, day)
            return found if found >= self.today else self._next_year(found)
        except ValueError:
            return None

    def _next_year(self, gone: date) -> date | None:
        return None if self.today - gone < _LONG_GONE else gone.replace(year=gone.year + 1)

    def stretch(self, start: date, days: int, grain: Grain = Grain.WEEK) -> Days:
        """So many days from `start`."""
        return Days((start,), until=start + DAY * days, grain=grain)


def dates_at(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """The days that are named from `at` on with the number of their tokens, ASK for none that exists, or None."""
    for read in _READERS:
        found = read(words, at, calendar)
        if found is not None:
            return found
    return None


def _relative(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    for phrase, days in _AHEAD.items():
        if words[at : at + len(phrase)] == phrase:
            return Days((calendar.today + DAY * days,)), len(phrase)
    word = words[at]
    from_now = word in {"now", "ahora"} and at > 0 and words[at - 1] in {"between", "from", "entre", "de"}
    if word in TODAY or from_now:
        return Days((calendar.today,)), 1
    return (Days((calendar.today + DAY,)), 1) if word in TOMORROW or word in MANANA else None


_AHEAD: Final = {
    ("the", "day", "after", "tomorrow"): 2,
    ("day", "after", "tomorrow"): 2,
    ("day", "after", "tmrw"): 2,
    ("pasado", "manana"): 2,
    ("a", "week", "from", "today"): 7,
    ("a", "week", "from", "tomorrow"): 8,
    ("a", "week", "from", "now"): 7,
    ("one", "week", "from", "today"): 7,
    ("two", "weeks", "from", "today"): 14,
    ("2", "weeks", "from", "today"): 14,
    ("two", "weeks", "from", "now"): 14,
    ("2", "weeks", "from", "now"): 14,
    ("today", "week"): 7,
    ("tomorrow", "week"): 8,
    ("de", "hoy", "en", "ocho"): 7,
    ("de", "hoy", "en", "8"): 7,
    ("de", "hoy", "en", "quince"): 14,
    ("de", "hoy", "en", "15"): 14,
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
    fits = {calendar.of_year(month, day, year) for month, day in orders[calendar.day_first] if month <= _MONTHS}
    dates = fits - {None}
    only = dates.pop() if len(dates) == 1 else None
    return (Days((only,)) if only else Mark.ASK), 1


def _month(word: str, *, beside_number: bool) -> int | None:
    return MONTHS.get(word) or (DOUBTFUL_MONTHS.get(word) if beside_number else None)


def _month_day(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“dec 5th”, "5 de diciembre", "the 5th of december, 2026"."""
    start = at + (words[at] in {"the", "el"})
    start += words[start : start + 1] == ("dia",)
    said = _day_number(words, start)
    if said is not None and start + said[1] < len(words):
        then = start + said[1]
        then += words[then] in {"of", "de", "-"}
        month = _month(words[then], beside_number=True) if then < len(words) else None
        if month is not None:
            return _dated(words, at, then + 1, calendar, month, said[0])
    month = _month(words[at], beside_number=True)
    if month is None:
        return None
    then = at + 1 + (words[at + 1 : at + 2] in {("the",), ("el",)})
    said = _day_number(words, then) if then < len(words) else None
    after = words[then + said[1]] if said and then + said[1] < len(words) else ""
    if said is None or after in {"am", "pm", "oclock"} or (words[at] == "may" and after in UNITS):
        return None
    return _dated(words, at, then + said[1], calendar, month, said[0])


def _dated(words: tuple[str, ...], at: int, then: int, calendar: Calendar, month: int, day: int) -> Found:
    year = None
    skip = then + (words[then : then + 1] in {(",",), ("de",), ("del",)})
    if skip < len(words) and words[skip].isdecimal() and len(words[skip]) == 4 and words[skip].startswith("20"):  # noqa: PLR2004 -- a year
        year, then = int(words[skip]), skip + 1
    found = calendar.of_year(month, day, year)
    return (Days((found,)) if found else Mark.ASK), then - at


def _day_number(words: tuple[str, ...], at: int) -> tuple[int, int] | None:
    """A day of the month as a number or in words, and how many tokens it took."""
    if at >= len(words):
        return None
    word = words[at]
    if word in {"twenty", "thirty"} and words[at + 1 : at + 2] and words[at + 1] in DAY_NUMBERS:
        day = {"twenty": 20, "thirty": 30}[word] + DAY_NUMBERS[words[at + 1]]
        return (day, 2) if day <= _LAST_DAY else None
    number = int(word) if word.isdecimal() and len(word) <= 2 else DAY_NUMBERS.get(word)  # noqa: PLR2004 -- two digits
    if number is None or not 1 <= number <= _LAST_DAY:
        return None
    suffixed = word.isdecimal() and words[at + 1 : at + 2] and words[at + 1] in _SUFFIX
    return number, 2 if suffixed and (words[at + 1] != "o" or words[at + 2 : at + 3] == ("de",)) else 1


def _of_month(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“the 12th”, "the 12", "el 12", "el dia 12", "12th"."""
    start = at + (words[at] in {"the", "el"})
    named = words[start : start + 1] == ("dia",)
    start += named
    if start >= len(words) or not words[start].isdecimal() or len(words[start]) > 2:  # noqa: PLR2004 -- two digits
        return None
    day = int(words[start])
    suffixed = words[start + 1 : start + 2] and words[start + 1] in {"st", "nd", "rd", "th"}
    end = start + 1 + bool(suffixed)
    after = words[end] if end < len(words) else ""
    introduced = start > at
    if not 1 <= day <= _LAST_DAY or not (suffixed or introduced) or after in NOT_A_DATE:
        return None
    found = calendar.of_month(day)
    return (Days((found,), of_month=day) if found else Mark.ASK), end - at


def _weekday(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    before = _introduced(words, at)
    start = at + before[1]
    if start >= len(words):
        return None
    weekday = WEEKDAYS.get(words[start])
    if weekday is None:
        short = SHORT_WEEKDAYS.get(words[start])
        bound = short is not None and _stands_as_day(words, start)
        weekday = short if bound else None
    if weekday is None:
        return None
    behind, taken = _followed(words, start + 1)
    said = before[0] or behind
    length = start + 1 + taken - at
    if not said and start + 1 < len(words):
        numbered = _numbered_weekday(words, start, weekday, calendar)
        if numbered is not None:
            return numbered, length + 1
    return _the_weekday(weekday, said, calendar), length


def _numbered_weekday(words: tuple[str, ...], at: int, weekday: int, calendar: Calendar) -> Days | Mark | None:
    """“Martes 24”: a number no clock shows is the date, and must be one of that weekday."""
    number = int(words[at + 1]) if words[at + 1].isdecimal() else 0
    after = words[at + 2] if at + 2 < len(words) else ""
    if (
        not 0 < number <= _LAST_DAY
        or after in {"am", "pm", "h", "hs", "hrs", "oclock", "-", "or", "o"}
        or after in MONTHS
    ):
        return None
    found = calendar.of_month(number)
    fits = found is not None and found.weekday() == weekday
    if number <= _HOURS:
        return Mark.ASK if fits else None
    return Days((found,)) if fits and found is not None else Mark.ASK


def _stands_as_day(words: tuple[str, ...], at: int) -> bool:
    """Whether "sat", "sun", "mar" can be a day here: introduced as one, or beside another day or a time."""
    before = words[at - 1] if at else ""
    after = words[at + 1] if at + 1 < len(words) else ""
    days = {*WEEKDAYS, *SHORT_WEEKDAYS}
    return (
        before in {"on", "next", "this", "el", "or", "o", "and", "y", "-"} | days
        or after
        in {"at", "morning", "afternoon", "evening", "or", "o", "y", "-", "a", "after", "before", "the", "am", "pm"}
        | days
        or (len(words) == 1)
        or (after.isdecimal() and words[at] not in DOUBTFUL_MONTHS)
    )


_INTRODUCTIONS: Final = {
    ("this", "coming"): "coming",
    ("the", "coming"): "coming",
    ("this",): "this",
    ("next",): "next",
    ("nxt",): "next",
    ("nex",): "next",
    ("coming",): "coming",
    ("last",): "last",
    ("el", "proximo"): "proximo",
    ("este", "proximo"): "coming",
    ("proximo",): "proximo",
    ("proxima",): "proximo",
    ("este",): "this",
    ("la", "proxima", "semana", "el"): "week",
    ("la", "proxima", "semana"): "week",
    ("la", "semana", "que", "viene", "el"): "week",
    ("next", "week", "on"): "week",
    ("next", "week"): "week",
    ("this", "week", "on"): "same_week",
    ("el", "siguiente"): "coming",
    ("a", "week", "from"): "week_from",
    ("the", "following"): "ask",
    ("the", "first"): "ask",
    ("the", "last"): "ask",
    ("first",): "ask",
    ("second",): "ask",
    ("third",): "ask",
    ("el", "ultimo"): "ask",
    ("ultimo",): "ask",
    ("primer",): "ask",
    ("el", "primer"): "ask",
    ("segundo",): "ask",
    ("tercer",): "ask",
    ("every", "other"): "ask",
    ("every",): "",
    ("each",): "",
    ("any",): "",
    ("cualquier",): "",
    ("todos", "los"): "",
    ("the",): "",
    ("el",): "",
    ("los",): "",
    ("un",): "",
    ("two", "weeks", "from"): "two_weeks_from",
    ("2", "weeks", "from"): "two_weeks_from",
}
_FOLLOWINGS: Final = {
    ("of", "next", "week"): "week",
    ("next", "week"): "week",
    ("on", "next", "week"): "week",
    ("de", "la", "proxima", "semana"): "week",
    ("de", "la", "semana", "que", "viene"): "week",
    ("de", "la", "otra", "semana"): "week",
    ("la", "proxima", "semana"): "week",
    ("proxima", "semana"): "week",
    ("de", "la", "siguiente", "semana"): "week",
    ("of", "this", "week"): "same_week",
    ("this", "week"): "same_week",
    ("de", "esta", "semana"): "same_week",
    ("esta", "semana"): "same_week",
    ("que", "viene"): "proximo",
    ("proximo",): "proximo",
    ("siguiente",): "coming",
    ("que", "entra"): "proximo",
    ("after", "next"): "ask",
    ("week",): "week_from",
    ("pasado",): "last",
    ("en", "ocho"): "week_from",
    ("from", "now"): "ask",
}


def _introduced(words: tuple[str, ...], at: int) -> tuple[str, int]:
    for length in range(5, 0, -1):
        said = _INTRODUCTIONS.get(words[at : at + length])
        if said is not None:
            return said, length
    return "", 0


def _followed(words: tuple[str, ...], at: int) -> tuple[str, int]:
    for length in range(5, 0, -1):
        said = _FOLLOWINGS.get(words[at : at + length])
        if said is not None:
            return said, length
    return "", 0


def _the_weekday(weekday: int, said: str, calendar: Calendar) -> Days | Mark:
    coming, today = calendar.coming(weekday), calendar.today
    in_week = {"week": 1, "same_week": 0}.get(said)
    weeks_on = {"week_from": 1, "two_weeks_from": 2}.get(said)
    found: Days | Mark
    if said in {"last", "ask"}:
        found = Mark.PAST if said == "last" else Mark.ASK
    elif in_week is not None:
        day = calendar.of_week(weekday, in_week)
        found = Days((day,)) if day >= today else Mark.ASK
    elif said == "next":
        found = _next(weekday, calendar)
    elif said == "proximo":
        later = calendar.of_week(weekday, 1)
        found = Days((coming,), open_to_doubt=later if later != coming else None)
    elif weeks_on is not None:
        found = Days((coming + DAY * WEEK * weeks_on,))
    elif said == "this" and today.weekday() == weekday:
        found = Days((today,), weekday=weekday)
    else:
        found = Days((coming,), weekday=None if said else weekday)
    return found


def _next(weekday: int, calendar: Calendar) -> Days:
    """“Next Tuesday”: of the next calendar week. On a Sunday it may as well be the week after."""
    day = calendar.of_week(weekday, 1)
    if calendar.today.weekday() == _SUNDAY:
        return Days((day,), open_to_doubt=day + DAY * WEEK)
    return Days((day,))


def _stretch(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    for length in range(min(7, len(words) - at), 0, -1):
        name = STRETCHES.get(words[at : at + length])
        if name is not None:
            return _the_stretch(name, calendar), length
    return None


def _the_stretch(name: str, calendar: Calendar) -> Days | Mark:
    monday, today = calendar.of_week(0), calendar.today
    tomorrow = today + DAY
    saturday = calendar.of_week(_SATURDAY)
    simple = {
        "next_week": (monday + DAY * 7, 7),
        "week_after_next": (monday + DAY * 14, 7),
        "next_weekend": (saturday + DAY * 7, 2),
        "weekend": (saturday, 2),
        "early_next_week": (monday + DAY * 7, 2),
        "mid_next_week": (monday + DAY * 8, 3),
        "late_next_week": (monday + DAY * 10, 2),
    }
    if name in simple:
        return calendar.stretch(
            *simple[name], grain=Grain.WEEK if name in {"next_week", "week_after_next"} else Grain.DAY
        )
    if name == "this_week":
        return Days((today,), until=monday + DAY * 7, grain=Grain.WEEK)
    if name == "later_this_week":
        return Days((tomorrow,), until=saturday, grain=Grain.DAY) if tomorrow < saturday else Mark.ASK
    if name == "end_of_week":
        start = max(today, monday + DAY * 3)
        return Days((start,), until=saturday, grain=Grain.DAY) if start < saturday else Mark.ASK
    if name in {"any_day", "weekdays"}:
        ahead = tuple(today + DAY * days for days in range(1, WEEK + 1))
        return Days(tuple(day for day in ahead if name == "any_day" or day.weekday() < _SATURDAY), every=True)
    return _month_of(calendar, 1 if name == "next_month" else 0)


def _month_of(calendar: Calendar, ahead: int) -> Days:
    months = calendar.today.year * _MONTHS + calendar.today.month - 1 + ahead
    first = date(months // _MONTHS, months % _MONTHS + 1, 1)
    following = date((months + 1) // _MONTHS, (months + 1) % _MONTHS + 1, 1)
    return Days((max(first, calendar.today),), until=following, grain=Grain.MONTH)


def _week_of(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“the week of the 7th”, "la semana del 7"."""
    start = at + (words[at] in {"the", "la"})
    if words[start : start + 2] not in {("week", "of"), ("semana", "del"), ("semana", "de")}:
        return None
    found = _month_day(words, start + 2, calendar) if start + 2 < len(words) else None
    if found is None and start + 2 < len(words):
        found = _of_month(("the", *words[start + 2 :]), 0, calendar) if words[start + 2] not in {"the", "el"} else None
        found = (found[0], found[1] - 1) if found else _of_month(words, start + 2, calendar)
    if found is None or not isinstance(found[0], Days):
        return None
    day = found[0].dates[0]
    return calendar.stretch(day - DAY * day.weekday(), WEEK), start + 2 + found[1] - at


def _ahead(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“in 3 days”, "in two weeks", "3 days from now", "dentro de una semana", "en 2 dias"."""
    prefix = next((p for p in (("dentro", "de"), ("in",), ("en",), ("within",)) if words[at : at + len(p)] == p), ())
    start = at + len(prefix)
    start += words[start : start + 1] == ("about",)
    number = _count(words, start)
    if number is None:
        return None
    value, taken = number
    then = start + taken
    then += words[then : then + 1] == ("of",)
    days = {
        "day": 1,
        "days": 1,
        "dia": 1,
        "dias": 1,
        "week": 7,
        "weeks": 7,
        "wk": 7,
        "wks": 7,
        "semana": 7,
        "semanas": 7,
    }
    unit = days.get(words[then]) if then < len(words) else None
    suffix = next(
        (s for s in (("from", "now"), ("from", "today"), ("out",)) if words[then + 1 : then + 1 + len(s)] == s), ()
    )
    if unit is None or not (prefix or suffix):
        return None
    if value == 0 or (prefix == ("en",) and unit == 1 and value in {8, 15}):
        return Mark.ASK, then + 1 + len(suffix) - at  # "en ocho dias" is a week to some and eight days to others
    return Days((calendar.today + DAY * value * unit,)), then + 1 + len(suffix) - at


def _count(words: tuple[str, ...], at: int) -> tuple[int, int] | None:
    if at >= len(words):
        return None
    if words[at : at + 2] in {("a", "couple"), ("un", "par")}:
        return 2, 2 + (words[at + 2 : at + 3] == ("de",))
    if words[at].isdecimal() and len(words[at]) <= 2:  # noqa: PLR2004 -- two digits
        return int(words[at]), 1
    return (NUMBERS[words[at]], 1) if words[at] in NUMBERS else None


def _whole_month(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“in december”, "en enero"."""
    if words[at] not in {"in", "en", "for", "para", "during"} or at + 1 >= len(words):
        return None
    month = _month(words[at + 1], beside_number=words[at + 1] in {"may", "march"})
    if month is None or (at + 2 < len(words) and _day_number(words, at + 2) is not None):
        return None
    return _month_of(calendar, (month - calendar.today.month) % _MONTHS), 2


_READERS: Final[tuple[Callable[[tuple[str, ...], int, Calendar], Found | None], ...]] = (
    _relative,
    _written,
    _month_day,
    _week_of,
    _ahead,
    _weekday,
    _of_month,
    _stretch,
    _whole_month,
)
