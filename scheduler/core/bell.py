"""A bell: how a commit wakes the waiting workers of the same process, and how it holds them back.

Other processes are told by wakeup.py, or find out by their own tick and their own look.
Invariant: a ring is never lost: whoever listens either wakes from it or, being busy, finds it when waiting next.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Final


class Work(StrEnum):
    """What a commit can leave to be done at once. Who waits for one kind is not woken by another."""

    TEXTS = "texts"
    """Somebody has written to us, or is to be told that texts have stopped."""
    ANSWERS = "answers"
    """A text that somebody waits for is to leave."""
    PLANNED = "planned"
    """A planned text is to leave."""


ALL_WORK: Final = frozenset(Work)
MOST_CALLED_OFF: Final = 50_000


class Listener:
    """One who waits for the bell, to do some kinds of work."""

    def __init__(self, work: Collection[Work]) -> None:
        self.work = frozenset(work)
        self._rung = asyncio.Event()

    def hear(self) -> None:
        """Called by the bell."""
        self._rung.set()

    async def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most so many real seconds; tells whether it rang."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


class Bell:
    """Rung by commits, heard by every listener."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def listener(self, work: Collection[Work] = ALL_WORK) -> Listener:
        """A new listener; it hears every ring about such work from now on, and every ring about all."""
        made = Listener(work)
        self._listeners.add(made)
        return made

    def ring(self, work: Collection[Work] | None = None) -> None:
        """Wake those who do such work; without any, everybody who listens."""
        for each in self._listeners:
            if work is None or not each.work.isdisjoint(work):
                each.hear()


class CalledOff:
    """Ids of work that was lately called off, so that a worker about to do it looks once more whether it may.

    A hint, not a record: the record decides. Only the newest are remembered.
    """

    def __init__(self) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()

    def add(self, ids: Iterable[str]) -> None:
        """Remember these."""
        for each in ids:
            self._ids[each] = None
        while len(self._ids) > MOST_CALLED_OFF:
            self._ids.popitem(last=False)

    def __contains__(self, row_id: str) -> bool:
        """Whether this was called off lately."""
        return row_id in self._ids
