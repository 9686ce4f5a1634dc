"""What one cell means: dates, times, lengths and names, in the practice's locale.

Here live pure readings of one text each. Words with a fixed meaning are in words.py, phone numbers and mail
addresses are read by scheduler/people.

The one invariant: a cell is read in exactly one way or refused with a reason. A date that does not exist in the
practice's order of day and month is never turned round to make it fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Final

from scheduler.imports.columns import squeezed
from scheduler.imports.reasons import Bad, Reason


class DateOrder(StrEnum):
    """Whether 03/04 is the 4th of March or the 3rd of April."""

    MONTH_FIRST = "month_first"
    DAY_FIRST = "day_first"


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, a time or both, as a cell had them; `instant` is set (and aware) when the cell named an offset too."""

    day: date | None
    at: time | None
    instant: datetime | None = None


CenturyOf = Callable[[int], int]

MONTH_FIRST_REGIONS: Final = frozenset({"US", "CA", "PH"})
OLDEST_YEARS: Final = 120
LONGEST_MINUTES: Final = 12 * 60
_CENTURY: Final = 100
_NOON: Final = 12
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january", "ene", "enero"),
            ("feb", "february", "febrero"),
            ("mar", "march", "marzo"),
            ("apr", "april", "abr", "abril"),
            ("may", "mayo"),
            ("jun", "june", "junio"),
            ("jul", "july", "julio"),
            ("aug", "august", "ago", "agosto"),
            ("sep", "sept", "september", "septiembre"),
            ("oct", "october", "octubre"),
            ("nov", "november", "noviembre"),
            ("dec", "december", "dic", "diciembre"),
        ),
        start=1,
    )
    for name in names
}
_ISO: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_NUMERIC: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})")
_NAMED: Final = re.compile(r"(?:[^\W\d]+,?\s+)?([^\W\d]{3,})\.?[\s-](\d{1,2})(?:st|nd|rd|th)?,?[\s-]+(\d{4}|\d{2})")
_NAMED_DAY_FIRST: Final = re.compile(
    r"(?:[^\W\d]+,?\s+)?(\d{1,2})(?:st|nd|rd|th)?[\s-](?:de )?([^\W\d]{3,})\.?,?[\s-](?:de )?(\d{4}|\d{2})"
)
_TIME: Final = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2})(?:\.\d+)?)?\s*([ap])?\.?\s?(m\.?)?", re.IGNORECASE)
_OFFSET: Final = re.compile(r"\s*(Z|UTC|[+-](?:0\d|1[0-4]):?[0-5]\d)$", re.IGNORECASE)
_RANGE: Final = re.compile(r"\s*(?:[-\u2013\u2014]|\bto\b)\s*", re.IGNORECASE)
_SPLIT: Final = re.compile(
    r"(?:(?<=\d{4})|(?<=\d[/.-]\d{2})|(?<=\d[/.-]\d{1}))(?:T|,?\s+(?:at\s+)?)(?=\d)", re.IGNORECASE
)


def date_order(locale: str) -> DateOrder:
    """The order of a locale such as "en_US"; a locale without a known region is day first, as most of the world is."""
    region = locale.replace("-", "_").rpartition("_")[2].upper()
    return DateOrder.MONTH_FIRST if region in MONTH_FIRST_REGIONS else DateOrder.DAY_FIRST


def read_date(text: str, order: DateOrder) -> date | Bad:
    """A calendar day: ISO always, otherwise digits in the locale's order or with the month's name.

    Two-digit years are of this century; births have their own reading.
    """
    return _date(text, order, lambda short: 2000 + short)


def read_birth_date(text: str, order: DateOrder, today: date) -> date | Bad:
    """A date of birth. A two-digit year is the latest one that does not lie in the future.

    Refused when it lies in the future or more than 120 years back.
    """
    this_year = today.year
    found = _date(text, order, lambda short: this_year - (this_year - short) % _CENTURY)
    if isinstance(found, Bad):
        return found
    if found > today and found.year == this_year and _has_short_year(text):
        found = _a_century_earlier(found)
    if found > today:
        return Bad(Reason.BIRTH_IN_FUTURE)
    return Bad(Reason.BIRTH_TOO_LONG_AGO) if found.year < this_year - OLDEST_YEARS else found


def read_time(text: str) -> time | Bad:
    """A time of day: "15:00", "3:00 PM", "3pm", "3.30 p.m.", "noon". Hours alone need AM or PM.

    A point between digits needs them too: "0.50" is how a spreadsheet writes noon, not ten to one.
    """
    word = squeezed(text)
    if word in ("noon", "mediodia"):
        return time(_NOON)
    match = _TIME.fullmatch(text.strip())
    if match is None or (not match[4] and (match[5] or "." in text)):
        return Bad(Reason.NOT_A_TIME)
    hour, minute, second, half = int(match[1]), int(match[2] or 0), int(match[3] or 0), (match[4] or "").lower()
    if half:
        if not 1 <= hour <= _NOON:
            return Bad(Reason.NOT_A_TIME)
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    elif match[2] is None:
        return Bad(Reason.TIME_WITHOUT_HALF)
    try:
        return time(hour, minute, second)
    except ValueError:
        return Bad(Reason.NOT_A_TIME)


