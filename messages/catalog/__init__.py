"""The words themselves, one gettext catalogue per language, read once at import.

Each `<language>/messages.po` maps a stable key `kind[.variant].channel` (or `kind[.variant].subject`) to a template
whose placeholders are the closed set of `render.py`. Keys rather than English sentences are the msgids, so that mending
an English comma does not silently switch another language back to English. No compiled files: the sources are small
and Babel reads them as they are. The one invariant: the languages of `LANGUAGES` have exactly the same keys, the
others all that clients are told, and what they lack is said in English (a test says so).
"""

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from babel.messages.pofile import read_po

DEFAULT_LANGUAGE: Final = "en"
LANGUAGES: Final = ("en", "es")
MORE_LANGUAGES: Final = ("fr", "pt", "vi", "zh", "tl", "ar")
"""Languages of everything clients are told; what staff are told is in the first two."""

LANGUAGE_NAMES: Final = (
    ("en", "English"),
    ("es", "Español"),
    ("fr", "Français"),
    ("pt", "Português"),
    ("vi", "Tiếng Việt"),
    ("zh", "中文"),
    ("tl", "Tagalog"),
    ("ar", "العربية"),
)
"""Every language spoken here, as its speakers call it."""
RIGHT_TO_LEFT: Final = frozenset({"ar"})
LEFT_TO_RIGHT: Final = "\u200e"
"""The mark that keeps the groups of a number after it in their order."""


def _load(language: str) -> Mapping[str, str]:
    with files(__package__).joinpath(language, "messages.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    return MappingProxyType({str(entry.id): str(entry.string) for entry in catalogue if entry.id})


_CATALOGUES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {language: _load(language) for language in (*LANGUAGES, *MORE_LANGUAGES)}
)


def language_of(tag: str | None) -> str:
    """The catalogue for a language tag: "es-MX" and "es_MX" give "es"; what we do not speak gives English."""
    base = (tag or "").replace("_", "-").split("-")[0].casefold()
    base = "tl" if base == "fil" else base
    return base if base in _CATALOGUES else DEFAULT_LANGUAGE


def template(key: str, language: str) -> str | None:
    """The template for `key` in the catalogue of `language` (any tag), else in English; None when there is none."""
    return _CATALOGUES[language_of(language)].get(key) or _CATALOGUES[DEFAULT_LANGUAGE].get(key)


def keys(language: str) -> frozenset[str]:
    """Every key of one catalogue, for tests and for pages that list the wordings."""
    return frozenset(_CATALOGUES[language_of(language)])
