"""Rows of appointments put together and held against each other: groups, repetitions, overlaps. Pure.

Here is decided which rows become which appointments and which are left out. Writing them is apply_appointments.py's.

The one invariant: what is placed never overlaps, neither itself nor anything that is taken already, so a
clinician is never booked twice by an import.

An appointment agreed elsewhere is a fact, so buffers give way to it: it takes its buffers where there is room,
and just its own time where the next visit is closer than that. Times that only touch do not overlap.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from scheduler.appointments.states import ParticipationState
from scheduler.attendance.states import Attendance
from scheduler.calendar.wallclock import Span
from scheduler.imports.columns import Columns, Field
from scheduler.imports.directory import Resolved
from scheduler.imports.reasons import BadCell, Reason
from scheduler.imports.words import Status

_STATES: Final = {
    Status.CONFIRMED: ParticipationState.CONFIRMED,
    Status.CANCELLED: ParticipationState.CANCELLED,
    Status.LATE_CANCELLED: ParticipationState.LATE_CANCELLED,
    Status.CLINICIAN_CANCELLED: ParticipationState.CLINICIAN_CANCELLED,
}
_CANCELLED: Final = frozenset({Status.CANCELLED, Status.LATE_CANCELLED, Status.CLINICIAN_CANCELLED})


@dataclass(frozen=True, slots=True)
class Place:
    """One client's place in an appointment to be written. Instants are UTC."""

    line: int
    client_id: str
    state: ParticipationState
    attendance: Attendance
    booked_at: datetime
    confirmed_at: datetime | None
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlacedVisit:
    """An appointment to be written. `taken` is what it takes of the clinician's time, None for a cancelled one."""

    key: str
    clinician_id: str
    service_id: str
    location_id: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    taken: Span | None
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """The appointments to write, how many rows are known already, and the rows left out with their reasons."""

    visits: tuple[PlacedVisit, ...]
    known: int
    left_out: tuple[BadCell, ...]


Taken = Mapping[str, Sequence[Span]]
"""What is taken of each clinician's time, by clinician id, in any order."""


def place(
    rows: Iterable[Resolved],
    columns: Columns,
    *,
    is_known: Callable[[str, Resolved], bool],
    taken: Taken,
    now: datetime,
    past_took_place: bool = False,
) -> Placed:
    """Put rows together to appointments.

    `is_known` says whether a row, with its natural key, was imported before or is booked anyway. Among rows
    that overlap the one that starts first is placed, and of those that start together the one on the earlier
    line. With `past_took_place` past visits that the file only calls booked count as kept, otherwise they are unmarked.
    """
    sorting = _Sorting(columns, now, past_took_place=past_took_place)
    for row in rows:
        key = natural_key(row, columns)
        if is_known(key, row):
            sorting.known += 1
        else:
            sorting.add(key, row)
    visits = sorting.cancelled + _fitted(sorting.groups(), taken, sorting)
    visits.sort(key=lambda visit: (visit.starts_at, visit.clinician_id, visit.key))
    left_out = tuple(sorted(sorting.left_out, key=lambda cell: cell.line))
    return Placed(tuple(visits), sorting.known, left_out)


