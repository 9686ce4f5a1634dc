"""The record as imports need it: whole lists at once to compare with, and many rows in one statement to write.

Besides appointments/store.py and calendar/store.py this is the only module that writes appointments, places and
taken time, since those write one at a time. What may be written is decided in placing.py and by the database,
which refuses overlaps here as well.

The one invariant: every statement names the practice of its reading or transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, insert, or_, select, text
from sqlalchemy.exc import IntegrityError

from scheduler import tables
from scheduler.calendar import store as calendar
from scheduler.calendar.availability import DayException, WeeklyHours
from scheduler.calendar.store import OVERLAP
from scheduler.calendar.wallclock import Span
from scheduler.core.errors import Conflict
from scheduler.core.record import Reading, Tx, constraint_of
from scheduler.core.vault import Where
from scheduler.imports.directory import KnownClient

Row = dict[str, Any]
LONGEST_STRETCH = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SealedClient:
    """A client as stored; opened by `opened`, off the event loop, when there are many."""

    id: str
    data_key: bytes = field(repr=False)
    name: bytes = field(repr=False)
    preferred: bytes | None = field(repr=False)
    birth_date: bytes | None = field(repr=False)
    record_number: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """The blind indexes by which clients or appointments of earlier imports are known again."""

    imported: frozenset[bytes]
    record_numbers: frozenset[bytes] = frozenset()


async def client_keys(r: Reading) -> KnownKeys:
    """The import keys and record numbers of all clients."""
    c = tables.client.c
    wanted = select(c.import_key_ix, c.record_number_ix).where(c.practice_id == r.practice_id)
    rows = (await r.conn.execute(wanted)).all()
    return KnownKeys(
        frozenset(row.import_key_ix for row in rows if row.import_key_ix),
        frozenset(row.record_number_ix for row in rows if row.record_number_ix),
    )


async def sealed_clients(r: Reading) -> tuple[SealedClient, ...]:
    """Every client of the practice, archived ones too: old appointments are theirs as well."""
    c = tables.client.c
    wanted = select(c.id, c.data_key, c.name_ct, c.preferred_name_ct, c.birth_date_ct, c.record_number_ct).where(
        c.practice_id == r.practice_id
    )
    return tuple(SealedClient(*row) for row in await r.conn.execute(wanted))


def opened(r: Reading, sealed: Iterable[SealedClient]) -> list[KnownClient]:
    """The names, birth dates and numbers of clients, to be matched and forgotten. Touches no database."""
    return [_opened(r, one) for one in sealed]


async def visit_keys(r: Reading) -> KnownKeys:
    """The import keys of all appointments."""
    c = tables.appointment.c
    wanted = select(c.import_key_ix).where(c.practice_id == r.practice_id, c.import_key_ix.is_not(None))
    return KnownKeys(frozenset((await r.conn.execute(wanted)).scalars()))


async def booked_places(r: Reading, first: datetime, last: datetime) -> frozenset[tuple[str, datetime, str]]:
    """Clinician, start and client of every place, cancelled ones too, in appointments from `first` to `last`."""
    a, p = tables.appointment, tables.participation
    same = and_(a.c.practice_id == p.c.practice_id, a.c.id == p.c.appointment_id)
    wanted = select(a.c.clinician_id, a.c.starts_at, p.c.client_id).select_from(a.join(p, same))
    rows = await r.conn.execute(
        wanted.where(a.c.practice_id == r.practice_id, a.c.starts_at >= first, a.c.starts_at <= last)
    )
    return frozenset((row.clinician_id, row.starts_at, row.client_id) for row in rows)


async def taken_between(r: Reading, first: datetime, last: datetime) -> dict[str, list[Span]]:
    """What is taken of each clinician's time around `first` to `last`, buffers included, expired holds left out."""
    c = tables.busy.c
    wanted = select(c.clinician_id, c.starts_at, c.ends_at).where(
        c.practice_id == r.practice_id,
        c.starts_at > first - LONGEST_STRETCH,
        c.starts_at < last + LONGEST_STRETCH,
        or_(c.expires_at.is_(None), c.expires_at > r.now),
    )
    found: dict[str, list[Span]] = {}
    for row in await r.conn.execute(wanted):
        found.setdefault(row.clinician_id, []).append(Span(row.starts_at, row.ends_at))
    return found


async def hours_on_record(r: Reading, clinician_id: str) -> frozenset[WeeklyHours]:
    """All of a clinician's weekly hours, past and future ones too."""
    return frozenset(await calendar.weekly_hours(r, clinician_id))


async def exceptions_on_record(r: Reading, clinician_id: str) -> frozenset[DayException]:
    """All days that differ from a clinician's week."""
    return frozenset(await calendar.day_exceptions(r, clinician_id, date.min, date.max))


async def refresh_statistics(tx: Tx) -> None:
    """Let the database look at the tables that have just grown.

    PostgreSQL's checks of references keep the plan they made when the tables were nearly empty, which reads whole
    tables; new statistics make it plan again. SQLite (Engines.learn_sizes) looks at some rows of each.
    """
    tables_grown = "client, contact_point, appointment, participation, busy"
    await tx.conn.execute(text(f"ANALYZE {tables_grown}" if tx.conn.dialect.name == "postgresql" else "ANALYZE"))


async def insert_consents(tx: Tx, rows: Sequence[Row]) -> None:
    """Write consents that were given before the import."""
    if rows:
        await tx.conn.execute(insert(tables.consent), rows)


async def insert_visits(tx: Tx, appointments: Sequence[Row], taken: Sequence[Row], places: Sequence[Row]) -> None:
    """Write appointments, the time they take and the places in them: all or none.

    Raises: Conflict: `time_taken`, somebody booked one of the times meanwhile; `visit_known`, somebody imported
    the same meanwhile.
    """
    try:
        async with tx.conn.begin_nested():
            for table, rows in (
                (tables.appointment, appointments),
                (tables.busy, taken),
                (tables.participation, places),
            ):
                if rows:
                    await tx.conn.execute(insert(table), rows)
    except IntegrityError as error:
        constraint = constraint_of(error)
        if OVERLAP in constraint:
            raise Conflict("time_taken") from None
        if "import_key_ix" in constraint:
            raise Conflict("visit_known") from None
        raise


def _opened(r: Reading, one: SealedClient) -> KnownClient:
    box = r.vault.box(one.data_key)

    def read(column: str, sealed: bytes | None) -> str | None:
        return None if sealed is None else box.open(Where(r.practice_id, "client", one.id, column), sealed)

    first, last = json.loads(read("name_ct", one.name) or '["", ""]')
    born = read("birth_date_ct", one.birth_date)
    return KnownClient(
        one.id,
        first,
        last,
        read("preferred_name_ct", one.preferred),
        date.fromisoformat(born) if born else None,
        read("record_number_ct", one.record_number),
    )
