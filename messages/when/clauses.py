"""Cuts pieces into clauses and says of each time in them whether it is wished for, ruled out, or neither.

"I can't do Tuesday, how about Thursday" rules out one and wishes for the other; "move my 3 to 4" does both in one
clause. How clauses stand together is decided in `wishes.py`. The one invariant: a time in a clause of refusal is never
a wish.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from messages.when.marks import POLITE
from messages.when.pieces import Clock, Days, Mark, Part, Piece, Word
from messages.when.reading import Grain

_CONNECTING: Final = frozenset({Mark.AND, Mark.OR, Mark.PAUSE, Mark.BUT, Mark.BECAUSE})
_ASKING: Final = frozenset({Mark.POSSIBLE, Mark.PROPOSE})
_ENDING: Final = frozenset({Mark.STOP, Mark.PAUSE, Mark.BUT, Mark.BECAUSE, Mark.UNLESS, Mark.KNOWN, Mark.SO})
_THANKS: Final = frozenset({"thanks", "thank", "thx", "ty", "gracias"})
_NO_WISHES: Final = frozenset({Mark.CANNOT, Mark.MINE, Mark.ENDS, Mark.HAVE_ALREADY})
_SPEAKERS: Final = frozenset({"i", "we", "she", "he", "yo", "they"})
# We never offer so many times that this could be one of them.
_NO_CHOICE: Final = 10
_CHOICES: Final = 3
_IFS: Final = frozenset({"if", "si"})
_BOUNDING: Final = frozenset({Mark.AFTER, Mark.BEFORE, Mark.UNTIL, Mark.NOT_BEFORE})
_OPENING: Final = frozenset({Mark.PROPOSE, Mark.MOVE})
_BEFORE_A_TIME: Final = frozenset(
    {
        Mark.AT, Mark.LINK, Mark.AFTER, Mark.BEFORE, Mark.UNTIL, Mark.NOT_BEFORE, Mark.BETWEEN, Mark.FROM,
        Mark.STARTING, Mark.OR, Mark.AND, Mark.IS, Mark.EXCEPT, Mark.ALL_DAY, Mark.INSTEAD_OF,
    }
)  # fmt: skip


class Stance(Enum):
    """What a clause does with its times."""

    WISH = auto()
    REFUSAL = auto()
    VAGUE = auto()
    PAST = auto()


@dataclass(frozen=True, slots=True)
class Clause:
    """Pieces that belong together. `opener` is the mark that began the clause, if one did."""

    pieces: tuple[Piece, ...]
    stance: Stance
    opener: Mark | None = None

    @property
    def proposes(self) -> bool:
        """Whether it puts its times forward: by a question, an offer, or as what follows from the rest."""
        return self.opener is Mark.SO or any(piece in _ASKING or piece is Mark.MOVE for piece in self.pieces)

    @property
    def only_explains(self) -> bool:
        """Whether it gives a reason for what was said, and no time: "because I work"."""
        return self.explains and not _timed(self.pieces)

    @property
    def explains(self) -> bool:
        """Whether it gives a reason: "because the 16th is a holiday"."""
        return self.opener is Mark.BECAUSE

    @property
    def names_day(self) -> bool:
        """Whether any day is named in it."""
        return any(isinstance(piece, Days) for piece in self.pieces)

    @property
    def times_before_past(self) -> bool:
        """Whether an hour stands before what tells of the past: then nobody can say which of them it belongs to."""
        if Mark.PAST not in self.pieces:
            return False
        before = self.pieces[: self.pieces.index(Mark.PAST)]
        return any(isinstance(piece, Clock | Part) for piece in before) and _NO_WISHES.isdisjoint(before)

    @property
    def is_an_hour(self) -> bool:
        """Whether it is nothing but an hour, of a kind that is no choice of ours: "nine", "1430"."""
        said = [piece for piece in self.pieces if piece not in {Mark.LINK, Mark.STOP, Mark.PAUSE}]
        said = [piece for piece in said if not (isinstance(piece, Word) and piece.text in POLITE)]
        hours = said[::2] if said[1::2] in ([], [Mark.OR]) else []  # "9" or "9 or 2"
        clocks = [piece for piece in hours if isinstance(piece, Clock)]
        return len(clocks) == len(hours) and any(_is_no_choice(each) for each in clocks)

    @property
    def concedes(self) -> bool:
        """Whether it names what might be in the way: "unless it is a holiday", "even if it is New Year"."""
        return Mark.UNLESS in self.pieces[:3] or self.says_known

    @property
    def says_known(self) -> bool:
        """“I know Thanksgiving is Thursday"."""
        return Mark.KNOWN in self.pieces[:2]

    @property
    def corrects(self) -> bool:
        """Whether it takes back what was said before."""
        return Mark.CORRECT in self.pieces


