"""Where the carrier's chance comes from: a seed, so that a run can be repeated.

Each question asked of chance has its own stream, so that turning one fault on does not move the others.
Invariant: the n-th answer of a stream depends on the seed, the stream's name and n alone.
"""

from collections import Counter
from hashlib import blake2b

_SPAN = float(1 << 64)


class Chance:
    """Repeatable draws."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._drawn: Counter[str] = Counter()

    def draw(self, stream: str) -> float:
        """The next number of this stream, at least 0 and below 1."""
        self._drawn[stream] += 1
        word = f"{self._seed}:{stream}:{self._drawn[stream]}".encode()
        return int.from_bytes(blake2b(word, digest_size=8).digest(), "big") / _SPAN

    def between(self, stream: str, low: float, high: float) -> float:
        """The next number of this stream, spread evenly from low to high."""
        return low + (high - low) * self.draw(stream)
