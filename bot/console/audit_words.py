"""What an audit entry says in words: the action, who did it, and by which way. Pure.

An action that has no sentence yet is shown by its own name, so that nothing is ever hidden. Invariant: a sentence is
made of the table and of codes and numbers in the entry, never of a person's data, of which entries hold none.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from messages.kinds import Channel, Kind
from scheduler.core.audit import Entry

ACTIONS: Final[dict[str, str]] = {
    "appointment.booked": "Appointment booked",
    "appointment.cancelled": "Appointment cancelled: nobody is left in it",
    "appointment.moved": "Appointment moved",
    "appointment.restored": "Appointment stands again",
    "participation.booked": "Visit booked",
    "participation.confirmed": "Visit confirmed",
    "participation.says_late": "Client says they will be late",
    "participation.cancelled": "Visit cancelled",
    "participation.moved": "Visit moved",
    "participation.restored": "Cancellation undone",
    "participation.marked": "Attendance marked",
    "series.started": "Series started",
    "series.extended": "Series booked further ahead",
    "series.moved": "Weekly time moved",
    "series.ended": "Series ended",
    "series.ran_out": "Series came to its last visit",
    "series.resumed": "End of a series taken back",
    "time.held": "Times held while a client chooses",
    "time.released": "Held times given back",
    "client.read": "Client record opened",
    "client.hours_wished": "Client named hours to be written to in",
    "client.added": "Client added",
    "client.edited": "Client edited",
    "client.archived": "Client put away",
    "client.unarchived": "Client taken back",
    "contact_point.added": "Number or address added",
    "contact_point.restored": "Number or address taken back",
    "contact_point.removed": "Number or address removed",
    "contact_point.preferred": "Number or address put first",
    "contact_point.quarantined": "Number put in quarantine: nothing is sent there",
    "contact_point.invalid": "Number or address marked as not working",
    "contact_point.verified": "Number or address verified",
    "consent.granted": "Consent recorded",
    "consent.withdrawn": "Consent withdrawn",
    "address.stopped": "Stopped: nothing automatic goes there any more",
    "address.started": "Messages allowed again",
    "address.stop_acknowledged": "The one confirmation of a stop was sent",
    "inbound.received": "Text received",
    "inbound.handled": "Text read",
    "inbound.answered": "Answered on the page or by phone",
    "inbound.not_answered": "Text not answered: enough automatic answers for a day",
    "question.asked": "Question asked, to tell the answer by",
    "message.planned": "{what} planned",
    "message.queued": "{what} queued",
    "message.replanned": "{what} planned for another time",
    "message.brought_forward": "{what} brought forward, so that it leaves before the evening",
    "message.revived": "{what} planned again",
    "message.cancelled": "{what} taken back before it left",
    "message.recalled": "{what} asked back while it was leaving",
    "message.held": "{what} held back: trouble with sending",
    "message.postponed": "{what} put off",
    "message.intended": "{what} about to leave",
    "message.not_posted": "{what} not handed over after all",
    "message.sent": "{what} sent",
    "message.accepted_late": "{what} sent; the phone company answered late",
    "message.accepted_twice": "{what} may have been sent twice",
    "message.unknown": "{what}: unclear whether it left; being looked up",
    "message.put_back": "{what} did not leave; tried again",
    "message.failed": "{what} could not be delivered",
    "message.heard": "{what}: word from the phone company",
    "message.arrived_after_all": "{what} arrived after all",
    "message.redacted": "{what}: words erased at the phone company",
    "message.not_redacted": "{what}: the phone company refuses to erase the words",
    "inbound.redacted": "Text erased at the phone company",
    "inbound.not_redacted": "Text: the phone company refuses to erase it",
    "callback.ignored": "Word from the phone company about a message we do not know",
    "link.made": "Link made",
    "link.revoked": "Links made useless",
    "sending.paused": "Reminders paused",
    "sending.resumed": "Reminders leave again",
    "sending.clock_set_back": "What a wrong clock had put off begins anew",
    "sender.rated": "Pace of a number set",
    "sender.added": "Another number to text from",
    "sender.removed": "A number no longer texted from",
    "whatsapp.set": "WhatsApp set up",
    "whatsapp.ended": "WhatsApp switched off",
    "task.opened": "Put in the inbox",
    "task.acknowledged": "Somebody is on it",
    "task.alerted": "On-call person alerted",
    "task.done": "Inbox item done",
    "task.reopened": "Inbox item reopened",
    "task.settled": "Inbox item settled by itself",
    "entry.put_forward": "Put before the others on the waitlist",
    "entry.put_back": "Comes in turn again on the waitlist",
    "entry.joined": "Joined the waitlist",
    "entry.left": "Left the waitlist",
    "entry.filled": "Waitlist wish fulfilled",
    "entry.changed": "Waitlist wish changed",
    "entry.paused": "Waitlist wish rests",
    "entry.resumed": "Waitlist wish taken up again",
    "entry.asked_whether": "Asked whether they still wait",
    "entry.stays": "Still waits",
    "entry.ran_out": "Waitlist wish ran out",
    "entry.waits_again": "Back on the waitlist",
    "opening.made": "Freed time on its way to the waitlist",
    "opening.not_made": "Freed time not offered",
    "opening.open": "Freed time open again",
    "opening.waits": "Freed time waits before it is offered",
    "opening.filled": "Freed time filled",
    "opening.taken_by_staff": "Freed time booked by hand",
    "opening.undone": "Freed time taken back: the cancellation was undone",
    "opening.expired": "Freed time passed without anybody",
    "opening.exhausted": "Freed time: nobody left to ask",
    "offer.made": "Time offered",
    "offer.by_hand": "Somebody asked out of turn, by hand",
    "offer.instead": "Another free time offered to one who came second",
    "offer.in_vain": "Said yes, after somebody else",
    "waitlist_policy.saved": "Terms of the waitlist changed",
    "waitlist_curve.learned": "Learned how clients answer offers",
    "offer.accepted": "Said yes; a person settles it",
    "offer.claimed": "Offer taken",
    "offer.claim_undone": "Taken offer undone",
    "offer.passed": "Offer passed",
    "offer.expired": "Offer ran out",
    "offer.withdrawn": "Offer withdrawn",
    "fee.proposed": "Fee proposed",
    "fee.not_charged": "No fee proposed",
    "fee.approved": "Fee approved",
    "fee.waived": "Fee waived",
    "fee.reversed": "Fee decision taken back",
    "fee_policy.saved": "Fee policy: new version",
    "fee_policy.accepted": "Fee policy accepted by the client",
    "reminder_policy.saved": "Reminder policy: new version",
    "practice.created": "Practice set up",
    "practice.edited": "Practice settings changed",
    "location.added": "Location added",
    "location.edited": "Location edited",
    "clinician.added": "Clinician added",
    "clinician.edited": "Clinician edited",
    "service.added": "Service added",
    "service.edited": "Service edited",
    "availability.set": "Weekly hours set",
    "availability.exception_added": "Day that differs added",
    "availability.exception_removed": "Day that differs removed",
    "keys.rewrapped": "Data keys sealed with the newest key",
    "records.exported": "Records exported",
    "import.finished": "File imported",
    "client.imported": "Client imported",
    "appointment.imported": "Appointment imported",
    "participation.imported": "Visit imported",
    "availability.imported": "Working hours imported",
    "user.first_owner": "First owner set up",
    "user.invited": "Somebody invited",
    "user.reset": "Somebody's access reset",
    "user.roles_changed": "Somebody's roles changed",
    "user.disabled": "Somebody put out",
    "user.enabled": "Somebody let in again",
    "password.chosen": "Password chosen",
    "password.changed": "Password changed",
    "second_factor.set_up": "Sign-in app set up",
    "recovery_code.used": "Recovery code used",
    "session.opened": "Signed in",
    "session.closed": "Signed out",
    "session.others_closed": "Other sessions ended",
    "sign_in.password_refused": "Wrong password",
    "sign_in.code_refused": "Wrong sign-in code",
}

KIND_WORDS: Final[dict[Kind, str]] = {
    Kind.ENROLMENT: "Welcome",
    Kind.WAITLIST_JOINED: "Waitlist welcome",
    Kind.BOOKED: "Booking notice",
    Kind.REMINDER: "Reminder",
    Kind.REMINDER_CONFIRMED: "Reminder of a confirmed visit",
    Kind.OFFER: "Offer of a time",
    Kind.STILL_WAITING: "Question whether they still wait",
    Kind.CLINICIAN_CANCELLED: "Notice of a cancellation by the practice",
    Kind.RESCHEDULED_BY_STAFF: "Notice of a new time",
    Kind.CRISIS_NOTICE: "Crisis notice",
    Kind.CRISIS_ALERT: "Alert to the on-call person",
    Kind.ENGINE_ALERT: "Alert about the installation",
}

GROUPS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("visits", "Visits and attendance", ("appointment.", "participation.", "series.", "time.")),
    ("messages", "Messages", ("message.", "callback.", "inbound.", "question.", "link.", "sending.")),
    ("clients", "Client records", ("client.", "contact_point.", "consent.", "address.")),
    ("waitlist", "Waitlist", ("entry.", "opening.", "offer.", "waitlist_")),
    ("fees", "Fees", ("fee.", "fee_policy.")),
    ("inbox", "Inbox", ("task.",)),
    ("settings", "Settings and policies",
     ("practice.", "sender.", "whatsapp.", "location.", "clinician.", "service.", "availability.", "reminder_policy.",
      "keys.")),
    ("access", "Signing in", ("user.", "password.", "second_factor.", "recovery_code.", "session.", "sign_in.")),
    ("data", "Imports and exports", ("import.", "records.")),
)  # fmt: skip

WAYS: Final = {
    "console": "console",
    "sms": "text",
    "whatsapp": "WhatsApp",
    "voice": "phone call",
    "link": "link",
    "webhook": "phone company",
    "worker": "by itself",
    "command": "command line",
    "import": "import",
    "api": "API",
}
ACTOR_KINDS: Final = {
    "staff": "Staff",
    "client": "Client",
    "system": "Stillon",
    "carrier": "Phone company",
    "operator": "Operator",
}
_CHANNEL_WORDS: Final = {
    Channel.SMS: "text", Channel.EMAIL: "email", Channel.VOICE: "phone call", Channel.WHATSAPP: "WhatsApp",
}  # fmt: skip


def happened(entry: Entry, message: tuple[Kind, Channel] | None = None) -> str:
    """The entry's action as a short sentence. `message` is the kind and channel of the message it is about."""
    known = ACTIONS.get(entry.action)
    if known is None:
        return entry.action.replace(".", ": ").replace("_", " ").capitalize()
    return known.format(what=_message_words(message))


