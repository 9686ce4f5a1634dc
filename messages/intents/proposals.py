"""A second look at what the rules made of free words: what is likely where they found nothing, and where they err.

The rules alone decide what is done. What is weighed (reply_score.py) can only turn a reading into a question: with
`Reading.leaning` saying what to ask about. The one invariant: nothing here adds an intent that acts.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from messages.intents.normalise import Text
from messages.intents.reading import Asked, Intent, IntentKind, Question, Reading
from messages.intents.reply_score import Meaning, likely

_LIKELY: Final = 0.75
"""What a meaning's share must be before it is asked about where no rule says anything."""

_SURE: Final = 0.9
"""And before what looks like a question, which a person answers anyway, is asked about as something else."""

DOUBTED: Final = "weighed"
"""The first of `Reading.why` where a rule's finding is not likely."""

_NOT_ACTING: Final = frozenset({IntentKind.THANKS, IntentKind.UNDO})
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
        Meaning.START: IntentKind.START,
        Meaning.HELP: IntentKind.HELP,
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
_DOUBTED: Final[Mapping[IntentKind, tuple[float, frozenset[Meaning]]]] = MappingProxyType(
    {
        IntentKind.CONFIRM: (0.1, frozenset({Meaning.YES})),
        IntentKind.TAKE: (0.05, frozenset({Meaning.YES})),
        IntentKind.CANNOT_COME: (0.15, frozenset({Meaning.NO})),
        IntentKind.PASS: (0.15, frozenset({Meaning.NO})),
        IntentKind.NONE_OF_THESE: (0.4, frozenset({Meaning.NO, Meaning.CHANGE})),
        IntentKind.RESCHEDULE: (0.1, frozenset({Meaning.CHANGE})),
        IntentKind.WRONG_NUMBER: (0.1, frozenset({Meaning.WRONG})),
        IntentKind.STOP: (0.1, frozenset({Meaning.STOP, Meaning.WRONG})),
        IntentKind.UNDO: (0.3, frozenset({Meaning.OTHER, Meaning.YES})),
        IntentKind.QUESTION: (0.5, frozenset({Meaning.QUESTION})),
        IntentKind.THANKS: (0.4, frozenset({Meaning.THANKS})),
    }
)
"""How likely what a rule found must be, by what meanings, lest it be asked.

The shares are chosen by leaving out whole writers in turn (docs/understanding.md): where as many readings that were
wrong as right ones, or more, fall below them. Thanks and questions do nothing, so that asking costs little there.
"""


def looked_at_again(reading: Reading, words: Text, asked: Asked) -> Reading:
    """The reading, or a question in its place, with what it leans to."""
    kind = reading.kinds[0]
    if kind is not IntentKind.OTHER and kind not in _DOUBTED:
        return reading
    shares = likely(words.tokens, _PROMPTS.get(asked.question, "n"))
    best = max(shares, key=lambda each: shares[each])
    leaning = _ANSWERS.get((asked.question, best), _KINDS[best]) if shares[best] >= _LIKELY else kind
    if kind is IntentKind.OTHER:
        return replace(reading, leaning=leaning) if leaning is not kind else reading
    if _is_likely(reading, shares) or (leaning is kind and kind in _NOT_ACTING):
        return reading
    if kind is IntentKind.QUESTION and (shares[best] < _SURE or best is Meaning.YES):  # "see you then?"
        return replace(reading, why=(DOUBTED, *reading.why))
    return _asked_about(reading, leaning)


def _asked_about(reading: Reading, leaning: IntentKind) -> Reading:
    """A question in place of what a rule found; whoever may want no more texts is told in any case how to end them."""
    why = (DOUBTED, *reading.why)
    if reading.kinds[0] is IntentKind.STOP:
        return Reading((Intent(kind=IntentKind.VISIT_OR_STOP),), why, leftover=True)
    return Reading((Intent(kind=IntentKind.OTHER),), why, leftover=True, leaning=leaning)


def _is_likely(reading: Reading, shares: Mapping[Meaning, float]) -> bool:
    """Whether what the rules found, all of it, is likely enough; a kind that is not weighed always is."""
    if not set(reading.kinds) <= set(_DOUBTED):
        return True
    least = _DOUBTED[reading.kinds[0]][0]
    meanings = frozenset[Meaning]().union(*(_DOUBTED[kind][1] for kind in reading.kinds))
    return sum(shares[meaning] for meaning in meanings) >= least
