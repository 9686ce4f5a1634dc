"""Time that belongs to the simulation: an event loop that never waits, and a clock that reads it.

When nothing is ready the loop moves its own time to the next timer. Everything happens in one thread, in an order
that follows from the seed alone. Invariant: two runs of one seed take the same steps at the same instants.
"""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
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


class Process:
    """The tasks that live and die together: those started in its context, and all that these start."""

    def __init__(self, *, late: Callable[[], Awaitable[None]] | None = None) -> None:
        self._tasks: dict[int, asyncio.Task[Any]] = {}
        self.late = late

    def start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Let something run as a part of it."""
        context = copy_context()
        context.run(_PROCESS.set, self)
        return asyncio.get_running_loop().create_task(work, context=context)

    def has(self, number: int, task: "asyncio.Task[Any]") -> None:
        """One more task."""
        self._tasks[number] = task
        task.add_done_callback(lambda _: self._tasks.pop(number, None))

    async def kill(self) -> list[BaseException | None]:
        """End all of them; what each ended with."""
        ended: list[BaseException | None] = []
        while self._tasks:
            tasks = tuple(self._tasks.values())
            for each in tasks:
                each.cancel()
            ended += await asyncio.gather(*tasks, return_exceptions=True)
        return ended


_PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


def outside() -> Context:
    """A context that belongs to no process."""
    context = copy_context()
    context.run(_PROCESS.set, None)
    return context


def _leaves_database(coro: Coroutine[Any, Any, Any]) -> bool:
    """Whether it gives up a transaction: of a process that died, the database does so by itself."""
    return "sqlalchemy" in _file(coro)


def _file(coro: Coroutine[Any, Any, Any]) -> str:
    code = getattr(coro, "cr_code", None)
    return code.co_filename if code is not None else ""


async def _late(wait: Callable[[], Awaitable[None]], work: Coroutine[Any, Any, Any]) -> Any:
    """What the product starts by itself does not always begin at once."""
    await wait()
    return await work


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
        self._numbers = count(1)
        self.set_task_factory(self._make_task)
        selector.loop = self

    def _make_task(self, loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, Any], **given: Any) -> _Task:
        number = next(self._numbers)
        context: Context | None = given.get("context")
        process = context.get(_PROCESS) if context is not None else _PROCESS.get()
        leaves = _leaves_database(coro)
        if process is not None and process.late is not None and "/messages/" in _file(coro):
            work, coro = coro, _late(process.late, coro)
        else:
            work = coro
        task = _Task(coro, number=number, loop=loop, **given)
        task.add_done_callback(lambda _: work.close())  # it may have been cancelled before it ever began
        if process is not None and not leaves:
            process.has(number, task)
        return task

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
