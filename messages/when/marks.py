"""Loads `phrases.toml` once: the phrases that bind times together, mean something else, or name a stretch of days.

The one invariant: every table is read together for English and Spanish, because people mix them.
"""

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from messages.when.pieces import Mark
from messages.when.words import SHORT_FORMS

Phrase = tuple[str, ...]

_TABLES: Final[Mapping[str, Any]] = tomllib.loads(files(__package__).joinpath("phrases.toml").read_text("utf-8"))
_WORDS: Final[Mapping[str, list[str]]] = _TABLES["words"]


def _by_phrase(table: Mapping[str, Iterable[str]]) -> Mapping[Phrase, str]:
    return MappingProxyType({_as_cut(phrase): name for name, phrases in table.items() for phrase in phrases})


def _as_cut(phrase: str) -> Phrase:
    """The phrase as `tokens.py` leaves it: short forms in full."""
    return tuple(SHORT_FORMS.get(word, word) for word in phrase.split())


PHRASES: Final[Mapping[Phrase, Mark]] = MappingProxyType(
    {phrase: Mark[name.upper()] for phrase, name in _by_phrase(_TABLES["marks"]).items()}
)
"""Words of LINK bind and mean nothing."""

STRETCHES: Final = _by_phrase(_TABLES["stretches"])
NOT_TIMES: Final[frozenset[Phrase]] = frozenset(map(_as_cut, _WORDS["not_times"]))
UNITS: Final = frozenset(_WORDS["units"])
PLACES: Final = frozenset(_WORDS["places"])
NOT_A_DATE: Final = frozenset(_WORDS["not_a_date"]) | (UNITS - {"st", "nd", "rd", "th", "visit", "m", "of"})
NOT_MENDED: Final = frozenset(_WORDS["not_mended"])
POLITE: Final = frozenset(_WORDS["polite"])
PART_OF_A_TIME: Final = frozenset(_WORDS["part_of_a_time"])
DAILY: Final = frozenset(_WORDS["daily"])
"""What happens every day at an hour only they know: "after dinner"."""
WEAK_PARTS: Final = frozenset(_WORDS["weak_parts"])
"""Of these, what hardly changes an hour of a day that was read."""
