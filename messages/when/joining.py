"""Says how two wishes stand together: "the 15th. at one" is one wish, "the 8th, sorry, the 9th" takes one back.

Which clauses wish is said in `wishes.py`. The one invariant: two wishes nobody joined by a word are asked about; which
of them was meant is never guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from messages.when.clauses import Clause
from messages.when.phrase import Dates, Hours, Limit
from messages.when.pieces import Days, Mark
from messages.when.reading import MustAskError

_JOINING: Final = frozenset({Mark.OR, Mark.AND})


@dataclass(frozen=True, slots=True)
class Wish:
    """Limits that are read together, and how they were put forward."""

    limits: tuple[Limit, ...]
    proposed: bool = False

    @property
    def days(self) -> tuple[Limit, ...]:
        """The limits on the day."""
        return tuple(limit for limit in self.limits if isinstance(limit.what, Dates))

    @property
    def hours(self) -> tuple[Limit, ...]:
        """The limits on the hour."""
        return tuple(limit for limit in self.limits if isinstance(limit.what, Hours))

    @property
    def moment(self) -> bool:
        """Whether it says an hour that tells what "after work" comes to."""
        return any(is_moment(limit) for limit in self.limits)

    @property
    def part(self) -> bool:
        """Whether it names a part of the day, in which "after work" can only be narrower."""
        return any(isinstance(limit.what, Hours) and limit.what.part is not None for limit in self.limits)

    @property
    def begins(self) -> bool:
        """Whether it says an hour from which on: "Wednesday once I'm off, after 5"."""
        return any(isinstance(limit.what, Hours) and limit.what.how == "after" for limit in self.limits)


def is_moment(limit: Limit) -> bool:
    """Whether the limit says an hour, or from which to which."""
    return isinstance(limit.what, Hours) and limit.what.how in {"at", "within"}


def join(wishes: Sequence[Wish], limits: tuple[Limit, ...], clause: Clause, *, again: bool) -> list[Wish]:
    """The wishes with what another clause wishes for; `again`: it takes the place of what was taken back.

    Raises `MustAskError` where two wishes stand that nothing joins.
    """
    wish = Wish(limits, clause.proposes)
    if not wishes or concludes(wish, clause):
        return [wish]
    *earlier, last = wishes
    if again:
        return [*earlier, _corrected(last, wish)]
    if not (last.days and wish.days) and not (last.hours and wish.hours):
        return [*earlier, _together(last, wish)]
    if wish.days and last.days:
        return [*earlier, *_of_two(last, wish, clause)]
    return [*earlier, _finer(last, wish, clause)]


def concludes(wish: Wish, clause: Clause) -> bool:
    """“My son naps at 2, so Friday at 4": what was said before only led to it."""
    return clause.opener is Mark.SO and bool(wish.days)


def _corrected(last: Wish, wish: Wish) -> Wish:
    """The later words stand; what they leave open stays as it was said before."""
    days = wish.days or last.days
    hours = wish.hours or last.hours
    return Wish((*days, *_unjoined(hours)) if days else hours, proposed=True)


def _together(last: Wish, wish: Wish) -> Wish:
    """The day of one clause and the hour of the other."""
    days, hours = (last, wish) if last.days else (wish, last)
    return Wish((*days.limits, *_unjoined(hours.limits)), last.proposed or wish.proposed)


def _unjoined(hours: tuple[Limit, ...]) -> tuple[Limit, ...]:
    return (replace(hours[0], joined=""), *hours[1:]) if hours else ()


def _of_two(last: Wish, wish: Wish, clause: Clause) -> tuple[Wish, ...]:
    if clause.opener in _JOINING:
        return last, wish
    if _stretch_and_day(last.days, wish.days):
        return (Wish((*last.limits, *wish.limits), last.proposed or wish.proposed),)
    if _within(wish.days, last.days):
        return (Wish((*wish.days, *_unjoined(wish.hours or last.hours)), proposed=True),)
    told_better = clause.opener is Mark.BUT and wish.moment and not last.hours
    if told_better or (wish.proposed and not last.proposed):
        return (wish,)
    raise MustAskError("two_wishes")


def _within(days: tuple[Limit, ...], wider: tuple[Limit, ...]) -> bool:
    """Whether every day of `days` is one of `wider`: then it says more exactly what was said before."""
    outer = [limit.what.days for limit in wider if isinstance(limit.what, Dates) and limit.what.how == "on"]
    inner = [limit.what.days for limit in days if isinstance(limit.what, Dates) and limit.what.how == "on"]
    named = [day for each in inner if each.until is None for day in each.dates]
    return bool(named) and len(inner) == len(days) and all(any(_holds(each, day) for each in outer) for day in named)


def _stretch_and_day(first: tuple[Limit, ...], second: tuple[Limit, ...]) -> bool:
    """“Next week. Thursday at 10”: one names the week, the other the day of it."""
    both = [limit.what.days for limit in (*first, *second) if isinstance(limit.what, Dates) and limit.what.how == "on"]
    stretches = [days for days in both if days.until is not None]
    return len(both) == len(first) + len(second) == 2 and len(stretches) == 1  # noqa: PLR2004 -- a pair


def _holds(days: Days, day: date) -> bool:
    if days.until is None:
        return day in days.dates
    return days.dates[0] <= day < days.until


def _finer(last: Wish, wish: Wish, clause: Clause) -> Wish:
    """Hours said twice, of days said once: "Friday afternoon. Around 2?" says it more exactly."""
    parts = all(isinstance(limit.what, Hours) and limit.what.part is not None for limit in last.hours)
    if parts:
        return Wish((*last.days, *last.hours, *wish.days, *_unjoined(wish.hours)), proposed=True)
    if [limit.what for limit in last.hours] == [limit.what for limit in wish.hours]:
        return Wish((*last.days, *wish.days, *last.hours), last.proposed or wish.proposed)
    if clause.opener is Mark.OR and last.days:
        return Wish((*last.limits, *wish.hours), last.proposed)
    if _closes(last.hours, wish.hours):
        return Wish((*last.days, *wish.days, *last.hours, *_unjoined(wish.hours)), last.proposed)
    if wish.proposed and not last.proposed:
        return Wish((*last.days, *wish.days, *_unjoined(wish.hours)), proposed=True)
    raise MustAskError("two_wishes")


def _closes(first: tuple[Limit, ...], second: tuple[Limit, ...]) -> bool:
    """“After 1 but before 4”."""
    hows = [limit.what.how for limit in (*first, *second) if isinstance(limit.what, Hours)]
    return hows == ["after", "before"]
