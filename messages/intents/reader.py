"""The one entrance: a client's text and what was asked go in, a reading comes out.

The order is the law's and then prudence: keywords, signs of crisis (which hide nothing else), asking to stop, a wrong
number, answers by letter and number, answers to offers, free sentences. Deterministic, a few hundred microseconds,
no clock, no record. The one invariant: the reading is never empty.
"""

from typing import Final

from messages.intents.choices import leading_number, points_at_times, read_choice
from messages.intents.core import core_language, read_core
from messages.intents.core_distress import core_distress
from messages.intents.crisis import crisis_signs
from messages.intents.law import (
    asks_how_to_answer,
    asks_to_start,
    asks_to_stop,
    read_keyword,
    says_wrong_number,
)
from messages.intents.lexicon import PHRASES
from messages.intents.normalise import Reaction, Text, normalise
from messages.intents.offers import read_offer_answer, reads_undo, refuses, takes
from messages.intents.proposals import looked_at_again
from messages.intents.reading import Asked, Intent, IntentKind, Question, Reading
from messages.intents.scheduling import read_sentences

MACHINE: Final = "machine"
"""The only rule of a text that nobody wrote: an absence notice, a mailbox that takes no messages."""

_SAYS_NOTHING: Final = frozenset({IntentKind.OTHER, IntentKind.THANKS})
"""Beside signs of distress these are not worth a word."""
_BARE_STOP: Final = ":^ stop"
"""“Stop" and something else: "stop worrying, I'm coming"."""

# Words of English and Spanish that none of the six further languages has: enough of them, and the text is weighed.
_OURS: Final = frozenset(
    {"i", "im", "ive", "my", "myself", "you", "your", "they", "she", "her", "him", "his", "our", "the", "this", "that"}
    | {"it", "its", "to", "of", "and", "with", "without", "is", "are", "be", "was", "have", "will", "would", "want"}
    | {"need", "know", "think", "feel", "dont", "cant", "not", "just", "anymore", "nobody", "gone", "there", "here"}
    | {"what", "if", "who", "how", "why", "from", "up", "out", "over", "by", "yo", "muy", "pero", "estoy", "soy"}
    | {"tengo", "quiero", "puedo", "siento", "el", "los", "ella", "una", "ya", "hoy", "nadie", "mis", "hijo", "hija"}
    | {"morir", "morirme", "matarme", "vivir", "donde", "cuando", "adios"}
)
_OURS_OF_TEN: Final = 2
_ACTS: Final = frozenset(
    {IntentKind.CONFIRM, IntentKind.CANNOT_COME, IntentKind.TAKE, IntentKind.PASS, IntentKind.CHOOSE}
)
_OF_TEXTS: Final = frozenset({IntentKind.STOP, IntentKind.WRONG_NUMBER})
_SHORT_ANSWERS: Final = ("code:", "choice.", "law.", MACHINE)


def read(text: str, *, asked: Asked, language: str = "") -> Reading:
    """What `text` may mean as an answer to `asked`.

    English and Spanish are read in any mixture; `language` (any tag) helps to tell the others.
    """
    words = normalise(text)
    if words.reaction is not None:
        return _reaction(words.reaction, asked)
    if not words.typed:
        return Reading((Intent(kind=IntentKind.OTHER),), ("empty",), leftover=bool(text.strip()))
    keyword = read_keyword(words, asked)
    if keyword is not None:
        return keyword
    foreign = core_language(text, language)
    # What is weighed was learned from English and Spanish; other languages have their own lists. Whoever has one of
    # those on file may write English all the same.
    weighed = foreign is None or not language.casefold().startswith(foreign) or _is_in_ours(words)
    signs = (*crisis_signs(words, weighed=weighed), *core_distress(text, foreign))
    found = _rest(words, asked)
    rest = _again(found, words, asked) if foreign is None else _in_core(text, foreign, found, words, asked)
    if not signs:
        return rest
    others = tuple(intent for intent in rest.intents if intent.kind not in _SAYS_NOTHING)
    return Reading((Intent(kind=IntentKind.CRISIS), *others), (*signs, *rest.why), leftover=True)


def only_about_times(text: str) -> bool:
    """Whether no word of the message, which names a time, says anything but when and how gladly; "11" is no time."""
    words = normalise(text)
    bare = len(words.tokens) == 1 and words.tokens[0].isdecimal()
    return not bare and not PHRASES["beside_times"].erase(words.whole.line).strip()


def _in_core(text: str, language: str | None, reading: Reading, words: Text, asked: Asked) -> Reading:
    """The reading in one of the six further languages, where the text is in one; letters and numbers are the same.

    Whoever writes one of them may write English all the same: that counts where all of it is understood, an end of
    texts wherever the other language says nothing else.
    """
    by_letter = reading.why[0].startswith(_SHORT_ANSWERS) and IntentKind.UNCLEAR_CHOICE not in reading.kinds
    if language is None or by_letter:
        return reading
    found = read_core(text, language, asked)
    says_nothing = found is None or (found.kinds == (IntentKind.OTHER,) and found.leaning is None)
    if says_nothing and not _OF_TEXTS.isdisjoint(reading.kinds):
        return reading
    acts = not _ACTS.isdisjoint(reading.kinds)
    if found is not None and not (acts and not reading.leftover and _is_in_ours(words)):
        return found
    unsure = acts and reading.leftover
    return Reading((Intent(kind=IntentKind.OTHER),), ("core.leftover",), leftover=True) if unsure else reading


