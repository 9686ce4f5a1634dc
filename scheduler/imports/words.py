"""Words with a fixed meaning in exports: states of appointments and clients, permissions, weekdays, payers, languages.

Here live the tables of words. Dates and times are values.py's.

The one invariant: a word that is not in the table is refused where a wrong guess would do harm (states,
permissions), and has a harmless default elsewhere (language, payer).
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from scheduler.imports.columns import squeezed
from scheduler.imports.reasons import Bad, Reason


class Status(StrEnum):
    """What another program says about an appointment, in our words.

    SHOW is SimplePractice's default: it means "expected" before the visit and "came" after it. MOVED and
    DELETED rows stand for appointments that live on elsewhere or not at all.
    """

    BOOKED = "booked"
    CONFIRMED = "confirmed"
    SHOW = "show"
    ATTENDED = "attended"
    MISSED = "missed"
    CANCELLED = "cancelled"
    LATE_CANCELLED = "late_cancelled"
    CLINICIAN_CANCELLED = "clinician_cancelled"
    MOVED = "moved"
    DELETED = "deleted"


_WEEKDAYS: Final = {
    name: number
    for number, names in enumerate(
        (
            ("mo", "mon", "monday", "lun", "lunes"),
            ("tu", "tue", "tues", "tuesday", "mar", "martes"),
            ("we", "wed", "weds", "wednesday", "mie", "miercoles"),
            ("th", "thu", "thur", "thurs", "thursday", "jue", "jueves"),
            ("fr", "fri", "friday", "vie", "viernes"),
            ("sa", "sat", "saturday", "sab", "sabado"),
            ("su", "sun", "sunday", "dom", "domingo"),
        )
    )
    for name in names
}
_STATUS_WORDS: Final = {
    **dict.fromkeys(("", "booked", "scheduled", "appointment", "active", "open", "pending", "upcoming", "unconfirmed"),
                    Status.BOOKED),
    **dict.fromkeys(("neverbooked", "tentative"), Status.BOOKED),
    **dict.fromkeys(("confirmed", "clientconfirmed"), Status.CONFIRMED),
    "show": Status.SHOW,
    **dict.fromkeys(("showed", "shown", "attended", "arrived", "completed", "complete", "seen", "present", "kept",
                     "checkedin", "checkedout", "fulfilled", "arrivedlate"), Status.ATTENDED),
    **dict.fromkeys(("noshow", "noshowed", "missed", "missedappointment", "didnotattend", "dna", "absent",
                     "noshownocall", "clientmissed", "patientmissed"), Status.MISSED),
    **dict.fromkeys(("canceled", "cancelled", "cancel", "clientcanceled", "clientcancelled", "patientcancelled",
                     "patientcanceled", "cancelledbyclient", "canceledbyclient", "cancellation"), Status.CANCELLED),
    **dict.fromkeys(("latecanceled", "latecancelled", "latecancel", "latecancellation", "cancelledlate",
                     "canceledlate", "missedlatecancel"), Status.LATE_CANCELLED),
    **dict.fromkeys(("cliniciancanceled", "cliniciancancelled", "providercancelled", "providercanceled",
                     "practitionercancelled", "therapistcancelled", "therapistcanceled", "staffcancelled",
                     "cancelledbyclinician", "canceledbyclinician", "cancelledbypractice", "clinicancelled"),
                    Status.CLINICIAN_CANCELLED),
    **dict.fromkeys(("rescheduled", "moved"), Status.MOVED),
    **dict.fromkeys(("deleted", "archived", "void", "voided"), Status.DELETED),
}  # fmt: skip
_YES: Final = frozenset({"yes", "y", "true", "t", "1", "x", "ok", "on", "si", "textok", "emailok", "granted", "optedin",
                         "textvoicemailok", "consented", "allowed"})  # fmt: skip
_NO: Final = frozenset({"", "no", "n", "false", "f", "0", "off", "none", "denied", "optedout", "dontcontact",
                        "declined", "voicemailok", "notok"})  # fmt: skip
_ARCHIVED: Final = frozenset(
    {"inactive", "archived", "discharged", "closed", "deceased", "terminated", "no", "false", "0"}
)
_ACTIVE: Final = frozenset({"", "active", "prospect", "prospective", "new", "current", "yes", "true", "1", "waitlist"})
_LANGUAGES: Final = {"english": "en", "en": "en", "enus": "en", "engb": "en", "ingles": "en", "spanish": "es",
                     "espanol": "es", "es": "es", "esus": "es", "esmx": "es", "castellano": "es"}  # fmt: skip


_RANGE: Final = re.compile(r"\s*(?:[-\u2013\u2014]|\bto\b)\s*", re.IGNORECASE)


def read_status(text: str) -> Status | Bad:
    """An appointment's state, in the words of the three programs or plain ones; an empty cell is a booked one."""
    return _STATUS_WORDS.get(squeezed(text), Bad(Reason.UNKNOWN_STATUS))


def read_yes_no(text: str) -> bool | Bad:
    """A permission or flag; an empty cell is no."""
    word = squeezed(text)
    if word in _YES:
        return True
    return False if word in _NO else Bad(Reason.NOT_YES_OR_NO)


def read_archived(text: str) -> bool | Bad:
    """Whether a client's status word means that nothing more is planned with them.

    An unknown word is refused, not passed over: a client marked as deceased must never get a reminder.
    """
    word = squeezed(text)
    if word in _ARCHIVED:
        return True
    return False if word in _ACTIVE else Bad(Reason.UNKNOWN_STATUS)


def read_weekdays(text: str) -> tuple[int, ...] | Bad:
    """Weekdays as numbers from 0 for Monday: one, a list ("Mon, Wed"), or a range ("Mon-Fri")."""
    days: set[int] = set()
    for part in re.split(r"[,;/&+]|\band\b|\by\b", text):
        ends = [_WEEKDAYS.get(squeezed(end)) for end in _RANGE.split(part.strip())]
        first, last = ends[0], ends[-1]
        if first is None or last is None or len(ends) > 2:  # noqa: PLR2004 - a range has two ends
            return Bad(Reason.NOT_A_WEEKDAY)
        days.update((first + step) % 7 for step in range((last - first) % 7 + 1))
    return tuple(sorted(days))


def read_language(text: str) -> str | None:
    """A language we have words in, or None for the practice's own."""
    return _LANGUAGES.get(squeezed(text))


def read_payer(text: str) -> str:
    """One of self, insurance, medicare, medicaid. The name of an insurer means insurance, an empty cell self."""
    word = squeezed(text)
    if word in ("", "self", "selfpay", "private", "privatepay", "cash", "outofpocket", "none"):
        return "self"
    if "medicaid" in word:
        return "medicaid"
    return "medicare" if "medicare" in word else "insurance"
