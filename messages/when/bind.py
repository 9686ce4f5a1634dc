"""Combines the limits of a clause into spans: days with hours, alternatives with alternatives.

The one invariant: a limit that cannot be settled (a bare 7, a day that may be two, a time that has passed) raises
`MustAskError`, so no span is ever half a guess.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from messages.when.grouping import Group, groups
from messages.when.hours import settled, settled_pair, still_ahead
from messages.when.phrase import Dates, Hours, Limit
from messages.when.pieces import Clock, Days, Part
from messages.when.reading import Edge, Grain, MustAskError, Span, SpanKind
from messages.when.words import EVENING

_DAY: Final = timedelta(days=1)
_WEEK: Final = 7
_SATURDAY: Final = 5
# Longer stretches than this are not cut into their days.
_LONGEST_CUT: Final = 14


@dataclass(frozen=True, slots=True)
class Frame:
    """What a time is read against: the local present without its zone, and what can be booked."""

    now: datetime
    bookable: Sequence[datetime] = ()

    @property
    def ahead(self) -> tuple[date, ...]:
        """The coming seven days."""
        return tuple(self.now.date() + _DAY * days for days in range(1, _WEEK + 1))


def spans(limits: Sequence[Limit], frame: Frame) -> Iterator[Span]:
    """The spans of limits that are all wished for, or all ruled out."""
    for group in groups(limits):
        yield from _of_group(group, frame)


def _each_day(days: Days) -> list[date]:
    if days.until is None:
        return list(days.dates)
    count = (days.until - days.dates[0]).days
    return [days.dates[0] + _DAY * number for number in range(min(count, _LONGEST_CUT))]


def _of_group(group: Group, frame: Frame) -> Iterator[Span]:
    if not group.days:
        group.hours = [hours for hours in group.hours if hours != [Hours("all")]]
        for hours in group.hours:
            yield _without_day(hours, frame)
        return
    for dates in group.days:
        if dates.days.vague:
            raise MustAskError("vague_stretch")
        _refuse_doubt(dates.days, frame)
        if dates.how != "on":
            yield _open_days(dates, group)
        elif not group.hours or group.hours == [[Hours("all")]]:
            yield from _whole(dates.days, frame)
        else:
            for day in _working(dates.days, frame):
                yield from (_on_day(day, hours, frame) for hours in group.hours)


def _refuse_doubt(days: Days, frame: Frame) -> None:
    if days.open_to_doubt is None:
        return
    bookable = {each.date() for each in frame.bookable}
    if (days.dates[0] in bookable) == (days.open_to_doubt in bookable) or days.dates[0] not in bookable:
        raise MustAskError("day_in_doubt")


def _working(days: Days, frame: Frame) -> list[date]:
    """The single days that hours are laid on: all that were named; of a week its working days, none that is over."""
    found = [day for day in _each_day(days) if day >= frame.now.date()]
    if days.until is not None and (days.until - days.dates[0]).days > _LONGEST_CUT:
        raise MustAskError("too_many")
    if days.until is not None and days.grain is not Grain.DAY:
        found = [day for day in found if day.weekday() < _SATURDAY]
    if not found:
        raise MustAskError("day_over")
    return found


def _whole(days: Days, frame: Frame) -> Iterator[Span]:
    if days.until is not None:
        start = max(days.dates[0], frame.now.date())
        if start >= days.until:
            raise MustAskError("day_over")
        yield Span(SpanKind.INTERVAL, _midnight(days.dates[0]), _midnight(days.until), days.grain)
        return
    for day in days.dates:
        if day < frame.now.date():
            raise MustAskError("day_over")
        yield Span(SpanKind.DATE, _midnight(day), _midnight(day + _DAY), Grain.DAY, day)


def _open_days(dates: Dates, group: Group) -> Span:
    if group.hours or (dates.days.until is not None and dates.how == "until"):
        raise MustAskError("open_days_with_hours")
    first = dates.days.dates[0]
    last = dates.days.until or first + _DAY
    if dates.how == "after":
        return Span(SpanKind.OPEN_END, _midnight(last), None, Grain.DAY)
    return Span(SpanKind.OPEN_START, None, _midnight(first if dates.how == "before" else last), Grain.DAY)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


@dataclass(frozen=True, slots=True)
class _Edges:
    """Hours settled: a moment when `last` is None and `kind` says so, open where an edge is missing."""

    kind: SpanKind
    first: time | None
    last: time | None
    grain: Grain


def _settle(hours: Sequence[Hours], frame: Frame, day: date | None) -> _Edges:
    """All limits that were said together, as one."""
    part = next((each.part for each in hours if each.part is not None), None)
    bookable = [each for each in frame.bookable if day is None or each.date() == day]
    rest = [each for each in hours if each.part is None]
    if not rest:
        part = _narrowest([each.part for each in hours if each.part is not None])
        if part is None:
            raise MustAskError("parts_disagree")
        start = max(part.start, _earliest(frame, day) or part.start) if part.later else part.start
        return _interval(start, part.end, Grain.HOUR)
    edges = [_edges(each, part, bookable, _earliest(frame, day)) for each in rest]
    if len(edges) == 2 and edges[0].kind is SpanKind.OPEN_END and edges[1].kind is SpanKind.OPEN_START:  # noqa: PLR2004 -- a pair
        return _interval(edges[0].first, edges[1].last, Grain.HOUR)
    return _narrowed(_moment_within(edges) if len(edges) > 1 else edges[0], part)


def _narrowest(parts: Sequence[Part]) -> Part | None:
    """“First thing tomorrow morning": the part that lies in all the others."""
    return next(
        (part for part in parts if all(each.start <= part.start and part.end <= each.end for each in parts)), None
    )


