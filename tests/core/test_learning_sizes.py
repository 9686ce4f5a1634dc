"""The embedded database knows how its tables are filled, so that one client's visits are found by the client."""

from datetime import timedelta

import pytest
from sqlalchemy import event, insert, text

from scheduler import tables
from scheduler.appointments import store
from scheduler.core.actor import OPERATOR
from scheduler.core.record import Record, Tx
from scheduler.imports.import_store import refresh_statistics
from tests.rig.office import Office

MANY = 2000
SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


@SQLITE
async def test_visits_of_a_client_are_found_by_the_client_once_sizes_are_known(record: Record, office: Office):
    client_id, *others = [(await office.client(number)).id for number in range(40)]
    async with record.write(office.practice_id, OPERATOR) as tx:
        await _many_visits(tx, office, client_id, others)
    assert "starts_at" in await _way(record, office, client_id)
    await record.engines.learn_sizes()
    assert "client_id" in await _way(record, office, client_id)


@SQLITE
async def test_an_import_leaves_known_sizes(record: Record, office: Office):
    client_id, *others = [(await office.client(number)).id for number in range(40)]
    async with record.write(office.practice_id, OPERATOR) as tx:
        await _many_visits(tx, office, client_id, others)
        await refresh_statistics(tx)
    await record.engines.reader.dispose()
    assert "client_id" in await _way(record, office, client_id)


async def test_learning_harms_nobody_who_is_reading(record: Record, office: Office):
    async with record.read(office.practice_id) as r:
        before = (await r.conn.execute(text("SELECT count(*) FROM practice"))).scalar_one()
        await record.engines.learn_sizes()
        assert (await r.conn.execute(text("SELECT count(*) FROM practice"))).scalar_one() == before
    await record.ping()


async def _many_visits(tx: Tx, office: Office, client_id: str, others: list[str]) -> None:
    """Visits of which every fortieth is this client's."""
    rows, places = [], []
    for number in range(MANY):
        row_id = tx.new_id()
        at = tx.now + timedelta(hours=number)
        rows.append(
            {
                "practice_id": tx.practice_id,
                "id": row_id,
                "clinician_id": office.clinician_ids[0],
                "service_id": office.service_id,
                "location_id": office.location_id,
                "starts_at": at,
                "ends_at": at + timedelta(minutes=50),
                "zone": "UTC",
                "state": "booked",
                "revision": 1,
                "created_at": tx.now,
            }
        )
        places.append(
            {
                "practice_id": tx.practice_id,
                "id": row_id,
                "appointment_id": row_id,
                "client_id": (client_id, *others)[number % 40],
                "state": "booked",
                "booked_at": tx.now,
                "moved_count": 0,
                "filled_after_cancel": False,
                "attendance": "unmarked",
            }
        )
    await tx.conn.execute(insert(tables.appointment), rows)
    await tx.conn.execute(insert(tables.participation), places)


async def _way(record: Record, office: Office, client_id: str) -> str:
    """The first step of SQLite's plan for a client's visits."""
    asked: list[tuple[str, object]] = []

    def note(_conn: object, _cursor: object, statement: str, given: object, *_rest: object) -> None:
        asked.append((statement, given))

    engine = record.engines.reader.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    async with record.read(office.practice_id) as r:
        await store.visits_of_any(r, [client_id], since=r.now)
        event.remove(engine, "before_cursor_execute", note)
        statement, given = asked[-1]
        plan = await r.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)  # type: ignore[arg-type]
        return str(plan.first()[3])
