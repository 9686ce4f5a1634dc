"""Days in addresses and fields: read, stepped through, and turned into instants in the practice's zone. Pure.

Invariant: a day that makes no sense is answered with the day it stands in for, never with an error page.
"""

from datetime import date, datetime, timedelta
from typing import Final

FIRST: Final = date(2000, 1, 1)
LAST: Final = date(2199, 12, 31)


def day_of(text: str, otherwise: date) -> date:
    """The day written as 2026-03-04; `otherwise` for anything else."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return otherwise
    return found if FIRST <= found <= LAST else otherwise


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def minute_of(text: str) -> int | None:
    """Minutes after midnight of 14:30, 2:30 pm, 2 PM or 1430; None when it is no time."""
    tidy = text.strip().lower().replace(".", "").replace(" ", "").replace("\u00a0", "").replace("\u202f", "")
    for shape in ("%H:%M", "%I:%M%p", "%I%p", "%H%M"):
        try:
            found = datetime.strptime(tidy, shape)  # noqa: DTZ007 -- a wall-clock time has no zone
        except ValueError:
            continue
        return found.hour * 60 + found.minute
    return None


def clock_field(minute: int) -> str:
    """A minute of the day as a time field wants it, 14:30."""
    return f"{minute // 60:02}:{minute % 60:02}"
