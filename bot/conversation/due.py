"""What is due in the conversation: texts nobody has dealt with, and questions whose time is over.

When a text to many is answered by many, their answers are dealt with in lots, each lot in one transaction; what may be
a STOP or come from somebody in distress goes before them, each alone. A text that cannot be handled is tried three
times, alone, and then given to a person.
Invariant: a received text is never lost: it is new, handled, or a task.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Final

import structlog

from bot.conversation import question_store
from bot.conversation.answer import handle
from bot.conversation.numbered import HANDLING, end_question
from bot.conversation.question_store import QuestionState
from bot.together import Together
from messages import inbound as texts
from messages.inbound_store import Unhandled
from messages.tasks import TaskKind, open_task
from scheduler.core.actor import WORKER, Actor, ActorKind, Via
from scheduler.core.record import Record, Tx
from scheduler.people import store as people

TRIES: Final = 3
BATCH: Final = 50
SIDE_BY_SIDE: Final = 4
LOT: Final = 10
"""Texts of a lot: on SQLite nobody else writes meanwhile, and each takes some ten milliseconds."""
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
    """The texts of one number in their order; those of others beside them, once all that is pressing is dealt with."""
    handling = Handling(record, practice_id, clients)
    pressing = [of_one for of_one in waiting if any(each.pressing for each in of_one)]
    others = [of_one for of_one in waiting if of_one not in pressing]
    return await handling.all_of(pressing) + await handling.all_of(others)


class Handling:
    """One round of texts. Where the database takes several writers, there are several lots side by side."""

    def __init__(self, record: Record, practice_id: str, clients: Mapping[bytes, frozenset[str]]) -> None:
        self._record = record
        self._practice_id = practice_id
        self._clients = clients
        self._lots = Together(self._handled, most=LOT)
        self._alone = Together(self._handled, most=1)
        self._at_once = 1 if record.engines.is_sqlite else SIDE_BY_SIDE

    async def all_of(self, waiting: Sequence[Sequence[Unhandled]]) -> int:
        """How many of these were handled. Everybody is waited for before a failure goes up, so that none is in hand."""
        found = await asyncio.gather(*map(self._of_one_number, count(), waiting), return_exceptions=True)
        for failure in found:
            if isinstance(failure, BaseException):
                raise failure
        return sum(each for each in found if isinstance(each, int))

    async def _of_one_number(self, number: int, unhandled: Sequence[Unhandled]) -> int:
        return sum([await self._tried(number % self._at_once, each) for each in unhandled])

    async def _tried(self, queue: int, text: Unhandled) -> bool:
        try:
            return await (self._alone if text.pressing else self._lots).done(queue, text)
        except Exception as error:
            log.exception("inbound_not_handled", inbound_id=text.id, error=type(error).__name__)
        return await _try_failed(self._record, self._practice_id, text.id)

    async def _handled(self, _queue: int, lot: Sequence[Unhandled]) -> list[bool]:
        """Whether each was handled, all in one transaction, each as its own client's act."""
        async with self._record.write(self._practice_id, WORKER) as tx:
            return [await self._handled_in(tx, text) for text in lot]

    async def _handled_in(self, tx: Tx, text: Unhandled) -> bool:
        with tx.acting(_writer(text, self._clients)):
            outcome = await handle(tx, text.id)
            await self._record.subscriptions.deliver(tx)
        return outcome is not None


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
