"""What other terms would do, before they are saved: how many are asked at which lead, and what the last month had been.

Worked out by the very rule that sizes waves (pace.py) and the practice's own curve. Pure. Invariant: nothing here is a
guess of what people would have said; only of how many would have been asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from waitlist.deadlines import SHORTEST_MINUTES
from waitlist.pace import BEAT, Position, step
from waitlist.policy import Policy
from waitlist.response import Curve

LEADS: Final = (timedelta(hours=1), timedelta(hours=3), timedelta(hours=12), timedelta(days=3))
"""For which leads the page says what would happen."""

FITTING: Final = 20
"""To how many the time fits, in these examples."""

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
        min(each.among, step(_position(each.first_at, each.starts_at, policy, [], each.among), curve, policy).ask)
        for each in found
    )
    return Past(len(found), sum(each.asked for each in found), would)


def _at(lead: timedelta, policy: Policy, curve: Curve) -> AtLead:
    now = _ANY_DAY
    starts_at = now + lead
    out: list[float] = []
    at_once = 0
    for beat in range(int(SOON // (BEAT / _MINUTE)) + 1):
        then = now + beat * BEAT
        if then > starts_at - timedelta(minutes=policy.stop_before_minutes):
            break
        ages = [beat * (BEAT / _MINUTE) - asked_at for asked_at in out]
        ask = step(_position(then, starts_at, policy, ages, FITTING - len(out)), curve, policy).ask
        out.extend([beat * (BEAT / _MINUTE)] * ask)
        at_once = at_once or ask
    nobody = 1.0
    for asked_at in out:
        nobody *= 1 - curve.chance(lead, SOON - asked_at)
    return AtLead(lead, at_once, len(out), round(100 * (1 - nobody)))


def _position(now: datetime, starts_at: datetime, policy: Policy, out: list[float], left: int) -> Position:
    return Position(
        now=now,
        starts_at=starts_at,
        ask_until=starts_at - timedelta(minutes=policy.stop_before_minutes),
        answer_until=starts_at - timedelta(minutes=SHORTEST_MINUTES),
        out_minutes=out,
        left=left,
    )
