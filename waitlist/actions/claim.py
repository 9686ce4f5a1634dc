"""Claim an offered time: exactly one wins, everybody else who held it is told in the same commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from messages.crash_points import reach
from messages.tasks import settled
from scheduler.actions.book import book
from scheduler.actions.cancel import Cancelled, cancel
from scheduler.actions.confirm import confirm
from scheduler.actions.take_seat import take_seat
from scheduler.appointments import store as appointments
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Tx
from waitlist import edit_store, entry_store, offer_store, opening_store, policy_store, reach_store, texts
from waitlist.actions.ask_the_desk import Noted, ask_the_desk, yes_key
from waitlist.actions.came_second import came_second
from waitlist.actions.expire import expire_overdue
from waitlist.actions.instead import offer_instead
from waitlist.actions.wave import next_wave
from waitlist.actions.weekly import begin_series, end_old_series
from waitlist.actions.withdraw import withdraw_offer, withdraw_opening
from waitlist.deadlines import too_soon_to_come
from waitlist.entry_store import EntryState
from waitlist.offer_store import Offer, OfferState
from waitlist.opening_store import OpeningKind, OpeningState
from waitlist.policy import Accept, Mode, Policy

Via = Literal["sms", "link", "staff"]

_WITHOUT_RETURN = frozenset({OfferState.CLAIMED, OfferState.WITHDRAWN})
"""What was offered so is nobody else's to win by this offer, so there is nothing to wait for."""


