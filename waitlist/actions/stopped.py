"""End the offers of a number that said STOP: they could not be answered any more."""

from scheduler.core.record import Tx
from waitlist import edit_store, offer_store
from waitlist.actions.wave import next_wave
from waitlist.offer_store import OfferState


async def offers_stopped(tx: Tx, address_ix: bytes) -> None:
    """Withdraw what is held for the number, without words, and offer each time on.

    An opening that somebody else is just dealing with is left to them and to the deadline.
    """
    for offer in await offer_store.held_by_number(tx, address_ix):
        if not await edit_store.lock_at_once(tx, offer.opening_id):
            continue
        if await edit_store.end_offer(tx, offer.id, OfferState.HELD, OfferState.WITHDRAWN):
            tx.note("offer.withdrawn", "offer", offer.id, reason="stopped")
            await next_wave(tx, offer.opening_id)
