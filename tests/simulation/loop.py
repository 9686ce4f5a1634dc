"""Time that belongs to the simulation: an event loop that never waits, and a clock that reads it.

When nothing is ready the loop moves its own time to the next timer. Everything happens in one thread, in an order
that follows from the seed alone. Invariant: two runs of one seed take the same steps at the same instants.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import datetime, timedelta
from itertools import count
from typing import Any

ANSWER_WITHIN = 5.0  # real seconds, of a database server


class Stuck(Exception):
    """Nobody has anything to do and nobody waits for a time: the simulation has lost a task."""


class _NeverWaits(selectors.DefaultSelector):
    """A selector that lets virtual time pass instead of waiting, unless real answers are expected."""

    def __init__(self) -> None:
        super().__init__()
        self.loop: VirtualLoop | None = None

    def select(self, timeout: float | None = None) -> list[Any]:
        loop = self.loop
        if loop is None or loop.answers_expected:
            return super().select(ANSWER_WITHIN if loop is not None and timeout != 0 else 0)
        if timeout is None:
            found = super().select(ANSWER_WITHIN) if loop.listens else []
            if not found:
                raise Stuck
            return found
        if timeout > 0:
            loop.pass_time(timeout)
        return super().select(0) if loop.listens else []


class _Task(asyncio.Task[Any]):
    """A task that is hashed by its number, so that sets of tasks have one order."""

    __slots__ = ("_number",)

    def __init__(self, coro: Coroutine[Any, Any, Any], *, number: int, **given: Any) -> None:
        self._number = number
        super().__init__(coro, **given)

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` is the seconds of the simulation. `answers_expected` counts questions to a real database server."""

    def __init__(self, *, listens: bool = False) -> None:
        self._virtual = 0.0
        selector = _NeverWaits()
        super().__init__(selector)
        self.listens = listens
        self.answers_expected = 0
        numbers = count(1)
        self.set_task_factory(lambda loop, coro, **given: _Task(coro, number=next(numbers), loop=loop, **given))
        selector.loop = self

    def time(self) -> float:
        return self._virtual

    def pass_time(self, seconds: float) -> None:
        self._virtual += seconds


class LoopClock:
    """scheduler/core/clock.py's promises, kept by the loop."""

    def __init__(self, start: datetime, loop: VirtualLoop) -> None:
        self._start = start
        self._loop = loop

    def now(self) -> datetime:
        return self._start + timedelta(seconds=round(self._loop.time(), 6))

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))

    async def until(self, instant: datetime) -> None:
        """Wait for an instant; one that has passed is now."""
        await self.sleep((instant - self.now()).total_seconds())