@dataclass(frozen=True, slots=True)
class Won:
    """The time is theirs, booked and confirmed. `released` is the later visit given up for it. `again`: a retry."""

    participation_id: str
    released: str | None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody else has the time, or it is no longer offered to them; they have been told."""


@dataclass(frozen=True, slots=True)
class Expired:
    """The answer came after the deadline; they have been told."""


async def claim(
    tx: Tx, offer_id: str, *, via: Via, received_at: datetime | None = None, inbound_id: str | None = None
) -> Won | Gone | Expired | Noted:
    """Take an offered time for the one it was offered to. Doing it twice answers the same and says nothing twice.

    `received_at` is when the answer reached us (now, if None): it decides about the deadline. A yes after it, or after
    a pass, still wins a time that nobody has and that is promised to nobody. Winning books the time (the opening's own
    hold becomes the appointment), fills the entry, releases the later visit it replaces (never late, no fee) and
    tells every other holder. Where a person settles yeses (`Policy.accept`), one that did not come from staff is
    `Noted`: the time is kept for them, and nobody else is asked meanwhile.

    Raises:
        NotFound: no such offer.
    """
    offer, may_be_had = await _read(tx, offer_id), False
    if offer.state not in _WITHOUT_RETURN:
        may_be_had = await _lock(tx, offer)
        offer = await _read(tx, offer_id)  # what stood before the wait may be over
    known = known_verdict(offer)
    if known is not None:
        return known
    if not may_be_had:
        return await _too_late(tx, offer, via, inbound_id)
    if offer.state is OfferState.HELD and (received_at or tx.now) > offer.expires_at:
        await expire_overdue(tx, offer.opening_id)
        offer = await _read(tx, offer_id)
    policy = await policy_store.policy(tx)
    if offer.state is not OfferState.HELD and not await _still_to_be_had(tx, offer, policy):
        return await _too_late(tx, offer, via, inbound_id)
    if await _has_a_visit_then(tx, offer):
        return await _not_theirs(tx, offer, "has_a_visit_then")
    if policy.accept is not Accept.AUTO and via != "staff":
        return await ask_the_desk(tx, offer, policy, inbound_id)
    return await _take(tx, offer, via, inbound_id)


def known_verdict(offer: Offer) -> Won | Gone | None:
    """What a claim comes to where its row alone tells, and nothing is left to write; None where something may be."""
    if offer.state is OfferState.CLAIMED and offer.participation_id:
        return Won(offer.participation_id, offer.replaces_participation_id, again=True)
    is_known = offer.state is OfferState.WITHDRAWN and offer.in_vain and not offer.unanswered
    return Gone() if is_known else None


async def _take(tx: Tx, offer: Offer, via: Via, inbound_id: str | None) -> Won | Gone:
    try:
        participation_id = await _book(tx, offer)
    except Conflict:
        await withdraw_opening(tx, offer.opening_id, OpeningState.TAKEN_BY_STAFF)
        return Gone()
    except (NotFound, Invalid):
        # The client was put away, service or clinician are no more, or the visit has begun by now.
        return await _not_theirs(tx, offer, "not_bookable")
    return await _win(tx, offer, participation_id, via, inbound_id)


async def _still_to_be_had(tx: Tx, offer: Offer, policy: Policy) -> bool:
    """Whether a yes that comes late, or after a pass, can still be met: the time is free, and promised to nobody.

    Where several are asked at once, the first yes has it, and this one is the first. Where one is asked alone, the
    time is theirs until their deadline, so a late yes gets it only while nobody is being asked. Whoever has left the
    list since, or got another time by it, waits for none. The offer is held again then, for the claim that follows.
    """
    if offer.state not in {OfferState.EXPIRED, OfferState.PASSED} or offer.opening_state not in opening_store.UNSETTLED:
        return False
    alone = policy.mode_at(offer.starts_at - tx.now) is Mode.ONE
    if alone and await offer_store.offers(tx, opening_id=offer.opening_id, states=(OfferState.HELD,)):
        return False
    if too_soon_to_come(offer.starts_at, tx.now) or await _holds_another(tx, offer):
        return False
    entry = await entry_store.entry(tx, offer.entry_id)
    if entry is None or entry.state != EntryState.WAITING:
        return False
    return await edit_store.hold_again(tx, offer.id)


async def _holds_another(tx: Tx, offer: Offer) -> bool:
    """Whether the yes may as well be meant for another time that is offered to them now."""
    return bool(await offer_store.offers(tx, client_ids=(offer.client_id,), states=(OfferState.HELD,)))


async def _lock(tx: Tx, offer: Offer) -> bool:
    """Opening first, then client: two claims of one opening, or of one client, follow one another.

    Whether somebody may still get the time; if not, nothing is locked but the client, and there is nothing to race for.
    """
    unsettled = offer.opening_state in opening_store.UNSETTLED and await edit_store.lock_unsettled(tx, offer.opening_id)
    await edit_store.lock_client(tx, offer.client_id)
    return unsettled


async def _read(tx: Tx, offer_id: str) -> Offer:
    offer = await offer_store.offer_by_id(tx, offer_id)
    if offer is None:
        raise NotFound("offer", offer=offer_id)
    return offer


async def _has_a_visit_then(tx: Tx, offer: Offer) -> bool:
    expected = await reach_store.clients_with_a_visit(tx, offer.starts_at, offer.ends_at)
    return bool(expected.get(offer.client_id, frozenset()) - {offer.replaces_participation_id})


async def _not_theirs(tx: Tx, offer: Offer, reason: str) -> Gone:
    """They cannot have it after all; somebody else may."""
    await withdraw_offer(tx, offer, reason)
    await next_wave(tx, offer.opening_id)
    return Gone()


async def _book(tx: Tx, offer: Offer) -> str:
    """The place that was booked and confirmed.

    Raises:
        Conflict, NotFound, Invalid: as `book` does; nothing was changed.
    """
    if offer.kind is OpeningKind.WEEKLY:
        place = await begin_series(tx, offer)
    elif offer.kind is OpeningKind.SEAT:
        place = await take_seat(tx, str(offer.appointment_id), offer.client_id, starts_at=offer.starts_at)
    else:
        place = await _book_visit(tx, offer)
    await confirm(tx, place)
    return place


async def _book_visit(tx: Tx, offer: Offer) -> str:
    async with tx.conn.begin_nested():
        booked = await book(
            tx,
            clinician_id=offer.clinician_id,
            service_id=offer.service_id,
            location_id=offer.location_id,
            client_ids=(offer.client_id,),
            starts_at=offer.starts_at,
            told=False,
            own_holder=offer.opening_id,
            claim_offer_id=offer.id,
        )
    return booked.participation_ids[0]


async def _win(tx: Tx, offer: Offer, participation_id: str, via: Via, inbound_id: str | None) -> Won:
    if not (
        await edit_store.set_opening_state(tx, offer.opening_id, opening_store.UNSETTLED, OpeningState.FILLED)
        and await edit_store.end_offer(tx, offer.id, OfferState.HELD, OfferState.CLAIMED, participation_id)
        and await edit_store.set_entry_state(tx, offer.entry_id, EntryState.WAITING, EntryState.FILLED)
    ):
        # Opening and client are locked, so this cannot be; should it be, nothing of it may stand.
        raise Conflict("claimed_meanwhile", offer=offer.id)
    released_at = await _release_later_visit(tx, offer)
    await _mark_filled(tx, offer)
    await texts.won(tx, offer, participation_id, released_at, inbound_id)
    await _tell_losers(tx, offer)
    await _close_task(tx, offer)
    tx.note("offer.claimed", "offer", offer.id, participation=participation_id, via=via)
    tx.note("opening.filled", "opening", offer.opening_id, offer=offer.id)
    tx.note("entry.filled", "waitlist_entry", offer.entry_id)
    reach("offer.claimed")
    return Won(participation_id, offer.replaces_participation_id if released_at else None)


async def _release_later_visit(tx: Tx, offer: Offer) -> datetime | None:
    """Give up the visit this one replaces, if it still stands; when it would have been."""
    later = (await _replaced(tx, (offer,)))[offer]
    opening = await opening_store.opening_by_id(tx, offer.opening_id)
    if later is None or opening is None:
        return None
    depth = opening.depth + 1
    if offer.kind is OpeningKind.WEEKLY and await end_old_series(tx, offer, depth):
        return later
    if later <= offer.starts_at:
        return None
    released = await cancel(tx, str(offer.replaces_participation_id), by="claim", depth=depth, told=False)
    return later if isinstance(released, Cancelled) else None


async def _replaced(tx: Tx, offers: Sequence[Offer]) -> dict[Offer, datetime | None]:
    """For each the start of the visit its claim releases, or keeps when it is lost; None when there is none."""
    ids = [offer.replaces_participation_id for offer in offers if offer.replaces_participation_id is not None]
    visits = await appointments.visits(tx, ids) if ids else {}
    standing = {each: visit.starts_at for each, visit in visits.items() if visit.is_active and visit.starts_at > tx.now}
    return {offer: standing.get(offer.replaces_participation_id or "") for offer in offers}


async def _mark_filled(tx: Tx, offer: Offer) -> None:
    """For the report: the cancellation did not leave an empty hour. A visit moved away left none either way."""
    opening = await opening_store.opening_by_id(tx, offer.opening_id)
    freed = opening.freed_participation_id if opening else None
    visit = await appointments.visit(tx, freed) if freed else None
    if visit is not None and not visit.is_active and visit.starts_at == offer.starts_at:
        await appointments.mark_filled(tx, visit.participation_id)


async def _close_task(tx: Tx, offer: Offer) -> None:
    """Nobody has to settle the yes any more, if there was one."""
    if offer.accepted_at is not None:
        await settled(tx, yes_key(offer.id))


async def _tell_losers(tx: Tx, winner: Offer) -> None:
    losers = await offer_store.offers(tx, opening_id=winner.opening_id, states=(OfferState.HELD,))
    ended = await edit_store.end_held(tx, winner.opening_id, OfferState.WITHDRAWN)
    if not ended:
        return
    await edit_store.give_credit(tx, [offer.entry_id for offer in losers])
    for offer in losers:
        await _close_task(tx, offer)
        tx.note("offer.withdrawn", "offer", offer.id, reason="lost")
    unheard = await texts.never_heard_of(tx, ended.keys(), "lost")
    heard = [offer for offer in losers if offer.id not in unheard]
    await texts.lost(tx, await _replaced(tx, heard), await offer_instead(tx, heard))


async def _too_late(tx: Tx, offer: Offer, via: Via, inbound_id: str | None) -> Gone | Expired:
    """Tell them once how it ended. Who passed and thinks again hears that it went on.

    Who was told already, and whose yes crossed that word, is thanked once: they go first next time. A page says it
    by itself.
    """
    if offer.state in {OfferState.EXPIRED, OfferState.PASSED}:
        await edit_store.note_answer(tx, (offer.entry_id,), answered=True)
        await texts.expired(tx, offer, inbound_id)
        return Expired()
    first = await came_second(tx, (offer,), {offer.id: tx.actor})
    if first and via == "sms" and offer.opening_state is OpeningState.FILLED:
        await texts.second(tx, offer, inbound_id)
    return Gone()
