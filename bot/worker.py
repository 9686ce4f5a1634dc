"""The loop that does what is due: nothing here decides what is due, rows do.

Each duty is a coroutine that does one round of one kind of work for one practice and says how much it did. The
worker wakes with every tick and with every commit that rang the bell, and goes round until a round finds nothing.
A duty that fails is logged by code and tried again at the next tick; it never stops the others.
Invariant: killing the worker at any point loses nothing: all it knows is in the record.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from scheduler.core.record import Record
from scheduler.people import store as people
from scheduler.ticker import Ticker

log = structlog.get_logger()

Duty = Callable[[str], Awaitable[int]]
TICK_SECONDS = 1.0
ROUNDS = 1000  # a bound, so that a duty that miscounts cannot keep the loop from noticing a stop


@dataclass(frozen=True, slots=True)
class Named:
    """A duty and what it is called in the log. `every` > 1: only with every so many ticks, and never by the bell."""

    name: str
    run: Duty
    every: int = 1


class Worker:
    """Does the duties of every practice, until stopped."""

    def __init__(self, record: Record, duties: Sequence[Named]) -> None:
        self._record = record
        self._duties = duties
        self._ticks = 0
        self._ticker = Ticker()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Begin to work in the background of this loop."""
        self._ticker.every(TICK_SECONDS, self._tick)
        self._ticker.start()
        self._task = asyncio.create_task(self._run(), name="worker")
        self._record.bell.ring()

    async def stop(self) -> None:
        """Finish what is in hand, then stop."""
        self._stopping = True
        self._ticker.stop()
        self._record.bell.ring()
        if self._task is not None:
            with suppress(asyncio.CancelledError):
                await self._task

    async def once(self, *, slow: bool = False) -> int:
        """Go round until nothing is due any more; returns how much was done. `slow` includes the rarer duties."""
        done = 0
        for _ in range(ROUNDS):
            round_done = await self._round(slow=slow)
            done += round_done
            slow = False
            if not round_done or self._stopping:
                break
        return done

    async def _tick(self) -> None:
        self._ticks += 1
        self._record.bell.ring()

    async def _run(self) -> None:
        seen = -1
        while not self._stopping:
            await self._record.bell.wait(TICK_SECONDS * 5)
            rare, seen = self._ticks != seen, self._ticks
            await self.once(slow=rare)

    async def _round(self, *, slow: bool) -> int:
        done = 0
        for practice_id in await self._practices():
            for duty in self._duties:
                if duty.every == 1 or (slow and self._ticks % duty.every == 0):
                    done += await self._do(duty, practice_id)
        return done

    async def _practices(self) -> tuple[str, ...]:
        try:
            async with self._record.read("") as r:
                return await people.practice_ids(r)
        except Exception as error:
            log.exception("worker.database_away", error=type(error).__name__)
            return ()

    async def _do(self, duty: Named, practice_id: str) -> int:
        try:
            return await duty.run(practice_id)
        except Exception as error:
            log.exception("worker.duty_failed", task=duty.name, practice_id=practice_id, error=_code(error))
            return 0


def _code(error: Exception) -> str:
    return getattr(error, "code", None) or type(error).__name__
