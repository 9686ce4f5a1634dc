"""When a missed or late-cancelled visit may cost a fee, and how much.

Here lives the proposal. Approving or waiving it is a person's, writing it down the ledger's, and nothing is
ever charged.

The one invariant: no proposal without a policy version the client accepted before the event, and none for
what the practice did or nobody marked.

Reasons in the world: Medicaid programmes are read as barring the charge (42 CFR 447.15) unless a state allows
it; Medicare allows it when the same policy holds for everyone, billed to the person and never as a service
line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

FULL_PER_CENT: Final = 100


class FeeEventKind(StrEnum):
    """What happened to the visit."""

    LATE_CANCELLED = "late_cancelled"
    MISSED = "missed"
    CANCELLED = "cancelled"
    CLINICIAN_CANCELLED = "clinician_cancelled"
    ATTENDED = "attended"
    UNMARKED = "unmarked"


class PayerClass(StrEnum):
    """Who pays for the client's visits, as far as fee rules care."""

    SELF_PAY = "self"
    INSURANCE = "insurance"
    MEDICARE = "medicare"
    MEDICAID = "medicaid"


class NoFeeReason(StrEnum):
    """Why no fee is proposed."""

    NOT_CHARGEABLE = "not_chargeable"
    CLINICIAN_CANCELLED = "clinician_cancelled"
    UNMARKED = "unmarked"
    NO_ACCEPTED_POLICY = "no_accepted_policy"
    ACCEPTED_AFTER_EVENT = "accepted_after_event"
    OUTSIDE_WINDOW = "outside_window"
    MEDICAID = "medicaid"
    GRACE = "grace"
    NO_SERVICE_FEE = "no_service_fee"
    ZERO = "zero"


class Caution(StrEnum):
    """What the approver should see beside a proposal."""

    MEDICARE_SAME_FOR_ALL = "medicare_same_for_all"
    MEDICAID_OVERRIDE = "medicaid_override"


@dataclass(frozen=True, slots=True)
class PerCent:
    """A share of the service's fee, 0 to 100."""

    per_cent: int

    def __post_init__(self) -> None:
        if not 0 <= self.per_cent <= FULL_PER_CENT:
            raise ValueError("per cent must be 0 to 100")


@dataclass(frozen=True, slots=True)
class Amount:
    """A fixed amount in minor currency units (cents)."""

    minor: int

    def __post_init__(self) -> None:
        if self.minor < 0:
            raise ValueError("an amount must not be negative")


Charge = PerCent | Amount


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """One version of the practice's fee policy.

    `window_hours` are elapsed hours before the start. `grace_count` events of a client pass free of charge
    before the first fee; `late_cancel` and `missed` may be None for "never".
    """

    version: int
    window_hours: int
    late_cancel: Charge | None
    missed: Charge | None
    grace_count: int = 0


@dataclass(frozen=True, slots=True)
class FeeEvent:
    """What happened and when, in aware UTC.

    `received_at` is when the cancellation reached us, None for a missed visit.
    """

    kind: FeeEventKind
    starts_at: datetime
    received_at: datetime | None
    service_fee_minor: int | None


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """What the rule knows of the client.

    `accepted_version` and `accepted_at` are of the policy version in force for the client. `earlier_events`
    counts the client's earlier late cancellations and missed visits in the period the practice looks back
    over, those that passed by grace included, and waived ones not. `medicaid_override` says that a permitted
    person allowed the fee with a note.
    """

    payer: PayerClass
    accepted_version: int | None
    accepted_at: datetime | None
    earlier_events: int = 0
    medicaid_override: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """A fee for a person to approve or waive; `amount_minor` is in minor currency units and more than zero."""

    amount_minor: int
    policy_version: int
    charge: Charge


@dataclass(frozen=True, slots=True)
class NoFee:
    """No fee, and why."""

    reason: NoFeeReason


def propose(policy: FeePolicy, event: FeeEvent, client: ClientFacts) -> Proposal | NoFee:
    """The fee to propose for an event under a policy version, or the reason there is none.

    Checks run in this order and the first that fails gives the reason: the kind of event, acceptance of
    exactly this version before the event, the version's own window, the payer, the grace count, the amount.
    Per cents are rounded half up to a minor unit.
    """
    refusal = (
        _by_kind(event)
        or _by_acceptance(policy, event, client)
        or _by_window(policy, event)
        or _by_payer(client)
        or _by_grace(policy, client)
    )
    if refusal is not None:
        return NoFee(refusal)
    charge = policy.missed if event.kind is FeeEventKind.MISSED else policy.late_cancel
    if charge is None:
        return NoFee(NoFeeReason.NOT_CHARGEABLE)
    amount = _amount(charge, event.service_fee_minor)
    if amount is None:
        return NoFee(NoFeeReason.NO_SERVICE_FEE)
    if amount == 0:
        return NoFee(NoFeeReason.ZERO)
    return Proposal(amount, policy.version, charge)


def caution(payer: PayerClass) -> Caution | None:
    """What whoever approves a fee should see beside it, by who pays for the visits."""
    if payer is PayerClass.MEDICARE:
        return Caution.MEDICARE_SAME_FOR_ALL
    return Caution.MEDICAID_OVERRIDE if payer is PayerClass.MEDICAID else None


def _by_kind(event: FeeEvent) -> NoFeeReason | None:
    match event.kind:
        case FeeEventKind.LATE_CANCELLED | FeeEventKind.MISSED:
            return None
        case FeeEventKind.CLINICIAN_CANCELLED:
            return NoFeeReason.CLINICIAN_CANCELLED
        case FeeEventKind.UNMARKED:
            return NoFeeReason.UNMARKED
        case FeeEventKind.CANCELLED | FeeEventKind.ATTENDED:
            return NoFeeReason.NOT_CHARGEABLE


def _by_acceptance(policy: FeePolicy, event: FeeEvent, client: ClientFacts) -> NoFeeReason | None:
    if client.accepted_version != policy.version or client.accepted_at is None:
        return NoFeeReason.NO_ACCEPTED_POLICY
    if client.accepted_at >= _happened_at(event):
        return NoFeeReason.ACCEPTED_AFTER_EVENT
    return None


def _by_window(policy: FeePolicy, event: FeeEvent) -> NoFeeReason | None:
    # The visit's state was set by the practice's window of that day. The client agreed to the window of the
    # version they accepted, so that one decides about money.
    deadline = event.starts_at - timedelta(hours=policy.window_hours)
    in_time = event.kind is FeeEventKind.LATE_CANCELLED and _happened_at(event) <= deadline
    return NoFeeReason.OUTSIDE_WINDOW if in_time else None


def _by_payer(client: ClientFacts) -> NoFeeReason | None:
    blocked = client.payer is PayerClass.MEDICAID and not client.medicaid_override
    return NoFeeReason.MEDICAID if blocked else None


def _by_grace(policy: FeePolicy, client: ClientFacts) -> NoFeeReason | None:
    return NoFeeReason.GRACE if client.earlier_events < policy.grace_count else None


def _happened_at(event: FeeEvent) -> datetime:
    if event.kind is FeeEventKind.LATE_CANCELLED and event.received_at is None:
        raise ValueError("a late cancellation needs the time it was received")
    return event.starts_at if event.received_at is None else event.received_at


def _amount(charge: Charge, service_fee_minor: int | None) -> int | None:
    if isinstance(charge, Amount):
        return charge.minor
    if service_fee_minor is None:
        return None
    return (service_fee_minor * charge.per_cent + FULL_PER_CENT // 2) // FULL_PER_CENT
