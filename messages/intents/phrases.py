"""The little pattern language of the word lists. A phrase is compiled when it is first looked for, and once.

A phrase is a row of elements divided by spaces: `cant|wont` one of these words, `really?` perhaps this word,
`reschedul~` a word that starts so, `*` up to three words, `_` exactly one word, `#` a number, `^` and `$` the ends
of the sentence (`$` may also stand among alternatives: `anymore|$`). Lists of languages with other letters allow those:
there a word with tone marks also stands for itself without them, a word of Chinese letters for its letters one after
the other, and `any_more` for words side by side. The one invariant: a phrase only ever matches whole tokens.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import compress
from operator import not_
from typing import Final

_SPECIAL: Final = frozenset({"*", "_", "#", "^", "$"})
# "Si" is another word than "sí".
_ACCENTED: Final = "sí"
PLAIN: Final = re.compile(r"[a-z0-9]+~?|sí")
ANY_LETTERS: Final = re.compile(r"[^\W_A-Z]+(?:_[^\W_A-Z]+)*~?")
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
_STROKES: Final = str.maketrans({"\u0111": "d"})
_NUMBER: Final = r"\d+(?:h\d+)?(?:[ap]m?)?"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One entry: `name` says where it stands and how it is written, for explanations; `regex` is what it means."""

    name: str
    regex: str
    anchors: frozenset[str]

    @property
    def pattern(self) -> re.Pattern[str]:
        """The phrase, compiled. There are 1,700: compiling all of them would take half a second of every start."""
        return _compiled(self.regex)


@dataclass(frozen=True, slots=True)
class PhraseGroup:
    """Entries that mean the same, found by the rarest word each of them needs."""

    by_word: dict[str, tuple[Phrase, ...]]
    everywhere: tuple[Phrase, ...]

    def matches(self, line: str) -> Iterator[Phrase]:
        """Every entry that matches `line` (tokens with single spaces around each)."""
        for phrase in self._candidates(line):
            if phrase.pattern.search(line):
                yield phrase

    def first(self, line: str) -> str | None:
        """The name of an entry that matches, or None."""
        return next((phrase.name for phrase in self.matches(line)), None)

    def found(self, line: str) -> Iterator[tuple[str, int, int]]:
        """The name of every entry that matches `line`, with where: each place it does."""
        for phrase in self._candidates(line):
            for match in phrase.pattern.finditer(line):
                yield phrase.name, *match.span()

    def erase(self, line: str) -> str:
        """`line` without whatever the entries match, the longest matches first."""
        spans = sorted(
            (match.span() for phrase in self._candidates(line) for match in phrase.pattern.finditer(line)),
            key=lambda span: (span[0] - span[1], span[0]),
        )
        gone = [False] * len(line)
        for start, end in spans:
            # A match that overlaps a longer one is skipped, so that half-eaten phrases do not take more with them.
            if not any(gone[start:end]):
                gone[start:end] = [True] * (end - start)
        kept = "".join(compress(line, map(not_, gone))).split()
        return f" {' '.join(kept)} " if kept else " "

    def _candidates(self, line: str) -> Iterator[Phrase]:
        for word in dict.fromkeys(line.split()):
            yield from self.by_word.get(word, ())
        yield from self.everywhere


def phrase_group(entries: Iterable[tuple[str, str]], *, letters: re.Pattern[str] = PLAIN) -> PhraseGroup:
    """Compiles `(list name, phrase)` pairs, whose words are written in `letters`."""
    by_word: dict[str, list[Phrase]] = {}
    everywhere: list[Phrase] = []
    for source, written in entries:
        phrase = compile_phrase(source, written, letters=letters)
        if not phrase.anchors:
            everywhere.append(phrase)
        for word in phrase.anchors:
            by_word.setdefault(word, []).append(phrase)
    return PhraseGroup({word: tuple(phrases) for word, phrases in by_word.items()}, tuple(everywhere))


def compile_phrase(source: str, written: str, *, letters: re.Pattern[str] = PLAIN) -> Phrase:
    """One phrase; raises ValueError when it is empty, or holds an element we do not know."""
    elements = written.split()
    if not elements:
        raise ValueError("phrase_empty")
    regex = "(?<= )" + "".join(_element(element, letters) for element in elements)
    anchors = max((_anchor(element) for element in elements), key=_rarity, default=frozenset[str]())
    return Phrase(f"{source}:{written}", regex, anchors)


def require_meaning(phrase: Phrase) -> None:
    """Raises ValueError when the phrase matches whatever is said, or nothing at all. A test asks this of every list."""
    if phrase.pattern.search(" ") or phrase.pattern.search(" zzz "):
        raise ValueError("phrase_matches_anything", phrase.name)


@cache
def _compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex)


def without_marks(word: str) -> str:
    """A word without accents, tone marks and strokes."""
    if word.isascii():
        return word
    decomposed = unicodedata.normalize("NFKD", word.translate(_STROKES))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _element(element: str, letters: re.Pattern[str]) -> str:
    if element == "^":
        return "(?<=^ )"
    if element == "$":
        return "$"
    if element == "*":
        return r"(?:\S+ ){0,3}?"
    optional = element.endswith("?")
    written = element.removesuffix("?").split("|")
    words = "|".join(_word(word, letters) for word in written if word != "$")
    ending = "|$" if "$" in written else ""
    return f"(?:(?:{words}) {ending})" + ("?" if optional else "")


def _word(word: str, letters: re.Pattern[str]) -> str:
    if word == "_":
        return r"\S+"
    if word == "#":
        return _NUMBER
    if not letters.fullmatch(word):
        raise ValueError("phrase_element_unknown", word)
    if _CHINESE.match(word):
        return " ".join(word)
    forms = " ".join(_with_or_without_marks(part) for part in word.removesuffix("~").split("_"))
    return forms + (r"\S*" if word.endswith("~") else "")


def _with_or_without_marks(word: str) -> str:
    bare = without_marks(word)
    return word if word in (bare, _ACCENTED) else f"(?:{word}|{bare})"


def _anchor(element: str) -> frozenset[str]:
    words = element.split("|")
    if element in _SPECIAL or element.endswith("?") or any(word in _SPECIAL or "~" in word for word in words):
        return frozenset()
    first = (word[0] if _CHINESE.match(word) else word.split("_")[0] for word in words)
    return frozenset(form for word in first for form in (word, word if word == _ACCENTED else without_marks(word)))


def _rarity(words: frozenset[str]) -> int:
    return min(map(len, words), default=0)
