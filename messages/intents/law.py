"""Keywords that law or carriers give a meaning to: STOP, START, HELP, and asking to be left alone in other words.

Read before anything else. The one invariant: a message that is a stop word is a STOP whatever was asked, and nothing
in it is read as an answer.
"""

from messages.intents.framing import said
from messages.intents.lexicon import (
    AMBIGUOUS_STOP_WORDS,
    HELP_WORDS,
    KNOWN_WORDS,
    PHRASES,
    POLITE_WORDS,
    START_WHEN_OPTED_OUT,
    START_WORDS,
    STOP_BUT_NOT,
    STOP_ONLY_ALONE,
    STOP_WORDS,
)
from messages.intents.normalise import EMOJI, Sentence, Text, plain
from messages.intents.reading import Asked, Intent, IntentKind, Question, Reading

_STOP = "stop"
# How the lists write a word that is written like a name.
_NAME = "somebodysname"
# Nobody sends more words than this as a keyword.
_MOST_WORDS = 6


def read_keyword(text: Text, asked: Asked) -> Reading | None:
    """The reading of a message that is nothing but a keyword, or None.

    CANCEL, END and QUIT count alone only; "cancelar" beside an open question is asked back, since no carrier acts on
    it and it may mean the visit. YES starts texts again only for someone who had stopped them.
    """
    if len(text.typed) > _MOST_WORDS + len(EMOJI):
        return None
    typed = tuple(plain(token) for token in text.typed if token not in EMOJI)
    alone = " ".join(typed)
    core = " ".join(word for word in typed if word not in POLITE_WORDS)
    if not core or len(typed) > _MOST_WORDS:
        return None
    if alone in STOP_ONLY_ALONE or _is_stop(core):
        return _keyword(IntentKind.STOP, core, "law.stop")
    if alone in AMBIGUOUS_STOP_WORDS:
        kind = IntentKind.STOP if asked.question is Question.NOTHING else IntentKind.VISIT_OR_STOP
        return _keyword(kind, alone, "law.ambiguous_stop")
    if core in START_WORDS or (asked.opted_out and alone in START_WHEN_OPTED_OUT):
        return _keyword(IntentKind.START, core, "law.start")
    # "Please help" is not the keyword: whoever adds a word to it may need a person.
    return _keyword(IntentKind.HELP, alone, "law.help") if alone in HELP_WORDS else None


def asks_to_stop(text: Text) -> str | None:
    """The rule by which the message asks, in its own words, for texts to end; None when it does not.

    Any reasonable wording counts (rules.md B1), so this reads questions and half sentences too.
    """
    for sentence in (*text.sentences, text.whole):
        found = _ends_texts(sentence)
        if found is not None:
            return found
    parts = (part.tokens for sentence in text.sentences for part in sentence.parts())
    return "law.stop_between_commas" if (_STOP,) in parts else None


def _ends_texts(sentence: Sentence) -> str | None:
    """What asks for it in a sentence; a frame reaches no further than to the next comma."""
    left = PHRASES["opt_out_exempt"].erase(sentence.spoken)
    if PHRASES["opt_out"].first(left) is None or _stops_elsewhere(left):
        return None
    parts = (PHRASES["opt_out_exempt"].erase(part.spoken) for part in sentence.parts())
    return next(filter(None, (said("opt_out", line, of_texts=True) for line in (left, *parts))), None)


def asks_to_start(text: Text) -> str | None:
    """The rule by which the message asks, in its own words, for texts to begin again; None when it does not."""
    line = text.whole.spoken
    return said("opt_in", PHRASES["opt_in_exempt"].erase(line), of_texts=True)


def asks_how_to_answer(text: Text) -> str | None:
    """The rule by which the message asks what it can answer, or None: then it is told what HELP tells."""
    return PHRASES["how_it_works"].first(text.whole.spoken)


def says_wrong_number(text: Text) -> str | None:
    """The rule by which the message says that we write to the wrong person, or None."""
    names = _written_as_names(text)
    for sentence in text.sentences:
        left = PHRASES["wrong_number_exempt"].erase(sentence.spoken)
        marked = (_NAME if token in names else token for token in left.split())
        found = said("wrong_number", f" {' '.join(marked)} ", of_texts=True)
        if found:
            return found
    return None


def _written_as_names(text: Text) -> frozenset[str]:
    """Words with a capital where nothing else asks for one, and which none of our lists knows: "this isn't Maria"."""
    later = text.typed[1:]
    return frozenset(plain(word) for word in later if word[0].isupper() and word[1:].islower()) - KNOWN_WORDS


def _is_stop(core: str) -> bool:
    words = core.split()
    spelt = "".join(words) in {_STOP, "stopall"}
    return core in STOP_WORDS or spelt or (words != ["all"] and set(words) <= {_STOP, "all", "unsubscribe"})


def _stops_elsewhere(line: str) -> bool:
    words = line.split()
    return words[:1] == [_STOP] and len(words) > 1 and words[1] in STOP_BUT_NOT


def _keyword(kind: IntentKind, word: str, why: str) -> Reading:
    return Reading((Intent(kind=kind, word=word.upper()),), (f"{why}:{word}",))
