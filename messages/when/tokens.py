"""Cuts a text into plain tokens for reading times: words, numbers with what is written to them, pauses and stops.

Typing mistakes in the names of days and parts of the day are mended here. The one invariant: the result depends on the
text alone, and a word is mended only where a single mistake leads to a single name.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from messages.when.marks import NOT_MENDED
from messages.when.words import DAY_NUMBERS, HOURS, LUNCH, MINUTES, MONTHS, PARTS, SHORT_FORMS, TONIGHT, WEEKDAYS

MAX_CHARACTERS: Final = 2000
PAUSE: Final = ","
STOP: Final = "."

_MARKS: Final = re.compile(r"\b([ap])\s?\.?\s?m\b\.?")
_SHORTENED: Final = re.compile(
    r"\b(mon|tues?|wed|thu(?:rs?)?|fri|sat|sun|jan|feb|apr|aug|sept?|oct|nov|dec"
    r"|lun|mar|mie|jue|vie|sab|dom|ene|abr|ago|dic|approx|hrs?)\."
)
# Numbers that are no times whatever stands around them: telephones, money, measures, places on a list.
_OTHER_NUMBERS: Final = re.compile(
    r"\(?\b\d{3}\)?[\s.-]{0,2}\d{3}[\s.-]?\d{4}\b|\b\d{3}[\s-]\d{4}\b|\b\d{5,}\b"
    r"|[$\u20ac\u00a3]\s?\d+(?:[.,]\d+)*|#\s?\d+|\b\d+(?:[.,]\d+)?\s?(?:mg|ml|mcg|lbs?|kg|kilos|%|dollars|bucks|degrees)(?![a-z])"
    r"|\b\d{2,3}\.\d\b|\b\d+\s1/2\s?(?:hours?|hrs?|horas?|weeks?|semanas?|months?|meses|years?|anos?)\b"
)
# "12-18 9:45am", "12.18 at 2": a month and a day where an hour follows.
_DASHED_DATE: Final = re.compile(
    r"\b(1[0-2]|0?[1-9])[-.](1[3-9]|2\d|3[01])(?=\s+(?:at |@ ?|a las? )?\d{1,2}(?::\d\d|\s?[ap]m?\b|$))"
)
_MIDDAY: Final = re.compile(r"\bmid\s?-?\s?day\b")
_AND_A_HALF: Final = re.compile(r"\b(\d{1,2})\s?(?:&\s?)?1/2\b")
_COMPOUND: Final = re.compile(r"\b(twenty|thirty|forty|fifty)-(?=[a-z])")
# "M-F" is every working day; which days "m/w/f" names is asked.
_WORKDAYS: Final = re.compile(r"\bm(?:on)?\s?-\s?f\b")
_LETTERS: Final = re.compile(r"\b(?:m|t|tu|w|th|r|f)(?:/(?:m|t|tu|w|th|r|f))+\b")
# Numbers that stand for their sound.
_SOUND_OF: Final = {
    "2morrow": "tomorrow", "2moro": "tomorrow", "2mrw": "tomorrow", "2mrow": "tomorrow", "2day": "today",
    "2nite": "tonight", "2night": "tonight", "b4": "before", "l8r": "later", "b/w": "between", "l8": "late",
}  # fmt: skip
_SOUNDS: Final = re.compile(rf"\b(?:{'|'.join(_SOUND_OF)})\b")
_APOSTROPHE: Final = re.compile(r"(?<=[^\W_])['\u2019\u2018`\u00b4](?=[^\W_])")
_STRETCHED: Final = re.compile(r"([a-z])\1{2,}")
_PIECE: Final = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}"
    r"|\d{1,2}/\d{1,2}(?:/\d{4}|/\d{2})?(?!\d|:|\s?[ap]m\b|[ap]\b)"
    r"|\d{1,2}(?:\s?[:;]\s?|\.)[0-5]\d(?!\d)|\d{1,2}h[0-5]\d(?!\d)"
    r"|\d{1,4}[ap](?![a-z])"
    r"|\d+"
    r"|[a-z]+"
    r"|[?.!;\n]|[,()]|[-\u2013\u2014]|[/&+@]"
)
_SEPARATE: Final = {"@": "at", "&": "and", "+": "and", "/": "or"}
_NARROWING: Final = frozenset({"early", "mid", "late"})
# "Once the kids are gone" is no eleven.
_ENGLISH: Final = frozenset(
    {
        "i", "im", "ive", "the", "we", "were", "weve", "she", "shes", "he", "hes", "they", "theyre", "you", "my",
        "its", "it", "school", "class", "work", "our", "his", "her", "hubby", "mom", "dad", "that", "this", "traffic",
    }
)  # fmt: skip
_OF_TODAY: Final = frozenset({"manana", "tarde", "noche", "tardecita"})
# Words that are read as others before some.
_READ_AS: Final[dict[str, tuple[frozenset[str], tuple[str, ...]]]] = {
    "once": (_ENGLISH, ("when",)),
    "esta": (_OF_TODAY, ("hoy", "la")),
    "i": (frozenset({"media", "cuarto", "pico"}), ("y",)),
    "x": (frozenset({"la", "las", "el", "favor"}), ("por",)),
}
_HUNDREDS: Final = {
    "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_MINUTES_OF_A_DASH: Final = frozenset({"fifteen", "twenty", "thirty", "forty", "fifty", "oh"})
_WITH_ARTICLE: Final = {"del": ("de", "el"), "al": ("a", "el"), "pal": ("para", "el")}
_SOFT_C: Final = re.compile("c(?=[ei])")
_VOWELS: Final = re.compile("[aeiou]")
_LONGEST_MENDED: Final = 10
_SHORTEST_MENDED: Final = 5
_LONG: Final = 8

# Slips that stand in the tables; a word near one of them is not near a name.
_SLIPS: Final = frozenset(
    {
        "mondy", "munday", "teusday", "tuesdy", "wensday", "wendsday", "wednsday", "thrusday", "thirsday", "thurday",
        "firday", "satuday",
    }
)  # fmt: skip
_NAMES: Final = tuple(
    name
    for name in (
        *WEEKDAYS, *MONTHS, *PARTS, "tomorrow", "weekend", "tonight", "manana", "tarde", "proximo", "proxima",
        "mediodia", "despues", "semana", "thirty", "fifteen", "eleven", "twelve", "quarter", "cuatro", "treinta",
        "quince", "oclock",
    )
    if len(name) >= _SHORTEST_MENDED and name not in _SLIPS
)  # fmt: skip


def tokens(text: str) -> tuple[str, ...]:
    """The plain tokens of `text`, in order. Stops are ".", questions "?", pauses ","; a dash is "-"."""
    lower = unicodedata.normalize("NFKD", text[:MAX_CHARACTERS].casefold())
    plain = "".join(letter for letter in lower if not unicodedata.combining(letter))
    plain = _SOUNDS.sub(lambda found: _SOUND_OF[found[0]], plain)
    plain = _LETTERS.sub(" weekly ", _WORKDAYS.sub(" weekdays ", plain))
    plain = _MIDDAY.sub("midday", _DASHED_DATE.sub(r"\1/\2", plain))
    plain = _COMPOUND.sub(r"\1 ", plain)
    plain = _OTHER_NUMBERS.sub(" number ", _SHORTENED.sub(r"\1 ", plain))
    plain = _AND_A_HALF.sub(r"\1 y 1/2", plain)
    plain = _MARKS.sub(r"\1m ", _APOSTROPHE.sub("", plain))
    return tuple(_unfolded(tuple(_in_digits(tuple(_cut(plain))))))


def _in_digits(cut: tuple[str, ...]) -> Iterator[str]:
    """“Fourteen hundred" is 14:00, and the dash of "ten-thirty" no stretch."""
    at = 0
    while at < len(cut):
        before, word, after = cut[at - 1] if at else "", cut[at], cut[at + 1] if at + 1 < len(cut) else ""
        if after == "hundred" and word in _HUNDREDS:
            yield f"{_HUNDREDS[word]}:00"
            at += 2 + (cut[at + 2 : at + 3] == ("hours",))
            continue
        if not (word == "-" and before in HOURS and after in _MINUTES_OF_A_DASH):
            yield word
        at += 1


