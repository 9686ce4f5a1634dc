"""What the product has just done, as the invented world sees it: from the notes its own actions make for the audit.

So the world need not search the tables after every event. Invariant: what was noted in a transaction that failed is
not noticed.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from scheduler.core.actor import Actor
from scheduler.core.audit import Noted
from scheduler.core.record import Record, Tx


class NoticedRecord(Record):
    """A record that keeps what was noted since somebody last asked."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._noticed: list[Noted] = []

    @asynccontextmanager
    async def write(self, practice_id: str, actor: Actor) -> AsyncIterator[Tx]:
        """As `Record.write`."""
        async with super().write(practice_id, actor) as tx:
            yield tx
        self._noticed += tx.noted

    def noticed(self) -> list[Noted]:
        """Everything noted since this was asked last."""
        found, self._noticed = self._noticed, []
        return found
