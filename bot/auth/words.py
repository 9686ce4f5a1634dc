"""What the sign-in pages say about input that does not fit: a sentence for each code of the rules.

Invariant: a sentence says what to do, never what was entered.
"""

from bot.auth.throttle import Wait
from scheduler.core.errors import Conflict, Invalid

WRONG_PASSWORD = "That email address and password do not belong together"  # noqa: S105 -- a sentence
WRONG_CODE = "That code does not fit or was used already; wait for the next one and try again"
DIFFERENT = "The two passwords differ; enter the same one twice"

_SENTENCES = {
    "password_too_short": "Choose a password of at least 12 characters; a few words in a row are easy to remember",
    "password_too_long": "Choose a password of at most 128 characters",
    "password_too_common": "Many people use that password, so it would be tried first; choose another",
    "email_shape": "Enter an email address, such as name@example.com",
    "email_taken": "There is already an account with that email address",
    "name_length": "Enter a name of at most 120 characters",
    "roles_none": "Choose at least one role",
    "role_unknown": "Choose from the roles shown",
    "clinician_missing": "Choose which clinician this is, so that they see their own visits",
    "last_owner": "A practice needs an owner who can sign in; give somebody else that role first",
    "account_disabled": "Let this person in again before you reset their access",
    "label_length": "Enter a name of at most 20 characters for texts",
    "zone_unknown": "Choose a time zone from the list",
    "office_phone_unreadable": "Enter the office phone as clients should read it, such as 555-555-0100",
    "sender_unreadable": "Enter the texting number with country code, such as +15555550100",
}


def sentence(error: Invalid | Conflict) -> str:
    """What to say about a refusal."""
    return _SENTENCES.get(error.code, "That does not fit; check it and try again")


def wait_sentence(wait: Wait) -> str:
    """How long to wait, rounded up to what a person counts in."""
    minutes = -(-wait.seconds // 60)
    how_long = f"{wait.seconds} seconds" if wait.seconds <= 60 else f"{minutes} minutes"  # noqa: PLR2004 -- one minute
    return f"Too many tries. Wait {how_long}, then try again"
