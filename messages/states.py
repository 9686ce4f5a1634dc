"""The states of a message in the outbox, and every way from one to another.

A table, pure. The stores name the state they change from (`WHERE state = ...`), the tests let the database refuse a
change that is not here, and docs/flows/sending.md is drawn from it. Invariant: a change of state that this table does
not have is a mistake.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


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


BORN: Final = frozenset({State.PENDING, State.CANCELLED})
"""A planned touch for which there is no time left is born cancelled, so that its absence has a reason."""

TRANSITIONS: Final[Mapping[tuple[State, State], str]] = MappingProxyType(
    {
        (State.PENDING, State.INTENT): "claimed: every check passed",
        (State.PENDING, State.CANCELLED): "no longer wanted, refused by a check, or handed on",
        (State.PENDING, State.SENT): "a callback: an earlier attempt was accepted after all",
        (State.INTENT, State.SENT): "accepted",
        (State.INTENT, State.PENDING): "surely not taken: busy, refused for now, or never posted",
        (State.INTENT, State.FAILED): "refused for good",
        (State.INTENT, State.UNKNOWN): "no answer, or the lease ran out",
        (State.INTENT, State.CANCELLED): "recalled before it was posted",
        (State.UNKNOWN, State.SENT): "a callback, a late answer, or found in the list",
        (State.UNKNOWN, State.PENDING): "not in the list in two looks, or a late refusal",
        (State.UNKNOWN, State.FAILED): "a late refusal, or nobody can say (mail)",
        (State.SENT, State.FAILED): "the carrier could not deliver it",
        (State.SENT, State.UNKNOWN): "a callback: what was found in the list is another's",
        (State.FAILED, State.SENT): "a receipt after all",
        (State.CANCELLED, State.SENT): "a late acceptance is the truth",
        (State.CANCELLED, State.PENDING): "wanted again, and never tried",
    }
)
