"""Who would be asked about an opening, in order: the record's facts handed to the pure rules.

Here lives the gathering of facts, batch by batch in the order of the rules, so that a list of a hundred thousand costs
no more than those in front of it. The rules are in matching.py. Invariant: whatever decides somebody's place is in the
`Ranked` that comes back.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from types import MappingProxyType
from typing import Final

from scheduler.calendar.wallclock import Span, local_day, zone_of
from scheduler.core.record import Reading
from waitlist import entry_store, narrow_store, policy_store, reach_store
from waitlist.entry_store import Entry
from waitlist.matching import ANY_PART, Gap, Misfit, Ranked, Wish, fit, fits, grid_bit, standing
from waitlist.narrow_store import Key, Sought
from waitlist.opening_store import Opening, OpeningKind
from waitlist.policy import Weights
from waitlist.turns import LONG, MINUTES_A_DAY, fit_points, latest_turn_of_long_unasked, points_of

FIRST_CHUNK: Final = 100
CHUNK: Final = 400
"""So many keys are read at a time; each further chunk is twice as long, up to `CHUNK`."""

FIRST_BATCH: Final = 30
BATCH: Final = 240
"""So many entries are read at a time, likewise."""

Sift = Callable[[Sequence[Key]], Awaitable[Sequence[Key]]]
"""Says whom of some in the order of their turns to read; whoever it leaves out is taken not to be there."""

NOBODY: Final[Mapping[str, frozenset[str]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Moment:
    """What is true of the people on the list just now, as far as an opening asks: read once, used for everybody."""

    expected: Mapping[str, frozenset[str]]
    asked: frozenset[str]
    holding: Mapping[str, datetime]
    numbers_holding: frozenset[bytes]


NO_MOMENT: Final = Moment(NOBODY, frozenset(), MappingProxyType({}), frozenset())
"""As if nobody had a visit then, was asked, or held an offer."""


async def moment(r: Reading, opening: Opening) -> Moment:
    """Who has a visit then, who was asked about the opening, and who holds an offer of any, until when."""
    held = await narrow_store.holding(r)
    return Moment(
        await reach_store.clients_with_a_visit(r, opening.starts_at, opening.ends_at),
        await narrow_store.asked_about(r, opening.id),
        {each.client_id: each.expires_at for each in held},
        frozenset(each.address_ix for each in held),
    )


async def in_order(
    r: Reading, opening: Opening, weights: Weights | None = None, most: int | None = None
) -> tuple[Ranked, ...]:
    """The waiting entries that fit the opening, whoever is asked first in front; all of them, or the first `most`.

    `of` says how many came back.
    """
    weights = weights or (await policy_store.policy(r)).weights
    found = []
    async for ranked in ranking(r, opening, weights, await moment(r, opening), []):
        found.append(ranked)
        if len(found) == most:
            break
    return tuple(replace(each, of=len(found)) for each in found)


async def ranking(
    r: Reading, opening: Opening, weights: Weights, at: Moment, holders: list[Key], sift: Sift | None = None
) -> AsyncIterator[Ranked]:
    """The entries that fit, one after another; `of` counts those so far. The database is read as far as needed.

    Who holds another offer is put among the `holders` instead, whether the time would fit them or not.

    Those who were not asked for long come first.
    """
    place = 0
    for long in (True, False):
        async for wish in _fitting(r, opening, weights, at, holders, sift, long=long):
            place += 1
            yield _ranked(wish, weights, r, place)


async def would_fit(r: Reading, opening: Opening, at: Moment, holders: Sequence[Key]) -> frozenset[str]:
    """The clients whom the time would fit, did they not hold another offer."""
    found = set[str]()
    for start in range(0, len(holders), BATCH):
        async for wish, reason in _judged(r, holders[start : start + BATCH], gap_of(opening), at):
            if reason is Misfit.HOLDS_ANOTHER_OFFER:
                found.add(wish.client_id)
    return frozenset(found)


async def _fitting(
    r: Reading, opening: Opening, weights: Weights, at: Moment, holders: list[Key], sift: Sift | None, *, long: bool
) -> AsyncIterator[Wish]:
    """Those who fit in order, either those who were not asked for long, or the others."""
    gap = gap_of(opening)
    sought = _sought(opening, gap, r, weights, long=long)
    async for keys in _batches(_keys_in_order(r, sought, weights, at, holders)):
        async for wish, reason in _judged(r, await sift(keys) if sift else keys, gap, at):
            if reason is None:
                yield wish


async def _judged(r: Reading, keys: Sequence[Key], gap: Gap, at: Moment) -> AsyncIterator[tuple[Wish, Misfit | None]]:
    """Those who stand there, and why the time does not fit them."""
    found = await entry_store.entries_by_id(r, [key.entry_id for key in keys])
    for wish in wishes([found[key.entry_id] for key in keys if key.entry_id in found], gap, at):
        yield wish, fits(wish, gap, r.now)


async def misfit(r: Reading, opening: Opening, entry: Entry) -> Misfit | None:
    """Why an entry is not asked about the opening, now; None when it may be."""
    gap = gap_of(opening)
    (wish,) = wishes([entry], gap, NO_MOMENT)
    lasting = fits(wish, gap, r.now)
    if lasting is not None:
        return lasting  # most times do not fit whatever is true of people just now, so that is not read for them
    (wish,) = wishes([entry], gap, await moment(r, opening))
    return fits(wish, gap, r.now)


async def wish_then(r: Reading, entry: Entry, opening: Opening) -> Wish:
    """An entry as it stood when the opening was made, waiting and holding nothing; for explaining afterwards."""
    expected = await reach_store.clients_with_a_visit(r, opening.starts_at, opening.ends_at)
    return wish_of(entry, gap_of(opening), expected)


def wish_of(entry: Entry, gap: Gap, expected: Mapping[str, frozenset[str]] = NOBODY) -> Wish:
    """An entry as if it waited and held nothing; `expected`: by client, the visits they have at that time."""
    (wish,) = wishes([entry], gap, replace(NO_MOMENT, expected=expected))
    return replace(wish, waiting=True, paused_until=None, quiet=False)


async def misfits(r: Reading, opening: Opening, entries: Collection[Entry]) -> dict[str, Misfit]:
    """Why each of these entries is not asked, by entry id; those that may be are left out."""
    gap, at = gap_of(opening), await moment(r, opening)
    found = {wish.entry_id: fits(wish, gap, r.now) for wish in wishes(entries, gap, at)}
    return {entry_id: reason for entry_id, reason in found.items() if reason is not None}


def gap_of(opening: Opening) -> Gap:
    """The opening as the rules see it."""
    return Gap(
        clinician_id=opening.clinician_id,
        service_id=opening.service_id,
        span=Span(opening.starts_at, opening.ends_at),
        zone=opening.zone,
        given_up_by=opening.freed_by,
        location_id=opening.location_id,
        weekly=opening.kind is OpeningKind.WEEKLY,
    )


def _sought(opening: Opening, gap: Gap, r: Reading, weights: Weights, *, long: bool) -> Sought:
    """What the database narrows by: either those who were not asked for long, whose turns are early, or the others."""
    return Sought(
        service_id=opening.service_id,
        clinician_id=opening.clinician_id,
        location_id=opening.location_id,
        day=local_day(opening.starts_at, zone_of(opening.zone)),
        bit=grid_bit(gap),
        lead_minutes=(opening.starts_at - r.now) // timedelta(minutes=1),
        weekly=opening.kind is OpeningKind.WEEKLY,
        unasked_since=r.now - LONG,
        turn_at_most=latest_turn_of_long_unasked(weights, r.now) if long else None,
    )


async def _batches(keys: AsyncIterator[Key]) -> AsyncIterator[list[Key]]:
    """As many at a time as are worth reading together: few at first, since often few are asked."""
    some: list[Key] = []
    size = FIRST_BATCH
    async for key in keys:
        some.append(key)
        if len(some) == size:
            yield some
            some, size = [], min(2 * size, BATCH)
    if some:
        yield some


async def _keys_in_order(
    r: Reading, wanted: Sought, weights: Weights, at: Moment, holders: list[Key]
) -> AsyncIterator[Key]:
    """Where those stand whom the time may fit, in the order in which the rules put them, but for those asked before.

    Who holds another offer is put among the `holders` instead.

    How well the time fits, which moves people up, can be told from the key; so it is given out as soon as nobody
    further down a stream can come before it any more, and rows are read only for those whose turn comes.
    """
    most = MINUTES_A_DAY * weights.fit
    first = await narrow_store.first_keys(r, wanted, FIRST_CHUNK)
    streams = [_Stream(only, keys) for only, keys in first.items()]
    waiting: list[tuple[int, str, Key]] = []
    while True:
        behind = min((each for each in streams if not each.ended), key=lambda each: each.reached, default=None)
        if behind is not None and (not waiting or waiting[0][0] >= behind.reached - most):
            for key in await behind.more(r, wanted):
                if key.client_id in at.holding and key.client_id not in at.asked:
                    holders.append(key)
                elif key.client_id not in at.asked:
                    heappush(waiting, (behind.place(key, weights), key.entry_id, key))
        elif waiting:
            yield heappop(waiting)[2]
        else:
            return


class _Stream:
    """One of the two ordered lists an opening draws on: those who name this clinician alone, and the others.

    `reached`: no key that comes later has an earlier turn.
    """

    def __init__(self, only: str, first: list[Key]) -> None:
        self.only = only
        self._first = first
        self.ended = False
        self.reached = float("-inf")
        self._last: Key | None = None
        self._next = FIRST_CHUNK

    async def more(self, r: Reading, wanted: Sought) -> list[Key]:
        """The next ones, by turn."""
        found = self._first
        if self._last is not None:
            found = await narrow_store.keys_after(r, wanted, self.only, self._last, self._next)
        self.ended = len(found) < self._next
        self._next = min(2 * self._next, CHUNK)
        if found:
            self._last, self.reached = found[-1], found[-1].turn
        return found

    def place(self, key: Key, weights: Weights) -> int:
        """The turn, moved up by how well the time fits; as `matching.order` has it."""
        fit = fit_points(weights, named_clinician=bool(self.only), named_hours=key.grid != ANY_PART)
        return key.turn - MINUTES_A_DAY * fit


def _ranked(wish: Wish, weights: Weights, r: Reading, place: int) -> Ranked:
    facts = standing(wish)
    points = points_of(facts, weights, fit(wish.clinician_ids, wish.windows, weights), r.now)
    return Ranked(wish.entry_id, wish.client_id, place, place, points, facts)


def wishes(entries: Iterable[Entry], gap: Gap, at: Moment) -> list[Wish]:
    """Entries as the rules see them, with what is true of them at this moment."""
    found = []
    for entry in entries:
        in_the_way = at.expected.get(entry.client_id, frozenset()) - {entry.replaces_participation_id}
        found.append(
            _wish(
                entry,
                taken=(gap.span,) if in_the_way else (),
                asked_already=entry.client_id in at.asked,
                holds_another_offer=entry.client_id in at.holding,
            )
        )
    return found


def _wish(entry: Entry, *, taken: tuple[Span, ...], asked_already: bool, holds_another_offer: bool) -> Wish:
    return Wish(
        entry_id=entry.id,
        client_id=entry.client_id,
        service_id=entry.service_id,
        waiting=entry.state == entry_store.EntryState.WAITING and entry.client_active,
        joined_at=entry.joined_at,
        clinician_ids=entry.clinician_ids,
        windows=entry.windows,
        earliest_day=entry.earliest_day,
        latest_day=entry.latest_day,
        min_notice_minutes=entry.min_notice_minutes,
        priority=entry.priority,
        credit=entry.credit,
        unanswered=entry.unanswered,
        last_offered_at=entry.last_offered_at,
        replaces_at=entry.replaces_at,
        paused_until=entry.paused_until,
        quiet=entry.is_quiet,
        location_id=entry.location_id,
        weekly=entry.weekly,
        taken=taken,
        asked_already=asked_already,
        holds_another_offer=holds_another_offer,
    )
