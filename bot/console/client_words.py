"""What the pages of clients say: payers, languages, channels, purposes, and a sentence for each refusal. Words only.

Invariant: a sentence says what to do, never what was entered.
"""

from typing import Final

from scheduler.core.errors import Conflict, Invalid

PAYERS: Final = (
    ("self", "Self-pay"), ("insurance", "Insurance"), ("medicare", "Medicare"), ("medicaid", "Medicaid"),
)  # fmt: skip
LANGUAGES: Final = (
    ("en", "English"), ("es", "Spanish"), ("fr", "French"), ("pt", "Portuguese"), ("vi", "Vietnamese"),
    ("zh", "Chinese"), ("tl", "Tagalog"), ("ar", "Arabic"),
)  # fmt: skip
ROLES: Final = (
    ("client", "The client"), ("guardian", "A guardian"), ("partner", "A partner"), ("carer", "A carer"),
)  # fmt: skip
PURPOSES: Final = (
    ("reminders", "Reminders"), ("waitlist", "Waitlist offers"), ("changes", "Moving and cancelling visits"),
    ("calls", "Reminder calls"), ("whatsapp", "Reminders by WhatsApp"),
)  # fmt: skip
OWN_WAY: Final = frozenset({"calls", "changes", "whatsapp"})
"""Purposes whose name says by which way already."""
PURPOSE_WORDS: Final = {"reminders": "reminders", "waitlist": "waitlist offers", "changes": "moving and cancelling"}
CHANNEL_NAMES: Final = {"sms": "texts", "email": "emails", "voice": "calls", "whatsapp": "WhatsApp"}
HOW: Final = {
    "form": "on a form",
    "verbal": "in person or by phone",
    "import": "imported",
    "keyword": "by text",
    "link": "by link",
    "carrier": "nobody has this number there",
}
POINT_STATES: Final = {
    "quarantined": "Being checked: nothing is sent there",
    "invalid": "Cannot receive anything",
    "removed": "Removed",
}
WORDING: Final = "verbal_consent_1"
"""The statement staff read out before they tick consent; its words stand on the page."""
STATEMENT: Final = (
    "“We can text you about your visits: when they are, and to confirm or change them. Message and data rates may "
    "apply. Reply STOP at any time to end texts.”"
)

AGREED: Final = (("verbal", "Agreed when asked"), ("form", "Signed on a form"))
"""How a new client agreed to reminders by text; never to be guessed, so not asked stands first on the page."""
STATEMENTS: Final = {
    "calls": "“We can call you about your visits; a voice reads the day and time once you press a key. Press 9 to end "
    "calls.”",
    "whatsapp": "“We can write to you by WhatsApp: the day and time of your visits, never what they are for. WhatsApp "
    "belongs to Meta, and no agreement on health privacy covers it. Reply STOP at any time.”",
}
"""What is read out for a purpose that has a statement of its own."""
BY_CHANNEL: Final = {"voice": " by phone call", "whatsapp": " by WhatsApp"}

_SENTENCES: Final = {
    "name_needed": "Enter a first or a last name",
    "name_too_long": "Enter a name of at most 80 characters",
    "record_number_too_long": "Enter a number of at most 40 characters",
    "record_number_taken": "Another client has this number; open their record, or leave the field empty",
    "birth_date_impossible": "Enter a birth date that is not in the future",
    "payer_unknown": "Choose who pays from the list",
    "language_unknown": "Choose a language from the list",
    "zone_unknown": "Choose a time zone from the list",
    "contact_point_exists": "This is on the record already",
    "contact_kind_unknown": "Choose a phone number or an email address",
    "contact_role_unknown": "Choose whose it is from the list",
    "client_has_visits": "This client has visits ahead; cancel or move those first",
    "phone_has_extension": "Leave the extension out: texts cannot be sent to one",
    "phone_not_a_phone": "Enter a phone number with area code, such as 415 555 0142",
    "email_not_an_address": "Enter an email address, such as name@example.com",
}


def sentence(error: Invalid | Conflict) -> str:
    """What to say about a refusal."""
    known = _SENTENCES.get(error.code)
    if known:
        return known
    if error.code.startswith("phone_"):
        return _SENTENCES["phone_not_a_phone"]
    if error.code.startswith("email_"):
        return _SENTENCES["email_not_an_address"]
    return "That does not fit; check it and try again"
