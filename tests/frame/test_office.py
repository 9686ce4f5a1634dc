"""The practice that other tests begin with is a real one."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from scheduler.core import audit
from scheduler.core.errors import Conflict
from scheduler.core.record import Record
from scheduler.people import store
from tests.rig.canary import Scanner, corpus, words
from tests.rig.office import Office, local


async def test_its_clients_have_names_and_numbers_to_be_found_by(office: Office, record: Record):
    ana, ben = await office.client(0, email=True), await office.client(1, phone_of=0)
    async with record.read(office.practice_id) as r:
        found = await store.client(r, ana.id)
        points = await store.contact_points(r, ben.id)
    assert found is not None
    assert (found.first, found.last, found.birth_date) == (ana.who.given, ana.who.family, ana.who.birth_date)
    assert [point.value for point in points] == [ana.who.phone]
    assert ana.email_id
    assert ben.email_id is None


async def test_its_time_can_be_booked_once(office: Office):
    ana = await office.client(0)
    at = local("2026-03-09 14:00")
    assert at.utcoffset() == timedelta(hours=-4)
    await office.book(ana, at=at)
    with pytest.raises(Conflict, match="time_taken"):
        await office.book(ana, at=at + timedelta(minutes=10))
    await office.book(ana, at=at, clinician=1)


async def test_setting_it_up_is_in_the_audit_chain(office: Office, record: Record):
    async with record.read(office.practice_id) as r:
        report = await audit.verify(r.conn, record.vault.audit_key, office.practice_id)
    assert report.broken_at is None
    assert report.entries > 4


async def test_nobody_can_be_read_in_the_database(office: Office, record: Record, engine_name: str, engine_url: str):
    for number in range(5):
        await office.client(number, email=True)
    scanner = Scanner(words(corpus()))
    if engine_name == "sqlite":
        async with record.engines.writer.begin() as conn:
            assert (await conn.execute(text("SELECT count(*) FROM client"))).scalar_one() == 5
        await record.close()
        from pathlib import Path

        file = Path(engine_url.removeprefix("sqlite:///"))
        data = b"".join(part.read_bytes() for part in sorted(file.parent.glob(f"{file.name}*")))
    else:
        async with record.engines.reader.connect() as conn:
            tables = (await conn.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))).scalars()
            rows = [
                str(row) for name in tables for row in await conn.execute(text(f'SELECT t.*::text FROM "{name}" t'))
            ]
        data = "\n".join(rows).encode()
    assert len(data) > 1000
    assert scanner.find(data) == []
