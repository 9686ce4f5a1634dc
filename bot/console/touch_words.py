"""What a message is called on staff's pages, how it fared, and why one did not leave. Words only.

Invariant: every kind has a name; a reason nobody has worded is shown as a plain "not needed any more".
"""

from typing import Final

from messages.kinds import Channel, Kind
from messages.outbox_store import Message

NAMES: Final[dict[Kind, str]] = {
    Kind.ENROLMENT: "Greeting",
    Kind.WAITLIST_JOINED: "On the waitlist",
    Kind.BOOKED: "Booking notice",
    Kind.REMINDER: "Reminder",
    Kind.REMINDER_CONFIRMED: "Reminder",
    Kind.CONFIRMED: "Answer: confirmed",
    Kind.CANCELLED: "Answer: cancelled",
    Kind.LATE_CANCELLED: "Answer: cancelled late",
    Kind.MOVED: "Answer: moved",
    Kind.KEPT: "Answer: kept",
    Kind.TIMES_OFFERED: "Times to choose from",
    Kind.TIMES_NONE: "Answer: no time free",
    Kind.TIMES_EXPIRED: "Choice of times ended",
    Kind.WHICH_VISIT: "Question which visit",
    Kind.LATE_NOTED: "Answer: late is noted",
    Kind.ARRIVED_NOTED: "Answer: we know they are here",
    Kind.REMINDER_SET: "Answer: a reminder is set",
    Kind.UNSURE: "Answer to “maybe”",
    Kind.UNDONE: "Answer: taken back",
    Kind.UNDO_TOO_LATE: "Answer: too late to take back",
    Kind.NEXT_VISIT: "Answer: the next visit",
    Kind.NO_VISIT: "Answer: no visit is booked",
    Kind.WISH_FREE: "Question: the time they wished for",
    Kind.TIMES_NEAR: "Times near what they wished for",
    Kind.NEEDS_OFFICE: "Answer: the office makes this change",
    Kind.OFFER: "Waitlist offer",
    Kind.OFFER_UNCLEAR: "Question: take it, or pass",
    Kind.OFFER_WON: "Answer: the time is theirs",
    Kind.OFFER_LOST: "Answer: the time is taken",
    Kind.OFFER_PASSED: "Answer: passed",
    Kind.OFFER_NOTED: "Answer: the office looks at it",
    Kind.OFFER_CALL: "Answer: call to take it",
    Kind.OFFER_BEHIND: "Answer: next in line for it",
    Kind.OFFER_SECOND: "Answer: somebody was quicker",
    Kind.OFFER_EXPIRED: "The offer ran out",
    Kind.OFFER_WITHDRAWN: "The offer is withdrawn",
    Kind.STILL_WAITING: "Question: do they still wait",
    Kind.LIST_ALREADY: "Answer: on the waitlist already",
    Kind.LIST_LEFT: "Answer: off the waitlist",
    Kind.LIST_RESTS: "Answer: rests on the waitlist",
    Kind.ABOUT_US: "Answer: who writes",
    Kind.CLINICIAN_CANCELLED: "Notice: cancelled by us",
    Kind.RESCHEDULED_BY_STAFF: "Notice: moved by us",
    Kind.STOP_CONFIRMED: "Confirmation of STOP",
    Kind.START_CONFIRMED: "Confirmation of START",
    Kind.STOPPED_ONE: "Confirmation of STOP for one of them",
    Kind.LANGUAGE_SET: "Answer: the language is changed",
    Kind.EMAIL_SET: "Answer: by email from now on",
    Kind.HOURS_SET: "Answer: their hours are kept",
    Kind.OPT_OUT_BY_LINK: "Confirmation of the opt-out",
    Kind.VISIT_OR_STOP: "Question: the visit, or all texts",
    Kind.HELP: "Answer to HELP",
    Kind.WRONG_NUMBER: "Answer to a wrong number",
    Kind.CRISIS_NOTICE: "Notice with emergency numbers",
    Kind.INBOX_AUTO: "Answer: a person will look",
    Kind.QUESTION_POINTER: "Answer: please call",
    Kind.NOTHING_OPEN: "Answer: nothing to change",
    Kind.CRISIS_ALERT: "Alert to the practice",
    Kind.ENGINE_ALERT: "Alert about sending",
}
REASONS: Final[dict[str, str]] = {
    "visit_not_active": "the visit was cancelled",
    "visit_not_cancelled": "the visit stands again",
    "superseded": "the visit was moved",
    "already_confirmed": "already confirmed",
    "offer_closed": "the offer is over",
    "recipient_changed": "the number was changed",
    "no_consent": "no consent on record",
    "opted_out": "texts were stopped",
    "client_preference": "the client asked for another way",
    "number_invalid": "the number cannot get texts",
    "number_quarantined": "the number is being checked",
    "outside_window": "waits for the sending hours",
    "over_cap": "enough texts for now",
    "text_unsafe": "the wording needs a look",
    "no_template": "WhatsApp has no approved template for it",
    "sender_unregistered": "the sending number is not registered",
    "too_late": "it would have come too late",
    "too_long": "the text was too long",
    "confirmed": "already confirmed",
    "cancelled": "the visit was cancelled",
    "visit_cancelled": "the visit was cancelled",
    "moved": "the visit was moved",
    "booked": "planned anew",
    "restored": "the visit stands again",
    "policy_changed": "the policy was changed",
    "contact_changed": "the number or consent was changed",
    "lost": "the time was taken",
    "expired": "the offer ran out",
    "carrier_busy": "the carrier is busy; tried again shortly",
    "lease_expired": "being looked up",
    "not_found": "the carrier never had it; sent again",
    "handed_on": "the carrier was away; said another way, or a call for staff",
    "arrived_after_all": "the first one arrived after all",
}


WAYS: Final = {
    Channel.SMS: "text", Channel.EMAIL: "email", Channel.VOICE: "phone call", Channel.WHATSAPP: "WhatsApp",
}  # fmt: skip


def what(kind: Kind, channel: Channel) -> str:
    """The name of a message: Reminder by text."""
    return f"{NAMES[kind]} by {WAYS[channel]}"


def state_of(message: Message) -> str:
    """The key of the chip table for where a message stands."""
    if message.state == "cancelled":
        return "skipped"
    if message.state == "sent":
        known = {"delivered", "undelivered", "failed", "read", "queued", "accepted", "sending"}
        return message.provider_status if message.provider_status in known else "sent"
    return message.state


def note_of(message: Message) -> str:
    """Why it did not leave, or waits; empty when there is nothing to say."""
    if message.state in {"sent", "intent", "unknown"} or not message.reason:
        return f"error {message.error_code}" if message.error_code else ""
    return REASONS.get(message.reason, "not needed any more")
