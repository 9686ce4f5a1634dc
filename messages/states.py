"""The states of a message in the outbox."""

from enum import StrEnum


class State(StrEnum):
    """Where a message stands; the value is what its row holds."""

    PENDING = "pending"
    """Waits for its time."""
    INTENT = "intent"
    """A worker has written that it is about to post it, and until when."""
    UNKNOWN = "unknown"
    """Posted perhaps: the answer was lost, or the worker. Looked up before anything else is done with it."""
    SENT = "sent"
    """The carrier has accepted it."""
    FAILED = "failed"
    """The carrier refused it for good, or could not deliver it."""
    CANCELLED = "cancelled"
    """It will never leave; its row says why."""
