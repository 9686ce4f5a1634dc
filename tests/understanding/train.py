"""Trains the scorer of distress from the corpora: `make train` writes messages/intents/words/crisis_weights.bin.

A support vector machine, learned by dual coordinate descent (Hsieh and others, 2008), without chance that is not
seeded, so the same corpora give the same weights. What tells alarm from calm, and what is rare, may move further than
what is everywhere (as naive Bayes and tf-idf have it). What weighs little is left out, and the rest learned once more.
What is held back of the corpora is never seen here (corpus.py).
"""

import lzma
import math
import struct
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from messages.intents.crisis import told
from messages.intents.crisis_score import BUCKETS, HEADER, features_of
from messages.intents.normalise import normalise
from tests.understanding.corpus import distress, held_back, lines, signed

ROOT = Path(__file__).parents[2]
PURE = ROOT / "tests" / "messages_pure"
WEIGHTS = ROOT / "messages" / "intents" / "words" / "crisis_weights.bin"
ROUNDS = (6, 8)
"""How often every line is gone through: to see what weighs enough to be kept, and with what is kept."""
KEPT = 126_000
LEVELS = 23
"""A weight is written as a whole number from minus this to this."""
COST = 1.5
"""What being wrong about a calm line costs, against the size of the weights."""
MISS_COSTS = 1.5
EVERYDAY_COSTS = 3.0
"""An everyday text or a reply, of which there are so many more than of any other kind."""
MUST_COSTS = 3.0
"""A line that has to be told apart against another."""
RARITY = -0.3
"""The power of its count by which a feature moves more the rarer it is; beyond COMMON it makes no difference."""
COMMON = 300
AROUND = ("{}", "ok thanks. {}", "{}\nsee you tuesday", "STOP texting me. {}", "N. {}")
EVERYDAY_RINGS = 0.001
"""So many everyday texts of those held back raise the alarm; the score above which it is raised follows from that.

A miss weighs more than a false alarm, and unknown hands ring more often than those that are known here."""


Weights = dict[int, float]


@dataclass(frozen=True, slots=True)
class Example:
    """A line as features. `cost`: what being wrong about it costs; `width` what its weights count."""

    alarm: bool
    features: tuple[int, ...]
    cost: float
    width: float

    def keeping(self, kept: Weights) -> "Example":
        """The same with only what is kept; what is left out still makes a message longer."""
        left = tuple(feature for feature in self.features if feature in kept)
        return Example(self.alarm, left, self.cost, self.width)


def written() -> Iterator[tuple[bool, str]]:
    """Lines of the corpora: those that may be seen."""
    yield from must()
    yield from ((False, text) for text in replies())
    for language in ("en", "es"):
        for name in (f"when_{language}", f"when_more_{language}", f"when_wild_{language}"):
            yield from ((False, text) for text, _ in lines(name) if not held_back(text))
        yield from (("crisis" in answer, text) for text, answer in lines(f"training/replies_unseen_{language}"))
        yield from ((sign == "!", text) for sign, text in distress(language) if not held_back(text))
        for name in ("told", "unseen", "plain"):
            yield from ((sign == "!", text) for sign, text in signed(f"training/{name}_{language}"))


def replies() -> Iterator[str]:
    """Replies in which nobody is in distress."""
    for name in ("replies", "replies_more", "replies_unruly"):
        for groups in tomllib.loads((PURE / f"{name}.toml").read_text("utf-8")).values():
            yield from (text for texts in groups.values() for text in texts)
    for language in ("en", "es"):
        yield from (text for text, _ in lines(f"replies_{language}") if not held_back(text))
        yield from (text for text, answer in lines(f"training/replies_unseen_{language}") if "crisis" not in answer)


def must() -> Iterator[tuple[bool, str]]:
    """Lines that have to be told apart; an alarm also with something ordinary around it, which must not hide it."""
    for name in ("crisis", "crisis_unruly"):
        table = tomllib.loads((PURE / f"{name}.toml").read_text("utf-8"))
        yield from ((False, text) for text in table["calm"])
        for text in table["alarm"]:
            yield from ((True, around.format(text)) for around in AROUND)


def everyday() -> Iterator[str]:
    """Replies, and texts in which nobody is in distress and nothing is near it."""
    yield from replies()
    for language in ("en", "es"):
        yield from (text for _, text in signed(f"training/plain_{language}"))


def everyday_held_back() -> Iterator[str]:
    """Replies and times of the half that is only measured: nothing is learned from them but where the line is."""
    for language in ("en", "es"):
        for name in ("replies", "when", "when_more", "when_wild"):
            yield from (
                text for text, answer in lines(f"{name}_{language}") if held_back(text) and "crisis" not in answer
            )


