"""What people decide about a proposed fee: approve, waive, or take a decision back.

Proposals come from propose_fee.py, the order of entries is fees/ledger.py's.
Invariant: a decision names the person who made it and is one more step of its case; two people deciding at once cannot
both succeed.
"""

from scheduler.attendance import store as attendance
from scheduler.core.actor import ActorKind
from scheduler.core.errors import Conflict, Forbidden, Invalid, NotFound
from scheduler.core.record import Tx
from scheduler.fees import store
from scheduler.fees.append import follow
from scheduler.fees.ledger import EntryKind, ReverseReason, WaiveReason, may_follow
from scheduler.fees.store import FeeEntry

LONGEST_NOTE = 500


async def approve_fee(tx: Tx, participation_id: str, *, seen_step: int | None = None) -> FeeEntry:
    """Approve what is proposed. `seen_step` is the entry the approver saw: another one since then is a conflict.

    Raises:
        Forbidden: person_needed.
        NotFound: no case.
        Conflict: fee_changed_meanwhile, or not_proposed.
    """
    newest = await _decidable(tx, participation_id, EntryKind.APPROVED, seen_step)
    own_mark = await attendance.marked_by(tx, participation_id) == tx.actor.id
    # A one-person practice has nobody else to ask, so it is not refused; the entry lets an auditor see it.
    return await follow(tx, newest, EntryKind.APPROVED, own_mark=own_mark)


async def waive_fee(
    tx: Tx, participation_id: str, *, reason: str, note: str | None = None, seen_step: int | None = None
) -> FeeEntry:
    """Let what is proposed go. `note` is kept sealed; the reason `other` needs one.

    Raises:
        Forbidden: person_needed.
        NotFound: no case.
        Invalid: reason_unknown, note_needed or note_too_long.
        Conflict: fee_changed_meanwhile, or not_proposed.
    """
    _check_reason(reason, WaiveReason, note)
    newest = await _decidable(tx, participation_id, EntryKind.WAIVED, seen_step)
    return await follow(tx, newest, EntryKind.WAIVED, reason=reason, note=note)


async def reverse_fee(
    tx: Tx, participation_id: str, *, reason: str, note: str | None = None, seen_step: int | None = None
) -> FeeEntry:
    """Take the newest decision of a case back by one more entry; `propose_again` may open it anew.

    Raises:
        Forbidden: person_needed.
        NotFound: no case.
        Invalid: reason_unknown, note_needed or note_too_long.
        Conflict: fee_changed_meanwhile, or already_reversed.
    """
    _check_reason(reason, ReverseReason, note)
    newest = await _decidable(tx, participation_id, EntryKind.REVERSED, seen_step)
    return await follow(tx, newest, EntryKind.REVERSED, reason=reason, note=note)


def check_note(note: str | None, *, needed: bool) -> None:
    """Pass only a note that is short enough, and there where it is needed.

    Raises:
        Invalid: note_needed or note_too_long.
    """
    if needed and not (note and note.strip()):
        raise Invalid("note_needed", field="note")
    if note and len(note) > LONGEST_NOTE:
        raise Invalid("note_too_long", field="note", longest=LONGEST_NOTE)


async def _decidable(tx: Tx, participation_id: str, kind: EntryKind, seen_step: int | None) -> FeeEntry:
    if tx.actor.kind is not ActorKind.STAFF or tx.actor.id is None:
        raise Forbidden("person_needed", participation=participation_id)
    newest = await store.newest_entry(tx, participation_id)
    if newest is None:
        raise NotFound("fee", participation=participation_id)
    if seen_step not in {None, newest.step}:
        raise Conflict("fee_changed_meanwhile", participation=participation_id, step=newest.step)
    if not may_follow(newest.kind, kind):
        code = "already_reversed" if kind is EntryKind.REVERSED else "not_proposed"
        raise Conflict(code, participation=participation_id, step=newest.step)
    return newest


def _check_reason(reason: str, known: type[WaiveReason] | type[ReverseReason], note: str | None) -> None:
    if reason not in {each.value for each in known}:
        raise Invalid("reason_unknown", field="reason")
    check_note(note, needed=reason == "other")
