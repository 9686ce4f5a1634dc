"""Weighs what a reply may mean where no phrase says it, by a small linear model over words and pieces of words.

Trained from corpora (tests/understanding/train_replies.py), deterministic; the weights are data of 44 KB. What it finds
is only ever proposed: it makes the reader ask, or ask better, and never act. The one invariant: the same text has the
same scores on every machine.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from math import exp, sqrt
from struct import calcsize, unpack_from
from typing import Final
from zlib import crc32

BUCKETS: Final = 1 << 13
_GRAM: Final = 4
_WEIGHTS: Final = "reply_weights.bin"


class Meaning(StrEnum):
    """What a reply can be about, in the order of the weights; `YES` and `NO` mean what was asked."""

    YES = "yes"
    NO = "no"
    CHANGE = "change"
    LATE = "late"
    QUESTION = "question"
    THANKS = "thanks"
    STOP = "stop"
    WRONG = "wrong"
    START = "start"
    HELP = "help"
    OTHER = "other"


MEANINGS: Final = tuple(Meaning)
HEADER: Final = f"<{1 + len(MEANINGS)}d"
"""What one step of a weight is worth, and the score of nothing for each meaning."""


def likely(tokens: Iterable[str], prompt: str) -> dict[Meaning, float]:
    """How likely each meaning is of plain tokens (normalise.py) that answer `prompt`; they add up to one."""
    weights, scale, nothing = _model()
    buckets = buckets_of(tokens, prompt)
    width = scale / sqrt(len(buckets) + 1)
    scores = [
        start + width * sum(_weight(weights, bucket * len(MEANINGS) + at) for bucket in buckets)
        for at, start in enumerate(nothing)
    ]
    highest = max(scores)
    shares = [exp(score - highest) for score in scores]
    return {meaning: share / sum(shares) for meaning, share in zip(MEANINGS, shares, strict=True)}


def buckets_of(tokens: Iterable[str], prompt: str) -> list[int]:
    """The features of a reply as numbers below BUCKETS, sorted, each once."""
    words = tuple("#" if token[0].isdecimal() and len(token) > 1 else token for token in tokens)
    found = {crc32(feature.encode()) % BUCKETS for feature in _features(words, prompt)}
    for word in words:
        found.update(_grams(word))
    return sorted(found)


def _features(words: tuple[str, ...], prompt: str) -> Iterator[str]:
    framed = ("^", *words, "$")
    yield f"p {prompt}"
    yield from (f"w {word}" for word in words)
    yield from (f"b {first} {second}" for first, second in pairwise(framed))
    yield from (f"{prompt} {word}" for word in words)
    yield f"l {min(len(words), 8)}"


@lru_cache(maxsize=4096)
def _grams(word: str) -> tuple[int, ...]:
    edged = f"<{word}>"
    stretches = {edged[at : at + _GRAM] for at in range(max(1, len(edged) - _GRAM + 1))}
    return tuple(sorted(crc32(f"c {each}".encode()) % BUCKETS for each in stretches))


def _weight(weights: bytes, at: int) -> int:
    """Two weights share a byte, each from -7 to 7."""
    half = weights[at // 2] >> 4 if at % 2 else weights[at // 2] & 15
    return half - 8


@cache
def _model() -> tuple[bytes, float, tuple[float, ...]]:
    raw = files(__package__).joinpath("words", _WEIGHTS).read_bytes()
    scale, *nothing = unpack_from(HEADER, raw)
    return raw[calcsize(HEADER) :], scale, tuple(nothing)