def examples(seen: Iterable[tuple[bool, str]]) -> Iterator[Example]:
    """Every line, once."""
    musts, daily = frozenset(must()), frozenset(everyday())
    for alarm, text in dict.fromkeys(seen):
        cost = COST * (MISS_COSTS if alarm else 1) * (MUST_COSTS if (alarm, text) in musts else 1)
        features = tuple(sorted(features_of(told(normalise(text)))))
        yield Example(
            alarm, features, cost * (EVERYDAY_COSTS if text in daily else 1), 1 / math.sqrt(len(features) + 1)
        )


def trained(seen: Iterable[tuple[bool, str]] | None = None) -> Weights:
    """The weights that are kept, by feature."""
    data = list(examples(written() if seen is None else seen))
    counts = Counter(feature for each in data for feature in each.features)
    paces = paced(data, counts)
    weights = learned(data, paces, ROUNDS[0])
    order = sorted(weights, key=lambda feature: (-(weights[feature] ** 2) * counts[feature], feature))
    kept = dict.fromkeys(order[:KEPT], 0.0)
    return learned([each.keeping(kept) for each in data], paces, ROUNDS[1])


def paced(data: Sequence[Example], counts: Counter[int]) -> Weights:
    """How far each feature may move: one on average, more what is on one side only and what is rare."""
    alarms = Counter(feature for each in data if each.alarm for feature in each.features)
    all_alarms = sum(alarms.values()) + len(counts)
    all_calm = counts.total() - alarms.total() + len(counts)
    pace = {}
    for feature, count in counts.items():
        ratio = (alarms[feature] + 1) / all_alarms * all_calm / (count - alarms[feature] + 1)
        pace[feature] = ((1 + abs(math.log(ratio))) * min(count + 1, COMMON) ** RARITY) ** 2
    mean = sum(pace[feature] * count for feature, count in counts.items()) / counts.total()
    return {feature: each / mean for feature, each in pace.items()}


def learned(data: Sequence[Example], paces: Weights, rounds: int) -> Weights:
    """The weights, by feature; the score of nothing that was learned with them is put aside (`line`)."""
    weights, bias = dict.fromkeys((feature for each in data for feature in each.features), 0.0), 0.0
    held = [0.0] * len(data)
    reach = [1 + each.width**2 * sum(map(paces.__getitem__, each.features)) for each in data]
    order, chance = list(range(len(data))), Random(7)
    for _ in range(rounds):
        chance.shuffle(order)
        for at in order:
            each = data[at]
            side = 1 if each.alarm else -1
            score = bias + each.width * sum(map(weights.__getitem__, each.features))
            slack = 0.5 / each.cost
            # Each line pulls at the weights until it is on its side by one, as hard as its cost allows.
            pull = max(0.0, held[at] + (1 - side * score - slack * held[at]) / (reach[at] + slack))
            step, held[at] = side * (pull - held[at]), pull
            if step:
                bias += step
                for feature in each.features:
                    weights[feature] += step * each.width * paces[feature]
    return weights


def rounded(weights: Weights) -> tuple[dict[int, int], float]:
    """The weights as they are written: whole numbers by their places, and what one is worth."""
    sizes = sorted(map(abs, weights.values()))
    scale = sizes[len(sizes) * 999 // 1000] / LEVELS
    places: Counter[int] = Counter()
    for feature, weight in weights.items():
        places[feature % BUCKETS] += max(-LEVELS, min(LEVELS, round(weight / scale)))
    return {place: value for place, value in sorted(places.items()) if value}, scale


def line(places: Mapping[int, int], scale: float) -> float:
    """The score above which the alarm is raised, the score of nothing left out.

    Of the weights as they are written: rounding lifts what hangs on many small ones.
    """
    scores = []
    for text in set(everyday_held_back()):
        features = features_of(told(normalise(text)))
        total = sum(places.get(each % BUCKETS, 0) for each in features)
        scores.append(scale * total / math.sqrt(len(features) + 1))
    return sorted(scores, reverse=True)[int(EVERYDAY_RINGS * len(scores))]


def packed(weights: Weights) -> bytes:
    """What is written, before it is compressed: each weight behind how far its place is from the one before."""
    places, scale = rounded(weights)
    distances, values, last = bytearray(), bytearray(), 0
    for place, value in places.items():
        while place - last > 255:
            distances.append(255)
            values.append(0)
            last += 255
        distances.append(place - last)
        values.append(value & 0xFF)
        last = place
    return struct.pack(HEADER, scale, -round(line(places, scale), 6), len(values)) + distances + values


if __name__ == "__main__":
    WEIGHTS.write_bytes(lzma.compress(packed(trained()), preset=9))
    print(f"{WEIGHTS.relative_to(ROOT)}: {WEIGHTS.stat().st_size} bytes")