def natural_key(row: Resolved, columns: Columns) -> str:
    """What makes a second import of the same row a no-op: the other program's id, else clinician, start and client."""
    if row.row.source_id is not None:
        return f"visit {columns.product.value} {row.row.source_id.casefold()}"
    return f"visit {row.clinician_id} {row.row.starts_at.isoformat()} {row.client_id}"


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows of one clinician, start and service, in the order of their lines."""

    key: str
    first: Resolved
    places: tuple[Place, ...]

    @property
    def span(self) -> Span:
        return Span(self.first.row.starts_at, _ends_at(self.first))


class _Sorting:
    def __init__(self, columns: Columns, now: datetime, *, past_took_place: bool) -> None:
        self._columns = columns
        self._now = now
        self._past_took_place = past_took_place
        self._seen: set[tuple[str, datetime, str]] = set()
        self._groups: dict[tuple[str, datetime, str], list[_Group]] = {}
        self.cancelled: list[PlacedVisit] = []
        self.left_out: list[BadCell] = []
        self.known = 0

    def add(self, key: str, row: Resolved) -> None:
        same = (row.clinician_id, row.row.starts_at, row.client_id)
        if same in self._seen:
            self.leave_out(row.row.line, Reason.TWICE_IN_FILE)
            return
        self._seen.add(same)
        group = _Group(key, row, (_place(row, self._now, past_took_place=self._past_took_place),))
        if row.row.status in _CANCELLED:
            self.cancelled.append(_visit(group, None))
        else:
            self._join(group)

    def _join(self, group: _Group) -> None:
        row = group.first
        together = self._groups.setdefault((row.clinician_id, row.row.starts_at, row.service.id), [])
        room = row.service.capacity - (len(together[0].places) if together else 0)
        if together and room > 0:
            together[0] = replace(together[0], places=together[0].places + group.places)
        elif together and row.service.capacity > 1:
            self.leave_out(row.row.line, Reason.GROUP_TOO_LARGE)
        else:
            together.append(group)

    def groups(self) -> list[_Group]:
        return [group for together in self._groups.values() for group in together]

    def leave_out(self, line: int, reason: Reason) -> None:
        column = Field.START if Field.START in self._columns.at else Field.DATE
        self.left_out.append(BadCell(line, self._columns.header(column), reason))


def _fitted(groups: Iterable[_Group], taken: Taken, sorting: _Sorting) -> list[PlacedVisit]:
    by_clinician: dict[str, list[_Group]] = {}
    for group in groups:
        by_clinician.setdefault(group.first.clinician_id, []).append(group)
    fitted: list[PlacedVisit] = []
    for clinician_id, mine in by_clinician.items():
        mine.sort(key=lambda group: (group.span.starts_at, group.first.row.line))
        fixed = _merged(taken.get(clinician_id, ()))
        free = _without_overlap(mine, fixed, sorting)
        fitted += [_visit(group, span) for group, span in zip(free, _with_buffers(free, fixed), strict=True)]
    return fitted


def _without_overlap(groups: Sequence[_Group], fixed: Sequence[Span], sorting: _Sorting) -> list[_Group]:
    ends = [span.ends_at for span in fixed]
    free: list[_Group] = []
    for group in groups:
        at = bisect_right(ends, group.span.starts_at)
        if at < len(fixed) and fixed[at].starts_at < group.span.ends_at:
            reason = Reason.OVERLAP
        elif free and free[-1].span.ends_at > group.span.starts_at:
            reason = Reason.OVERLAP_IN_FILE
        else:
            free.append(group)
            continue
        for left in group.places:
            sorting.leave_out(left.line, reason)
    return free


def _with_buffers(groups: Sequence[_Group], fixed: Sequence[Span]) -> list[Span]:
    """What each of the groups takes: its buffers as far as there is room between its neighbours."""
    fixed_ends = [span.ends_at for span in fixed]
    spans: list[Span] = []
    for index, group in enumerate(groups):
        bare, service = group.span, group.first.service
        at = bisect_right(fixed_ends, bare.starts_at)
        earlier = [fixed[at - 1].ends_at] if at else []
        later = [fixed[at].starts_at] if at < len(fixed) else []
        if spans:
            earlier.append(spans[-1].ends_at)
        if index + 1 < len(groups):
            later.append(groups[index + 1].span.starts_at)
        start = max([bare.starts_at - timedelta(minutes=service.buffer_before_minutes), *earlier])
        end = min([bare.ends_at + timedelta(minutes=service.buffer_after_minutes), *later])
        spans.append(Span(start, end))
    return spans


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda one: one.starts_at):
        if merged and span.starts_at <= merged[-1].ends_at:
            merged[-1] = Span(merged[-1].starts_at, max(merged[-1].ends_at, span.ends_at))
        else:
            merged.append(span)
    return merged


def _visit(group: _Group, taken: Span | None) -> PlacedVisit:
    row = group.first
    return PlacedVisit(
        key=group.key,
        clinician_id=row.clinician_id,
        service_id=row.service.id,
        location_id=row.location.id,
        zone=row.location.zone,
        starts_at=row.row.starts_at,
        ends_at=_ends_at(row),
        taken=taken,
        places=group.places,
    )


def _ends_at(row: Resolved) -> datetime:
    return row.row.ends_at or row.row.starts_at + timedelta(minutes=row.service.duration_minutes)


def _place(row: Resolved, now: datetime, *, past_took_place: bool) -> Place:
    status, starts_at = row.row.status, row.row.starts_at
    if past_took_place and status is Status.BOOKED:
        status = Status.SHOW
    begun = min(now, starts_at)
    booked_at = min(row.row.booked_at or begun, begun)
    return Place(
        line=row.row.line,
        client_id=row.client_id,
        state=_STATES.get(status, ParticipationState.BOOKED),
        attendance=_attendance(status, over=starts_at <= now),
        booked_at=booked_at,
        confirmed_at=booked_at if status is Status.CONFIRMED else None,
        cancelled_at=min(row.row.cancelled_at or begun, now) if status in _CANCELLED else None,
    )


def _attendance(status: Status, *, over: bool) -> Attendance:
    """What the other program knew. Nothing is known of a visit still to come, whatever a default there says."""
    if not over:
        return Attendance.UNMARKED
    if status in (Status.SHOW, Status.ATTENDED):
        return Attendance.ARRIVED
    return Attendance.MISSED if status is Status.MISSED else Attendance.UNMARKED
