"""Wishes said in comparison with the visit: "anything later?", "push it back an hour", "at the same time". Pure.

Looked at only where another time is wished for, so "I am an hour late" is not among them. The one invariant: what names
the visit that is to be moved ("my Wednesday appointment") is no wish for that day.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from messages.intents.normalise import normalise
from messages.intents.phrases import phrase_group
from messages.when import Span, SpanKind, When

_LATER: Final = phrase_group(
    ("later", phrase)
    for phrase in (
        "later|tardecito",
        "push|move|bump|slide|shift|scoot|set it|that|mine|this|me|my? back",
        "pushed|moved|bumped back",
        "mas tarde|adelante|tardecito",
        "retras~|atras~|aplaz~ la|mi|una|media|un|#",
    )
)
_EARLIER: Final = phrase_group(
    ("earlier", phrase)
    for phrase in (
        "earlier",
        "push|move|bump|slide|shift|scoot it|that|mine|this|me|my? up|forward",
        "pushed|moved|bumped up|forward",
        "mas temprano|tempranito",
        "horas|hora|minutos|min antes",
        "adelant~ la|mi|una|media|un|#",
    )
)
_WITH_DAYS: Final = frozenset({SpanKind.DATE, SpanKind.INTERVAL})
_SAME: Final = phrase_group(
    ("same", phrase) for phrase in ("same|usual|regular time|hour|slot", "misma|mismo hora|horario", "hora de siempre")
)
_NUMBERS: Final = {
    word: number
    for number, words in (
        (0.5, "half media"),
        (1, "a an one un una"),
        (2, "two dos"),
        (3, "three tres"),
        (15, "fifteen quince"),
        (20, "twenty veinte"),
        (30, "thirty treinta"),
    )
    for word in words.split()
}
_AMOUNT: Final = re.compile(
    rf" (\d{{1,3}}|{'|'.join(_NUMBERS)})(?: an?)? (hours?|hrs?|horas?|minutes?|mins?|minutos?) "
)
_MINUTES_EACH: Final = {"h": 60, "m": 1}
_LONGEST: Final = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Compared:
    """`by` is signed and tells the moment; else `later` or `earlier` alone; `same_time` is the visit's time of day."""

    later: bool = False
    earlier: bool = False
    by: timedelta | None = None
    same_time: bool = False


NOT_COMPARED: Final = Compared()


def compared(text: str) -> Compared:
    """What a wish for another time says of it in terms of the one there is."""
    line = normalise(text).whole.spoken
    later, earlier = _LATER.first(line) is not None, _EARLIER.first(line) is not None
    if later == earlier:
        return Compared(same_time=_SAME.first(line) is not None)
    amount = _amount(line)
    by = None if amount is None else amount if later else -amount
    return Compared(later=later, earlier=earlier, by=by)


def _amount(line: str) -> timedelta | None:
    found = _AMOUNT.search(line)
    if found is None:
        return None
    number = int(found[1]) if found[1].isdecimal() else _NUMBERS.get(found[1])
    if not number:
        return None
    span = timedelta(minutes=number * _MINUTES_EACH[found[2][0]])
    return span if span <= _LONGEST else None


def besides(when: When, visit: datetime) -> When:
    """The wish without the spans that only name the visit itself, which begins at this local wall-clock time."""
    spans = tuple(span for span in when.spans if not _names(span, visit))
    if len(spans) == len(when.spans):
        return when
    # Whoever moves "Wednesday's appointment" may come on Wednesday; who cannot on Wednesday has said so (`without`).
    return replace(when, spans=spans)


def names_only(when: When, visit: datetime) -> bool:
    """Whether no time is named but that of the visit itself, which begins at this local time."""
    named = visit.replace(tzinfo=None)
    return not when.without and all(_names(span, named) for span in when.spans)


def _names(span: Span, visit: datetime) -> bool:
    return span.kind in {SpanKind.DATE, SpanKind.DATETIME, SpanKind.TIME} and span.covers(visit)


def named_stretches(when: When) -> tuple[tuple[date, date], ...]:
    """The days, weeks and months that are named, wished for or ruled out: the first day and the last of each."""
    stretches = []
    for span in (*when.spans, *when.without):
        start, end = span.start, span.end or span.start
        if isinstance(start, datetime) and isinstance(end, datetime) and span.kind in _WITH_DAYS:
            stretches.append((start.date(), max(start, end - timedelta(microseconds=1)).date()))
    return tuple(stretches)


def times_named(when: When) -> frozenset[time]:
    """The moments that are named, as times of day."""
    exact = (span.start for span in when.spans if span.kind in {SpanKind.DATETIME, SpanKind.TIME})
    return frozenset(edge.time() if isinstance(edge, datetime) else edge for edge in exact if edge is not None)
