"""How many are asked now, and when to look again. Pure: the rule between asking one by one and asking everybody.

Two things are weighed, both by the practice's own response curve (response.py). A time should be taken soon: so many
are asked that somebody is likely to say yes. And hardly anybody should say yes in vain: whoever has read the offer and
is about to answer when the time goes to another is disappointed, and of those there are about as many as yeses arrive
in the minute or two that reading and answering take. So the rate of yeses is held under a limit, by asking a few at a
time and more as they stay silent; only when the visit is too near for that are more, or all, asked at once.
What is counted are the yeses to expect, not heads: of people who left their last offers unanswered many are asked
beside each other, of those who answer only a few.
Invariant: as long as nobody is out and somebody is left, somebody is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import log
from typing import Final

from waitlist.policy import Mode, Policy
from waitlist.response import Curve

ANSWERING_MINUTES: Final = 1.8
"""From reading an offer to having answered it: who is in between cannot be told in time that it is gone."""

BEAT: Final = timedelta(minutes=1)
"""How long to wait for what those asked say, before more are asked."""

MOST_BEATS: Final = 30

NEAR: Final = timedelta(hours=4)
"""Nearer to the visit than this there is no time to spare."""

SURE: Final = 0.97
"""With this chance somebody says yes before the visit is too near, if that many fit."""

_MINUTE: Final = timedelta(minutes=1)
_WINDOWS: Final = ((0.0, 2.0), (2.0, 5.0), (5.0, 10.0))


@dataclass(frozen=True, slots=True)
class Out:
    """Somebody who was asked so many minutes ago and is silent; before, they left `silence` offers unanswered."""

    minutes: float
    silence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where an opening stands: who is out, and who could still be asked, in turn, by the offers they left unanswered.

    `ask_until`: nobody is asked later. `answer_until`: an answer after that is of no use.
    """

    now: datetime
    starts_at: datetime
    ask_until: datetime
    answer_until: datetime
    out: Sequence[Out]
    left: Sequence[int]

    @property
    def lead(self) -> timedelta:
        """How far ahead the visit is."""
        return self.starts_at - self.now

    @property
    def remaining(self) -> float:
        """Minutes in which an answer is of use."""
        return (self.answer_until - self.now) / _MINUTE


@dataclass(frozen=True, slots=True)
class Step:
    """Ask so many now. `why` is one_at_a_time | everybody | gentle | pressed | enough_are_out."""

    ask: int
    why: str


def step(at: Position, curve: Curve, policy: Policy) -> Step:
    """How many to ask at this moment."""
    mode = policy.mode_at(at.lead)
    if mode is Mode.ONE:
        return Step(0 if at.out else min(1, len(at.left)), "one_at_a_time")
    if mode is Mode.EVERYBODY:
        return Step(len(at.left), "everybody")
    gentle = _gentle(at, curve, policy)
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
        aged = [Out(each.minutes + beat * (BEAT / _MINUTE), each.silence) for each in at.out]
        if later > at.ask_until or step(replace(at, now=later, out=aged), curve, policy).ask:
            break
    return later


def _limit(policy: Policy) -> float:
    """Yeses a minute at the most."""
    return policy.disappointed_percent / 100 / ANSWERING_MINUTES


def _gentle(at: Position, curve: Curve, policy: Policy) -> int:
    """As many as the chance of a quick yes asks for, within the limit; one, if nobody is out."""
    soon, limit, wanted = float(policy.fill_within_minutes), _limit(policy), _yeses(policy.fill_chance_percent / 100)
    lead = at.lead
    expected = sum(curve.still(lead, each.minutes, soon, each.silence) for each in at.out)
    coming = [sum(_rate(lead, each, curve, window) for each in at.out) for window in _WINDOWS]
    adds = {each: [_rate(lead, Out(0.0, each), curve, window) for window in _WINDOWS] for each in set(at.left)}
    ask = 0
    for silence in at.left:
        coming = [rate + more for rate, more in zip(coming, adds[silence], strict=True)]
        if (ask or at.out) and (expected >= wanted or max(coming) > limit):
            break
        expected += curve.chance(lead, soon, silence)
        ask += 1
    return ask


def _rate(lead: timedelta, each: Out, curve: Curve, window: tuple[float, float]) -> float:
    """The yeses a minute to expect of somebody in a stretch of the coming minutes."""
    start, end = window
    return curve.still(lead, each.minutes + start, end - start, each.silence) / (end - start)


def _yeses(chance: float) -> float:
    """How many yeses must be expected for at least one to come with this chance."""
    return -log(1 - chance)


def _pressed(at: Position, curve: Curve, policy: Policy, gentle: int) -> int:
    """As many as are needed now because there is no time to ask the others gently; at least `gentle`."""
    lead, remaining = at.lead, at.remaining
    out = sum(curve.still(lead, each.minutes, remaining, each.silence) for each in at.out)
    most = out + sum(curve.chance(lead, remaining, silence) for silence in at.left)
    need = min(_yeses(SURE), SURE * most)
    low, high = gentle, len(at.left)
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
    lead, minutes = at.lead, at.remaining
    found = out + sum(curve.chance(lead, minutes, silence) for silence in at.left[:now_asked])
    a_beat, room = _limit(policy) * (BEAT / _MINUTE), 0.0
    latest = (at.answer_until - at.ask_until) / _MINUTE
    for silence in at.left[now_asked:]:
        each = curve.chance(lead, 60.0, silence)
        if room < each:
            minutes, room = minutes - BEAT / _MINUTE, max(a_beat, each)
        if minutes < latest or found >= _yeses(SURE):
            break
        room -= each
        found += curve.chance(lead, minutes, silence)
    return found
