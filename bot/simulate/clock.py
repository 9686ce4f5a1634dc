"""A clock that stands still until the simulation moves it. It never really waits."""

import asyncio
from datetime import datetime


class StillClock:
    """Time as the simulation wants it; see scheduler/core/clock.py for what is promised."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._now = start

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since the start."""
        return (self._now - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:  # noqa: ARG002 -- what a clock is asked
        """Let others have their turn; nobody waits for real."""
        await asyncio.sleep(0)  # noqa: TID251 -- this is a clock, the one kind of thing that owns waiting

    def move_to(self, instant: datetime) -> None:
        """Go forward; an instant that has passed leaves the clock where it is."""
        self._now = max(self._now, instant)
