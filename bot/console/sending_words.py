"""What the sending page says: why reminders are held, why some will not leave, why somebody cannot be reached. Pure.

Invariant: every reason has its words.
"""

from typing import Final

from messages.pause import PauseReason, Why
from messages.unreachable import Why as Unreached

HELD: Final[dict[str, str]] = {
    Why.CLOCK_JUMP: "The clock of this machine was moved ahead. Check the time it shows, then let them leave.",
    Why.DUE_SPIKE: "{count} reminders came due at once, far more than usual here. Look at what waits, then decide.",
    Why.RESTORED: "A backup was put back; {count} reminders that were due may have left before. Compare with what the "
    "phone company sent; if they did, go on without them.",
    Why.BY_HAND: "{reason}",
}
REASONS: Final[dict[str, str]] = {
    PauseReason.WRONG_TEXTS: "Something in the texts or their times is wrong",
    PauseReason.CLOSED: "The practice is closed unexpectedly",
    PauseReason.CHANGING: "We are changing something",
    PauseReason.OTHER: "Another reason",
}
UNREACHED: Final[dict[str, tuple[str, str]]] = {
    Unreached.NO_CONSENT: ("No consent", "Ask whether they want reminders, and write it down."),
    Unreached.OTHER_CHANNEL: ("Agreed to another way", "The reminder policy does not use what they agreed to."),
    Unreached.OPTED_OUT: ("Texts stopped", "They said STOP. Only they can start again."),
    Unreached.QUARANTINED: ("Number to be checked", "It may be somebody else's. Call the office number on file."),
    Unreached.INVALID: ("Number does not work", "Ask for another one."),
    Unreached.NO_NUMBER: ("No number or address", "Ask for one."),
}
HELD_BACK: Final = {
    "over_cap": "more than a client may get in a day or week",
    "outside_window": "no time left inside the send window",
    "too_late": "too late to be of use",
    "opted_out": "texts stopped",
    "no_consent": "no consent",
    "sender_unregistered": "no number to send from",
}


def held_words(why: str, reason: str | None, count: int | None) -> str:
    """Why reminders are held, in a sentence or two."""
    words = HELD.get(why, "")
    return words.format(count=count or 0, reason=REASONS.get(reason or "", "Held by hand") + ".")


def held_back_words(reason: str) -> str:
    """Why a planned message will not leave."""
    return HELD_BACK.get(reason, "not needed any more")