def _is_no_choice(clock: Clock) -> bool:
    return clock.hour >= _NO_CHOICE or (not clock.choice and (clock.hour > _CHOICES or clock.grain is Grain.MINUTE))


def clauses(pieces: Sequence[Piece]) -> list[Clause]:
    """The clauses of a text, in order."""
    found: list[list[Piece]] = [[]]
    for at, piece in enumerate(pieces):
        if _begins_another(found[-1], piece, pieces[at + 1 :]):
            found.append([])
        found[-1].append(piece)
    return [Clause(tuple(each), _stance(each), _opener(each)) for each in found if each]


def _opener(pieces: Sequence[Piece]) -> Mark | None:
    marks = [piece for piece in pieces[:2] if piece is not Mark.LINK and isinstance(piece, Mark)]
    strong = [mark for mark in marks if mark in {Mark.SO, Mark.OR, Mark.AND, Mark.BECAUSE}]
    return (strong or marks or [None])[0]


def _begins_another(so_far: Sequence[Piece], piece: Piece, ahead: Sequence[Piece]) -> bool:
    if piece in {Mark.STOP, Mark.SO, Mark.BECAUSE, Mark.UNLESS, Mark.KNOWN}:
        return True
    if piece is Mark.BUT:
        return not _excepts(so_far, ahead)
    if piece in {Mark.AFTER_THAT, Mark.BEFORE_THAT} and _timed(so_far) and so_far[-1] in {Mark.PAUSE, Mark.AND}:
        return True
    if piece is Mark.PAUSE and (
        (Mark.BECAUSE in so_far[:2] and not _timed(so_far)) or not {Mark.UNLESS, Mark.KNOWN}.isdisjoint(so_far[:3])
    ):
        return True
    if _tells_of_before(so_far, piece, ahead):
        return True
    return _takes_back(so_far, piece, ahead) or _turns(so_far, piece, ahead)


def _tells_of_before(so_far: Sequence[Piece], piece: Piece, ahead: Sequence[Piece]) -> bool:
    """“Tuesday at noon thanks for last time", "... i was sick last week": another thought, without a pause."""
    if not any(isinstance(each, Clock | Part) for each in so_far):
        return False
    if piece is Mark.CANNOT:  # "... no puedo manejar de noche"
        return bool(ahead) and isinstance(ahead[0], Word) and ahead[0].text not in POLITE
    if not isinstance(piece, Word):
        return False
    told = Mark.PAST in ahead[:2] or Mark.CANNOT in ahead[:2]
    return piece.text in _THANKS or (piece.text in _SPEAKERS and told)


def _takes_back(so_far: Sequence[Piece], piece: Piece, ahead: Sequence[Piece]) -> bool:
    """“Tuesday at 3, no, at 4”: the word between two pauses stands alone."""
    return piece is Mark.PAUSE and (_is_only_no(so_far) or (_timed(so_far) and _is_only_no(ahead[:2])))


def _turns(so_far: Sequence[Piece], piece: Piece, ahead: Sequence[Piece]) -> bool:
    refused = Mark.CANNOT in so_far or Mark.PAST in so_far or _no_behind(so_far) or _lacks(so_far)
    timed = _timed(so_far)
    if refused:
        # "Cannot do", "can't make it": the refusal's own verb proposes nothing.
        proposes = piece in _ASKING and so_far[-1] is not Mark.CANNOT
        return proposes or piece is Mark.PAUSE or piece is Mark.MOVE
    if timed and (piece is Mark.CORRECT or (piece in _OPENING and _stands_apart(so_far, ahead))):
        return True
    if timed and piece is Mark.PAUSE and (_says_more(ahead) or _over(so_far)):
        return True
    return timed and piece in _CONNECTING and _refuses_next(ahead)


def _is_only_no(pieces: Sequence[Piece]) -> bool:
    """“Tuesday at 3, no, at 4”: a word that takes back, and says nothing of the day."""
    said = [piece for piece in pieces if piece not in {Mark.LINK, Mark.PAUSE, Mark.STOP}]
    return said == [Mark.NOT] and (len(pieces) > 1 or pieces[0] is Mark.NOT)


