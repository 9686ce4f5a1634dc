"""From a missed or late-cancelled visit to a proposed fee, by the policy version the client accepted.

The subscribers of what happened to a visit live here, and judging it anew; what people decide about a proposal is
fees.py's, the rules are fees/rules.py's. Nothing is ever charged, and no text goes out.
Invariant: a visit that was kept, restored or never marked has no open fee.
"""

from datetime import timedelta

from scheduler.actions.fees import check_note
from scheduler.appointments import store as appointments
from scheduler.appointments.states import ParticipationState
from scheduler.appointments.store import Visit
from scheduler.attendance.states import Attendance
from scheduler.core.errors import Conflict, NotFound
from scheduler.core.record import Tx
from scheduler.events import AttendanceMarked, ParticipationCancelled, ParticipationRestored
from scheduler.fees import store
from scheduler.fees.append import append, follow
from scheduler.fees.ledger import EntryKind, FeeEventWord, ReverseReason, may_follow
from scheduler.fees.rules import (
    Amount,
    ClientFacts,
    FeeEvent,
    FeeEventKind,
    FeePolicy,
    NoFee,
    PayerClass,
    PerCent,
    Proposal,
    propose,
)
from scheduler.fees.store import Acceptance, FeeEntry, FeePolicyVersion
from scheduler.people import store as people

LOOK_BACK = timedelta(days=365)  # events longer ago use up no grace
_PAYERS = {
    "self": PayerClass.SELF_PAY,
    "insurance": PayerClass.INSURANCE,
    "medicare": PayerClass.MEDICARE,
    "medicaid": PayerClass.MEDICAID,
}


async def on_cancelled(tx: Tx, event: ParticipationCancelled) -> None:
    """Propose a fee for a client's late cancellation, or note why there is none."""
    if event.late and event.by == "client":
        await _open(tx, await _visit(tx, event.participation_id), FeeEventWord.LATE_CANCEL)


async def on_attendance(tx: Tx, event: AttendanceMarked) -> None:
    """Propose a fee for a missed visit; a mark that turns out wrong takes the fee back, approved or not."""
    if event.attendance == Attendance.MISSED:
        await _open(tx, await _visit(tx, event.participation_id), FeeEventWord.NO_SHOW)
    else:
        await _take_back(tx, event.participation_id, FeeEventWord.NO_SHOW, ReverseReason.ATTENDANCE_CORRECTED)


async def on_restored(tx: Tx, event: ParticipationRestored) -> None:
    """A cancellation that was undone costs nothing."""
    await _take_back(tx, event.participation_id, FeeEventWord.LATE_CANCEL, ReverseReason.CANCELLATION_UNDONE)


async def propose_again(
    tx: Tx, participation_id: str, *, medicaid_override: bool = False, note: str | None = None
) -> FeeEntry:
    """Judge a visit anew: after a reversal, or when a policy turns out to have been signed in time.

    A case that stands as not charged is reversed first. `medicaid_override` allows what is blocked by default and
    needs a note (42 CFR 447.15: only where the state has approved it).

    Raises:
        NotFound: no such visit.
        Invalid: note_needed or note_too_long.
        Conflict: not_chargeable (neither missed nor cancelled late), fee_policy_missing, fee_open (there is one).
    """
    check_note(note, needed=medicaid_override)
    visit = await _visit(tx, participation_id)
    word = _event_of(visit)
    if word is None:
        raise Conflict("not_chargeable", participation=participation_id)
    newest = await store.newest_entry(tx, participation_id)
    if newest is not None and newest.kind is EntryKind.NOT_CHARGED:
        await follow(tx, newest, EntryKind.REVERSED, reason=ReverseReason.WRONG_DECISION.value)
    elif newest is not None and not may_follow(newest.kind, EntryKind.PROPOSED):
        raise Conflict("fee_open", participation=participation_id)
    entry = await _open(tx, visit, word, medicaid_override=medicaid_override, note=note)
    if entry is None:
        raise Conflict("fee_policy_missing", participation=participation_id)
    return entry


