"""Take an entry off the waitlist."""

from messages.tasks import settled
from scheduler.core.errors import NotFound
from scheduler.core.record import Tx
from waitlist import edit_store, entry_store, offer_store, texts
from waitlist.actions.ask_the_desk import yes_key
from waitlist.actions.wave import next_wave
from waitlist.entry_store import EntryState
from waitlist.offer_store import OfferState


async def leave(tx: Tx, entry_id: str) -> bool:
    """Whether it was waiting. An offer it holds goes to the next; they asked to leave, so nobody texts them about it.

    Raises:
        NotFound: no such entry.
    """
    if await entry_store.entry(tx, entry_id) is None:
        raise NotFound("waitlist_entry", entry=entry_id)
    held = await offer_store.offers(tx, entry_id=entry_id, states=(OfferState.HELD,))
    for offer in held:
        await edit_store.lock_opening(tx, offer.opening_id)
    if not await edit_store.set_entry_state(tx, entry_id, EntryState.WAITING, EntryState.LEFT):
        return False
    tx.note("entry.left", "waitlist_entry", entry_id)
    for offer in held:
        if await edit_store.end_offer(tx, offer.id, OfferState.HELD, OfferState.WITHDRAWN):
            if offer.accepted_at is not None:
                await settled(tx, yes_key(offer.id))
            await texts.never_heard(tx, offer, "left")
            tx.note("offer.withdrawn", "offer", offer.id, reason="left")
            await next_wave(tx, offer.opening_id)
    return True
