"""Cuts pieces into clauses and says of each time in them whether it is wished for, ruled out, or neither.

"I can't do Tuesday, how about Thursday" rules out one and wishes for the other; "move my 3 to 4" does both in one
clause. What the times are is decided in `bind.py`. The one invariant: a time in a clause of refusal is never a wish.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from messages.when.marks import POLITE
from messages.when.pieces import Clock, Days, Mark, Part, Piece, Word

_CONNECTING: Final = frozenset({Mark.AND, Mark.OR, Mark.PAUSE, Mark.BUT})
_ASKING: Final = frozenset({Mark.POSSIBLE, Mark.PROPOSE})


class Stance(Enum):
    """What a clause does with its times."""

    WISH = auto()
    REFUSAL = auto()
    VAGUE = auto()
    PAST = auto()


@dataclass(frozen=True, slots=True)
class Clause:
    """Pieces that belong together."""

    pieces: tuple[Piece, ...]
    stance: Stance


def clauses(pieces: Sequence[Piece]) -> list[Clause]:
    """The clauses of a text, in order."""
    found: list[list[Piece]] = [[]]
    for at, piece in enumerate(pieces):
        if _begins_another(found[-1], piece, pieces[at + 1 :]):
            found.append([])
        found[-1].append(piece)
    return [Clause(tuple(each), _stance(each)) for each in found if each]


def _begins_another(so_far: Sequence[Piece], piece: Piece, ahead: Sequence[Piece]) -> bool:
    if piece is Mark.STOP:
        return True
    if piece is Mark.BUT:
        return not _excepts(so_far, ahead)
    refused = Mark.CANNOT in so_far
    if refused:
        # "Cannot do", "can't make it": the refusal's own verb proposes nothing.
        proposes = piece in _ASKING and so_far[-1] is not Mark.CANNOT
        return proposes or piece is Mark.PAUSE or piece is Mark.MOVE
    timed = any(isinstance(each, Days | Clock | Part) for each in so_far)
    return timed and piece in _CONNECTING and _refuses_next(ahead)


def _excepts(so_far: Sequence[Piece], ahead: Sequence[Piece]) -> bool:
    """“Any afternoon but Thursday”: the word before a day, after something that is any of many."""
    after = next((piece for piece in ahead if piece is not Mark.LINK), None)
    many = any(
        (isinstance(each, Part) and each.plural) or (isinstance(each, Days) and (each.every or each.until))
        for each in so_far
    )
    return many and isinstance(after, Days | Part)


def _refuses_next(ahead: Sequence[Piece]) -> bool:
    """Whether a refusal comes before the next time, or right behind it: ", cant do friday", ", friday is no good"."""
    timed = False
    for piece in ahead:
        if piece is Mark.CANNOT:
            return True
        if piece in _CONNECTING or piece is Mark.STOP or piece in _ASKING:
            return False
        if isinstance(piece, Days | Clock | Part):
            if timed and not isinstance(piece, Clock | Part):
                return False
            timed = True
    return False


def _stance(pieces: Sequence[Piece]) -> Stance:
    if Mark.PAST in pieces:
        return Stance.PAST
    ends = Mark.ENDS in pieces and not any(piece in _ASKING for piece in pieces)
    if ends and any(isinstance(piece, Clock) for piece in pieces):
        return Stance.VAGUE
    return Stance.REFUSAL if Mark.CANNOT in pieces else Stance.WISH


def spare_words(pieces: Sequence[Piece]) -> int:
    """How many words are not about time, nor small words of politeness."""
    return sum(isinstance(piece, Word) and piece.text not in POLITE for piece in pieces)
