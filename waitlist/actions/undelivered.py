"""What reached nobody: an offer, which is ended and goes to the next, or the question whether they still wait."""

from messages.kinds import Kind
from messages.outbox_store import Message, message_row
from scheduler.core.record import Tx
from waitlist import edit_store, offer_store
from waitlist.actions.wave import next_wave
from waitlist.offer_store import OfferState


async def undelivered(tx: Tx, message_id: str) -> None:
    """If the message was the text of a held offer, end that offer without words and offer the time on.

    The entry keeps its place: not being reached is no answer, so it gets its turn's credit back. An opening that
    somebody else is just dealing with is left to them and to the deadline. Whom the question whether they still wait
    did not reach was not asked: it is their turn to be asked it again.
    """
    message = await message_row(tx, message_id)
    if message is not None and message.kind is Kind.OFFER:
        await _offer_undelivered(tx, message)
    if message is not None and message.kind is Kind.STILL_WAITING and message.client_id is not None:
        await edit_store.note_not_asked(tx, message.client_id)


async def _offer_undelivered(tx: Tx, message: Message) -> None:
    if message.offer_id is None:
        return
    offer = await offer_store.offer_by_id(tx, message.offer_id)
    if offer is None or not await edit_store.lock_at_once(tx, offer.opening_id):
        return
    if not await edit_store.end_offer(tx, offer.id, OfferState.HELD, OfferState.WITHDRAWN):
        return
    await edit_store.give_credit(tx, (offer.entry_id,))
    tx.note("offer.withdrawn", "offer", offer.id, reason="undelivered")
    await next_wave(tx, offer.opening_id)
