"""Writing down how attempts ended. One row, one attempt, one outcome; what was written by others meanwhile wins.

Invariant: an attempt that may have been accepted never leads back to `pending` from here; only settle.py, after
looking, or a carrier's plain refusal does that.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from messages import outbox_store, undeliverable
from messages import send_store as store
from messages.channels.base import Accepted, Refused, SendOutcome, Unknown
from messages.delivery import ErrorAction, error_rule
from messages.limits import Limits
from scheduler.core.ids import jitter
from scheduler.core.record import Tx

FIRST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 300.0
# Nothing goes out until somebody has mended a setting; asking seldom is enough to notice that they have.
PAUSE_WHILE_REFUSED: Final = 300.0
# A late acceptance is the truth whatever was thought meanwhile, as long as nothing was posted since.
_ACCEPTED_FROM: Final = frozenset({"intent", "unknown", "pending", "cancelled", "failed"})
_UNDECIDED: Final = frozenset({"intent", "unknown"})
_OURS_TO_MEND: Final = frozenset({ErrorAction.STOP_SENDER, ErrorAction.HOLD_SENDER, ErrorAction.CONFIGURATION_ALARM})


class NotPosted(StrEnum):
    """Why we did not post a message although we meant to; nothing can have left."""

    DEADLINE_PASSED = "deadline_passed"
    RECALLED = "recalled"


AttemptOutcome = SendOutcome | NotPosted


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt and how it ended."""

    message_id: str
    attempt: int
    outcome: AttemptOutcome


async def record_outcome(tx: Tx, attempt: Attempt, limits: Limits) -> None:
    """Write one outcome."""
    match attempt.outcome:
        case Accepted():
            await _accepted(tx, attempt, attempt.outcome)
        case Refused():
            await _refused(tx, attempt, attempt.outcome)
        case Unknown():
            await _unknown(tx, attempt, attempt.outcome, limits)
        case NotPosted():
            await _not_posted(tx, attempt, attempt.outcome)


async def _accepted(tx: Tx, attempt: Attempt, outcome: Accepted) -> None:
    values = {
        "state": "sent",
        "reason": None,
        "sid": outcome.sid,
        "provider_status": outcome.status,
        "error_code": None,
        "sent_at": tx.now,
    }
    if await store.resolve(tx, attempt.message_id, attempt.attempt, _ACCEPTED_FROM, values):
        tx.note("message.sent", "message", attempt.message_id, attempt=attempt.attempt)
        return
    # A callback or a look-up was quicker; or a later attempt is under way, which is then one too many.
    if await store.attempt_of(tx, attempt.message_id) > attempt.attempt:
        await outbox_store.recall_intents(tx, outbox_store.among((attempt.message_id,)), "sent_already")
        tx.note("message.accepted_late", "message", attempt.message_id, attempt=attempt.attempt)


async def _refused(tx: Tx, attempt: Attempt, outcome: Refused) -> None:
    rule = error_rule(outcome.code)
    if not outcome.permanent or rule.action is ErrorAction.BACK_OFF:
        asked = outcome.retry_after or 60.0 * (rule.retry_after_minutes or 0)
        await _wait(tx, attempt, asked or _pause(attempt.attempt), "carrier_busy")
    elif rule.action in _OURS_TO_MEND:
        await _wait(tx, attempt, PAUSE_WHILE_REFUSED, f"carrier_{outcome.code}")
        await undeliverable.trouble(tx, f"carrier_{outcome.code}")
    else:
        values = {"state": "failed", "reason": rule.action.value, "error_code": outcome.code}
        if await store.resolve(tx, attempt.message_id, attempt.attempt, _UNDECIDED, values):
            tx.note("message.failed", "message", attempt.message_id, code=outcome.code)
            await undeliverable.failed(tx, attempt.message_id, outcome.code)


async def _wait(tx: Tx, attempt: Attempt, seconds: float, reason: str) -> None:
    due_at = tx.now + timedelta(seconds=seconds + jitter(seconds / 4))
    values = {"state": "pending", "reason": reason, "due_at": due_at}
    if await store.resolve(tx, attempt.message_id, attempt.attempt, _UNDECIDED, values):
        tx.note("message.put_back", "message", attempt.message_id, reason=reason)


def _pause(attempt: int) -> float:
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempt - 1, 10))


async def _unknown(tx: Tx, attempt: Attempt, outcome: Unknown, limits: Limits) -> None:
    values = {"state": "unknown", "reason": outcome.why, "settle_at": tx.now + limits.settle_span}
    if await store.resolve(tx, attempt.message_id, attempt.attempt, ("intent",), values):
        tx.note("message.unknown", "message", attempt.message_id, why=outcome.why)


async def _not_posted(tx: Tx, attempt: Attempt, outcome: NotPosted) -> None:
    """Cancelled if somebody recalled it; if only its time was over, due again, and the claim looks at it anew.

    Which of the two it was is read here: to a worker that comes too late, an intent that others have taken for
    expired looks like a recalled one.
    """
    recalled = await store.recalled_reason(tx, attempt.message_id) if outcome is NotPosted.RECALLED else None
    if recalled is not None:
        origins: frozenset[str] = frozenset({"intent"})
        values: dict[str, object] = {"state": "cancelled", "reason": recalled}
    else:
        origins = _UNDECIDED
        values = {"state": "pending", "reason": NotPosted.DEADLINE_PASSED.value, "due_at": tx.now}
    if await store.resolve(tx, attempt.message_id, attempt.attempt, origins, values):
        tx.note("message.not_posted", "message", attempt.message_id, why=str(values["reason"]))
