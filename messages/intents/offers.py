"""Reads free answers to an offered opening and to offered times: take it, pass, none of these, keep mine.

Looked at only while such a question is open; letters and numbers were read before. The one invariant: an opening is
taken only by words that say so, never by "ok", thanks, a question or a condition.
"""

from typing import Final

from messages.intents.framing import said
from messages.intents.lexicon import PHRASES
from messages.intents.normalise import Text
from messages.intents.reading import Asked, Intent, IntentKind, Question, Reading

# "Yes, I'd like to stay on the list" is no yes to the time.
_LISTS: Final = frozenset({"list", "waitlist", "lista"})


def read_offer_answer(text: Text, asked: Asked) -> Reading | None:
    """The reading of an answer to an open offer or to offered times, or None when it is about something else."""
    if asked.question is Question.OFFER:
        return _offer(text)
    return _times(text, asked) if asked.question is Question.TIMES else None


def reads_undo(text: Text) -> str | None:
    """The rule by which the message takes the last act back, or None."""
    return None if _asks(text) else PHRASES["undo"].first(text.whole.line)


def refuses(text: Text) -> bool:
    """Whether a no stands anywhere in it: "not that one, but Monday I can"."""
    return PHRASES["negator"].first(text.whole.line) is not None


def takes(text: Text) -> bool:
    """Whether words that would take an opening stand anywhere in it."""
    return PHRASES["take"].first(text.whole.line) is not None


def _offer(text: Text) -> Reading | None:
    line = text.whole.line
    if _passes_by_letter(text):
        return Reading((Intent(kind=IntentKind.PASS),), ("code.leading",), leftover=True)
    if _asks(text) or _open_ended(line) or _about_the_visit(line) or not _LISTS.isdisjoint(text.tokens):
        return None
    line = PHRASES["pass_exempt"].erase(line)
    # Nothing but the offer was asked about: who "can't make it" then cannot take that.
    passing = said("pass", line) or said("cannot", PHRASES["cannot_exempt"].erase(line))
    taking = said("take", line)
    if passing and not (taking and _left(line, "take").strip() == ""):
        contradicted = PHRASES["take"].first(PHRASES["pass"].erase(line)) is not None
        return None if contradicted else _one(IntentKind.PASS, passing)
    turned = any(PHRASES["turn"].first(f" {token} ") for token in line.split())
    if taking and not turned and PHRASES["negator"].first(_left(line, "filler")) is None:
        return _one(IntentKind.TAKE, taking)
    return None


def _passes_by_letter(text: Text) -> bool:
    """“P. we are away until the 20th": the letter, a pause, and why; a pass takes nothing from anybody."""
    first = text.sentences[0] if text.sentences else None
    return first is not None and first.tokens[:1] == ("p",) and (len(first.tokens) == 1 or 1 in first.breaks)


def _times(text: Text, asked: Asked) -> Reading | None:
    line = text.whole.line
    if PHRASES["opt_out"].first(line) or _cancels(line):
        return None
    keeping = PHRASES["keep"].first(line)
    if keeping and not _asks(text):
        return _one(IntentKind.KEEP, keeping) if not _numbers(text) else _one(IntentKind.UNCLEAR_CHOICE, keeping)
    none = PHRASES["none_of_these"].first(PHRASES["cannot_exempt"].erase(line)) or PHRASES["does_not_suit"].first(line)
    if none is None:
        return None
    # "Can't do 1 or 2 so 3 I guess", "2!! no wait 3": one of them is wanted after all.
    chosen = _numbers(text) & set(range(1, asked.options + 1))
    return _one(IntentKind.UNCLEAR_CHOICE if chosen else IntentKind.NONE_OF_THESE, none)


def _numbers(text: Text) -> set[int]:
    return {int(token) for token in text.tokens if token.isdecimal()}


def _about_the_visit(line: str) -> bool:
    return _cancels(line) or PHRASES["reschedule"].first(PHRASES["reschedule_exempt"].erase(line)) is not None


def _cancels(line: str) -> bool:
    words = line.split()
    return any(word.startswith("cancel") for word in words)


def _open_ended(line: str) -> bool:
    hedged = PHRASES["hedge"].first(PHRASES["hedge_exempt"].erase(line))
    return hedged is not None or PHRASES["defer"].first(line) is not None


def _asks(text: Text) -> bool:
    return any(
        sentence.asks or PHRASES["question"].first(PHRASES["question_exempt"].erase(sentence.line))
        for sentence in text.sentences
    )


def _left(line: str, group: str) -> str:
    return PHRASES["glue"].erase(PHRASES["filler"].erase(PHRASES[group].erase(line)))


def _one(kind: IntentKind, rule: str) -> Reading:
    return Reading((Intent(kind=kind),), (rule,))
