"""How many are asked now, and when to look again. Pure: the rule between asking one by one and asking everybody.

Two things are weighed, both by the practice's own response curve (response.py). A time should be taken soon: so many
are asked that somebody is likely to say yes. And hardly anybody should say yes in vain: whoever has read the offer and
is about to answer when the time goes to another is disappointed, and of those there are about as many as yeses arrive
in the minute or two that reading and answering take. So the rate of yeses is held under a limit, by asking a few at a
time and more as they stay silent; only when the visit is too near for that are more, or all, asked at once.
Invariant: as long as nobody is out and somebody is left, somebody is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil, floor, log
from typing import Final

from waitlist.policy import Mode, Policy
from waitlist.response import Curve

ANSWERING_MINUTES: Final = 2.0
"""From reading an offer to having answered it: who is in between cannot be told in time that it is gone."""

BEAT: Final = timedelta(minutes=3)
"""How long to wait for what those asked say, before more are asked."""

MOST_BEATS: Final = 10

SURE: Final = 0.97
"""With this chance somebody says yes before the visit is too near, if that many fit."""

_WINDOWS: Final = ((0.0, 2.0), (2.0, 5.0), (5.0, 10.0))
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where an opening stands: who is out, for how long, how many could still be asked.

    `ask_until`: nobody is asked later. `answer_until`: an answer after that is of no use.
    """

    now: datetime
    starts_at: datetime
    ask_until: datetime
    answer_until: datetime
    out_minutes: Sequence[float]
    left: int


@dataclass(frozen=True, slots=True)
class Step:
    """Ask so many now. `why` is one_at_a_time | everybody | gentle | pressed | enough_are_out."""

    ask: int
    why: str


def step(at: Position, curve: Curve, policy: Policy) -> Step:
    """How many to ask at this moment."""
    mode = policy.mode_at(at.starts_at - at.now)
    if mode is Mode.ONE:
        return Step(0 if at.out_minutes else min(1, at.left), "one_at_a_time")
    if mode is Mode.EVERYBODY:
        return Step(at.left, "everybody")
    gentle = min(at.left, _gentle(at, curve, policy))
    pressed = _pressed(at, curve, policy, gentle)
    if pressed > gentle:
        return Step(pressed, "pressed")
    return Step(gentle, "gentle" if gentle else "enough_are_out")


def beat_after(at: Position, curve: Curve, policy: Policy) -> datetime:
    """When to look again, if those who are out stay silent: the first beat at which more would be asked.

    No later than a few beats on, because others may say no or join meanwhile.
    """
    for beat in range(1, MOST_BEATS + 1):
        later = at.now + beat * BEAT
        aged = [age + beat * (BEAT / _MINUTE) for age in at.out_minutes]
        if later > at.ask_until or step(replace(at, now=later, out_minutes=aged), curve, policy).ask:
            break
    return later


def _limit(policy: Policy) -> float:
    """Yeses a minute at the most."""
    return policy.disappointed_percent / 100 / ANSWERING_MINUTES


def _gentle(at: Position, curve: Curve, policy: Policy) -> int:
    """As many as the chance of a quick yes asks for, within the limit; one, if nobody is out."""
    lead = at.starts_at - at.now
    room = float(at.left)
    for start, end in _WINDOWS:
        coming = sum(curve.still(lead, age + start, end - start) for age in at.out_minutes) / (end - start)
        each = (curve.chance(lead, end) - curve.chance(lead, start)) / (end - start)
        room = min(room, (_limit(policy) - coming) / each)
    wanted = min(ceil(_missing(at, curve, policy)), floor(room))
    return max(wanted, 0 if at.out_minutes else 1)


def _missing(at: Position, curve: Curve, policy: Policy) -> float:
    """How many more it takes for the wanted chance of a yes within the wanted time."""
    lead = at.starts_at - at.now
    soon = float(policy.fill_within_minutes)
    expected = sum(curve.still(lead, age, soon) for age in at.out_minutes)
    return max(0.0, (_yeses(policy.fill_chance_percent / 100) - expected) / curve.chance(lead, soon))


def _yeses(chance: float) -> float:
    """How many yeses must be expected for at least one to come with this chance."""
    return -log(1 - chance)


def _pressed(at: Position, curve: Curve, policy: Policy, gentle: int) -> int:
    """As many as are needed now because there is no time to ask the others gently; at least `gentle`."""
    lead = at.starts_at - at.now
    remaining = (at.answer_until - at.now) / _MINUTE
    out = sum(curve.still(lead, age, remaining) for age in at.out_minutes)
    most = out + at.left * curve.chance(lead, remaining)
    need = min(_yeses(SURE), SURE * most)
    low, high = gentle, at.left
    if _expected(at, curve, policy, low, out) >= need:
        return gentle
    while low < high:
        middle = (low + high) // 2
        if _expected(at, curve, policy, middle, out) >= need:
            high = middle
        else:
            low = middle + 1
    return low


def _expected(at: Position, curve: Curve, policy: Policy, now_asked: int, out: float) -> float:
    """The yeses to expect before it is too late, if so many are asked now and the others gently from then on."""
    lead = at.starts_at - at.now
    a_beat = max(1.0, _limit(policy) * (BEAT / _MINUTE) / curve.chance(lead, 60.0))
    found = out + now_asked * curve.chance(lead, (at.answer_until - at.now) / _MINUTE)
    left, when = float(at.left - now_asked), at.now + BEAT
    while left > 0 and when <= at.ask_until and found < _yeses(SURE):
        some = min(left, a_beat)
        found += some * curve.chance(lead, (at.answer_until - when) / _MINUTE)
        left -= some
        when += BEAT
    return found
