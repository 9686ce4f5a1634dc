"""What became of the booked visits: counts and rates, each with its denominator in words.

Here live pure sums over frozen rows. Reading the rows is the store's, drawing them the console's.

The one invariant: the outcomes of a visit partition all visits, so the counts of a group always add up to its
visits, and a rate without its denominator cannot be had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from scheduler.appointments.states import ParticipationState
from scheduler.attendance.states import ATTENDED, Attendance
from scheduler.calendar.wallclock import to_local


class Outcome(StrEnum):
    """What became of a visit; every visit has exactly one."""

    ATTENDED = "attended"
    MISSED = "missed"
    CLIENT_CANCELLED = "client_cancelled"
    CLIENT_CANCELLED_LATE = "client_cancelled_late"
    CLINICIAN_CANCELLED = "clinician_cancelled"
    UNMARKED = "unmarked"
    UPCOMING = "upcoming"


CANCELLED: Final = frozenset({Outcome.CLIENT_CANCELLED, Outcome.CLIENT_CANCELLED_LATE, Outcome.CLINICIAN_CANCELLED})


@dataclass(frozen=True, slots=True)
class VisitFact:
    """One participation as the report sees it; instants are aware UTC.

    `moved` counts how often the visit was given another time, `waived` says that a fee for it was waived, and
    `filled_after_cancel` that another client took the time a cancellation freed.
    """

    state: ParticipationState
    attendance: Attendance
    starts_at: datetime
    booked_at: datetime
    clinician_id: str
    moved: int = 0
    waived: bool = False
    filled_after_cancel: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with both of its numbers and what the lower one counts."""

    part: int
    whole: int
    denominator: str

    @property
    def per_cent(self) -> float | None:
        """The share in per cent, or None when there is nothing to divide by."""
        return None if self.whole == 0 else 100 * self.part / self.whole


@dataclass(frozen=True, slots=True)
class Counts:
    """The outcomes of a group of visits; the first seven fields add up to `visits`."""

    attended: int
    missed: int
    client_cancelled: int
    client_cancelled_late: int
    clinician_cancelled: int
    unmarked: int
    upcoming: int
    moved: int
    waived: int
    filled: int

    @property
    def visits(self) -> int:
        """All visits of the group."""
        return self.due + self.client_cancelled + self.clinician_cancelled + self.unmarked + self.upcoming

    @property
    def due(self) -> int:
        """Visits whose time was the client's to keep, and whose outcome is known: came, missed or cancelled late."""
        return self.attended + self.missed + self.client_cancelled_late

    @property
    def cancelled(self) -> int:
        """Visits given up by anybody."""
        return self.client_cancelled + self.client_cancelled_late + self.clinician_cancelled


@dataclass(frozen=True, slots=True)
class Group:
    """One line of the report: the counts of a clinician, a weekday, a lead time, or of everything."""

    key: str
    counts: Counts

    @property
    def no_show_rate(self) -> Rate:
        """Missed visits among those that were due and marked."""
        return Rate(self.counts.missed, self.counts.due, DUE_WORDS)

    @property
    def late_cancel_rate(self) -> Rate:
        """Late cancellations by clients among visits that were due and marked."""
        return Rate(self.counts.client_cancelled_late, self.counts.due, DUE_WORDS)

    @property
    def lost_rate(self) -> Rate:
        """Time lost through clients, missed and cancelled late together."""
        return Rate(self.counts.missed + self.counts.client_cancelled_late, self.counts.due, DUE_WORDS)

    @property
    def clinician_cancel_rate(self) -> Rate:
        """Cancellations by the practice among all visits but those that lie ahead."""
        return Rate(self.counts.clinician_cancelled, self.counts.visits - self.counts.upcoming, PAST_WORDS)

    @property
    def filled_rate(self) -> Rate:
        """Cancelled visits whose time another client took."""
        return Rate(self.counts.filled, self.counts.cancelled, CANCELLED_WORDS)

    @property
    def unmarked_rate(self) -> Rate:
        """Visits nobody marked: how much to trust the other rates."""
        marked = self.counts.attended + self.counts.missed
        return Rate(self.counts.unmarked, marked + self.counts.unmarked, TOOK_TIME_WORDS)


