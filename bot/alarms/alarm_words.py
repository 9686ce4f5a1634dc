"""An alarm in words, for a mail to whoever runs this. Pure; codes and counts become sentences, nothing else does.

Invariant: every code has its words, and no mail holds more than these words, counts, times and our own address.
"""

from typing import Final

from bot.alarms.conditions import Alarm, Code
from bot.alarms.repeat import Tell

WORDS: Final[dict[Code, str]] = {
    Code.ENGINE_SILENT: "No worker has given a sign of life. Nothing is sent, and nobody's text is answered.",
    Code.LANE_STUCK: "A part of the work ({detail}) has stood still for a while; the rest goes on.",
    Code.DATABASE_AWAY: "The database cannot be reached. Nothing is sent, and nobody's text is answered.",
    Code.CARRIER_SILENT: "The carrier does not answer. Texts wait and leave when it does.",
    Code.SENDING_TROUBLE: "Texts cannot leave ({detail}). The inbox of the practice says more.",
    Code.SENDING_PAUSED: "Reminders are held back ({detail}) until somebody resumes them on the sending page.",
    Code.MESSAGES_WAIT: "{count} due messages or answers have waited too long.",
    Code.CLOCK_JUMPED: "The clock of this machine was moved. Reminders are held back where it matters.",
    Code.CLOCK_OFF: "A worker's clock and the database's are {count} seconds apart.",
}
DETAILS: Final = {
    "clock_jump": "the clock was moved",
    "due_spike": "far more came due than usual",
    "restored": "a backup was put back",
    "carrier_20003": "the carrier refuses the account or its password",
    "talk": "reading replies",
    "press": "answers",
    "send": "reminders",
    "tidy": "erasing words at the carrier",
    "settle": "looking up what became of texts",
}


def subject(tell: Tell) -> str:
    """The subject of the mail."""
    return "Stillon is well again" if tell.all_clear else "Stillon needs you"


def text(tell: Tell, address: str) -> str:
    """The mail itself; `address` is where the console is."""
    if tell.all_clear:
        return f"What was wrong is over, or somebody has taken it up.\nIt lasted {_minutes(tell.lasts)}.\n\n{address}\n"
    lines = [f"- {sentence(each)}" for each in tell.alarms]
    lasts = f"\nThis has lasted for {_minutes(tell.lasts)}." if tell.lasts else ""
    return "\n".join([*lines, lasts, f"Look here: {address}/console/today", ""])


def sentence(alarm: Alarm) -> str:
    """What one alarm says."""
    detail = DETAILS.get(alarm.detail or "", alarm.detail or "")
    return WORDS[alarm.code].format(detail=detail, count=alarm.count or 0)


def _minutes(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"
