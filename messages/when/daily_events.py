"""Takes what happens in somebody's day out of a sentence: "after the gym", "before it gets hot", "if it isn't raining".

An event tells no hour of ours, unless the hour is said with it: "once I get off at 5" is "after 5". The one invariant:
nothing that names a day or a part of it is taken out.
"""

from collections.abc import Sequence
from typing import Final

from messages.when.marks import DAILY, PART_OF_A_TIME
from messages.when.pieces import Clock, Days, Mark, Part, Piece, Word

_SINCE: Final = frozenset({"once", "when", "cuando"})
_WITH_HOURS: Final = frozenset(
    {
        "bingo", "bus", "call", "camion", "church", "concert", "ferry", "game", "lecture", "mass", "metro", "misa",
        "movie", "partido", "pelicula", "plane", "practice", "recital", "rehearsal", "ride", "service", "show",
        "train", "tren",
    }
)  # fmt: skip
_IFS: Final = frozenset({"if", "si"})
_BEGINNINGS: Final = frozenset({Mark.LINK, Mark.MINE, Mark.POSSIBLE, Mark.PROPOSE, Mark.PAST, Mark.ENDS})
_ENDINGS: Final = frozenset({Mark.PAUSE, Mark.STOP, Mark.BUT, Mark.SO, Mark.BECAUSE, Mark.UNLESS, Mark.KNOWN})


_Stands = tuple[Sequence[Piece], int]
"""What stands for an event, and the place behind it."""


def without_events(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The pieces without events and conditions; the hour of an event stands as a bound."""
    found: list[Piece] = []
    at = 0
    while at < len(pieces):
        stands_for, end = _event(pieces, at)
        found.extend(stands_for)
        at = end
    return tuple(found)


def _event(pieces: Sequence[Piece], at: int) -> _Stands:
    """What stands for the event that begins at `at`, and the place behind it; the piece itself where none begins."""
    first = pieces[at]
    alone = (first,), at + 1
    if _is_their_hour(pieces, at):
        bounded = at > 0 and any(piece in {Mark.AFTER, Mark.BEFORE} for piece in pieces[max(at - 2, 0) : at])
        return ((first,) if bounded else (Mark.ROUTINE,)), at + 2
    if first is Mark.ONCE_DONE:
        return _once_done(pieces, at)
    if first in {Mark.AFTER, Mark.BEFORE} or _is_since(first):
        return _of_bound(pieces, at) or alone
    return _of_condition(pieces, at) or alone


def _is_their_hour(pieces: Sequence[Piece], at: int) -> bool:
    """“The 5:10 train", "my 2pm meeting"."""
    behind = pieces[at + 1] if at + 1 < len(pieces) else None
    named = (isinstance(behind, Word) and behind.text in _WITH_HOURS) or behind is Mark.ENDS
    return isinstance(pieces[at], Clock) and named


def _is_since(piece: Piece) -> bool:
    return isinstance(piece, Word) and piece.text in _SINCE


def _of_condition(pieces: Sequence[Piece], at: int) -> _Stands | None:
    """“If it isn't raining"; one that names a time stays."""
    first = pieces[at]
    if not isinstance(first, Word) or first.text not in _IFS:
        return None
    end = _end(pieces, at + 1)
    timed = end < len(pieces) and isinstance(pieces[end], Days | Part | Clock)
    return None if timed else ((), end)


def _of_bound(pieces: Sequence[Piece], at: int) -> _Stands | None:
    end = _end(pieces, at + 1)
    event = pieces[at + 1 : end]
    behind = pieces[end] if end < len(pieces) else None
    if isinstance(behind, Clock):
        side = Mark.BEFORE if pieces[at] is Mark.BEFORE else Mark.AFTER
        return ((side, behind), end + 1) if Mark.ENDS in event else None
    theirs = not {Mark.MINE, Mark.PAST}.isdisjoint(event)
    if isinstance(behind, Days) and theirs:
        return (Mark.ASK,), end + 1  # "before my trip on the 12th": before it, or on it?
    if _is_since(pieces[at]) or not _names_event(event):
        return None
    of_the_day = at > 0 and isinstance(pieces[at - 1], Days) and event[0] in {Mark.MINE, Mark.PAST}
    return ((Mark.ROUTINE,) if of_the_day or _is_daily(event) else ()), end


def _once_done(pieces: Sequence[Piece], at: int) -> _Stands:
    """“Once I get off at 5" is after 5; without its hour, after the one that was said before."""
    then = at + 1
    while then < len(pieces) and (pieces[then] in {Mark.AT, Mark.LINK, Mark.FROM} or isinstance(pieces[then], Word)):
        then += 1  # "once I'm done at the clinic at 4:15"
    hour = pieces[then] if then < len(pieces) else None
    if isinstance(hour, Clock):
        return (Mark.AFTER, hour), then + 1
    known = any(isinstance(piece, Clock) for piece in pieces[:at])
    return (Mark.AFTER_THAT if known else Mark.ROUTINE,), at + 1


def _end(pieces: Sequence[Piece], at: int) -> int:
    while at < len(pieces) and pieces[at] not in _ENDINGS and not isinstance(pieces[at], Days | Part | Clock):
        at += 1
    return at


def _names_event(event: Sequence[Piece]) -> bool:
    """Whether something happens in it; "after next" and "before or after" name nothing."""
    if not event or (isinstance(event[0], Mark) and event[0] not in _BEGINNINGS):
        return False
    words = [piece for piece in event if isinstance(piece, Word) or piece in {Mark.PAST, Mark.ENDS}]
    return bool(words) and not (isinstance(words[0], Word) and words[0].text in PART_OF_A_TIME)


def _is_daily(event: Sequence[Piece]) -> bool:
    return any(isinstance(piece, Word) and piece.text in DAILY for piece in event)
