"""An answer to our question that names no choice: the question is put again, and nothing else happens."""

from bot.conversation.hand_over import hand_over
from bot.conversation.new_times import start_of
from bot.conversation.question_store import Question, QuestionKind
from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages.kinds import Kind
from messages.particulars import Particulars
from scheduler.appointments import store as appointments
from scheduler.core.record import Tx


async def put_again(tx: Tx, turn: Turn) -> str:
    """Say the open question once more, with the same numbers and deadline; without one, ask a person.

    Whoever has said yes to an offer that a person settles is not asked about it again.
    """
    question, offers = turn.situation.numbered, turn.situation.offers
    if question is None and offers and offers[0].accepted_at is None:
        particulars = Particulars(starts_at=offers[0].starts_at, deadline=offers[0].expires_at)
        await say(tx, turn, Kind.OFFER_UNCLEAR, particulars, client_id=offers[0].client_id)
        return "asked_again"
    if question is None:
        return await hand_over(tx, turn)
    if question.kind is QuestionKind.TIMES:
        await _times(tx, turn, question)
    else:
        await _visits(tx, turn, question)
    return "asked_again"


async def _times(tx: Tx, turn: Turn, question: Question) -> None:
    visit = await appointments.visit(tx, question.participation_id or "")
    starts = tuple(start_of(option) for option in question.options if "starts_at" in option)
    standing = visit.starts_at if visit is not None and visit.is_active else None
    if len(starts) < len(question.options) and standing is not None:
        wished = Particulars(starts_at=standing, other_at=starts[0], deadline=question.expires_at)
        await say(tx, turn, Kind.WISH_FREE, wished, visit=visit, idle=True)
        return
    particulars = Particulars(starts_at=standing, options=starts, deadline=question.expires_at)
    await say(tx, turn, Kind.TIMES_OFFERED, particulars, client_id=question.client_id, idle=True)


async def _visits(tx: Tx, turn: Turn, question: Question) -> None:
    visits = await appointments.visits(tx, [option["participation_id"] for option in question.options])
    starts = tuple(visits[option["participation_id"]].starts_at for option in question.options)
    await say(tx, turn, Kind.WHICH_VISIT, Particulars(options=starts, count=len(starts)))
