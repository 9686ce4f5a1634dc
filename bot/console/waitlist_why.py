"""Why somebody was asked about a freed time, or was not, in a sentence each. Pure.

Invariant: every reason the waitlist knows has its sentence, and none names another client.
"""

from typing import Final

from bot.console.wish_words import MISFITS
from waitlist.explain import Explained, Why
from waitlist.offer_store import OfferState

ENDED: Final = {
    OfferState.HELD: "Asked, and may still answer",
    OfferState.CLAIMED: "Asked, and took it",
    OfferState.PASSED: "Asked, and passed",
    OfferState.EXPIRED: "Asked, and did not answer in time",
    OfferState.WITHDRAWN: "Asked; the time went to somebody else before they answered",
}

_WHY: Final = {
    Why.JOINED_LATER: "Joined when it was over",
    Why.QUIET: "Had left several offers unanswered, and the question whether they still wait",
    Why.HELD_ANOTHER: "Held another offer at that moment",
    Why.NOT_REACHABLE: "Could not be texted: no number that may be, no consent, or stopped",
    Why.NEVER_OFFERED: "Nobody was asked: it was taken, given back or too near",
    Why.HAD_ENOUGH: "Had had their texts for the day or the week, or held another offer",
}


def sentence(told: Explained) -> str:
    """One sentence for one opening."""
    if told.offer is not None:
        turn = f", {told.offer.place} in turn with {told.offer.points} points" if told.offer.place else ""
        vain = ": they said yes just after somebody else" if told.offer.in_vain else ""
        return ENDED[told.offer.state] + vain + turn
    if told.misfit is not None:
        return f"Did not fit: {MISFITS[told.misfit]}"
    if told.why is Why.IN_TURN:
        return f"Fits, and comes {told.place} in turn" if told.place else "Fits, and is looked at again"
    if told.why is Why.TAKEN_BEFORE:
        return _taken_before(told)
    return _WHY[told.why]


def _taken_before(told: Explained) -> str:
    asked = "1 was" if told.asked == 1 else f"{told.asked} were"
    words = f"Fitted, but it was taken when {asked} asked"
    if told.points is not None and told.least is not None:
        words += f", each with {told.least} points or more; theirs were {told.points.total}"
    return words
