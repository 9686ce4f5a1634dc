"""Who of those an opening fits may be texted now, and when somebody else may be. For many at once.

Here the order of turns meets consent, STOP, shared numbers, caps and the send window. Nothing is written. Invariant:
nobody is asked who may not be texted at this instant, nobody twice about one opening, and no number holds two offers.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from messages.kinds import Channel, Purpose
from messages.quiet_hours import window_of
from messages.recipients import Reachable, reachable
from messages.send_rules import next_open
from scheduler.calendar.wallclock import day_span, local_day, zone_of
from scheduler.core.record import Reading
from scheduler.people import store as people
from scheduler.people.store import Client, ContactPoint, Practice
from waitlist import narrow_store
from waitlist.candidates import Moment, moment, ranking
from waitlist.caps import has_room, texts_of
from waitlist.matching import Misfit, Ranked
from waitlist.policy import Policy
from waitlist.reach_store import Instants
from waitlist.store import Opening

AT_ONCE: Final = 50
SOON: Final = timedelta(minutes=5)
NEAR: Final = timedelta(hours=4)
TODAY: Final = timedelta(days=1)
LATEST: Final = timedelta(minutes=15)
"""Whoever holds an offer of another time is looked at again when that is over, between these two."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody who may be asked now, and at which number."""

    ranked: Ranked
    point: ContactPoint


@dataclass(slots=True)
class Askable:
    """Those who may be asked now, in turn; and when the first of the others may be, if that is known."""

    turns: list[Turn] = field(default_factory=list)
    others_at: datetime | None = None

    def later(self, at: datetime | None) -> None:
        """Somebody may be asked at `at`, but not now."""
        if at is not None:
            self.others_at = min(self.others_at or at, at)


async def askable(r: Reading, opening: Opening, practice: Practice, policy: Policy, most: int | None) -> Askable:
    """The first `most` who may be asked about the opening now (None: all)."""
    found = Askable()
    now_true = await moment(r, opening)
    passed: dict[str, Misfit] = {}
    numbers = set(now_true.numbers_holding)
    a_day = offers_a_day(policy, opening.starts_at - r.now)
    async for some in _groups(r, opening, policy, now_true, passed):
        facts = await _facts(r, some, practice)
        for ranked in some:
            point = facts.reach.get(ranked.client_id, {}).get(Channel.SMS)
            if point is None or point.value_ix in numbers:
                continue  # two offers on one number could not be told apart in a reply
            if not _may_be_texted(r, ranked, point, facts, practice, a_day, found):
                continue
            numbers.add(point.value_ix)
            found.turns.append(Turn(ranked, point))
            if len(found.turns) == most:
                return found
    for client_id, reason in passed.items():
        if reason is Misfit.HOLDS_ANOTHER_OFFER:
            found.later(min(max(now_true.holding[client_id], r.now + SOON), r.now + LATEST))
    return found


def offers_a_day(policy: Policy, lead: timedelta) -> int:
    """How many offers somebody may have had today and still be made one. The last of a day is kept for what is near.

    A time that is days away can wait for tomorrow; one of today needs somebody who can still be texted today.
    """
    return policy.offers_a_day if lead < TODAY else max(1, policy.offers_a_day - 1)


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
    reach: dict[str, Reachable]
    clients: dict[str, Client]
    texts: dict[bytes, list[Instants]]
    offers: dict[str, list[datetime]]


async def _facts(r: Reading, some: Sequence[Ranked], practice: Practice) -> _Facts:
    ids = [ranked.client_id for ranked in some]
    reach = await reachable(r, ids, Purpose.WAITLIST)
    points = [of_client[Channel.SMS] for of_client in reach.values() if Channel.SMS in of_client]
    return _Facts(
        reach,
        await people.clients(r, ids),
        await texts_of(r, points),
        await narrow_store.offered_since(
            r, ids, day_span(local_day(r.now, zone_of(practice.zone)), zone_of(practice.zone)).starts_at
        ),
    )


def _may_be_texted(
    r: Reading,
    ranked: Ranked,
    point: ContactPoint,
    facts: _Facts,
    practice: Practice,
    a_day: int,
    found: Askable,
) -> bool:
    client = facts.clients.get(ranked.client_id)
    zone = (client.zone if client else None) or practice.zone
    own = (client.from_minute, client.until_minute) if client else (None, None)
    window = window_of(practice, zone, r.now.date(), unasked=True, own=own)
    enough = len(facts.offers.get(ranked.client_id, ())) >= a_day
    if enough or not has_room(facts.texts.get(point.value_ix, ()), practice, zone, r.now):
        tomorrow = day_span(local_day(r.now, zone_of(zone)), zone_of(zone)).ends_at
        found.later(next_open(tomorrow, window))
        return False
    opens = next_open(r.now, window)
    if opens != r.now:
        found.later(opens)
        return False
    return True
