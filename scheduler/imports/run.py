"""An import from bytes to report: read, compare, and, if all is well, write.

Here lives the order of things. The one invariant: nothing is written before the whole file was read and
compared, so a bad file changes nothing unless bad rows are to be skipped.

Writing happens in many short transactions, so that on SQLite, with its one writer, texts and bookings go on
meanwhile. Every row is known again by its key: an import that was cut short is finished by importing the file
once more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, TypeVar

from scheduler.calendar.wallclock import local_day, zone_of
from scheduler.core.actor import Actor
from scheduler.core.record import Reading, Record, Tx
from scheduler.imports import import_store
from scheduler.imports.apply_appointments import compare_appointments, on_record, resolve, write_visits
from scheduler.imports.apply_availability import Timetable, compare_hours, write_timetable
from scheduler.imports.apply_clients import NewClient, compare_clients, write_clients
from scheduler.imports.columns import Columns, FileKind, HeaderProblems, squeezed
from scheduler.imports.decoding import UnreadableFileError
from scheduler.imports.directory import Clients, Directory
from scheduler.imports.opening import Opened, kind_of, open_file
from scheduler.imports.placing import PlacedVisit
from scheduler.imports.reasons import BadCell
from scheduler.imports.report import Options, Outcome, Phase, Progress, Report, Source
from scheduler.imports.rows import AppointmentRow, BadRow, ClientRow, Habits, HoursRow, PassedOver
from scheduler.imports.values import date_order
from scheduler.people import store as people

READ_AT_ONCE: Final = 2_000
CLIENTS_AT_ONCE: Final = 200
VISITS_AT_ONCE: Final = 200
GROWN_AFTER: Final = (0, 4, 24, 124)  # turns of writing after which tables are some times larger than they were
_Item = TypeVar("_Item")
GOOD = Options()


async def run_import(
    record: Record,
    practice_id: str,
    actor: Actor,
    raw: bytes,
    *,
    kind: FileKind | None = None,
    options: Options = GOOD,
    progress: Progress | None = None,
) -> Report:
    """Import a file of clients, appointments or hours; the kind is found out from the header when it is not given.

    Clients and appointments that are there already are left as they are. Clients have to be imported before
    their appointments. `progress` is called on the event loop.
    """
    try:
        found = kind or await asyncio.to_thread(kind_of, raw)
        if found is None:
            return Report(Outcome.UNKNOWN_KIND)
        opened = await asyncio.to_thread(open_file, raw, found)
        if isinstance(opened, HeaderProblems):
            return Report(Outcome.HEADER, header=opened)
        run = _Run(record, practice_id, actor, opened, options, progress or _silently)
        return await run.all()
    except UnreadableFileError as refusal:
        return Report(Outcome.UNREADABLE, unreadable=refusal.why, unreadable_line=refusal.line)


@dataclass(slots=True)
class _Read:
    """What stands in the file."""

    clients: list[ClientRow]
    appointments: list[AppointmentRow]
    hours: list[HoursRow]
    bad: list[BadCell]
    passed_over: int = 0


class _Run:
    def __init__(
        self,
        record: Record,
        practice_id: str,
        actor: Actor,
        opened: Opened,
        options: Options,
        progress: Progress,
    ) -> None:
        self._record = record
        self._practice_id = practice_id
        self._actor = actor
        self._opened = opened
        self._columns: Columns = opened.columns
        self._options = options
        self._progress = progress

    async def all(self) -> Report:
        async with self._record.read(self._practice_id) as r:
            habits = await _habits(r)
        read = await self._read(habits)
        report = Report(Outcome.IMPORTED, _source(self._opened), passed_over=read.passed_over, bad=tuple(read.bad))
        if self._columns.kind is FileKind.CLIENTS:
            return await self._clients(read, report)
        if self._columns.kind is FileKind.APPOINTMENTS:
            return await self._appointments(read, report)
        return await self._hours(read, report, habits)

    async def _read(self, habits: Habits) -> _Read:
        read = _Read([], [], [], [])
        rows = self._opened.rows(habits)
        line = 0
        while some := await asyncio.to_thread(lambda: list(islice(rows, READ_AT_ONCE))):
            for row in some:
                line = row.line
                if isinstance(row, BadRow):
                    read.bad += row.cells
                elif isinstance(row, PassedOver):
                    read.passed_over += 1
                elif isinstance(row, ClientRow):
                    read.clients.append(row)
                elif isinstance(row, AppointmentRow):
                    read.appointments.append(row)
                else:
                    read.hours.append(row)
            self._progress(Phase.READING, line, self._opened.lines)
        return read

    async def _clients(self, read: _Read, report: Report) -> Report:
        async with self._record.read(self._practice_id) as r:
            keys = await import_store.client_keys(r)
            compared = await asyncio.to_thread(compare_clients, r, read.clients, self._columns, keys)
        report = replace(report, known=compared.known, left_out=compared.left_out, bad=report.bad + compared.bad)

        async def write(tx: Tx, some: Sequence[NewClient]) -> tuple[BadCell, ...]:
            await write_clients(tx, some, self._options)
            return ()

        return await self._written(report, compared.new, len(compared.new), CLIENTS_AT_ONCE, write)

    async def _appointments(self, read: _Read, report: Report) -> Report:
        async with self._record.read(self._practice_id) as r:
            directory = await _directory(r, self._options)
            sealed = await import_store.sealed_clients(r)
            clients = Clients(await asyncio.to_thread(import_store.opened, r, sealed))
            resolved, bad = await asyncio.to_thread(resolve, read.appointments, directory, clients, self._columns)
            known = await on_record(r, resolved)
            placed = await asyncio.to_thread(
                compare_appointments,
                r,
                resolved,
                self._columns,
                known,
                past_took_place=self._options.past_took_place,
            )
        report = replace(report, known=placed.known, left_out=placed.left_out, bad=report.bad + tuple(bad))

        async def write(tx: Tx, some: Sequence[PlacedVisit]) -> tuple[BadCell, ...]:
            return await write_visits(tx, some, self._columns)

        rows = sum(len(visit.places) for visit in placed.visits)
        return await self._written(report, placed.visits, rows, VISITS_AT_ONCE, write)

    async def _hours(self, read: _Read, report: Report, habits: Habits) -> Report:
        async with self._record.read(self._practice_id) as r:
            directory = await _directory(r, self._options)
            compared = await compare_hours(r, read.hours, directory, self._columns, habits.today)
        report = replace(report, known=compared.known, bad=report.bad + compared.bad)

        async def write(tx: Tx, some: Sequence[Timetable]) -> tuple[BadCell, ...]:
            for table in some:
                await write_timetable(tx, table, habits.today)
            return ()

        return await self._written(report, compared.changed, compared.new, 1, write)

    async def _written(
        self,
        report: Report,
        items: Sequence[_Item],
        rows: int,
        at_once: int,
        write: Callable[[Tx, Sequence[_Item]], Awaitable[tuple[BadCell, ...]]],
    ) -> Report:
        bad = tuple(sorted(report.bad, key=lambda cell: cell.line))
        if bad and not self._options.skip_bad:
            return replace(report, outcome=Outcome.BAD_ROWS, bad=bad)
        if self._options.dry_run:
            return replace(report, outcome=Outcome.DRY_RUN, new=rows, bad=bad)
        left_out: list[BadCell] = []
        for turn, start in enumerate(range(0, len(items), at_once)):
            async with self._record.write(self._practice_id, self._actor) as tx:
                left_out += await write(tx, items[start : start + at_once])
                if turn in GROWN_AFTER:
                    await import_store.refresh_statistics(tx)
            self._progress(Phase.WRITING, min(start + at_once, len(items)), len(items))
        done = replace(report, new=rows - len(left_out), bad=bad, left_out=(*report.left_out, *left_out))
        await self._note(done)
        return done

    async def _note(self, report: Report) -> None:
        async with self._record.write(self._practice_id, self._actor) as tx:
            tx.note(
                "import.finished",
                "import",
                None,
                kind=self._columns.kind.value,
                new=report.new,
                known=report.known,
                bad=report.bad_rows,
                left_out=len(report.left_out),
            )


async def _habits(r: Reading) -> Habits:
    practice = await people.practice(r)
    zone = zone_of(practice.zone)
    zones = {squeezed(place.name): zone_of(place.zone) for place in await people.locations(r)}
    only = set(zones.values())
    # A practice with one zone in all its places writes times in that zone, wherever its own office keeps its books.
    return Habits(
        order=date_order(practice.locale),
        region=practice.region,
        zone=only.pop() if len(only) == 1 else zone,
        location_zones=zones,
        today=local_day(r.now, zone),
    )


async def _directory(r: Reading, options: Options) -> Directory:
    return Directory(
        await people.clinicians(r),
        await people.services(r),
        await people.locations(r),
        default_service_id=options.default_service_id,
        default_location_id=options.default_location_id,
    )


def _source(opened: Opened) -> Source:
    columns = opened.columns
    used = tuple((name.value, columns.headers[at]) for name, at in columns.at.items())
    return Source(columns.kind, columns.product, opened.encoding, used, columns.ignored)


def _silently(_phase: Phase, _done: int, _whole: int) -> None:
    """Nobody watches."""
