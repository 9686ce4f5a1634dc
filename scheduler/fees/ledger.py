"""What may follow what in the ledger of fees, and what an entry does to the sum owed. Pure.

A case is the entries of one participation in the order of their steps; the newest tells its state. Nothing is ever
edited: a decision is taken back by one more entry. Invariant: no money is owed without an approved entry that is the
newest of its case.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class EntryKind(StrEnum):
    """What an entry says."""

    PROPOSED = "proposed"
    NOT_CHARGED = "not_charged"
    APPROVED = "approved"
    WAIVED = "waived"
    REVERSED = "reversed"


class FeeEventWord(StrEnum):
    """What the case is about, as the ledger words it."""

    LATE_CANCEL = "late_cancel"
    NO_SHOW = "no_show"


class WaiveReason(StrEnum):
    """Why a fee is waived; `other` says it in a note."""

    ILLNESS = "illness"
    EMERGENCY = "emergency"
    WEATHER = "weather"
    OFFICE_ERROR = "office_error"
    HARDSHIP = "hardship"
    GOODWILL = "goodwill"
    OTHER = "other"


class ReverseReason(StrEnum):
    """Why a decision is taken back. The first two are the record's own, made by other actions."""

    ATTENDANCE_CORRECTED = "attendance_corrected"
    CANCELLATION_UNDONE = "cancellation_undone"
    WRONG_DECISION = "wrong_decision"
    OFFICE_ERROR = "office_error"
    OTHER = "other"


_K = EntryKind
_OPENINGS: Final = frozenset({_K.PROPOSED, _K.NOT_CHARGED})

FOLLOWS: Final[dict[EntryKind | None, frozenset[EntryKind]]] = {
    None: _OPENINGS,
    _K.PROPOSED: frozenset({_K.APPROVED, _K.WAIVED, _K.REVERSED}),
    _K.APPROVED: frozenset({_K.REVERSED}),
    _K.WAIVED: frozenset({_K.REVERSED}),
    _K.NOT_CHARGED: frozenset({_K.REVERSED}),
    _K.REVERSED: _OPENINGS,
}
"""Which entries may come after which; None is the empty case."""


@dataclass(frozen=True, slots=True)
class Step:
    """The parts of an entry that sums are made of; amounts in minor currency units, never negative."""

    kind: EntryKind
    amount_minor: int


def may_follow(newest: EntryKind | None, kind: EntryKind) -> bool:
    """Whether an entry may be added to a case whose newest entry is `newest`."""
    return kind in FOLLOWS[newest]


def effect(before: Step | None, entry: Step) -> int:
    """What an entry adds to the sum owed: an approval its amount, the reversal of one the same, taken away."""
    if entry.kind is EntryKind.APPROVED:
        return entry.amount_minor
    if entry.kind is EntryKind.REVERSED and before is not None and before.kind is EntryKind.APPROVED:
        return -before.amount_minor
    return 0
