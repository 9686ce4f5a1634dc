"""End an opening without a winner: its time was taken, given back, or is no longer to be given away."""

from messages.tasks import settled
from scheduler.actions.hold import release
from scheduler.core.record import Tx
from waitlist import edit_store, offer_store, opening_store, texts
from waitlist.actions.ask_the_desk import yes_key
from waitlist.offer_store import Offer, OfferState
from waitlist.opening_store import OpeningState


async def withdraw_opening(tx: Tx, opening_id: str, to: OpeningState = OpeningState.UNDONE) -> bool:
    """Settle the opening as `to` (undone or taken_by_staff); whoever holds an offer of it is told in the same commit.

    False when it was settled already; then nothing is changed.
    """
    if not await edit_store.set_opening_state(tx, opening_id, opening_store.UNSETTLED, to):
        return False
    await release(tx, opening_id)
    for offer in await offer_store.offers(tx, opening_id=opening_id, states=(OfferState.HELD,)):
        await withdraw_offer(tx, offer, to.value)
    tx.note(f"opening.{to.value}", "opening", opening_id)
    return True


async def withdraw_offer(tx: Tx, offer: Offer, reason: str) -> None:
    """Take back a held offer. Its holder lost it through no act of their own: they get a credit, and are told."""
    if not await edit_store.end_offer(tx, offer.id, OfferState.HELD, OfferState.WITHDRAWN):
        return
    await edit_store.give_credit(tx, (offer.entry_id,))
    if offer.accepted_at is not None:
        await settled(tx, yes_key(offer.id))
    tx.note("offer.withdrawn", "offer", offer.id, reason=reason)
    if not await texts.never_heard(tx, offer, reason):
        await texts.withdrawn(tx, offer)
