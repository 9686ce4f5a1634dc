"""Who of those an opening fits may be texted now, and when somebody else may be. For many at once.

Here the order of turns meets consent, STOP, shared numbers, caps and the send window. Nothing is written. Invariant:
nobody is asked who may not be texted at this instant, nobody twice about one opening, and no number holds two offers.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
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
from waitlist.candidates import BATCH, Moment, moment, ranking, would_fit
from waitlist.caps import has_room, texts_of
from waitlist.matching import Ranked
from waitlist.narrow_store import Key, Made
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

NO_WISH: Final = OwnHours(None, None, None)
"""The hours of whoever wants none in particular: the practice's."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody who may be asked now, and at which number."""

    ranked: Ranked
    point: TextNumber


@dataclass(slots=True)
class Askable:
    """Those who may be asked now, in turn.

    `silent`: who may be texted, but has left so many offers unanswered that they are asked whether they still wait.
    `others_at`: when the first of those may be asked who may be texted, but not at this hour, or have had their texts.
    `full`: who has had enough offers today. `holders`: who holds another offer, whether the time would fit or not.
    """

    at: Moment
    turns: list[Turn] = field(default_factory=list)
    silent: list[Turn] = field(default_factory=list)
    full: list[Ranked] = field(default_factory=list)
    holders: list[Key] = field(default_factory=list)
    others_at: datetime | None = None

    @property
    def asked_before(self) -> int:
        """So many were made an offer of it before."""
        return len(self.at.asked)

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
    found, hours = Askable(await moment(r, opening)), _Hours(r, practice)
    look = _Look(r, found, hours, day_span(local_day(r.now, zone_of(practice.zone)), zone_of(practice.zone)).starts_at)
    numbers = set(found.at.numbers_holding)
    lead = opening.starts_at - r.now
    async for some in _in_groups(ranking(r, opening, policy.weights, found.at, found.holders, look.sift)):
        others = look.without_full(some, policy, lead)
        facts = await _facts(r, others)
        for ranked in others:
            point = facts.numbers.get(ranked.client_id)
            if point is None or point.value_ix in numbers:
                continue  # two offers on one number could not be told apart in a reply
            may_be = hours.opens(point.hours, tomorrow=not hours.has_room(point, facts.texts))
            silent = policy.is_silent(ranked.standing.unanswered)
            if may_be == r.now:
                numbers.add(point.value_ix)
                (found.silent if silent else found.turns).append(Turn(ranked, point))
            elif not silent:
                found.later(may_be)
        if others and enough(found.turns):
            break
    return found


async def others_at(
    r: Reading, opening: Opening, practice: Practice, policy: Policy, found: Askable
) -> datetime | None:
    """When the first of those may be asked who may not be now, if that is known; once everybody was looked at."""
    for client_id in await would_fit(r, opening, found.at, found.holders):
        found.later(min(max(found.at.holding[client_id], r.now + SOON), r.now + LATEST))
    hours = _Hours(r, practice)
    full = [each.client_id for each in found.full if not policy.is_silent(each.standing.unanswered)]
    for start in range(0, len(full), BATCH):
        for point in (await text_numbers(r, full[start : start + BATCH], Purpose.WAITLIST)).values():
            if point.value_ix not in found.at.numbers_holding:
                found.later(hours.opens(point.hours, tomorrow=True))
    return found.others_at


def had_enough(made: Made | None, policy: Policy, lead: timedelta) -> bool:
    """Whether somebody may be made no more offers of such a time today, by those they were made."""
    if made is None:
        return False
    silent = made.offers - made.answered
    return silent >= offers_a_day(policy, lead) or made.offers >= MOST_ANSWERED * policy.offers_a_day


def offers_a_day(policy: Policy, lead: timedelta) -> int:
    """How many unanswered offers somebody may have had today and still be made one. The last is kept for what is near.

    A time that is days away can wait for tomorrow; one of today needs somebody who can still be texted today.
    """
    return policy.offers_a_day if lead < TODAY else max(1, policy.offers_a_day - 1)


class _Look:
    """Whom of those who stand in the row a look needs to read, and what is known of their offers of today."""

    def __init__(self, r: Reading, found: Askable, hours: "_Hours", today: datetime) -> None:
        self._r, self._found, self._hours, self._today = r, found, hours, today
        self._made: dict[str, Made] = {}
        self._own: frozenset[str] | None = None

    async def sift(self, keys: Sequence[Key]) -> Sequence[Key]:
        """Those who can make a difference.

        While nobody may be texted before a certain hour, and somebody may be then, only those with hours of their own.
        """
        opens = self._hours.opens(NO_WISH)
        if opens != self._r.now and opens is not None and self._found.others_at is not None:
            if self._own is None:
                self._own = await narrow_store.with_own_hours(self._r)
            keys = [key for key in keys if self._found.others_at > opens or key.client_id in self._own]
        clients = [key.client_id for key in keys]
        self._made |= await narrow_store.offered_since(self._r, clients, self._today) if clients else {}
        return keys

    def without_full(self, some: Sequence[Ranked], policy: Policy, lead: timedelta) -> list[Ranked]:
        """Those who may be made another offer today; the others are put aside."""
        others: list[Ranked] = []
        for each in some:
            is_full = had_enough(self._made.get(each.client_id), policy, lead)
            (self._found.full if is_full else others).append(each)
        return others


class _Hours:
    """When people may be texted, worked out once for all who want the same hours."""

    def __init__(self, r: Reading, practice: Practice) -> None:
        self._r, self._practice = r, practice
        self._opens: dict[tuple[OwnHours, bool], datetime | None] = {}

    def opens(self, hours: OwnHours, *, tomorrow: bool = False) -> datetime | None:
        """The first moment at which they may be, from now or from tomorrow on."""
        if (hours, tomorrow) not in self._opens:
            zone = zone_of(hours.zone or self._practice.zone)
            after = day_span(local_day(self._r.now, zone), zone).ends_at if tomorrow else self._r.now
            self._opens[hours, tomorrow] = next_open(after, _window(self._r, hours, self._practice))
        return self._opens[hours, tomorrow]

    def has_room(self, point: TextNumber, texts: Mapping[bytes, Collection[Instants]]) -> bool:
        """Whether the caps leave room for one more text today."""
        zone = point.hours.zone or self._practice.zone
        return has_room(texts.get(point.value_ix, ()), self._practice, zone, self._r.now)


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


async def _in_groups(people: AsyncIterator[Ranked]) -> AsyncIterator[Sequence[Ranked]]:
    some: list[Ranked] = []
    async for ranked in people:
        some.append(ranked)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the record knows of some people: at which number they may be texted, and what that got of late."""

    numbers: dict[str, TextNumber]
    texts: dict[bytes, list[Instants]]


async def _facts(r: Reading, some: Sequence[Ranked]) -> _Facts:
    if not some:
        return _Facts({}, {})
    numbers = await text_numbers(r, [ranked.client_id for ranked in some], Purpose.WAITLIST)
    return _Facts(numbers, await texts_of(r, [point.value_ix for point in numbers.values()]))
