"""Trains the scorer of replies: `make train` writes messages/intents/words/reply_weights.bin.

Softmax regression by plain gradient descent, without chance that is not seeded, so the same corpora give the same
bytes. What is held back of the corpora is never seen here (corpus.py).
"""

import math
import struct
import tomllib
from collections.abc import Iterator
from pathlib import Path
from random import Random

from messages.intents.normalise import normalise
from messages.intents.reply_score import BUCKETS, HEADER, MEANINGS, Meaning, buckets_of
from tests.understanding.corpus import held_back, lines

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "messages" / "intents" / "words" / "reply_weights.bin"
EPOCHS = 12
RATE = 0.5
DECAY = 3e-4
WIDEST = 7

_NAMES = {
    "confirm": Meaning.YES,
    "accept_offer": Meaning.YES,
    "take": Meaning.YES,
    "cancel": Meaning.NO,
    "cannot_come": Meaning.NO,
    "decline_offer": Meaning.NO,
    "pass": Meaning.NO,
    "none_of_these": Meaning.NO,
    "keep": Meaning.NO,
    "reschedule": Meaning.CHANGE,
    "running_late": Meaning.LATE,
    "late": Meaning.LATE,
    "question": Meaning.QUESTION,
    "gratitude": Meaning.THANKS,
    "thanks": Meaning.THANKS,
    "stop": Meaning.STOP,
    "wrong_number": Meaning.WRONG,
    "start": Meaning.START,
    "help": Meaning.HELP,
    "other": Meaning.OTHER,
    "unsure": Meaning.OTHER,
    "not_taken": Meaning.OTHER,
}
_PROMPTS = {"reminder": "r", "offer": "o", "times": "c", "nothing": "n"}


def examples() -> Iterator[tuple[str, str, Meaning]]:
    """Text, what was asked, and what it means, of every line that may be seen."""
    for name in ("replies_en", "replies_es"):
        yield from (each for text, each in _of_corpus(name) if not held_back(text))
    for language in ("en", "es"):
        yield from (each for _, each in _of_corpus(f"training/replies_unseen_{language}"))
    for name in ("replies", "replies_more", "replies_unruly"):
        path = ROOT / "tests" / "messages_pure" / f"{name}.toml"
        for asked, groups in tomllib.loads(path.read_text("utf-8")).items():
            for group, texts in groups.items():
                if asked in _PROMPTS and group in _NAMES:
                    yield from ((text, _PROMPTS[asked], _NAMES[group]) for text in texts)


def _of_corpus(name: str) -> Iterator[tuple[str, tuple[str, str, Meaning]]]:
    for text, answer in lines(name):
        prompt, _, expected = answer.partition(" ")
        first = expected.split("/")[0].split("+")[0]
        if first in _NAMES:
            yield text, (text, prompt, _NAMES[first])


def trained(seen=None) -> tuple[list[float], list[float]]:
    """The weights, bucket by bucket, and the score of nothing of each meaning."""
    count = len(MEANINGS)
    data = [_features(*each) for each in (examples() if seen is None else seen)]
    weights, paces = [0.0] * (BUCKETS * count), [1e-6] * (BUCKETS * count)
    nothing = [0.0] * count
    order = Random(7)
    for _ in range(EPOCHS):
        order.shuffle(data)
        for buckets, meant in data:
            width = 1 / math.sqrt(len(buckets) + 1)
            shares = _shares(weights, nothing, buckets, width)
            for at in range(count):
                wrong = shares[at] - (at == meant)
                nothing[at] -= 0.02 * wrong
                for bucket in buckets:
                    index = bucket * count + at
                    slope = wrong * width + DECAY * weights[index]
                    paces[index] += slope * slope
                    weights[index] -= RATE * slope / math.sqrt(paces[index])
    return weights, nothing


def _features(text: str, prompt: str, meaning: Meaning) -> tuple[list[int], int]:
    return buckets_of(normalise(text).tokens, prompt), MEANINGS.index(meaning)


def _shares(weights, nothing, buckets, width) -> list[float]:
    count = len(MEANINGS)
    scores = [
        start + width * sum(weights[bucket * count + at] for bucket in buckets) for at, start in enumerate(nothing)
    ]
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]


def packed(weights: list[float], nothing: list[float]) -> bytes:
    """Two weights a byte, behind what a step is worth and the scores of nothing. The few largest are cut short."""
    scale = sorted(map(abs, weights))[int(len(weights) * 0.998)] / WIDEST
    steps = [max(-WIDEST, min(WIDEST, round(weight / scale))) + 8 for weight in weights]
    header = struct.pack(HEADER, scale, *(round(each, 6) for each in nothing))
    return header + bytes(low | high << 4 for low, high in zip(steps[::2], steps[1::2], strict=True))


if __name__ == "__main__":
    WEIGHTS.write_bytes(packed(*trained()))
    print(f"{WEIGHTS.relative_to(ROOT)}: {WEIGHTS.stat().st_size} bytes")
