"""The entrance to times in sentences: text and the present go in, wishes and refusals of time come out.

Pure and deterministic, about a millisecond; English and Spanish, mixed. The one invariant: what cannot be told for
sure is asked (`When.ask`), and then nothing is offered as a reading.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from messages.when.bind import Frame
from messages.when.clauses import clauses, spare_words
from messages.when.daily_events import without_events
from messages.when.pieces import Mark
from messages.when.reading import MustAskError, Span, When
from messages.when.scan import scan
from messages.when.tokens import tokens
from messages.when.wishes import told

# More readings than this are no wish but a diary.
_MOST_SPANS: Final = 14
_ZONES: Final = (
    frozenset({"eastern", "est", "edt"}),
    frozenset({"central", "cst", "cdt"}),
    frozenset({"mountain", "mst", "mdt"}),
    frozenset({"pacific", "pst", "pdt"}),
    frozenset({"gmt", "utc", "bst"}),
)
_ALL_ZONES: Final = frozenset().union(*_ZONES)
# Belongs to a time and is not read.
_OTHER_ZONE: Final = "zone"
_BRITISH: Final = ("en-gb", "en-ie", "en-au", "en-nz")


def read_when(text: str, *, now: datetime, language: str = "en", bookable: Sequence[datetime] = ()) -> When:
    """The times `text` speaks of. `now` is aware and local to the client; spans are on that wall clock.

    `language` (any tag) decides the order of day and month alone. `bookable` are local times that are open or were
    offered: they tell a bare 7, a doubtful day, a time without a day.
    """
    words = _on_this_clock(tokens(text), now)
    if not words:
        return When()
    pieces = tuple(scan(words, now.replace(tzinfo=None), day_first=_day_first(language)))
    rest = spare_words(pieces)
    soonest = Mark.SOONEST in pieces
    frame = Frame(now.replace(tzinfo=None), tuple(each.replace(tzinfo=None) for each in bookable))
    try:
        wished, ruled_out = told(clauses(without_events(pieces)), frame).spans(frame)
        _refuse_many(wished)
        _refuse_skipped(wished, now)
    except MustAskError as unclear:
        return When(ask=True, soonest=soonest, rest=rest, why=(f"when.{unclear.code}",))
    return When(wished, ruled_out, soonest=soonest, rest=rest, why=tuple(f"when.{span.kind}" for span in wished))


def _on_this_clock(words: tuple[str, ...], now: datetime) -> tuple[str, ...]:
    """Without the name of the zone the client is in; the name of another stays, and is asked about."""
    if _ALL_ZONES.isdisjoint(words):
        return words
    zone = (now.tzname() or "").casefold()
    here = next((names for names in _ZONES if zone in names), frozenset())
    return tuple(_OTHER_ZONE if word in _ALL_ZONES else word for word in words if word not in here)


def _day_first(language: str) -> bool | None:
    tag = language.replace("_", "-").casefold()
    if tag.startswith("es"):
        return None
    return not tag.startswith("en") or tag.startswith(_BRITISH)


def _refuse_many(wished: Sequence[Span]) -> None:
    """Refuses days beside hours of no day, and more readings than anybody wishes for."""
    days = {isinstance(span.start or span.end, datetime) for span in wished}
    if len(days) > 1:
        raise MustAskError("hours_of_no_day")
    if len(wished) > _MOST_SPANS:
        raise MustAskError("too_many")


def _refuse_skipped(wished: Sequence[Span], now: datetime) -> None:
    """A time that the clocks skip in spring is asked about."""
    for span in wished:
        for edge in (span.start, span.end):
            if isinstance(edge, datetime) and now.tzinfo is not None:
                aware = edge.replace(tzinfo=now.tzinfo)
                if aware.astimezone(UTC).astimezone(now.tzinfo).replace(tzinfo=None) != edge:
                    raise MustAskError("clocks_skip_it")
