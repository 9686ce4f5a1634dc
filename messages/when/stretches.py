"""Reads stretches of days: "next week", "this weekend", "the week of the 7th", "in December".

The one invariant: a stretch that everybody draws differently ("early December") is `vague`: it may narrow a day that is
said beside it, and alone it is asked.
"""

from dataclasses import replace
from datetime import date
from typing import Final

from messages.when.almanac import DAY, MONTHS_A_YEAR, SATURDAY, WEEK, Calendar, Found
from messages.when.marks import STRETCHES
from messages.when.pieces import Days, Mark
from messages.when.reading import Grain
from messages.when.words import DOUBTFUL_MONTHS, MONTHS

_PORTIONS: Final = frozenset(
    {
        "early", "mid", "late", "beginning", "start", "middle", "end", "first part", "principios", "mediados",
        "finales", "fines", "principio", "final", "fin", "inicio", "inicios", "first week", "second week", "third week",
        "last week", "primera semana", "segunda semana", "tercera semana", "ultima semana", "first half", "second half",
    }
)  # fmt: skip


_YEAR: Final = 365


_FIRST_PART: Final = frozenset({"early", "beginning", "start", "first", "principios", "principio", "inicio", "inicios"})


def stretch_at(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """The stretch that is named from `at` on."""
    return _portion(words, at, calendar) or _listed(words, at, calendar) or _whole_month(words, at, calendar)


def _listed(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    for length in range(min(7, len(words) - at), 0, -1):
        name = STRETCHES.get(words[at : at + length])
        if name is not None:
            return _the_stretch(name, calendar), length
    return None


def _portion(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“early December”, "a fines de diciembre", "end of the month", "the second week of January"."""
    start = at
    while words[start : start + 1] and words[start] in {"the", "la", "el", "a", "towards", "toward", "por"}:
        start += 1
    length = next((size for size in (2, 1) if " ".join(words[start : start + size]) in _PORTIONS), 0)
    then = start + length
    while length and words[then : then + 1] and words[then] in {"of", "in", "de", "del", "en", "the", "el", "-"}:
        then += 1
    if not length or then >= len(words):
        return None
    week = _week_told(words, then)
    if week is not None:
        return _portion_of_week(words[start], week[0], calendar), week[1] - at
    taken = 1 + (words[then : then + 3] == ("mes", "que", "viene")) * 2
    ahead = _months_ahead(words[then], calendar)
    if words[then : then + 2] in {("next", "month"), ("proximo", "mes")} or taken > 1:
        ahead, taken = 1, max(taken, 2)
    elif words[then] in {"month", "mes"} and then > start + length:
        ahead = 0
    elif words[then : then + 2] == ("this", "month"):
        ahead, taken = 0, 2
    if ahead is None:
        return None
    return replace(_month_of(calendar, ahead), vague=True), then + taken - at


def _week_told(words: tuple[str, ...], at: int) -> tuple[str, int] | None:
    """Whether "next week" or "this week" is said at `at`, and where that ends."""
    for length in range(4, 0, -1):
        for start in (at, at - 1):
            name = STRETCHES.get(words[start : start + length])
            if name in {"next_week", "this_week"}:
                return name, start + length
    return None


def _portion_of_week(portion: str, week: str, calendar: Calendar) -> Days | Mark:
    names = {"early": _FIRST_PART, "mid": frozenset({"mid", "middle", "mediados"})}
    part = next((name for name, words in names.items() if portion in words), "late")
    return _the_stretch(f"{part}_next_week", calendar) if week == "next_week" else Mark.ASK


def _months_ahead(word: str, calendar: Calendar) -> int | None:
    month = MONTHS.get(word) or DOUBTFUL_MONTHS.get(word)
    return None if month is None else (month - calendar.today.month) % MONTHS_A_YEAR


def _the_stretch(name: str, calendar: Calendar) -> Days | Mark:
    monday, today = calendar.of_week(0), calendar.today
    tomorrow = today + DAY
    saturday = calendar.of_week(SATURDAY)
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
    if name in {"coming_week", "next_year"}:
        january = date(today.year + 1, 1, 1)
        start, until = (tomorrow, tomorrow + DAY * WEEK) if name == "coming_week" else (january, january + DAY * _YEAR)
        return Days((start,), until=until, vague=True)
    if name == "this_week":
        return Days((today,), until=monday + DAY * 7, grain=Grain.WEEK)
    if name in {"later_this_week", "end_of_week"}:
        start = tomorrow if name == "later_this_week" else max(today, monday + DAY * 3)
        return Days((start,), until=saturday, grain=Grain.DAY) if start < saturday else Mark.ASK
    if name in {"any_day", "weekdays"}:
        ahead = tuple(today + DAY * days for days in range(1, WEEK + 1))
        return Days(tuple(day for day in ahead if name == "any_day" or day.weekday() < SATURDAY), every=True)
    return _month_of(calendar, 1 if name == "next_month" else 0)


def _month_of(calendar: Calendar, ahead: int) -> Days:
    first, following = calendar.month(ahead)
    return Days((max(first, calendar.today),), until=following, grain=Grain.MONTH)


def _whole_month(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“in december”, "en enero"; a number behind it makes it a date, which was looked for before."""
    if words[at] not in {"in", "en", "for", "para", "during"} or at + 1 >= len(words):
        return None
    named = words[at + 1]
    month = MONTHS.get(named) or (DOUBTFUL_MONTHS.get(named) if named == "may" else None)
    if month is None:
        return None
    return _month_of(calendar, (month - calendar.today.month) % MONTHS_A_YEAR), 2
