"""Finds language of despair and danger.

A false alarm costs a person a minute, a miss may cost a life, so negation, hedging and jokes do not silence it; only
the few exempt phrases, which are surely something else, do. The one invariant: nothing said elsewhere in the message
can hide a match.
"""

from messages.intents.lexicon import CRISIS, CRISIS_EXEMPT
from messages.intents.normalise import Text


def crisis_signs(text: Text) -> tuple[str, ...]:
    """The rules that see a sign of crisis in the message, in order, each once; empty when none does.

    Sentences are read one by one and then the whole, because people break a thought across lines.
    """
    lines = [sentence.spoken for sentence in text.sentences]
    if len(lines) > 1:
        lines.append(text.whole.spoken)
    found = (phrase.name for line in lines for phrase in CRISIS.matches(CRISIS_EXEMPT.erase(line)))
    return tuple(dict.fromkeys(found))
