"""What may be said: the closed list of message kinds, their traits, and the only fields a text may hold.

Here live the kinds, what each needs, and which law-abiding limits bind it. Wording lives in `catalog/`, drawing a
text in `render.py`, deciding to send in `send_rules.py`. The one invariant: no field can carry free text, so no text
can carry more than a time, a neutral practice label, the practice's phone, one of our links, and small numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Channel(StrEnum):
    """The ways a message can travel."""

    SMS = "sms"
    EMAIL = "email"
    VOICE = "voice"
    WHATSAPP = "whatsapp"


class MessageClass(StrEnum):
    """Why a message exists; reports and the outbox's order of work use it."""

    TOUCH = "touch"
    REPLY = "reply"
    NOTICE = "notice"
    OFFER = "offer"
    ALERT = "alert"


class Purpose(StrEnum):
    """The purpose for which consent must be on file.

    `DIRECT_REPLY` answers something the person just wrote or pressed and needs none; `STAFF` goes to staff only.
    """

    REMINDERS = "reminders"
    WAITLIST = "waitlist"
    DIRECT_REPLY = "direct_reply"
    STAFF = "staff"


class VisitNeed(StrEnum):
    """What must be true of the visit at the moment of sending, so that no text speaks of a superseded time."""

    ACTIVE = "active"
    GONE = "gone"
    ANY = "any"


class Country(StrEnum):
    """Countries with their own emergency numbers in the crisis notice; `OTHER` names no number."""

    US = "US"
    CA = "CA"
    GB = "GB"
    AU = "AU"
    OTHER = "ZZ"