def _timed(pieces: Sequence[Piece]) -> bool:
    return any(map(_is_timed, pieces))


def _stands_apart(so_far: Sequence[Piece], ahead: Sequence[Piece]) -> bool:
    """Whether a question begins behind a time that nobody asked for yet: "wednesday ... could we do friday"."""
    return (
        not any(each in _ASKING or each in _OPENING for each in so_far)
        and so_far[-1] is not Mark.LINK
        and _timed(ahead)
    )


def _says_more(ahead: Sequence[Piece]) -> bool:
    """Whether a new thought follows a pause, and not the next of a list of times: "Tuesday, could I do 4"."""
    words = False
    for piece in ahead:
        if isinstance(piece, Days | Clock | Part):
            return words
        if piece in _ENDING:
            return False
        words = words or piece not in _BEFORE_A_TIME
    return False


def _over(so_far: Sequence[Piece]) -> bool:
    """Whether the clause told when something else ends: what follows a pause is a new thought."""
    hour = Mark.ENDS in so_far and any(isinstance(piece, Clock) for piece in so_far)
    return hour or (Mark.RETURNS in so_far and _timed(so_far))


def _no_behind(so_far: Sequence[Piece]) -> bool:
    """“The 6th, no”: a refusal behind its time."""
    said = [piece for piece in so_far if piece is not Mark.LINK]
    return len(said) > 1 and said[-1] is Mark.NOT and _timed(said)


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
    for at, piece in enumerate(ahead):
        if piece is Mark.CANNOT or (timed and piece is Mark.NOT and set(ahead[at + 1 : at + 2]) <= _ENDING):
            return True
        if piece in _CONNECTING or piece in _ENDING or piece in _ASKING:
            return False
        if isinstance(piece, Days | Clock | Part):
            if timed and not isinstance(piece, Clock | Part):
                return False
            timed = True
    return False


def _stance(pieces: Sequence[Piece]) -> Stance:
    if Mark.PAST in pieces:
        return Stance.PAST
    if Mark.RETURNS in pieces and _timed(pieces):
        return Stance.VAGUE
    if Mark.ENDS in pieces and not any(piece in _ASKING for piece in pieces) and _tells_when_it_ends(pieces):
        return Stance.VAGUE
    return Stance.REFUSAL if _refuses(pieces) or _no_behind(pieces) else Stance.WISH


def _refuses(pieces: Sequence[Piece]) -> bool:
    """Whether it says what cannot be; not in a condition: "Tuesday, if the road isn't closed"."""
    if Mark.CANNOT not in pieces:
        return _lacks(pieces)
    before = pieces[: pieces.index(Mark.CANNOT)]
    return not any(isinstance(piece, Word) and piece.text in _IFS for piece in before)


def _lacks(pieces: Sequence[Piece]) -> bool:
    """“No tengo raite el jueves": a "no" with its own verb before the time; not "no rush, Thursday"."""
    if Mark.NOT not in pieces or any(piece in _ASKING for piece in pieces):
        return False
    at = pieces.index(Mark.NOT) + 1
    said = pieces[at : next((end for end in range(at, len(pieces)) if _is_timed(pieces[end])), at)]
    words = [piece for piece in said if isinstance(piece, Word)]
    return bool(words) and said[0] is words[0] and Mark.PAUSE not in said and Mark.CORRECT not in pieces


def _is_timed(piece: Piece) -> bool:
    return isinstance(piece, Days | Clock | Part)


def _tells_when_it_ends(pieces: Sequence[Piece]) -> bool:
    """“Class ends at 2"; not "after 4 when school lets out", where the hour is a bound of its own."""
    hours = [at for at, piece in enumerate(pieces) if isinstance(piece, Clock)]
    ends = pieces.index(Mark.ENDS)
    if not hours or hours[-1] > ends:
        return bool(hours)
    before = [piece for piece in pieces[: hours[0]] if piece not in {Mark.AT, Mark.LINK}]
    return not before or before[-1] not in _BOUNDING


def spare_words(pieces: Sequence[Piece]) -> int:
    """How many words are not about time, nor small words of politeness."""
    return sum(isinstance(piece, Word) and piece.text not in POLITE for piece in pieces)
