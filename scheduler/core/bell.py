"""A bell: how a commit wakes a waiting worker of the same process.

Workers of other processes find due rows by their own tick. Invariant: a ring is never lost between two waits.
"""

import asyncio


class Bell:
    """Rung by commits, awaited by workers."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake the waiting worker, or the next one that waits."""
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most so many real seconds; tells whether it rang."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True