def _unfolded(cut: tuple[str, ...]) -> Iterator[str]:
    """The tokens, with a word for a day and its part together said as two: "tonight" is "today night"."""
    for at, word in enumerate(cut):
        after = cut[at + 1] if at + 1 < len(cut) else ""
        before_these, read_as = _READ_AS.get(word, (frozenset(), ()))
        if after in before_these:
            yield from read_as
        elif word in TONIGHT:
            yield from ("today", "night")
        elif word in _NARROWING and after == "this" and cut[at + 2 : at + 3] and cut[at + 2] in PARTS:
            yield from ("today", word)
        elif word == "this" and after in PARTS and PARTS[after] != LUNCH:
            yield from () if at and cut[at - 1] in _NARROWING else ("today",)
        elif word in _WITH_ARTICLE and (after.isdecimal() or after == "primero"):
            yield from _WITH_ARTICLE[word]
        else:
            yield word


def _cut(plain: str) -> Iterator[str]:
    for piece in _PIECE.findall(plain):
        if piece in "!;\n.":
            yield STOP
        elif piece in "()," or piece == PAUSE:
            yield PAUSE
        elif piece in "-\u2013\u2014":
            yield "-"
        else:
            yield from _words_in(_SEPARATE.get(piece) or re.sub(r"\s", "", piece).replace(";", ":"))


