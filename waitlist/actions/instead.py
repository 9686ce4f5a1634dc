"""Another time for somebody whose yes came second: a free one that fits all they wished for, held for them alone.

Told in the same text and the same commit as the loss (claim.py). It costs no turn: whoever takes none of it stands
where a lost offer has put them. Invariant: such a time is offered to one person, and given back if they let it go.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from scheduler.actions.hold import hold
from scheduler.calendar.open_times import OpenTime, open_times
from scheduler.calendar.wallclock import Span
from scheduler.core.record import Reading, Tx
from scheduler.people import store as people
from waitlist import candidates, edit_store, entry_store, narrow_store, opening_store
from waitlist.actions.open_time import open_time
from waitlist.askable import open_to_offers
from waitlist.deadlines import held_until, hold_expiry
from waitlist.entry_store import Entry, EntryState
from waitlist.matching import fits
from waitlist.offer_store import Offer
from waitlist.opening_store import Opening, OpeningKind

MOST: Final = 5
"""So many of those who came second are looked at: the winner's commit waits for it."""

NOT_A_VISIT: Final = frozenset({OpeningKind.WEEKLY, OpeningKind.SEAT})
"""A free hour is no weekly time, and makes no group."""

REACH: Final = timedelta(days=21)
SOONEST: Final = timedelta(hours=2)
LOOKED_AT: Final = 120
MOST_CLINICIANS: Final = 3
"""Of so many the calendar is looked through for one who came second; the one whose time it was is among them."""
MOST_TRIED: Final = 5
"""So many times that fit their wishes are held against their own calendar."""
LONGEST_MINUTES: Final = 30
"""Whoever holds this is asked about nothing else meanwhile, so it is not held for long."""


@dataclass(frozen=True, slots=True)
class Instead:
    """What is held for one who came second, until the deadline."""

    offer_id: str
    starts_at: datetime
    deadline: datetime


async def offer_instead(tx: Tx, losers: Sequence[Offer]) -> dict[str, Instead]:
    """For those of the first few whom a free time fits, by the id of the offer they lost; others keep their place.

    The word that they lost is an answer; another time is an offer nobody asked for. So only those get one who may be
    made offers at this hour, and do not rest.
    """
    found: dict[str, Instead] = {}
    like = await opening_store.opening_by_id(tx, losers[0].opening_id) if losers else None
    if like is None or like.kind in NOT_A_VISIT:
        return found
    free = _Free(like.clinician_id)
    practice = await people.practice(tx)
    minutes = min(practice.offer_hold_minutes, LONGEST_MINUTES)
    holding = {each.address_ix for each in await narrow_store.holding(tx)}
    points = await open_to_offers(tx, [each.client_id for each in losers[:MOST]], practice)
    for lost in losers[:MOST]:
        entry, point = await entry_store.entry(tx, lost.entry_id), points.get(lost.client_id)
        if entry is None or not _wants_one(tx, entry) or point is None or point.id != lost.contact_point_id:
            continue
        if point.value_ix in holding:
            continue
        instead = await _hold_one(tx, free, lost, entry, like, minutes)
        if instead is not None:
            holding.add(point.value_ix)
            found[lost.id] = instead
    return found


def _wants_one(r: Reading, entry: Entry) -> bool:
    rests = entry.is_quiet or (entry.paused_until is not None and entry.paused_until > r.now)
    return entry.state is EntryState.WAITING and not rests


async def _hold_one(tx: Tx, free: "_Free", lost: Offer, entry: Entry, like: Opening, minutes: int) -> Instead | None:
    tried = 0
    for time in await free.times(tx, entry):
        opening = await _as_opening(tx, free, like, time)
        deadline = held_until(tx.now, time.starts_at, minutes, alone=True)
        if deadline is None or not _is_wished(tx, entry, opening):
            continue
        tried += 1
        made = await _offer(tx, lost, time, deadline) if await _is_free_then(tx, entry, opening) else None
        if made is not None:
            free.take(time)
            return Instead(made, time.starts_at, deadline)
        if tried == MOST_TRIED:
            return None
    return None


