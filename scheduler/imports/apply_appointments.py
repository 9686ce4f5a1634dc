"""Appointments of a file: whose they are, which are new, and writing those.

Here live the comparison with the record and the rows to write. Grouping and overlaps are placing.py's.

The one invariant: an imported appointment is never announced to the client and never costs a fee. Reminders for
those still to come are planned, since from now on nobody else sends them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from scheduler.core.errors import Conflict
from scheduler.core.record import Reading, Tx
from scheduler.events import TimeTaken, VisitsImported
from scheduler.imports import import_store
from scheduler.imports.columns import Columns, Field
from scheduler.imports.directory import Clients, Directory, Resolved, resolve_appointment
from scheduler.imports.import_store import KnownKeys, Row
from scheduler.imports.placing import Place, Placed, PlacedVisit, Taken, place
from scheduler.imports.reasons import BadCell, Reason
from scheduler.imports.rows import AppointmentRow, BadRow


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What the record holds already, around the times of a file."""

    keys: KnownKeys
    places: frozenset[tuple[str, datetime, str]]
    taken: Taken


def resolve(
    rows: Iterable[AppointmentRow], directory: Directory, clients: Clients, columns: Columns
) -> tuple[list[Resolved], list[BadCell]]:
    """Look up the names of all rows."""
    found: list[Resolved] = []
    bad: list[BadCell] = []
    for row in rows:
        resolved = resolve_appointment(row, directory, clients, columns)
        if isinstance(resolved, BadRow):
            bad += resolved.cells
        else:
            found.append(resolved)
    return found, bad


async def on_record(r: Reading, rows: Sequence[Resolved]) -> OnRecord:
    """What the record holds around the times of these rows."""
    keys = await import_store.visit_keys(r)
    if not rows:
        return OnRecord(keys, frozenset(), {})
    first, last = min(row.row.starts_at for row in rows), max(row.row.starts_at for row in rows)
    places = await import_store.booked_places(r, first, last)
    return OnRecord(keys, places, await import_store.taken_between(r, first, last))


def compare_appointments(
    r: Reading, rows: Sequence[Resolved], columns: Columns, record: OnRecord, *, past_took_place: bool = False
) -> Placed:
    """Tell new appointments from known ones and place the new ones. May run off the event loop."""

    def is_known(key: str, row: Resolved) -> bool:
        same = (row.clinician_id, row.row.starts_at, row.client_id)
        return same in record.places or r.vault.blind(r.practice_id, "import", key) in record.keys.imported

    return place(rows, columns, is_known=is_known, taken=record.taken, now=r.now, past_took_place=past_took_place)


async def write_visits(tx: Tx, visits: Sequence[PlacedVisit], columns: Columns) -> tuple[BadCell, ...]:
    """Write appointments, and plan the reminders of those to come.

    Times that somebody booked since the file was compared are left out and returned.
    """
    try:
        await _write(tx, visits)
    except Conflict:
        return await _one_by_one(tx, visits, columns)
    return ()


async def _one_by_one(tx: Tx, visits: Sequence[PlacedVisit], columns: Columns) -> tuple[BadCell, ...]:
    header = columns.header(Field.START if Field.START in columns.at else Field.DATE)
    left_out: list[BadCell] = []
    for visit in visits:
        try:
            await _write(tx, (visit,))
        except Conflict as conflict:
            reason = Reason.OVERLAP if conflict.code == "time_taken" else Reason.TWICE_IN_FILE
            left_out += [BadCell(each.line, header, reason) for each in visit.places]
    return tuple(left_out)


async def _write(tx: Tx, visits: Sequence[PlacedVisit]) -> None:
    appointments: list[Row] = []
    taken: list[Row] = []
    places: list[Row] = []
    for visit in visits:
        appointment = _appointment_row(tx, visit)
        appointments.append(appointment)
        if visit.taken is not None:
            taken.append(_taken_row(tx, visit, appointment["id"]))
        places += [_place_row(tx, each, appointment["id"]) for each in visit.places]
    await import_store.insert_visits(tx, appointments, taken, places)
    for row in appointments:
        tx.note("appointment.imported", "appointment", row["id"])
    for row in places:
        tx.note("participation.imported", "participation", row["id"], appointment=row["appointment_id"])
    _tell(tx, visits, appointments, places)


def _tell(tx: Tx, visits: Sequence[PlacedVisit], appointments: Sequence[Row], places: Sequence[Row]) -> None:
    coming = {row["id"] for row in appointments if row["state"] == "booked" and row["starts_at"] > tx.now}
    expected = tuple(row["id"] for row in places if row["appointment_id"] in coming)
    if expected:
        tx.emit(VisitsImported(expected))
    for visit, row in zip(visits, appointments, strict=True):
        if row["id"] in coming and visit.taken is not None:
            span = visit.taken
            tx.emit(TimeTaken(visit.clinician_id, row["id"], span.starts_at.isoformat(), span.ends_at.isoformat()))


def _appointment_row(tx: Tx, visit: PlacedVisit) -> Row:
    return {
        "practice_id": tx.practice_id,
        "id": tx.new_id(),
        "clinician_id": visit.clinician_id,
        "service_id": visit.service_id,
        "location_id": visit.location_id,
        "series_id": None,
        "series_day": None,
        "starts_at": visit.starts_at,
        "ends_at": visit.ends_at,
        "zone": visit.zone,
        "state": "cancelled" if visit.taken is None else "booked",
        "revision": 1,
        "import_key_ix": tx.vault.blind(tx.practice_id, "import", visit.key),
        "created_at": tx.now,
    }


def _taken_row(tx: Tx, visit: PlacedVisit, appointment_id: str) -> Row:
    assert visit.taken is not None  # noqa: S101 -- only visits that take time come here
    return {
        "practice_id": tx.practice_id,
        "id": tx.new_id(),
        "clinician_id": visit.clinician_id,
        "starts_at": visit.taken.starts_at,
        "ends_at": visit.taken.ends_at,
        "kind": "appointment",
        "appointment_id": appointment_id,
        "holder_id": None,
        "expires_at": None,
    }


def _place_row(tx: Tx, each: Place, appointment_id: str) -> Row:
    return {
        "practice_id": tx.practice_id,
        "id": tx.new_id(),
        "appointment_id": appointment_id,
        "client_id": each.client_id,
        "state": each.state.value,
        "booked_at": each.booked_at,
        "confirmed_at": each.confirmed_at,
        "cancelled_at": each.cancelled_at,
        "cancelled_via": None if each.cancelled_at is None else "import",
        "moved_count": 0,
        "filled_after_cancel": False,
        "attendance": each.attendance.value,
    }
