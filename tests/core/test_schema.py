"""Versions of the database: made, recognised, refused."""

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from scheduler.core import schema
from scheduler.core.engine import Engines, open_engines
from scheduler.core.errors import Misconfigured
from scheduler.tables import metadata


async def test_an_empty_database_is_brought_to_this_version_and_again_without_harm(empty_url: str) -> None:
    engines = open_engines(empty_url)
    with pytest.raises(Misconfigured, match="database_is_empty"):
        await schema.require_current(engines)
    assert await schema.migrate(empty_url) == schema.head()
    assert await schema.migrate(empty_url) == schema.head()
    await schema.require_current(engines)
    await engines.close()


@pytest.mark.parametrize(("version", "code"), [("9999", "database_is_newer"), ("", "database_is_newer")])
async def test_a_database_of_another_version_is_left_alone(
    engines: Engines, engine_url: str, version: str, code: str
) -> None:
    async with engines.writer.begin() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = :v").bindparams(v=version))
    with pytest.raises(Misconfigured, match=code):
        await schema.require_current(engines)
    if version:
        with pytest.raises(Misconfigured, match=code):
            await schema.migrate(engine_url)
    assert await schema.current(engines) == version


async def test_migrations_and_tables_do_not_drift_apart(engines: Engines) -> None:
    async with engines.reader.connect() as conn:
        differences = await conn.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync, opts={"compare_type": True}), metadata)
        )
    assert differences == []


async def test_every_key_and_every_reference_begins_with_the_practice(engines: Engines) -> None:
    """Rows that belong to no practice are counted by name; anything else is a row that could cross practices."""
    spanning = {"practice", "setup_token", "throttle", "staff_session", "heartbeat"}
    for name, table in metadata.tables.items():
        if name not in spanning:
            assert next(column.name for column in table.primary_key.columns) == "practice_id", name
        for key in table.foreign_key_constraints:
            assert key.column_keys[0] == "practice_id", (name, key.column_keys)
    async with engines.reader.connect() as conn:
        there = await conn.run_sync(lambda sync: sqlalchemy.inspect(sync).get_table_names())
    assert set(metadata.tables) <= set(there)
