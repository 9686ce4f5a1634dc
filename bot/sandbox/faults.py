"""Which faults are switched on, and does one strike now?

Not here: what a fault does; that is written where it strikes (rest.py, journey.py, inbound.py, webhooks.py).
Invariant: with the same seed and the same questions in the same order, the same faults strike.
"""

from collections import deque
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox.chance import Chance

Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0)]
Trouble = Literal[
    "none", "refused", "rate_limited", "error_before", "error_after", "reset_after", "hang_after", "not_json"
]
SignatureHabit = Literal[
    "plain", "with_port", "without_port", "wrong_scheme", "second_token", "shared_key", "garbage", "missing"
]

_TROUBLES: tuple[Trouble, ...] = (
    "refused",
    "rate_limited",
    "error_before",
    "error_after",
    "reset_after",
    "hang_after",
    "not_json",
)


class Faults(BaseModel):
    """Shares are probabilities from 0 to 1; a default carrier is faultless.

    At a create, before anything is accepted: `refused` closes the connection unread, `rate_limited` answers 429 (with
    Retry-After when `retry_after_seconds` is given), `error_before` answers `error_status`. After it was accepted:
    `error_after` answers `error_status`, `reset_after` drops the connection, `hang_after` answers `hang_seconds`
    late, `not_json` answers 201 with a page of HTML. `script` names what happens to the next creates one by one,
    before chance is asked again. `refused_numbers` answers creates to a number with an error code of its own, and
    `refused_code` those to all others. `read_error` answers 503 to a fetch, list, update or delete; `problem_json` is
    the share of errors written as RFC 9457.

    Texts: `list_lag_seconds` hides a new text from lists for that long; `smart_encoded` stores the body with
    look-alikes; `queue_seconds` keeps texts in the queue (past their ValidityPeriod they fail with 30036);
    `undelivered` ends with `undelivered_code`, numbers in `undelivered_numbers` with theirs; `no_receipt` stays sent.

    Callbacks: `callback_lost`, `callback_doubled` (posted `callback_copies` times), `callback_reordered` (held back
    up to `callback_held_seconds`), `callback_early` (before the create is answered), `unknown_status` (a word nobody
    documented is posted first), `unknown_fields` (in callbacks, inbound posts and answers), `foreign_account` (another
    AccountSid). Inbound: `inbound_doubled`. Signatures: `signature` is made in an odd way for `signature_share` of
    all posts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 1
    script: tuple[Trouble, ...] = ()
    refused: Share = 0
    rate_limited: Share = 0
    retry_after_seconds: int | None = Field(default=None, ge=0)
    error_before: Share = 0
    error_after: Share = 0
    error_status: int = Field(default=503, ge=500, le=599)
    reset_after: Share = 0
    hang_after: Share = 0
    hang_seconds: Seconds = 30
    not_json: Share = 0
    refused_numbers: dict[str, int] = Field(default_factory=dict)
    refused_code: int | None = None
    read_error: Share = 0
    problem_json: Share = 0
    list_lag_seconds: tuple[Seconds, Seconds] = (0, 0)
    smart_encoded: Share = 0
    queue_seconds: Seconds = 0
    undelivered: Share = 0
    undelivered_code: int = 30003
    undelivered_numbers: dict[str, int] = Field(default_factory=dict)
    no_receipt: Share = 0
    callback_lost: Share = 0
    callback_doubled: Share = 0
    callback_copies: int = Field(default=2, ge=2, le=5)
    callback_reordered: Share = 0
    callback_held_seconds: Seconds = 2
    callback_early: Share = 0
    unknown_status: Share = 0
    unknown_fields: Share = 0
    foreign_account: Share = 0
    inbound_doubled: Share = 0
    signature: SignatureHabit = "plain"
    signature_share: Share = 1


class FaultPlan:
    """The switched-on faults together with the chance that decides when they strike."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.chance = Chance(faults.seed)
        self._script = deque(faults.script)
        # Only what can strike is asked about, so that a faultless carrier pays nothing per request.
        self._live = tuple(name for name in _TROUBLES if getattr(faults, name) > 0)

    def trouble(self) -> Trouble:
        """What happens to the create that has just arrived."""
        if self._script:
            return self._script.popleft()
        return next((name for name in self._live if self.strikes(name)), "none")

    def strikes(self, fault: str) -> bool:
        """Does the fault of this name (a share of `Faults`) strike now?"""
        share = float(getattr(self.faults, fault))
        return share > 0 and self.chance.draw(fault) < share

    def list_lag(self) -> float:
        """Seconds a new text stays out of lists."""
        low, high = self.faults.list_lag_seconds
        return high and self.chance.between("list_lag", low, high)

    def undelivered_code(self, number: str) -> int | None:
        """The error a text to this number ends with, or None when it arrives."""
        named = self.faults.undelivered_numbers.get(number)
        if named is not None:
            return named
        return self.faults.undelivered_code if self.strikes("undelivered") else None

    def refusal_code(self, number: str) -> int | None:
        """The error a create to this number is answered with, or None when it is taken."""
        return self.faults.refused_numbers.get(number, self.faults.refused_code)

    def signature_habit(self) -> SignatureHabit:
        """How the next post is signed."""
        if self.faults.signature == "plain" or not self.strikes("signature_share"):
            return "plain"
        return self.faults.signature
