"""A clock that is set by hand, for telling what happened before the demo began."""

from datetime import UTC, datetime

from scheduler.core.clock import SystemClock


class PastClock(SystemClock):
    """Says the instant it was last set to. Waiting is real."""

    def __init__(self) -> None:
        self._at = datetime(2020, 1, 1, tzinfo=UTC)

    def set(self, at: datetime) -> None:
        """From now on it is this instant."""
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The instant it was set to."""
        return self._at
