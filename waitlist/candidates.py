"""Who would be asked about an opening, in order: the record's facts handed to the pure rules.

Here lives the gathering of facts, a fixed number of queries however long the list is. The rules are in matching.py.
Invariant: whatever decides somebody's place is in the `Ranked` that comes back.
"""

from scheduler.calendar.wallclock import Span
from scheduler.core.record import Reading
from waitlist import reach_store, store
from waitlist.matching import Gap, Misfit, Ranked, Wish, fits, rank
from waitlist.store import Entry, OfferState, Opening


async def in_order(r: Reading, opening: Opening) -> tuple[Ranked, ...]:
    """The waiting entries that fit the opening, whoever is asked first in front."""
    return rank(await _wishes(r, opening), _gap(opening), r.now)


async def misfits(r: Reading, opening: Opening) -> dict[str, Misfit]:
    """Why each of the other waiting entries is not asked, by entry id."""
    gap = _gap(opening)
    found = {wish.entry_id: fits(wish, gap, r.now) for wish in await _wishes(r, opening)}
    return {entry_id: misfit for entry_id, misfit in found.items() if misfit is not None}


def _gap(opening: Opening) -> Gap:
    return Gap(
        clinician_id=opening.clinician_id,
        service_id=opening.service_id,
        span=Span(opening.starts_at, opening.ends_at),
        zone=opening.zone,
        given_up_by=opening.freed_by,
    )


async def _wishes(r: Reading, opening: Opening) -> list[Wish]:
    span = Span(opening.starts_at, opening.ends_at)
    expected = await reach_store.clients_with_a_visit(r, span.starts_at, span.ends_at)
    asked = {offer.client_id for offer in await store.offers(r, opening_id=opening.id)}
    holding = {offer.client_id for offer in await store.offers(r, states=(OfferState.HELD,))}
    wishes = []
    for entry in await store.entries(r):
        in_the_way = expected.get(entry.client_id, frozenset()) - {entry.replaces_participation_id}
        wishes.append(
            _wish(
                entry,
                taken=(span,) if in_the_way else (),
                asked_already=entry.client_id in asked,
                holds_another_offer=entry.client_id in holding,
            )
        )
    return wishes


def _wish(entry: Entry, *, taken: tuple[Span, ...], asked_already: bool, holds_another_offer: bool) -> Wish:
    return Wish(
        entry_id=entry.id,
        client_id=entry.client_id,
        service_id=entry.service_id,
        waiting=entry.state == store.EntryState.WAITING and entry.client_active,
        joined_at=entry.joined_at,
        clinician_ids=entry.clinician_ids,
        windows=entry.windows,
        earliest_day=entry.earliest_day,
        latest_day=entry.latest_day,
        min_notice_minutes=entry.min_notice_minutes,
        priority=entry.priority,
        credit=entry.credit,
        last_offered_at=entry.last_offered_at,
        replaces_at=entry.replaces_at,
        taken=taken,
        asked_already=asked_already,
        holds_another_offer=holds_another_offer,
    )
