"""A or P: an offered opening is taken or passed. What is said then is the waitlist's to say (waitlist/texts.py)."""

from datetime import timedelta
from typing import Final

from bot.conversation.another_day import takes_another
from bot.conversation.asking_again import put_again
from bot.conversation.hand_over import ask_staff, nothing_open
from bot.conversation.hearing import ears_of
from bot.conversation.said_store import count
from bot.conversation.turn import Turn
from messages.intents import Asked, IntentKind, Question
from messages.kinds import Kind
from scheduler.core.record import Tx
from scheduler.people import store as people
from waitlist import offer_store
from waitlist.actions.ask_the_desk import Noted
from waitlist.actions.claim import Won, claim
from waitlist.actions.pass_offer import Passed, pass_offer
from waitlist.offer_store import Offer

REMEMBERED: Final = timedelta(hours=48)
HOW_IT_ENDED: Final = (Kind.OFFER_LOST, Kind.OFFER_WITHDRAWN, Kind.OFFER_EXPIRED)


async def take_offer(tx: Tx, turn: Turn) -> str:
    """Claim the held offer; an answer to one that is over is told once how it ended.

    A yes that speaks of another day or hour takes nothing: the offer is put once more.
    """
    offer = await _meant(tx, turn)
    if offer is None:
        return await nothing_open(tx, turn)
    if turn.situation.offers and takes_another(turn, offer.starts_at):
        await ask_staff(tx, turn)
        return await put_again(tx, turn)
    outcome = await claim(tx, offer.id, via="sms", received_at=turn.inbound.received_at, inbound_id=turn.inbound.id)
    if isinstance(outcome, Won):
        return "offer_claimed"
    if isinstance(outcome, Noted):
        return "offer_noted"
    since = offer.offered_at - timedelta(seconds=1)  # it may have ended in the instant it was made
    if not await count(tx, turn.sender.address_ix, HOW_IT_ENDED, since):
        return await nothing_open(tx, turn)  # they had it and gave it back
    return "offer_gone"


async def late_yes(tx: Tx, turn: Turn) -> str | None:
    """A plain yes where only an offer that is over can be meant: it is had after all, or told how it ended."""
    situation = turn.situation
    if situation.meant or situation.offers or situation.numbered or await _meant(tx, turn) is None:
        return None
    known = (await people.clients(tx, turn.sender.client_ids)).values()
    ears = ears_of(known, turn.practice, turn.inbound.received_at)
    found = ears.hear(turn.inbound.body, Asked(question=Question.OFFER)).reading
    return await take_offer(tx, turn) if found.kinds == (IntentKind.TAKE,) and not found.leftover else None


async def pass_on(tx: Tx, turn: Turn) -> str:
    """Pass; whoever has claimed it already and now passes is asked about by staff, not acted upon."""
    offer = await _meant(tx, turn)
    if offer is None:
        return await nothing_open(tx, turn)
    outcome = await pass_offer(tx, offer.id, inbound_id=turn.inbound.id)
    if not isinstance(outcome, Passed) and outcome.state == "claimed":
        await ask_staff(tx, turn, participation_id=offer.participation_id)
        return "handed_over"
    return "offer_passed"


async def _meant(tx: Tx, turn: Turn) -> Offer | None:
    """The offer this number holds (it never holds two), else the last one it was made, if that was lately."""
    if turn.situation.offers:
        return turn.situation.offers[0]
    since = tx.now - REMEMBERED
    ended = await offer_store.newest_ended_at_number(tx, turn.sender.address_ix, since)
    return ended if ended is not None and turn.is_about(ended.client_id) else None
