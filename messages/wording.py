"""What a practice may word itself, and the lint that stands between its words and a client's lock screen.

Here live the checks for a template, for a practice's label and for a host name, and the last look at a finished
text. The closed word lists are in `wording_words.py`. The one invariant: a wording without problems renders for every
visit, shows how to stop, prints no carrier keyword as a command, and names no field of care.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final

from messages.catalog import language_of
from messages.kinds import Channel, Country, Kind, SafeFields, traits
from messages.render import PLACEHOLDER, Rendered, render
from messages.segments import gsm7_units, sms_text
from messages.wording_words import (
    DISCLOSING_ANYWHERE,
    DISCLOSING_PAIRS,
    DISCLOSING_PARTS,
    DISCLOSING_WORDS,
    EMERGENCY_NUMBERS,
    SHORTENERS,
    folded_words,
)

PLACEHOLDERS: Final = ("label", "date", "time", "other_date", "other_time", "deadline", "link", "office_phone")
MAX_LABEL: Final = 20
MAX_SEGMENTS: Final = 2

# What the carrier takes for itself. STOP is the one command a text must show, and only to end texts.
_CAPITAL_KEYWORD: Final = re.compile(r"\b(CANCEL|CANCELAR|END|QUIT|YES|STOPALL|UNSUBSCRIBE|REVOKE|OPTOUT|UNSTOP)\b")
_COMMAND: Final = re.compile(
    r"\b(?:reply|text|send|answer|type|write|respond|press|responda|env[ií]e|escriba|conteste|mande|ponga)"
    r"(?:\s+(?:with|back|the|word|us|con|la|palabra))*\s+[\"']?"
    r"(cancel|cancelar|end|quit|yes|stopall|unsubscribe|revoke|optout|unstop)\b",
    re.IGNORECASE,
)
_STOP_MISUSED: Final = re.compile(
    r"\bSTOP\b[\"']?\s*(?:=|to|para)\s*(?:cancel|change|move|cambiar|mover)", re.IGNORECASE
)
_OPT_OUT: Final = re.compile(r"\bSTOP\b")
_ADDRESS: Final = re.compile(
    r"https?:|www\.|\b[a-z0-9-]+\.(?:com|net|org|io|ly|co|me|us|health|care|app)\b", re.IGNORECASE
)
_LINK: Final = re.compile(r"https?://\S+")
_STRAY_BRACE: Final = re.compile(r"[{}]")
_TWO_LETTERS: Final = re.compile(r"[^\W\d_].*[^\W\d_]")


class ProblemCode(StrEnum):
    """Everything that can be wrong with words."""

    NOT_EDITABLE = "not_editable"
    EMPTY = "empty"
    UNKNOWN_PLACEHOLDER = "unknown_placeholder"
    MISSING_PLACEHOLDER = "missing_placeholder"
    STRAY_BRACE = "stray_brace"
    MISSING_OPT_OUT = "missing_opt_out"
    MISSING_EMERGENCY_NUMBER = "missing_emergency_number"
    CARRIER_KEYWORD = "carrier_keyword"
    DISCLOSING_WORD = "disclosing_word"
    SHORTENER = "shortener"
    WRITTEN_ADDRESS = "written_address"
    NOT_PLAIN = "not_plain"
    TOO_LONG = "too_long"
    LINE_BREAK = "line_break"


_SENTENCES: Final = {
    ProblemCode.NOT_EDITABLE: "This text is fixed, because law or safety words it.",
    ProblemCode.EMPTY: "There are no words yet. Write some.",
    ProblemCode.UNKNOWN_PLACEHOLDER: "“{what}” cannot be filled in here. Use one of the listed placeholders.",
    ProblemCode.MISSING_PLACEHOLDER: "“{what}” is missing. This text needs it.",
    ProblemCode.STRAY_BRACE: "There is a “{what}” that belongs to no placeholder. Remove it.",
    ProblemCode.MISSING_OPT_OUT: "The way out is missing. Add “STOP to end texts.”",
    ProblemCode.MISSING_EMERGENCY_NUMBER: "The emergency number {what} is missing. Add it.",
    ProblemCode.CARRIER_KEYWORD: (
        "“{what}” is a word phone companies act on themselves: a client who sends it may stop or restart all texts. "
        "Ask for C, R or N instead."
    ),
    ProblemCode.DISCLOSING_WORD: "“{what}” tells anyone who sees the phone what kind of care this is. Leave it out.",
    ProblemCode.SHORTENER: "Links of “{what}” are blocked by phone companies. Use your own domain.",
    ProblemCode.WRITTEN_ADDRESS: "“{what}” looks like a web address. Only {{link}} may stand in a text.",
    ProblemCode.NOT_PLAIN: "“{what}” makes every text more than twice as expensive. Use plain letters.",
    ProblemCode.TOO_LONG: "This is too long: {what}.",
    ProblemCode.LINE_BREAK: "Write it on one line.",
}


@dataclass(frozen=True, slots=True)
class WordingProblem:
    """One thing wrong; `what` is the practice's own word or a placeholder, never anything about a client."""

    code: ProblemCode
    what: str = ""

    @property
    def sentence(self) -> str:
        """For staff: what is wrong and what to do."""
        return _SENTENCES[self.code].format(what=self.what)


