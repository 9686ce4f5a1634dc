"""A second look at what the rules made of free words: what is likely where they found nothing, and where they err.

The rules alone decide what is done. What is weighed (reply_score.py) can only turn a reading into a question: with
`Reading.leaning` saying what to ask about. The one invariant: nothing here adds an intent that acts.
"""

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from messages.intents.normalise import Text
from messages.intents.reading import Asked, Intent, IntentKind, Question, Reading
from messages.intents.reply_score import Meaning, likely

_LIKELY: Final = 0.6
_SURER_THAN_A_RULE: Final = 0.9
_HARDLY: Final = 0.02
"""Shares, chosen by cross-validation over the sources of strangers' lines (docs/understanding.md)."""

_PROMPTS: Final = MappingProxyType({Question.REMINDER: "r", Question.OFFER: "o", Question.TIMES: "c"})
_KINDS: Final = MappingProxyType(
    {
        Meaning.YES: IntentKind.CONFIRM,
        Meaning.NO: IntentKind.CANNOT_COME,
        Meaning.CHANGE: IntentKind.RESCHEDULE,
        Meaning.LATE: IntentKind.LATE,
        Meaning.QUESTION: IntentKind.QUESTION,
        Meaning.THANKS: IntentKind.THANKS,
        Meaning.STOP: IntentKind.STOP,
        Meaning.WRONG: IntentKind.WRONG_NUMBER,
        Meaning.OTHER: IntentKind.OTHER,
    }
)
_ANSWERS: Final = MappingProxyType(
    {
        (Question.OFFER, Meaning.YES): IntentKind.TAKE,
        (Question.OFFER, Meaning.NO): IntentKind.PASS,
        (Question.TIMES, Meaning.YES): IntentKind.CHOOSE,
        (Question.TIMES, Meaning.NO): IntentKind.NONE_OF_THESE,
    }
)
_SOFT: Final = frozenset({IntentKind.QUESTION, IntentKind.THANKS})
_VETOED: Final = MappingProxyType(
    {
        IntentKind.CONFIRM: Meaning.YES,
        IntentKind.TAKE: Meaning.YES,
        IntentKind.CANNOT_COME: Meaning.NO,
        IntentKind.PASS: Meaning.NO,
        IntentKind.WRONG_NUMBER: Meaning.WRONG,
    }
)


def looked_at_again(reading: Reading, words: Text, asked: Asked) -> Reading:
    """The reading, or a question in its place, with what it leans to."""
    kind = reading.kinds[0]
    if kind is not IntentKind.OTHER and (len(reading.kinds) > 1 or kind not in _SOFT | set(_VETOED)):
        return reading
    shares = likely(words.tokens, _PROMPTS.get(asked.question, "n"))
    best = max(shares, key=lambda each: shares[each])
    leaning = _ANSWERS.get((asked.question, best), _KINDS[best])
    if kind is IntentKind.OTHER:
        return replace(reading, leaning=leaning) if shares[best] >= _LIKELY and leaning is not kind else reading
    asks_whether = kind is IntentKind.QUESTION and best is Meaning.YES  # "see you then?"
    if leaning is kind or asks_whether or shares[best] < _SURER_THAN_A_RULE:
        return reading
    if kind in _VETOED and shares[_VETOED[kind]] > _HARDLY:
        return reading
    return Reading((Intent(kind=IntentKind.OTHER),), ("weighed", *reading.why), leftover=True, leaning=leaning)
