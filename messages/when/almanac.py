"""Dates as seen from one day: the coming Tuesday, the next 12th, the week after this, Easter. Pure arithmetic.

Which words mean which of these is said in `dates.py` and beside it. The one invariant: a date that does not exist is
None, never a date near it.
"""

from calendar import isleap, monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from messages.when.pieces import Days, Mark, Word
from messages.when.reading import Grain

Found = tuple[Days | Mark | Word, int]
"""What is named, and by how many tokens; a word where a date is none of ours."""

DAY: Final = timedelta(days=1)
WEEK: Final = 7
SUNDAY: Final = 6
SATURDAY: Final = 5
LAST_DAY: Final = 31
MONTHS_A_YEAR: Final = 12
_LEAP_DAY: Final = (2, 29)
_NEAR: Final = timedelta(days=120)
_LONG_GONE: Final = timedelta(days=60)
_CENTURY: Final = 2000


@dataclass(frozen=True, slots=True)
class Calendar:
    """Dates as seen from one day. `day_first`: whether 5/12 is in December; None where nobody can say.

    `said` is the day that was named last, which "the day after" speaks of.
    """

    today: date
    day_first: bool | None = False
    said: date | None = None

    def coming(self, weekday: int) -> date:
        """The next such weekday; on the day itself, the one in a week."""
        return self.today + DAY * ((weekday - self.today.weekday() - 1) % WEEK + 1)

    def of_week(self, weekday: int, weeks: int = 0) -> date:
        """That weekday of this calendar week, or of one so many weeks on; weeks begin on Monday."""
        return self.today + DAY * (weekday - self.today.weekday() + WEEK * weeks)

    def of_month(self, day: int) -> date | None:
        """The next date with that day of the month, today counting."""
        year, month = self.today.year, self.today.month
        for _ in range(MONTHS_A_YEAR + 1):
            if day <= monthrange(year, month)[1] and date(year, month, day) >= self.today:
                return date(year, month, day)
            year, month = (year + 1, 1) if month == MONTHS_A_YEAR else (year, month + 1)
        return None

    def of_year(self, month: int, day: int, year: int | None = None) -> date | None:
        """That date, of the year in which it is next; None where there is none, or it has just passed."""
        try:
            if year is not None:
                return date(year + _CENTURY if year < 100 else year, month, day)  # noqa: PLR2004 -- "26"
            found = date(self.today.year, month, day)
        except ValueError:
            return self._next_leap_day() if (month, day, year) == (*_LEAP_DAY, None) else None
        return found if found >= self.today else self._next_year(found)

    def _next_year(self, gone: date) -> date | None:
        return None if self.today - gone < _LONG_GONE else gone.replace(year=gone.year + 1)

    def _next_leap_day(self) -> date | None:
        """The 29th of the coming February, where it has one and is near; a year off, it is rather a slip."""
        year = self.today.year + 1
        found = date(year, *_LEAP_DAY) if isleap(year) else None
        return found if found is not None and found - self.today <= _NEAR else None

    def stretch(self, start: date, days: int, grain: Grain = Grain.WEEK) -> Days:
        """So many days from `start`."""
        return Days((start,), until=start + DAY * days, grain=grain)

    def month(self, ahead: int) -> tuple[date, date]:
        """The first day of the month so many months on, and the first of the one behind it."""
        months = self.today.year * MONTHS_A_YEAR + self.today.month - 1 + ahead
        year, number = divmod(months, MONTHS_A_YEAR)
        following = divmod(months + 1, MONTHS_A_YEAR)
        return date(year, number + 1, 1), date(following[0], following[1] + 1, 1)


def months_on(day: date, months: int) -> date:
    """The same day of the month so many months later; the last of a month too short for it."""
    year, number = divmod(day.year * MONTHS_A_YEAR + day.month - 1 + months, MONTHS_A_YEAR)
    return date(year, number + 1, min(day.day, monthrange(year, number + 1)[1]))
