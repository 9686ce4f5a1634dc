"""Many rows in one statement read back as SQLAlchemy's own statements would have written them, on both engines."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from scheduler.core.actor import OPERATOR
from scheduler.core.bulk import Insert, Update, any_of
from scheduler.core.record import Record
from scheduler.tables import audit_entry, availability_exception, location
from tests.rig.office import Office

ABROAD = timezone(timedelta(hours=9))
AT = datetime(2026, 3, 8, 2, 30, 0, 125, tzinfo=UTC)
ENTRY = (
    "practice_id",
    "seq",
    "at",
    "actor_kind",
    "actor_id",
    "via",
    "action",
    "subject",
    "subject_id",
    "detail",
    "hash",
)


def entry(practice_id: str, seq: int, at: datetime = AT) -> tuple[object, ...]:
    detail = {"count": seq, "fine": True, "ñ": "\u2019", "none": None}
    return (
        practice_id,
        seq,
        at,
        "system",
        None,
        "worker",
        "x.y",
        "message",
        f"m{seq}",
        detail,
        bytes([0, seq % 256, 255]),
    )


async def test_inserted_rows_are_those_an_ordinary_insert_writes(record: Record, office: Office) -> None:
    columns = audit_entry.c
    async with record.write(office.practice_id, OPERATOR) as tx:
        await Insert(audit_entry, ENTRY).run(tx.conn, [entry(tx.practice_id, 9001), entry(tx.practice_id, 9002)])
        plain = dict(zip(ENTRY, entry(tx.practice_id, 9003), strict=True))
        await tx.conn.execute(insert(audit_entry).values(**plain))
        found = (await tx.conn.execute(select(audit_entry).where(columns.seq > 9000).order_by(columns.seq))).mappings()
        for row, seq in zip(found, (9001, 9002, 9003), strict=True):
            assert {**row} == {**dict(zip(ENTRY, entry(tx.practice_id, seq), strict=True))}
        text_order = select(columns.seq).where(columns.seq > 9000, columns.at == AT)
        assert len((await tx.conn.execute(text_order)).all()) == 3, "and an instant compares as any other"
        await tx.conn.rollback()


async def test_an_instant_of_another_zone_is_stored_as_the_same_instant(record: Record, office: Office) -> None:
    async with record.write(office.practice_id, OPERATOR) as tx:
        there = AT.astimezone(ABROAD)
        await Insert(audit_entry, ENTRY).run(tx.conn, [entry(tx.practice_id, 9001, there)])
        found = await tx.conn.execute(select(audit_entry.c.at).where(audit_entry.c.seq == 9001))
        assert found.scalar_one() == AT
        await tx.conn.rollback()


async def test_nothing_to_write_is_nothing_written(record: Record, office: Office) -> None:
    async with record.write(office.practice_id, OPERATOR) as tx:
        await Insert(audit_entry, ENTRY).run(tx.conn, [])
        assert await Update(location, each=("name",)).run(tx.conn, tx.practice_id, []) == 0


async def test_what_the_database_refuses_is_raised_and_nothing_stays(record: Record, office: Office) -> None:
    with pytest.raises(IntegrityError):
        async with record.write(office.practice_id, OPERATOR) as tx:
            rows = [entry(tx.practice_id, 9001), entry(tx.practice_id, 9001)]
            await Insert(audit_entry, ENTRY).run(tx.conn, rows)
    async with record.read(office.practice_id) as r:
        assert (await r.conn.execute(select(audit_entry).where(audit_entry.c.seq > 9000))).first() is None


async def test_an_update_changes_each_row_by_its_id_and_only_where_it_may(record: Record, office: Office) -> None:
    columns = ("practice_id", "id", "name", "zone", "active")
    rename = Update(location, each=("name",), same=("zone", "active"), where="name <> 'kept'")
    async with record.write(office.practice_id, OPERATOR) as tx:
        rows = [(tx.practice_id, each, name, "UTC", True) for each, name in (("a", "x"), ("b", "kept"), ("c", "z"))]
        await Insert(location, columns).run(tx.conn, rows)
        changed = await rename.run(
            tx.conn, tx.practice_id, [("a", "new a"), ("b", "new b"), ("missing", "?")], ("Europe/Paris", False)
        )
        found = select(location.c.id, location.c.name, location.c.zone, location.c.active)
        ours = found.where(any_of(tx.conn, location.c.id, ["a", "b", "c"])).order_by(location.c.id)
        assert [tuple(row) for row in await tx.conn.execute(ours)] == [
            ("a", "new a", "Europe/Paris", False),
            ("b", "kept", "UTC", True),
            ("c", "z", "UTC", True),
        ]
        if tx.conn.dialect.name == "postgresql":
            assert changed == 1
        await tx.conn.rollback()


async def test_days_and_truths_travel_as_such(record: Record, office: Office) -> None:
    columns = ("practice_id", "id", "clinician_id", "day", "open", "start_minute", "end_minute")
    async with record.write(office.practice_id, OPERATOR) as tx:
        row = (tx.practice_id, "e1", office.clinician_ids[0], date(2026, 12, 24), False, 540, 600)
        await Insert(availability_exception, columns).run(tx.conn, [row])
        c = availability_exception.c
        found = await tx.conn.execute(select(c.day, c.open, c.location_id).where(c.id == "e1"))
        assert tuple(found.one()) == (date(2026, 12, 24), False, None)
        await tx.conn.rollback()


@pytest.mark.parametrize("wanted_ids", [[], ["a"], ["a", "'; DROP TABLE message; --", "ñ"]])
async def test_one_of_many_values_is_one_parameter(record: Record, office: Office, wanted_ids: list[str]) -> None:
    async with record.read(office.practice_id) as r:
        wanted = select(location.c.id).where(any_of(r.conn, location.c.id, wanted_ids))
        assert (await r.conn.execute(wanted)).all() == []
