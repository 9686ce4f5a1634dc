"""How often, and how soon, people say yes to an offered time. Pure.

Here live the published figures a practice starts with and what its own offers add to them. People differ: who left the
last offers without an answer seldom says yes to the next, so each is counted among their like (`silence`). An offer
that ended before its holder had answered (somebody was quicker) tells only that they had not said yes by then; so yeses
are counted against those who could still have said it, bucket by bucket, as in a table of mortality.
Invariant: a chance lies between nothing and one, and grows with the time given.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

EDGES: Final = (1, 2, 3, 5, 8, 12, 20, 30, 45, 60, 90, 120, 180, 240, 480, 1440)
"""Ends of the buckets, minutes after the offer; the first begins at nothing."""

_BUCKETS: Final = tuple(pairwise((0, *EDGES)))

LEADS: Final = (4 * 60, 48 * 60)
"""Nearer than four hours, nearer than two days, and farther: people answer differently."""

_LEADS: Final = tuple(timedelta(minutes=each) for each in LEADS)

MOST_SILENCE: Final = 2
"""Who left more offers in a row without an answer is not told apart any further."""

PRIOR_YES: Final = (0.15, 0.06, 0.03)
"""By the number of offers in a row they left unanswered. Together near 8.3 % of 177,311 offers (JMIR 2020 e16451) and
11 % of 60,660 (JMIR 2024 e52071); that few people give most of the answers is published (45.4 % of visits answered one
of 4.4 offers at least, Health Serv Insights 2025), the split is ours."""

PRIOR_SHARES: Final = (
    (0.04, 0.12, 0.20, 0.30, 0.38, 0.43, 0.49, 0.54, 0.60, 0.65, 0.72, 0.78, 0.85, 0.89, 0.96, 1.0)
)  # fmt: skip
"""Of those who answer at all, how many have by each edge.

60 % of 278 answers came within 45 minutes of the text (Sexual Health 2022, SH22021); those who answer from the hand
do so after 3.6 minutes at the median (J Diabetes Sci Technol 2011;5:1246). Between these two the line is drawn by us.
"""

PRIOR_OFFERS: Final = 60
"""For how many offers of one's own the published figures count."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one offer: how long it was out, how far ahead the visit was, whether they said yes or no.

    `silence`: how many offers in a row they had left without an answer before.
    """

    out: timedelta
    lead: timedelta
    said_yes: bool
    said_no: bool
    silence: int = 0


_Line = Sequence[tuple[float, float, float]]


@dataclass(frozen=True)
class Curve:
    """The chance of a yes by the time since the offer: `by_edge[silence][lead][edge]`, rising with the edge."""

    by_edge: tuple[tuple[tuple[float, ...], ...], ...]

    @cached_property
    def _lines(self) -> tuple[tuple[_Line, ...], ...]:
        """For each silence, lead and bucket: its first minute, the chance by then, what each of its minutes adds."""
        return tuple(tuple(_slopes(line) for line in lines) for lines in self.by_edge)

    def chance(self, lead: timedelta, minutes: float, silence: int = 0) -> float:
        """That an offer is answered with yes within so many minutes."""
        return _chance(self._line(lead, silence), minutes)

    def still(self, lead: timedelta, age: float, more: float, silence: int = 0) -> float:
        """That an offer which has been out for `age` minutes unanswered is answered with yes within `more`."""
        line = self._line(lead, silence)
        sofar = _chance(line, age)
        return (_chance(line, age + more) - sofar) / (1 - sofar)

    def _line(self, lead: timedelta, silence: int) -> _Line:
        return self._lines[min(silence, MOST_SILENCE)][lead_class(lead)]


def _chance(line: _Line, minutes: float) -> float:
    if minutes <= 0:
        return 0.0
    at_most = min(minutes, EDGES[-1])
    start, chance, a_minute = line[bisect_left(EDGES, at_most)]
    return chance + a_minute * (at_most - start)


def _slopes(line: Sequence[float]) -> _Line:
    rises = pairwise((0.0, *line))
    return tuple((a, at, (to - at) / (b - a)) for (a, b), (at, to) in zip(_BUCKETS, rises, strict=True))


Counts = Sequence[Sequence[Sequence[Sequence[int]]]]
"""For each silence, lead and bucket: how many could still have said yes, and how many did."""


def lead_class(lead: timedelta) -> int:
    """0 near, 1 soon, 2 far."""
    return bisect_right(_LEADS, lead)


def count(offers: Iterable[Ended]) -> list[list[list[list[int]]]]:
    """What a practice's own offers say."""
    found = [[[[0, 0] for _ in EDGES] for _ in range(len(LEADS) + 1)] for _ in range(MOST_SILENCE + 1)]
    for offer in offers:
        line = found[min(offer.silence, MOST_SILENCE)][lead_class(offer.lead)]
        out = offer.out / timedelta(minutes=1)
        for bucket, (start, end) in zip(line, _BUCKETS, strict=True):
            if offer.said_no:
                bucket[0] += 1  # could not say yes any more, and is counted among those who did not
            elif out > end or (out > start and offer.said_yes):
                bucket[0] += 1
                bucket[1] += offer.said_yes and out <= end
            else:
                break
    return found


def silence_after(offer: Ended, *, ran_out: bool) -> int:
    """How many offers in a row somebody has left unanswered once this one is over; a withdrawn one says nothing."""
    if offer.said_yes or offer.said_no:
        return 0
    return offer.silence + ran_out


def learned(counts: Counts | None) -> Curve:
    """The published figures, moved by one's own counts as far as these weigh."""
    none = [[[0, 0]] * len(EDGES)] * (len(LEADS) + 1)
    of_silence = counts or [none] * (MOST_SILENCE + 1)
    return Curve(
        tuple(tuple(_line(each, prior) for each in lines) for lines, prior in zip(of_silence, PRIOR_YES, strict=True))
    )


def _line(buckets: Sequence[Sequence[int]], prior: float) -> tuple[float, ...]:
    found, none_yet, before = [], 1.0, 0.0
    for (could, did), share in zip(buckets, PRIOR_SHARES, strict=True):
        prior_could = PRIOR_OFFERS * (1 - prior * before)
        prior_did = PRIOR_OFFERS * prior * (share - before)
        none_yet *= 1 - (prior_did + did) / (prior_could + could)
        before = share
        found.append(1 - none_yet)
    return tuple(found)


PUBLISHED: Final = learned(None)
"""What a practice starts with."""


def counts_of(stored: Mapping[str, Any] | None) -> Counts | None:
    """Counts as they are stored, if they were taken with the same buckets of the same people."""
    if stored is None or tuple(stored.get("edges", ())) != EDGES or stored.get("silence") != MOST_SILENCE:
        return None
    found: Counts = stored["counts"]
    return found


def stored(counts: Counts) -> dict[str, Any]:
    """Counts as they are kept."""
    kept = [[[list(bucket) for bucket in line] for line in lines] for lines in counts]
    return {"edges": list(EDGES), "silence": MOST_SILENCE, "counts": kept}