def _moment_within(edges: Sequence[_Edges]) -> _Edges:
    """“After lunch, like 2”: the moment, where it lies within everything else that was said."""
    moments = [each for each in edges if each.kind is SpanKind.TIME]
    at = moments[0].first if len(moments) == 1 else None
    if at is None or any(not _holds(each, at) for each in edges):
        raise MustAskError("hours_disagree")
    return moments[0]


def _holds(edges: _Edges, at: time) -> bool:
    return (edges.first is None or edges.first <= at) and (edges.last is None or at < edges.last)


def _narrowed(edges: _Edges, part: Part | None) -> _Edges:
    """“Thursday afternoon after 3” ends with the afternoon."""
    if part is None or edges.kind not in {SpanKind.OPEN_END, SpanKind.OPEN_START}:
        return edges
    if edges.kind is SpanKind.OPEN_END:
        if part.end == EVENING[1]:
            return edges  # nothing comes behind the evening
        return _interval(edges.first, part.end, edges.grain)
    return _interval(part.start, edges.last, edges.grain)


def _interval(first: time | None, last: time | None, grain: Grain) -> _Edges:
    if first is None or last is None or first >= last:
        raise MustAskError("hours_disagree")
    return _Edges(SpanKind.INTERVAL, first, last, grain)


def _earliest(frame: Frame, day: date | None) -> time | None:
    """Today only what is still ahead can be meant."""
    return frame.now.time() if day == frame.now.date() else None


def _edges(hours: Hours, part: Part | None, bookable: Sequence[datetime], earliest: time | None) -> _Edges:
    first = hours.first
    if first is None:
        raise MustAskError("hours_unclear")
    if hours.how == "within" and hours.last is not None:
        pair = settled_pair(first, hours.last, part, bookable)
        if pair is None:
            raise MustAskError("hours_unclear")
        return _interval(*pair, _finer(first, hours.last))
    at = settled(first, part, bookable)
    if earliest is not None and part is None and (at is None or at <= earliest):
        at = still_ahead(first, earliest) or at
    if at is None:
        raise MustAskError("half_of_day")
    if hours.how == "after":
        return _Edges(SpanKind.OPEN_END, at, None, first.grain)
    if hours.how == "before":
        return _Edges(SpanKind.OPEN_START, None, at, first.grain)
    return _Edges(SpanKind.TIME, at, None, first.grain)


def _finer(first: Clock, last: Clock) -> Grain:
    return Grain.MINUTE if Grain.MINUTE in {first.grain, last.grain} else Grain.HOUR


def _without_day(hours: Sequence[Hours], frame: Frame) -> Span:
    edges = _settle(hours, frame, None)
    matching = [each for each in frame.bookable if edges.kind is SpanKind.TIME and each.time() == edges.first]
    if len(matching) == 1:
        return Span(SpanKind.DATETIME, matching[0], None, edges.grain, matching[0].date())
    return Span(edges.kind, edges.first, edges.last, edges.grain)


def _on_day(day: date, hours: Sequence[Hours], frame: Frame) -> Span:
    edges = _settle(hours, frame, day)
    kind = SpanKind.DATETIME if edges.kind is SpanKind.TIME else edges.kind
    first, last = _at(day, edges.first), _at(day, edges.last)
    latest = last if last is not None else first
    if kind is not SpanKind.OPEN_END and isinstance(latest, datetime) and latest <= frame.now:
        raise MustAskError("time_over")
    return Span(kind, first, last, edges.grain, day)


def _at(day: date, at: time | None) -> Edge | None:
    return None if at is None else datetime.combine(day, at)
