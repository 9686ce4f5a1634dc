"""End the offers of an opening whose deadline has passed; the time is offered on in the same commit."""

from scheduler.core.record import Tx
from waitlist import edit_store, offer_store, opening_store, texts
from waitlist.actions.wave import next_wave
from waitlist.actions.withdraw import withdraw_offer
from waitlist.offer_store import Offer, OfferState
from waitlist.opening_store import OpeningKind


async def expire(tx: Tx, opening_id: str) -> int:
    """How many offers were overdue and are over now. Nobody is told unless they answer late."""
    await edit_store.lock_opening(tx, opening_id)
    return await expire_overdue(tx, opening_id)


async def expire_overdue(tx: Tx, opening_id: str) -> int:
    """As `expire`, for who has the opening locked already."""
    unsettled = await _unsettled(tx, opening_id)
    for offer in unsettled:
        await withdraw_offer(tx, offer, "not_settled")
    ended = await edit_store.end_held(tx, opening_id, OfferState.EXPIRED, due=True)
    if not ended and not unsettled:
        return 0
    unheard = await texts.never_heard_of(tx, ended.keys(), "expired")
    silent = [entry_id for offer_id, entry_id in ended.items() if offer_id not in unheard]
    if await _was_instead(tx, opening_id):
        silent = []  # nobody asked to be asked about this one
    await edit_store.note_answer(tx, silent, answered=False)
    for offer_id in sorted(ended):
        tx.note("offer.expired", "offer", offer_id)
    await next_wave(tx, opening_id)
    return len(ended) + len(unsettled)


async def _was_instead(tx: Tx, opening_id: str) -> bool:
    opening = await opening_store.opening_by_id(tx, opening_id)
    return opening is not None and opening.kind is OpeningKind.INSTEAD


async def _unsettled(tx: Tx, opening_id: str) -> list[Offer]:
    """The yeses that no person has settled in their time: their holders are told, and asked first next time."""
    held = await offer_store.offers(tx, opening_id=opening_id, states=(OfferState.HELD,))
    return [offer for offer in held if offer.accepted_at is not None and offer.expires_at <= tx.now]
