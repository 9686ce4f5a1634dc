"""A circuit breaker: when the carrier does not answer, it is left in peace and only asked now and then.

What is claimed and then not posted goes back to the outbox at once, so nothing waits out its claim in vain. Pure but
for its own memory: one breaker for one way out of one worker, told of outcomes and of the clock's seconds.
Invariant: while it is open at most one attempt is made in every `PROBE_SECONDS`; one success closes it.
"""

from typing import Final

from messages.channels.base import Accepted, Refused, SendOutcome, Unknown

FAILURES: Final = 20
"""So many attempts in a row without an answer open it: more than a burst of ordinary trouble, less than a wave."""
PROBE_SECONDS: Final = 60.0
"""Source: reliability.md R32, at most one probe a minute and worker."""


class Breaker:
    """Counts the attempts in a row that the carrier did not answer."""

    def __init__(self) -> None:
        self._failures = 0
        self._answered_at = float("-inf")
        self._opened_at: float | None = None
        self._probe_at = 0.0

    @property
    def opened_at(self) -> float | None:
        """The clock's seconds when it opened; None while it is closed."""
        return self._opened_at

    def allows(self, now: float) -> bool:
        """Whether an attempt may be made now; while open, saying yes takes the one probe of the minute."""
        if self._opened_at is None:
            return True
        if now < self._probe_at:
            return False
        self._probe_at = now + PROBE_SECONDS
        return True

    def would_allow(self, now: float) -> bool:
        """The same, without taking the probe."""
        return self._opened_at is None or now >= self._probe_at

    def saw(self, outcome: SendOutcome, now: float, *, began: float | None = None) -> bool:
        """Take note of how an attempt ended; True when this opened or closed it.

        An attempt that `began` before the carrier's last answer says nothing about its silence since: those that hang
        end last, one after another, when everything beside them has long been answered.

        An answer of any kind is an answer: a refusal for good says that the carrier is there, and so does being
        asked to slow down.
        """
        if _answered(outcome):
            closed = self._opened_at is not None
            self._failures, self._opened_at, self._answered_at = 0, None, now
            return closed
        if began is not None and began < self._answered_at:
            return False
        self._failures += 1
        if self._failures < FAILURES or self._opened_at is not None:
            return False
        self._opened_at, self._probe_at = now, now + PROBE_SECONDS
        return True


def _answered(outcome: SendOutcome) -> bool:
    match outcome:
        case Accepted():
            return True
        case Unknown():
            return False
        case Refused():
            return outcome.permanent or outcome.retry_after is not None or outcome.code is not None
