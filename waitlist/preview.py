"""What other terms would do, before they are saved: how many are asked at which lead, and what the last month had been.

Worked out by the very rule that sizes waves (pace.py) and the practice's own curve. Pure. Invariant: nothing here is a
guess of what people would have said; only of how many would have been asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from waitlist.deadlines import SHORTEST_MINUTES
from waitlist.pace import BEAT, Out, Position, step
from waitlist.policy import Policy
from waitlist.response import Curve

LEADS: Final = (timedelta(hours=1), timedelta(hours=3), timedelta(hours=12), timedelta(days=3))
"""For which leads the page says what would happen."""

FITTING: Final = 20
"""To how many the time fits, in these examples."""

EVERY_OTHER: Final = (0, 2)
"""Every second of them answers, and the others have left their last offers unanswered: so it is on most lists."""

SOON: Final = 15.0
MONTH: Final = timedelta(days=30)
"""How far back the page looks at what was done."""

_MINUTE: Final = timedelta(minutes=1)
_ANY_DAY: Final = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AtLead:
    """With so long to go: asked at once, asked within a quarter of an hour, and the chance of a yes by then."""

    lead: timedelta
    at_once: int
    within_quarter: int
    yes_percent: int


@dataclass(frozen=True, slots=True)
class Began:
    """How an opening of the past began: when its first texts left, to how many, and how many it fitted then."""

    first_at: datetime
    starts_at: datetime
    asked: int
    among: int


@dataclass(frozen=True, slots=True)
class Past:
    """Of so many openings: how many people the first texts went to, and how many they would have gone to."""

    openings: int
    asked: int
    would_ask: int


def at_leads(policy: Policy, curve: Curve) -> tuple[AtLead, ...]:
    """The terms at each of the leads, while everybody stays silent."""
    return tuple(_at(lead, policy, curve) for lead in LEADS)


def past(began: Iterable[Began], policy: Policy, curve: Curve) -> Past:
    """The first waves of the past as they were, and as these terms would have sized them."""
    found = tuple(began)
    would = sum(
        step(_position(each.first_at, each.starts_at, policy, [], _example(each.among)), curve, policy).ask
        for each in found
    )
    return Past(len(found), sum(each.asked for each in found), would)


def _example(people: int) -> list[int]:
    return [EVERY_OTHER[n % len(EVERY_OTHER)] for n in range(people)]


def _at(lead: timedelta, policy: Policy, curve: Curve) -> AtLead:
    starts_at, people = _ANY_DAY + lead, _example(FITTING)
    out: list[Out] = []
    at_once, a_beat = 0, BEAT / _MINUTE
    for beat in range(int(SOON // a_beat) + 1):
        then = _ANY_DAY + beat * BEAT
        if then > starts_at - timedelta(minutes=policy.stop_before_minutes):
            break
        ask = step(_position(then, starts_at, policy, out, people[len(out) :]), curve, policy).ask
        out = [Out(each.minutes + a_beat, each.silence) for each in out]
        out += [Out(a_beat, silence) for silence in people[len(out) : len(out) + ask]]
        at_once = at_once or ask
    nobody = 1.0
    for each in out:
        nobody *= 1 - curve.chance(lead, each.minutes, each.silence)
    return AtLead(lead, at_once, len(out), round(100 * (1 - nobody)))


def _position(now: datetime, starts_at: datetime, policy: Policy, out: list[Out], left: list[int]) -> Position:
    return Position(
        now=now,
        starts_at=starts_at,
        ask_until=starts_at - timedelta(minutes=policy.stop_before_minutes),
        answer_until=starts_at - timedelta(minutes=SHORTEST_MINUTES),
        out=out,
        left=left,
    )
