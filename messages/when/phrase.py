"""Folds the pieces of a clause into limits: "after 4", "from 2 to 4", "Tuesday to Thursday", "but not Friday".

A limit is on the day or on the hour. How limits combine is decided in `bind.py`. The one invariant: limits come in the
order they were said, each knowing whether a word such as "or" joins it to the one before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from messages.when.bare_numbers import Numbers
from messages.when.marks import PART_OF_A_TIME, POLITE, WEAK_PARTS
from messages.when.pieces import Clock, Days, Mark, Part, Piece, Word
from messages.when.words import MONTHS, NUMBERS, WEEKDAYS

_DAY: Final = timedelta(days=1)
_BOUNDS: Final = {Mark.AFTER: "after", Mark.NOT_BEFORE: "from", Mark.BEFORE: "before", Mark.UNTIL: "until"}
_NO_WEEKDAYS: Final = frozenset(
    {"day", "everyday", "someday", "workday", "birthday", "bday", "nowaday", "midday", "friday"}
)
_LEADS_TO_AFTER: Final = frozenset({"gotta", "so", "right", "must", "has", "have", "tiene", "then"})
_SHORT: Final = frozenset({"sat", "sun"})
_FLIPPED: Final = {"before": "after", "after": "before"}
_FORWARD: Final = frozenset({"after", "from"})
_JOINTS: Final = frozenset({Mark.OR, Mark.AND, Mark.PAUSE})
_NOON: Final = 12
_EARLY_OR_LATE: Final = frozenset({"early", "late", "temprano", "tempranito"})


@dataclass(frozen=True, slots=True)
class Hours:
    """A limit on the time of day: `how` is at, after, before, within or part."""

    how: str
    first: Clock | None = None
    last: Clock | None = None
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Dates:
    """A limit on the day: `how` is "on", "after", "before" (without it) or "until" (with it)."""

    days: Days
    how: str = "on"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit as it stands in its clause. `ruled_out`: "not Thursday", "instead of 3", "my Tuesday visit"."""

    what: Hours | Dates
    joined: str = ""  # "or", "and", "pause", or nothing
    ruled_out: bool = False
    apart: bool = False  # other words stand between it and the one before


@dataclass(frozen=True, slots=True)
class Folded:
    """The limits of a clause, in order, and how much of it belongs to a time and was not read as one.

    Beside no wish only what may be an hour counts: a bare number, "late".
    """

    limits: tuple[Limit, ...]
    unread: int
    weak: int  # what belongs to a time, but hardly to an hour of a day that was read: "last", "30 minutes"


def limits(pieces: Sequence[Piece], *, after_a_time: bool = False) -> Folded:
    """The limits of a clause. `after_a_time`: a time was said before, so that a bare number alone is an hour."""
    folding = _Folding(pieces, after_a_time=after_a_time)
    found = tuple(folding.fold())
    if any(not limit.ruled_out for limit in found):
        return Folded(found, folding.unread, folding.weak)
    return Folded(found, folding.numbers_unread + folding.loose_words, folding.weak_numbers)


def turned_round(limit: Limit) -> Limit:
    """“Not before 10" is a wish from 10 on."""
    return replace(limit, what=replace(limit.what, how=_FLIPPED.get(limit.what.how, limit.what.how)), ruled_out=False)


def _on_its_day(found: Sequence[Limit], moved: int) -> list[Limit]:
    """“Push Friday to 4": to another hour, on its day."""
    source, target = found[:moved], found[moved:]
    if not target or any(isinstance(limit.what, Dates) for limit in target):
        return list(found)
    stays = [replace(limit, ruled_out=isinstance(limit.what, Hours)) for limit in source]
    return [*stays, *target]


def _tells_hour(limit: Limit) -> bool:
    return isinstance(limit.what, Hours) and limit.what.how in {"at", "within"}


def _belongs_to_a_time(text: str) -> bool:
    """“Later”, "week", "31", "2 weeks"; not "5 years" of somebody's age, nor a saying."""
    number, _, unit = text.partition(" ")
    if unit and number.isdecimal() and int(number) > 1 and not unit.endswith("s"):
        return False  # "my 6 month checkup"
    if unit:
        return (number.isdecimal() or number in NUMBERS) and unit in PART_OF_A_TIME
    if text.endswith("day") and text not in _NO_WEEKDAYS:
        return True  # "thuesday": a day nobody could read
    return text in PART_OF_A_TIME or text[:1].isdecimal() or text in MONTHS or text in WEEKDAYS or text in _SHORT


