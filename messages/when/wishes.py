"""Gathers what the clauses of a text wish for, rule out and leave open, and says when the wish must be asked.

Limits come from `phrase.py`, `joining.py` says how two wishes stand together, spans are made by `bind.py`. The one
invariant: what belongs to a time and was not read makes any wish a question.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from messages.when.bind import Frame, spans
from messages.when.clauses import Clause, Stance
from messages.when.hours import settled_pair
from messages.when.joining import Wish, concludes, is_moment, join
from messages.when.phrase import Dates, Folded, Hours, Limit, limits, turned_round
from messages.when.pieces import Clock, Days, Mark, Part, Piece, Word
from messages.when.reading import MustAskError, Span, SpanKind

_DAY: Final = timedelta(days=1)
_NOON: Final = 12
_WEEK: Final = 7
_SEVERAL: Final = 2


def _names_day(limit: Limit) -> bool:
    what = limit.what
    return isinstance(what, Dates) and what.how == "on" and what.days.until is None and not what.days.every


@dataclass(slots=True)
class Told:
    """What the clauses so far come to."""

    wishes: list[Wish] = field(default_factory=list)
    ruled_out: list[Span] = field(default_factory=list)
    background: Wish | None = None
    said: bool = False  # a time was said, so that a bare number may be another
    doubted: bool = False
    vague: bool = False
    unread: bool = False  # something that belongs to a time was not read
    weak: bool = False
    relative: bool = False  # "a half hour later"
    some_day: bool = False  # "Mother's Day": a day that is not the same to everybody
    routine: bool = False  # "after work": an hour only they know
    corrected: bool = False

    @property
    def taken_back(self) -> bool:
        """Whether what was wished for last no longer holds."""
        return self.corrected or self.doubted

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
        if self.some_day and not any(_names_day(limit) for wish in self.wishes for limit in wish.days):
            raise MustAskError("not_a_time_we_know")
        if self.routine and not any(wish.moment or wish.part or wish.begins for wish in self.wishes):
            raise MustAskError("an_hour_of_their_day")
        if self.background and self.background.hours and not any(wish.hours for wish in self.wishes):
            raise MustAskError("an_hour_of_something_else")
        found: list[Span] = []
        for wish in self.wishes:
            laid = self._laid(wish, frame)
            found.extend(span for span in spans(laid, frame) if not _contains(self.ruled_out, span))
        return _without_the_wider(found), tuple(dict.fromkeys(self.ruled_out))

    def _laid(self, wish: Wish, frame: Frame) -> Sequence[Limit]:
        if any(span.kind is not SpanKind.DATETIME for span in self.ruled_out) and _open_ended(wish.limits):
            return _laid_on_days(wish.limits, frame)
        return wish.hours if wish.hours and _any_day(wish.days) else wish.limits


def _any_day(days: Sequence[Limit]) -> bool:
    """“Before noon, any day": an hour of no day."""
    return len(days) == 1 and isinstance(days[0].what, Dates) and len(_dates_of(days[0])) == _WEEK


def told(clauses: Sequence[Clause], frame: Frame) -> Told:
    """Everything the clauses say of times. Raises `MustAskError` where wishes stand unjoined, or a number is unread."""
    so_far = Told(said=len(clauses) == 1 and clauses[0].is_an_hour)
    for clause in clauses:
        _take(so_far, clause, frame)
    return so_far


def _take(so_far: Told, clause: Clause, frame: Frame) -> None:
    if clause.stance is Stance.PAST:
        so_far.unread = so_far.unread or clause.times_before_past
    if clause.stance is Stance.PAST or clause.only_explains:
        return
    if clause.explains and so_far.wishes and (not clause.names_day or any(wish.days for wish in so_far.wishes)):
        return  # "Friday because the 16th is a holiday", "mornings because in the afternoon I work"
    folded = limits(clause.pieces, after_a_time=so_far.said)
    if clause.concedes:
        if so_far.wishes or not clause.says_known:
            _take_concession(so_far, folded.limits)
        return
    so_far.said = so_far.said or bool(folded.limits)
    if clause.stance is Stance.REFUSAL and not _only_bounds(folded.limits):
        _take_refusal(so_far, folded.limits, frame)
        return
    wished, refused = _told_apart(folded.limits, clause)
    so_far.ruled_out.extend(_refused(_in_the_stretch(refused, wished), frame))
    if clause.stance is Stance.VAGUE:
        days_alone = tuple(limit for limit in wished if isinstance(limit.what, Dates))
        so_far.vague, so_far.background = True, Wish(days_alone if Mark.RETURNS in clause.pieces else wished)
        return
    wished = _days_in_their_week(wished)
    _refuse_unknown(clause, wished, refused)
    _note(so_far, clause, folded, wished=bool(wished))
    if wished:
        background = _background(so_far, wished)
        told_whole = _with_background(wished, background, clause)
        if concludes(Wish(told_whole), clause) and Wish(told_whole).moment:
            so_far.unread, so_far.weak = bool(folded.unread), bool(folded.weak)
        so_far.wishes = join(so_far.wishes, told_whole, clause, again=so_far.taken_back)
        so_far.doubted, so_far.corrected = False, False