def details(detail: Mapping[str, Any], money: Callable[[int], str]) -> str:
    """The codes and numbers of an entry that a reader can use, such as `late, 3 h 10 min before the start`.

    Ids are left out. `money` words an amount in minor units.
    """
    return ", ".join(part for name, value in detail.items() if (part := _part(name, value, money)))


def group_of(name: str) -> tuple[str, ...]:
    """The actions of a group of the filter; none for an unknown name."""
    return next((actions for key, _, actions in GROUPS if key == name), ())


def _message_words(message: tuple[Kind, Channel] | None) -> str:
    if message is None:
        return "Message"
    kind, channel = message
    return f"{KIND_WORDS.get(kind, 'Answer')} by {_CHANNEL_WORDS[channel]}"


_SILENT: Final = frozenset({"kind", "touch", "attempt", "possible", "channel", "revision", "contacts", "state"})
_LONGEST: Final = 32


def _part(name: str, value: Any, money: Callable[[int], str]) -> str:
    if value in (None, "", False) or name in _SILENT or (isinstance(value, str) and _is_id(value)):
        return ""
    if name == "minutes_before":
        return f"{duration(int(value))} before the start"
    if name == "amount_minor":
        return money(int(value))
    words = name.replace("_", " ")
    if value is True:
        return words
    shown = str(value).replace("_", " ").replace(",", ", ")
    return shown if name in {"by", "reason", "why", "now", "status", "via", "how"} else f"{words} {shown}"


def _is_id(value: str) -> bool:
    return len(value) == _LONGEST and all(letter in "0123456789abcdef" for letter in value)


def duration(minutes: int) -> str:
    """A number of minutes as people say it, in its two largest units: `3 h 10 min`."""
    hours, rest = divmod(abs(minutes), 60)
    days, hours = divmod(hours, 24)
    parts = [f"{amount} {unit}" for amount, unit in ((days, "d"), (hours, "h"), (rest, "min")) if amount]
    return " ".join(parts[:2]) or "0 min"
