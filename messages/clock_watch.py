"""Has the clock been moved? The wall clock held against one that only counts seconds.

A worker that lives through a step of the system clock sees it here, before anything is judged by the new hour. What
counts seconds goes on while the machine sleeps (scheduler/core/clock.py), so a closed lid is no step.
Invariant: a step is told until somebody has taken note of it, and then never again.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from messages.brake_rules import MOVED
from scheduler.core.clock import Clock

SPAN_SECONDS: Final = 3600.0
"""Held against the clock of up to an hour ago, so that one that runs ten times too fast is noticed, too."""
_START: Final = datetime(2000, 1, 1, tzinfo=UTC)


class ClockWatch:
    """One for each process; each practice is told of a step on its own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[str, tuple[timedelta, float]] = {}

    def moved(self, practice_id: str) -> timedelta | None:
        """How far the clock was moved ahead since this practice last took note; None when it was not.

        A clock that was moved back is none of the brake's business: nothing comes due by it.
        """
        seconds = self._clock.monotonic()
        ahead = self._ahead(seconds)
        before, since = self._since.setdefault(practice_id, (ahead, seconds))
        if ahead - before > MOVED:
            return ahead - before
        if ahead < before or seconds - since > SPAN_SECONDS:
            self._since[practice_id] = (ahead, seconds)
        return None

    def noted(self, practice_id: str) -> None:
        """It was taken note of: from here on the clock is right."""
        seconds = self._clock.monotonic()
        self._since[practice_id] = (self._ahead(seconds), seconds)

    def _ahead(self, seconds: float) -> timedelta:
        """The difference between the two clocks; only its changes mean something."""
        return self._clock.now() - _START - timedelta(seconds=seconds)
