"""Who lives: a lane whose heartbeats still grow, by the seconds of whoever looks. Pure but for its own memory.

The hours written by workers are not compared with ours: clocks differ, and one of them may just have been moved.
Invariant: a lane is silent only after its beats stood still before our eyes for the whole time.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane as seen now. `silent` is for how many seconds it has said nothing new."""

    worker: str
    lane: str
    silent: float


class Pulse:
    """Remembers when each lane last said something new."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], tuple[int, float]] = {}

    def look(self, beats: Iterable[tuple[str, str, int]], seconds: float) -> tuple[Lane, ...]:
        """Take note of (worker, lane, beats); who has left is forgotten."""
        self._seen = {(worker, lane): self._newer((worker, lane), count, seconds) for worker, lane, count in beats}
        return tuple(Lane(*who, silent=seconds - at) for who, (_, at) in self._seen.items())

    def skip(self, seconds: float) -> None:
        """We were away ourselves for so long: nobody can be blamed for what we did not see."""
        self._seen = {who: (count, at + seconds) for who, (count, at) in self._seen.items()}

    def _newer(self, who: tuple[str, str], count: int, seconds: float) -> tuple[int, float]:
        before = self._seen.get(who)
        return before if before is not None and before[0] == count else (count, seconds)
