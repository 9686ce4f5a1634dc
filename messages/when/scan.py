"""Turns tokens into pieces of time: at each place the longest phrase, date, day, clock or part of the day wins.

What the pieces mean together is decided in `bind.py`. The one invariant: every token becomes part of exactly one piece,
so that the words left over can be counted.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, time
from typing import Final

from messages.when.almanac import Calendar
from messages.when.clocks import clock_at
from messages.when.dates import dates_at
from messages.when.from_now import moment_at
from messages.when.holidays import holiday_at
from messages.when.marks import NOT_TIMES, PHRASES, POLITE
from messages.when.pieces import Clock, Days, Mark, Part, Piece, Word
from messages.when.tokens import PAUSE, STOP
from messages.when.words import HOURS, LUNCH, MANANA, MIDDLE, MONTHS, MORNING, NARROWED, OF_THE_DAY, PARTS, WEEKDAYS

Found = tuple[Piece, int]
"""A piece and how many tokens it took."""

_LONGEST: Final = max(map(len, PHRASES))
_LONGEST_SAYING: Final = max(map(len, NOT_TIMES))
_ANY: Final = frozenset({"any", "cualquier", "every", "all", "todas", "todos", "cada"})
_TARDE: Final = frozenset({"tarde", "tardes", "tardecita"})
_FIRST_THING: Final = (
    ("first", "thing", "in", "the", "morning"),
    ("first", "thing"),
    ("a", "primera", "hora"),
    ("primera", "hora"),
    ("bright", "and", "early"),
)
_LAST_THING: Final = (("a", "ultima", "hora"), ("ultima", "hora"))
_BEHIND_A_TIME: Final = frozenset({Mark.ONWARDS, Mark.OR_EARLIER})
_HALVES: Final = {"am": MORNING, "pm": PARTS["afternoon"]}
_BEFORE_A_HALF: Final = frozenset({"the", "th", "st", "nd", "rd", "tomorrow", "today", "tmrw", "tmw", "tmr"})
# "Prefiero el jueves que el viernes": then "que" turns down what follows.
_RATHER: Final = frozenset({"prefiero", "mejor", "preferible"})
_WISHING: Final = frozenset({"happy", "merry", "feliz", "felices", "wonderful", "blessed"})
_NEAR: Final = frozenset({"tomorrow", "today", "hoy", "next", "proximo", "tarde"})
_BAD: Final = frozenset(
    {
        "awful", "bad", "complicada", "complicado", "crazy", "dificil", "fatal", "hard", "hectic", "iffy", "jammed",
        "mal", "nada", "nah", "never", "nope", "nunca", "nuts", "packed", "rough", "shot", "terrible", "tough",
        "tricky",
    }
)  # fmt: skip
_EARLY: Final = frozenset({"early", "temprano", "tempranito"})


def scan(words: tuple[str, ...], now: datetime, *, day_first: bool | None) -> Iterator[Piece]:
    """The pieces of `words` in order. `day_first`: whether 5/12 is in December; None where nobody can say."""
    calendar = Calendar(now.date(), day_first=day_first)
    at = 0
    last: Piece | None = None
    while at < len(words):
        moment = moment_at(words, at, now)
        if moment is not None:
            yield from moment[:2]
            last, at = moment[1], at + moment[2]
            continue
        piece, length = _piece_at(words, at, calendar)
        if isinstance(piece, Days) and piece.until is None:
            calendar = replace(calendar, said=piece.dates[0])
        piece = _behind_a_time(words[at], last, piece)
        leads = not at and words[at + 1 : at + 2] in {("on",), ("the",)}
        if words[at] in _HALVES and isinstance(piece, Word) and (leads or last in {Mark.PAUSE, Mark.DASH}):
            piece = Part(*_HALVES[words[at]])
        if piece is Mark.LINK and _changes_for(words, at):
            piece = Mark.TO
        if _until_when(words, at, last):
            piece = Mark.ASK
        rather = words[at] == "que" and isinstance(last, Days | Clock | Part) and not _RATHER.isdisjoint(words)
        last = Mark.INSTEAD_OF if rather else _not_of_which(words, at, last, piece)
        yield last
        at += length


def _behind_a_time(word: str, before: Piece | None, piece: Piece) -> Piece:
    """“Thursdays bad", "el martes no que voto": words that turn a day down, or say why, only right behind it."""
    if word == "day" and isinstance(before, Word) and before.text not in POLITE:
        return Mark.SOME_DAY  # "Star Trek day": a day of theirs
    if isinstance(piece, Word) and word in _BAD and (isinstance(before, Days | Clock | Part) or before is Mark.IS):
        return Mark.CANNOT
    return Mark.BECAUSE if word == "que" and before is Mark.NOT else piece