def _words_in(piece: str) -> Iterator[str]:
    """The word, mended and in full; "twoish" is two words."""
    stem = piece.removesuffix("ish")
    hour = next(
        (word for word in (stem, f"{stem}e") if word in HOURS or word in PARTS or word in {"noon", "mid"}), None
    )
    if stem != piece and hour is not None:
        yield from (hour, "ish")
    else:
        word = _mended(piece)
        yield SHORT_FORMS.get(word, word)


@lru_cache(maxsize=4096)
def _mended(word: str) -> str:
    word = _STRETCHED.sub(r"\1\1", word)
    if not _SHORTEST_MENDED <= len(word) <= _LONGEST_MENDED or not word.isalpha() or word in NOT_MENDED:
        return word
    if word in _NAMES or word in DAY_NUMBERS or word in MINUTES:
        return word
    sound = _sound(word)
    near = {name: _distance(sound, spoken) for name, spoken in _SOUNDS_OF_NAMES.items() if _near(sound, spoken)}
    nearest = [name for name, slips in near.items() if slips == min(near.values())]
    if len({_meaning(name) for name in nearest}) == 1:
        return nearest[0]
    bare = [name for name in _NAMES if _consonants(name) == word]
    return bare[0] if len(bare) == 1 and not nearest else word


def _sound(word: str) -> str:
    """The word as Spanish says it: b and v are one, so are s, z and soft c; an h before them is silent."""
    return _SOFT_C.sub("s", word.removeprefix("h")).replace("b", "v").replace("z", "s")


def _consonants(word: str) -> str:
    return _VOWELS.sub("", word)


def _meaning(name: str) -> object:
    """What a name stands for: two spellings of one day are no two meanings."""
    return WEEKDAYS.get(name, name)


def _near(word: str, name: str) -> bool:
    """Whether one slip of the thumb (two in long words) makes one of the other."""
    allowed = 2 if len(name) >= _LONG else 1
    alike = word[:1] == name[:1] and abs(len(word) - len(name)) <= allowed
    return alike and _distance(word, name) <= allowed


def _distance(first: str, second: str) -> int:
    """How many letters must be put in, taken out, changed or swapped with a neighbour."""
    rows = [list(range(len(second) + 1))]
    for at, letter in enumerate(first, 1):
        row = [at]
        for other_at, other in enumerate(second, 1):
            cost = min(rows[-1][other_at] + 1, row[-1] + 1, rows[-1][other_at - 1] + (letter != other))
            swapped = at > 1 and other_at > 1 and letter == second[other_at - 2] and first[at - 2] == other
            row.append(min(cost, rows[-2][other_at - 2] + 1) if swapped else cost)
        rows.append(row)
    return rows[-1][-1]


_SOUNDS_OF_NAMES: Final = {name: _sound(name) for name in _NAMES}
