"""Weighs wording of distress that no phrase names, by a small linear model over words, letters and concepts.

Trained from corpora by `make train` (tests/understanding/train.py), deterministic; the weights are data of 64 KB. It
may only raise the alarm: nothing is silenced by it and nothing else is decided by it. The one invariant: the same
text has the same score on every machine.
"""

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from math import sqrt
from struct import unpack_from
from typing import Final
from zlib import crc32

BUCKETS: Final = 1 << 16
THRESHOLD: Final = 0.0
"""The trainer shifts the scores so that this is the line."""

_GRAMS: Final = (3, 4, 5)
_APART: Final = 7
_HEADER: Final = "<dd"
_WEIGHTS: Final = "crisis_weights.bin"


def score(tokens: Iterable[str]) -> float:
    """How much the tokens of a sentence (plain form, see normalise.py) sound like distress; above THRESHOLD it is."""
    weights, scale, bias = _model()
    buckets = buckets_of(tokens)
    if not buckets:
        return bias
    return bias + scale * sum(weights[bucket] for bucket in buckets) / sqrt(len(buckets) + 1)


def buckets_of(tokens: Iterable[str]) -> list[int]:
    """The features of a sentence as numbers below BUCKETS, sorted, each once."""
    return sorted({crc32(feature.encode()) % BUCKETS for feature in _features(tuple(tokens))})


def _features(tokens: tuple[str, ...]) -> Iterator[str]:
    framed = ("^", *tokens, "$")
    for at, word in enumerate(framed):
        yield f"w {word}"
        for apart in (1, 2):
            if at + apart < len(framed):
                yield f"{apart} {word} {framed[at + apart]}"
    for first, second, third in zip(framed, framed[1:], framed[2:], strict=False):
        yield f"t {first} {second} {third}"
    for word in tokens:
        yield from _grams(word)
    yield from _concepts_of(tokens)


@lru_cache(maxsize=8192)
def _grams(word: str) -> tuple[str, ...]:
    edged = f"<{word}>"
    return tuple(f"c {edged[at : at + size]}" for size in _GRAMS for at in range(len(edged) - size + 1))


def _concepts_of(tokens: tuple[str, ...]) -> Iterator[str]:
    found = [(at, concept) for at, word in enumerate(tokens) if (concept := _concept(word)) is not None]
    for _, concept in found:
        yield f"k {concept}"
    for (_, first), (_, second) in pairwise(found):
        yield f"q {first} {second}"
    for at, first in found:
        for other, second in found:
            if at < other <= at + _APART:
                yield f"p {first} {second}"
    for (_, first), (_, second), (_, third) in zip(found, found[1:], found[2:], strict=False):
        yield f"r {first} {second} {third}"


@lru_cache(maxsize=8192)
def _concept(word: str) -> str | None:
    words, beginnings = _concepts()
    found = words.get(word)
    if found is not None:
        return found
    return next((concept for beginning, concept in beginnings if word.startswith(beginning)), None)


@cache
def _concepts() -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    table = tomllib.loads(files(__package__).joinpath("words", "concepts.toml").read_text("utf-8"))
    pairs = [(word, concept) for concept, words in table.items() for word in words.split()]
    whole = {word: concept for word, concept in pairs if not word.endswith("~")}
    return whole, tuple((word.removesuffix("~"), concept) for word, concept in pairs if word.endswith("~"))


@cache
def _model() -> tuple[memoryview, float, float]:
    """Weights as signed bytes, what one is worth, and the score of nothing."""
    raw = files(__package__).joinpath("words", _WEIGHTS).read_bytes()
    scale, bias = unpack_from(_HEADER, raw)
    return memoryview(raw)[16:].cast("b"), scale, bias
