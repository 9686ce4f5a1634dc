"""Trains the scorer of distress from the corpora: `make train` writes messages/intents/words/crisis_weights.bin.

A support vector machine, learned by dual coordinate descent (Hsieh and others, 2008), without chance that is not
seeded, so the same corpora give the same bytes. What is held back of the corpora is never seen here (corpus.py).
"""

import math
import struct
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from messages.intents.crisis import told
from messages.intents.crisis_score import BUCKETS, buckets_of
from messages.intents.normalise import normalise
from tests.understanding.corpus import distress, held_back, lines, signed

ROOT = Path(__file__).parents[2]
PURE = ROOT / "tests" / "messages_pure"
WEIGHTS = ROOT / "messages" / "intents" / "words" / "crisis_weights.bin"
ROUNDS = 12
COST = 1.0
"""What being wrong about a calm line costs, against the size of the weights."""
MISS_COSTS = 1.5
MUST_COSTS = 3.0
"""A line that has to be told apart against another."""
AROUND = ("{}", "ok thanks. {}", "{}\nsee you tuesday", "STOP texting me. {}", "N. {}")
LINE = -0.1
"""The score above which the alarm is raised; shifted to nought in what is written."""


@dataclass(frozen=True, slots=True)
class Example:
    """Something that is weighed, as features; `cost` is what being wrong about it costs."""

    alarm: bool
    features: list[int]
    cost: float


def written() -> Iterator[tuple[bool, str]]:
    """Lines of the corpora: those that may be seen."""
    yield from must()
    for name in ("replies", "replies_more", "replies_unruly"):
        for groups in tomllib.loads((PURE / f"{name}.toml").read_text("utf-8")).values():
            yield from ((False, text) for texts in groups.values() for text in texts)
    for language in ("en", "es"):
        for name in (f"when_{language}", f"when_more_{language}", f"when_wild_{language}", f"replies_{language}"):
            yield from ((False, text) for text, _ in lines(name) if not held_back(text))
        yield from (("crisis" in answer, text) for text, answer in lines(f"training/replies_unseen_{language}"))
        yield from ((sign == "!", text) for sign, text in distress(language) if not held_back(text))
        for name in ("told", "unseen", "plain"):
            yield from ((sign == "!", text) for sign, text in signed(f"training/{name}_{language}"))


def must() -> Iterator[tuple[bool, str]]:
    """Lines that have to be told apart; an alarm also with something ordinary around it, which must not hide it."""
    for name in ("crisis", "crisis_unruly"):
        table = tomllib.loads((PURE / f"{name}.toml").read_text("utf-8"))
        yield from ((False, text) for text in table["calm"])
        for text in table["alarm"]:
            yield from ((True, around.format(text)) for around in AROUND)


def examples(seen: Iterable[tuple[bool, str]]) -> Iterator[Example]:
    """Every line, once."""
    musts = frozenset(must())
    for each in dict.fromkeys(seen):
        cost = COST * (MISS_COSTS if each[0] else 1) * (MUST_COSTS if each in musts else 1)
        yield Example(each[0], buckets_of(told(normalise(each[1]))), cost)


def trained(seen: Iterable[tuple[bool, str]] | None = None) -> tuple[list[float], float]:
    """The weights, and the score of nothing."""
    data = [(each, 1 / math.sqrt(len(each.features) + 1)) for each in examples(written() if seen is None else seen)]
    weights, bias = [0.0] * BUCKETS, 0.0
    held = [0.0] * len(data)
    order, chance = list(range(len(data))), Random(7)
    for _ in range(ROUNDS):
        chance.shuffle(order)
        for at in order:
            each, width = data[at]
            side = 1 if each.alarm else -1
            score = bias + width * sum(map(weights.__getitem__, each.features))
            slack = 0.5 / each.cost
            # Each line pulls at the weights until it is on its side by one, as hard as its cost allows.
            pull = max(0.0, held[at] + (1 - side * score - slack * held[at]) / (2 + slack))
            step, held[at] = side * (pull - held[at]), pull
            if step:
                bias += step
                for feature in each.features:
                    weights[feature] += step * width
    return weights, bias


def packed(weights: list[float], bias: float) -> bytes:
    """The weights as signed bytes behind what one is worth and the score of nothing."""
    scale = max(map(abs, weights)) / 127
    header = struct.pack("<dd", scale, round(bias - LINE, 6))
    return header + bytes(round(weight / scale) & 0xFF for weight in weights)


if __name__ == "__main__":
    WEIGHTS.write_bytes(packed(*trained()))
    print(f"{WEIGHTS.relative_to(ROOT)}: {WEIGHTS.stat().st_size} bytes")
