"""Versions of the database: made, recognised, refused; from any of them to the next, with rows, and back."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

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


WITH_ROWS = ("practice", "client", "service", "series", "opening", "offer", "waitlist_entry", "message", "link")
ANYTHING: dict[type, object] = {
    str: "a", int: 1, bool: True, bytes: b"a", object: {}, dict: {}, float: 1.0, date: date(2026, 3, 2),
    datetime: datetime(2026, 3, 2, tzinfo=UTC),
}  # fmt: skip


async def test_each_version_is_brought_to_the_next_with_its_rows_and_back(empty_url: str) -> None:
    engines = open_engines(empty_url)
    steps = [script.revision for script in ScriptDirectory.from_config(schema.config()).walk_revisions()][::-1]
    await _run(engines, steps[0])
    await _in_one(engines, _fill)
    rows = await _in_one(engines, _rows)
    for before, step in pairwise(steps):
        columns = await _in_one(engines, _columns)
        await _run(engines, step)
        await _run(engines, before, command.downgrade)
        assert await _in_one(engines, _columns) == columns, f"{step} is not taken back as it was"
        await _run(engines, step)
    now = await _in_one(engines, _rows)
    assert {name: [{key: row[key] for key in rows[name][0]} for row in now[name]] for name in WITH_ROWS} == rows
    await schema.require_current(engines)
    await engines.close()


async def _in_one(engines: Engines, do: Callable[[Connection], Any]) -> Any:
    async with engines.writer.begin() as conn:
        return await conn.run_sync(do)


async def _run(engines: Engines, to: str, way: Callable[..., None] = command.upgrade) -> None:
    def step(connection: Connection) -> None:
        made = schema.config()
        made.attributes["connection"] = connection
        way(made, to)

    await _in_one(engines, step)


def _fill(connection: Connection) -> None:
    """A row in each table, whatever it refers to: rows are to survive here, not to make sense."""
    there = sqlalchemy.MetaData()
    there.reflect(connection, only=WITH_ROWS)
    unbound = ("SET LOCAL session_replication_role = replica",)
    if connection.dialect.name == "sqlite":  # it heeds this between transactions only
        unbound = ("COMMIT", "PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE")
    for statement in unbound:
        connection.exec_driver_sql(statement)
    for name in WITH_ROWS:
        table = there.tables[name]
        needed = [column for column in table.columns if not column.nullable]
        connection.execute(table.insert().values({each.name: ANYTHING[each.type.python_type] for each in needed}))


def _rows(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    return {
        name: [dict(row._mapping) for row in connection.execute(text(f"SELECT * FROM {name}"))] for name in WITH_ROWS
    }


def _columns(connection: Connection) -> dict[str, set[tuple[str, str, bool]]]:
    found = sqlalchemy.inspect(connection).get_multi_columns()
    return {
        str(name): {(each["name"], str(each["type"]), each["nullable"]) for each in columns}
        for (_, name), columns in found.items()
    }


async def test_the_embedded_database_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "stillon.db"
    await schema.migrate(f"sqlite:///{file}")
    engines = open_engines(f"sqlite:///{file}")
    async with engines.writer.begin() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = version_num"))
    modes = {path.name: path.stat().st_mode & 0o077 for path in (file.parent, *file.parent.iterdir())}
    await engines.close()
    assert set(modes.values()) == {0}, modes
    assert "stillon.db-wal" in modes


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
