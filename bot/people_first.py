"""Who waits at a page goes before what a machine has brought: the carrier waits fifteen seconds, a person does not.

When a text to many brings presses and answers by text at once, the answers are taken in when the presses are answered,
or a moment later, and what is due to be sent begins after them. A STOP and whoever presses keys in a call do not wait.
Invariant: nothing is held back for longer than `MOMENT_SECONDS`.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

MOMENT_SECONDS: Final = 1.0


class PeopleFirst:
    """How many wait at a page now."""

    def __init__(self, moment: float = MOMENT_SECONDS) -> None:
        self._moment = moment
        self._waiting = 0
        self._nobody = asyncio.Event()
        self._nobody.set()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Somebody waits meanwhile."""
        self._waiting += 1
        self._nobody.clear()
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._nobody.set()

    async def give_way(self) -> None:
        """Return when nobody waits, or the moment is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._moment):
                await self._nobody.wait()