def _changes_for(words: tuple[str, ...], at: int) -> bool:
    """“Me cambia el lunes por mañana"."""
    named = words[at : at + 1] == ("por",) and at + 1 < len(words) and (words[at + 1] in {*WEEKDAYS, *MANANA, "el"})
    return named and any(word.startswith(("cambi", "mover", "muev")) for word in words[:at])


def _until_when(words: tuple[str, ...], at: int, before: Piece | None) -> bool:
    """“Hasta el lunes que regreso" is "not until Monday" to many."""
    return words[at] == "que" and isinstance(before, Days) and "hasta" in words[max(at - 6, 0) : at]


def _not_of_which(words: tuple[str, ...], at: int, before: Piece | None, piece: Piece) -> Piece:
    """“Hoy no mañana”: without a pause nobody can tell which of the two is turned down."""
    between = words[at] == "no" and piece in {Mark.NOT, Mark.EXCEPT} and isinstance(before, Days | Clock | Part)
    return Mark.ASK if between and _time_is_near(words[at + 1 : at + 4]) else piece


def _time_is_near(words: tuple[str, ...]) -> bool:
    """Whether a day or an hour follows before the next pause."""
    for word in words:
        if word in {PAUSE, STOP, "?", "but", "pero", "que"}:
            return False
        if word[0].isdecimal() or word in WEEKDAYS or word in MANANA or word in HOURS or word in PARTS or word in _NEAR:
            return True
    return False


def _piece_at(words: tuple[str, ...], at: int, calendar: Calendar) -> Found:
    for look in _LOOKS:
        found = look(words, at)
        if found is not None:
            return found
    return (
        _greeting(words, at, calendar)
        or dates_at(words, at, calendar)
        or _phrase(words, at, shortest=2)
        or clock_at(words, at)
        or _phrase(words, at, shortest=1)
        or (Word(words[at]), 1)
    )


def _punctuation(words: tuple[str, ...], at: int) -> Found | None:
    marks: Mapping[str, Mark] = {PAUSE: Mark.PAUSE, STOP: Mark.STOP, "?": Mark.STOP, "-": Mark.DASH}
    mark = marks.get(words[at])
    return None if mark is None else (mark, 1)


def _something_else(words: tuple[str, ...], at: int) -> Found | None:
    """Greetings and sayings with a word of time in them."""
    for length in range(min(_LONGEST_SAYING, len(words) - at), 0, -1):
        phrase = words[at : at + length]
        if phrase in NOT_TIMES:
            return Word(" ".join(phrase)), length
    return None


