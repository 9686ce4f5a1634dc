"""A bell: how a commit wakes the waiting workers of the same process.

Workers of other processes find due rows by their own tick. Invariant: a ring is never lost: whoever listens either
wakes from it or, being busy, finds it when waiting next.
"""

import asyncio


class Listener:
    """One who waits for the bell."""

    def __init__(self) -> None:
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

    def listener(self) -> Listener:
        """A new listener; it hears every ring from now on."""
        made = Listener()
        self._listeners.add(made)
        return made

    def ring(self) -> None:
        """Wake everybody who listens."""
        for each in self._listeners:
            each.hear()
