"""Weighs wording of distress that no phrase names, by a small linear model over words, letters and concepts.

Trained from corpora by `make train` (tests/understanding/train.py), deterministic; the weights are data of 150 KB. It
may only raise the alarm: nothing is silenced by it and nothing else is decided by it. The one invariant: the same
text has the same score on every machine.

Few features have a weight among very many places, so that wording never seen in training weighs nothing instead of
what some other wording weighs that happens to share its place.
"""

import lzma
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from itertools import accumulate, combinations, pairwise
from math import sqrt
from struct import unpack_from
from typing import Final
from zlib import crc32

BUCKETS: Final = 1 << 21
HEADER: Final = "<ddI"
"""What one is worth, the score of nothing, and how many weights follow: their distances, then their values."""
THRESHOLD: Final = 0.0
"""The trainer shifts the scores so that this is the line."""

_GRAMS: Final = (4, 5)
_STEM: Final = 4
# How far apart a concept and what stands beside it may be.
_CONCEPTS_APART: Final = (1, 2)
_WEIGHTS: Final = "crisis_weights.bin"


def score(tokens: Iterable[str]) -> float:
    """How much a message, as `told` of crisis.py gives it, sounds like distress; above THRESHOLD it is."""
    weights, scale, bias = _model()
    features = features_of(tokens)
    if not features:
        return bias
    return bias + scale * sum(weights[feature % BUCKETS] for feature in features) / sqrt(len(features) + 1)


def features_of(tokens: Iterable[str]) -> set[int]:
    """The features of a message as numbers of 32 bits."""
    words = tuple(tokens)
    found = {crc32(feature.encode()) for feature in _features(words)}
    for word in words:
        found.update(_grams(word))
    return found


def _features(words: tuple[str, ...]) -> Iterator[str]:
    framed = ("^", *words, "$")
    yield from (f"w {word}" for word in framed)
    yield from (f"1 {first} {second}" for first, second in pairwise(framed))
    yield from (f"t {' '.join(three)}" for three in zip(framed, framed[1:], framed[2:], strict=False))
    stems = tuple(word[:_STEM] for word in framed)
    yield from (f"S {stem}" for stem in stems)
    yield from (f"S1 {first} {second}" for first, second in pairwise(stems))
    yield from _of_concepts(words)


def _of_concepts(words: tuple[str, ...]) -> Iterator[str]:
    """Concepts beside words as they stand in the message, concepts in their order alone, and which occur together."""
    mixed = ("^", *(_concept(word) or word for word in words), "$")
    named = tuple(each for each in mixed if each.startswith("#"))
    yield from (f"m {each}" for each in mixed)
    for apart, first, second in _pairs(mixed, _CONCEPTS_APART):
        if first.startswith("#") or second.startswith("#"):
            yield f"n{apart} {first} {second}"
    for three in zip(mixed, mixed[1:], mixed[2:], strict=False):
        if sum(each.startswith("#") for each in three) > 1:
            yield f"o {' '.join(three)}"
    yield from (f"q {first} {second}" for first, second in pairwise(named))
    yield from (f"r {' '.join(three)}" for three in zip(named, named[1:], named[2:], strict=False))
    yield from (f"s {first} {second}" for first, second in combinations(sorted(set(named)), 2))


def _pairs(words: Sequence[str], distances: Sequence[int]) -> Iterator[tuple[int, str, str]]:
    for apart in distances:
        yield from ((apart, first, second) for first, second in zip(words, words[apart:], strict=False))


@lru_cache(maxsize=8192)
def _grams(word: str) -> tuple[int, ...]:
    """Stretches of letters of a word, as numbers: what holds words together that are spelt or bent differently."""
    edged = f"<{word}>"
    stretches = {edged[at : at + size] for size in _GRAMS for at in range(len(edged) - size + 1)}
    return tuple(sorted(crc32(f"c {each}".encode()) for each in stretches))


def _concept(word: str) -> str | None:
    return _concepts().get(word)


@cache
def _concepts() -> dict[str, str]:
    table = tomllib.loads(files(__package__).joinpath("words", "concepts.toml").read_text("utf-8"))
    return {word: f"#{concept}" for concept, words in table.items() for word in words.split()}


@cache
def _model() -> tuple[memoryview, float, float]:
    """Weights as signed bytes, what one is worth, and the score of nothing."""
    raw = lzma.decompress(files(__package__).joinpath("words", _WEIGHTS).read_bytes())
    scale, bias, count = unpack_from(HEADER, raw)
    distances, values = raw[-2 * count : -count], raw[-count:]
    weights = bytearray(BUCKETS)
    for place, value in zip(accumulate(distances), values, strict=True):
        weights[place] = value
    return memoryview(weights).cast("b"), scale, bias