async def _open(
    tx: Tx, visit: Visit, word: FeeEventWord, *, medicaid_override: bool = False, note: str | None = None
) -> FeeEntry | None:
    """Write the first entry of a case, or the first since its reversal; None where the practice has no policy."""
    newest = await store.newest_entry(tx, visit.participation_id)
    policies = await store.fee_policies(tx)
    if not policies or not may_follow(newest.kind if newest else None, EntryKind.PROPOSED):
        return None
    policy, facts = await _facts(tx, visit, word, policies, medicaid_override=medicaid_override)
    judged = propose(_rule(policy), await _event(tx, visit, word), facts)
    entry = _entry(tx, visit, word, judged, policy.version, note, step=newest.step + 1 if newest else 1)
    await append(tx, entry)
    return entry


def _entry(
    tx: Tx, visit: Visit, word: FeeEventWord, judged: Proposal | NoFee, version: int, note: str | None, *, step: int
) -> FeeEntry:
    proposed = isinstance(judged, Proposal)
    return FeeEntry(
        id=tx.new_id(),
        participation_id=visit.participation_id,
        client_id=visit.client_id,
        step=step,
        kind=EntryKind.PROPOSED if proposed else EntryKind.NOT_CHARGED,
        event=word,
        amount_minor=judged.amount_minor if isinstance(judged, Proposal) else 0,
        policy_version=version,
        reason=judged.reason.value if isinstance(judged, NoFee) else None,
        note=note,
        by_id=tx.actor.id,
        at=tx.now,
    )


async def _event(tx: Tx, visit: Visit, word: FeeEventWord) -> FeeEvent:
    service = await people.service(tx, visit.service_id)
    fee = service.fee_minor if service else None
    if word is FeeEventWord.LATE_CANCEL:
        return FeeEvent(FeeEventKind.LATE_CANCELLED, visit.starts_at, visit.cancelled_at, fee)
    return FeeEvent(FeeEventKind.MISSED, visit.starts_at, None, fee)


async def _facts(
    tx: Tx,
    visit: Visit,
    word: FeeEventWord,
    policies: tuple[FeePolicyVersion, ...],
    *,
    medicaid_override: bool,
) -> tuple[FeePolicyVersion, ClientFacts]:
    happened = visit.cancelled_at if word is FeeEventWord.LATE_CANCEL and visit.cancelled_at else visit.starts_at
    accepted = await store.acceptances(tx, visit.client_id)
    in_time = [each for each in accepted if each.accepted_at < happened]
    # The newest version accepted in time binds. One that came too late is looked at only to say so.
    binding: Acceptance | None = next(iter(in_time or accepted), None)
    client = await people.client(tx, visit.client_id)
    earlier = 0
    if in_time:
        since = max(visit.starts_at - LOOK_BACK, min(each.accepted_at for each in in_time))
        earlier = await store.earlier_events(tx, visit.client_id, after=since, before=visit.starts_at)
    facts = ClientFacts(
        payer=_PAYERS[client.payer if client else "self"],
        accepted_version=binding.version if binding else None,
        accepted_at=binding.accepted_at if binding else None,
        earlier_events=earlier,
        medicaid_override=medicaid_override,
    )
    by_version = {each.version: each for each in policies}
    return (by_version[binding.version] if binding else policies[0]), facts


async def _take_back(tx: Tx, participation_id: str, word: FeeEventWord, reason: ReverseReason) -> None:
    newest = await store.newest_entry(tx, participation_id)
    if newest is not None and newest.event is word and may_follow(newest.kind, EntryKind.REVERSED):
        await follow(tx, newest, EntryKind.REVERSED, reason=reason.value)


async def _visit(tx: Tx, participation_id: str) -> Visit:
    visit = await appointments.visit(tx, participation_id)
    if visit is None:
        raise NotFound("participation", participation=participation_id)
    return visit


def _event_of(visit: Visit) -> FeeEventWord | None:
    if visit.state is ParticipationState.LATE_CANCELLED:
        # An imported cancellation may not say when it came in; how late it was is then nobody's to claim.
        return FeeEventWord.LATE_CANCEL if visit.cancelled_at else None
    missed = visit.is_active and visit.attendance == Attendance.MISSED
    return FeeEventWord.NO_SHOW if missed else None


def _rule(policy: FeePolicyVersion) -> FeePolicy:
    charge = PerCent(policy.value) if policy.mode == "percent" else Amount(policy.value)
    return FeePolicy(policy.version, policy.window_hours, charge, charge, policy.grace_misses)
