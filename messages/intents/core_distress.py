"""Finds language of despair and danger in six further languages, in every script they are typed in.

Here phrases alone speak (`words/core_distress.toml`), since no model was trained on these languages: what is hidden or
understated is listed in many wordings, and idioms that borrow the words ("mort de rire", "累死了") are taken out first.
The one invariant: an idiom hides itself alone, never what is said beside it.
"""

from functools import cache
from typing import Final

from messages.intents.core_words import LANGUAGES, Lists, both_lines, entries_of, lists, read_table

_SIGNS: Final = "signs"
_IDIOMS: Final = "idioms"


def core_distress(text: str, language: str | None) -> tuple[str, ...]:
    """The signs of distress in any of the six; single words count in the language of the text alone."""
    lines = both_lines(text)
    if not any(_listed(_SIGNS).found(lines)):
        return ()
    left = _listed(_SIGNS).found(_listed(_IDIOMS).erase(lines))
    return tuple(
        f"crisis.{each}" for each in sorted({each for each, of_no_other in left if of_no_other or each == language})
    )


@cache
def _listed(group: str) -> Lists:
    table = read_table("core_distress")
    return lists(each for language in LANGUAGES for each in entries_of(language, {group: table[language][group]}))
