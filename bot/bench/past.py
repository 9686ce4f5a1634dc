"""A clock that can be set back, for writing down what was agreed before the benchmark began."""

from datetime import datetime, timedelta

from scheduler.core.clock import SystemClock


class SetBack(SystemClock):
    """The machine's clock, so much earlier. Waiting is real."""

    def __init__(self) -> None:
        self.by = timedelta(0)

    def now(self) -> datetime:
        """The instant, set back."""
        return super().now() - self.by
