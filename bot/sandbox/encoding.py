"""How many segments does a text take, and what does SmartEncoded make of it?

The carrier's own count, kept apart from the practice's on purpose: two counts that agree are worth more than one.
Invariant: pure; only typography is replaced, never a
letter somebody's name could hold.
"""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")

_LOOK_ALIKES = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u2026": "...",
        "\u00a0": " ",
        "\u2009": " ",
        "\u202f": " ",
        "\u200b": "",
    }
)


def segments(body: str) -> int:
    """Segments of a text: 160/153 GSM-7 septets, 70/67 UTF-16 units otherwise; an empty text takes one."""
    if _BASIC.issuperset(body) or all(letter in _BASIC or letter in _EXTENDED for letter in body):
        return _parts(len(body) + sum(letter in _EXTENDED for letter in body), 160, 153)
    return _parts(len(body.encode("utf-16-be")) // 2, 70, 67)


def smart_encoded(body: str) -> str:
    """The body with typographic letters replaced by their plain look-alikes."""
    return body.translate(_LOOK_ALIKES)


def _parts(units: int, single: int, joined: int) -> int:
    return 1 if units <= single else -(-units // joined)
