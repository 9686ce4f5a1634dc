"""How long a text is on the wire: GSM-7 or UCS-2, units, segments, and the normalising that keeps it short.

Here live the character tables of 3GPP 23.038 (default alphabet and extension) and the replacement of look-alikes.
Which text is sent is `render.py`'s business. The one invariant: `sms_text` leaves alone every character that GSM-7
holds and changes nothing when applied again, so counting after it tells the truth about what will be billed.
"""

import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Final

_GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED: Final = frozenset("\f^{}\\[~]|€")
_GSM_ALL: Final = _GSM_BASIC | _GSM_EXTENDED

_LOOK_ALIKES: Final = str.maketrans(
    {
        # Spaces: CLDR puts U+202F before AM/PM, word processors put U+00A0 everywhere.
        "\u00a0": " ",
        "\u2002": " ",
        "\u2003": " ",
        "\u2007": " ",
        "\u2009": " ",
        "\u200a": " ",
        "\u202f": " ",
        "\u3000": " ",
        "\t": " ",
        # Quotes, dashes, ellipsis, bullets.
        "\u2018": "'",
        "\u2019": "'",
        "\u201a": "'",
        "\u201b": "'",
        "\u2032": "'",
        "\u00b4": "'",
        "\u0060": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u2033": '"',
        "\u00ab": '"',
        "\u00bb": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2015": "-",
        "\u2212": "-",
        "\u2026": "...",
        "\u2022": "-",
        "\u00b7": "-",
        # Marks without width: bidi controls, joiners, byte-order mark, soft hyphen, variation selectors.
        "\u200b": None,
        "\u200c": None,
        "\u200d": None,
        "\u200e": None,
        "\u200f": None,
        "\u202a": None,
        "\u202b": None,
        "\u202c": None,
        "\u202d": None,
        "\u202e": None,
        "\u2060": None,
        "\u2066": None,
        "\u2067": None,
        "\u2068": None,
        "\u2069": None,
        "\ufeff": None,
        "\u00ad": None,
        "\ufe0e": None,
        "\ufe0f": None,
    }
)

_PLAIN: Final = {"œ": "oe", "Œ": "OE", "ð": "d", "þ": "th", "\u0131": "i", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D"}


# Code points above this take a surrogate pair, two units.
_LAST_SINGLE_UNIT: Final = 0xFFFF

# What is drawn into the character before it: accents and marks, joiners, skin tones, the second letter of a flag.
_DRAWN_INTO: Final = frozenset({"Mn", "Me", "Mc"})
_JOINER: Final = "\u200d"
_JOINERS: Final = frozenset({_JOINER, "\u200c"})
_SKIN_TONES: Final = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_FLAG_LETTERS: Final = frozenset(map(chr, range(0x1F1E6, 0x1F200)))


def _carriers_table() -> dict[int, str]:
    """What the carrier's own smart encoding replaces, character by character."""
    listed = tomllib.loads(files(__package__).joinpath("smart_encoding.toml").read_text("utf-8"))
    return {int(code, 16): plain for plain, codes in listed.items() for code in codes.split()}


_CARRIERS_TABLE: Final = _carriers_table()


class Encoding(StrEnum):
    """The two wire alphabets."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True)
class Segments:
    """The size of a text: `units` are septets (GSM-7) or 16-bit code units (UCS-2); `count` is what is billed."""

    encoding: Encoding
    units: int
    count: int


def gsm7_units(text: str) -> int | None:
    """Septets of `text` in the default alphabet (extension characters count two), None when it does not fit."""
    if _GSM_BASIC.issuperset(text):
        return len(text)
    if not _GSM_ALL.issuperset(text):
        return None
    return len(text) + sum(character in _GSM_EXTENDED for character in text)


def segments(text: str, *, toll_free: bool = False) -> Segments:
    """Counts `text` as a carrier bills it.

    One part holds 160 septets or 70 code units; a longer text is cut into parts that each give up six bytes for the
    header (153 or 67). Toll-free routes cut into 152 or 66 (source: vendor's length guide). An extension pair, a
    surrogate pair and what is drawn as one (a flag, a joined emoji, a letter with its accents) never straddle two
    parts, so parts may stay short.
    """
    septets = gsm7_units(text)
    if septets is not None:
        single, part = 160, 152 if toll_free else 153
        return Segments(Encoding.GSM7, septets, 1 if septets <= single else _parts(_septet_widths(text), part))
    units = len(text.encode("utf-16-be")) // 2
    single, part = 70, 66 if toll_free else 67
    return Segments(Encoding.UCS2, units, 1 if units <= single else _parts(_unit_widths(text), part))


def smart_encoded(text: str) -> str:
    """`text` as the carrier's own smart encoding would send it, character by character; emoji and scripts stay.

    For comparing with the carrier's calculator. What we send went through `sms_text`, which does more.
    """
    return text.translate(_CARRIERS_TABLE)


def sms_text(text: str, *, plain_letters: bool = False) -> str:
    """`text` with look-alikes of GSM-7 characters replaced by them.

    With `plain_letters`, letters whose accent GSM-7 lacks lose it ("sábado" to "sabado"), while those it has ("ñ",
    "é", "ü") stay; emoji and other scripts stay too, since dropping them could change the meaning.
    """
    if text.isascii() and "`" not in text and "\t" not in text:
        return text  # nearly all English texts: none of the rules below touches such a character
    composed = unicodedata.normalize("NFC", text).translate(_LOOK_ALIKES)
    if not plain_letters or _GSM_ALL.issuperset(composed):
        return composed
    return "".join(map(_plain, composed))


def _plain(character: str) -> str:
    if character in _GSM_BASIC or character in _GSM_EXTENDED:
        return character
    if character in _PLAIN:
        return _PLAIN[character]
    bare = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return bare if bare and gsm7_units(bare) is not None else character


def _septet_widths(text: str) -> list[int]:
    return [2 if character in _GSM_EXTENDED else 1 for character in text]


def _unit_widths(text: str) -> list[int]:
    return [sum(1 + (ord(character) > _LAST_SINGLE_UNIT) for character in drawn) for drawn in _as_drawn(text)]


def _as_drawn(text: str) -> Iterator[str]:
    """The text in the pieces a reader sees: an accent stays with its letter, a flag and a joined emoji are one."""
    piece = ""
    for character in text:
        if piece and not _belongs_to(piece, character):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _belongs_to(piece: str, character: str) -> bool:
    """Whether `character` is drawn into the piece before it (the cluster rules of Unicode annex 29, without Hangul)."""
    last = piece[-1]
    if last in "\r\n" or unicodedata.category(last) == "Cc":
        return False
    if unicodedata.category(character) in _DRAWN_INTO or character in _JOINERS or character in _SKIN_TONES:
        return True
    if character in _FLAG_LETTERS:
        return last in _FLAG_LETTERS and len(piece) == 1
    return last == _JOINER and unicodedata.category(character) == "So" and len(piece) > 1


def _parts(widths: list[int], capacity: int) -> int:
    parts, used = 1, 0
    for width in widths:
        if used + width > capacity:
            parts, used = parts + 1, 0
        used += width
    return parts
