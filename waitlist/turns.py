"""Whose turn it is: points, most of which come with the days of waiting, and the words for each. Pure.

Everybody's points grow by the same amount every minute, so the order changes only when something happens to somebody.
That is why one whole number, the `turn`, can stand in an index and put a hundred thousand entries in order; what
depends on the opening (how well it fits) is added to those in front. Invariant: points are the sum of their parts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from waitlist.policy import Weights

MINUTES_A_DAY: Final = 1440
LONG: Final = timedelta(days=10)
"""Who was not asked for so long goes first."""

MOST_SILENT: Final = 4
"""More offers without an answer count no further: nobody is put so far back that they are never asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The facts of an entry that decide its turn."""

    joined_at: datetime
    last_offered_at: datetime | None = None
    credit: int = 0
    unanswered: int = 0
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Points:
    """What somebody's place is made of, part by part, each already weighed."""

    waited: int
    unasked: int
    lost: int
    silent: int
    urgency: int
    fit: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.waited + self.unasked + self.lost + self.silent + self.urgency + self.fit


def turn_of(standing: Standing, weights: Weights) -> int:
    """Where an entry stands among all, in minutes; the least comes first, and time alone changes nothing about it."""
    joined = minutes(standing.joined_at)
    asked = minutes(standing.last_offered_at or standing.joined_at)
    moved_up = weights.lost * standing.credit + weights.urgency * standing.priority + _silent(standing, weights)
    return weights.waited * joined + weights.unasked * asked - MINUTES_A_DAY * moved_up


def long_unasked(standing: Standing, now: datetime) -> bool:
    """Whether they come before everybody who is not: nobody whom times fit stays unasked, whatever the points say.

    Whom staff have put back is not.
    """
    return standing.priority >= 0 and (standing.last_offered_at or standing.joined_at) <= now - LONG


def latest_turn_of_long_unasked(weights: Weights, now: datetime) -> int:
    """No turn of anybody who is `long_unasked` is larger."""
    at_the_latest = (weights.waited + weights.unasked) * minutes(now - LONG)
    return at_the_latest + MINUTES_A_DAY * weights.silent * MOST_SILENT


def fit_points(weights: Weights, *, named_clinician: bool, named_hours: bool) -> int:
    """What it is worth that a time is exactly what somebody asked for, who can take few others."""
    return weights.fit * (named_clinician + named_hours) // 2


def points_of(standing: Standing, weights: Weights, fit: int, now: datetime) -> Points:
    """The points at `now`, part by part."""
    asked = standing.last_offered_at or standing.joined_at
    return Points(
        waited=weights.waited * max(0, (now - standing.joined_at).days),
        unasked=weights.unasked * max(0, (now - asked).days),
        lost=weights.lost * standing.credit,
        silent=_silent(standing, weights),
        urgency=weights.urgency * standing.priority,
        fit=fit,
    )


def _silent(standing: Standing, weights: Weights) -> int:
    return -weights.silent * min(standing.unanswered, MOST_SILENT)


def minutes(instant: datetime) -> int:
    """Whole minutes since 1970, which is what turns are counted in."""
    return int(instant.timestamp() // 60)


def reasons(points: Points, standing: Standing, now: datetime) -> tuple[str, ...]:
    """Each part in words, as staff read it, with what it counts for."""
    waited = (now - standing.joined_at).days
    found = [f"{_days('waits', waited)} (+{points.waited})"]
    if standing.last_offered_at is None:
        found.append(f"never asked (+{points.unasked})")
    else:
        found.append(f"{_days('asked', (now - standing.last_offered_at).days, ' ago')} (+{points.unasked})")
    if long_unasked(standing, now):
        found.append(f"goes first: not asked for {LONG.days} days")
    if points.lost:
        found.append(f"lost {standing.credit} to somebody else's answer (+{points.lost})")
    if points.silent:
        count = min(standing.unanswered, MOST_SILENT)
        found.append(f"last {'offer' if count == 1 else f'{count} offers'} not answered ({points.silent})")
    if points.urgency:
        found.append(f"put {'forward' if points.urgency > 0 else 'back'} by staff ({points.urgency:+})")
    if points.fit:
        found.append(f"asked for just this (+{points.fit})")
    return tuple(found)


def _days(verb: str, count: int, ago: str = "") -> str:
    if count == 0:
        return f"{verb} since today" if not ago else f"{verb} today"
    return f"{verb} {count} day{'' if count == 1 else 's'}{ago}"
