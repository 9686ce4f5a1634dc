"""Reads the core of replies in French, Portuguese, Vietnamese, Chinese, Tagalog and Arabic.

English and Spanish are read by `scheduling.py` and its neighbours. Here a message is looked through for a few dozen
phrases a language; whoever says more than they cover is asked. The one invariant: a yes beside a negation, a doubt or
a question never confirms, and only a phrase that says so cancels.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from messages.intents.reading import Asked, Intent, IntentKind, Question, Reading

LANGUAGES: Final = ("fr", "pt", "vi", "zh", "tl", "ar")
_SCRIPTS: Final = (("zh", "\u3400", "\u9fff"), ("ar", "\u0600", "\u06ff"))
# D with a stroke, and the Arabic letters that are written in two ways: heh, yeh, waw, and the stretching line.
_LETTERS: Final = str.maketrans(
    {"\u0111": "d", "\u0629": "\u0647", "\u0649": "\u064a", "\u0624": "\u0648", "\u0626": "\u064a", "\u0640": None}
)
_CLAUSE_ENDS: Final = re.compile(r"[.,;:!\n\u2026\u3002\uff0c\uff01\uff1b\u3001\u060c\u061b]+")
_QUESTION_MARKS: Final = "?\u061f\uff1f"
_ALIASES: Final = {"fil": "tl"}
_MANY_WORDS: Final = 2
# A bare yes may stand among so many words, greetings among them.
_SHORT: Final = 5
_SHORT_ZH: Final = 8


def core_language(text: str, tag: str) -> str | None:
    """Which of our six a text is in: by its letters, by what is on file, or by a phrase that only one of them has."""
    for language, first, last in _SCRIPTS:
        if any(first <= letter <= last for letter in text):
            return language
    base = tag.replace("_", "-").split("-")[0].casefold()
    base = _ALIASES.get(base, base)
    if base in LANGUAGES:
        return base
    folded = _folded(text)
    found = {language for language in LANGUAGES if any(_telling(folded, language))}
    return found.pop() if len(found) == 1 else None


def core_distress(text: str, language: str | None) -> tuple[str, ...]:
    """The signs of distress in any of the six; single words count in the language of the text alone."""
    folded = _folded(text)
    return tuple(
        f"crisis.{each}"
        for each in LANGUAGES
        if any(each == language or len(phrase.split()) > 1 for phrase in _found(folded, each, "crisis"))
    )


def read_core(text: str, language: str, asked: Asked) -> Reading | None:
    """The reading of a message in one of the six; None when no phrase says anything."""
    folded = _folded(text)
    clauses = tuple(_folded(each) for each in _CLAUSE_ENDS.split(text))

    def says(group: str) -> bool:
        return any(_found(folded, language, group))

    for group, kind in _WHATEVER_ASKED:
        if _is_said(clauses, language, group):
            return _reading(language, kind)
    if says("stop"):
        return replace(_reading(language, IntentKind.OTHER), leaning=IntentKind.STOP, leftover=True)
    if says("cancel") and not _is_said(clauses, language, "cancel"):
        return _reading(language, IntentKind.UNSURE if asked.question is Question.REMINDER else IntentKind.OTHER)
    if asked.question is Question.OFFER:
        return _offer(says, language)
    if says("hedge"):
        return _reading(language, IntentKind.UNSURE)
    acts = [kind for group, kind in _ACTS if says(group)]
    asks = any(mark in text for mark in _QUESTION_MARKS)
    if asks and IntentKind.CANNOT_COME in acts:
        # "Can I cancel?" asks; with another day it is a wish.
        acts.remove(IntentKind.CANNOT_COME)
    if not acts and (asks or says("question")):
        acts = [IntentKind.QUESTION]
    return _reading(language, *acts) if acts else _answer(folded, language, asked)


def _is_said(clauses: Sequence[str], language: str, group: str) -> bool:
    """Whether a clause says what the group means, and nothing in the clause unmakes it."""
    return any(_says_plainly(clause, language, group) for clause in clauses)


def _says_plainly(clause: str, language: str, group: str) -> bool:
    """“Je ne peux pas venir"; not "n'annulez pas", "il a dit d'annuler", "não vou cancelar"."""
    negators, frames = _core()[language]["negators"], _core()[language]["frames"]
    found = sorted(_found(clause, language, group), key=len, reverse=True)
    affirmed = [phrase for phrase in found if not _has_any(f" {phrase} ", negators, language)]
    denied = bool(affirmed) and _has_any(_without(clause, affirmed), negators, language)
    framed = _has_any(_without(clause, found), frames, language)
    return bool(found) and not denied and not framed and not _has_any(clause, [f for f in frames if " " in f], language)


def _without(clause: str, phrases: Sequence[str]) -> str:
    for phrase in phrases:
        clause = clause.replace(phrase, " ")
    return f" {' '.join(clause.split())} "


def _has_any(line: str, words: Sequence[str], language: str) -> bool:
    return any((word in line) if language == "zh" else f" {word} " in line for word in words)


