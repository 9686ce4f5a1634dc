"""Groups the limits of a wish: days with the hours that belong to them, two names of one day as one day.

Spans are made of them in `bind.py`. The one invariant: names of days that do not agree raise `MustAskError`, and none
of them is chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from messages.when.alternatives import halves_told, is_part_of, refines
from messages.when.phrase import Dates, Hours, Limit
from messages.when.pieces import Days
from messages.when.reading import Grain, MustAskError

_DAY: Final = timedelta(days=1)
_WEEK: Final = 7
_SATURDAY: Final = 5


@dataclass(slots=True)
class Group:
    """Days with the hours that belong to them; either may be missing."""

    days: list[Dates] = field(default_factory=list)
    hours: list[list[Hours]] = field(default_factory=list)
    hours_first: bool = False


def groups(limits: Sequence[Limit]) -> list[Group]:
    """The days of the limits, each with the hours that belong to it."""
    found = [Group()]
    for limit in limits:
        what = limit.what
        if isinstance(what, Dates):
            days = found[-1].days
            if limit.apart and limit.joined in {"", "pause"} and days and not _agree(days[-1].days, what.days):
                raise MustAskError("days_apart")
            _take_dates(found, what, limit.joined)
        else:
            _take_hours(found, what, limit.joined)
    for group in found:
        group.hours = [list(hours) for hours in halves_told(group.hours)]
    return found


def _agree(first: Days, second: Days) -> bool:
    """Whether one of the two lies in the other: "tomorrow aka leap day", "mid May, let us say the 15th"."""
    if first.until is None and second.until is None:
        return first.dates == second.dates
    if first.until is not None and second.until is not None:
        return False
    stretch, day = (first, second) if first.until is not None else (second, first)
    return stretch.dates[0] <= day.dates[0] < (stretch.until or day.dates[0])


def _take_dates(groups: list[Group], what: Dates, joined: str) -> None:
    group = groups[-1]
    if not group.days:
        group.hours_first = bool(group.hours)
        group.days.append(what)
        return
    one = _of_one_day(group.days, what, joined) if joined in {"", "pause"} else None
    follows = group.hours and not group.hours_first
    if one is not None:
        group.days[-1] = one
    elif (not joined or _says_it_again(group.days[-1], what, joined)) and not follows:
        if not joined and _both_named(group.days[-1], what):
            group.days.append(what)  # "mon wed or fri"
            return
        group.days[-1] = _merged(group.days[-1], what)
    elif follows:
        groups.append(Group([what]))
    else:
        _refuse_two_weeks(group.days[-1].days, what.days)
        group.days.append(what)


def _of_one_day(days: Sequence[Dates], what: Dates, joined: str) -> Dates | None:
    """Two that name one day between them: "next week, Thursday", "after New Year, the 5th", "in January, any day"."""
    last = days[-1]
    if len(days) == 1 and _week_of_weekday(last, what):
        return _merged(last, what)
    if len(days) == 1 and last.how != "on" and what.how == "on":
        return _one_of_open(last, what)
    if len(days) == 1 and joined == "pause" and last.how == "on" and what.how != "on":
        return _one_of_open(what, last)
    if joined == "pause" and _disagree(last.days, what.days):
        raise MustAskError("days_disagree")
    if what.days.every and last.days.until is not None:
        return _merged(last, what)
    if joined == "pause" and _restated(last.days, what.days):
        raise MustAskError("days_unclear")  # "New Year, January 5": which of them?
    if joined == "pause" and what.days.every != last.days.every:
        raise MustAskError("days_unclear")
    return None


def _refuse_two_weeks(first: Days, second: Days) -> None:
    """“Next Thursday or Friday”: whether the second is of that week too, nobody can tell."""
    apart = first.dates[0].isocalendar()[:2] != second.dates[0].isocalendar()[:2]
    named = first.weekday is not None or second.weekday is not None
    if first.week_told != second.week_told and named and apart:
        raise MustAskError("which_week")


def _week_of_weekday(first: Dates, second: Dates) -> bool:
    """“Thursday at 11 next week”, "week after next, thursday": a stretch and a day of it, said apart."""
    if first.how != "on" or second.how != "on":
        return False
    pair = (first.days, second.days)
    stretches = [each for each in pair if each.until is not None]
    days = [each for each in pair if each.until is None and len(each.dates) == 1 and not each.every]
    return len(stretches) == 1 and len(days) == 1


def _one_of_open(bound: Dates, what: Dates) -> Dates:
    """“After New Year, the 5th”: a day said more exactly."""
    edge, day = bound.days.dates[0], what.days.dates[0]
    if what.days.until is not None or not _in_bound(day, edge, bound.how):
        raise MustAskError("days_disagree")
    return what


def _in_bound(day: date, edge: date, how: str) -> bool:
    return {"before": day < edge, "until": day <= edge, "after": day > edge}[how]


def _both_named(first: Dates, second: Dates) -> bool:
    weekdays = first.days.weekday is not None and second.days.weekday is not None
    return weekdays or (first.days.of_month is not None and second.days.of_month is not None)


def _says_it_again(first: Dates, second: Dates, joined: str) -> bool:
    """“Monday, December 7”: the date of the weekday before it."""
    named, fixed = first.days, second.days
    again = named.weekday is not None and fixed.weekday is None and fixed.until is None
    return joined == "pause" and again and fixed.dates[0].weekday() == named.weekday


def _restated(first: Days, second: Days) -> bool:
    return first.fixed and second.fixed and first.dates != second.dates


def _disagree(named: Days, fixed: Days) -> bool:
    """“Tuesday, December 2", which is a Wednesday."""
    dated = fixed.weekday is None and fixed.until is None and fixed.fixed
    return named.weekday is not None and dated and fixed.dates[0].weekday() != named.weekday


