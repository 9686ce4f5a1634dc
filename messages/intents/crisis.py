"""Finds language of despair and danger.

A false alarm costs a person a minute, a miss may cost a life, so negation, hedging and jokes silence nothing by
themselves: all wording is weighed as a whole (`crisis_score.py`). Beside it stand a few phrases that mean it whatever
is around them (`words/crisis.toml`). The one invariant: nothing said elsewhere in the message can hide such a phrase.
"""

from messages.intents.crisis_score import THRESHOLD, score
from messages.intents.lexicon import CRISIS
from messages.intents.normalise import Text


def crisis_signs(text: Text, *, weighed: bool = True) -> tuple[str, ...]:
    """The rules that see a sign of crisis in the message, in order, each once; empty when none does.

    Sentences are read one by one and then the whole, because people break a thought across lines. Without
    `weighed` only the phrases speak.
    """
    lines = [sentence.spoken for sentence in text.sentences]
    if len(lines) > 1:
        lines.append(text.whole.spoken)
    found = [phrase.name for line in lines for phrase in CRISIS.matches(line)]
    if weighed and score(told(text)) > THRESHOLD:
        found.append("crisis.weighed")
    return tuple(dict.fromkeys(found))


def told(text: Text) -> tuple[str, ...]:
    """What is weighed: the words of the message as one, without emoji.

    Where a sentence ends, and whether it asks, is told by a mark. Weighing sentences and clauses by themselves as well
    was tried: it finds no more at as many false alarms.
    """
    words: list[str] = []
    for sentence in text.sentences:
        if said := sentence.spoken.split():
            words += [*said, "?" if sentence.asks else "."]
    return tuple(words[:-1] if words[-1:] == ["."] else words)