def takes_back(text: str, language: str) -> bool:
    """Whether a word of that language negates something in the text."""
    return any(_found(_folded(text), language, "negators"))


_WHATEVER_ASKED: Final = (("stop", IntentKind.STOP), ("wrong", IntentKind.WRONG_NUMBER))
_ACTS: Final = (
    ("cancel", IntentKind.CANNOT_COME),
    ("reschedule", IntentKind.RESCHEDULE),
    ("late", IntentKind.LATE),
)


def _offer(says: Callable[[str], bool], language: str) -> Reading:
    if says("hedge") or says("question"):
        kind = IntentKind.OTHER if says("hedge") else IntentKind.QUESTION
    elif says("cancel") or says("no"):
        kind = IntentKind.PASS
    elif says("yes") or says("confirm"):
        kind = IntentKind.TAKE
    else:
        kind = IntentKind.THANKS if says("thanks") else IntentKind.OTHER
    return _reading(language, kind)


def _answer(folded: str, language: str, asked: Asked) -> Reading | None:
    """A yes, a no or thanks, and what they mean beside what was asked."""
    reminded = asked.question is Question.REMINDER
    negated = any(_found(folded, language, "negators"))
    words = len(folded.split()) if language != "zh" else len(folded) // 2
    short = words <= (_SHORT_ZH if language == "zh" else _SHORT)
    if any(_found(folded, language, "confirm")) and (negated or any(_found(folded, language, "frames"))):
        return _reading(language, IntentKind.UNSURE)
    if any(_found(folded, language, "confirm")):
        return _reading(language, IntentKind.CONFIRM)
    if any(_found(folded, language, "no")) and short:
        return _reading(language, IntentKind.CANNOT_COME if reminded and words <= _MANY_WORDS else IntentKind.UNSURE)
    if any(_found(folded, language, "yes")) and short and not negated:
        return _reading(language, IntentKind.CONFIRM if reminded else IntentKind.THANKS)
    if any(_found(folded, language, "thanks")) and short:
        return _reading(language, IntentKind.THANKS)
    return None


def _reading(language: str, *kinds: IntentKind) -> Reading:
    intents = tuple(Intent(kind=kind, word="STOP" if kind is IntentKind.STOP else None) for kind in kinds)
    return Reading(intents, tuple(f"{language}.{kind}" for kind in kinds))


def _telling(folded: str, language: str) -> Iterator[str]:
    """Phrases of several words that were found: they hardly occur in another language."""
    for group in ("cancel", "confirm", "reschedule", "stop", "wrong", "late", "crisis"):
        yield from (phrase for phrase in _found(folded, language, group) if len(phrase.split()) > 1)


def _found(folded: str, language: str, group: str) -> Iterator[str]:
    """The phrases of a group that stand in the text, in the group's order."""
    by_word, anywhere = _index(language, group)
    near = {number: phrase for word in folded.split() for number, phrase in by_word.get(word, ())}
    near.update(anywhere)
    for number in sorted(near):
        phrase = near[number]
        # Chinese writes no spaces; "ok" within other letters is no word in it either.
        if (phrase in folded) if _has_no_spaces(phrase, language) else _stands(phrase, folded, group):
            yield phrase


def _stands(phrase: str, folded: str, group: str) -> bool:
    return f" {phrase} " in folded or (_is_stem(phrase, group) and f" {phrase}" in folded)


def _is_stem(phrase: str, group: str) -> bool:
    """Longer single words are stems: "suicid", "atrasad", "estupr"."""
    return group in {"crisis", "late", "stop"} and len(phrase) >= _STEM


def _has_no_spaces(phrase: str, language: str) -> bool:
    return language == "zh" and not phrase.isascii()


_Numbered = tuple[tuple[int, str], ...]


@cache
def _index(language: str, group: str) -> tuple[Mapping[str, _Numbered], Mapping[int, str]]:
    """A group's phrases by their first word, and those that may begin within one, each with its place in the group.

    Most texts have none of these words, and every text is looked at in six languages.
    """
    by_word: dict[str, _Numbered] = {}
    anywhere: dict[int, str] = {}
    for number, phrase in enumerate(_core()[language][group]):
        if _has_no_spaces(phrase, language) or (_is_stem(phrase, group) and " " not in phrase):
            anywhere[number] = phrase
        else:
            first = phrase.split()[0]
            by_word[first] = (*by_word.get(first, ()), (number, phrase))
    return by_word, anywhere


_STEM: Final = 6


def _folded(text: str) -> str:
    """Lower case without accents, one space between words and at both ends; Chinese as it is, without spaces."""
    lower = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in lower if not unicodedata.combining(letter)).translate(_LETTERS)
    words = "".join(letter if letter.isalnum() or letter in _QUESTION_MARKS else " " for letter in plain).split()
    return f" {' '.join(words)} "


@cache
def _core() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    table = tomllib.loads(files(__package__).joinpath("words", "core.toml").read_text("utf-8"))
    return MappingProxyType(
        {
            language: MappingProxyType({group: tuple(written.split("|")) for group, written in groups.items()})
            for language, groups in table.items()
        }
    )
