"""How the product opens its databases: an acknowledged commit survives a power cut."""

import pytest
from sqlalchemy import text

from scheduler.core.engine import open_engines

WANTED = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("pragma", WANTED)
async def test_sqlite_is_opened_safely_for_writing_and_reading(engine_url: str, pragma: str) -> None:
    engines = open_engines(engine_url)
    for engine in (engines.writer, engines.reader):
        async with engine.connect() as conn:
            assert (await conn.execute(text(f"PRAGMA {pragma}"))).scalar_one() == WANTED[pragma]
    await engines.close()


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
async def test_postgresql_speaks_utc_and_waits_for_the_disk_as_its_server_says(engine_url: str) -> None:
    engines = open_engines(engine_url)
    assert engines.writer is engines.reader
    async with engines.writer.connect() as conn:
        assert (await conn.execute(text("SHOW timezone"))).scalar_one() == "UTC"
        source = text("SELECT source FROM pg_settings WHERE name = 'synchronous_commit'")
        assert (await conn.execute(source)).scalar_one() != "session"
    await engines.close()
