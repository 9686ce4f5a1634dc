"""Several visits on one number: asking which is meant, with neutral numbers, and never guessing."""

from datetime import timedelta
from typing import Final

from bot.conversation import question_store
from bot.conversation.numbered import ask_numbered
from bot.conversation.question_store import Question, QuestionKind
from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages.intents import IntentKind
from messages.kinds import Kind
from messages.particulars import Particulars
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.core.record import Tx

OPEN_FOR: Final = timedelta(hours=24)
_TWO: Final = 2


async def ask_which(tx: Tx, turn: Turn, wish: IntentKind) -> str:
    """Number the visits that may be meant. `wish` is what they asked for: the bare number then does it."""
    meant = turn.situation.meant
    options = [
        {"n": number, "participation_id": visit.participation_id, "wish": wish.value}
        for number, visit in enumerate(meant, start=1)
    ]
    await ask_numbered(tx, turn, QuestionKind.WHICH_VISIT, options, tx.now + OPEN_FOR)
    starts = tuple(visit.starts_at for visit in meant)
    await say(tx, turn, Kind.WHICH_VISIT, Particulars(options=starts, count=len(meant)))
    return "asked_which_visit"


async def visit_number(tx: Tx, question: Question, number: int) -> Visit | None:
    """The visit they chose, as it is now; None when the number was not offered."""
    option = question.option(number)
    return await appointments.visit(tx, option["participation_id"]) if option else None


def wish_of(question: Question, number: int) -> IntentKind:
    """What they had asked for when we asked which."""
    option = question.option(number) or question.options[0]
    return IntentKind(option["wish"])


async def numbering(tx: Tx, turn: Turn) -> Question | None:
    """The numbers that still stand on their phone: "1C" may follow "2R", whatever was asked in between."""
    last = await question_store.newest(tx, turn.sender.address_ix, (QuestionKind.WHICH_VISIT,))
    if last is None or not turn.is_about(last.client_id):
        return None
    return last if turn.inbound.received_at <= last.expires_at else None


async def the_other(tx: Tx, turn: Turn, chosen: Visit) -> Visit | None:
    """Of exactly two that were asked about, the one that was not chosen and still stands."""
    shown = await numbering(tx, turn)
    ids = [option["participation_id"] for option in shown.options] if shown else []
    if len(ids) != _TWO or chosen.participation_id not in ids:
        return None
    other = await appointments.visit(tx, next(each for each in ids if each != chosen.participation_id))
    return other if other is not None and other.is_active else None
