"""Pass on an offered time: it goes to the next at once, and one's place on the list is kept."""

from dataclasses import dataclass

from messages.tasks import settled
from scheduler.core.errors import NotFound
from scheduler.core.record import Tx
from waitlist import edit_store, offer_store, texts
from waitlist.actions.ask_the_desk import yes_key
from waitlist.actions.wave import next_wave
from waitlist.offer_store import Offer, OfferState


@dataclass(frozen=True, slots=True)
class Passed:
    """The offer is over. `again`: it had been passed before, and nothing was changed."""

    again: bool


@dataclass(frozen=True, slots=True)
class NotPassed:
    """Nothing was changed: the offer had ended in another way (claimed | expired | withdrawn)."""

    state: str


async def pass_offer(tx: Tx, offer_id: str, *, inbound_id: str | None = None) -> Passed | NotPassed:
    """End a held offer because its holder does not want the time; they are thanked once.

    Raises:
        NotFound: no such offer.
    """
    offer = await offer_store.offer_by_id(tx, offer_id)
    if offer is None:
        raise NotFound("offer", offer=offer_id)
    await edit_store.lock_opening(tx, offer.opening_id)
    if not await edit_store.end_offer(tx, offer_id, OfferState.HELD, OfferState.PASSED):
        return await _too_late(tx, offer)
    await edit_store.note_answer(tx, (offer.entry_id,), answered=True)
    if offer.accepted_at is not None:
        await settled(tx, yes_key(offer.id))
    tx.note("offer.passed", "offer", offer_id)
    await texts.passed(tx, offer, inbound_id)
    await next_wave(tx, offer.opening_id)
    return Passed(again=False)


async def _too_late(tx: Tx, offer: Offer) -> Passed | NotPassed:
    """A no that comes late is an answer too: whoever gives one is not among those who stay silent."""
    now = await offer_store.offer_by_id(tx, offer.id)
    state = now.state if now else offer.state
    if state != OfferState.CLAIMED:
        if await edit_store.end_offer(tx, offer.id, OfferState.EXPIRED, OfferState.PASSED):
            tx.note("offer.passed", "offer", offer.id, late=True)
        await edit_store.note_answer(tx, (offer.entry_id,), answered=True)
    return Passed(again=True) if state == OfferState.PASSED else NotPassed(state)
