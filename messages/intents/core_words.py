"""What a text in one of the six further languages is made of: phrases of our tables, words that lead over, the rest.

A text is cut at its pauses; in each clause the longest phrases are taken first and no word is in two of them. What no
table knows is counted, because only a text of which nothing is left over may act (core.py). The tables are in
`words/core.toml`. The one invariant: a word that is not in a table is never taken for one that is: Chinese letters
count as words of their own, and tone marks that are typed must agree.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from messages.intents.normalise import MAX_CHARACTERS, named_emoji
from messages.intents.phrases import ANY_LETTERS, PhraseGroup, phrase_group, without_marks

LANGUAGES: Final = ("fr", "pt", "vi", "zh", "tl", "ar")
_TONAL: Final = "vi"
# Its tables keep the marks: "muon" may be "to want" or "late", "muốn" is only the first.
_CHINESE: Final = "zh"
_MIXED: Final = "mixed"
# What people of every language type in English; it never tells which language a text is in.
_DAYS: Final = "days"
_TIMES: Final = "times"
_FILLERS: Final = "fillers"
_TELLING: Final = ("cancel", "confirm", "reschedule", "stop", "wrong", "late")
_ASKS: Final = "?"
_PAUSE: Final = ","
# The question mark of another script, Arabic letters that are written in two ways, and the line that stretches them.
_ONE_WAY: Final = {0x61F: "?", 0x629: "\u0647", 0x649: "\u064a", 0x6CC: "\u064a", 0x6A9: "\u0643", 0x640: None}
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")
_CLOCK: Final = re.compile(r"(?<=\d)[.:](?=\d)")
_PIECE: Final = re.compile(
    r"[\u3400-\u9fff]|\d+/\d+|[^\W_\u3400-\u9fff]+|\?|[.,;:!\n()\u2013\u2014\u3001\u3002\u060c\u061b]|(?<= )-(?= )"
)
_WORD: Final = re.compile(r"\S+")

_Entries = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Clause:
    """The words between two pauses: the groups of its phrases, and of those of several words.

    `free` counts the words that are in no phrase, `unknown` those of them that no table has.
    """

    groups: frozenset[str]
    firm: frozenset[str]
    free: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Told:
    """A text as our tables see it. `own`: the language itself is in it; `times`: what it says of days and hours."""

    clauses: tuple[Clause, ...]
    asks: bool
    own: bool
    times: str

    @property
    def groups(self) -> frozenset[str]:
        """The groups of all phrases."""
        return frozenset[str]().union(*(clause.groups for clause in self.clauses))

    @property
    def is_whole(self) -> bool:
        """Whether every word is accounted for."""
        return not any(clause.unknown for clause in self.clauses)


def told(text: str, language: str) -> Told:
    """What `text` is made of in one of `LANGUAGES`."""
    line = line_of(text, marks=language == _TONAL)
    cut = [_cut(clause, _table(language)) for clause in _clauses(line)]
    times = (word for _, _, words in cut for word in words)
    return Told(
        clauses=tuple(clause for clause, _, _ in cut),
        asks=f" {_ASKS} " in line,
        own=any(own for _, own, _ in cut),
        times=("" if language == _CHINESE else " ").join(times),
    )


def told_by_phrases(text: str) -> frozenset[str]:
    """The languages of which a phrase stands in the text that hardly occurs in another."""
    return frozenset(language for language, of_no_other in _telling().found(both_lines(text)) if of_no_other)


def line_of(text: str, *, marks: bool = False) -> str:
    """Lower case, a space around each word, a comma for every pause; Chinese letters are words, and simplified.

    Without `marks` no letter has an accent.
    """
    raw = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS]).casefold()
    if not raw.isascii():
        raw = "".join(map(named_emoji, raw)).translate(_simplified())
        raw = (raw if marks else without_marks(raw)).translate(_ONE_WAY)
    raw = _STRETCHED.sub(r"\1", _CLOCK.sub("h", raw))
    pieces = (found if found == _ASKS or found.isalnum() or "/" in found else _PAUSE for found in _PIECE.findall(raw))
    return f" {' '.join(pieces)} "


def both_lines(text: str) -> tuple[str, str]:
    """The text as lists without marks see it, and as those do that keep them."""
    plain = line_of(text)
    return plain, plain if text.isascii() else line_of(text, marks=True)


@dataclass(frozen=True, slots=True)
class Lists:
    """Phrases of all six languages: those that are compared without marks, and those that keep them."""

    plain: PhraseGroup
    marked: PhraseGroup

    def found(self, lines: tuple[str, str]) -> Iterator[tuple[str, bool]]:
        """The language of every phrase that stands in the text, and whether it can be of no other language.

        That is more than one word, with a mark where the language has them: "me da", without, is Spanish as well.
        """
        for name, start, end in self.plain.found(lines[0]):
            yield name.partition(".")[0], _is_of_several(lines[0], start, end)
        for _, start, end in self.marked.found(lines[1]):
            yield _TONAL, _is_of_several(lines[1], start, end) and not lines[1][start:end].isascii()

    def erase(self, lines: tuple[str, str]) -> tuple[str, str]:
        """The text without the phrases."""
        return self.plain.erase(lines[0]), self.marked.erase(lines[1])


def lists(entries: Iterable[tuple[str, str]]) -> Lists:
    """Phrases as `entries_of` gives them, made ready to be found."""
    every = tuple(entries)
    tonal = [each for each in every if each[0].startswith(_TONAL)]
    others = [each for each in every if not each[0].startswith(_TONAL)]
    return Lists(phrase_group(others, letters=ANY_LETTERS), phrase_group(tonal, letters=ANY_LETTERS))


def entries_of(language: str, groups: Mapping[str, str]) -> _Entries:
    """The phrases of a language's lists, which commas divide, each with the name of its list."""
    for group, written in groups.items():
        yield from ((f"{language}.{group}", phrase) for phrase in _spelt(written, language).split(","))