def _background(so_far: Told, wished: Sequence[Limit]) -> Wish | None:
    """What "after that" speaks of: "I teach until 3 on Thursdays, so after that" said no wish before."""
    if so_far.background is None and so_far.wishes and any(_of_another(limit) for limit in wished):
        so_far.background = so_far.wishes.pop()
    return so_far.background


def _of_another(limit: Limit) -> bool:
    return isinstance(limit.what, Hours) and limit.what.how in {"after that", "before that"}


def _told_apart(found: Sequence[Limit], clause: Clause) -> tuple[tuple[Limit, ...], list[Limit]]:
    """What is wished for and what is ruled out; "I can't before 10" wishes for what is left."""
    if clause.stance is Stance.REFUSAL:
        return tuple(turned_round(limit) for limit in found), []
    wished = tuple(limit for limit in found if not limit.ruled_out)
    return wished, [limit for limit in found if limit.ruled_out]


def _refuse_unknown(clause: Clause, wished: Sequence[Limit], refused: Sequence[Limit]) -> None:
    if Mark.ASK in clause.pieces or _of_some_day(clause.pieces):
        raise MustAskError("not_a_time_we_know")
    if Mark.SAME_TIME in clause.pieces and not (wished and all(_names_day(limit) for limit in wished)):
        raise MustAskError("not_a_time_we_know")  # beside a day, the day is what can be told from the words
    if Mark.SOONEST in clause.pieces and any(is_moment(limit) for limit in wished):
        raise MustAskError("from_then_or_then")  # "the earliest I could do Monday is 10"
    if wished and Mark.NOT in clause.pieces and _hours_of_either(wished, refused):
        raise MustAskError("hours_of_which_day")


def _note(so_far: Told, clause: Clause, folded: Folded, *, wished: bool) -> None:
    """What a clause leaves open beside its wishes."""
    so_far.relative = so_far.relative or (clause.proposes and any(_is_relative(piece) for piece in clause.pieces))
    so_far.routine = so_far.routine or Mark.ROUTINE in clause.pieces
    so_far.some_day = so_far.some_day or Mark.SOME_DAY in clause.pieces
    so_far.doubted = so_far.doubted or (_only_no(clause) and bool(so_far.wishes))
    so_far.corrected = clause.corrects or (so_far.corrected and not wished) or _only_no(clause)
    so_far.unread = so_far.unread or bool(folded.unread)
    so_far.weak = so_far.weak or bool(folded.weak)


def _only_bounds(found: Sequence[Limit]) -> bool:
    """“I can't before 10" says when somebody can."""
    return bool(found) and all(
        isinstance(limit.what, Hours) and limit.what.how in {"after", "before"} for limit in found
    )


def _take_concession(so_far: Told, found: Sequence[Limit]) -> None:
    """A condition is no wish; what it says of another day than the one wished for, only a person can weigh."""
    wished = {day for wish in so_far.wishes for limit in wish.days for day in _dates_of(limit)}
    wished |= {span.day for span in so_far.ruled_out if span.day is not None}
    if any(isinstance(limit.what, Hours) or not wished.issuperset(_dates_of(limit)) for limit in found):
        raise MustAskError("on_a_condition")


def _dates_of(limit: Limit) -> tuple[date, ...]:
    return limit.what.days.dates if isinstance(limit.what, Dates) else ()


def _of_some_day(pieces: Sequence[Piece]) -> bool:
    """“El lunes del puente", "Saturday of that weekend": a day told by one that nobody else knows."""
    trios = zip(pieces, pieces[1:], pieces[2:], strict=False)
    return any(
        isinstance(day, Days) and binder in {Mark.FROM, Mark.LINK} and other is Mark.SOME_DAY
        for day, binder, other in trios
    )


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


def _days_in_their_week(wished: tuple[Limit, ...]) -> tuple[Limit, ...]:
    """“Tuesday or Thursday mornings next week": both of that week, which itself is not wished for."""
    stretches = [limit for limit in wished if isinstance(limit.what, Dates) and limit.what.days.until is not None]
    days = [limit for limit in wished if isinstance(limit.what, Dates) and limit not in stretches]
    if (
        len(stretches) != 1
        or len(days) < _SEVERAL
        or stretches[0].joined
        or wished.index(stretches[0]) < wished.index(days[-1])
    ):
        return wished
    laid = dict(zip(days, _in_the_stretch(days, stretches), strict=True))
    return tuple(laid.get(limit, limit) for limit in wished if limit is not stretches[0])


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


def _with_background(wished: tuple[Limit, ...], background: Wish | None, clause: Clause) -> tuple[Limit, ...]:
    """“I get off at 5 on Monday, so after that”: the hour and the day the other thing ends."""
    found = tuple(_told_by(limit, background) for limit in wished)
    follows = found != wished or clause.opener in {Mark.SO, Mark.PAUSE}
    if not follows or background is None or any(isinstance(limit.what, Dates) for limit in found):
        return found
    return (*background.days, *found)


def _told_by(limit: Limit, background: Wish | None) -> Limit:
    what = limit.what
    if not isinstance(what, Hours) or not _of_another(limit):
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
