"""Settle an opening that staff have booked over, often for the very person who holds an offer of it."""

from collections.abc import Mapping

from messages.tasks import settled
from scheduler.core.record import Tx
from waitlist import edit_store, offer_store
from waitlist.actions.ask_the_desk import yes_key
from waitlist.actions.withdraw import withdraw_opening
from waitlist.entry_store import EntryState
from waitlist.offer_store import OfferState
from waitlist.opening_store import OpeningState


async def booked_by_hand(tx: Tx, opening_id: str, booked_for: Mapping[str, str]) -> None:
    """End the opening because its time was booked for `booked_for` (participation ids by client).

    A holder among them has got the time: their offer counts as claimed and their entry as filled. A visit that their
    claim would have released is left to staff, who can see it. Every other holder is told that the time is gone.
    """
    for offer in await offer_store.offers(tx, opening_id=opening_id, states=(OfferState.HELD,)):
        if offer.client_id not in booked_for:
            continue
        participation_id = booked_for[offer.client_id]
        if await edit_store.end_offer(tx, offer.id, OfferState.HELD, OfferState.CLAIMED, participation_id):
            await edit_store.set_entry_state(tx, offer.entry_id, EntryState.WAITING, EntryState.FILLED)
            if offer.accepted_at is not None:
                await settled(tx, yes_key(offer.id))
            tx.note("offer.claimed", "offer", offer.id, participation=participation_id, via="staff")
            tx.note("entry.filled", "waitlist_entry", offer.entry_id)
    await withdraw_opening(tx, opening_id, OpeningState.TAKEN_BY_STAFF)
