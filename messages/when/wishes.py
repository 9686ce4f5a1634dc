"""Says how clauses stand together: "the 15th. at one" is one wish, "the 8th, sorry, the 9th" takes one back.

Limits come from `phrase.py`, spans are made by `bind.py`. The one invariant: two wishes nobody joined by a word are
asked about; which of them was meant is never guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from messages.when.bind import Frame, MustAskError, spans
from messages.when.clauses import Clause, Stance
from messages.when.hours import settled_pair
from messages.when.phrase import Dates, Hours, Limit, limits
from messages.when.pieces import Clock, Days, Mark, Part, Piece, Word
from messages.when.reading import Span, SpanKind

_JOINING: Final = frozenset({Mark.OR, Mark.AND})
_DAY: Final = timedelta(days=1)
_NOON: Final = 12
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class _Wish:
    """Limits that are read together, and how they were put forward."""

    limits: tuple[Limit, ...]
    proposed: bool = False

    @property
    def days(self) -> tuple[Limit, ...]:
        return tuple(limit for limit in self.limits if isinstance(limit.what, Dates))

    @property
    def hours(self) -> tuple[Limit, ...]:
        return tuple(limit for limit in self.limits if isinstance(limit.what, Hours))

    @property
    def moment(self) -> bool:
        """Whether it says an hour that tells what "after work" comes to."""
        return any(_is_moment(limit) for limit in self.limits)


def _is_moment(limit: Limit) -> bool:
    return isinstance(limit.what, Hours) and limit.what.how in {"at", "within"}


@dataclass(slots=True)
class Told:
    """What the clauses so far come to."""

    wishes: list[_Wish] = field(default_factory=list)
    ruled_out: list[Span] = field(default_factory=list)
    background: _Wish | None = None
    doubted: bool = False
    vague: bool = False
    unread: bool = False  # something that belongs to a time was not read
    weak: bool = False
    relative: bool = False  # "a half hour later"
    routine: bool = False  # "after work": an hour only they know
    corrected: bool = False

    def spans(self, frame: Frame) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """Wishes and refusals as spans."""
        if self.doubted:
            raise MustAskError("refused_without_a_time")
        if self.relative and not self.wishes:
            raise MustAskError("later_than_what")
        whole = all(wish.days and wish.moment for wish in self.wishes)
        if self.wishes and (self.unread or (self.weak and not whole)):
            raise MustAskError("number_unread")
        if self.vague and not self.wishes:
            raise MustAskError("about_something_else")
        if self.routine and not any(wish.moment for wish in self.wishes):
            raise MustAskError("an_hour_of_their_day")
        found: list[Span] = []
        for wish in self.wishes:
            laid = _laid_on_days(wish.limits, frame) if self.ruled_out and _open_ended(wish.limits) else wish.limits
            found.extend(span for span in spans(laid, frame) if not _contains(self.ruled_out, span))
        return _without_the_wider(found), tuple(dict.fromkeys(self.ruled_out))


def told(clauses: Sequence[Clause], frame: Frame) -> Told:
    """Everything the clauses say of times. Raises `MustAskError` where wishes stand unjoined, or a number is unread."""
    so_far = Told()
    for clause in clauses:
        _take(so_far, clause, frame)
    return so_far


def _take(so_far: Told, clause: Clause, frame: Frame) -> None:
    if clause.stance is Stance.PAST:
        return
    folded = limits(clause.pieces, after_a_time=bool(so_far.wishes))
    wished = tuple(limit for limit in folded.limits if not limit.ruled_out)
    refused = [limit for limit in folded.limits if limit.ruled_out]
    if clause.stance is Stance.REFUSAL:
        _take_refusal(so_far, folded.limits, frame)
        return
    so_far.ruled_out.extend(_refused(_in_the_stretch(refused, wished), frame))
    if clause.stance is Stance.VAGUE:
        so_far.vague, so_far.background = True, _Wish(wished)
        return
    if Mark.ASK in clause.pieces:
        raise MustAskError("not_a_time_we_know")
    if Mark.SAME_TIME in clause.pieces and {type(limit.what) for limit in wished} != {Dates}:
        raise MustAskError("not_a_time_we_know")  # beside a day, the day is what can be told from the words
    so_far.relative = so_far.relative or (clause.proposes and any(_is_relative(piece) for piece in clause.pieces))
    so_far.routine = so_far.routine or Mark.ROUTINE in clause.pieces
    so_far.doubted = so_far.doubted or (_only_no(clause) and bool(so_far.wishes))
    so_far.corrected = clause.corrects or (so_far.corrected and not wished) or _only_no(clause)
    so_far.unread = so_far.unread or bool(folded.unread if wished else folded.hours_unread)
    if not wished:
        return
    so_far.weak = so_far.weak or bool(folded.weak)
    if Mark.SOONEST in clause.pieces and any(_is_moment(limit) for limit in wished):
        raise MustAskError("from_then_or_then")  # "the earliest I could do Monday is 10"
    if Mark.NOT in clause.pieces and _hours_of_either(wished, refused):
        raise MustAskError("hours_of_which_day")
    wish = _Wish(_with_background(wished, so_far.background), clause.proposes)
    _join(so_far, wish, clause)
    so_far.doubted, so_far.corrected = False, False


def _hours_of_either(wished: Sequence[Limit], refused: Sequence[Limit]) -> bool:
    """“Friday not Saturday at 10”: the hour stands behind the day that is turned down."""
    days_alone = all(isinstance(limit.what, Dates) and not limit.what.days.every for limit in wished)
    return days_alone and {type(limit.what) for limit in refused} == {Dates, Hours}


def _is_relative(piece: Piece) -> bool:
    return isinstance(piece, Word) and piece.text in {"later", "earlier", "temprano"}


def _only_no(clause: Clause) -> bool:
    """“No.” between two wishes takes back the first."""
    said = [piece for piece in clause.pieces if piece not in {Mark.STOP, Mark.PAUSE, Mark.LINK}]
    return said == [Mark.NOT]


def _take_refusal(so_far: Told, found: Sequence[Limit], frame: Frame) -> None:
    if found:
        so_far.ruled_out.extend(_refused(found, frame))
    elif so_far.wishes and not so_far.wishes[-1].proposed:
        so_far.doubted = True  # "Thursday, I can't": of which day is it said?


def _refused(refusals: Sequence[Limit], frame: Frame) -> list[Span]:
    """What was ruled out, as far as it can be told: asking which day somebody cannot come helps nobody."""
    try:
        return list(spans(refusals, frame))
    except MustAskError:
        return []


def _in_the_stretch(refused: Sequence[Limit], wished: Sequence[Limit]) -> list[Limit]:
    """“Next week except Friday”: the Friday of that week."""
    stretches = [
        limit.what.days for limit in wished if isinstance(limit.what, Dates) and limit.what.days.until is not None
    ]
    return [_of_the_stretch(limit, stretches[0]) if len(stretches) == 1 else limit for limit in refused]


def _of_the_stretch(limit: Limit, stretch: Days) -> Limit:
    what = limit.what
    if not isinstance(what, Dates) or what.days.weekday is None or stretch.until is None:
        return limit
    away = (what.days.weekday - stretch.dates[0].weekday()) % _WEEK
    day = stretch.dates[0] + _DAY * away
    return replace(limit, what=Dates(Days((day,)), what.how)) if day < stretch.until else limit


def _with_background(wished: tuple[Limit, ...], background: _Wish | None) -> tuple[Limit, ...]:
    """“I get off at 5 on Monday, so after that”: the hour and the day the other thing ends."""
    found = tuple(_told_by(limit, background) for limit in wished)
    if found == wished or background is None or any(isinstance(limit.what, Dates) for limit in found):
        return found
    return (*background.days, *found)


def _told_by(limit: Limit, background: _Wish | None) -> Limit:
    what = limit.what
    if not isinstance(what, Hours) or what.how not in {"after that", "before that"}:
        return limit
    hours = [each.what for each in background.hours if isinstance(each.what, Hours)] if background else []
    if not hours:
        raise MustAskError("not_a_time_we_know")
    after = what.how == "after that"
    other = hours[-1] if after else hours[0]
    edge = _edge(other, last=after)
    if edge is None:
        raise MustAskError("not_a_time_we_know")
    return replace(limit, what=Hours("after" if after else "before", edge))


def _edge(hours: Hours, *, last: bool) -> Clock | None:
    if hours.first is None or hours.last is None:
        return hours.first
    pair = settled_pair(hours.first, hours.last)
    edge = pair[last] if pair else None
    return None if edge is None else Clock(edge.hour, edge.minute, "p" if edge.hour == _NOON else "")


def _join(so_far: Told, wish: _Wish, clause: Clause) -> None:
    if not so_far.wishes or (clause.opener is Mark.SO and wish.days):
        so_far.wishes = [wish]
        return
    last = so_far.wishes.pop()
    if so_far.corrected or so_far.doubted:
        so_far.wishes.append(_corrected(last, wish))
    elif not (last.days and wish.days) and not (last.hours and wish.hours):
        so_far.wishes.append(_together(last, wish))
    elif wish.days and last.days:
        so_far.wishes.extend(_of_two(last, wish, clause))
    else:
        so_far.wishes.append(_finer(last, wish, clause))


def _corrected(last: _Wish, wish: _Wish) -> _Wish:
    """The later words stand; what they leave open stays as it was said before."""
    days = wish.days or last.days
    hours = wish.hours or last.hours
    return _Wish((*days, *_unjoined(hours)) if days else hours, proposed=True)


def _together(last: _Wish, wish: _Wish) -> _Wish:
    """The day of one clause and the hour of the other."""
    days, hours = (last, wish) if last.days else (wish, last)
    return _Wish((*days.limits, *_unjoined(hours.limits)), last.proposed or wish.proposed)


def _unjoined(hours: tuple[Limit, ...]) -> tuple[Limit, ...]:
    return (replace(hours[0], joined=""), *hours[1:]) if hours else ()


def _of_two(last: _Wish, wish: _Wish, clause: Clause) -> tuple[_Wish, ...]:
    if clause.opener in _JOINING:
        return last, wish
    if _stretch_and_day(last.days, wish.days):
        return (_Wish((*last.limits, *wish.limits), last.proposed or wish.proposed),)
    if _within(wish.days, last.days):
        return (_Wish((*wish.days, *_unjoined(wish.hours or last.hours)), proposed=True),)
    if wish.proposed and not last.proposed:
        return (wish,)
    raise MustAskError("two_wishes")


def _within(days: tuple[Limit, ...], wider: tuple[Limit, ...]) -> bool:
    """Whether every day of `days` is one of `wider`: then it says more exactly what was said before."""
    outer = [limit.what.days for limit in wider if isinstance(limit.what, Dates) and limit.what.how == "on"]
    inner = [limit.what.days for limit in days if isinstance(limit.what, Dates) and limit.what.how == "on"]
    named = [day for each in inner if each.until is None for day in each.dates]
    return bool(named) and len(inner) == len(days) and all(any(_holds(each, day) for each in outer) for day in named)


def _stretch_and_day(first: tuple[Limit, ...], second: tuple[Limit, ...]) -> bool:
    """“Next week. Thursday at 10”: one names the week, the other the day of it."""
    both = [limit.what.days for limit in (*first, *second) if isinstance(limit.what, Dates) and limit.what.how == "on"]
    stretches = [days for days in both if days.until is not None]
    return len(both) == len(first) + len(second) == 2 and len(stretches) == 1  # noqa: PLR2004 -- a pair


def _holds(days: Days, day: date) -> bool:
    if days.until is None:
        return day in days.dates
    return days.dates[0] <= day < days.until


def _finer(last: _Wish, wish: _Wish, clause: Clause) -> _Wish:
    """Hours said twice, of days said once: "Friday afternoon. Around 2?" says it more exactly."""
    parts = all(isinstance(limit.what, Hours) and limit.what.part is not None for limit in last.hours)
    if parts:
        return _Wish((*last.days, *last.hours, *wish.days, *_unjoined(wish.hours)), proposed=True)
    if clause.opener is Mark.OR and last.days:
        return _Wish((*last.limits, *wish.hours), last.proposed)
    if _closes(last.hours, wish.hours) and not wish.days:
        return _Wish((*last.limits, *_unjoined(wish.hours)), last.proposed)
    if wish.proposed and not last.proposed:
        return _Wish((*last.days, *wish.days, *_unjoined(wish.hours)), proposed=True)
    raise MustAskError("two_wishes")


def _closes(first: tuple[Limit, ...], second: tuple[Limit, ...]) -> bool:
    """“After 1 but before 4”."""
    hows = [limit.what.how for limit in (*first, *second) if isinstance(limit.what, Hours)]
    return hows == ["after", "before"]


def _open_ended(wishes: Sequence[Limit]) -> bool:
    """Whether the wish is for some part of any day: then what is left of the coming days can be listed."""
    days = [limit.what for limit in wishes if isinstance(limit.what, Dates)]
    hours = [limit.what for limit in wishes if isinstance(limit.what, Hours)]
    if days:
        return len(days) == 1 and (days[0].days.every or days[0].days.until is not None)
    return any(isinstance(each.part, Part) for each in hours)


def _laid_on_days(wishes: Sequence[Limit], frame: Frame) -> list[Limit]:
    """“Any afternoon but Thursday”: the wish on each of the coming days, or on each day of the stretch."""
    days = [limit.what for limit in wishes if isinstance(limit.what, Dates)]
    hours = [limit for limit in wishes if isinstance(limit.what, Hours)]
    each = _days_of(days[0].days, frame) if days else frame.ahead
    return [Limit(Dates(Days(each))), *hours]


def _days_of(days: Days, frame: Frame) -> tuple[date, ...]:
    if days.until is None:
        return days.dates
    count = (days.until - days.dates[0]).days
    found = (days.dates[0] + _DAY * number for number in range(min(count, 7)))
    return tuple(day for day in found if day >= frame.now.date())


def _contains(without: Sequence[Span], span: Span) -> bool:
    """Whether the span lies within something ruled out."""
    start = span.start
    if not isinstance(start, datetime) or span.kind in {SpanKind.OPEN_END, SpanKind.OPEN_START}:
        whole = any(each.kind is SpanKind.DATE and each.day == span.day for each in without)
        return span in without or (span.day is not None and whole)
    return any(isinstance(each.start, datetime) and each.covers(start) for each in without)


def _without_the_wider(found: Sequence[Span]) -> tuple[Span, ...]:
    """Without a whole day of which an hour was wished for as well."""
    fine = {span.day for span in found if span.kind is not SpanKind.DATE}
    kept = (span for span in found if span.kind is not SpanKind.DATE or span.day not in fine)
    return tuple(dict.fromkeys(kept))
