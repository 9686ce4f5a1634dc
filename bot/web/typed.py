"""What came in as text, read as a whole number, a day or an instant. Pure.

Invariant: whatever was sent, what comes back fits a database column and a time zone's arithmetic, or is None.
"""

from datetime import UTC, date, datetime
from typing import Final

from scheduler.core.errors import Invalid

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
LARGEST: Final = 999_999_999
"""Fits the 32-bit columns of PostgreSQL."""


def typed_number(text: str, most: int = LARGEST) -> int | None:
    """A whole number from 0 to `most`, written in the digits 0 to 9."""
    tidy = text.strip()
    # str.isdigit alone also accepts superscripts, which int() refuses, and digits of other scripts.
    if not (tidy.isascii() and tidy.isdigit() and len(tidy) <= len(str(LARGEST))):
        return None
    number = int(tidy)
    return number if number <= most else None


def typed_day(text: str) -> date | None:
    """A day of this age, written as 2026-03-04."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if FIRST_DAY <= found <= LAST_DAY else None


def typed_day_from(text: str, name: str, not_before: date | None) -> date | None:
    """The day of the field `name`, which may be left empty.

    Raises:
        Invalid: `day_unclear` or `has_passed`, at that field.
    """
    day = typed_day(text)
    if text.strip() and day is None:
        raise Invalid("day_unclear", field=name)
    if day and not_before and day < not_before:
        raise Invalid("has_passed", field=name)
    return day


def typed_instant(text: str) -> datetime | None:
    """An aware instant of this age, as addresses and buttons carry it."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if found.tzinfo is None or not FIRST_DAY < found.date() < LAST_DAY:
        return None
    return found.astimezone(UTC)
