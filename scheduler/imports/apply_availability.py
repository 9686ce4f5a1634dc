"""Working hours of a file: what differs from the record, and writing that.

Here live the comparison and the writes. The one invariant: hours that hold already are not written again.

A clinician's hours without dates are their whole week: they replace the hours in force from today on. Hours
with dates of their own are added to what there is, and days that differ are added to the days that differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from scheduler.calendar.availability import DayException, WeeklyHours
from scheduler.core.record import Reading, Tx
from scheduler.imports import import_store
from scheduler.imports.columns import Columns, Field
from scheduler.imports.directory import Directory, resolve_hours
from scheduler.imports.reasons import BadCell, Reason
from scheduler.imports.rows import BadRow, HoursRow
from scheduler.people import practice_edit_store as edits


@dataclass(frozen=True, slots=True)
class Timetable:
    """One clinician's hours in a file. `week` is None when the file has no undated hours of theirs."""

    clinician_id: str
    week: tuple[WeeklyHours, ...] | None
    dated: tuple[WeeklyHours, ...]
    exceptions: tuple[DayException, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class ComparedHours:
    """The timetables that change something, how many rows hold already, and what is wrong."""

    changed: tuple[Timetable, ...]
    known: int
    bad: tuple[BadCell, ...]

    @property
    def new(self) -> int:
        """Rows of timetables that change something."""
        return sum(table.rows for table in self.changed)


@dataclass(frozen=True, slots=True)
class _Entry:
    line: int
    hours: WeeklyHours | DayException


async def compare_hours(
    r: Reading, rows: Iterable[HoursRow], directory: Directory, columns: Columns, today: date
) -> ComparedHours:
    """Tell hours that change something from those that hold already."""
    by_clinician, counts, bad = _sorted_out(rows, directory, columns)
    changed: list[Timetable] = []
    known = 0
    for clinician_id, entries in by_clinician.items():
        bad += _overlaps(entries, columns)
        table = _timetable(clinician_id, entries, counts[clinician_id])
        if await _holds_already(r, table, today):
            known += table.rows
        else:
            changed.append(table)
    return ComparedHours(tuple(changed), known, tuple(sorted(bad, key=lambda cell: cell.line)))


async def write_timetable(tx: Tx, table: Timetable, today: date) -> None:
    """Write one clinician's hours."""
    if table.week is not None:
        await edits.replace_week(tx, table.clinician_id, table.week, today)
    await edits.insert_hours(tx, table.clinician_id, table.dated, today)
    for exception in table.exceptions:
        await edits.insert_exception(tx, tx.new_id(), table.clinician_id, exception)
    tx.note("availability.imported", "clinician", table.clinician_id, rows=table.rows)


def _sorted_out(
    rows: Iterable[HoursRow], directory: Directory, columns: Columns
) -> tuple[dict[str, list[_Entry]], dict[str, int], list[BadCell]]:
    by_clinician: dict[str, list[_Entry]] = {}
    counts: dict[str, int] = {}
    bad: list[BadCell] = []
    for row in rows:
        found = resolve_hours(row, directory, columns)
        if isinstance(found, BadRow):
            bad += found.cells
            continue
        clinician_id, location = found
        counts[clinician_id] = counts.get(clinician_id, 0) + 1
        by_clinician.setdefault(clinician_id, []).extend(_entries(row, location.id))
    return by_clinician, counts, bad


def _entries(row: HoursRow, location_id: str) -> list[_Entry]:
    if row.day is not None:
        # A day off is off everywhere unless the file names the place.
        place = location_id if row.location is not None or not row.closed else None
        return [_Entry(row.line, DayException(row.day, row.closed, row.start_minute, row.end_minute, place))]
    return [
        _Entry(
            row.line,
            WeeklyHours(weekday, row.start_minute, row.end_minute, row.valid_from, row.valid_until, location_id),
        )
        for weekday in row.weekdays
    ]


def _timetable(clinician_id: str, entries: Sequence[_Entry], rows: int) -> Timetable:
    weekly = list(dict.fromkeys(e.hours for e in entries if isinstance(e.hours, WeeklyHours)))
    plain = tuple(hours for hours in weekly if hours.valid_from is None and hours.valid_until is None)
    dated = tuple(hours for hours in weekly if hours not in plain)
    days = tuple(dict.fromkeys(e.hours for e in entries if isinstance(e.hours, DayException)))
    return Timetable(clinician_id, plain or None, dated, days, rows)


def _overlaps(entries: Sequence[_Entry], columns: Columns) -> list[BadCell]:
    """Undated hours of one weekday that overlap: the clinician cannot be in two places."""
    weekly = [(e.line, e.hours) for e in entries if isinstance(e.hours, WeeklyHours) and e.hours.valid_from is None]
    weekly.sort(key=lambda pair: (pair[1].weekday, pair[1].start_minute, pair[0]))
    header = columns.header(Field.START)
    return [
        BadCell(line, header, Reason.OVERLAP_IN_FILE)
        for (_, before), (line, after) in pairwise(weekly)
        if before.weekday == after.weekday and after.start_minute < before.end_minute and before != after
    ]


async def _holds_already(r: Reading, table: Timetable, today: date) -> bool:
    stored = await import_store.hours_on_record(r, table.clinician_id)
    kept = {row for row in stored if any(_same(row, hours, today) for hours in table.dated)}
    if any(not any(_same(row, hours, today) for row in kept) for hours in table.dated):
        return False
    if table.week is not None:
        ahead = [row for row in stored if row not in kept and (row.valid_until is None or row.valid_until >= today)]
        if len(ahead) != len(table.week):
            return False
        if any(not any(_same(row, hours, today) for row in ahead) for hours in table.week):
            return False
    return set(table.exceptions) <= await import_store.exceptions_on_record(r, table.clinician_id)


def _same(row: WeeklyHours, hours: WeeklyHours, today: date) -> bool:
    """Whether a stored row says what the file says. Hours without a first day hold from whenever they were imported."""
    began = row.valid_from is not None and row.valid_from <= today
    return replace(row, valid_from=hours.valid_from) == hours and (
        began if hours.valid_from is None else row.valid_from == hours.valid_from
    )
