"""Reads moments counted from now: "in 45 minutes", "an hour and a half from now", "dentro de media hora".

How late somebody is ("I'll be there in 15 minutes") is no wish. The one invariant: an amount without "in" or "from now"
is how long something takes, and is not read here.
"""

from datetime import datetime, timedelta
from typing import Final

from messages.when.pieces import Clock, Days
from messages.when.reading import Grain
from messages.when.words import MINUTES, NUMBERS, TENS

_HOUR: Final = 60
_NOON: Final = 12
_MOST_HOURS: Final = 12
_SIZES: Final = {
    **dict.fromkeys(("minute", "minutes", "min", "mins", "minuto", "minutos"), 1),
    **dict.fromkeys(("hour", "hours", "hr", "hrs", "hora", "horas"), _HOUR),
}
_WHOLE: Final = {
    ("half", "an", "hour"): 30,
    ("half", "hour"): 30,
    ("a", "half", "hour"): 30,
    ("media", "hora"): 30,
    ("media", "horita"): 30,
    ("quarter", "of", "an", "hour"): 15,
    ("un", "cuarto", "de", "hora"): 15,
    ("hora", "y", "media"): 90,
    ("una", "hora", "y", "media"): 90,
    ("an", "hour", "and", "a", "half"): 90,
}
_WITHIN: Final = (("dentro", "de"), ("in",), ("en",), ("como", "en"))
_HEDGES: Final = frozenset({"exactly", "about", "like", "around", "maybe", "just", "como", "unos", "unas", "another"})
_AND_A_HALF: Final = (("and", "a", "half"), ("y", "media"))
_FIVE: Final = (("five",), ("y", "cinco"))
_OUT: Final = (("from", "now"), ("a", "partir", "de", "ahora"), ("de", "ahora"), ("desde", "ahora"))
# Beside these somebody says when they will be here, not when they wish for a visit.
_ON_THE_WAY: Final = frozenset(
    {
        "there", "late", "llego", "llegar", "llegamos", "llegando", "llegare", "tarde", "arrive", "arriving", "running",
        "traffic", "trafico", "away", "retraso", "retrasada", "retrasado", "delayed", "eta", "salgo", "call", "reply",
        "back", "ahi", "alla", "camino", "vuelvo", "regreso", "aviso", "parking",
    }
)  # fmt: skip


def moment_at(words: tuple[str, ...], at: int, now: datetime) -> tuple[Days, Clock, int] | None:
    """The day and the time that are so far from now, and the tokens they took."""
    within = next((len(phrase) for phrase in _WITHIN if words[at : at + len(phrase)] == phrase), 0)
    start = at + within
    start += start < len(words) and words[start] in _HEDGES
    amount = _amount(words, start)
    if amount is None:
        return None
    minutes, end = amount
    out = next((len(phrase) for phrase in _OUT if words[end : end + len(phrase)] == phrase), 0)
    if not (within or out) or not _ON_THE_WAY.isdisjoint(words) or minutes > _MOST_HOURS * _HOUR:
        return None
    then = now + timedelta(minutes=minutes)
    half = "a" if then.hour < _NOON else "p"
    clock = Clock(then.hour, then.minute, half if then.hour <= _NOON else "", Grain.MINUTE)
    return Days((then.date(),)), clock, end + out - at


def _amount(words: tuple[str, ...], at: int) -> tuple[int, int] | None:
    """How many minutes, and where that ends."""
    for phrase, minutes in _WHOLE.items():
        if words[at : at + len(phrase)] == phrase:
            return minutes, at + len(phrase)
    number, taken = _number(words, at)
    then = at + taken
    then += words[then : then + 1] == ("of",)
    size = _SIZES.get(words[then]) if number and then < len(words) else None
    if size is None:
        return None
    half = next((len(tail) for tail in _AND_A_HALF if words[then + 1 : then + 1 + len(tail)] == tail), 0)
    return number * size + (half and size // 2), then + 1 + half


def _number(words: tuple[str, ...], at: int) -> tuple[int, int]:
    word = words[at] if at < len(words) else ""
    if words[at : at + 2] in {("a", "couple"), ("un", "par")}:
        return 2, 2 + (words[at + 2 : at + 3] == ("de",))
    if word.isdecimal() and len(word) <= 3:  # noqa: PLR2004 -- minutes have no more digits
        return int(word), 1
    if word in TENS:
        five = next((len(tail) for tail in _FIVE if words[at + 1 : at + 1 + len(tail)] == tail), 0)
        return TENS[word] + (five and 5), 1 + five
    if word == "una":
        return 1, 1
    number = NUMBERS.get(word) or MINUTES.get(word, 0)
    return (number, 1) if number and word not in {"media", "cuarto"} else (0, 0)
