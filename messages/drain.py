"""When a wave has left: texts queue behind each other at the rate of their number. Pure.

Invariant: a number is never ahead of its rate, and idle time is not saved up.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Queued:
    """A text of so many segments that may leave from a number at an instant."""

    number: str
    due_at: datetime
    segments: int


@dataclass(frozen=True, slots=True)
class Left:
    """A text and when it has left."""

    queued: Queued
    left_at: datetime


def drained(queue: Iterable[Queued], rates: Mapping[str, int]) -> Iterator[Left]:
    """When each text has left, first due first. A number without a rate is not held back."""
    free: dict[str, datetime] = {}
    for each in sorted(queue, key=lambda one: one.due_at):
        start = max(each.due_at, free.get(each.number, each.due_at))
        rate = rates.get(each.number)
        free[each.number] = start if rate is None else start + timedelta(seconds=each.segments / rate)
        yield Left(each, free[each.number])
