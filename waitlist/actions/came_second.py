"""Yeses to times that somebody else has got by then: what is kept of them. Who hears what of it is the caller's.

Invariant: an offer counts as taken in vain once, however often its yes comes.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from scheduler.core.actor import Actor
from scheduler.core.record import Tx
from waitlist import edit_store
from waitlist.offer_store import Offer

IN_VAIN: Final = 5
"""For so many lost offers counts a yes that came second."""


async def came_second(tx: Tx, offers: Sequence[Offer], actors: Mapping[str, Actor]) -> frozenset[str]:
    """Those who said these yeses go well before others next time; the ids of the offers whose first yes it was.

    All are of offers that another's act has ended (`OfferState.WITHDRAWN`); a thousand cost as many statements as one.
    `actors`: by offer id, whose act each yes is.
    """
    await edit_store.note_answer(tx, [each.entry_id for each in offers], answered=True)
    first = await edit_store.note_in_vain(tx, [each.id for each in offers])
    counted = [each for each in offers if each.id in first]
    if counted:
        await edit_store.give_credit(tx, [each.entry_id for each in counted], IN_VAIN)
    for each in counted:
        with tx.acting(actors[each.id]):
            tx.note("offer.in_vain", "offer", each.id)
    return first
