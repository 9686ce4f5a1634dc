"""Finds language of despair and danger.

A false alarm costs a person a minute, a miss may cost a life, so negation, hedging and jokes do not silence it; only
the few exempt phrases, which are surely something else, do. Phrases that mean it whatever stands around them are in
`words/crisis.toml`; other wording is weighed (`crisis_score.py`). The one invariant: nothing said elsewhere in the
message can hide a match.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from messages.intents.crisis_score import THRESHOLD, score
from messages.intents.lexicon import CRISIS, CRISIS_EXEMPT, PHRASES
from messages.intents.normalise import EMOJI, Sentence, Text

# Parts of fewer words than this are weighed with what stands around them alone.
_FEWEST: Final = 3
# How much darker a part of a message longer than this must sound than a whole one. Whoever tells a long story has many
# parts, and with one line for all, long stories would be what raises the alarm. Chosen by cross-validation over the
# training lines. In a short message ("ok thanks. make it stop") one part is most of what is said.
_SHORT: Final = 9
_PART: Final = 1.6


def crisis_signs(text: Text, *, weighed: bool = True) -> tuple[str, ...]:
    """The rules that see a sign of crisis in the message, in order, each once; empty when none does.

    Sentences are read one by one and then the whole, because people break a thought across lines. Without
    `weighed` only the phrases speak.
    """
    lines = [sentence.spoken for sentence in text.sentences]
    if len(lines) > 1:
        lines.append(text.whole.spoken)
    found = [phrase.name for line in lines for phrase in CRISIS.matches(CRISIS_EXEMPT.erase(line))]
    if weighed and _sounds_dark(text):
        found.append("crisis.weighed")
    return tuple(dict.fromkeys(found))


def _sounds_dark(text: Text) -> bool:
    whole, *parts = dict.fromkeys(_weighed(text))
    line = THRESHOLD if len(text.tokens) <= _SHORT else THRESHOLD + _PART
    return score(whole) > THRESHOLD or any(score(part) > line for part in parts)


def _weighed(text: Text) -> Iterator[tuple[str, ...]]:
    """What is weighed: the message, its sentences, and the parts of a sentence that stand on their own.

    What is surely something else is taken out first, and then nothing of that sentence is weighed apart from the rest.
    """
    left = [CRISIS_EXEMPT.erase(sentence.spoken) for sentence in text.sentences]
    yield tuple(" ".join(left).split())
    for sentence, line in zip(text.sentences, left, strict=True):
        yield tuple(line.split())
        if line == sentence.spoken:
            yield from (part for part in _parts(sentence) if len(part) >= _FEWEST)


def _parts(sentence: Sentence) -> Iterator[tuple[str, ...]]:
    """A sentence cut at its pauses, and where a thought turns, without emoji."""
    turns = {at for at, token in enumerate(sentence.tokens) if PHRASES["turn"].first(f" {token} ")}
    cuts = sorted({0, *sentence.breaks, *turns, len(sentence.tokens)})
    for start, end in pairwise(cuts):
        yield tuple(token for token in sentence.tokens[start:end] if token not in EMOJI)
