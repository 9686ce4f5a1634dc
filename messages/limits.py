"""How long an attempt may take, a claim may be held, and a doubt is left to settle; how much is done at once.

Invariant: an attempt ends before its claim does, and nobody looks up an outcome that may still be on its way.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds. `batch` messages are claimed at once, `in_flight` posted at the same time.

    An unknown outcome is first looked up after `settle`, and again after `look_again`.
    """

    http_timeout: float = 8.0
    lease: float = 12.0
    settle: float = 30.0
    look_again: float = 5.0
    batch: int = 400
    in_flight: int = 100

    def __post_init__(self) -> None:
        if not 0 < self.http_timeout < self.lease or self.settle < self.http_timeout:
            raise ValueError("limits_could_send_twice")

    @property
    def lease_span(self) -> timedelta:
        """How long a claim is held."""
        return timedelta(seconds=self.lease)

    @property
    def settle_span(self) -> timedelta:
        """How long a doubt is left alone."""
        return timedelta(seconds=self.settle)
