"""A text from which no act follows: a person reads it, and what it leans to decides what is said meanwhile.

Where one question is open its letters are told again, so that they can go on; machines and reactions are told nothing.
Invariant: nothing is changed here.
"""

from typing import Final

from bot.conversation import law
from bot.conversation.asking_again import put_again
from bot.conversation.cancelling import after_cancelling
from bot.conversation.compared import times_named
from bot.conversation.hand_over import ask_staff, hand_over, lately_in_distress
from bot.conversation.late import late_or_unsure, later_than_said
from bot.conversation.offer_answer import late_yes
from bot.conversation.say import say
from bot.conversation.turn import Turn
from bot.conversation.which_visit import ask_which
from messages.intents import IntentKind
from messages.intents.reader import MACHINE
from messages.kinds import Kind
from messages.particulars import Particulars
from scheduler.appointments.store import Visit
from scheduler.core.record import Tx

VISIT_WISHES: Final = frozenset(
    {IntentKind.CONFIRM, IntentKind.CANNOT_COME, IntentKind.RESCHEDULE, IntentKind.LATE, IntentKind.UNSURE}
)
"""What can be wished for about a visit."""

_ABOUT_AN_OFFER: Final = frozenset({IntentKind.TAKE, IntentKind.PASS, IntentKind.CHOOSE, IntentKind.NONE_OF_THESE})
_SAID_MEANWHILE: Final[dict[IntentKind | None, Kind | None]] = {
    IntentKind.THANKS: None,
    IntentKind.QUESTION: Kind.QUESTION_POINTER,
}
_REACTION: Final = "reaction."
_OFFER_OR_VISIT: Final = "offer_or_visit"


async def not_sure(tx: Tx, turn: Turn) -> str:
    """Have a person read it, and say what helps meanwhile."""
    if MACHINE in turn.reading.why or turn.reading.why[0].startswith(_REACTION):
        return await hand_over(tx, turn, answer=None)
    if not turn.situation.meant and turn.situation.given_up is not None:
        return await after_cancelling(tx, turn, turn.reading.intents[0], turn.situation.given_up)
    known = await later_than_said(tx, turn) or await late_yes(tx, turn)
    return known or await _ask_what_is_open(tx, turn) or await hand_over(tx, turn, answer=_meanwhile(turn))


async def _ask_what_is_open(tx: Tx, turn: Turn) -> str | None:
    """Tell the letters or numbers of what waits for an answer, as far as the text leans to it."""
    leaning, meant = turn.reading.leaning, turn.situation.meant
    if leaning in _ABOUT_AN_OFFER or turn.situation.only_an_offer or _OFFER_OR_VISIT in turn.reading.why:
        await ask_staff(tx, turn)
        return await put_again(tx, turn)
    if leaning in VISIT_WISHES and len(meant) > 1:
        await ask_staff(tx, turn)
        return await ask_which(tx, turn, leaning)
    about_visit = leaning in VISIT_WISHES or leaning is IntentKind.STOP or _names_the_visit(turn)
    if about_visit and len(meant) == 1 and not await lately_in_distress(tx, turn):
        return await _ask_about(tx, turn, leaning, meant[0])
    return None


def _names_the_visit(turn: Turn) -> bool:
    """“Sure thing, tomorrow at 3": the very moment of the visit, and nothing that is surely a yes."""
    starts = [visit.starts_at.astimezone(turn.zone).replace(tzinfo=None) for visit in turn.situation.meant]
    return bool(times_named(turn.when)) and not turn.when.ask and all(map(turn.when.covers, starts))


def _meanwhile(turn: Turn) -> Kind | None:
    return _SAID_MEANWHILE.get(turn.reading.leaning, Kind.INBOX_AUTO)


async def _ask_about(tx: Tx, turn: Turn, leaning: IntentKind | None, visit: Visit) -> str:
    """One short question about the visit, with the letters that answer it."""
    if leaning in {IntentKind.LATE, IntentKind.CANNOT_COME}:
        return await late_or_unsure(tx, turn, visit)
    await ask_staff(tx, turn, participation_id=visit.participation_id)
    if leaning is IntentKind.STOP:
        return await law.visit_or_stop(tx, turn)
    await say(tx, turn, Kind.NEXT_VISIT, Particulars(starts_at=visit.starts_at), visit=visit)
    return "asked_what_was_meant"
