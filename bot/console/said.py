"""What was just done, said once on the next page: a sentence and, where there is one, its undo.

It travels in a cookie that holds a code and ids, no words. Invariant: a sentence comes from the table below, so that
nothing a request carries can be shown as ours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from aiohttp import web

from bot.web import cookies

COOKIE: Final = "said"
LASTS: Final = 60
_SHAPE: Final = re.compile(r"([a-z_]{1,40})(?:\.([0-9a-f]{32}))?(?:\.(\d{1,4}))?")


@dataclass(frozen=True, slots=True)
class Said:
    """A code of WORDS, the id its undo is about, and a number its sentence mentions."""

    code: str
    about: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A toast. `undo` is the address that takes it back, empty when nothing does."""

    sentence: str
    undo: str = ""
    act: str = "Undo"
    fields: Mapping[str, str] = field(default_factory=dict)


UNMARK, RESTORE = "/console/visits/{}/unmark", "/console/visits/{}/restore"
WORDS: Final[dict[str, tuple[str, str]]] = {
    "arrived": ("Marked as arrived.", UNMARK),
    "started": ("Session started.", UNMARK),
    "stopped": ("Session ended.", UNMARK),
    "missed": ("Marked as missed.", UNMARK),
    "marked_many": ("Marked: {count}. Each can be taken back on its own page.", ""),
    "marked_none": ("Nothing was ticked, so nothing was marked.", ""),
    "unmarked": ("The mark is taken back.", ""),
    "confirmed": ("Confirmed. Reminders that only ask are not sent any more.", ""),
    "cancelled": ("Cancelled. The time goes to the waitlist.", RESTORE),
    "cancelled_late": ("Cancelled, and noted as late.", RESTORE),
    "called_off": ("Cancelled by the practice. The client is told.", RESTORE),
    "called_off_untold": ("Cancelled by the practice. They cannot be told in writing: call them.", RESTORE),
    "called_off_many": (
        "Cancelled by the practice: {count}. Whoever cannot be told in writing is listed below.",
        "",
    ),
    "away_closed": ("The hours are closed.", ""),
    "away_nothing": ("Nothing was ticked, so nothing was changed.", ""),
    "restored": ("The visit stands again.", ""),
    "moved": ("Moved. What was planned for the old time is planned anew.", ""),
    "booked": ("Booked.", ""),
    "booked_series": ("Booked {count} visits of the series.", ""),
    "series_moved": ("Moved {count} visits. What was planned for the old time is planned anew.", ""),
    "series_ended": ("The series ends; {count} visits are cancelled.", "/console/series/{}/resume"),
    "series_resumed": ("The series goes on as it was.", ""),
    "not_series_over": ("Not done: that series has ended already.", ""),
    "not_series_stands": ("It goes on already.", ""),
    "not_series_back": (
        "Not done: the end of a series can be taken back for 15 minutes, while its next time is free. Book it anew.",
        "",
    ),
    "client_added": ("Client added.", ""),
    "client_saved": ("Saved.", ""),
    "nothing_changed": ("Nothing was different, so nothing was changed.", ""),
    "contact_added": ("Added. Nothing is sent there until consent is on record.", ""),
    "contact_back": ("In use again. Record consent before anything is sent there.", ""),
    "contact_removed": ("Removed. Nothing is sent there any more.", ""),
    "contact_first": ("Tried first from now on.", ""),
    "consent_given": ("Consent is on record.", ""),
    "consent_taken": ("Consent is withdrawn; what was planned there is taken back.", ""),
    "stopped_texts": ("Stopped. Nothing automatic goes there any more.", ""),
    "archived": ("Put away. The record is kept.", "/console/clients/{}/unarchive"),
    "unarchived": ("Taken back.", ""),
    "policy_accepted": ("Acceptance of the fee policy is on record.", ""),
    "joined": ("On the waitlist.", "/console/waitlist/{}/leave"),
    "left": ("Taken off the waitlist.", ""),
    "withdrawn": ("Withdrawn. Whoever held an offer of it is told.", ""),
    "claimed": ("Booked from the waitlist.", "/console/offers/{}/undo"),
    "claim_undone": ("Taken back. The client keeps their place and is told; the time is offered on.", ""),
    "passed": ("Passed. The time is offered on.", ""),
    "acknowledged": ("You are on it. Nobody else is alerted.", ""),
    "task_done": ("Done.", "/console/inbox/{}/reopen"),
    "task_reopened": ("Back in the inbox.", ""),
    "fee_approved": ("Fee approved.", "/console/fees/{}/undo"),
    "fee_waived": ("Fee waived.", "/console/fees/{}/undo"),
    "fee_reversed": ("Taken back.", ""),
    "fee_reopened": ("Back among those to decide.", ""),
    "fee_proposed": ("A fee is proposed; somebody may decide now.", ""),
    "fee_not_charged": ("Judged again: no fee, for the reason shown.", ""),
    "fee_policy_saved": ("Saved as version {count}. It binds whoever accepts it from now on.", ""),
    "waitlist_policy_saved": ("Saved as version {count}. Offers that are out keep what was promised.", ""),
    "waitlist_policy_saved_for_quiet": ("Saved. Asked about times again: {count} who had gone quiet.", ""),
    "reminders_saved": ("Saved as version {count}. Everything still waiting is planned by it.", ""),
    "sending_paused": ("Held. No reminder leaves until somebody lets them.", ""),
    "sending_paused_already": ("They were held already.", ""),
    "sending_resumed": ("Reminders leave again.", ""),
    "sending_resumed_without": ("Reminders leave again, without the {count} that had been waiting.", ""),
    "sending_not_paused": ("They were leaving already.", ""),
    "settings_saved": ("Saved.", ""),
    "sender_added": ("Texts leave from this number too.", ""),
    "sender_removed": ("No text leaves from that number any more.", ""),
    "whatsapp_on": ("Saved. Clients who asked for it are written to by WhatsApp.", ""),
    "whatsapp_off": ("Off. Nobody is written to by WhatsApp any more.", ""),
    "location_saved": ("Location saved.", ""),
    "clinician_saved": ("Clinician saved.", ""),
    "service_saved": ("Service saved.", ""),
    "hours_saved": ("Weekly hours saved. Booked visits stay as they are.", ""),
    "day_saved": ("Saved. Visits already booked on that day stay; look at them.", ""),
    "day_saved_offered": ("Saved. Times on their way to the waitlist: {count}.", ""),
    "day_removed": ("The day is like its weekday again.", ""),
    "offered": ("On its way to the waitlist.", ""),
    "rests": ("Resting. Nothing is offered until then.", ""),
    "waits_again": ("Waits again.", ""),
    "not_waiting": ("Not done: this client no longer waits.", ""),
    "asked": ("Asked.", ""),
    "not_askable": ("Not done: they cannot be asked about this time now.", ""),
    "not_opening_over": ("That time is no longer being offered.", ""),
    "not_offer_over": ("Not done: the offer is over, or the time is taken.", ""),
    "not_claim_not_claimed": ("Not done: it is not booked from the waitlist any more.", ""),
    "not_claim_too_late": ("Not done: that can be taken back for 15 minutes. Cancel the visit instead.", ""),
    "not_claim_old_time_taken": ("Not done: the time they gave up for it is somebody else's by now.", ""),
    "entry_changed": ("Saved. Their place is what it was.", ""),
    "not_no_time": ("Not done: enter a time, such as 14:30.", ""),
    "not_too_soon": ("Not done: that starts too soon for anybody to answer and come.", ""),
    "not_cancelled": ("Not done: the visit is cancelled.", ""),
    "not_too_early": ("Not done: that can be marked once the visit's day has come.", ""),
    "not_not_allowed": ("Not done: somebody has marked it meanwhile. Look at it afresh.", ""),
    "not_time_impossible": ("Not done: that time does not fit the visit.", ""),
    "not_changed_meanwhile": ("Not done: somebody has changed it meanwhile. Look at it afresh.", ""),
    "not_already_started": ("Not done: the visit has begun.", ""),
    "not_already_cancelled": ("It was cancelled already.", ""),
    "not_not_cancelled": ("Not done: the visit stands.", ""),
    "not_too_late": ("Not done: a cancellation can be taken back for 15 minutes. Book it again instead.", ""),
    "not_time_taken": ("Not done: the time was given to somebody else meanwhile.", ""),
}


def remember(request: web.Request, response: web.StreamResponse, what: Said) -> None:
    """Have the browser carry it to the next page."""
    about = f".{what.about}" if what.about else ""
    count = f".{what.count}" if what.count is not None else ""
    cookies.put(request, response, COOKIE, f"{what.code}{about}{count}", max_age=LASTS)


def forget(request: web.Request, response: web.StreamResponse) -> None:
    """It was shown."""
    cookies.drop(request, response, COOKIE)


def told(request: web.Request) -> Told | None:
    """What the browser carries, as words; its undo leads back to the page it is shown on."""
    found = _SHAPE.fullmatch(cookies.read(request, COOKIE))
    if found is None or found[1] not in WORDS:
        return None
    words = toast(Said(found[1], found[2] or "", int(found[3]) if found[3] else None))
    return replace(words, fields={"back": request.path_qs})


def toast(what: Said) -> Told:
    """The words of what was done.

    Raises:
        KeyError: there is no such code.
    """
    sentence, undo = WORDS[what.code]
    count = "" if what.count is None else str(what.count)
    return Told(sentence.format(count=count), undo.format(what.about) if undo and what.about else "")
