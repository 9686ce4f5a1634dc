"""What the product has just done, as the invented world sees it: from the notes its own actions make for the audit.

So the world need not search the tables after every event. What the world adds to a transaction of the product, texts
that arrive at once, and what it wants to know of it, is done before the same commit. Invariant: what was noted in a
transaction that failed is not noticed.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from bot.simulate import sim_store
from scheduler.core.actor import Actor
from scheduler.core.audit import Noted
from scheduler.core.record import Record, Tx
from waitlist import opening_store
from waitlist.opening_store import Opening


class NoticedRecord(Record):
    """A record that keeps what was noted since somebody last asked. `due`: when the waitlist has something to do next.

    `opened`: the openings that were made since, as they were then.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.due: datetime | None = None
        self._noted: list[Noted] = []
        self._opened: list[Opening] = []

    @asynccontextmanager
    async def write(self, practice_id: str, actor: Actor) -> AsyncIterator[Tx]:
        """As `Record.write`; texts due have arrived with the commit."""
        async with super().write(practice_id, actor) as tx:
            yield tx
            await self.subscriptions.deliver(tx)
            opened = await self._look(tx)
        self._noted += tx.noted
        self._opened += opened

    async def _look(self, tx: Tx) -> list[Opening]:
        if any(each.action == "message.queued" for each in tx.noted):
            await sim_store.texts_arrive(tx)
        made = [each.subject_id for each in tx.noted if each.action == "opening.made" and each.subject_id]
        opened = [await opening_store.opening_by_id(tx, opening_id) for opening_id in made]
        self.due = await sim_store.next_due(tx)
        return [each for each in opened if each is not None]

    def noticed(self) -> tuple[list[Opening], list[Noted]]:
        """The openings made and everything noted since this was asked last."""
        found = self._opened, self._noted
        self._opened, self._noted = [], []
        return found
