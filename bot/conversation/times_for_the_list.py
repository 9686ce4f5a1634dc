"""Which hours somebody who asks for the waitlist by text can come: "mornings are best", "anything after 4". Pure.

Hours of any day become windows of the whole week. A day, a date or what was ruled out is not written down here: a
person does that. Invariant: what is kept is never more than was said.
"""

from datetime import datetime, time
from typing import Final

from messages.when import Span, SpanKind, When
from waitlist.matching import WeeklyWindow

DAY: Final = 24 * 60
_STRETCHES: Final = frozenset({SpanKind.INTERVAL, SpanKind.OPEN_START, SpanKind.OPEN_END})


def names_times(when: When) -> bool:
    """Whether a time was meant at all, told for sure or not."""
    return bool(when.spans or when.without or when.ask)


def windows_wished(when: When) -> tuple[WeeklyWindow, ...]:
    """The stretches of any day that were named; none where something else was named beside them, or cannot be told."""
    if when.ask or when.without or not all(map(_is_of_any_day, when.spans)):
        return ()
    return tuple(WeeklyWindow(day, *_minutes(span)) for span in when.spans for day in range(7))


def _is_of_any_day(span: Span) -> bool:
    return span.kind in _STRETCHES and span.day is None and not isinstance(span.start or span.end, datetime)


def _minutes(span: Span) -> tuple[int, int]:
    return _minute(span.start, 0), _minute(span.end, DAY)


def _minute(edge: datetime | time | None, otherwise: int) -> int:
    return otherwise if edge is None else edge.hour * 60 + edge.minute
