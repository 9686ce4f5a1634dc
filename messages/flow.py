"""Messages in hand: posted over many connections at once, most pressing first, their outcomes gathered and written.

Here lives the traffic alone; what an attempt is and how it is written down is transmit.py's. One flow serves one
practice of one transmitter. Invariant: whatever was taken in hand is posted or given up by `finish`, and every
outcome is handed on to be written exactly once; when anything unforeseen breaks, the whole flow ends as a process that
dies would, and what it leaves is settled by looking.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final

from messages.claim import Ready
from messages.outcome import Attempt

LINGER_SECONDS: Final = 0.06
"""While much is under way, outcomes are gathered for so long, so that they are written together."""
TOGETHER: Final = 250


@dataclass(frozen=True, slots=True)
class Held:
    """A message in hand: until when our claim holds, and when it was last seen that it is wanted (clock's seconds)."""

    ready: Ready
    deadline: float
    looked_at: float


class Flow:
    """`post` makes one attempt, `write` records outcomes; at most `width` attempts are made at once."""

    def __init__(
        self,
        post: Callable[[Held], Awaitable[Attempt]],
        write: Callable[[Sequence[Attempt]], Awaitable[None]],
        *,
        width: int,
    ) -> None:
        self._post = post
        self._write = write
        self._width = width
        self._waiting: list[tuple[int, int, Held]] = []
        self._order = count()
        self._ended: list[Attempt] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._posting = 0
        self._few = 0
        self._writing = False
        self._enough = asyncio.Event()
        self._room = asyncio.Event()
        self._broken: BaseException | None = None

    @property
    def is_broken(self) -> bool:
        """Whether something unforeseen has ended it."""
        return self._broken is not None

    def take(self, held: Held) -> None:
        """Have a message posted as soon as a connection is free."""
        heappush(self._waiting, (held.ready.row.priority, next(self._order), held))
        if self._posting < self._width:
            self._posting += 1
            self._start(self._post_on())

    async def room(self, few: int) -> None:
        """Wait until at most `few` messages are waiting or being posted, so that more may be claimed.

        Raises:
            whatever broke the flow.
        """
        self._few = few
        while self._in_hand > few and self._broken is None:
            self._room.clear()
            await self._room.wait()
        self._raise_if_broken()

    @property
    def _in_hand(self) -> int:
        return len(self._waiting) + self._posting

    async def finish(self) -> None:
        """Wait until nothing is in hand any more.

        Raises:
            whatever broke the flow.
        """
        try:
            while self._tasks:
                await asyncio.wait(self._tasks)
        except asyncio.CancelledError:
            self.abandon()
            raise
        self._raise_if_broken()

    def abandon(self) -> None:
        """Drop everything where it stands."""
        self._waiting.clear()
        self._ended.clear()
        for task in self._tasks:
            task.cancel()
        self._room.set()

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._is_over)

    def _is_over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and self._broken is None:
            self._broken = error
            self.abandon()

    def _raise_if_broken(self) -> None:
        if self._broken is not None:
            raise self._broken

    async def _post_on(self) -> None:
        """One connection's worth of work: the most pressing of what waits, until nothing does."""
        try:
            while self._waiting:
                _, _, held = heappop(self._waiting)
                if self._in_hand <= self._few:
                    self._room.set()
                self._has_ended(await self._post(held))
        finally:
            self._posting -= 1
            if self._in_hand <= self._few:
                self._room.set()
            self._enough.set()

    def _has_ended(self, attempt: Attempt) -> None:
        self._ended.append(attempt)
        if len(self._ended) >= TOGETHER:
            self._enough.set()
        if not self._writing:
            self._writing = True
            self._start(self._write_on())

    async def _write_on(self) -> None:
        """Write outcomes together until there are none."""
        try:
            while self._ended:
                await self._gather()
                ended, self._ended = self._ended, []
                await self._write(ended)
        finally:
            self._writing = False

    async def _gather(self) -> None:
        """Let more outcomes come in, if many are on their way: a lone message is written down at once."""
        if self._posting < self._width // 2 or len(self._ended) >= TOGETHER:
            return
        self._enough.clear()
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                await self._enough.wait()
        except TimeoutError:
            return