class _Free:
    """What is free, looked for once for all who would see the same people for the same service."""

    def __init__(self, first: str) -> None:
        self._first = first
        self._everybody: list[str] | None = None
        self._found: dict[tuple[str, ...], tuple[OpenTime, ...]] = {}
        self._zones: dict[str, str | None] = {}

    async def times(self, r: Reading, entry: Entry) -> list[OpenTime]:
        """What is free for their service with whom they would see, soonest first."""
        known = entry.clinician_ids or await self._anybody(r)
        clinicians = sorted(known, key=lambda each: (each != self._first, each))[:MOST_CLINICIANS]
        key = (entry.service_id, *clinicians)
        if key not in self._found:
            self._found[key] = await open_times(
                r,
                clinician_ids=clinicians,
                service_id=entry.service_id,
                earliest=r.now + SOONEST,
                latest=r.now + REACH,
                limit=LOOKED_AT,
                step_minutes=30,
            )
        earliest = r.now + timedelta(minutes=entry.min_notice_minutes)
        return [
            each
            for each in self._found[key]
            if each.starts_at >= earliest and (entry.replaces_at is None or each.starts_at < entry.replaces_at)
        ]

    async def _anybody(self, r: Reading) -> list[str]:
        """Whom those would see who named nobody."""
        if self._everybody is None:
            self._everybody = [each.id for each in await people.clinicians(r, active_only=True)]
        return self._everybody

    async def zone(self, r: Reading, location_id: str) -> str | None:
        """The zone of a place."""
        if location_id not in self._zones:
            place = await people.location(r, location_id)
            self._zones[location_id] = place.zone if place else None
        return self._zones[location_id]

    def take(self, time: OpenTime) -> None:
        """It is held for somebody now."""
        held = Span(time.starts_at, time.ends_at)
        for key, times in self._found.items():
            self._found[key] = tuple(
                each
                for each in times
                if each.clinician_id != time.clinician_id or not held.overlaps(Span(each.starts_at, each.ends_at))
            )


async def _as_opening(r: Reading, free: _Free, like: Opening, time: OpenTime) -> Opening:
    """A free time as the rules see an opening."""
    return replace(
        like,
        clinician_id=time.clinician_id,
        location_id=time.location_id,
        zone=await free.zone(r, time.location_id) or like.zone,
        starts_at=time.starts_at,
        ends_at=time.ends_at,
        freed_by=None,
    )


def _is_wished(r: Reading, entry: Entry, opening: Opening) -> bool:
    gap = candidates.gap_of(opening)
    return fits(candidates.wish_of(entry, gap), gap, r.now) is None


async def _is_free_then(r: Reading, entry: Entry, opening: Opening) -> bool:
    """Whether they are not expected elsewhere at that time."""
    return fits(await candidates.wish_then(r, entry, opening), candidates.gap_of(opening), r.now) is None


async def _offer(tx: Tx, lost: Offer, time: OpenTime, deadline: datetime) -> str | None:
    """The id of an offer of this time, held; None if somebody has just taken it."""
    opening_id = await open_time(
        tx,
        clinician_id=time.clinician_id,
        service_id=lost.service_id,
        location_id=time.location_id,
        span=Span(time.starts_at, time.ends_at),
        kind=OpeningKind.INSTEAD,
    )
    if opening_id is None:
        return None
    await edit_store.plan_wave(tx, opening_id, None)
    kept = await hold(
        tx,
        holder_id=opening_id,
        kind="offer",
        service_id=lost.service_id,
        times=(time,),
        expires_at=hold_expiry(deadline),
    )
    if not kept:
        await edit_store.set_opening_state(tx, opening_id, opening_store.UNSETTLED, opening_store.OpeningState.UNDONE)
        return None
    offer_id = tx.new_id()
    row = {
        "id": offer_id,
        "opening_id": opening_id,
        "entry_id": lost.entry_id,
        "client_id": lost.client_id,
        "contact_point_id": lost.contact_point_id,
        "expires_at": deadline,
    }
    await edit_store.add_offers(tx, [row])
    tx.note("offer.instead", "offer", offer_id, opening=opening_id, entry=lost.entry_id)
    return offer_id