def _spelt(written: str, language: str) -> str:
    """A list as lines of the language are written."""
    if language == _TONAL or written.isascii():
        return unicodedata.normalize("NFC", written)
    return without_marks(written.translate(_simplified())).translate(_ONE_WAY)


def _clauses(line: str) -> Iterator[str]:
    for clause in line.replace(f" {_ASKS} ", f" {_PAUSE} ").split(f" {_PAUSE}"):
        if clause.strip():
            yield f" {clause.strip()} "


def _cut(line: str, table: "_Table") -> tuple[Clause, bool, tuple[str, ...]]:
    """A clause, whether a word of the language itself is in it, and its words about times."""
    found = [_piece(*each) for each in table.phrases.found(line)]
    pieces = tuple(_longest(found))
    taken = {at: piece.group for piece in pieces for at in range(piece.start, piece.end)}
    days = {at for piece in found if piece.group == _DAYS for at in range(piece.start, piece.end)}
    words = [(match[0], match.start(), taken.get(match.start())) for match in _WORD.finditer(line)]
    free = [word for word, _, group in words if group is None]
    clause = Clause(
        groups=frozenset(piece.group for piece in pieces),
        firm=frozenset(piece.group for piece in pieces if _is_of_several(line, piece.start, piece.end)),
        free=len(free),
        unknown=sum(word not in table.fillers and not _is_number(word) for word in free),
    )
    own = any(piece.source != _MIXED for piece in pieces) or any(word in table.fillers for word in free)
    times = (word for word, at, group in words if at in days or group == _TIMES or (not group and _is_number(word)))
    return clause, own, tuple(times)


class _Piece(NamedTuple):
    """A phrase where it stands. A day counts as one even within a longer phrase: "see you Tuesday" names Tuesday."""

    source: str
    group: str
    start: int
    end: int


def _piece(name: str, start: int, end: int) -> _Piece:
    source, _, group = name.partition(":")[0].partition(".")
    return _Piece(source, group, start, end)


def _longest(found: Iterable[_Piece]) -> Iterator[_Piece]:
    """The longest phrases first, none of which shares a word with one before it."""
    taken: set[int] = set()
    for piece in sorted(found, key=lambda each: (each.start - each.end, each.start)):
        if taken.isdisjoint(range(piece.start, piece.end)):
            taken.update(range(piece.start, piece.end))
            yield piece


def _is_of_several(line: str, start: int, end: int) -> bool:
    return " " in line[start:end].strip()


def _is_number(word: str) -> bool:
    return word[0].isdecimal()


@dataclass(frozen=True, slots=True)
class _Table:
    """What can be said in a language, and the words that say nothing by themselves."""

    phrases: PhraseGroup
    fillers: frozenset[str]


@cache
def _table(language: str) -> _Table:
    groups = dict(_core()[language])
    fillers = _spelt(groups.pop(_FILLERS), language).split()
    entries = (*entries_of(language, groups), *entries_of(_MIXED, _core()[_MIXED]))
    return _Table(phrase_group(entries, letters=ANY_LETTERS), frozenset((*fillers, *map(without_marks, fillers))))


@cache
def _telling() -> Lists:
    return lists(
        each
        for language in LANGUAGES
        for each in entries_of(language, {group: _core()[language][group] for group in _TELLING})
    )


@cache
def _simplified() -> Mapping[int, str]:
    """Traditional Chinese letters of our tables, and what is written for them in the simplified ones."""
    pairs = _core()["letters"]
    return {ord(old): new for old, new in zip(pairs["traditional"], pairs["simplified"], strict=True)}


@cache
def _core() -> Mapping[str, Mapping[str, str]]:
    return read_table("core")


def read_table(name: str) -> Mapping[str, Mapping[str, str]]:
    """A file of lists: languages, their groups, and what stands in them, on one line each."""
    written = files(__package__).joinpath("words", f"{name}.toml").read_text("utf-8")
    return tomllib.loads(written)