def read_time_range(text: str) -> tuple[time, time | None] | Bad:
    """A time or a range of times.

    In "3:00 - 3:50 PM" only the end says which half of the day it is; the start is then in the half that leaves
    the least between them, so that "11:30 - 12:20 PM" begins in the morning.
    """
    first, *rest = _RANGE.split(text.strip(), maxsplit=1)
    if not rest:
        start = read_time(first)
        return start if isinstance(start, Bad) else (start, None)
    end = read_time(rest[0])
    half = re.search(r"[ap]\.?\s?m?\.?$", rest[0].strip(), re.IGNORECASE)
    start = read_time(first)
    if half and not re.search(r"[ap]", first, re.IGNORECASE):
        start = _in_the_half_before(first, half.group(), end)
    if isinstance(start, Bad):
        return start
    return end if isinstance(end, Bad) else (start, end)


def read_moment(text: str, order: DateOrder) -> Moment | Bad:
    """A cell that may hold a date, a time, or both, with or without an offset from UTC."""
    pieces = _SPLIT.split(text.strip(), maxsplit=1)
    if len(pieces) == 1:
        at = read_time(text)
        if not isinstance(at, Bad):
            return Moment(None, at)
        day = read_date(text, order)
        return day if isinstance(day, Bad) else Moment(day, None)
    # Only a time that follows a date may carry an offset: in "13:00-13:50" the end is an end.
    offset = _OFFSET.search(pieces[1])
    day, at = read_date(pieces[0], order), read_time(pieces[1][: offset.start()] if offset else pieces[1])
    if isinstance(day, Bad):
        return day
    if isinstance(at, Bad):
        return at
    instant = datetime.combine(day, at, _offset(offset[1])).astimezone(UTC) if offset else None
    return Moment(day, at, instant)


def read_minutes(text: str) -> int | Bad:
    """A length: "50", "50 min", "50 minutes", "0:50", "1 hr 15 min", "1.5 hours". At most twelve hours."""
    match = re.fullmatch(
        r"(?:(?P<h>\d{1,2}(?:\.\d{1,2})?)\s*(?:h|hr|hrs|hour|hours)\.?)?\s*(?:(?P<m>\d{1,4})(?:\.0+)?\s*(?:m|min|mins|minutes)?\.?)?"
        r"|(?P<ch>\d{1,2}):(?P<cm>[0-5]\d)(?::00)?",
        text.strip(),
        re.IGNORECASE,
    )
    if match is None or not text.strip():
        return Bad(Reason.NOT_A_NUMBER)
    hours = float(match["h"] or match["ch"] or 0)
    minutes = round(hours * 60) + int(match["m"] or match["cm"] or 0)
    return minutes if 1 <= minutes <= LONGEST_MINUTES else Bad(Reason.TOO_LONG)


def split_name(text: str) -> tuple[str, str]:
    """First and last name of a full name: "Last, First" when there is one comma that no suffix follows.

    "Jacob, JJ, or Jake Kelly" has more than one and is read from the right, as is "Ana María de la Cruz".
    """
    head, comma, tail = (part.strip() for part in text.partition(","))
    if comma and "," not in tail and squeezed(tail) not in ("jr", "sr", "ii", "iii", "iv", "phd", "md", "lcsw"):
        return tail, head
    first, _, last = text.strip().rpartition(" ")
    return first.strip(), last


def _date(text: str, order: DateOrder, century: CenturyOf) -> date | Bad:
    stripped = text.strip()
    if not stripped:
        return Bad(Reason.EMPTY)
    parts = _date_parts(stripped, order)
    if parts is None:
        return Bad(Reason.NOT_A_DATE)
    year, month, day = parts
    try:
        return date(century(year) if year < _CENTURY else year, month, day)
    except ValueError:
        return Bad(Reason.NO_SUCH_DATE)


def _date_parts(text: str, order: DateOrder) -> tuple[int, int, int] | None:
    if match := _ISO.fullmatch(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _NUMERIC.fullmatch(text):
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        return (year, first, second) if order is DateOrder.MONTH_FIRST else (year, second, first)
    if match := _NAMED.fullmatch(text):
        month, day, year = _MONTHS.get(squeezed(match[1])), int(match[2]), int(match[3])
    elif match := _NAMED_DAY_FIRST.fullmatch(text):
        day, month, year = int(match[1]), _MONTHS.get(squeezed(match[2])), int(match[3])
    else:
        return None
    return None if month is None else (year, month, day)


def _has_short_year(text: str) -> bool:
    return re.search(r"(?<!\d)\d{2}$", text.strip()) is not None


def _a_century_earlier(day: date) -> date:
    try:
        return day.replace(year=day.year - _CENTURY)
    except ValueError:
        return day.replace(year=day.year - _CENTURY, day=28)


def _in_the_half_before(first: str, half: str, end: time | Bad) -> time | Bad:
    same = read_time(f"{first} {half}")
    if isinstance(same, Bad) or isinstance(end, Bad) or same <= end:
        return same
    return read_time(f"{first} {'am' if half.lower().startswith('p') else 'pm'}")


def _offset(text: str) -> timezone:
    if text.upper() in ("Z", "UTC"):
        return UTC
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