class _Folding:
    """One pass over the pieces of a clause."""

    def __init__(self, pieces: Sequence[Piece], *, after_a_time: bool) -> None:
        self.pieces = pieces
        self.moves = Mark.MOVE in pieces
        alone = after_a_time and not any(isinstance(piece, Word) and piece.text not in POLITE for piece in pieces)
        self.numbers = Numbers(pieces, after_a_time=after_a_time, alone=alone, moves=self.moves)
        self.moved = 0  # how many limits name what is moved
        self.at = 0
        self.joined = ""
        self.excluded = False
        self.once_excluded = False
        self.unread = 0
        self.weak = 0
        self.numbers_unread = 0
        self.weak_numbers = 0
        self.loose_words = 0  # "early", "late": open, unless an hour says what they come to

    def fold(self) -> Iterator[Limit]:
        found: list[Limit] = []
        apart = False
        while self.at < len(self.pieces):
            piece = self.pieces[self.at]
            what = self._what(piece)
            if what is None:
                unread = self._is_unread(piece)
                weak = unread and self._is_weak(piece)
                self.weak += weak
                self.unread += unread and not weak
                self.numbers_unread += unread and isinstance(piece, Clock) and not weak
                self.weak_numbers += weak and isinstance(piece, Clock)
                apart = apart or (isinstance(piece, Word) and piece.text not in POLITE)
                self._mark(piece, found)
                self.at += 1
                continue
            every = isinstance(what, Dates) and what.days.every
            like_the_last = self.joined == "or" and bool(found) and found[-1].ruled_out
            excluded = self.excluded or self.once_excluded or like_the_last
            limit = Limit(what, self.joined, excluded and not every, apart)
            if self.excluded and isinstance(what, Hours) and what.how in _FLIPPED:
                self.unread += any(each.ruled_out for each in found)  # "not Wednesday after 3": what is not?
                limit, self.excluded = turned_round(limit), False
            found.append(limit)
            self.joined, self.once_excluded, apart = "", False, False
        self.unread += self.loose_words if not any(_tells_hour(limit) for limit in found) else 0
        return iter(_on_its_day(found, self.moved))

    def _is_weak(self, piece: Piece) -> bool:
        """Whether what was not read hardly changes an hour of a day that was."""
        if isinstance(piece, Clock):
            return not piece.marked and self.numbers.stands_among_words(self.at)
        return isinstance(piece, Word) and (piece.text.split()[-1] in WEAK_PARTS or self._is_loose_number(piece))

    def _is_loose_number(self, piece: Word) -> bool:
        """“My copay is 25"; not the 75 of "3:75"."""
        return piece.text.isdecimal() and not isinstance(self.pieces[max(self.at - 1, 0)], Clock)

    def _is_unread(self, piece: Piece) -> bool:
        """Whether a piece belongs to a time and was not read: a number that counts nothing, "early", "after"."""
        if isinstance(piece, Clock):
            return not self.numbers.counts(self.at)
        if isinstance(piece, Word) and piece.text in _EARLY_OR_LATE:
            self.loose_words += 1
            return False
        if isinstance(piece, Word):
            return _belongs_to_a_time(piece.text)
        if piece is Mark.BETWEEN:
            return isinstance(self.numbers.next(self.at + 1), Clock | Days)
        return piece in {Mark.AFTER, Mark.BEFORE, Mark.NOT_BEFORE}

    def _mark(self, piece: Piece, found: list[Limit]) -> None:
        if piece in _JOINTS:
            self.joined = {Mark.AND: "and", Mark.PAUSE: "pause"}.get(piece, "or")
            self.excluded = self.excluded and piece is not Mark.PAUSE
        elif self._excludes(piece, found):
            self.excluded = True
        elif piece in {Mark.POSSIBLE, Mark.PROPOSE, Mark.STOP}:
            self.excluded = False
        elif piece is Mark.INSTEAD_OF or (piece is Mark.MINE and (self.moves or self._names_visit())):
            self.once_excluded = True
        elif piece is Mark.TO and self.moves:
            self._target(found)

    def _excludes(self, piece: Piece, found: list[Limit]) -> bool:
        if piece is Mark.NOT:
            return self._time_follows()
        return piece in {Mark.EXCEPT, Mark.HAVE_ALREADY} or (piece is Mark.BUT and bool(found))

    def _target(self, found: list[Limit]) -> None:
        """“Move it from 3 to 4”: what stood before the word is what it is moved from."""
        moved_at = next(index for index, each in enumerate(self.pieces) if each is Mark.MOVE)
        if found and moved_at < self.at:
            found[:] = [replace(each, ruled_out=True) for each in found]
            self.joined = ""
            self.moved = len(found)

    def _time_follows(self) -> bool:
        after = self.numbers.next(self.at + 1)
        if isinstance(after, Clock):
            behind_hour = isinstance(self.pieces[self.at - 1], Clock) and self.at > 0
            return after.marked or self._next_mark() is Mark.AT or behind_hour
        return isinstance(after, Days | Part) or self._next_mark() in _BOUNDS

    def _next_mark(self) -> Piece | None:
        return self.pieces[self.at + 1] if self.at + 1 < len(self.pieces) else None

    def _names_visit(self) -> bool:
        """“My 9am", "my Tuesday appointment": the visit they have."""
        hour = self._next_mark()
        return (isinstance(hour, Clock) and hour.marked) or self._visit_follows()

    def _visit_follows(self) -> bool:
        """Whether "appointment" or the like stands behind the next time: "my Tuesday appointment"."""
        named = [each.text for each in self.pieces[self.at + 1 : self.at + 5] if isinstance(each, Word)]
        return any(word.rstrip("s") in _VISITS for word in named[:1])

    def _skip(self, at: int, *marks: Mark) -> int:
        while at < len(self.pieces) and self.pieces[at] in {Mark.LINK, Mark.IS, *marks}:
            at += 1
        return at

    def _what(self, piece: Piece) -> Hours | Dates | None:
        if piece in {Mark.AFTER_THAT, Mark.BEFORE_THAT}:
            self.at += 1
            return Hours("after that" if piece is Mark.AFTER_THAT else "before that")
        if piece in _BOUNDS:
            return self._bounded(_BOUNDS[piece]) or self._unbounded(piece)
        if piece in {Mark.BETWEEN, Mark.FROM, Mark.STARTING}:
            return self._opened(piece)
        if isinstance(piece, Days):
            return self._stretch(self.at) or self._days(piece)
        if isinstance(piece, Clock):
            return self._stretch(self.at) or (self._clock(piece) if self.numbers.is_time(self.at) else None)
        return self._part(piece)

    def _unbounded(self, piece: Piece) -> Hours | None:
        """“Class ends at 2, anytime after”: what the bound is was said before."""
        if piece not in {Mark.AFTER, Mark.BEFORE} or not self._last(self.at) or self._tells_more():
            return None
        self.at += 1
        return Hours("after that" if piece is Mark.AFTER else "before that")

    def _tells_more(self) -> bool:
        """“So I can make it to work after": what it is after is not an hour."""
        words = [piece.text for piece in self.pieces[: self.at] if isinstance(piece, Word)]
        return any(word not in POLITE and word not in _LEADS_TO_AFTER for word in words) or Mark.POSSIBLE in self.pieces

    def _last(self, at: int) -> bool:
        return all(piece in {Mark.PAUSE, Mark.STOP, Mark.LINK} for piece in self.pieces[at + 1 :])

    def _opened(self, piece: Piece) -> Hours | Dates | None:
        """What "between" and "from" begin; "from 3" alone is open; "move it from 3" names what is moved."""
        if self.moves and piece is not Mark.BETWEEN:
            return None
        at = self._skip(self.at + 1, Mark.AT)
        stretch = self._stretch(at)
        onwards = self.pieces[at + 1 : at + 2] == (Mark.ONWARDS,)
        return stretch or (self._bounded("from") if piece is Mark.STARTING or onwards else None)

    def _part(self, piece: Piece) -> Hours | None:
        if not isinstance(piece, Part) and piece is not Mark.ALL_DAY:
            return None
        self.at += 1
        return Hours("part", part=piece) if isinstance(piece, Part) else Hours("all")

    def _days(self, piece: Days) -> Dates:
        self.at += 1
        if self.at < len(self.pieces) and self.pieces[self.at] is Mark.ONWARDS:
            self.at += 1
            return _from(piece)
        if self.at < len(self.pieces) and self.pieces[self.at] is Mark.OR_EARLIER:
            self.at += 1
            return Dates(piece, "until")
        return Dates(piece)

    def _clock(self, piece: Clock) -> Hours:
        self.at += 1
        behind = self.pieces[self.at] if self.at < len(self.pieces) else None
        if behind in {Mark.ONWARDS, Mark.OR_EARLIER}:
            self.at += 1
            return Hours("after" if behind is Mark.ONWARDS else "before", piece)
        return Hours("at", piece)

    def _bounded(self, how: str) -> Hours | Dates | None:
        at = self._skip(self.at + 1, Mark.AT, Mark.FROM)
        bound = self.pieces[at] if at < len(self.pieces) else None
        hours = "after" if how in _FORWARD else "before"
        what: Hours | Dates | None = None
        if isinstance(bound, Clock) and (bound.marked or bound.hour >= 1):
            what = Hours(hours, bound)
        elif isinstance(bound, Days):
            what = _from(bound) if how == "from" else Dates(bound, how)
        elif isinstance(bound, Part):
            edge = bound.end if hours == "after" else bound.start
            what = Hours(hours, Clock(edge.hour, edge.minute, "p" if edge.hour == _NOON else ""))
        self.at = self.at if what is None else at + 1 + (self.pieces[at + 1 : at + 2] == (Mark.ONWARDS,))
        return what

    def _stretch(self, at: int) -> Hours | Dates | None:
        """“2-4”, "from 9 to 11am", "between Tuesday and Thursday", "Monday through Wednesday"."""
        between = self.pieces[self.at] is Mark.BETWEEN
        opened = self.pieces[self.at] in {Mark.BETWEEN, Mark.FROM, Mark.STARTING}
        first = self.pieces[at] if at < len(self.pieces) else None
        then = at + 1
        binder = self.pieces[then] if then < len(self.pieces) else None
        if not self._binds(binder, between=between) or not isinstance(first, Days | Clock):
            return None
        after = self._skip(then + 1, Mark.AT)
        last = self.pieces[after] if after < len(self.pieces) else None
        if (
            isinstance(first, Clock)
            and isinstance(last, Clock)
            and self.numbers.is_stretch(first, last, at, opened=opened)
        ):
            self.at = after + 1
            return Hours("within", first, last)
        if isinstance(first, Days) and isinstance(last, Days) and _fits(first, last) and not _is_one_day(first, last):
            self.at = after + 1
            return Dates(_from_to(first, last))
        return None

    def _binds(self, binder: Piece | None, *, between: bool) -> bool:
        if between:
            return binder in {Mark.AND, Mark.DASH, Mark.TO, Mark.UNTIL}
        return binder is Mark.DASH or (binder in {Mark.TO, Mark.UNTIL} and not self.moves)


_VISITS: Final = frozenset(
    {"appointment", "appt", "apt", "cita", "session", "sesion", "visit", "slot", "one", "time", "turno", "meeting"}
)


def _fits(first: Days, last: Days) -> bool:
    return first.until is None and last.until is None


def _is_one_day(first: Days, last: Days) -> bool:
    """“Monday - the 30th": the second is the date of the first."""
    return first.weekday is not None and last.weekday is None and first.weekday == last.dates[0].weekday()


def _from(days: Days) -> Dates:
    """From that day on, the day itself included."""
    return Dates(replace(days, dates=(days.dates[0] - _DAY,), until=None), "after")


def _from_to(first: Days, last: Days) -> Days:
    start, end = first.dates[0], last.dates[0]
    while end < start:
        end += _DAY * 7
    return Days((start,), until=end + _DAY, open_to_doubt=first.open_to_doubt or last.open_to_doubt)