def _greeting(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """“Merry Christmas", "feliz año nuevo"."""
    found = holiday_at(words, at + 1, calendar) if words[at] in _WISHING and at + 1 < len(words) else None
    return None if found is None else (Word(words[at]), 1 + found[1])


def _phrase(words: tuple[str, ...], at: int, *, shortest: int) -> Found | None:
    for length in range(min(_LONGEST, len(words) - at), shortest - 1, -1):
        if (
            length > 1
            and words[at + length - 1] == "el"
            and at + length < len(words)
            and words[at + length].isdecimal()
        ):
            continue  # "entre el 24": the article belongs to the day
        mark = PHRASES.get(words[at : at + length])
        if mark is not None and not (mark in _BEHIND_A_TIME and _begins_time(words, at + length)):
            return mark, length
    return None


def _begins_time(words: tuple[str, ...], at: int) -> bool:
    """Whether an hour follows: then "or after" is not the end of "4 or after" but two words."""
    following = [word for word in words[at : at + 3] if word not in {"the", "a", "las", "la", "de", "at"}]
    return bool(following) and (
        following[0][0].isdecimal() or following[0] in HOURS or following[0] in {"noon", "mediodia"}
    )


def _part(words: tuple[str, ...], at: int) -> Found | None:
    for phrase in _FIRST_THING:
        if words[at : at + len(phrase)] == phrase:
            return Part(MORNING[0], time(10)), len(phrase)
    if words[max(at - 2, 0) : at] == ("later", "today") and words[at] in PARTS:
        return Part(*PARTS[words[at]], later=True), 1
    if words[at : at + 2] == ("a", "media") and words[at + 2 : at + 3] and words[at + 2] in {*_TARDE, *MANANA}:
        return Part(*MIDDLE[_edges(words[at + 2]) or MORNING]), 3
    for phrase in _LAST_THING:
        if words[at : at + len(phrase)] == phrase:
            return Part(time(15), time(17)), len(phrase)
    if words[at] in _ANY and at + 1 < len(words) and words[at + 1] in {*PARTS, *_TARDE, *MANANA}:
        start, end = _edges(words[at + 1]) or MORNING
        return Part(start, end, plural=True), 2
    return _narrowed(words, at) or _plain_part(words, at)


def _narrowed(words: tuple[str, ...], at: int) -> Found | None:
    table = NARROWED.get(words[at])
    if table is None or at + 1 == len(words):
        return None
    skip = 2 if words[at + 1] in {"in", "-"} and at + 2 < len(words) else 1
    skip += words[at + skip] in {"the", "this", "tomorrow"} and at + skip + 1 < len(words)
    edges = _edges(words[at + skip]) if words[at + 1] != "tomorrow" else None
    if edges is None or edges not in table:
        return None
    return Part(*table[edges]), skip + 1


def _plain_part(words: tuple[str, ...], at: int) -> Found | None:
    word, before = words[at], words[at - 1] if at else ""
    if word in _EARLY and before != "mas" and _beside_a_day(words, at):
        return Part(*MORNING), 1
    if word in PARTS:
        spoken = PARTS[word] == LUNCH and words[at + 1 : at + 2] in {("hour",), ("time",), ("break",)}
        return Part(*PARTS[word], plural=word.endswith("s")), 1 + spoken
    if word in _HALVES and (before in _BEFORE_A_HALF or before in WEEKDAYS or before in MANANA or before in MONTHS):
        return Part(*_HALVES[word]), 1
    return _spanish_part(words, at)


def _spanish_part(words: tuple[str, ...], at: int) -> Found | None:
    """“La tarde", "mañana tarde", "el viernes de tarde", "mañana de mañana"; "mañana" alone is tomorrow."""
    word, before = words[at], words[at - 1] if at else ""
    of_a_day = before == "de" and _is_day(words, at - 2)
    if word in _TARDE and (of_a_day or before in OF_THE_DAY or before in MANANA or before in WEEKDAYS):
        return Part(*(_edges("tarde") or MORNING), plural=word == "tardes"), 1
    if word in MANANA and (of_a_day or before in OF_THE_DAY) and not _changes_for(words, at - 1):
        return Part(*MORNING), 1
    return None


def _is_day(words: tuple[str, ...], at: int) -> bool:
    return at >= 0 and (words[at] in WEEKDAYS or words[at] in MANANA or words[at] == "hoy" or words[at].isdecimal())


def _beside_a_day(words: tuple[str, ...], at: int) -> bool:
    near = {*words[max(0, at - 2) : at], *words[at + 1 : at + 3]}
    if len(words[max(0, at - 2) : at]) == 2 and words[at - 2] in {"el", "the"} and words[at - 1].isdecimal():  # noqa: PLR2004 -- a pair
        return True
    return any(word in WEEKDAYS or word in MANANA or word in {"tomorrow", "today", "hoy"} for word in near)


def _edges(word: str) -> tuple[time, time] | None:
    if word in _TARDE:
        return PARTS["afternoon"]
    return PARTS.get(word) or (MORNING if word in MANANA else None)


_LOOKS: Final[tuple[Callable[[tuple[str, ...], int], Found | None], ...]] = (
    _punctuation,
    _something_else,
    _part,
)
