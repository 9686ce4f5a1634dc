"""What the carrier tells us later: a status callback for one of our messages.

The callback address names our message and the attempt, so a callback proves acceptance even when the answer to the
post was lost, and may come before it. Invariant: callbacks may come early, late, twice, out of order or never; the
row ends in the same state, and its status never falls.
"""

from dataclasses import dataclass
from enum import StrEnum

from messages import callback_store as store
from messages import undeliverable
from messages.callback_store import Known
from messages.crash_points import reach
from messages.delivery import ERASED_AFTER, DeliveryState, heard, join
from scheduler.core.record import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """As posted: which message and attempt our address named, and what the carrier says of which sid."""

    message_id: str
    attempt: int
    sid: str
    status: str
    error_code: int | None = None


class Recorded(StrEnum):
    """What a callback was to us."""

    NEW = "new"
    AGAIN = "again"
    STRANGE = "strange"
    """About no message of this practice, or an attempt nobody made: noted, nothing changed."""


async def record_callback(tx: Tx, callback: Callback) -> Recorded:
    """Take a callback in."""
    known = await store.lock(tx, callback.message_id)
    if known is None or not 1 <= callback.attempt <= known.attempt:
        tx.note("callback.ignored", "message", known.id if known else None, why="no_such_attempt")
        return Recorded.STRANGE
    if not await store.add_delivery(tx, known.id, callback.sid, callback.status, callback.error_code):
        return Recorded.AGAIN
    tx.note("message.heard", "message", known.id, status=heard(callback.status).status or "other")
    await _take_sid(tx, known, callback)
    await _take_status(tx, known.id, callback.sid)
    reach("callback.recorded")
    return Recorded.NEW


async def _take_sid(tx: Tx, known: Known, callback: Callback) -> None:
    """The carrier has this message: it is sent, whatever we thought, and the sid is its own and nobody else's."""
    if known.sid is not None and known.sid != callback.sid:
        # Two attempts were accepted after all. The first one stays; that it happened is in the record.
        tx.note("message.accepted_twice", "message", known.id, attempt=callback.attempt)
        return
    if known.sid is None:
        for other_id in await store.release_found(tx, callback.sid, known.id):
            tx.note("message.unknown", "message", other_id, why="sid_was_anothers")
        if await store.set_sent(tx, known.id, callback.sid, redact_at=tx.now + ERASED_AFTER):
            tx.note("message.sent", "message", known.id, attempt=callback.attempt, by="callback")


async def _take_status(tx: Tx, message_id: str, sid: str) -> None:
    """Join everything heard of this sid; act once when it turns out to have failed, or to have arrived after all."""
    before = await store.lock(tx, message_id)
    if before is None or before.sid != sid:
        return
    said = await store.deliveries(tx, sid)
    state = DeliveryState()
    for each in said:
        state = join(state, heard(each.status))
    if before.provider_status is not None:
        state = join(state, heard(before.provider_status))
    if state.status is None:
        return
    code = next((each.error_code for each in reversed(said) if each.error_code is not None), None)
    now_failed = state.failed and before.state == "sent"
    after_all = state.reached and before.state == "failed"
    final = state.reached or state.failed
    await store.set_status(tx, message_id, state.status.value, code, failed=now_failed, sent=after_all, final=final)
    if now_failed:
        tx.note("message.failed", "message", message_id, code=code)
        await undeliverable.failed(tx, message_id, code)
    if after_all:
        tx.note("message.arrived_after_all", "message", message_id)
        await undeliverable.arrived_after_all(tx, message_id)
