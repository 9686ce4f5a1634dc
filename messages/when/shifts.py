"""Reads days told by another day or by counting: "in two weeks", "a fortnight from Friday", "the day after".

Also "de hoy en ocho", "the Monday after Christmas", "the last day of November".
The one invariant: where there is nothing to count from, the words are asked about (`Mark.ASK`), not counted from today.
"""

from collections.abc import Callable
from datetime import date
from typing import Final

from messages.when.almanac import DAY, MONTHS_A_YEAR, WEEK, Calendar, Found, months_on
from messages.when.holidays import nth_weekday
from messages.when.pieces import Days, Mark
from messages.when.words import HOURS, MONTHS, NUMBERS, PARTS, SHORT_WEEKDAYS, WEEKDAYS

Anchor = Callable[[tuple[str, ...], int, Calendar], Found | None]

_DAYS: Final = {
    **dict.fromkeys(("day", "days", "dia", "dias"), 1),
    **dict.fromkeys(("week", "weeks", "semana", "semanas"), WEEK),
    **dict.fromkeys(("fortnight", "fortnights", "quincena"), 2 * WEEK),
}
_MONTH_WORDS: Final = frozenset({"month", "months", "mes", "meses"})
_SINCE: Final = tuple(
    tuple(phrase.split())
    for phrase in ("from", "after", "a partir de", "a partir del", "despues de", "despues del", "contando desde")
)
_UNTIL: Final = tuple(tuple(phrase.split()) for phrase in ("before", "antes de", "antes del"))
_OUT: Final = tuple(
    tuple(phrase.split())
    for phrase in ("from now", "from today", "out", "de hoy", "de ahora", "a partir de hoy", "a partir de ahora")
)
_WITHIN: Final = tuple(tuple(phrase.split()) for phrase in ("dentro de", "de aqui a", "de hoy a", "in", "en"))
_EIGHT_DAYS: Final = {"ocho": 7, "8": 7, "quince": 14, "15": 14}
_NEIGHBOURS: Final = {
    ("after",): 1,
    ("following",): 1,
    ("despues", "de"): 1,
    ("despues", "del"): 1,
    ("siguiente", "a"): 1,
    ("siguiente", "de"): 1,
    ("before",): -1,
    ("antes", "de"): -1,
    ("antes", "del"): -1,
    ("previous", "to"): -1,
}
_ORDINALS: Final = {
    **dict.fromkeys(("first", "1st", "primer", "primero", "1er", "1ro"), 1),
    **dict.fromkeys(("second", "2nd", "segundo", "2do"), 2),
    **dict.fromkeys(("third", "3rd", "tercer", "tercero", "3er", "3ro"), 3),
    **dict.fromkeys(("fourth", "4th", "cuarto", "4to"), 4),
    **dict.fromkeys(("last", "final", "ultimo"), -1),
}
_NUMBER_ENDINGS: Final = frozenset({"st", "nd", "rd", "th", "er", "ro", "do", "to"})
_DAY_WORDS: Final = frozenset({"day", "dia"})
_NEXT_DAY: Final = tuple(
    tuple(phrase.split())
    for phrase in (
        "the day after", "the next day", "day after", "al otro dia", "al dia siguiente", "el dia siguiente",
        "un dia despues", "al siguiente dia", "el siguiente dia", "a day later", "one day later", "the following day",
        "the day after that", "day after that", "el dia despues",
    )
)  # fmt: skip
_DAY_BEFORE: Final = tuple(
    tuple(phrase.split())
    for phrase in ("the day before", "day before", "un dia antes", "el dia antes", "a day earlier", "el dia anterior")
)
_WEEK_LATER: Final = (
    ("a", "week", "later"), ("the", "week", "after"), ("one", "week", "later"), ("una", "semana", "despues"),
    ("una", "semana", "mas", "tarde"),
)  # fmt: skip
_SAID: Final = (
    *((phrase, 1) for phrase in _NEXT_DAY),
    *((phrase, -1) for phrase in _DAY_BEFORE),
    *((phrase, WEEK) for phrase in _WEEK_LATER),
)
_OTHER: Final = (("el", "otro"), ("la", "otra"), ("the", "other"))
_ONE_AFTER: Final = (
    *_OTHER,
    *(
        tuple(phrase.split())
        for phrase in (
            "the one after that", "the one after", "one after that", "the next one", "next one", "the following one",
            "the one following", "el que sigue", "el siguiente", "el que viene", "la que sigue", "el de despues",
            "el proximo", "el de la otra semana", "el de la proxima semana", "the one next week",
            "the one the week after", "the week after that", "the week after", "el otro que viene",
        )
    ),
)  # fmt: skip
_NOT_ONES: Final = frozenset({"week", "month", "mes", "next", "dia", "day", "ano", "year"})
_NO_EVENTS: Final = frozenset({"this", "that", "at", "noon", "midday", "about", "around", "like"})
_REFUSED: Final = frozenset({"not", "no", "cant", "except", "sino"})
_THIS_MONTH: Final = (("the", "month"), ("this", "month"), ("mes",), ("este", "mes"), ("el", "mes"), ("corriente",))
_NEXT_MONTH: Final = (
    ("next", "month"),
    ("proximo", "mes"),
    ("el", "proximo", "mes"),
    ("mes", "que", "viene"),
    ("mes", "proximo"),
)
_YEAR: Final = (("the", "year"), ("the", "new", "year"), ("ano",), ("el", "ano"), ("ano", "nuevo"), ("next", "year"))


