"""Says whether a bare number is a time: "3" beside a day, behind "at", joined to "4pm"; not in "2 kids" or "the 8".

A number with its own mark ("3pm", "3:30") is one anywhere. The one invariant: a number is taken for a time only by what
stands around it, never by its size alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from messages.when.marks import POLITE
from messages.when.pieces import Clock, Days, Mark, Part, Piece, Word
from messages.when.reading import Grain

_LEADS: Final = frozenset(
    {
        Mark.ENDS,
        Mark.AT,
        Mark.AFTER,
        Mark.NOT_BEFORE,
        Mark.BEFORE,
        Mark.UNTIL,
        Mark.BETWEEN,
        Mark.PROPOSE,
        Mark.INSTEAD_OF,
    }
)
# More numbers than these were never choices of ours, so "4 works" speaks of an hour.
_CHOICES: Final = range(1, 4)
_OPEN: Final = ((Mark.ONWARDS,), (Mark.OR_EARLIER,))
_BARE_HOURS: Final = range(1, 13)
# After these a bare number may be a time if nothing follows that it could count.
_AFTER_NUMBER: Final = frozenset({"instead", "please", "pls", "thanks", "would", "work", "if", "si"})


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one clause. `after_a_time`: a time was said before; `alone`: and the clause says nothing else."""

    pieces: Sequence[Piece]
    after_a_time: bool
    alone: bool
    moves: bool

    def counts(self, at: int) -> bool:
        """Whether the number counts things: "2 boys", "3 kids"."""
        behind = self.pieces[at + 1] if at + 1 < len(self.pieces) else None
        return isinstance(behind, Word) and behind.text.endswith("s") and behind.text not in POLITE | _AFTER_NUMBER

    def stands_among_words(self, at: int) -> bool:
        """“We are coming with 2": nothing beside the number makes it a time."""
        before = self.pieces[at - 1] if at else None
        after = self.pieces[at + 1] if at + 1 < len(self.pieces) else None
        led = isinstance(before, Word) or before is Mark.IS
        return led and (after is None or isinstance(after, Word) or after in {Mark.STOP, Mark.PAUSE})

    def is_stretch(self, first: Clock, last: Clock, at: int, *, opened: bool) -> bool:
        """Whether "first to last" are hours; `opened`: "from" or "between" stands before them."""
        told = opened or first.marked or last.marked
        told = told or not any(isinstance(piece, Word) for piece in self.pieces)
        return told or self.is_time(at) or self.beside_time(at + 2)

    def is_time(self, at: int) -> bool:
        """Whether the number at `at` is a time: marked as one, led by "at", or beside a day or a part of it."""
        piece = self.pieces[at]
        if not isinstance(piece, Clock) or self._may_be_a_date(at):
            return False
        if piece.marked:
            return True
        before = self.pieces[at - 1] if at else None
        if before in _LEADS - {Mark.PROPOSE} or (before in {Mark.FROM, Mark.STARTING} and self.beside_time(at)):
            return True
        known = self.alone or self.beside_time(at)
        if piece.hour not in _BARE_HOURS and not (piece.grain is Grain.MINUTE and known):
            return False
        return (
            (self.alone and not self.counts(at))
            or (self.after_a_time and self._begins(at) and self._ends_there(at))
            or (before is Mark.FROM and at + 1 == len(self.pieces))
            or self.beside_time(at)
            or self._joined_to_time(at)
            or (self._proposed(at) and self._ends_there(at))
            or self._weighed(at)
            or (self.pieces[at + 1 : at + 2] in _OPEN and piece.hour not in _CHOICES)
            or (piece.hour not in _CHOICES and self.pieces[at + 1 : at + 2] == (Mark.POSSIBLE,))
        )

    def _weighed(self, at: int) -> bool:
        """“4's no good", "10 is better than 9": a number that is turned down, or put above another."""
        behind = at + 1
        while behind < len(self.pieces) and self.pieces[behind] in {Mark.IS, Mark.LINK, Word("s")}:
            behind += 1
        after = self.pieces[behind] if behind < len(self.pieces) else None
        return after is Mark.INSTEAD_OF or (after is Mark.CANNOT and self._begins(at))

    def _may_be_a_date(self, at: int) -> bool:
        """“Dec 8 or 9 in the morning”: a number joined to a date may be the next date."""
        joint, before = self.pieces[max(at - 1, 0)], self.pieces[max(at - 2, 0)]
        dated = at > 1 and isinstance(before, Days) and before.weekday is None and before.until is None
        piece = self.pieces[at]
        hour = isinstance(piece, Clock) and piece.grain is Grain.HOUR
        if dated or not at:
            return hour and at > 1 and joint in {Mark.OR, Mark.AND} and dated
        return hour and self._next_date(at)

    def _next_date(self, at: int) -> bool:
        """“December 8 9 or 10": the number behind a date is the next one, and another follows."""
        before, piece, after = self.pieces[at - 1], self.pieces[at], self.pieces[at + 1 : at + 3]
        follows = len(after) == 2 and after[0] in {Mark.OR, Mark.AND} and isinstance(after[1], Clock)  # noqa: PLR2004 -- a pair
        if not follows or not isinstance(before, Days) or not isinstance(piece, Clock) or piece.marked:
            return False
        return before.fixed and piece.hour == before.dates[0].day + 1

    def _begins(self, at: int) -> bool:
        """Whether the clause begins with the number: "Thursday. 11 if you have it"."""
        return all(isinstance(piece, Mark) for piece in self.pieces[:at])

    def beside_time(self, at: int) -> bool:
        """Whether a day or a part of it stands before or behind the number."""
        before = at - 1
        while before >= 0 and self.pieces[before] in {Mark.LINK, Mark.IS, Mark.AT}:
            before -= 1
        if before >= 0 and self.pieces[before] is Mark.PAUSE and self._ends_there(at):
            before -= 1
        after = self.next(at + 1)
        behind = self.pieces[before] if before >= 0 else None
        return isinstance(behind, Days | Part) or isinstance(after, Days | Part)

    def _joined_to_time(self, at: int) -> bool:
        """“at 3 or 4”: a number beside a number that is a time."""
        joint = self.pieces[at - 1] if at else None
        before = at - 2 - (at > 2 and self.pieces[at - 2] is Mark.PAUSE)  # noqa: PLR2004 -- "3, or 4"
        joined = joint in {Mark.OR, Mark.AND, Mark.NOT} and at > 1 and self.is_time(before)
        return joined or self._joins_marked(at)

    def _joins_marked(self, at: int) -> bool:
        after = self.pieces[at + 1 : at + 3]
        if len(after) != 2 or after[0] not in {Mark.OR, Mark.DASH} or not isinstance(after[1], Clock):  # noqa: PLR2004 -- a pair
            return False
        return after[1].marked or self.beside_time(at + 2)

    def _proposed(self, at: int) -> bool:
        before = at - 1
        while before >= 0 and self.pieces[before] is Mark.LINK:
            before -= 1
        lead = self.pieces[before] if before >= 0 else None
        if lead is Mark.IS:
            return all(piece in {Mark.LINK, Mark.IS, Mark.STOP, Mark.PAUSE} for piece in self.pieces[:at])
        moved = self.moves and lead in {Mark.TO, Mark.MINE, Mark.FROM, Mark.STARTING, Mark.MOVE}
        return lead in {Mark.PROPOSE, Mark.CANNOT} or moved

    def _ends_there(self, at: int) -> bool:
        """Whether nothing follows the number that it could count."""
        after = self.pieces[at + 1] if at + 1 < len(self.pieces) else None
        return not isinstance(after, Word) or after.text in _AFTER_NUMBER | POLITE

    def next(self, at: int) -> Piece | None:
        """The next piece that is more than a binding word."""
        while at < len(self.pieces) and self.pieces[at] in {Mark.LINK, Mark.IS, Mark.AT, Mark.FROM, Mark.STARTING}:
            at += 1
        return self.pieces[at] if at < len(self.pieces) else None
