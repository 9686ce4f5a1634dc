"""Trains the scorer of distress from the corpora: `make train` writes messages/intents/words/crisis_weights.bin.

Logistic regression by plain gradient descent, without chance that is not seeded, so the same corpora give the same
bytes. What is held back of the corpora is never seen here (corpus.py).
"""

import math
import struct
import tomllib
from collections.abc import Iterator
from pathlib import Path
from random import Random

from messages.intents.crisis import _weighed
from messages.intents.crisis_score import BUCKETS, buckets_of
from messages.intents.normalise import normalise
from tests.understanding.corpus import distress, held_back, lines, signed
from tests.understanding.training.patterns import unfolded

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "messages" / "intents" / "words" / "crisis_weights.bin"
EACH = 30
EPOCHS = 3
RATE = 0.3
DECAY = 1e-3
MISS_COSTS = 1.5
LINE = -0.7
"""The score above which the alarm is raised; shifted to nought in what is written."""
_REAL = 4
"""How often a line somebody wrote counts against one that was unfolded."""
_LEAST = 0.3
"""What a feature weighs in learning that is spread evenly."""


def written() -> Iterator[tuple[bool, str]]:
    """Lines of the corpora: those that may be seen."""
    pure = ROOT / "tests" / "messages_pure"
    for name in ("crisis", "crisis_unruly"):
        table = tomllib.loads((pure / f"{name}.toml").read_text("utf-8"))
        yield from ((True, text) for text in table["alarm"])
        yield from ((False, text) for text in table["calm"])
    for name in ("replies", "replies_more", "replies_unruly"):
        for groups in tomllib.loads((pure / f"{name}.toml").read_text("utf-8")).values():
            yield from ((False, text) for texts in groups.values() for text in texts)
    for language in ("en", "es"):
        yield from ((False, text) for text, _ in lines(f"when_{language}") if not held_back(text))
        yield from ((False, text) for text, _ in lines(f"replies_{language}") if not held_back(text))
        yield from ((sign == "!", text) for sign, text in distress(language) if not held_back(text))
        for name in ("told", "unseen"):
            yield from ((sign == "!", text) for sign, text in signed(f"training/{name}_{language}"))


def examples() -> Iterator[tuple[bool, list[int]]]:
    """What is trained on, as features."""
    for alarm, text in written():
        yield from ((alarm, buckets_of(tokens)) for _ in range(_REAL) for tokens in _seen(alarm, text))
    for language in ("en", "es"):
        for name, alarm in ((f"distress_{language}", True), (f"calm_{language}", False)):
            for text in unfolded(name, EACH):
                yield from ((alarm, buckets_of(tokens)) for tokens in _seen(alarm, text))


def _seen(alarm, text):
    """A calm message must be calm in all that is weighed of it; of an alarming one it is enough as a whole."""
    weighed = list(dict.fromkeys(_weighed(normalise(text))))
    return weighed[:1] if alarm else weighed


def trained() -> tuple[list[float], float]:
    """The weights, and the score of nothing."""
    data = [(alarm, features, 1 / math.sqrt(len(features) + 1)) for alarm, features in examples()]
    telling = _telling(data)
    weights, seen, bias = [0.0] * BUCKETS, [1e-6] * BUCKETS, 0.0
    order = Random(7)
    for _ in range(EPOCHS):
        order.shuffle(data)
        for alarm, features, width in data:
            score = bias + width * sum(weights[feature] * telling[feature] for feature in features)
            wrong = 1 / (1 + math.exp(-max(-30.0, min(30.0, score)))) - alarm
            wrong *= MISS_COSTS if alarm else 1
            bias -= 0.05 * wrong
            for feature in features:
                slope = wrong * width * telling[feature] + DECAY * weights[feature]
                seen[feature] += slope * slope
                weights[feature] -= RATE * slope / math.sqrt(seen[feature])
    return [weight * tells for weight, tells in zip(weights, telling, strict=True)], bias


def _telling(data) -> list[float]:
    """How unevenly a feature is spread over alarms and calm lines: what tells the two apart is learned faster."""
    among = [[1.0] * BUCKETS, [1.0] * BUCKETS]
    lines_of = [1.0, 1.0]
    for alarm, features, _ in data:
        lines_of[alarm] += 1
        for feature in features:
            among[alarm][feature] += 1
    usual = math.log(lines_of[1] / lines_of[0])
    return [_LEAST + abs(math.log(dark / calm) - usual) for calm, dark in zip(*among, strict=True)]


def packed(weights: list[float], bias: float) -> bytes:
    """The weights as signed bytes behind what one is worth and the score of nothing."""
    scale = max(map(abs, weights)) / 127
    header = struct.pack("<dd", scale, round(bias - LINE, 6))
    return header + bytes(round(weight / scale) & 0xFF for weight in weights)


if __name__ == "__main__":
    WEIGHTS.write_bytes(packed(*trained()))
    print(f"{WEIGHTS.relative_to(ROOT)}: {WEIGHTS.stat().st_size} bytes")
