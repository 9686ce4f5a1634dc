"""What a simulated year came to: fills against the oracle, disappointments, minutes, and who was asked. Pure.

Invariant: a figure that would divide by nothing is None, not nought.
"""

from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

from bot.simulate import losses
from bot.simulate.losses import Limits

NEVER: Final = timedelta(days=14)
LEAD: Final = timedelta(hours=4)
LONGEST_GRACE: Final = timedelta(minutes=15)
STANDARD_LIMITS: Final = Limits(a_day=3, a_week=15, held=timedelta(minutes=30))


@dataclass(slots=True, kw_only=True)
class Hour:
    """One opening. `askable_at`: the first instant at which the law and the practice let anybody be texted about it.

    `eligible`: whom it fits then, longest waiting first, and how well (`fit`: how many of clinician and hours they had
    asked for). `quiet`: those of them who were asked whether they still wait, and are silent since. `willing`: all
    those of them who would say yes in time, the first of them at `first_yes_at`.
    """

    freed_at: datetime
    askable_at: datetime
    starts_at: datetime
    depth: int
    counted: bool
    eligible: list[int] = field(default_factory=list)
    quiet: set[int] = field(default_factory=set)
    fit: dict[int, int] = field(default_factory=dict)
    willing: set[int] = field(default_factory=set)
    first_yes_at: datetime | None = None
    asked: list[int] = field(default_factory=list)
    filled_at: datetime | None = None
    winner: int | None = None
    disappointed: int = 0

    @property
    def by_day(self) -> bool:
        """Whether texts might leave when it was freed: only the grace is waited for."""
        return self.askable_at - self.freed_at <= LONGEST_GRACE

    @property
    def lead(self) -> timedelta:
        """From being freed to its beginning."""
        return self.starts_at - self.freed_at


