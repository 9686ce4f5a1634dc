"""Engines for the two databases, set up so that a transaction means the same on both.

SQLite: WAL, synchronous=FULL (a commit that was acknowledged survives a power cut), foreign keys on, every write
transaction BEGIN IMMEDIATE on a pool of one connection, reads DEFERRED on a pool of their own so that they never
wait for a writer. The driver's own transaction handling is off: it loses updates silently (dependencies.md 2).
PostgreSQL: asyncpg, READ COMMITTED with explicit locks, one pool.
Invariant: no engine of ours puts bound values into an exception (`hide_parameters`).
"""

import sqlite3
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from scheduler.core.errors import Misconfigured
from scheduler.core.sqlite_connection import SqliteConnection

BUSY_SECONDS = 30.0
READERS = 4
WRITER_KB, READER_KB = 16_000, 6_000
"""Pages each connection keeps. Several readers of a large record would otherwise fill a hundred megabytes."""
# A process that is frozen, or whose network is gone, keeps the locks of its transaction until the server gives it up;
# others would wait for hours. Ours say nothing for so long only when they are gone.
_GIVEN_UP = {
    "idle_in_transaction_session_timeout": "12s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "2",
}


@dataclass(frozen=True, slots=True)
class Engines:
    """Where writes go and where reads go; on PostgreSQL the same engine."""

    writer: AsyncEngine
    reader: AsyncEngine

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.writer.dialect.name == "sqlite"

    @property
    def nothing_there(self) -> bool:
        """Whether the embedded database has no file yet; connecting would make one."""
        return self.is_sqlite and not Path(str(self.writer.url.database)).exists()

    async def learn_sizes(self) -> None:
        """Have SQLite look how its tables and keys are filled, which takes a moment; PostgreSQL does so by itself.

        Without, it takes the time of a visit for rarer than its client, and reads ten thousand visits to find one
        client's eighteen. Readers are opened anew, since a connection learns the figures when it is opened.
        """
        if not self.is_sqlite:
            return
        async with self.writer.begin() as conn:
            await conn.exec_driver_sql("ANALYZE")
        await self.reader.dispose()

    async def close(self) -> None:
        """Give all connections back; on SQLite the write-ahead log is folded in by the last one."""
        await self.reader.dispose()
        if self.writer is not self.reader:
            await self.writer.dispose()


def open_engines(url: str, *, pool_size: int = 8) -> Engines:
    """Engines for a database URL (`sqlite:///file` or `postgresql://...`). Nothing is connected yet.

    Raises:
        Misconfigured: the URL names another kind of database or does not parse; the URL is not repeated.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    engine = create_async_engine(
        parsed.set(drivername="postgresql+asyncpg"),
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=4,
        pool_pre_ping=True,
        connect_args={"server_settings": {"timezone": "UTC", "application_name": "stillon", **_GIVEN_UP}},
    )
    return Engines(engine, engine)


def parse_url(url: str) -> URL:
    """The URL, if it is one of ours.

    Raises:
        Misconfigured: see `open_engines`.
    """
    try:
        parsed = make_url(url)
    except Exception:  # noqa: BLE001 -- the parser's own error text would repeat the password
        raise Misconfigured("database_url_unreadable") from None
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise Misconfigured("database_url_unsupported")
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise Misconfigured("database_url_needs_a_file")
    return parsed


def make_file(path: Path) -> None:
    """Make the embedded database's file and folder, for their owner alone, where there are none yet.

    Days, hours and the audit trail stand in it in the clear. The files beside it take their rights from it.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)


def _sqlite(url: URL) -> Engines:
    path = Path(str(url.database))

    async def connect(*, only_reads: bool) -> aiosqlite.Connection:
        return await SqliteConnection(_open, only_reads=only_reads)

    def _open() -> sqlite3.Connection:
        make_file(path)
        return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    def make(begin: str, size: int, *, only_reads: bool) -> AsyncEngine:
        engine = create_async_engine(
            url.set(drivername="sqlite+aiosqlite"),
            async_creator=partial(connect, only_reads=only_reads),
            hide_parameters=True,
            pool_size=size,
            max_overflow=0,
            poolclass=AsyncAdaptedQueuePool,
            pool_timeout=60,
        )
        event.listen(engine.sync_engine, "connect", partial(_pragmas, pages_kb=READER_KB) if only_reads else _pragmas)

        @event.listens_for(engine.sync_engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine

    return Engines(
        make("BEGIN IMMEDIATE", 1, only_reads=False),
        make("BEGIN DEFERRED", READERS, only_reads=True),
    )


def _pragmas(connection: Any, _record: object, *, pages_kb: int = WRITER_KB) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "temp_store=MEMORY",
        f"cache_size=-{pages_kb}",
        # 32 MB: folding the log in less often spares writing the same busy pages again and again.
        "wal_autocheckpoint=8000",
        "analysis_limit=400",  # rows of each key that ANALYZE looks at
        f"busy_timeout={int(BUSY_SECONDS * 1000)}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
