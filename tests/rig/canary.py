"""Invented clients whose every field is unique, and a scanner that finds those fields however they are written.

Used to show that personal data stays where it belongs: logs, URLs, carrier requests, database files and exports are
searched for it. Invariant: the scanner finds what it plants (tests/frame/test_canary.py), or no clean result means
anything.
"""

import base64
import html
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from urllib.parse import quote, quote_plus

_GIVEN = (
    "Quillonbeth",
    "O'Zephrine",
    "Žydrūnė",
    "María-Xóchitl",
    "Jean-Thwaxby",
    "Nguyễnquar",
    "Aaliyahvex",
    "Björnquist",
)
_FAMILY = ("Zarvanek", "von Xilberg", "D’Quonto", "Ó Fjordán", "Smythe-Vorq", "Al-Wixari", "Łuczkobar", "Ñuflomez")
_SHORTEST = 6
_COMPRESSED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")


@dataclass(frozen=True, slots=True)
class Canary:
    """One invented client."""

    number: int
    given: str
    family: str
    phone: str
    email: str
    birth_date: date
    note: str

    @property
    def name(self) -> str:
        """Both names, as they would be written."""
        return f"{self.given} {self.family}"


def canary(number: int) -> Canary:
    """The client of that number, always the same: an awkward name, a fictional phone number, a birth date long ago."""
    given = f"{_GIVEN[number % len(_GIVEN)]}{_letters(number)}"
    family = f"{_FAMILY[number // len(_GIVEN) % len(_FAMILY)]}{_letters(number * 7 + 3)}"
    return Canary(
        number=number,
        given=given,
        family=family,
        phone=f"+1{202 + number // 100 % 7:03d}55501{number % 100:02d}",
        email=f"canary.{_letters(number)}{number}@mail.example",
        birth_date=date(1907, 1, 1) + timedelta(days=number * 17),
        note=f"canarynote-{_letters(number * 31 + 11)}-{number}",
    )


def corpus(clients: int = 40) -> tuple[Canary, ...]:
    """So many clients."""
    return tuple(canary(number) for number in range(clients))


def words(clients: Iterable[Canary]) -> Iterator[str]:
    """Every text that must not leak, phones and dates in the ways people write them."""
    for client in clients:
        yield from (client.given, client.family, client.email, client.note)
        area, line = client.phone[2:5], client.phone[8:]
        yield from (client.phone[1:], f"{area}555{line}", f"({area}) 555-{line}", f"{area}-555-{line}")
        born = client.birth_date
        yield from (born.isoformat(), f"{born:%m/%d/%Y}", f"{born.month}/{born.day}/{born.year}", f"{born:%d.%m.%Y}")


@dataclass(frozen=True, slots=True)
class Hit:
    """A leak: what was found, and in which form."""

    word: str
    form: str

    def __str__(self) -> str:
        return f"{self.word!r} ({self.form})"


class Scanner:
    """Searches bytes for words in every form in which they could leak."""

    def __init__(self, searched: Iterable[str]) -> None:
        self.words = tuple(dict.fromkeys(word for word in searched if len(word) >= _SHORTEST))

    def find(self, data: bytes | str, *, also: str = "") -> list[Hit]:
        """Every leak in `data`, compressed parts of it included; `also` names where this part came from."""
        raw = data.encode() if isinstance(data, str) else data
        if not raw:
            return []
        hits = [Hit(word, form + also) for word, form in (*_found(raw.lower(), self._plain), *_found(raw, self._exact))]
        for part in _inflated(raw):
            hits += self.find(part, also=f", compressed{also}")
        return hits

    @cached_property
    def _plain(self) -> "Index":
        """Forms where letter case tells nothing; searched in lower case."""
        return _index((word, form, needle.lower()) for word in self.words for form, needle in _plain_forms(word))

    @cached_property
    def _exact(self) -> "Index":
        return _index((word, "base64", needle) for word in self.words for needle in _base64_forms(word))


Index = dict[bytes, list[tuple[str, str, bytes]]]
"""Needles by their first bytes, so that a database of megabytes is gone through once, not once for each needle."""


def _index(needles: Iterable[tuple[str, str, bytes]]) -> Index:
    made: Index = {}
    for word, form, needle in needles:
        made.setdefault(needle[:_SHORTEST], []).append((word, form, needle))
    return made


def _found(data: bytes, index: Index) -> list[tuple[str, str]]:
    """Words and forms in the data, each once, in the order of their first place."""
    starts = [at for at in range(len(data) - _SHORTEST + 1) if data[at : at + _SHORTEST] in index]
    hits = (
        (word, form)
        for at in starts
        for word, form, needle in index[data[at : at + _SHORTEST]]
        if data.startswith(needle, at)
    )
    return list(dict.fromkeys(hits))


def _plain_forms(word: str) -> Iterator[tuple[str, bytes]]:
    forms = {
        "as it is": word.encode(),
        "lower case": word.lower().encode(),
        "upper case": word.upper().encode(),
        "UTF-16": word.encode("utf-16-le"),
        "UTF-16, big end first": word.encode("utf-16-be"),
        "lower case UTF-16": word.lower().encode("utf-16-le"),
        "Windows-1252": word.encode("cp1252", errors="ignore"),
        "URL": quote(word, safe="").encode(),
        "form": quote_plus(word).encode(),
        "JSON": json.dumps(word)[1:-1].encode(),
        "HTML": html.escape(word).encode(),
        "repr": ascii(word)[1:-1].encode(),
        "hex": word.encode().hex().encode(),
    }
    seen: set[bytes] = set()
    for form, needle in forms.items():
        if len(needle) >= _SHORTEST and needle not in seen:
            seen.add(needle)
            yield form, needle


def _base64_forms(word: str) -> Iterator[bytes]:
    """What is the same in base64 wherever the word begins: three alignments, two alphabets, uncertain ends cut off."""
    raw = word.encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        certain = encoded[(0, 2, 3)[shift] : len(encoded) - (4 if (shift + len(raw)) % 3 else 0)]
        if len(certain) >= _SHORTEST:
            yield certain
            if (other := certain.translate(bytes.maketrans(b"+/", b"-_"))) != certain:
                yield other


def _inflated(raw: bytes) -> Iterator[bytes]:
    for start in _COMPRESSED.finditer(raw):
        try:
            part = zlib.decompressobj(wbits=47).decompress(raw[start.start() :], 64 * 1024 * 1024)
        except zlib.error:
            continue
        if len(part) >= _SHORTEST:
            yield part


def _letters(number: int) -> str:
    """A short lower-case word that no other number has."""
    text = ""
    number += 26
    while number:
        number, digit = divmod(number, 26)
        text = "qwzxvkjymhgbpfdctlnrsuioae"[digit] + text
    return text