@dataclass(slots=True)
class Tally:
    """All openings of a run, and since when somebody has seen times pass that would have fitted."""

    hours: list[Hour] = field(default_factory=list)
    passed_by_since: dict[int, datetime] = field(default_factory=dict)
    never_asked: set[int] = field(default_factory=set)
    overdue: dict[int, Hour] = field(default_factory=dict)
    asked_at: dict[int, list[datetime]] = field(default_factory=dict)
    gone_at: dict[int, datetime] = field(default_factory=dict)
    limits: Limits = STANDARD_LIMITS
    people: int = 0
    would_take: int = 0
    offers: int = 0
    asked_whether_they_wait: int = 0
    stayed_when_asked: int = 0
    left_when_asked: int = 0

    def passes_by(self, hour: Hour, people: list[int], at: datetime) -> None:
        """A time fits these people, and it is not known yet whether they are asked about it.

        Who sees one after two weeks without an offer counts as never asked, unless they are asked about that one.
        """
        for person in people:
            since = self.passed_by_since.setdefault(person, at)
            if at - since > NEVER:
                before = self.overdue.setdefault(person, hour)
                if before is not hour:
                    self.never_asked.add(person)

    def asked(self, hour: Hour, person: int, at: datetime, *, would_take: bool) -> None:
        """Somebody is asked."""
        hour.asked.append(person)
        self.asked_at.setdefault(person, []).append(at)
        self.passed_by_since.pop(person, None)
        if self.overdue.pop(person, hour) is not hour:
            self.never_asked.add(person)
        if hour.counted:
            self.offers += 1
            self.would_take += would_take

    def asked_whether(self, person: int) -> None:
        """Somebody is asked whether they still wait: until they say so no time passes them by."""
        self.asked_whether_they_wait += 1
        self.passed_by_since.pop(person, None)

    def figures(self) -> dict[str, Any]:
        """What is reported."""
        counted = [hour for hour in self.hours if hour.counted]
        fillable = [hour for hour in counted if hour.willing]
        filled = [hour for hour in counted if hour.filled_at is not None]
        ahead = [hour for hour in filled if hour.lead > LEAD]
        disappointed = sum(hour.disappointed for hour in counted)
        return {
            "openings": len(counted),
            "freed_by_claims": sum(hour.depth > 0 for hour in counted),
            "fillable": len(fillable),
            "filled": len(filled),
            "filled_of_all": _share(len(filled), len(counted)),
            "filled_of_fillable": _share(sum(hour.filled_at is not None for hour in fillable), len(fillable)),
            "offers": self.offers,
            "offers_per_opening": _share(self.offers, len(counted)),
            "would_take_share": _share(self.would_take, self.offers),
            "fitting_per_opening": _share(sum(len(hour.eligible) for hour in counted), len(counted)),
            "disappointed": disappointed,
            "disappointed_per_fill": _share(disappointed, len(filled)),
            "minutes_to_fill": _minutes(hour.filled_at - hour.freed_at for hour in ahead if hour.filled_at),
            "minutes_to_fill_once_askable": _minutes(
                hour.filled_at - hour.askable_at for hour in ahead if hour.filled_at
            ),
            "minutes_to_fill_by_day": _minutes(
                hour.filled_at - hour.freed_at for hour in ahead if hour.filled_at and hour.by_day
            ),
            "minutes_for_the_oracle": _minutes(
                hour.first_yes_at - hour.askable_at
                for hour in fillable
                if hour.first_yes_at is not None and hour.lead > LEAD
            ),
            "freed_by_day": _share(sum(hour.by_day for hour in counted), len(counted)),
            "near": self._part([hour for hour in counted if hour.lead <= LEAD]),
            "ahead": self._part([hour for hour in counted if hour.lead > LEAD]),
            "quarters": self._quarters(filled),
            "fairness": _fairness(filled),
            "lost": losses.table(
                [self._lost(hour) for hour in fillable if not hour.filled_at], self.asked_at, self.limits
            ),
            "people": self.people,
            "never_asked": len(self.never_asked | self.overdue.keys()),
            "asked_whether_they_wait": self.asked_whether_they_wait,
            "stayed_when_asked": self.stayed_when_asked,
            "left_when_asked": self.left_when_asked,
            "quiet_share": _share(
                sum(len(hour.quiet) for hour in counted), sum(len(hour.eligible) for hour in counted)
            ),
        }

    def _lost(self, hour: Hour) -> losses.Lost:
        gone = {each for each in hour.willing if each in self.gone_at and self.gone_at[each] < hour.starts_at}
        return losses.Lost(
            askable_at=hour.askable_at,
            starts_at=hour.starts_at,
            willing=sorted(hour.willing),
            asked=frozenset(hour.asked),
            gone=frozenset(gone),
        )

    def _part(self, hours: list[Hour]) -> dict[str, Any]:
        fillable = [hour for hour in hours if hour.willing]
        filled = [hour for hour in hours if hour.filled_at is not None]
        return {
            "openings": len(hours),
            "filled_of_fillable": _share(sum(hour.filled_at is not None for hour in fillable), len(fillable)),
            "disappointed_per_fill": _share(sum(hour.disappointed for hour in hours), len(filled)),
        }

    def _quarters(self, filled: list[Hour]) -> dict[str, Any]:
        """By how long they had waited among those whom the same time fitted, the longest first.

        `fills`: shares of the fills. `offers`: shares of the offers. `willing_won`: of those who would have said yes,
        the share that got it.
        """
        fills, offers, willing, won = Counter[int](), Counter[int](), Counter[int](), Counter[int]()
        for hour in filled:
            quarter = {person: 4 * place // len(hour.eligible) for place, person in enumerate(hour.eligible)}
            offers.update(quarter[person] for person in hour.asked if person in quarter)
            willing.update(quarter[person] for person in hour.willing)
            if hour.winner in quarter:
                fills[quarter[hour.winner]] += 1
                won[quarter[hour.winner]] += hour.winner in hour.willing
        return {
            "fills": [_share(fills[n], fills.total()) for n in range(4)],
            "offers": [_share(offers[n], offers.total()) for n in range(4)],
            "willing_won": [_share(won[n], willing[n]) for n in range(4)],
        }


def _fairness(filled: list[Hour]) -> dict[str, Any]:
    """How often the longest waiting quarter of equally fitting people got a filled time, and how often the rest did.

    For each filled time, those whom it fits equally well are put in order of waiting; sets of fewer than four are left
    out. `all`: of everybody in these sets. `asked`: the same of sets without those who have gone quiet. `willing`: of
    those in the first sets who would have said yes to that time. `ratio`: the quarter's share against the rest's.
    """
    seen, got = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for hour in filled:
        counted = [("asked", *each) for each in _parts(hour, hour.quiet)]
        for person, part in _parts(hour, frozenset()):
            counted += [
                (among, person, part) for among in ("all", "willing") if among == "all" or person in hour.willing
            ]
        for among, person, part in counted:
            seen[among, part] += 1
            got[among, part] += person == hour.winner
    return {among: _compared(among, seen, got) for among in ("all", "asked", "willing")}


def _parts(hour: Hour, without: Set[int]) -> Iterator[tuple[int, str]]:
    for fit in sorted(set(hour.fit.values())):
        alike = [person for person in hour.eligible if hour.fit.get(person) == fit and person not in without]
        quarter = len(alike) // 4
        for place, person in enumerate(alike if quarter else ()):
            yield person, "longest_quarter" if place < quarter else "rest"


def _compared(among: str, seen: Counter[tuple[str, str]], got: Counter[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in ("longest_quarter", "rest"):
        of = seen[among, part]
        found[part] = {"people": of, "filled": got[among, part], "share": _share(got[among, part], of)}
    quarter, rest = found["longest_quarter"]["share"], found["rest"]["share"]
    return {**found, "ratio": _share(quarter, rest) if quarter is not None and rest else None}


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def _minutes(spans: Any) -> dict[str, float | None]:
    minutes = sorted(span / timedelta(minutes=1) for span in spans)
    if not minutes:
        return {"median": None, "p90": None}
    return {"median": round(median(minutes), 1), "p90": round(minutes[int(0.9 * (len(minutes) - 1))], 1)}