DUE_WORDS: Final = "visits that were kept, missed or cancelled late; unmarked ones are left out"
PAST_WORDS: Final = "all visits except those still ahead"
CANCELLED_WORDS: Final = "visits cancelled by anybody"
TOOK_TIME_WORDS: Final = "past visits that nobody cancelled"

LEAD_BUCKETS: Final[tuple[tuple[str, timedelta], ...]] = (
    ("under_1_day", timedelta(days=1)),
    ("1_to_3_days", timedelta(days=4)),
    ("4_to_7_days", timedelta(days=8)),
    ("8_to_14_days", timedelta(days=15)),
    ("15_to_30_days", timedelta(days=31)),
)
LONGEST_LEAD: Final = "over_30_days"
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Report:
    """All lines of the no-show report."""

    overall: Group
    by_clinician: tuple[Group, ...]
    by_weekday: tuple[Group, ...]
    by_lead_time: tuple[Group, ...]


def summarise(facts: Sequence[VisitFact], zone: ZoneInfo, now: datetime) -> Report:
    """The report over these visits as known at `now`.

    `zone` decides which weekday a visit falls on. Groups come in the order of the week and of growing lead
    time, clinicians by id; a weekday or lead time without visits is listed with zeros, so that a chart keeps
    its shape.
    """
    leads = [name for name, _ in LEAD_BUCKETS] + [LONGEST_LEAD]
    clinicians = sorted({fact.clinician_id for fact in facts})
    return Report(
        overall=Group("all", count(facts, now)),
        by_clinician=_grouped(facts, now, clinicians, lambda fact: fact.clinician_id),
        by_weekday=_grouped(facts, now, WEEKDAYS, lambda fact: WEEKDAYS[to_local(fact.starts_at, zone).weekday()]),
        by_lead_time=_grouped(facts, now, leads, lead_bucket),
    )


def outcome(fact: VisitFact, now: datetime) -> Outcome:
    """What became of one visit. A cancellation counts as such also when its hour still lies ahead."""
    match fact.state:
        case ParticipationState.CANCELLED:
            return Outcome.CLIENT_CANCELLED
        case ParticipationState.LATE_CANCELLED:
            return Outcome.CLIENT_CANCELLED_LATE
        case ParticipationState.CLINICIAN_CANCELLED:
            return Outcome.CLINICIAN_CANCELLED
        case ParticipationState.BOOKED | ParticipationState.CONFIRMED:
            return _outcome_of_kept(fact, now)


def count(facts: Iterable[VisitFact], now: datetime) -> Counts:
    """The outcomes of these visits, counted."""
    tally = dict.fromkeys(Outcome, 0)
    moved = waived = filled = 0
    for fact in facts:
        became = outcome(fact, now)
        tally[became] += 1
        moved += fact.moved > 0
        waived += fact.waived
        # Only time that was given up can be filled: the flag of a visit restored since must not lift the rate over 100.
        filled += fact.filled_after_cancel and became in CANCELLED
    return Counts(**{key.value: number for key, number in tally.items()}, moved=moved, waived=waived, filled=filled)


def lead_bucket(fact: VisitFact) -> str:
    """How long before its start the visit was booked, in elapsed days."""
    lead = fact.starts_at - fact.booked_at
    return next((name for name, limit in LEAD_BUCKETS if lead < limit), LONGEST_LEAD)


def _outcome_of_kept(fact: VisitFact, now: datetime) -> Outcome:
    if fact.attendance in ATTENDED:
        return Outcome.ATTENDED
    if fact.attendance is Attendance.MISSED:
        return Outcome.MISSED
    return Outcome.UPCOMING if fact.starts_at > now else Outcome.UNMARKED


def _grouped(
    facts: Sequence[VisitFact], now: datetime, keys: Sequence[str], key_of: Callable[[VisitFact], str]
) -> tuple[Group, ...]:
    members: dict[str, list[VisitFact]] = {key: [] for key in keys}
    for fact in facts:
        members[key_of(fact)].append(fact)
    return tuple(Group(key, count(rows, now)) for key, rows in members.items())