def validate_wording(
    kind: Kind,
    text: str,
    language: str,
    *,
    country: Country = Country.US,
    max_segments: int = MAX_SEGMENTS,
) -> list[WordingProblem]:
    """Everything wrong with a practice's own template for a text of `kind`; an empty list means it may be saved.

    Lengths are those of the worst case: a label of twenty characters, a link of twenty-nine, the widest date.
    """
    if not traits(kind).editable:
        return [WordingProblem(ProblemCode.NOT_EDITABLE)]
    if not text.strip():
        return [WordingProblem(ProblemCode.EMPTY)]
    problems = [*_placeholder_problems(kind, text), *_locked_problems(kind, text, country), *_word_problems(text)]
    if not problems:
        problems.extend(_length_problems(kind, text, language, max_segments))
    return problems


def required_placeholders(kind: Kind) -> tuple[str, ...]:
    """The placeholders a wording of `kind` cannot do without, in reading order."""
    needed = traits(kind).required
    wanted = {
        "label": True,
        "date": "starts_at" in needed,
        "time": "starts_at" in needed,
        "deadline": "deadline" in needed,
        "link": "link" in needed,
        "office_phone": kind is Kind.CRISIS_NOTICE,
    }
    return tuple(name for name in PLACEHOLDERS if wanted.get(name))


def usable_placeholders(kind: Kind) -> tuple[str, ...]:
    """The placeholders that always have a value for `kind`, so that a saved wording can never fail at sending."""
    optional = {"office_phone", *(("other_date", "other_time") if "other_at" in traits(kind).required else ())}
    return tuple(name for name in PLACEHOLDERS if name in {*required_placeholders(kind), *optional})


def lint_label(label: str) -> list[WordingProblem]:
    """Everything wrong with the neutral name a practice signs with: it stands on every lock screen."""
    if not _TWO_LETTERS.search(label):
        return [WordingProblem(ProblemCode.EMPTY)]
    problems = [WordingProblem(ProblemCode.DISCLOSING_WORD, word) for word in disclosing_words(label)]
    problems += [WordingProblem(ProblemCode.STRAY_BRACE, brace) for brace in _STRAY_BRACE.findall(label)]
    problems += [WordingProblem(ProblemCode.NOT_PLAIN, letter) for letter in _not_plain(label)]
    problems += [WordingProblem(ProblemCode.WRITTEN_ADDRESS, found) for found in _ADDRESS.findall(label)]
    problems += [WordingProblem(ProblemCode.CARRIER_KEYWORD, found) for found in _CAPITAL_KEYWORD.findall(label)]
    if "\n" in label or "\r" in label:
        problems.append(WordingProblem(ProblemCode.LINE_BREAK))
    if len(label) > MAX_LABEL:
        problems.append(WordingProblem(ProblemCode.TOO_LONG, f"{len(label)} characters of {MAX_LABEL}"))
    return problems


def lint_words(text: str) -> list[WordingProblem]:
    """Everything wrong with words a client may see that are no template of ours: a subject, a calendar title."""
    return list(_word_problems(text))


def lint_host(host: str) -> list[WordingProblem]:
    """Everything wrong with the host name our links would show."""
    name = host.casefold().rstrip(".")
    problems = [WordingProblem(ProblemCode.DISCLOSING_WORD, word) for word in disclosing_words(name)]
    if name in SHORTENERS or name.removeprefix("www.") in SHORTENERS:
        problems.append(WordingProblem(ProblemCode.SHORTENER, name))
    return problems


def disclosing_words(text: str) -> tuple[str, ...]:
    """The words of `text` that name a field of care, in order, each once."""
    found = (
        word
        for word in folded_words(text)
        if word in DISCLOSING_WORDS or any(part in word for part in DISCLOSING_PARTS)
    )
    written = text.casefold()
    anywhere = (word for word in DISCLOSING_ANYWHERE if word in written)
    pairs = (pair for pair in pairwise(folded_words(text)) if " ".join(pair) in DISCLOSING_PAIRS)
    return tuple(dict.fromkeys((*found, *anywhere, *(" ".join(pair) for pair in pairs))))


