"""Whose turn it is on the waitlist and how an entry stands, in words. Pure.

What somebody waits for is wish_words.py's. Invariant: whatever moves somebody up or down is said, with its reason.
"""

from datetime import datetime, timedelta
from typing import Final

from waitlist.entry_store import Entry, EntryState
from waitlist.matching import Ranked
from waitlist.policy import Mode, Policy
from waitlist.turns import LONG, reasons

URGENCIES: Final = {
    "clinical": "needs it clinically",
    "promised": "it was promised",
    "long_wait": "has waited too long",
}
"""Why staff put somebody before the others."""
_AT_ONCE: Final = {
    Mode.WAVES: "As many are asked at once as it takes for a quick yes, and the first yes has it.",
    Mode.ONE: "They are asked one after another, and the time is theirs until their deadline.",
    Mode.EVERYBODY: "Everybody it fits is asked at once, and the first yes has it.",
}
_HOUR, _DAY = 60, 24 * 60


def in_words(ranked: Ranked, now: datetime) -> str:
    """Somebody's place and what it is made of."""
    return f"{ranked.points.total} points: {', '.join(reasons(ranked.points, ranked.standing, now))}"


def facts_of(entry: Entry, waited_days: int) -> str:
    """The facts that decide somebody's turn, in the order in which they count."""
    words = [put_first(entry)] if entry.priority else []
    if entry.credit:
        words.append("lost an offer" if entry.credit == 1 else f"lost {entry.credit} offers")
    words.append("never asked" if entry.last_offered_at is None else "asked before")
    words.append(
        "joined today" if waited_days == 0 else "waits 1 day" if waited_days == 1 else f"waits {waited_days} days"
    )
    return ", ".join(words)


def put_first(entry: Entry) -> str:
    """That staff have put somebody before or after the others, and why; empty of who comes in turn."""
    if not entry.priority:
        return ""
    reason = URGENCIES.get(entry.urgency_reason or "", "")
    place = "put first" if entry.priority > 0 else "put last"
    return f"{place} ({reason})" if reason else place


def turns_decided(policy: Policy) -> str:
    """How turns are decided by the terms in force."""
    worth = policy.weights
    words = (
        f"Among those a freed time fits, whoever has most points. Each day of waiting is {worth.waited}, each day "
        f"without an offer {worth.unasked}; an offer lost to somebody else counts {worth.lost}, one that was left "
        f"without an answer takes {worth.silent} off. Whoever was not asked for {LONG.days} days goes first."
    )
    return f"{words} {_AT_ONCE[policy.mode]}"


def quiet_words(entry: Entry, policy: Policy, now: datetime) -> str:
    """What is known of who was asked whether they still wait; they have some days before it is called a silence."""
    if not entry.is_quiet or entry.asked_whether_at is None or entry.state is not EntryState.WAITING:
        return ""
    if now - entry.asked_whether_at < timedelta(days=policy.quiet_days):
        return "Asked whether they still wait"
    return "No answer to 1 offer" if entry.unanswered == 1 else f"No answer to {entry.unanswered} offers"


def lasted(minutes: int) -> str:
    """How long something took, in the unit people would use."""
    if minutes < _HOUR:
        return f"{minutes} min"
    if minutes < _DAY:
        return f"{minutes // _HOUR} h {minutes % _HOUR} min" if minutes % _HOUR else f"{minutes // _HOUR} h"
    days = minutes // _DAY
    return "1 day" if days == 1 else f"{days} days"
