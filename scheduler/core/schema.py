"""Which version of the schema a database has, and bringing it to ours.

Migrations live in `migrations/` and ship in the wheel. On SQLite foreign keys are off while they run (a table
copy would otherwise cascade into its children) and checked before the commit. Invariant: a database of a newer
version is never opened, and a failed migration leaves the version and the tables as they were.
"""

import asyncio
from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import migrations
from scheduler.core.engine import Engines, make_file, parse_url
from scheduler.core.errors import Misconfigured
from scheduler.core.trouble import trouble_told


def config() -> Config:
    """Alembic's configuration, without an ini file."""
    made = Config()
    made.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return made


def head() -> str:
    """The version this program speaks."""
    found = ScriptDirectory.from_config(config()).get_current_head()
    if found is None:  # a wheel without its migrations
        raise Misconfigured("migrations_missing")
    return found


async def current(engines: Engines) -> str | None:
    """The version the database has; None when it is empty or not there, and then nothing is made by asking.

    Raises:
        Unavailable, Misconfigured: as `trouble_told` has it.
    """
    if engines.nothing_there:
        return None
    with trouble_told():
        async with engines.reader.connect() as conn:
            if not await conn.run_sync(lambda sync: sqlalchemy.inspect(sync).has_table("alembic_version")):
                return None
            found = await conn.execute(text("SELECT version_num FROM alembic_version"))
            return found.scalar_one_or_none()


async def require_current(engines: Engines) -> None:
    """Pass only if the database has exactly our version.

    Raises:
        Misconfigured: `database_is_empty`, `database_is_older` (run `stillon migrate`) or `database_is_newer`
            (a newer Stillon has written it; this one keeps its hands off).
    """
    found, ours = await current(engines), head()
    if found is None:
        raise Misconfigured("database_is_empty")
    if found == ours:
        return
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    raise Misconfigured("database_is_older" if found in known else "database_is_newer", found=found, ours=ours)


async def migrate(url: str) -> str:
    """Bring the database to our version and say which that is. Does nothing when it is there already.

    Raises:
        Misconfigured: `database_is_newer`; this and Unavailable also as `trouble_told` has it.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_async_engine(
            parsed.set(drivername="sqlite+aiosqlite"), hide_parameters=True, poolclass=NullPool
        )
    else:
        engine = create_async_engine(
            parsed.set(drivername="postgresql+asyncpg"), hide_parameters=True, poolclass=NullPool
        )
    try:
        with trouble_told():
            if parsed.get_backend_name() == "sqlite":
                make_file(Path(str(parsed.database)))
            async with engine.connect() as conn:
                await conn.run_sync(_upgrade)
                await conn.commit()
    finally:
        await engine.dispose()
    return head()


def migrate_blocking(url: str) -> str:
    """`migrate`, for callers without an event loop."""
    return asyncio.run(migrate(url))


def _upgrade(connection: Connection) -> None:
    on_sqlite = connection.dialect.name == "sqlite"
    if on_sqlite:
        raw = connection.connection.dbapi_connection
        assert raw is not None  # noqa: S101 -- a checked-out connection has one
        raw.isolation_level = None  # the adapter passes it on to sqlite3
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    _refuse_newer(connection)
    made = config()
    made.attributes["connection"] = connection
    command.upgrade(made, "head")
    if on_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise Misconfigured("migration_broke_references")


def _refuse_newer(connection: Connection) -> None:
    if not sqlalchemy.inspect(connection).has_table("alembic_version"):
        return
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    if found is not None and found not in known:
        raise Misconfigured("database_is_newer", found=found, ours=head())
