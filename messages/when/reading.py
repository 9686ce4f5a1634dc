"""The values of a time as people write it: what was wished for, and whether it must be asked.

Data only; words become values in `reader.py`. The one invariant: a `When` that must be asked about offers no span, so
nobody acts on a guess.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum


class SpanKind(StrEnum):
    """What is known of a span.

    `DATETIME` a moment, `DATE` a whole day, `TIME` a time of day without a day, `INTERVAL` from start up to end,
    `OPEN_START` anything before its end, `OPEN_END` anything from its start on.
    """

    DATETIME = "datetime"
    DATE = "date"
    TIME = "time"
    INTERVAL = "interval"
    OPEN_START = "open_start"
    OPEN_END = "open_end"


class Grain(StrEnum):
    """How finely it was said: "3:30" by the minute, "3 pm" by the hour, "Tuesday" by the day."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


Edge = datetime | time
"""An end of a span: local wall-clock time, without a zone; a bare time of day where no day was named."""


@dataclass(frozen=True, slots=True)
class Span:
    """One reading of a wish. `end` is exclusive; an open side is None. `day` is the only day an open span may be on."""

    kind: SpanKind
    start: Edge | None
    end: Edge | None
    grain: Grain
    day: date | None = None

    def covers(self, start: datetime) -> bool:
        """Whether a visit that begins at this local wall-clock time is what was wished for."""
        local = start.replace(tzinfo=None)
        if self.day is not None and local.date() != self.day:
            return False
        if self.kind in {SpanKind.DATETIME, SpanKind.TIME}:
            return self.start == _like(self.start, local)
        after = self.start is None or _like(self.start, local) >= self.start  # type: ignore[operator] # like by like
        return after and (self.end is None or _like(self.end, local) < self.end)  # type: ignore[operator] # as above


@dataclass(frozen=True, slots=True)
class When:
    """What a text says about time.

    `spans` are the wishes, any of which would do; `without` what was ruled out ("not Thursday", the visit they cannot
    make). `ask` says that a time was meant and cannot be told for sure: then `spans` is empty. `soonest`: the earlier
    the better. `rest` counts the words that are not about time, so that a text of little else can be told from a
    sentence that only mentions a day. `why` names the rules.
    """

    spans: tuple[Span, ...] = ()
    without: tuple[Span, ...] = ()
    ask: bool = False
    soonest: bool = False
    rest: int = 0
    why: tuple[str, ...] = ()

    def covers(self, start: datetime) -> bool:
        """Whether a visit that begins at this local wall-clock time would do. True when nothing was said."""
        wanted = not self.spans or any(span.covers(start) for span in self.spans)
        return wanted and not any(span.covers(start) for span in self.without)


class MustAskError(Exception):
    """A time was meant that cannot be told; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _like(edge: Edge | None, local: datetime) -> Edge:
    return local if isinstance(edge, datetime) else local.time()
