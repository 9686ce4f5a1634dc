"""How long the event loop was ever kept from turning: a beat every five milliseconds, and what came between two beats.

On a machine with other work the wall clock counts waiting for a core, too; the loop thread's own processor time does
not, and is what a blocking call of ours would show in. Invariant: beating costs less than one per cent.
"""

import time
from dataclasses import dataclass
from typing import Final

from scheduler.core.clock import SystemClock

BEAT_SECONDS: Final = 0.005
LONG_SECONDS: Final = 0.02


@dataclass(slots=True)
class Heartbeat:
    """The longest stretches between beats so far, and how many were long. `forget` begins anew."""

    longest: float = 0.0
    longest_cpu: float = 0.0
    long_cpu: int = 0

    async def beat(self) -> None:
        """Beat until cancelled."""
        clock = SystemClock()
        while True:
            before, cpu = clock.monotonic(), time.thread_time()
            await clock.sleep(BEAT_SECONDS)
            used = time.thread_time() - cpu
            self.longest = max(self.longest, clock.monotonic() - before - BEAT_SECONDS)
            self.longest_cpu = max(self.longest_cpu, used)
            self.long_cpu += used > LONG_SECONDS

    def told(self) -> dict[str, float]:
        """In milliseconds."""
        return {
            "blocked_ms": 1000 * self.longest,
            "blocked_cpu_ms": 1000 * self.longest_cpu,
            "blocked_long": float(self.long_cpu),
        }
