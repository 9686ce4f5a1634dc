"""Days that were wished for a moment ago, and an hour named since: "thursday?" and then "after 3". Pure.

Invariant: a text that names a day itself is taken at its own word; what was wished before counts for hours alone.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from messages.when import SpanKind, When

Stretch = tuple[date, date]
"""The first day and the last."""

_WITH_DAYS: Final = frozenset({SpanKind.DATE, SpanKind.DATETIME, SpanKind.INTERVAL})


def named_days_of(when: When) -> tuple[Stretch, ...]:
    """The days a wish names, if it does; ends are exclusive in a wish, and the last day here is one of them."""
    edges = [(span.start, span.end or span.start) for span in when.spans if span.kind in _WITH_DAYS]
    return tuple(
        (first.date(), max(first, last - datetime.resolution).date())
        for first, last in edges
        if isinstance(first, datetime) and isinstance(last, datetime)
    )


def names_hours_alone(when: When) -> bool:
    """Whether times of day are wished for and no day."""
    edges = [edge for span in when.spans for edge in (span.start, span.end) if edge is not None]
    return bool(edges) and not when.ask and all(isinstance(edge, time) for edge in edges)


def kept_days(days: Sequence[Stretch]) -> list[list[str]]:
    """The days as an open question remembers them."""
    return [[first.isoformat(), last.isoformat()] for first, last in days]


def is_within(days: Sequence[Stretch], local: datetime) -> bool:
    """Whether a local time falls on one of the days."""
    return any(first <= local.date() <= last for first, last in days)


def on_the_first(days: Sequence[Stretch], near: datetime, zone: ZoneInfo) -> datetime:
    """The same time of day on the first of the days."""
    first = min(first for first, _ in days)
    return datetime.combine(first, near.astimezone(zone).time(), zone).astimezone(near.tzinfo)
