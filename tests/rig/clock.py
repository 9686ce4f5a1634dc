"""A clock that only moves when a test says so. It keeps scheduler/core/clock.py's promises.

Invariant: `now()` and `monotonic()` move together with `advance`; a sleeper wakes when its time has come, not earlier.
"""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

START = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
"""A Wednesday morning in New York, four days before its clocks go forward."""


class ManualClock:
    """Time as a test wants it."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._seconds = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()
        self._someone_sleeps = asyncio.Event()

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        """Wait until the test has moved the clock so far; no time at all means one turn of the loop."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._seconds + seconds, next(self._order), woken))
        self._someone_sleeps.set()
        await woken

    def advance(self, by: timedelta | float) -> None:
        """Let time pass (seconds, if a number); wakes every sleeper whose time has come, in their order."""
        step = by if isinstance(by, timedelta) else timedelta(seconds=by)
        if step < timedelta(0):
            raise ValueError("time_goes_forward")
        self._now += step
        self._seconds += step.total_seconds()
        while self._sleepers and self._sleepers[0][0] <= self._seconds:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)

    def advance_to(self, instant: datetime) -> None:
        """Let time pass until `now()` is `instant`."""
        self.advance(instant - self._now)

    def jump(self, by: timedelta) -> None:
        """Move the wall clock alone, either way, as a mended or broken system clock does; nobody wakes."""
        self._now += by

    @property
    def asleep(self) -> int:
        """How many wait on this clock."""
        return sum(not woken.done() for _, _, woken in self._sleepers)

    async def until_asleep(self, sleepers: int = 1) -> None:
        """Wait (really) until so many wait on this clock: then what was started has come to rest."""
        async with asyncio.timeout(10):
            while self.asleep < sleepers:
                self._someone_sleeps.clear()
                await self._someone_sleeps.wait()
