"""The words by which staff find a client, on both sides: what is stored, and what is asked. Pure.

Each word is blind-indexed before it is stored, so the database can only compare whole words. To find "Iv" in
"Ivanova" the beginnings of each name word are stored as words of their own. Invariant: whatever `words_of`
yields for a client, `terms_of` yields for a person who types it in any usual way.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Final

from scheduler.people.phone import spoken_forms

SHORTEST: Final = 2
LONGEST: Final = 12
MAX_TERMS: Final = 6
_WORD: Final = re.compile(r"[^\W_]+")
_ISO: Final = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_WRITTEN: Final = re.compile(r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b")
_DIALLED: Final = re.compile(r"\+?\(?\d[\d\s().-]{5,}\d")
_FEWEST_DIGITS: Final = 7


def words_of(
    names: Iterable[str], birth_date: date | None, phones: Iterable[str], record_number: str | None
) -> frozenset[str]:
    """Every word a client is found by: beginnings of names, the birth date, phone endings, the record number."""
    words = {beginning for name in names for word in _name_words(name) for beginning in _beginnings(word)}
    if birth_date is not None:
        words.add(_born(birth_date))
    words |= {_dialled(digits) for phone in phones for digits in spoken_forms(phone)}
    if record_number:
        words.add(_recorded(record_number))
    return frozenset(words)


def terms_of(text: str, *, month_first: bool) -> tuple[frozenset[str], ...]:
    """What a search asks for: each term must be met by one of its words. At most six terms are looked at.

    Dates are read as ISO or as `month_first` says; runs of seven or more digits as phone numbers; a shorter
    run of digits is a phone's last four or a record number, and anything else the beginning of a name.
    """
    terms: list[frozenset[str]] = []
    rest = _take_dates(text, terms, month_first=month_first)
    rest = _take_numbers(rest, terms)
    for raw in rest.split():
        pieces = folded(raw)
        if not pieces:
            continue
        as_record = _recorded(raw)
        if len(pieces) == 1:
            terms.append(frozenset({pieces[0][:LONGEST], as_record, _dialled(pieces[0])}))
        else:
            # "O'Brien" is two words of a name, "SP-1042" one record number: either will do, so each piece
            # carries the whole as its alternative.
            terms += [frozenset({piece[:LONGEST], as_record}) for piece in pieces]
    return tuple(terms[:MAX_TERMS])


def folded(text: str) -> tuple[str, ...]:
    """The words of a text without case, accents and punctuation."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return tuple(_WORD.findall(bare.casefold()))


def _name_words(name: str) -> set[str]:
    """Both readings of "O'Brien": o and brien, and obrien."""
    found: set[str] = set()
    for written in name.split():
        pieces = folded(written)
        found |= {*pieces, "".join(pieces)}
    return found - {""}


def _beginnings(word: str) -> set[str]:
    longest = min(len(word), LONGEST)
    return {word[:length] for length in range(min(SHORTEST, longest), longest + 1)}


def _take_dates(text: str, terms: list[frozenset[str]], *, month_first: bool) -> str:
    def take(found: re.Match[str], order: tuple[int, int, int]) -> str:
        parts = [int(part) for part in found.groups()]
        year, month, day = (parts[place] for place in order)
        try:
            terms.append(frozenset({_born(date(year, month, day))}))
        except ValueError:
            return found.group()  # no such day: let it be looked for as digits
        return " "

    rest = _ISO.sub(lambda found: take(found, (0, 1, 2)), text)
    written = (2, 0, 1) if month_first else (2, 1, 0)
    return _WRITTEN.sub(lambda found: take(found, written), rest)


def _take_numbers(text: str, terms: list[frozenset[str]]) -> str:
    def take(found: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", found.group())
        if len(digits) < _FEWEST_DIGITS:
            return found.group()
        terms.append(frozenset({_dialled(digits), _recorded(found.group())}))
        return " "

    return _DIALLED.sub(take, text)


def _born(day: date) -> str:
    return f"born {day.isoformat()}"


def _dialled(digits: str) -> str:
    return f"dial {digits}"


def _recorded(number: str) -> str:
    return f"record {number.strip().casefold()}"
