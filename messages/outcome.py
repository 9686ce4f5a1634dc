"""Writing down how attempts ended. One row, one attempt, one outcome; what was written by others meanwhile wins.

Invariant: an attempt that may have been accepted never leads back to `pending` from here; only settle.py, after
looking, or a carrier's plain refusal does that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from messages import outbox_store, overdue_store, pacing_store, undeliverable
from messages import send_store as store
from messages.channels.base import Accepted, Refused, SendOutcome, Unknown
from messages.delivery import ERASED_AFTER, ErrorAction, error_rule
from messages.limits import Limits
from messages.pacing import AHEAD_PRESSING
from messages.send_store import Standing
from scheduler.core.ids import jitter
from scheduler.core.record import Tx

FIRST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 300.0
# Nothing goes out until somebody has mended a setting; asking seldom is enough to notice that they have.
PAUSE_WHILE_REFUSED: Final = 120.0
# A late acceptance is the truth whatever was thought meanwhile, as long as nothing was posted since.
_ACCEPTED_FROM: Final = frozenset({"intent", "unknown", "pending", "cancelled", "failed"})
_UNDECIDED: Final = frozenset({"intent", "unknown"})


class NotPosted(StrEnum):
    """Why we did not post a message although we meant to; nothing can have left."""

    DEADLINE_PASSED = "deadline_passed"
    RECALLED = "recalled"
    CARRIER_SILENT = "carrier_silent"
    RECORD_AWAY = "record_away"


AttemptOutcome = SendOutcome | NotPosted
_LATER: Final = {NotPosted.CARRIER_SILENT: timedelta(seconds=20), NotPosted.RECORD_AWAY: timedelta(seconds=2)}


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt and how it ended."""

    message_id: str
    attempt: int
    outcome: AttemptOutcome


async def record_outcomes(tx: Tx, attempts: Sequence[Attempt], limits: Limits) -> None:
    """Write how these attempts ended. Acceptances of undecided messages, nearly all, are written together."""
    now = await store.standing(tx, {each.message_id for each in attempts})
    plain = [each for each in attempts if _is_plain(each, now.get(each.message_id))]
    await _accepted_all(tx, plain, now)
    # In the order of their ids, as everybody who locks several: two workers then never wait for each other.
    for attempt in sorted(set(attempts) - set(plain), key=lambda each: each.message_id):
        await _record(tx, attempt, limits)


async def _record(tx: Tx, attempt: Attempt, limits: Limits) -> None:
    match attempt.outcome:
        case Accepted():
            await _accepted_late(tx, attempt)
        case Refused():
            await _refused(tx, attempt, attempt.outcome)
        case Unknown():
            await _unknown(tx, attempt, attempt.outcome, limits)
        case NotPosted():
            await _not_posted(tx, attempt, attempt.outcome)


def _is_plain(attempt: Attempt, now: Standing | None) -> bool:
    """Whether it is for us to say that it is sent: a callback or a look-up that was quicker has said more by now."""
    if now is None or not isinstance(attempt.outcome, Accepted):
        return False
    return now.attempt == attempt.attempt and now.state in _ACCEPTED_FROM and now.sid is None


async def _accepted_all(tx: Tx, attempts: Sequence[Attempt], now: Mapping[str, Standing]) -> None:
    rows = [
        (each.message_id, each.outcome.sid, each.outcome.status)
        for each in attempts
        if isinstance(each.outcome, Accepted)
    ]
    # A clock that was set back meanwhile tells a time before the intents; nothing has left before it was meant to.
    intents = (now[each.message_id].intent_at for each in attempts)
    sent_at = max((each for each in intents if each is not None and each > tx.now), default=tx.now)
    await store.accept(tx, rows, sent_at=sent_at, redact_at=tx.now + ERASED_AFTER)
    for each in attempts:
        tx.note("message.sent", "message", each.message_id, attempt=each.attempt)


