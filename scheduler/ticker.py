"""A tick: the only use of APScheduler, and all it does is call a coroutine every so many seconds.

Due work is never a job here. It is rows with a due time, so that a restart, a second worker or a late tick loses
nothing; the tick only says "look now". Invariant: a tick that is late or missed is harmless.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler


class Ticker:
    """Calls what was registered, on the running loop."""

    def __init__(self) -> None:
        # The zone is given, so that no daylight-saving rule ever moves or doubles a tick.
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    def every(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        """Call `act` every so many seconds; a call that is still running is not started a second time."""
        self._scheduler.add_job(
            act, "interval", seconds=seconds, coalesce=True, max_instances=1, misfire_grace_time=None
        )

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """No more ticks. What a tick started is the starter's to wait for."""
        self._scheduler.shutdown(wait=False)
