"""How fees are spoken of: what happened, why there is none, why one was let go. Pure.

Invariant: every reason of the rules and of the ledger has words.
"""

from typing import Final

from bot.console.audit_words import duration
from scheduler.fees.ledger import EntryKind, FeeEventWord, ReverseReason, WaiveReason
from scheduler.fees.rules import NoFeeReason

EVENTS: Final = {FeeEventWord.LATE_CANCEL: "Cancelled late", FeeEventWord.NO_SHOW: "Missed"}
WAIVE_REASONS: Final = {
    WaiveReason.ILLNESS: "Illness",
    WaiveReason.EMERGENCY: "Emergency",
    WaiveReason.WEATHER: "Weather or traffic",
    WaiveReason.OFFICE_ERROR: "A mistake of ours",
    WaiveReason.HARDSHIP: "Hardship",
    WaiveReason.GOODWILL: "Goodwill",
    WaiveReason.OTHER: "Something else (say what)",
}
REVERSE_REASONS: Final = {
    ReverseReason.WRONG_DECISION: "The decision was wrong",
    ReverseReason.OFFICE_ERROR: "A mistake of ours",
    ReverseReason.OTHER: "Something else (say what)",
}
"""Those that people may choose; the other two are the record's own."""

_OWN_REASONS: Final = {
    ReverseReason.ATTENDANCE_CORRECTED: "The visit is no longer marked as missed",
    ReverseReason.CANCELLATION_UNDONE: "The cancellation was undone",
}
NO_FEE: Final[dict[NoFeeReason, tuple[str, str]]] = {
    NoFeeReason.NOT_CHARGEABLE: ("The policy has no fee for this", ""),
    NoFeeReason.CLINICIAN_CANCELLED: ("The practice cancelled", ""),
    NoFeeReason.UNMARKED: ("Nobody marked the visit", "Mark it first."),
    NoFeeReason.NO_ACCEPTED_POLICY: (
        "The client has not accepted this policy",
        "If they signed it before the visit, record that with its date on the client's page, then judge again.",
    ),
    NoFeeReason.ACCEPTED_AFTER_EVENT: ("The client accepted the policy only afterwards", ""),
    NoFeeReason.OUTSIDE_WINDOW: ("It was in time by the version the client accepted", ""),
    NoFeeReason.MEDICAID: (
        "Medicaid: charging is blocked",
        "Federal rules are read as barring the charge (42 CFR 447.15) unless your state allows it.",
    ),
    NoFeeReason.GRACE: ("The first time is free", "The policy lets this one pass."),
    NoFeeReason.NO_SERVICE_FEE: ("The service has no fee to take a share of", "Give the service a fee in Settings."),
    NoFeeReason.ZERO: ("The fee comes to nothing", ""),
}
HOW_ACCEPTED: Final = {"signed": "signed", "link": "by link", "import": "imported", "verbal": "told us"}
HOW_CANCELLED: Final = {
    "sms": "by text",
    "whatsapp": "by WhatsApp",
    "voice": "in a call",
    "link": "by link",
    "console": "told the office",
    "command": "told the office",
    "api": "through the API",
    "import": "imported",
}
ENTRY_WORDS: Final = {
    EntryKind.PROPOSED: "Proposed",
    EntryKind.NOT_CHARGED: "Not charged",
    EntryKind.APPROVED: "Approved",
    EntryKind.WAIVED: "Waived",
    EntryKind.REVERSED: "Taken back",
}
REFUSALS: Final = {
    "reason_unknown": "Choose a reason",
    "note_needed": "Write a few words about it",
    "note_too_long": "Write at most 500 characters",
    "number_out_of_range": "Enter a number from {low} to {high}",
    "mode_unknown": "Choose how the fee is worked out",
    "text_length": "Write the words clients accept, at most 4,000 characters",
}


def reason_words(kind: EntryKind, reason: str | None) -> str:
    """Why an entry says what it says, in words; empty where it needs no reason."""
    if not reason:
        return ""
    words: dict[str, str] = {}
    if kind is EntryKind.NOT_CHARGED:
        words = {key.value: said for key, (said, _) in NO_FEE.items()}
    elif kind is EntryKind.WAIVED:
        words = {key.value: said.partition(" (")[0] for key, said in WAIVE_REASONS.items()}
    elif kind is EntryKind.REVERSED:
        words = {key.value: said.partition(" (")[0] for key, said in (REVERSE_REASONS | _OWN_REASONS).items()}
    return words.get(reason, reason.replace("_", " ").capitalize())


def before_start(minutes: int) -> str:
    """How long before the start something came, such as `3 h 10 min before`."""
    return f"{duration(minutes)} before" if minutes > 0 else "after the start"
