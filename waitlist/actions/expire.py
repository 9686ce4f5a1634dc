"""End one offer whose deadline has passed; the time is offered on in the same commit."""

from scheduler.core.record import Tx
from waitlist import edit_store, store
from waitlist.actions.claim import expire_offer


async def expire(tx: Tx, offer_id: str) -> bool:
    """Whether the offer was still held and overdue, and is over now."""
    offer = await store.offer_by_id(tx, offer_id)
    if offer is None or offer.expires_at > tx.now:
        return False
    await edit_store.lock_opening(tx, offer.opening_id)
    return await expire_offer(tx, offer)
