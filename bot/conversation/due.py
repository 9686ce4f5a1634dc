"""What is due in the conversation: texts nobody has dealt with, and questions whose time is over.

Each in a transaction of its own. A text that cannot be handled is tried three times and then given to a person.
Invariant: a received text is never lost: it is new, handled, or a task.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from bot.conversation import question_store
from bot.conversation.answer import handle
from bot.conversation.numbered import HANDLING, end_question
from bot.conversation.question_store import QuestionState
from messages import inbound as texts
from messages.inbound_store import Unhandled
from messages.tasks import TaskKind, open_task
from scheduler.core.actor import WORKER, Actor, ActorKind, Via
from scheduler.core.record import Record
from scheduler.people import store as people

TRIES: Final = 3
BATCH: Final = 50
SIDE_BY_SIDE: Final = 4
_VIA: Final = {"voice": Via.VOICE, "chat": Via.LINK, "whatsapp": Via.WHATSAPP}
"""What was kept because the number was busy is dealt with later, and came the way it came."""

log = structlog.get_logger()


async def do_due(record: Record, practice_id: str) -> int:
    """One round; how many texts were handled and questions closed."""
    async with record.read(practice_id) as r:
        waiting = await texts.unhandled_by_sender(r, BATCH)
        clients = await people.clients_at(r, [of_one[0].sender_ix for of_one in waiting]) if waiting else {}
        overdue = await question_store.overdue(r, r.now - HANDLING, BATCH)
    done = await _answer_all(record, practice_id, waiting, clients)
    for question in overdue:
        async with record.write(practice_id, WORKER) as tx:
            done += await end_question(tx, question, QuestionState.EXPIRED)
    return done


async def _answer_all(
    record: Record,
    practice_id: str,
    waiting: Sequence[Sequence[Unhandled]],
    clients: Mapping[bytes, frozenset[str]],
) -> int:
    """The texts of one number in their order; where the database takes several writers, several numbers at once."""
    room = asyncio.Semaphore(1 if record.engines.is_sqlite else SIDE_BY_SIDE)

    async def of_one_number(unhandled: Sequence[Unhandled]) -> int:
        async with room:
            return sum([await _answered(record, practice_id, each, clients) for each in unhandled])

    # Everybody is waited for before a failure goes up, so that no text is still in hand when the next round begins.
    ended = await asyncio.gather(*map(of_one_number, waiting), return_exceptions=True)
    for failure in ended:
        if isinstance(failure, BaseException):
            raise failure
    return sum(each for each in ended if isinstance(each, int))


async def _answered(record: Record, practice_id: str, text: Unhandled, clients: Mapping[bytes, frozenset[str]]) -> bool:
    try:
        async with record.write(practice_id, _writer(text, clients)) as tx:
            return await handle(tx, text.id) is not None
    except Exception as error:
        log.exception("inbound_not_handled", inbound_id=text.id, error=type(error).__name__)
    return await _try_failed(record, practice_id, text.id)


def _writer(text: Unhandled, clients: Mapping[bytes, frozenset[str]]) -> Actor:
    """The client who writes, where only one can be; else somebody with this number."""
    at_the_number = tuple(clients.get(text.sender_ix, ()))
    only = at_the_number[0] if len(at_the_number) == 1 else None
    return Actor(ActorKind.CLIENT, only, _VIA.get(text.via or "", Via.SMS))


async def _try_failed(record: Record, practice_id: str, inbound_id: str) -> bool:
    """Count the failure; after the last one the text is a task, and handled as far as the bot is concerned."""
    async with record.write(practice_id, WORKER) as tx:
        if await texts.tried(tx, inbound_id) < TRIES:
            return False
        await open_task(
            tx, TaskKind.NOT_UNDERSTOOD, dedupe=f"not_understood:{inbound_id}", urgent=True, inbound_id=inbound_id
        )
        return await texts.handled(tx, inbound_id, reading="other", why="failed", outcome="given_up")