def _take_hours(groups: list[Group], what: Hours, joined: str) -> None:
    group = groups[-1]
    if group.hours_first and joined and group.days:
        groups.append(Group(hours=[[what]]))
    elif joined == "pause" and group.hours and (refines(group.hours[-1], what) or is_part_of(group.hours[-1], what)):
        group.hours[-1].append(what)
    elif not group.hours or (joined and not _closes(group.hours[-1], what, joined)):
        group.hours.append([what])
    else:
        group.hours[-1].append(what)


def _closes(before: Sequence[Hours], what: Hours, joined: str) -> bool:
    """“After 2 and before 5” is one stretch, "before 10 and after 4" are two, as is anything with "or"."""
    return joined == "and" and before[-1].how == "after" and what.how == "before"


def _merged(first: Dates, second: Dates) -> Dates:
    """Two days said of one: "next week Tuesday", "Tuesday the 12th", "Tuesday, December 1"."""
    one, other = first.days, second.days
    if one.every != other.every and (one.until is not None or other.until is not None):
        stretch, every = (first, other) if other.every else (second, one)
        return _working_week(stretch) if len(every.dates) < _WEEK else stretch
    if first.how != "on" or second.how != "on" or len(one.dates) != 1 or len(other.dates) != 1:
        raise MustAskError("days_unclear")
    if one.until is not None or other.until is not None:
        return Dates(_within_stretch(one, other))
    if one.dates[0] == other.dates[0]:
        return Dates(replace(one, open_to_doubt=None))
    fixed = [each for each in (one, other) if each.weekday is None]
    named = [each for each in (one, other) if each.weekday is not None]
    if len(fixed) != 1 or fixed[0].dates[0].weekday() != named[0].weekday:
        raise MustAskError("days_disagree")
    return Dates(fixed[0])


def _working_week(stretch: Dates) -> Dates:
    """“Next week, Monday to Friday"."""
    start = stretch.days.dates[0]
    if stretch.days.grain is not Grain.WEEK or start.weekday():
        raise MustAskError("days_unclear")
    return Dates(replace(stretch.days, until=start + _DAY * _SATURDAY))


def _within_stretch(one: Days, other: Days) -> Days:
    """The weekday of a stretch that was named beside it, or the date that lies in it."""
    stretch, day = (one, other) if one.until is not None else (other, one)
    if day.until is not None or stretch.until is None:
        raise MustAskError("days_unclear")
    if day.weekday is None and day.of_month is None and day.open_to_doubt is None:
        found = [each for each in day.dates if stretch.dates[0] <= each < stretch.until]
    else:
        found = [each for each in _all_days(stretch) if _is_named(day, each)]
    if stretch.vague and day.dates[0] in found:
        return Days((day.dates[0],))
    if len(found) != 1:
        raise MustAskError("days_disagree")
    return Days((found[0],))


def _is_named(day: Days, each: date) -> bool:
    if day.of_month is not None:
        return each.day == day.of_month
    return each.weekday() == day.dates[0].weekday()


def _all_days(days: Days) -> list[date]:
    count = ((days.until or days.dates[0]) - days.dates[0]).days
    return [days.dates[0] + _DAY * number for number in range(count)]
