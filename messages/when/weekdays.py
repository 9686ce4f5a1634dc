"""Reads weekdays: "Tuesday", "next tues", "el martes que viene", "martes 24", "a week from Friday".

The one invariant: where people mean different days by the same words, the other day is named too (`open_to_doubt`).
"""

from dataclasses import replace
from typing import Final

from messages.when.almanac import DAY, LAST_DAY, SUNDAY, WEEK, Calendar, Found
from messages.when.pieces import Days, Mark
from messages.when.words import (
    BEFORE_HOURS,
    DAY_NUMBERS,
    DOUBTFUL_MONTHS,
    HOURS,
    MONTHS,
    PARTS,
    SHORT_WEEKDAYS,
    TENS,
    WEEKDAYS,
)

_HOURS: Final = 12
_WEEKS: Final = {"two": 2, "2": 2, "three": 3, "3": 3}


def weekday_at(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """The weekday that is named from `at` on, with what is said before and behind it of the week."""
    counted = _weekdays_on(words, at, calendar)
    if counted is not None:
        return counted
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
    if before[0] and behind not in {"", before[0]}:
        return _both_said(weekday, before[0], behind, calendar), start + 1 + taken - at
    length = start + 1 + taken - at
    if not said and start + 1 < len(words):
        numbered = _numbered_weekday(words, start, weekday, calendar)
        if numbered is not None:
            return numbered[0], length + numbered[1]
    return _the_weekday(weekday, said, calendar), length


def _names_month(behind: tuple[str, ...]) -> bool:
    named = behind[1:2] if behind[:1] in {("de",), ("of",)} else behind[:1]
    return bool(named) and (named[0] in MONTHS or named[0] in DOUBTFUL_MONTHS)


def _opens_hour(word: str) -> bool:
    return word in BEFORE_HOURS or word in PARTS or word in HOURS or word[:1].isdecimal()


def _both_said(weekday: int, before: str, behind: str, calendar: Calendar) -> Days | Mark:
    """“Este viernes en ocho": what is said behind counts from the day before it; other pairs are asked."""
    named = _the_weekday(weekday, before, calendar)
    if behind == "week_from" and isinstance(named, Days):
        return replace(named, dates=(named.dates[0] + DAY * WEEK,), weekday=None)
    if before in {"this", "coming"} and behind in {"proximo", "coming", "same_week"}:
        return _the_weekday(weekday, "coming" if behind != "same_week" else behind, calendar)
    return Mark.ASK


def _weekdays_on(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“two Fridays from now": the second one to come."""
    number = _WEEKS.get(words[at])
    weekday = WEEKDAYS.get(words[at + 1]) if number and at + 1 < len(words) else None
    if number is None or weekday is None or words[at + 2 : at + 4] not in {("from", "now"), ("from", "today")}:
        return None
    return Days((calendar.coming(weekday) + DAY * WEEK * (number - 1),)), 4


def _numbered_weekday(
    words: tuple[str, ...], at: int, weekday: int, calendar: Calendar
) -> tuple[Days | Mark, int] | None:
    """“Martes 24”, "lunes treinta", "lunes 4 a las 2": the number is the date if it is one of that weekday.

    A number no clock shows is a date in any case; a smaller one is a date where an hour follows, and else may be one.
    """
    taken = 1 + (words[at + 1 : at + 3] == ("dia",))
    word = words[at + taken] if at + taken < len(words) else ""
    number = int(word) if word.isdecimal() and len(word) <= 2 else DAY_NUMBERS.get(word, 0)  # noqa: PLR2004 -- two digits
    behind = words[at + taken + 1 :]
    if not 0 < number <= LAST_DAY or _names_month(behind) or (word == "primero" and behind[:1] == ("dios",)):
        return None
    stretch = behind[:1] == ("de",) and behind[2:3] in _TO
    if number <= _HOURS and not stretch and _tells_clock(behind):
        return None
    found = calendar.of_month(number)
    fits = found is not None and found.weekday() == weekday
    if number <= _HOURS and not fits:
        return None
    told = (
        number > _HOURS
        or stretch
        or words[at - 1 : at] == ("el",)
        or _hour_follows(behind, spelled=word in DAY_NUMBERS)
    )
    return (Days((found,)) if fits and found is not None and told else Mark.ASK), taken


def _tells_clock(behind: tuple[str, ...]) -> bool:
    """Whether what stands behind a number makes it an hour: "am", "en punto", "a 6" of "lunes 4 a 6"."""
    first = behind[0] if behind else ""
    up_to = first == "a" and behind[1:2] not in {("las",), ("la",), ("mediodia",), ("medio",)}
    return up_to or first in _OF_A_CLOCK or first in TENS or first in {"quince", "fifteen"}


def _hour_follows(behind: tuple[str, ...], *, spelled: bool) -> bool:
    """Whether an hour is told behind the number, so that it is none itself; a spelled one has it anywhere behind."""
    first = "".join(behind[1:2] if behind[:1] == (",",) else behind[:1])
    return _opens_hour(first) or (spelled and any(word in {"las", "la"} or ":" in word for word in behind))


# Behind a number these say that it is an hour.
_OF_A_CLOCK: Final = frozenset(
    {
        "am", "pm", "h", "hs", "hrs", "oclock", "-", "or", "o", "u", "ish", "y", "in", "de", "to", "until", "through",
        "thru",        "menos", "sharp", "onwards",
    }
)  # fmt: skip
_TO: Final = frozenset({("a",), ("-",), ("hasta",), ("to",)})


_BEHIND_SAT: Final = frozenset({"in", "anytime", "any", "from", "between", "around", "by", "only", "late", "early"})
# "We sat in the hall".
_SITTING: Final = frozenset({"i", "we", "she", "he", "they", "you", "just", "been", "have", "had", "and"})
_ENDS_OF_HOURS: Final = frozenset({"noon", "midday", "am", "pm", "oclock", "ish", "mediodia"})


_BEFORE_SAT: Final = frozenset(
    {"on", "next", "this", "coming", "proximo", "el", "or", "o", "and", "y", "-"} | set(WEEKDAYS) | set(SHORT_WEEKDAYS)
)
_AFTER_SAT: Final = frozenset(
    {
        "works", "work", "is", "would", "sounds", "at", "morning", "afternoon", "evening", "or", "o", "y", "-", "a",
        "after", "before", "the", "am", "pm",
    }
    | set(WEEKDAYS) | set(SHORT_WEEKDAYS) | set(MONTHS)
)  # fmt: skip


def _stands_as_day(words: tuple[str, ...], at: int) -> bool:
    """Whether "sat", "sun", "mar" can be a day here: introduced as one, or beside another day or a time."""
    before = words[at - 1] if at else ""
    after = words[at + 1] if at + 1 < len(words) else ""
    if len(words) == 1 or before in _BEFORE_SAT or before in _ENDS_OF_HOURS or before[:1].isdecimal():
        return True
    if after.isdecimal():
        return words[at] not in DOUBTFUL_MONTHS or words[at + 2 : at + 3] == ("de",)
    return after in _AFTER_SAT or "/" in after or (after in _BEHIND_SAT and before not in _SITTING)


_INTRODUCTIONS: Final = {
    ("this", "coming"): "coming",
    ("the", "coming"): "coming",
    ("el", "otro"): "other",
    ("the", "other"): "other",
    ("this",): "this",
    ("next",): "next",
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
    ("the", "following"): "following",
    ("every", "other"): "ask",
    ("cada", "otro"): "ask",
    ("nearest",): "coming",
    ("closest",): "coming",
    ("every",): "",
    ("each",): "",
    ("any",): "",
    ("cualquier",): "",
    ("todos", "los"): "",
    ("the",): "",
    ("el",): "",
    ("los",): "",
    ("un",): "ask",
}
_FOLLOWINGS: Final = {
    ("of", "the", "week", "after", "next"): "week_after",
    ("the", "week", "after", "next"): "week_after",
    ("week", "after", "next"): "week_after",
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
    ("after", "next"): "after_next",
    ("after", "this"): "after_this",
    ("after", "this", "one"): "after_this",
    ("after", "this", "coming", "one"): "after_this",
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
    in_week = {"week": 1, "same_week": 0, "week_after": 2}.get(said)
    found: Days | Mark
    if said == "other":
        found = Days((coming + DAY * WEEK,), open_to_doubt=coming)
    elif said in {"last", "ask"}:
        found = Mark.PAST if said == "last" else Mark.ASK
    elif in_week is not None:
        day = calendar.of_week(weekday, in_week)
        found = Days((day,), week_told=True) if day >= today else Mark.ASK
    elif said == "next":
        found = _next(weekday, calendar)
    elif said == "proximo":
        later = calendar.of_week(weekday, 1)
        found = Days((coming,), open_to_doubt=later if later != coming else None)
    elif said == "week_from":
        found = Days((coming + DAY * WEEK,))
    elif said == "following":
        found = _following(weekday, calendar)
    elif said in {"after_next", "after_this"}:
        found = _after(said, weekday, calendar)
    elif said == "this" and today.weekday() == weekday:
        found = Days((today,), weekday=weekday)
    else:
        found = Days((coming,), weekday=None if said else weekday)
    return found


def _after(said: str, weekday: int, calendar: Calendar) -> Days | Mark:
    """“Monday after next": a week after next Monday, where that is the coming one; else people count differently.

    “The Monday after this", said on a Monday, is in a week.
    """
    coming = calendar.coming(weekday)
    if said == "after_this":
        return Days((coming,)) if calendar.today.weekday() == weekday else Mark.ASK
    return Days((coming + DAY * WEEK,)) if coming == calendar.of_week(weekday, 1) else Mark.ASK


def _following(weekday: int, calendar: Calendar) -> Days | Mark:
    """“Not Thanksgiving, the following Thursday": counted from the day that was said."""
    if calendar.said is None:
        return Mark.ASK
    return Days((calendar.said + DAY * ((weekday - calendar.said.weekday() - 1) % WEEK + 1),))


def _next(weekday: int, calendar: Calendar) -> Days:
    """“Next Tuesday”: of the next calendar week. On a Sunday it may as well be the week after."""
    day = calendar.of_week(weekday, 1)
    if calendar.today.weekday() == SUNDAY:
        return Days((day,), open_to_doubt=day + DAY * WEEK, week_told=True)
    return Days((day,), week_told=True)