class Kind(StrEnum):
    """Every message Stillon can send. The value is the stable key of catalogues and of stored rows."""

    ENROLMENT = "enrolment"
    WAITLIST_JOINED = "waitlist_joined"
    BOOKED = "booked"
    REMINDER = "reminder"
    REMINDER_CONFIRMED = "reminder_confirmed"

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    LATE_CANCELLED = "late_cancelled"
    MOVED = "moved"
    KEPT = "kept"
    TIMES_OFFERED = "times_offered"
    TIMES_NONE = "times_none"
    TIMES_EXPIRED = "times_expired"
    WHICH_VISIT = "which_visit"
    LATE_NOTED = "late_noted"
    ARRIVED_NOTED = "arrived_noted"
    REMINDER_SET = "reminder_set"
    UNSURE = "unsure"
    UNDONE = "undone"
    UNDO_TOO_LATE = "undo_too_late"
    NEXT_VISIT = "next_visit"
    NO_VISIT = "no_visit"
    WISH_FREE = "wish_free"
    TIMES_NEAR = "times_near"
    NEEDS_OFFICE = "needs_office"

    OFFER = "offer"
    OFFER_UNCLEAR = "offer_unclear"
    OFFER_WON = "offer_won"
    OFFER_LOST = "offer_lost"
    OFFER_PASSED = "offer_passed"
    OFFER_NOTED = "offer_noted"
    OFFER_CALL = "offer_call"
    OFFER_BEHIND = "offer_behind"
    OFFER_SECOND = "offer_second"
    OFFER_EXPIRED = "offer_expired"
    OFFER_WITHDRAWN = "offer_withdrawn"
    STILL_WAITING = "still_waiting"
    LIST_ALREADY = "list_already"
    LIST_LEFT = "list_left"
    LIST_RESTS = "list_rests"

    CLINICIAN_CANCELLED = "clinician_cancelled"
    RESCHEDULED_BY_STAFF = "rescheduled_by_staff"

    STOP_CONFIRMED = "stop_confirmed"
    START_CONFIRMED = "start_confirmed"
    STOPPED_ONE = "stopped_one"
    LANGUAGE_SET = "language_set"
    EMAIL_SET = "email_set"
    HOURS_SET = "hours_set"
    OPT_OUT_BY_LINK = "opt_out_by_link"
    VISIT_OR_STOP = "visit_or_stop"
    HELP = "help"
    WRONG_NUMBER = "wrong_number"
    CRISIS_NOTICE = "crisis_notice"
    INBOX_AUTO = "inbox_auto"
    QUESTION_POINTER = "question_pointer"
    ABOUT_US = "about_us"
    NOTHING_OPEN = "nothing_open"

    CRISIS_ALERT = "crisis_alert"
    ENGINE_ALERT = "engine_alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeFields:
    """All that a text may mention.

    Times are aware and already in the reader's zone: rendering never converts. `starts_at` is the visit (or opening)
    the text is about, `other_at` a second one it mentions (the released, kept or staying one), `options` the numbered
    choices, `deadline` the end of a hold. `several`: others are asked about the same time; `weekly`: it is the first
    of every week from then on, or of every `count` weeks; `asks`: a yes asks for it, and a person settles that.
    `show_zone` adds the zone's short name to times (telehealth across zones).
    `sent_on` is the reader's local date: a deadline on another date then shows its weekday. `label` and `office_phone`
    come from the practice's registered sender profile; `link` and `stop_link` (emails only) from our own link maker.
    """

    label: str = ""
    office_phone: str = ""
    starts_at: datetime | None = None
    other_at: datetime | None = None
    deadline: datetime | None = None
    options: tuple[datetime, ...] = ()
    sent_on: date | None = None
    link: str = ""
    stop_link: str = ""
    count: int | None = None
    late_hours: int | None = None
    late_minutes: int | None = None
    undo_minutes: int = 15
    country: Country = Country.US
    show_zone: bool = False
    several: bool = False
    weekly: bool = False
    asks: bool = False

    def missing(self, kind: "Kind") -> tuple[str, ...]:
        """The names of fields `kind` needs and these fields lack, in a stable order."""
        absent = (None, "", ())
        return tuple(
            field.name
            for field in fields(self)
            if field.name in traits(kind).required and getattr(self, field.name) in absent
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What binds a kind.

    `windowed`: held to the send window. `capped`: refused over the daily and weekly caps, and counted by them.
    `answers_opt_out`: may leave although the person is (just) opted out; only the one confirmation the law allows.
    `answers_quarantine`: may leave although the number was just quarantined. `carries_opt_out`: its text must show how
    to stop texts. `editable`: a practice may word it itself.
    """

    message_class: MessageClass
    purpose: Purpose
    required: frozenset[str]
    windowed: bool = False
    capped: bool = False
    visit: VisitNeed = VisitNeed.ANY
    answers_opt_out: bool = False
    answers_quarantine: bool = False
    carries_opt_out: bool = False
    editable: bool = False


def _touch(*required: str) -> Traits:
    return Traits(
        message_class=MessageClass.TOUCH,
        purpose=Purpose.REMINDERS,
        required=frozenset({"label", "starts_at", "link", *required}),
        windowed=True,
        capped=True,
        visit=VisitNeed.ACTIVE,
        carries_opt_out=True,
        editable=True,
    )


def _notice(
    *required: str,
    purpose: Purpose = Purpose.REMINDERS,
    visit: VisitNeed = VisitNeed.ANY,
) -> Traits:
    # Notices tell people about something that has already happened to them, so the fatigue caps do not swallow
    # them; the send window does hold them, and what cannot wait for it becomes a call by staff.
    return Traits(
        message_class=MessageClass.NOTICE,
        purpose=purpose,
        required=frozenset({"label", *required}),
        windowed=True,
        visit=visit,
        carries_opt_out=True,
        editable=True,
    )


def _reply(
    *required: str,
    visit: VisitNeed = VisitNeed.ANY,
    answers_opt_out: bool = False,
    answers_quarantine: bool = False,
    editable: bool = False,
) -> Traits:
    return Traits(
        message_class=MessageClass.REPLY,
        purpose=Purpose.DIRECT_REPLY,
        required=frozenset({"label", *required}),
        visit=visit,
        answers_opt_out=answers_opt_out,
        answers_quarantine=answers_quarantine,
        editable=editable,
    )


def _alert(*required: str) -> Traits:
    return Traits(
        message_class=MessageClass.ALERT,
        purpose=Purpose.STAFF,
        required=frozenset({"link", *required}),
    )


_OFFER: Final = Traits(
    message_class=MessageClass.OFFER,
    purpose=Purpose.WAITLIST,
    required=frozenset({"label", "starts_at", "deadline", "link"}),
    windowed=True,
    capped=True,
    carries_opt_out=True,
    editable=True,
)

# As unasked for as an offer, and said instead of one.
_STILL_WAITING: Final = replace(_OFFER, required=frozenset({"label", "office_phone"}))

TRAITS: Final[Mapping[Kind, Traits]] = MappingProxyType(
    {
        Kind.ENROLMENT: _notice("office_phone"),
        Kind.WAITLIST_JOINED: _notice(purpose=Purpose.WAITLIST),
        Kind.BOOKED: _touch(),
        Kind.REMINDER: _touch(),
        Kind.REMINDER_CONFIRMED: _touch(),
        Kind.CONFIRMED: _reply("starts_at", visit=VisitNeed.ACTIVE),
        Kind.CANCELLED: _reply("starts_at", visit=VisitNeed.GONE),
        Kind.LATE_CANCELLED: _reply("starts_at", "late_hours", visit=VisitNeed.GONE),
        Kind.MOVED: _reply("starts_at", "other_at", visit=VisitNeed.ACTIVE),
        Kind.KEPT: _reply("starts_at", visit=VisitNeed.ACTIVE),
        Kind.TIMES_OFFERED: _reply("options", "deadline"),
        Kind.TIMES_NONE: _reply("office_phone"),
        Kind.TIMES_EXPIRED: _reply("office_phone"),
        Kind.WHICH_VISIT: _reply("options", "count"),
        Kind.LATE_NOTED: _reply("starts_at", visit=VisitNeed.ACTIVE),
        Kind.ARRIVED_NOTED: _reply("starts_at", visit=VisitNeed.ACTIVE),
        Kind.REMINDER_SET: _reply("starts_at", "other_at", visit=VisitNeed.ACTIVE),
        Kind.UNSURE: _reply("starts_at", visit=VisitNeed.ACTIVE),
        Kind.UNDONE: _reply(),
        Kind.UNDO_TOO_LATE: _reply("office_phone"),
        Kind.NEXT_VISIT: _reply("starts_at", visit=VisitNeed.ACTIVE),
        Kind.NO_VISIT: _reply("office_phone"),
        Kind.WISH_FREE: _reply("starts_at", "other_at", "deadline", visit=VisitNeed.ACTIVE),
        Kind.TIMES_NEAR: _reply("options", "deadline"),
        Kind.NEEDS_OFFICE: _reply("office_phone"),
        Kind.OFFER: _OFFER,
        Kind.OFFER_UNCLEAR: _reply("starts_at", "deadline"),
        Kind.OFFER_WON: _reply("starts_at", visit=VisitNeed.ACTIVE),
        Kind.OFFER_LOST: _reply(),
        Kind.OFFER_PASSED: _reply(),
        Kind.OFFER_NOTED: _reply("starts_at", "deadline", "office_phone"),
        Kind.OFFER_CALL: _reply("starts_at", "deadline", "office_phone"),
        Kind.OFFER_BEHIND: _reply("starts_at"),
        Kind.OFFER_SECOND: _reply(),
        Kind.STILL_WAITING: _STILL_WAITING,
        Kind.LIST_ALREADY: _reply(),
        Kind.LIST_LEFT: _reply(),
        Kind.LIST_RESTS: _reply("starts_at"),
        Kind.OFFER_EXPIRED: _notice("starts_at", purpose=Purpose.WAITLIST),
        Kind.OFFER_WITHDRAWN: _notice("starts_at", purpose=Purpose.WAITLIST),
        Kind.CLINICIAN_CANCELLED: _notice("starts_at", "office_phone", "link", visit=VisitNeed.GONE),
        Kind.RESCHEDULED_BY_STAFF: _notice("starts_at", "other_at", "link", visit=VisitNeed.ACTIVE),
        Kind.STOP_CONFIRMED: _reply("office_phone", answers_opt_out=True),
        Kind.START_CONFIRMED: _reply(),
        Kind.STOPPED_ONE: _reply("starts_at", "count"),
        Kind.LANGUAGE_SET: _reply(),
        Kind.EMAIL_SET: _reply("office_phone"),
        Kind.HOURS_SET: _reply("office_phone"),
        Kind.OPT_OUT_BY_LINK: _reply("office_phone", answers_opt_out=True),
        Kind.VISIT_OR_STOP: _reply("starts_at", visit=VisitNeed.ACTIVE),
        Kind.HELP: _reply("office_phone"),
        Kind.WRONG_NUMBER: _reply(answers_quarantine=True),
        Kind.CRISIS_NOTICE: _reply("office_phone", editable=True),
        Kind.INBOX_AUTO: _reply("office_phone", editable=True),
        Kind.QUESTION_POINTER: _reply("office_phone", editable=True),
        Kind.ABOUT_US: _reply("office_phone"),
        Kind.NOTHING_OPEN: _reply("office_phone"),
        Kind.CRISIS_ALERT: _alert(),
        Kind.ENGINE_ALERT: _alert("count"),
    }
)


def traits(kind: Kind) -> Traits:
    """The traits of `kind`; every kind has them."""
    return TRAITS[kind]
