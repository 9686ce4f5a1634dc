"""The words of the report: what each rate means, how lines and columns are called. Pure.

Invariant: a rate's meaning names both of its numbers.
"""

from collections.abc import Callable
from datetime import date
from typing import Final

from babel import Locale
from babel.dates import format_date

from scheduler.reports.rates import WEEKDAYS, Counts

RATES: Final[dict[str, tuple[str, str]]] = {
    "no_show_rate": ("No-show rate", "Missed visits, divided by"),
    "late_cancel_rate": ("Late cancel rate", "Visits that clients cancelled late, divided by"),
    "lost_rate": ("Time lost", "Missed visits and late cancellations together, divided by"),
    "filled_rate": ("Filled after cancel", "Cancelled visits whose time another client took, divided by"),
    "clinician_cancel_rate": ("Cancelled by us", "Visits that the practice cancelled, divided by"),
}

LEAD_WORDS: Final = {
    "under_1_day": ("< 1", "Booked less than a day ahead"),
    "1_to_3_days": ("1-3", "1 to 3 days ahead"),
    "4_to_7_days": ("4-7", "4 to 7 days ahead"),
    "8_to_14_days": ("8-14", "8 to 14 days ahead"),
    "15_to_30_days": ("15-30", "15 to 30 days ahead"),
    "over_30_days": ("> 30", "More than 30 days ahead"),
}
"""Each lead time for a narrow column, and in full."""

COLUMNS: Final[tuple[tuple[str, str, Callable[[Counts], int]], ...]] = (
    ("visits", "Visits", lambda counts: counts.visits),
    ("kept", "Kept", lambda counts: counts.attended),
    ("missed", "Missed", lambda counts: counts.missed),
    ("cancelled_late", "Late cancel", lambda counts: counts.client_cancelled_late),
    ("cancelled_in_time", "In time", lambda counts: counts.client_cancelled),
    ("cancelled_by_us", "By us", lambda counts: counts.clinician_cancelled),
    ("unmarked", "Unmarked", lambda counts: counts.unmarked),
    ("ahead", "Ahead", lambda counts: counts.upcoming),
    ("moved", "Moved", lambda counts: counts.moved),
    ("filled", "Filled", lambda counts: counts.filled),
    ("waived", "Fee waived", lambda counts: counts.waived),
)
"""Column of the file, its head on the page, and its number. The third to eighth partition the first."""

BREAKDOWNS: Final = (
    ("all", "All"),
    ("clinician", "By clinician"),
    ("weekday", "By weekday"),
    ("lead_time", "By lead time"),
)

_A_MONDAY: Final = date(2024, 1, 1)


def weekday_words(key: str, locale: str, *, wide: bool = False) -> str:
    """A weekday of the report, such as Mon or Monday."""
    day = _A_MONDAY.replace(day=1 + WEEKDAYS.index(key))
    return format_date(day, "EEEE" if wide else "EEE", locale=Locale.parse(locale))
