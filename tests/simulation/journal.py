"""What happened in a simulated week, in order, and what of it broke a promise.

Invariant: the journal is made of nothing but seeded things, so its digest tells two runs apart or proves them equal.
"""

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from tests.simulation.loop import LoopClock

MOST_VIOLATIONS = 5


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken: which, and how it showed."""

    promise: str
    how: str
    at: str

    def __str__(self) -> str:
        return f"{self.at} {self.promise}: {self.how}"


@dataclass
class Journal:
    """Lines of the week. `broken` is set with the first violation, so that the week can end early."""

    clock: LoopClock
    lines: list[str] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    broken: asyncio.Event = field(default_factory=asyncio.Event)
    steps: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def say(self, who: str, what: str) -> None:
        self.lines.append(f"{stamp(self.clock.now())} {who:10} {what}")

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def violated(self, promise: str, how: str) -> None:
        if len(self.violations) < MOST_VIOLATIONS:
            found = Violation(promise, how, stamp(self.clock.now()))
            self.violations.append(found)
            self.say("VIOLATION", f"{promise}: {how}")
        self.broken.set()

    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()


def stamp(instant: datetime) -> str:
    return f"{instant:%a %m-%d %H:%M:%S}.{instant.microsecond // 1000:03d}"