def shifted_at(words: tuple[str, ...], at: int, calendar: Calendar, anchor: Anchor) -> Found | None:
    """The day told by another; `anchor` reads that other one."""
    return (
        _counted_from(words, at, calendar, anchor)
        or _counted(words, at, calendar)
        or _in_eight_days(words, at, calendar, anchor)
        or _neighbour(words, at, calendar, anchor)
        or _nth_of_month(words, at, calendar)
        or _the_one_after(words, at, calendar)
        or _beside_the_last(words, at, calendar)
    )


def _phrase_at(words: tuple[str, ...], at: int, phrases: tuple[tuple[str, ...], ...]) -> int:
    return max((len(phrase) for phrase in phrases if words[at : at + len(phrase)] == phrase), default=0)


def _amount(words: tuple[str, ...], at: int) -> tuple[int, str, int] | None:
    """How many of which unit, and the tokens they took: "a fortnight", "3 weeks", "week"; zero for "a few"."""
    start = at + (words[at] in {"about", "like", "exactly", "another"})
    number = _count(words, start)
    value, taken = number or (1, 0)
    then = start + taken
    then += words[then : then + 1] == ("of",)
    unit = words[then] if then < len(words) else ""
    if unit not in _DAYS and unit not in _MONTH_WORDS:
        return None
    if value > 1 and not unit.endswith("s") and unit != "quincena":
        return None  # "at 3 day after tomorrow"
    return (value, unit, then + 1 - at) if taken or unit.endswith(("week", "fortnight", "month")) else None


def _count(words: tuple[str, ...], at: int) -> tuple[int, int] | None:
    if at >= len(words):
        return None
    if words[at : at + 2] in {("a", "couple"), ("un", "par"), ("a", "few")}:
        return NUMBERS[words[at + 1]], 2 + (words[at + 2 : at + 3] == ("de",))
    if words[at].isdecimal() and len(words[at]) <= 2:  # noqa: PLR2004 -- two digits
        return int(words[at]), 1
    if words[at] == "una":
        return 1, 1
    return (NUMBERS[words[at]], 1) if words[at] in NUMBERS else None


def _plus(day: date, value: int, unit: str) -> date:
    return months_on(day, value) if unit in _MONTH_WORDS else day + DAY * value * _DAYS[unit]


def _counted_from(words: tuple[str, ...], at: int, calendar: Calendar, anchor: Anchor) -> Found | None:
    """“a fortnight from Friday”, "dos semanas a partir de hoy", "a week from tomorrow"."""
    amount = _amount(words, at)
    since = _phrase_at(words, at + amount[2], (*_SINCE, *_UNTIL)) if amount else 0
    start = at + amount[2] + since if amount else at
    if amount is None or not since or start >= len(words) or words[start - 1] == "next":
        return None
    found = (Days((calendar.today,)), 1) if words[start] in {"now", "ahora"} else anchor(words, start, calendar)
    if found is None or not isinstance(found[0], Days) or found[0].until is not None:
        return None
    length = start + found[1] - at
    the_week = words[at] in _DAYS and words[at - 1 : at] == ("the",)
    if not amount[0] or the_week:
        return Mark.ASK, length  # "the week before Christmas" is a week to some and a day to others
    sign = -1 if words[start - since : start] in _UNTIL else 1
    return Days((_plus(found[0].dates[0], sign * amount[0], amount[1]),), open_to_doubt=found[0].open_to_doubt), length


