"""`stillon understand`: what does a reply mean? JSON lines in, JSON lines out, read by the code the conversation uses.

Each line is {"id", "text", "lang", "prompt", "now", "zone"}: `prompt` is what was asked last (reminder, offer, choices
or none; with choices, "options" may count them), `now` an ISO time, `zone` a name such as America/New_York. Each answer
is {"id", "intent", "intents", "crisis", "ask", "when", "why"}. docs/understanding.md says what the words mean.
Invariant: it acts on nothing and writes nothing but its answers.
"""

from datetime import UTC, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.commands.json_lines import BadLineError, answer_lines, words_of
from messages.intents import Asked, IntentKind, Question
from messages.understanding import Understanding
from messages.understanding import understand as understood
from messages.when import Span
from messages.when.reading import Edge
from scheduler.core.clock import SystemClock

_PROMPTS: Final = {
    "reminder": Question.REMINDER,
    "offer": Question.OFFER,
    "choices": Question.TIMES,
    "none": Question.NOTHING,
}
_MOST_OPTIONS: Final = 9
_OPTIONS: Final = 3

_NAMES: Final = {
    IntentKind.STOP: "stop",
    IntentKind.START: "start",
    IntentKind.HELP: "help",
    IntentKind.CRISIS: "crisis",
    IntentKind.WRONG_NUMBER: "wrong_number",
    IntentKind.CONFIRM: "confirm",
    IntentKind.RESCHEDULE: "reschedule",
    IntentKind.CANNOT_COME: "cancel",
    IntentKind.LATE: "running_late",
    IntentKind.CHOOSE: "accept_offer",
    IntentKind.TAKE: "accept_offer",
    IntentKind.PASS: "decline_offer",
    IntentKind.NONE_OF_THESE: "decline_offer",
    IntentKind.KEEP: "decline_offer",
    IntentKind.THANKS: "gratitude",
    IntentKind.QUESTION: "question",
}
"""Our kinds by the names the tool speaks; what is not here (unsure, unclear, undo, other) is "other"."""

_OF_AN_OFFER: Final = {IntentKind.CONFIRM: "accept_offer", IntentKind.CANNOT_COME: "decline_offer"}


def understand() -> None:
    """Say what replies mean, given as JSON lines on standard input."""
    answer_lines(_understand)


def _understand(line: dict[str, Any]) -> dict[str, Any]:
    zone = _zone(line.get("zone"))
    asked = _asked(line)
    found = understood(
        words_of(line), asked=asked, language=_language(line), now=_now(line.get("now"), zone), zone=zone
    )
    kinds = (found.reading.leaning,) if found.reading.leaning is not None else found.reading.kinds
    # As in the conversation: "not this time, another one please" is a wish for another time.
    first = sorted(kinds, key=lambda kind: kind is not IntentKind.RESCHEDULE or IntentKind.CRISIS in kinds)
    names = list(dict.fromkeys(_name(kind, asked) for kind in first))
    return {
        "intent": names[0],
        "intents": names,
        "crisis": found.crisis,
        "ask": found.ask,
        "when": [_span(span) for span in found.when.spans],
        "except": [_span(span) for span in found.when.without],
        **_details(found),
        "why": [*found.reading.why, *found.when.why],
    }


def _name(kind: IntentKind, asked: Asked) -> str:
    """A yes or a no that answers an offer is about the offer, as in the conversation (bot/conversation/answer.py)."""
    about_the_offer = _OF_AN_OFFER.get(kind) if asked.question is Question.OFFER else None
    return about_the_offer or _NAMES.get(kind, "other")


def _details(found: Understanding) -> dict[str, Any]:
    numbers = [intent.number for intent in found.reading.intents if intent.number is not None]
    minutes = next((intent.minutes for intent in found.reading.intents if intent.minutes is not None), None)
    chosen = {"choice": numbers[0] if len(numbers) == 1 else numbers} if numbers else {}
    return chosen | ({"minutes": minutes} if minutes is not None else {})


def _asked(line: dict[str, Any]) -> Asked:
    question = _PROMPTS.get(str(line.get("prompt") or "none"))
    if question is None:
        raise BadLineError("“prompt” must be reminder, offer, choices or none.")
    options = line.get("options", _OPTIONS)
    if not isinstance(options, int) or not 1 <= options <= _MOST_OPTIONS:
        raise BadLineError("“options” must be a number from 1 to 9.")
    return Asked(question=question, options=options if question is Question.TIMES else 0)


def _language(line: dict[str, Any]) -> str:
    language = line.get("lang") or "en"
    if not isinstance(language, str):
        raise BadLineError("“lang” must be a language tag such as en or es-MX.")
    return language


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise BadLineError("“zone” is not a time zone such as America/New_York.") from None


def _now(written: Any, zone: ZoneInfo) -> datetime:
    """An ISO time, on the clock of `zone` where it names no offset; without one, the present."""
    if written is None:
        return SystemClock().now().astimezone(UTC)
    try:
        now = datetime.fromisoformat(written)
    except (ValueError, TypeError):
        raise BadLineError("“now” is not an ISO time such as 2026-11-23T09:00.") from None
    return now if now.tzinfo is not None else now.replace(tzinfo=zone)


def _span(span: Span) -> dict[str, Any]:
    return {
        "kind": span.kind.value,
        "start": _edge(span.start),
        "end": _edge(span.end),
        "grain": span.grain.value,
    }


def _edge(edge: Edge | None) -> str | None:
    if edge is None:
        return None
    return edge.isoformat("minutes") if isinstance(edge, time) else edge.isoformat(timespec="minutes")
