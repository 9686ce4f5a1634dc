"""End the offers of a number that said STOP: they could not be answered any more."""

from scheduler.core.record import Tx
from waitlist import store
from waitlist.actions.wave import next_wave
from waitlist.store import OfferState


async def offers_stopped(tx: Tx, address_ix: bytes) -> None:
    """Withdraw what is held for the number, without words, and offer each time on."""
    for offer in await store.held_by_number(tx, address_ix):
        await store.lock_opening(tx, offer.opening_id)
        if await store.end_offer(tx, offer.id, OfferState.HELD, OfferState.WITHDRAWN):
            tx.note("offer.withdrawn", "offer", offer.id, reason="stopped")
            await next_wave(tx, offer.opening_id)