def _counted(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“in 3 days”, "two weeks out", "dentro de un mes"."""
    within = _phrase_at(words, at, _WITHIN)
    amount = _amount(words, at + within) if at + within < len(words) else None
    if amount is None:
        return None
    value, unit, taken = amount
    end = at + within + taken
    end += words[end : end + 1] == ("time",)
    out = _phrase_at(words, end, _OUT)
    counted = words[at + within] not in _DAYS and words[at + within] not in _MONTH_WORDS
    if not (counted and (within or out)):
        return None
    if value == 0 or (words[at] in {"en", "de"} and _DAYS.get(unit) == 1 and value in {8, 15}):
        return Mark.ASK, end + out - at  # "en ocho dias" is a week to some and eight days to others
    return Days((_plus(calendar.today, value, unit),)), end + out - at


def _in_eight_days(words: tuple[str, ...], at: int, calendar: Calendar, anchor: Anchor) -> Found | None:
    """“De hoy en ocho”: counted with both ends, as Spanish does; "del lunes en quince"."""
    if words[at] not in {"de", "del"} or at + 1 >= len(words):
        return None
    found = anchor(words, at + 1, calendar)
    end = at + 1 + found[1] if found else at
    days = _EIGHT_DAYS.get(words[end + 1]) if words[end : end + 1] == ("en",) and end + 1 < len(words) else None
    if found is None or not isinstance(found[0], Days):
        return None
    amount = _amount(words, end + 1) if words[end : end + 1] == ("en",) and end + 1 < len(words) else None
    if amount is not None and amount[0] and not (days and amount[1] in {"dia", "dias"}):
        return Days((_plus(found[0].dates[0], amount[0], amount[1]),)), end + 1 + amount[2] - at
    if days is None:
        return None
    end += words[end + 2 : end + 3] == ("dias",)
    return Days((found[0].dates[0] + DAY * days,)), end + 2 - at


def _neighbour(words: tuple[str, ...], at: int, calendar: Calendar, anchor: Anchor) -> Found | None:
    """“the Monday after Christmas”, "the day before the 24th", "el dia despues de nochebuena"."""
    start = at + (words[at] in {"the", "el", "un", "al", "on"})
    named = words[start] if start < len(words) else ""
    weekday = WEEKDAYS.get(named, SHORT_WEEKDAYS.get(named))
    if named not in _DAY_WORDS and weekday is None:
        return None
    length = _phrase_at(words, start + 1, tuple(_NEIGHBOURS))
    then = start + 1 + length
    if not length:
        return None
    if weekday is not None and calendar.said is not None and _ends_here(words, then):
        found: Found | None = (Days((calendar.said,)), 0)
    else:
        found = anchor(words, then, calendar) if then < len(words) else None
    if found is None:
        event = words[at] == "the" and weekday is not None and _is_event(words, then)
        return (Mark.ASK, then - at) if event else None  # "the Monday after my birthday"
    if not isinstance(found[0], Days):
        return Mark.ASK, then + found[1] - at
    if weekday is not None and found[0].weekday is not None:
        return None
    sign = _NEIGHBOURS[words[start + 1 : then]]
    return _beside(found[0], weekday, sign), then + found[1] - at


def _beside(days: Days, weekday: int | None, sign: int) -> Days:
    """The day, or that weekday, next to `days`: before them where `sign` is negative."""
    last = days.until - DAY if days.until is not None else days.dates[0]
    edge = last if sign > 0 else days.dates[0]
    away = 1 if weekday is None else (weekday - edge.weekday()) * sign % WEEK or WEEK
    return Days((edge + DAY * away * sign,))


def _is_event(words: tuple[str, ...], at: int) -> bool:
    word = words[at] if at < len(words) else "."
    return word.isalpha() and word not in HOURS and word not in PARTS and word not in _NO_EVENTS


def _ends_here(words: tuple[str, ...], at: int) -> bool:
    """“the Friday before, at 6”: nothing follows that it could be before."""
    return (
        at >= len(words) or words[at] in {",", ".", "?"} or (words[at] == "at" and words[at - 1] in {"before", "after"})
    )


def _nth_of_month(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“the second Tuesday of December”, "el ultimo dia de noviembre", "the last Friday of the month"."""
    start = at + (words[at] in {"the", "el", "on"})
    start += start > at and words[start : start + 1] == ("the",)
    number = _ORDINALS.get(words[start]) if start < len(words) else None
    last = _last_of_month(words, start, calendar)
    last = last or _first_of_month(words, start, calendar)
    if last is not None:
        return last[0], start + last[1] - at
    if number is None and words[start + 1 : start + 2] and words[start + 1] in _NUMBER_ENDINGS:
        number, start = _ORDINALS.get(words[start] + words[start + 1]), start + 1
    named = words[start + 1] if start + 1 < len(words) else ""
    if number is None or (named not in WEEKDAYS and named not in _DAY_WORDS):
        return None
    then = start + 2 + (words[start + 2 : start + 3] in {("of",), ("in",), ("de",), ("del",), ("en",)})
    months = month_told(words, then, calendar) if then > start + 2 else None
    if months is None:
        return None if named in _DAY_WORDS or words[start] == "last" else (Mark.ASK, start + 2 - at)
    ahead, taken = months
    found = _nth(calendar, ahead, number, WEEKDAYS.get(named))
    of_year = words[then - 1 : then] != () and _phrase_at(words, then, _YEAR)
    if of_year and number < 0:
        return Mark.ASK, then + taken - at
    named_month = words[then] in MONTHS or of_year
    if found < calendar.today and named_month:
        found = _nth(calendar, ahead + MONTHS_A_YEAR, number, WEEKDAYS.get(named))
    return (Days((found,)) if found >= calendar.today else Mark.ASK), then + taken - at


def _last_of_month(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“el ultimo del mes”, "the last of December": its last day."""
    if words[at : at + 1] not in {("ultimo",), ("last",)} or words[at + 1 : at + 2] not in {("del",), ("de",), ("of",)}:
        return None
    months = month_told(words, at + 2, calendar)
    if months is None or _phrase_at(words, at + 2, _YEAR):
        return None
    return Days((_nth(calendar, months[0], -1, None),)), 2 + months[1]


def _first_of_month(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“The first of the month", "el primero del mes que viene": the next one; a month with a name is a date."""
    if words[at : at + 1] not in {("first",), ("primero",)} or words[at + 1 : at + 2] not in {
        ("del",),
        ("de",),
        ("of",),
    }:
        return None
    months = month_told(words, at + 2, calendar)
    if months is None or words[at + 2] in MONTHS or _phrase_at(words, at + 2, _YEAR):
        return None
    first = _nth(calendar, months[0], 1, None)
    found = first if first >= calendar.today else _nth(calendar, months[0] + 1, 1, None)
    return Days((found,)), 2 + months[1]


def month_told(words: tuple[str, ...], at: int, calendar: Calendar) -> tuple[int, int] | None:
    """How many months on the named one is, and the tokens it took."""
    for phrases, ahead in ((_THIS_MONTH, 0), (_NEXT_MONTH, 1)):
        length = _phrase_at(words, at, phrases)
        if length and not (ahead == 0 and words[at + length : at + length + 2] == ("que", "viene")):
            return ahead, length
    length = _phrase_at(words, at, _YEAR)
    if length:
        return (1 - calendar.today.month) % MONTHS_A_YEAR, length
    if words[at : at + 1] and (words[at] in MONTHS or words[at] in {"may", "march"}):
        return (MONTHS.get(words[at], 5) - calendar.today.month) % MONTHS_A_YEAR, 1
    return None


def _nth(calendar: Calendar, ahead: int, number: int, weekday: int | None) -> date:
    first, following = calendar.month(ahead)
    if weekday is not None:
        return nth_weekday(first.year, first.month, weekday, number)
    return following - DAY if number < 0 else first + DAY * (number - 1)


def _the_one_after(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“Not this Friday, the next one": the same weekday a week later; of no weekday, nobody can say."""
    length = _phrase_at(words, at, _ONE_AFTER)
    after = words[at + length] if at + length < len(words) else ""
    refused = calendar.said is not None and not _REFUSED.isdisjoint(words[:at])
    if length and refused and calendar.said is not None and WEEKDAYS.get(after) == calendar.said.weekday():
        length, after = length + 1, ""  # "not this Monday, the other Monday"
    if not length or after in WEEKDAYS or after in _NOT_ONES:
        return None
    if words[at : at + length] in _OTHER and not refused:
        return None
    named = any(word in WEEKDAYS for word in words[:at])
    found = Days((calendar.said + DAY * WEEK,)) if refused and named and calendar.said is not None else Mark.ASK
    return found, length


def _beside_the_last(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“Not tomorrow, the day after”: beside the day that was named last."""
    length, days = max(
        ((len(phrase), days) for phrase, days in _SAID if words[at : at + len(phrase)] == phrase), default=(0, 0)
    )
    if not length or words[at + length : at + length + 1] in {("next",), ("tomorrow",), ("tmrw",)}:
        return None
    return (Days((calendar.said + DAY * days,)) if calendar.said is not None else Mark.ASK), length
