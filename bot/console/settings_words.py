"""What the settings pages say: refusals by code, choices, and findings of the checks. Pure.

Invariant: a sentence says what to do, never what was entered.
"""

from collections.abc import Sequence
from typing import Final

from scheduler.core.errors import Conflict, Invalid

REFUSALS: Final = {
    "name_length": "Enter a name of at most 120 characters",
    "label_length": "Enter a name of at most 20 characters",
    "zone_unknown": "Choose a time zone from the list, such as America/New_York",
    "office_phone_unreadable": "Enter the phone as clients should read it, such as 555-555-0100",
    "sender_is_main": "This is the practice's own number; change it with the practice's settings",
    "sender_unreadable": "Enter the number with country code, such as +15555550100",
    "locale_unreadable": "Choose from the list",
    "region_unreadable": "Enter a country as two capital letters, such as US",
    "currency_unreadable": "Enter a currency as three capital letters, such as USD",
    "language_unreadable": "Choose from the list",
    "stop_mode_unreadable": "Choose one of the two",
    "crisis_country_unreadable": "Choose a country from the list",
    "email_from_unreadable": "Enter an email address, such as office@example.com",
    "alert_email_unreadable": "Enter an email address, such as oncall@example.com",
    "second_email_unreadable": "Enter an email address, such as oncall@example.com",
    "alert_phone_unreadable": "Enter a phone number with area code",
    "second_phone_unreadable": "Enter a phone number with area code",
    "subdivision_unreadable": "Enter a state as two or three letters, such as NY",
    "number_out_of_range": "Enter a number from {low} to {high}",
    "send_window_too_short": "Leave at least two hours in which messages may leave",
    "weekly_cap_below_daily": "Allow at least as many in a week as in a day",
    "sender_rate_unknown": "Choose from the list",
    "risk_not_known": "Say that you know this, or leave WhatsApp off",
    "template_unknown": "Enter what Twilio calls the template: HX and 32 letters and digits",
    "modality_unknown": "Choose one of the two",
    "no_group": "Only a service for {smallest} clients or more can offer free places",
    "code_family_unknown": "Choose from the list",
    "hours_overlap": "Two times of this day overlap",
    "location_needed": "Choose where",
    "exception_exists": "That day has one beginning at this time already; remove it first",
}
LOCALES: Final = (
    ("en_US", "English, United States: 9/30/2026, 3:00 PM"),
    ("en_CA", "English, Canada"),
    ("en_GB", "English, United Kingdom: 30/09/2026, 15:00"),
    ("en_IE", "English, Ireland"),
    ("en_AU", "English, Australia"),
    ("en_NZ", "English, New Zealand"),
    ("es_US", "Spanish, United States"),
    ("es_MX", "Spanish, Mexico"),
    ("es_ES", "Spanish, Spain"),
)
MODALITIES: Final = (("in_person", "In person", ""), ("telehealth", "By video or phone", ""))
CODE_FAMILIES: Final = (
    ("psychotherapy", "Psychotherapy by minutes (90832, 90834, 90837)"),
    ("timed_15", "Timed in units of 15 minutes"),
    ("untimed", "Untimed"),
    ("none", "No codes"),
)
FINDINGS: Final = {
    "database_damaged": "The database file is damaged. Stop the service and restore a backup.",
    "reference_broken": "A row points at one that is gone.",
    "guard_missing": "A guard of the database is missing: run `stillon migrate`.",
    "double_booked": "A clinician has two visits at once.",
    "booked_without_time": "A booked visit takes no time in the calendar.",
    "booked_without_place": "An appointment is booked without anybody in it.",
    "cancelled_with_time": "A cancelled visit still takes time in the calendar.",
    "cancelled_with_place": "A cancelled appointment still expects somebody.",
    "sent_after_stop": "Something was sent after a STOP.",
    "sent_without_consent": "Something was sent without consent on record.",
    "sent_twice": "A message may have been sent twice.",
    "two_winners": "An opening has two winners.",
    "fee_without_acceptance": "A fee was proposed under a policy the client had not accepted.",
    "fee_approved_by_nobody": "A fee was approved by nobody.",
    "data_key_lost": "A key that opens records is missing from the key ring.",
}
"""Some promises in words; the others are named by their code."""


def refusal(error: Invalid | Conflict) -> str:
    """What to say about a refusal."""
    said = REFUSALS.get(error.code, "That does not fit; check it and try again")
    return said.format(**error.ids) if "{" in said else said


def with_current(options: Sequence[tuple[str, str]], current: str) -> list[tuple[str, str]]:
    """The choices, with the one in force if it is none of them."""
    return [*options] if current in dict(options) else [(current, current), *options]


def finding_words(code: str) -> str:
    """What a check found, in words."""
    return FINDINGS.get(code, code.replace("_", " ").capitalize() + ".")
