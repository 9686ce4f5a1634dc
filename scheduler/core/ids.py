"""Where ids and chance come from. Ids are opaque, time-ordered and made by us before the row exists.

They have to exist first because a field's ciphertext is bound to its row's id. Invariant: an id never says
anything about whom it names.
"""

import os
import random
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

MakeId = Callable[[datetime], str]
Chance = random.Random
"""A source of chance that was seeded by its maker."""


_LAST_62 = 2**62 - 1


def random_id(now: datetime) -> str:
    """A UUID version 7 as 32 hex digits: 48 bits of milliseconds, then 74 bits of chance (RFC 9562)."""
    return _shape(now, int.from_bytes(os.urandom(10)) >> 6)


def seeded_ids(seed: int) -> MakeId:
    """A maker of ids that repeats itself for the same seed; for tests and simulations only."""
    chance = random.Random(seed)  # noqa: S311 -- reproducible on purpose, never used for secrets

    def make(now: datetime) -> str:
        return _shape(now, chance.getrandbits(74))

    return make


def _shape(now: datetime, bits: int) -> str:
    value = _first_bits(now) | bits >> 62 << 64 | bits & _LAST_62
    return f"{value:032x}"


@lru_cache(maxsize=16)
def _first_bits(now: datetime) -> int:
    """The milliseconds, the version and the variant: the same for all ids of one transaction."""
    millis = int(now.timestamp() * 1000) & (2**48 - 1)
    return millis << 80 | 0x7 << 76 | 0b10 << 62


def seeded_chance(seed: int) -> Chance:
    """Chance that repeats itself for the same seed; for invented data and simulations only."""
    return random.Random(seed)  # noqa: S311 -- reproducible on purpose, never used for secrets


def jitter(spread: float) -> float:
    """A chance number of seconds from 0 up to `spread`, to keep retries from marching in step."""
    return random.SystemRandom().uniform(0.0, spread)
