"""Who of those an opening fits may be texted now, and when somebody else may be. For many at once.

Here the order of turns meets consent, STOP, shared numbers, caps and the send window. Nothing is written. Invariant:
nobody is asked who may not be texted at this instant, nobody twice about one opening, and no number holds two offers.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from messages.kinds import Purpose
from messages.quiet_hours import window_of
from messages.send_rules import SendWindow, next_open
from messages.texting_store import TextNumber, text_numbers
from scheduler.calendar.wallclock import day_span, local_day, zone_of
from scheduler.core.record import Reading
from scheduler.people.store import OwnHours, Practice
from waitlist import narrow_store
from waitlist.candidates import Moment, moment, ranking
from waitlist.caps import has_room, texts_of
from waitlist.matching import Misfit, Ranked
from waitlist.opening_store import Opening
from waitlist.policy import Policy
from waitlist.reach_store import Instants

AT_ONCE: Final = 20
"""For so many at a time the record is asked what it knows of them."""
MOST_ANSWERED: Final = 2
"""Who answers each offer may be made so many times as many of them on a day as who answers none."""

SOON: Final = timedelta(minutes=5)
TODAY: Final = timedelta(days=1)
LATEST: Final = timedelta(minutes=15)
"""Whoever holds an offer of another time is looked at again when that is over, between these two."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody who may be asked now, and at which number."""

    ranked: Ranked
    point: TextNumber


@dataclass(slots=True)
class Askable:
    """Those who may be asked now, in turn; and when the first of the others may be, if that is known.

    `asked_before`: so many were made an offer of it before. `silent`: who may be texted, but has left so many offers
    unanswered that they are asked whether they still wait.
    """

    asked_before: int
    turns: list[Turn] = field(default_factory=list)
    silent: list[Turn] = field(default_factory=list)
    others_at: datetime | None = None

    def later(self, at: datetime | None) -> None:
        """Somebody may be asked at `at`, but not now."""
        if at is not None:
            self.others_at = min(self.others_at or at, at)


Enough = Callable[[Sequence[Turn]], bool]
"""Whether nobody beyond these needs to be looked at."""


def nobody_more(_turns: Sequence[Turn]) -> bool:
    """Everybody is to be looked at."""
    return False


async def askable(r: Reading, opening: Opening, practice: Practice, policy: Policy, enough: Enough) -> Askable:
    """Those who may be asked about the opening now, in turn, until they are `enough`."""
    now_true = await moment(r, opening)
    found = Askable(len(now_true.asked))
    passed: dict[str, Misfit] = {}
    numbers = set(now_true.numbers_holding)
    lead = opening.starts_at - r.now
    async for some in _groups(r, opening, policy, now_true, passed):
        facts = await _facts(r, some, policy, practice, lead)
        for ranked in some:
            point = facts.numbers.get(ranked.client_id)
            if point is None or point.value_ix in numbers:
                continue  # two offers on one number could not be told apart in a reply
            may_be = _when(r, point, facts, practice)
            silent = policy.is_silent(ranked.standing.unanswered)
            if may_be == r.now:
                numbers.add(point.value_ix)
                (found.silent if silent else found.turns).append(Turn(ranked, point))
            elif not silent:
                found.later(may_be)
        if enough(found.turns):
            return found
    for client_id, reason in passed.items():
        if reason is Misfit.HOLDS_ANOTHER_OFFER:
            found.later(min(max(now_true.holding[client_id], r.now + SOON), r.now + LATEST))
    return found


def had_enough(answered: Sequence[bool], policy: Policy, lead: timedelta) -> bool:
    """Whether somebody may be made no more offers of such a time today, by those they were made, answered or not."""
    silent = sum(not each for each in answered)
    return silent >= offers_a_day(policy, lead) or len(answered) >= MOST_ANSWERED * policy.offers_a_day


def offers_a_day(policy: Policy, lead: timedelta) -> int:
    """How many unanswered offers somebody may have had today and still be made one. The last is kept for what is near.

    A time that is days away can wait for tomorrow; one of today needs somebody who can still be texted today.
    """
    return policy.offers_a_day if lead < TODAY else max(1, policy.offers_a_day - 1)


async def open_to_offers(r: Reading, client_ids: Sequence[str], practice: Practice) -> dict[str, TextNumber]:
    """Those of them who have agreed to offers by text, at an hour when one may reach them unasked; at which number.

    For what is offered in a text that leaves anyway: nothing is said of caps.
    """
    numbers = await text_numbers(r, client_ids, Purpose.WAITLIST)
    return {
        client_id: point for client_id, point in numbers.items() if _window(r, point.hours, practice).is_open(r.now)
    }


def _window(r: Reading, hours: OwnHours, practice: Practice) -> SendWindow:
    own = (hours.from_minute, hours.until_minute)
    return window_of(practice, hours.zone or practice.zone, r.now.date(), unasked=True, own=own)


async def _groups(
    r: Reading, opening: Opening, policy: Policy, now_true: Moment, passed: dict[str, Misfit]
) -> AsyncIterator[Sequence[Ranked]]:
    some: list[Ranked] = []
    async for ranked in ranking(r, opening, policy.weights, now_true, passed):
        some.append(ranked)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the record knows of some people. `texts`: by number, of those who have not had `enough` offers today."""

    numbers: dict[str, TextNumber]
    enough: frozenset[str]
    texts: dict[bytes, list[Instants]]


async def _facts(r: Reading, some: Sequence[Ranked], policy: Policy, practice: Practice, lead: timedelta) -> _Facts:
    numbers = await text_numbers(r, [ranked.client_id for ranked in some], Purpose.WAITLIST)
    zone = zone_of(practice.zone)
    offers = await narrow_store.offered_since(r, numbers, day_span(local_day(r.now, zone), zone).starts_at)
    enough = frozenset(client_id for client_id, answered in offers.items() if had_enough(answered, policy, lead))
    others = [point.value_ix for client_id, point in numbers.items() if client_id not in enough]
    return _Facts(numbers, enough, await texts_of(r, others))


def _when(r: Reading, point: TextNumber, facts: _Facts, practice: Practice) -> datetime | None:
    """When they may be texted: now, or at the first moment that is known."""
    zone, window = point.hours.zone or practice.zone, _window(r, point.hours, practice)
    enough = point.client_id in facts.enough
    if enough or not has_room(facts.texts.get(point.value_ix, ()), practice, zone, r.now):
        tomorrow = day_span(local_day(r.now, zone_of(zone)), zone_of(zone)).ends_at
        return next_open(tomorrow, window)
    return next_open(r.now, window)
