"""The entrance to times in sentences: text and the present go in, wishes and refusals of time come out.

Pure and deterministic, about a millisecond; English and Spanish, mixed. The one invariant: what cannot be told for
sure is asked (`When.ask`), and then nothing is offered as a reading.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from messages.when.bind import Frame, MustAskError, spans
from messages.when.clauses import Clause, Stance, clauses, spare_words
from messages.when.phrase import Dates, Hours, Limit, limits
from messages.when.pieces import Days, Mark, Part
from messages.when.reading import Span, SpanKind, When
from messages.when.scan import scan
from messages.when.tokens import tokens

# More readings than this are no wish but a diary.
_MOST_SPANS: Final = 14
_BRITISH: Final = ("en-gb", "en-ie", "en-au", "en-nz")


def read_when(text: str, *, now: datetime, language: str = "en", bookable: Sequence[datetime] = ()) -> When:
    """The times `text` speaks of. `now` is aware and local to the client; spans are on that wall clock.

    `language` (any tag) decides the order of day and month alone. `bookable` are local times that are open or were
    offered: they tell a bare 7, a doubtful day, a time without a day.
    """
    words = tokens(text)
    if not words:
        return When()
    pieces = tuple(scan(words, now.date(), day_first=_day_first(language)))
    rest = spare_words(pieces)
    soonest = Mark.SOONEST in pieces
    frame = Frame(now.replace(tzinfo=None), tuple(each.replace(tzinfo=None) for each in bookable))
    try:
        wished, ruled_out = _read(clauses(pieces), frame)
        _refuse_skipped(wished, now)
    except MustAskError as unclear:
        return When(ask=True, soonest=soonest, rest=rest, why=(f"when.{unclear.code}",))
    return When(wished, ruled_out, soonest=soonest, rest=rest, why=tuple(f"when.{span.kind}" for span in wished))


def _day_first(language: str) -> bool | None:
    tag = language.replace("_", "-").casefold()
    if tag.startswith("es"):
        return None
    return not tag.startswith("en") or tag.startswith(_BRITISH)


def _read(found: Sequence[Clause], frame: Frame) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    wished: list[Span] = []
    ruled_out: list[Span] = []
    vague = False
    for clause in found:
        if clause.stance is Stance.PAST:
            continue
        mine, others = _of_clause(clause, frame)
        vague = vague or clause.stance is Stance.VAGUE
        wished.extend(() if clause.stance is Stance.VAGUE else mine)
        ruled_out.extend(others)
    if vague and not wished:
        raise MustAskError("about_something_else")
    if len(wished) > _MOST_SPANS:
        raise MustAskError("too_many")
    return tuple(dict.fromkeys(wished)), tuple(dict.fromkeys(ruled_out))


def _of_clause(clause: Clause, frame: Frame) -> tuple[list[Span], list[Span]]:
    found, unread = limits(clause.pieces)
    if clause.stance is Stance.REFUSAL:
        return [], _refused(found, frame)
    if Mark.ASK in clause.pieces:
        raise MustAskError("not_a_time_we_know")
    wishes = [limit for limit in found if not limit.ruled_out]
    if wishes and unread:
        raise MustAskError("number_unread")
    refusals = [limit for limit in found if limit.ruled_out]
    without = _refused(refusals, frame)
    if without and _open_ended(wishes):
        wishes = _laid_on_days(wishes, frame)
    return [span for span in spans(wishes, frame) if not _contains(without, span)], without


def _refused(refusals: Sequence[Limit], frame: Frame) -> list[Span]:
    """What was ruled out, as far as it can be told: asking which day somebody cannot come helps nobody."""
    try:
        return list(spans(refusals, frame))
    except MustAskError:
        return []


def _open_ended(wishes: Sequence[Limit]) -> bool:
    """Whether the wish is for some part of any day: then what is left of the coming days can be listed."""
    days = [limit.what for limit in wishes if isinstance(limit.what, Dates)]
    hours = [limit.what for limit in wishes if isinstance(limit.what, Hours)]
    if days:
        return any(each.days.every or each.days.until is not None for each in days)
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
    found = (days.dates[0] + timedelta(days=number) for number in range(min(count, 7)))
    return tuple(day for day in found if day >= frame.now.date())


def _contains(without: Sequence[Span], span: Span) -> bool:
    """Whether the span lies within something ruled out."""
    start = span.start
    if not isinstance(start, datetime) or span.kind in {SpanKind.OPEN_END, SpanKind.OPEN_START}:
        return span in without or (
            span.day is not None and any(each.kind is SpanKind.DATE and each.day == span.day for each in without)
        )
    return any(isinstance(each.start, datetime) and each.covers(start) for each in without)


def _refuse_skipped(wished: Sequence[Span], now: datetime) -> None:
    """A time that the clocks skip in spring is asked about."""
    for span in wished:
        for edge in (span.start, span.end):
            if isinstance(edge, datetime) and now.tzinfo is not None:
                aware = edge.replace(tzinfo=now.tzinfo)
                if aware.astimezone(UTC).astimezone(now.tzinfo).replace(tzinfo=None) != edge:
                    raise MustAskError("clocks_skip_it")
