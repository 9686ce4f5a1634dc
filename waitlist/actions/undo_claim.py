"""Take a claim back within its minutes: the old visit stands again, the claimed time is offered to the others."""

from dataclasses import dataclass

from scheduler.actions.cancel import cancel
from scheduler.actions.restore import UNDO, Restored, restore
from scheduler.appointments import store as appointments
from scheduler.core.errors import Conflict, NotFound
from scheduler.core.record import Tx
from waitlist import edit_store, offer_store, opening_store, texts
from waitlist.actions.weekly import give_back_series, resume_old_series
from waitlist.entry_store import EntryState
from waitlist.offer_store import Offer, OfferState
from waitlist.opening_store import OpeningKind, OpeningState


@dataclass(frozen=True, slots=True)
class ClaimUndone:
    """The claimed time is given back. `restored` is the later visit that stands again, where there was one."""

    restored: str | None


@dataclass(frozen=True, slots=True)
class NotUndone:
    """Nothing was changed. `reason` is not_claimed | too_late | old_time_taken."""

    reason: str


async def undo_claim(tx: Tx, offer_id: str) -> ClaimUndone | NotUndone:
    """Undo a claim made no more than fifteen minutes ago. It costs nothing: never late, no fee, the place is kept.

    The later visit it had released comes back first, or the weekly one; if that time is taken by now, the claim stands.
    Of a weekly time every visit is given back.

    Raises:
        NotFound: no such offer.
    """
    offer = await offer_store.offer_by_id(tx, offer_id)
    if offer is None:
        raise NotFound("offer", offer=offer_id)
    await edit_store.lock_opening(tx, offer.opening_id)
    offer = await offer_store.offer_by_id(tx, offer_id) or offer
    if offer.state != OfferState.CLAIMED or offer.participation_id is None or offer.ended_at is None:
        return NotUndone("not_claimed")
    if tx.now - offer.ended_at > UNDO or offer.starts_at <= tx.now:
        return NotUndone("too_late")
    try:
        released = await _restore_released(tx, offer)
    except Conflict:
        return NotUndone("old_time_taken")
    await edit_store.end_offer(tx, offer.id, OfferState.CLAIMED, OfferState.WITHDRAWN)
    await edit_store.set_opening_state(tx, offer.opening_id, (OpeningState.FILLED,), OpeningState.UNDONE)
    await edit_store.set_entry_state(tx, offer.entry_id, EntryState.FILLED, EntryState.WAITING)
    await edit_store.note_answer(tx, (offer.entry_id,), answered=True)
    await _no_longer_filled(tx, offer)
    await _give_back(tx, offer, offer.participation_id)
    tx.note("offer.claim_undone", "offer", offer.id, participation=offer.participation_id)
    tx.note("opening.undone", "opening", offer.opening_id)
    tx.note("entry.waits_again", "waitlist_entry", offer.entry_id)
    return ClaimUndone(released)


async def take_claim_back(tx: Tx, offer_id: str) -> ClaimUndone | NotUndone:
    """Undo a claim for its client, as `undo_claim` does, and tell them.

    Raises:
        NotFound: no such offer.
    """
    done = await undo_claim(tx, offer_id)
    offer = await offer_store.offer_by_id(tx, offer_id)
    if isinstance(done, ClaimUndone) and offer is not None:
        again = await appointments.visit(tx, done.restored) if done.restored else None
        await texts.taken_back(tx, offer, again.starts_at if again else None)
    return done


async def _restore_released(tx: Tx, offer: Offer) -> str | None:
    """What stands again of that which the claim gave up, the first visit of it; None when it gave up nothing.

    Raises:
        Conflict: its time was taken meanwhile; nothing was changed.
    """
    if offer.kind is OpeningKind.WEEKLY:
        resumed = await resume_old_series(tx, offer)
        if resumed is not None:
            return resumed
    released = await _released(tx, offer)
    if released is not None and not isinstance(await restore(tx, released), Restored):
        raise Conflict("time_taken", participation=released)
    return released


async def _give_back(tx: Tx, offer: Offer, participation_id: str) -> None:
    depth = await _depth(tx, offer)
    if offer.kind is OpeningKind.WEEKLY:
        await give_back_series(tx, offer, depth)
    else:
        await cancel(tx, participation_id, by="claim", depth=depth, told=False)


async def _released(tx: Tx, offer: Offer) -> str | None:
    """The visit that this claim gave up, not one that had ended in another way before."""
    if offer.replaces_participation_id is None:
        return None
    visit = await appointments.visit(tx, offer.replaces_participation_id)
    given_up = visit is not None and visit.cancelled_via == "claim" and visit.cancelled_at == offer.ended_at
    return offer.replaces_participation_id if given_up else None


async def _depth(tx: Tx, offer: Offer) -> int:
    """The time is as far down the cascade as it was before: undoing and claiming again leads no deeper."""
    opening = await opening_store.opening_by_id(tx, offer.opening_id)
    return opening.depth if opening else 0


async def _no_longer_filled(tx: Tx, offer: Offer) -> None:
    opening = await opening_store.opening_by_id(tx, offer.opening_id)
    if opening and opening.freed_participation_id:
        await appointments.mark_filled(tx, opening.freed_participation_id, filled=False)
