"""Guesses are slowed down: too many dead links from one address, or from everywhere, and nothing is looked up.

Counted in memory only, because safe methods never write. The answer stays the very same page, so that a guesser
cannot tell a refusal from a miss. Invariant: no address is stored or logged, and a restart forgets all.
"""

from collections import OrderedDict

from scheduler.core.clock import Clock

PER_ADDRESS = 30
EVERYWHERE = 3000
WINDOW_SECONDS = 60.0
REMEMBERED = 10_000


class Misses:
    """How many dead links were asked for in the last minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._all = (0.0, 0)

    def too_many(self, address: str) -> bool:
        """Whether this address, or the world, has guessed enough for now."""
        return (
            self._current(self._counts.get(address, (0.0, 0))) >= PER_ADDRESS or self._current(self._all) >= EVERYWHERE
        )

    def count(self, address: str) -> None:
        """One more dead link."""
        self._counts[address] = self._more(self._counts.pop(address, (0.0, 0)))
        self._all = self._more(self._all)
        while len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)

    def _current(self, window: tuple[float, int]) -> int:
        return window[1] if self._clock.monotonic() - window[0] < WINDOW_SECONDS else 0

    def _more(self, window: tuple[float, int]) -> tuple[float, int]:
        count = self._current(window)
        return (window[0], count + 1) if count else (self._clock.monotonic(), 1)