def text_is_safe(rendered: Rendered, *, label: str, max_segments: int = MAX_SEGMENTS) -> bool:
    """The last look at a finished text, just before it leaves.

    True when nothing is left unfilled, no word names a field of care and it is no longer than `max_segments`. The
    label and the links do not count: both were linted when they were chosen, and a link's letters are chance.
    """
    others = _LINK.sub(" ", rendered.text)
    for own in {label, sms_text(label, plain_letters=True)} - {""}:
        others = others.replace(own, " ")
    if _STRAY_BRACE.search(others) or disclosing_words(others):
        return False
    return rendered.subject is not None or rendered.segments.count <= max_segments


def _placeholder_problems(kind: Kind, text: str) -> Iterator[WordingProblem]:
    used = PLACEHOLDER.findall(text)
    for name in dict.fromkeys(used):
        if name not in usable_placeholders(kind):
            yield WordingProblem(ProblemCode.UNKNOWN_PLACEHOLDER, f"{{{name}}}")
    for name in required_placeholders(kind):
        if name not in used:
            yield WordingProblem(ProblemCode.MISSING_PLACEHOLDER, f"{{{name}}}")
    for brace in dict.fromkeys(_STRAY_BRACE.findall(PLACEHOLDER.sub("", text))):
        yield WordingProblem(ProblemCode.STRAY_BRACE, brace)
    if "\n" in text or "\r" in text:
        yield WordingProblem(ProblemCode.LINE_BREAK)


def _locked_problems(kind: Kind, text: str, country: Country) -> Iterator[WordingProblem]:
    if traits(kind).carries_opt_out and not _OPT_OUT.search(text):
        yield WordingProblem(ProblemCode.MISSING_OPT_OUT)
    if kind is Kind.CRISIS_NOTICE:
        for number in EMERGENCY_NUMBERS[country]:
            if number not in text:
                yield WordingProblem(ProblemCode.MISSING_EMERGENCY_NUMBER, number)


def _word_problems(text: str) -> Iterator[WordingProblem]:
    words = PLACEHOLDER.sub(" ", text)
    keywords = [*_CAPITAL_KEYWORD.findall(words), *_COMMAND.findall(words)]
    for keyword in dict.fromkeys(found.upper() for found in keywords):
        yield WordingProblem(ProblemCode.CARRIER_KEYWORD, keyword)
    if _STOP_MISUSED.search(words):
        yield WordingProblem(ProblemCode.CARRIER_KEYWORD, "STOP")
    for word in disclosing_words(words):
        yield WordingProblem(ProblemCode.DISCLOSING_WORD, word)
    for shortener in sorted(SHORTENERS):
        if re.search(rf"(?<![\w.-]){re.escape(shortener)}(?![\w-])", words, re.IGNORECASE):
            yield WordingProblem(ProblemCode.SHORTENER, shortener)
    for address in dict.fromkeys(_ADDRESS.findall(words)):
        yield WordingProblem(ProblemCode.WRITTEN_ADDRESS, address)
    for letter in _not_plain(words):
        yield WordingProblem(ProblemCode.NOT_PLAIN, letter)


def _not_plain(text: str) -> tuple[str, ...]:
    plain = sms_text(text, plain_letters=True)
    return tuple(dict.fromkeys(letter for letter in plain if gsm7_units(letter) is None))


def _length_problems(kind: Kind, text: str, language: str, max_segments: int) -> Iterator[WordingProblem]:
    own = {kind.value: {language_of(language): text}}
    drawn = render(kind, widest_fields(), language=language, channel=Channel.SMS, wordings=own)
    if drawn.segments.count > max_segments:
        size = f"{drawn.segments.count} segments of {max_segments}, {drawn.segments.units} characters"
        yield WordingProblem(ProblemCode.TOO_LONG, size)


def widest_fields() -> SafeFields:
    """Fields as wide as they get: the design budget of every text, and the sample for previews of length."""
    # A Wednesday in a month and at a time that are as wide as any.
    instant = datetime(2026, 9, 30, 12, 30, tzinfo=UTC)
    return SafeFields(
        label="M" * MAX_LABEL,
        office_phone="(555) 555-0100",
        starts_at=instant,
        other_at=instant,
        deadline=instant,
        sent_on=date(2026, 9, 29),
        options=(instant, instant, instant),
        link="x" * 29,
        stop_link="x" * 29,
        count=3,
        late_hours=24,
        late_minutes=30,
    )
