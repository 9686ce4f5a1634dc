"""Why a time that could have been filled was not, by how near it was. Pure.

A lost time is told by whoever of its willing was nearest to getting it: first those who were asked, but too late for
the yes they would have given, then those who could not be asked because of what they had been asked before. Invariant:
each lost time has one cause.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from bot.simulate.practice import ZONE

CAUSES: Final = (
    "asked_too_late",
    "held_another_offer",
    "had_the_texts_of_the_day",
    "had_the_texts_of_the_week",
    "had_another_time_by_then",
    "not_reached",
)
"""In the order in which they tell of a time: the first that is true of one of its willing is its cause."""

LEADS: Final = (0.0, 1.0, 2.0, 4.0, 24.0, 1e9)
"""Hours from the first moment at which anybody might be asked to the visit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A time that one of `willing` would have taken, and nobody has. `gone`: those off the list by its end."""

    askable_at: datetime
    starts_at: datetime
    willing: Sequence[int]
    asked: frozenset[int]
    gone: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much anybody may be asked."""

    a_day: int
    a_week: int
    held: timedelta


def table(
    lost: Iterable[Lost], asked_at: Mapping[int, Sequence[datetime]], limits: Limits
) -> dict[str, dict[str, int]]:
    """How many times were lost, by lead (`0-1 h` and so on) and cause."""
    found = Counter[tuple[str, str]]()
    for each in lost:
        causes = {_cause(each, person, asked_at.get(person, ()), limits) for person in each.willing}
        found[_lead(each), min(causes, key=CAUSES.index)] += 1
    leads = [_name(*edges) for edges in pairwise(LEADS)]
    return {lead: {cause: found[lead, cause] for cause in CAUSES if found[lead, cause]} for lead in leads}


def _cause(lost: Lost, person: int, asked_at: Sequence[datetime], limits: Limits) -> str:
    if person in lost.asked:
        return "asked_too_late"
    before = [at for at in asked_at if at < lost.starts_at]
    if person in lost.gone:
        return "had_another_time_by_then"
    if sum(_day(at) == _day(lost.askable_at) for at in before) >= limits.a_day:
        return "had_the_texts_of_the_day"
    if sum(at > lost.askable_at - timedelta(days=7) for at in before) >= limits.a_week:
        return "had_the_texts_of_the_week"
    if any(lost.askable_at - limits.held <= at for at in before):
        return "held_another_offer"
    return "not_reached"


def _day(at: datetime) -> date:
    return at.astimezone(ZoneInfo(ZONE)).date()


def _lead(lost: Lost) -> str:
    hours = (lost.starts_at - lost.askable_at) / timedelta(hours=1)
    return next(_name(low, high) for low, high in pairwise(LEADS) if hours < high)


def _name(low: float, high: float) -> str:
    return f"{low:.0f}-{high:.0f} h" if high < LEADS[-1] else f"over {low:.0f} h"
