"""The only owner of time: what the hour is, how long something took, and waiting.

Everything else is handed a Clock, so that tests and simulations decide what time it is and the demo can be moved
through a week in a minute. Invariant: `now()` is always aware and in UTC.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

_COUNTS_SLEEP: Final = hasattr(time, "CLOCK_BOOTTIME")  # Linux


class Clock(Protocol):
    """Time as the program may know it."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards; only differences mean something."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of this clock."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some fixed moment, those among them in which the machine slept.

        Python's own stands still while a laptop is closed or a machine suspended: a claim would then seem fresh
        after its time, and the wall clock seem to have been moved.
        """
        return time.clock_gettime(time.CLOCK_BOOTTIME) if _COUNTS_SLEEP else time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait; a negative wait returns at the next turn of the loop."""
        await asyncio.sleep(max(0.0, seconds))


class ShiftedClock:
    """A clock that runs ahead of another by an offset, for the demo.

    Waiting and deadlines stay those of the real clock: only what `now()` says is shifted.
    """

    def __init__(self, base: Clock, offset: timedelta = timedelta(0)) -> None:
        self._base = base
        self.offset = offset

    def now(self) -> datetime:
        """The shifted instant, aware, in UTC."""
        return self._base.now() + self.offset

    def monotonic(self) -> float:
        """The base clock's seconds, unshifted."""
        return self._base.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait as the base clock does."""
        await self._base.sleep(seconds)

    def advance(self, by: timedelta) -> None:
        """Move `now()` further ahead. Never back: what was due stays due.

        Raises:
            ValueError: `by` is negative.
        """
        if by < timedelta(0):
            raise ValueError("clock_moves_forward_only")
        self.offset += by
