"""The waitlist in numbers: how much was filled, how soon, what came back, and whether it was fair. Pure.

Invariant: every share comes with what it is a share of; where that is nothing, there is no share.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from types import MappingProxyType
from typing import Final

from waitlist.report_store import Freed, Made, Waited

LONG_UNASKED: Final = timedelta(days=14)
QUARTERS: Final = 4


@dataclass(frozen=True, slots=True)
class Part:
    """So many of so many."""

    count: int
    of: int

    @property
    def percent(self) -> int | None:
        """Rounded; None of nothing."""
        return round(100 * self.count / self.of) if self.of else None


@dataclass(frozen=True, slots=True)
class Line:
    """One group of the fairness report: its share of the offers and of the fills."""

    name: str
    offers: Part
    fills: Part


@dataclass(frozen=True, slots=True)
class Figures:
    """The report of a range. `recovered_minor` is what the filled visits cost by their services' fees."""

    filled: Part
    minutes: float | None
    in_vain: Part
    recovered_minor: int
    cascaded: int
    offers: int
    quarters: tuple[Line, ...]
    clinicians: tuple[Line, ...]
    languages: tuple[Line, ...]
    channels: tuple[Line, ...]
    unasked: tuple[Waited, ...]


def figures(
    freed: Sequence[Freed],
    made: Sequence[Made],
    waiting: Sequence[Waited],
    now: datetime,
    reached: Mapping[str, str] = MappingProxyType({}),
) -> Figures:
    """The numbers. Times that staff booked or that were given back count neither as filled nor as lost.

    A time that was cut or joined for another service, or held for one who came second, counts when it was filled.
    `reached`: by which channel each client is reminded, by their id.
    """
    tried = [each for each in freed if each.state not in {"undone", "taken_by_staff", "open"} and _counts(each)]
    filled = {each.id: each for each in tried if each.state == "filled"}
    won = {each.opening_id: each for each in made if each.state == "claimed" and each.opening_id in filled}
    minutes = [
        (offer.ended_at - filled[key].freed_at) / timedelta(minutes=1) for key, offer in won.items() if offer.ended_at
    ]
    by_clinician = {each.id: each.clinician_id for each in freed}
    return Figures(
        filled=Part(len(filled), len(tried)),
        minutes=median(minutes) if minutes else None,
        in_vain=Part(sum(each.in_vain for each in made), len(won)),
        recovered_minor=sum(each.fee_minor or 0 for each in filled.values()),
        cascaded=sum(each.depth > 0 for each in filled.values()),
        offers=len(made),
        quarters=_by_quarter(made),
        clinicians=_lines((by_clinician[each.opening_id], each) for each in made),
        languages=_lines((each.language or "", each) for each in made),
        channels=_lines((reached.get(each.client_id, ""), each) for each in made),
        unasked=tuple(each for each in waiting if now - (each.last_offered_at or each.joined_at) > LONG_UNASKED),
    )


def _counts(time: Freed) -> bool:
    return time.kind not in {"refitted", "instead"} or time.state == "filled"


def _by_quarter(made: Sequence[Made]) -> tuple[Line, ...]:
    """By how long those who were asked had waited then, the longest quarter first."""
    waited = sorted(made, key=lambda each: each.offered_at - each.joined_at, reverse=True)
    return _lines((str(QUARTERS * place // len(waited)), each) for place, each in enumerate(waited))


def _lines(grouped: Iterable[tuple[str, Made]]) -> tuple[Line, ...]:
    offers, fills = Counter[str](), Counter[str]()
    for name, each in grouped:
        offers[name] += 1
        fills[name] += each.state == "claimed"
    return tuple(
        Line(name, Part(offers[name], offers.total()), Part(fills[name], fills.total())) for name in sorted(offers)
    )