async def _accepted_late(tx: Tx, attempt: Attempt) -> None:
    """A callback or a look-up was quicker; or a later attempt is under way, which is then one too many."""
    if await store.attempt_of(tx, attempt.message_id) > attempt.attempt:
        await outbox_store.recall_intents(tx, outbox_store.among((attempt.message_id,)), "sent_already")
        tx.note("message.accepted_late", "message", attempt.message_id, attempt=attempt.attempt)


async def _refused(tx: Tx, attempt: Attempt, outcome: Refused) -> None:
    rule = error_rule(outcome.code)
    if not outcome.permanent or rule.action is ErrorAction.BACK_OFF:
        asked = outcome.retry_after or 60.0 * (rule.retry_after_minutes or 0)
        await _wait(tx, attempt, asked or _pause(attempt.attempt), "carrier_busy")
    elif rule.holds:
        await _hold_sender(tx, attempt, f"carrier_{outcome.code}")
    else:
        values = {"state": "failed", "reason": rule.action.value, "error_code": outcome.code}
        if await store.resolve(tx, attempt.message_id, attempt.attempt, _UNDECIDED, values):
            tx.note("message.failed", "message", attempt.message_id, code=outcome.code)
            await undeliverable.failed(tx, attempt.message_id, outcome.code)


async def _hold_sender(tx: Tx, attempt: Attempt, why: str) -> None:
    """What is wrong is wrong for every text of this sender: its queue waits, and one or two try now and then."""
    await _wait(tx, attempt, PAUSE_WHILE_REFUSED, why)
    # Pressing texts are claimed ahead of their pace; so far ahead, that after the pause but one or two try.
    held_until = tx.now + timedelta(seconds=PAUSE_WHILE_REFUSED) + AHEAD_PRESSING
    await pacing_store.hold(tx, attempt.message_id, held_until)
    await undeliverable.trouble(tx, why)


async def _wait(tx: Tx, attempt: Attempt, seconds: float, reason: str) -> None:
    due_at = tx.now + timedelta(seconds=seconds + jitter(seconds / 4))
    values = {"state": "pending", "reason": reason, "due_at": due_at}
    if await store.resolve(tx, attempt.message_id, attempt.attempt, _UNDECIDED, values):
        await overdue_store.refused(tx, attempt.message_id)
        tx.note("message.put_back", "message", attempt.message_id, reason=reason)


def _pause(attempt: int) -> float:
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempt - 1, 10))


async def _unknown(tx: Tx, attempt: Attempt, outcome: Unknown, limits: Limits) -> None:
    values = {"state": "unknown", "reason": outcome.why, "settle_at": tx.now + limits.settle_span}
    if await store.resolve(tx, attempt.message_id, attempt.attempt, ("intent",), values):
        tx.note("message.unknown", "message", attempt.message_id, why=outcome.why)


async def _not_posted(tx: Tx, attempt: Attempt, outcome: NotPosted) -> None:
    """Cancelled if somebody recalled it; otherwise due again, at once or in a moment, and the claim looks at it anew.

    Whether it was recalled is read here: to a worker that comes too late, an intent that others have taken for
    expired looks like a recalled one, and one that was not posted for another reason may have been recalled as well.
    """
    recalled = await store.recalled_reason(tx, attempt.message_id)
    if recalled is not None:
        origins: frozenset[str] = frozenset({"intent"})
        values: dict[str, object] = {"state": "cancelled", "reason": recalled}
    else:
        origins = _UNDECIDED
        why = NotPosted.DEADLINE_PASSED if outcome is NotPosted.RECALLED else outcome
        values = {"state": "pending", "reason": why.value, "due_at": tx.now + _LATER.get(why, timedelta(0))}
    if await store.resolve(tx, attempt.message_id, attempt.attempt, origins, values):
        tx.note("message.not_posted", "message", attempt.message_id, why=str(values["reason"]))
