"""Unfolds the patterns of the training corpora into lines, always the same ones."""

import re
from hashlib import sha256
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
_CHOICE = re.compile(r"\{([^{}]*)\}|\[([^\[\]]*)\]")
_SAID = 0.45
"""How often a part in square brackets is said."""


def unfolded(name: str, each: int) -> list[str]:
    """At most `each` lines of every pattern of a file, without repeats."""
    found: dict[str, None] = {}
    for pattern in (HERE / f"{name}.txt").read_text("utf-8").splitlines():
        if pattern.strip() and not pattern.startswith("#"):
            chance = Random(sha256(pattern.encode()).digest())
            found.update(dict.fromkeys(_one(pattern, chance) for _ in range(each)))
    return list(found)


def _one(pattern: str, chance: Random) -> str:
    while True:
        match = _CHOICE.search(pattern)
        if match is None:
            return re.sub(r"\s+", " ", pattern).replace(" ,", ",").strip(" ,")
        always, perhaps = match.groups()
        said = chance.choice((always if always is not None else perhaps).split("|"))
        chosen = said if always is not None or chance.random() < _SAID else ""
        pattern = pattern[: match.start()] + chosen + pattern[match.end() :]
