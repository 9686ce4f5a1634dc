"""Loads the word lists of `words/` once: spellings, keywords, phrases by meaning, crisis language.

The lists are data files so that they can be read, reviewed and lengthened by people who do not write Python. The one
invariant: all languages are read together, because people mix them and their phones do not tell.
"""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from messages.intents.phrases import PhraseGroup, phrase_group

LANGUAGES: Final = ("en", "es")

GROUPS: Final = (
    "confirm_strong",
    "confirm_weak",
    "yes_word",
    "refuse_weak",
    "refuse_not_with",
    "cannot",
    "cannot_exempt",
    "reschedule",
    "reschedule_weak",
    "reschedule_exempt",
    "does_not_suit",
    "suits_exempt",
    "late",
    "late_exempt",
    "trouble",
    "hedge",
    "hedge_exempt",
    "defer",
    "negator",
    "question",
    "question_exempt",
    "thanks",
    "greeting",
    "filler",
    "glue",
    "turn",
    "coming",
    "take",
    "pass",
    "pass_exempt",
    "courtesy",
    "under_way",
    "keep",
    "none_of_these",
    "undo",
    "opt_out",
    "opt_out_exempt",
    "opt_in",
    "opt_in_exempt",
    "how_it_works",
    "beside_times",
    "wrong_number",
    "wrong_number_exempt",
    "frames",
    "frames_of_visits",
    "frames_after",
    "frames_after_visits",
    "coming_late",
    "negating",
    "bridge",
    "confirm_exempt",
    "yes_exempt",
    "taken_off",
    "names_texts",
    "only_how",
    "stands",
    "corrects",
    "to_another",
    "keeps_texts",
    "machine",
    "owning",
    "leading_to",
    "visit_words",
    "visit_qualifiers",
    "no_nouns",
    "able",
    "takes_object",
    "elsewhere",
    "takes_bare_noun",
    "coming_verbs",
)
# Entries of these stand right before what they frame, or right behind it.
_BEFORE: Final = frozenset({"frames", "frames_of_visits"})
_BEHIND: Final = frozenset({"frames_after", "frames_after_visits"})


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("words", f"{name}.toml").read_text("utf-8"))


def _load_groups() -> Mapping[str, PhraseGroup]:
    languages = {language: _read(language) for language in LANGUAGES}
    return MappingProxyType(
        {
            group: phrase_group(
                (f"{language}.{group}", _placed(group, written))
                for language, lists in languages.items()
                for written in lists[group]
            )
            for group in GROUPS
        }
    )


def _placed(group: str, written: str) -> str:
    return f"{written} $" if group in _BEFORE else f"^ {written}" if group in _BEHIND else written


def _load_spellings() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    return MappingProxyType(
        {
            tuple(typed.split()): tuple(meant.split())
            for meant, variants in _read("spellings").items()
            for typed in variants
        }
    )


def _load_crisis() -> PhraseGroup:
    return phrase_group(
        (f"crisis.{language}", written) for language, lists in _read("crisis").items() for written in lists
    )


_CHOICES: Final = _read("choices")

CHOICE_LETTERS: Final[Mapping[str, str]] = MappingProxyType(
    {word: letter for letter, words in _CHOICES["letters"].items() for word in words}
)
CHOICE_NUMBERS: Final[Mapping[str, int]] = MappingProxyType(
    {word: int(number) for number, words in _CHOICES["numbers"].items() for word in words}
)
CHOICE_ALL: Final[frozenset[str]] = frozenset(_CHOICES["words"]["all"])
CHOICE_JOINING: Final[frozenset[str]] = frozenset(_CHOICES["words"]["joining"])
CHOICE_POLITE: Final[frozenset[str]] = frozenset(_CHOICES["words"]["polite"])
CHOICE_ORDINALS: Final[frozenset[str]] = frozenset(_CHOICES["words"]["ordinals"])
CHOICE_POINTING: Final[frozenset[str]] = frozenset(_CHOICES["words"]["pointing"])
CHOICE_BEFORE: Final[frozenset[str]] = frozenset(_CHOICES["words"]["before"])
CHOICE_AROUND: Final[frozenset[str]] = frozenset(_CHOICES["words"]["around"])

_LAW: Final = _read("law")

SPELLINGS: Final = _load_spellings()
PHRASES: Final = _load_groups()
KNOWN_WORDS: Final[frozenset[str]] = frozenset(word for group in PHRASES.values() for word in group.by_word)
CRISIS: Final = _load_crisis()

STOP_WORDS: Final[frozenset[str]] = frozenset(_LAW["stop"])
STOP_ONLY_ALONE: Final[frozenset[str]] = frozenset(_LAW["stop_only_alone"])
AMBIGUOUS_STOP_WORDS: Final[frozenset[str]] = frozenset(_LAW["ambiguous_stop"])
START_WORDS: Final[frozenset[str]] = frozenset(_LAW["start"])
START_WHEN_OPTED_OUT: Final[frozenset[str]] = frozenset(_LAW["start_when_opted_out"])
HELP_WORDS: Final[frozenset[str]] = frozenset(_LAW["help"])
POLITE_WORDS: Final[frozenset[str]] = frozenset(_LAW["polite"])
STOP_BUT_NOT: Final[frozenset[str]] = frozenset(_LAW["stop_but_not_before"])