def _is_in_ours(words: Text) -> bool:
    ours = sum(token in _OURS for token in words.tokens)
    return ours > 1 and 10 * ours >= _OURS_OF_TEN * len(words.tokens)


def _rest(words: Text, asked: Asked) -> Reading:
    stop, wrong, line = asks_to_stop(words), says_wrong_number(words), words.whole.spoken
    if wrong is not None:
        kind = IntentKind.WRONG_NUMBER if PHRASES["corrects"].first(line) is None else IntentKind.OTHER
        return Reading((Intent(kind=kind),), (wrong,), leftover=kind is IntentKind.OTHER)
    machine = PHRASES["machine"].first(line)
    if machine is not None and stop is None:
        return Reading((Intent(kind=IntentKind.OTHER),), (MACHINE,), leftover=True)
    answer = _answer(words, asked)
    if stop is None:
        return _about_texts(words) or answer
    return _stop(words, stop, answer)


def _stop(words: Text, rule: str, answer: Reading) -> Reading:
    """A wish for an end of texts, unless other words make it a doubt; whoever is coming is asked what should stop."""
    line = words.whole.spoken
    if asks_to_start(words) is not None:
        return Reading((Intent(kind=IntentKind.OTHER),), (rule,), leftover=True, leaning=IntentKind.START)
    if PHRASES["keeps_texts"].first(line) is not None:
        return Reading((Intent(kind=IntentKind.OTHER),), (rule,), leftover=True)
    acts = tuple(intent for intent in answer.intents if intent.kind is IntentKind.CANNOT_COME)
    leaves = acts and PHRASES["taken_off"].first(line) is not None and PHRASES["names_texts"].first(line) is None
    comes = rule.endswith(_BARE_STOP) and any(".confirm_strong" in each for each in answer.why)
    if leaves or comes:
        return Reading((Intent(kind=IntentKind.VISIT_OR_STOP),), (rule, *answer.why), leftover=True)
    return Reading((Intent(kind=IntentKind.STOP), *acts), (rule, *answer.why), leftover=answer.leftover)


def _about_texts(words: Text) -> Reading | None:
    """What is asked of the texts themselves: to begin again, or what can be answered to them."""
    start, how = asks_to_start(words), asks_how_to_answer(words)
    if start is not None:
        return Reading((Intent(kind=IntentKind.START),), (start,))
    return None if how is None else Reading((Intent(kind=IntentKind.HELP),), (how,))


def _answer(words: Text, asked: Asked) -> Reading:
    short = read_choice(words, asked)
    if short is not None:
        return _as_asked(short, asked)
    offered = read_offer_answer(words, asked)
    if offered is not None:
        return offered
    undo = reads_undo(words)
    if undo is not None:
        return Reading((Intent(kind=IntentKind.UNDO),), (undo,), leftover=True)
    return leading_number(words, asked) or _beside_times(read_sentences(words, asked), words, asked)


def _again(reading: Reading, words: Text, asked: Asked) -> Reading:
    """Free words are looked at twice; letters, numbers and what the law knows are what they are."""
    sure = any(rule.startswith((*_SHORT_ANSWERS, "reaction.")) for rule in reading.why)
    return reading if sure else looked_at_again(reading, words, asked)


def _beside_times(reading: Reading, words: Text, asked: Asked) -> Reading:
    """With times to choose from, "see you then" does not say when: which one is asked again."""
    if asked.question is Question.OFFER and _leaves_both_open(reading, words):
        return Reading((Intent(kind=IntentKind.UNCLEAR_CHOICE),), reading.why, leftover=True)
    if asked.question is not Question.TIMES:
        return reading
    numbered_and_late = reading.kinds[0] is IntentKind.LATE and words.tokens[0].isdecimal()
    if numbered_and_late or reading.kinds[0] is IntentKind.CONFIRM:
        return Reading((Intent(kind=IntentKind.UNCLEAR_CHOICE),), reading.why, leftover=reading.leftover)
    nothing_sure = reading.kinds == (IntentKind.OTHER,)
    return (points_at_times(words, asked) if nothing_sure else None) or reading


def _leaves_both_open(reading: Reading, words: Text) -> bool:
    """“Not that one, but Monday I can”; “cancel the old one and give me that”: an offer beside a visit is asked."""
    if reading.kinds == (IntentKind.CONFIRM,):
        return refuses(words)
    if reading.kinds[0] is IntentKind.RESCHEDULE:
        return takes(words) and not refuses(words)
    return reading.kinds[0] is IntentKind.CANNOT_COME and takes(words)


def _as_asked(reading: Reading, asked: Asked) -> Reading:
    """A lone N under offered times says none of them: the visit they have must not go by a slip of one letter."""
    lone = reading.intents[0]
    if asked.question is Question.TIMES and lone.kind is IntentKind.CANNOT_COME and lone.number is None:
        return Reading((Intent(kind=IntentKind.NONE_OF_THESE),), ("code.none_of_these",))
    return reading


def _reaction(reaction: Reaction, asked: Asked) -> Reading:
    if reaction is Reaction.LIKE and asked.question is Question.REMINDER and asked.visits == 1:
        return Reading((Intent(kind=IntentKind.CONFIRM),), ("reaction.like",))
    if reaction is Reaction.LIKE and asked.question in {Question.OFFER, Question.TIMES}:
        return Reading((Intent(kind=IntentKind.UNCLEAR_CHOICE),), ("reaction.like",))
    kind = IntentKind.THANKS if reaction is Reaction.LIKE else IntentKind.OTHER
    return Reading((Intent(kind=kind),), (f"reaction.{reaction}",))
