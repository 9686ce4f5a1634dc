"""What every way out offers, and the only three things an attempt to send can end in.

Here live the values that cross the border to a carrier. No records, no clocks, no retries: a channel makes one
attempt and says what it knows. Invariant: an outcome is `Refused` only when the carrier provably did not accept;
whatever leaves a doubt is `Unknown`, because a doubt that is retried is a second text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol


class Outgoing(NamedTuple):
    """One attempt. `reference` is our opaque message id; `callback_url` names it and the attempt, nothing else.

    `valid_seconds` is how long the carrier may keep it queued before dropping it. With a `content_sid` the carrier says
    that approved template with the `variables` in it, instead of the text.
    """

    reference: str
    attempt: int
    sender: str
    to: str
    text: str
    subject: str | None = None
    callback_url: str | None = None
    valid_seconds: int = 36_000
    content_sid: str | None = None
    variables: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Whose and which attempt; words and numbers have no place in a log."""
        return f"Outgoing(reference={self.reference!r}, attempt={self.attempt})"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier has it. `status` is the carrier's own first word for it."""

    sid: str
    status: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier surely has not taken it.

    `permanent`: asking again would be refused again. `code` is the carrier's number for why, if it gave one;
    `retry_after` the seconds it asked us to wait.
    """

    permanent: bool
    code: int | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The carrier may have it or not. `why` is a code of ours: timeout, reset, server_error, unreadable_answer, ..."""

    why: str


SendOutcome = Accepted | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Listed:
    """A message as the carrier lists it. `body` is empty where the carrier keeps none."""

    sid: str
    status: str
    error_code: int | None
    created_at: datetime
    to: str = field(repr=False)
    sender: str = field(repr=False)
    body: str = field(repr=False)
    media_count: int = 0


class Erasure(StrEnum):
    """What became of the wish that the carrier forget the words of a message."""

    ERASED = "erased"
    """Forgotten, or the carrier knows no such message any more."""
    TOO_EARLY = "too_early"
    """It has not come to its end: the carrier keeps the words until then."""
    NOT_NOW = "not_now"
    """The carrier did not answer, or is too busy."""
    REFUSED = "refused"
    """Asking again would be refused again."""


class ListUnavailable(Exception):
    """The carrier's list could not be read now; nothing was learnt. `why` is a code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Channel(Protocol):
    """One way out."""

    @property
    def keeps_list(self) -> bool:
        """Whether the carrier can be asked later what it accepted."""
        ...

    async def send(self, outgoing: Outgoing) -> SendOutcome:
        """Make one attempt. Never raises for what the carrier or the network does."""
        ...

    async def list_sent(self, to: str, since: datetime) -> Sequence[Listed]:
        """What the carrier accepted for `to` since an instant (UTC), newest first.

        Raises:
            ListUnavailable: the carrier did not answer properly.
        """
        ...

    async def list_received(self, at: str, since: datetime) -> Sequence[Listed]:
        """What people sent to our number `at` since an instant (UTC), oldest first.

        Raises:
            ListUnavailable: the carrier did not answer properly.
        """
        ...
