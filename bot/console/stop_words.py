"""What staff read about a STOP: how it was said, and what it ends by the rule of that day. Pure; words only.

Invariant: what is listed as ended is what the rule ended (messages/opt_out_scope.py), not what we think was meant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from messages.consent import StopSource
from messages.consent_store import OptOut
from messages.kinds import Channel, Purpose
from messages.opt_out_scope import Scope

HOW: Final = {
    StopSource.KEYWORD: "said STOP",
    StopSource.FREE_TEXT: "asked in their own words to stop",
    StopSource.LINK: "stopped messages on our page",
    StopSource.CARRIER: "told the phone company to stop messages",
    StopSource.STAFF: "asked us to stop, as staff noted",
    StopSource.WITH_ANOTHER: "ended with another channel",
}
HEARD_ON: Final = {
    Channel.SMS: "by text", Channel.WHATSAPP: "by WhatsApp", Channel.VOICE: "in a call", Channel.EMAIL: "by email",
}  # fmt: skip
ENDS: Final = {
    Channel.SMS: "texts", Channel.WHATSAPP: "WhatsApp", Channel.VOICE: "calls", Channel.EMAIL: "emails",
}  # fmt: skip
PURPOSES: Final = {Purpose.REMINDERS: "reminders", Purpose.WAITLIST: "waitlist offers"}
WHY: Final = {
    "texts": "One STOP ends every automatic text; calls and emails are asked about separately.",
    "calls": "Key 9 ends calls; texts and emails are asked about separately.",
    "mail": "Emails have a way out of their own.",
    "texts_and_calls": "Since January 31, 2027 one STOP ends every automatic text and call.",
}


@dataclass(frozen=True, slots=True)
class StopLine:
    """One line of the history. `ends` is empty where the stop has been taken back."""

    at: datetime
    said: str
    ends: str
    why: str


def stop_line(stopped: OptOut, scope: Scope) -> StopLine:
    """How it was said, and what it ended."""
    channel = Channel(stopped.channel)
    if not stopped.stopped:
        return StopLine(stopped.at, f"said START {HEARD_ON[channel]}", "", "")
    how = HOW[StopSource(stopped.source)]
    if stopped.source not in {StopSource.STAFF, StopSource.LINK}:
        how = f"{how} {HEARD_ON[channel]}"
    ended = _listed([ENDS[each] for each in ENDS if each in scope.ends])
    about = _listed([PURPOSES[each] for each in PURPOSES if each in scope.purposes])
    return StopLine(stopped.at, how, f"ends {ended}, for {about}", WHY.get(scope.key, ""))


def _listed(words: Sequence[str]) -> str:
    return " and ".join(words) if len(words) <= len(("one", "two")) else f"{', '.join(words[:-1])} and {words[-1]}"
