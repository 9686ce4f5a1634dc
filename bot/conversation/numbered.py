"""Asking a question that is answered by a number. Only one is open per number, so that "2" means one thing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from bot.conversation import question_store
from bot.conversation.question_store import NUMBERED, Question, QuestionKind, QuestionState
from bot.conversation.turn import Turn
from scheduler.actions.hold import release
from scheduler.core.record import Tx

HANDLING: Final = timedelta(minutes=2)
"""Holds outlive their question by this much: an answer sent in time may be read a moment after it."""


async def ask_numbered(
    tx: Tx,
    turn: Turn,
    kind: QuestionKind,
    options: Sequence[dict[str, Any]],
    expires_at: datetime,
    *,
    question_id: str | None = None,
    client_id: str | None = None,
    participation_id: str | None = None,
) -> str:
    """Open the question and withdraw the one before it, with the times it held; the new one's id."""
    for before in await question_store.open_of(tx, turn.sender.address_ix, NUMBERED):
        if before.id != question_id:
            await end_question(tx, before, QuestionState.WITHDRAWN)
    made = question_id or tx.new_id()
    await question_store.add(
        tx,
        {
            "id": made,
            "address_ix": turn.sender.address_ix,
            "client_id": client_id or turn.client_id,
            "kind": kind,
            "participation_id": participation_id,
            "offer_id": None,
            "options": list(options),
            "expires_at": expires_at,
        },
    )
    tx.note("question.asked", "question", made, kind=kind.value, options=len(options))
    return made


async def end_question(tx: Tx, question: Question, to: QuestionState) -> bool:
    """Settle a question and let go of the times it held; whether this call did it."""
    if not await question_store.settle(tx, question.id, to):
        return False
    if question.kind is QuestionKind.TIMES:
        await release(tx, question.id)
    tx.note(f"question.{to.value}", "question", question.id, kind=question.kind.value)
    return True
