"""The record's databases as the simulation opens them: real SQLite or PostgreSQL, disturbed by seeded chance.

SQLite runs inline instead of in threads; PostgreSQL answers one question at a time, and the answer is taken when
everybody else has come to rest. So either takes part in the one order of things. Nothing is flushed to the disk,
because no simulated crash takes the machine with it. Invariant: what the product executes is executed as it is; only
pauses and failures are added, at the same places on both engines.
"""

import asyncio
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.base import SQLiteExecutionContext
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.util import await_only

from scheduler.core.engine import BUSY_SECONDS, Engines, _pragmas
from scheduler.core.ids import Chance

INJECTED = "injected fault"
WRITE, READ = "BEGIN IMMEDIATE", "BEGIN DEFERRED"
READERS = 25
# How the last look before a post is told from other questions: standing still there is the worst.
LAST_LOOK, OFTENER = "'intent' AND message.reason IS NULL", 30
_WRITES = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)")


class DatabaseFault(Exception):
    """The database failed, because the simulation wanted it to."""

    def __init__(self) -> None:
        super().__init__(INJECTED)


def _nobody() -> None:
    return


@dataclass
class Disturbance:
    """What goes wrong between us and the database, and how often (of 1)."""

    chance: Chance
    pause: float = 0.02
    stall: float = 0.0
    late: float = 0.0
    fail_before: float = 0.0
    fail_after: float = 0.0
    faults: int = 0
    off: bool = False
    committed: Callable[[], None] = _nobody
    stalled: Callable[[], None] = _nobody
    # Which tables were written since somebody last asked; "" stands for a statement that does not say.
    written: set[str] = field(default_factory=set)
    _under_way: dict[int, set[str]] = field(default_factory=dict)

    def writes(self, connection: object, statement: str) -> None:
        """A statement is about to be executed: what it writes counts from the commit on."""
        if not statement.startswith(("SELECT", "BEGIN", "NOTIFY")):
            named = _WRITES.match(statement)
            self._under_way.setdefault(id(connection), set()).add(named.group(1) if named else "")

    def pauses(self) -> bool:
        """Whether others go first."""
        return not self.off and self.chance.random() < self.pause

    def stalls(self, statement: str) -> bool:
        """Whether somebody stands still before or after reading: what is read, or was, may be history then."""
        rate = self.stall * (OFTENER if LAST_LOOK in statement else 1)
        return not self.off and self.chance.random() < rate

    async def stand_still(self) -> None:
        """Be away for a long time."""
        self.stalled()
        # As often as not within the time a claim holds: who is later than that does not post anyway.
        await asyncio.sleep(self.chance.uniform(1, 12) if self.chance.random() < 0.6 else self.chance.uniform(12, 75))

    async def maybe_late(self) -> None:
        """Stand still before beginning with what was just started."""
        if not self.off and self.chance.random() < self.late:
            await self.stand_still()

    def before_commit(self) -> None:
        """A commit that fails here has not happened."""
        self._fail(self.fail_before)

    def after_commit(self, connection: object) -> None:
        """The commit has happened; now and then nobody is told. One that wrote nothing is no news to anybody."""
        written = self._under_way.pop(id(connection), set())
        if written:
            self.written |= written
            self.committed()
        self._fail(self.fail_after)

    def _fail(self, rate: float) -> None:
        if not self.off and rate and self.chance.random() < rate:
            self.faults += 1
            raise DatabaseFault


def was_injected(error: BaseException | None) -> bool:
    """Whether an exception, or one that caused it, is a failure of ours."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, DatabaseFault):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


@dataclass
class _Home:
    """Which database the engines of this process are opened over just now, and what disturbs them.

    An engine remembers how statements are compiled, which is a third of the work of a week; so there is one pair of
    each sort for all weeks of a process, one week at a time. Closing gives connections back, not the memory.
    """

    file: Path = Path()
    disturb: Disturbance | None = None
    sqlite: Engines | None = None


_HOME = _Home()


def hand_over(disturb: Disturbance) -> None:
    """Whatever is opened in this process is disturbed by this one from now on."""
    _HOME.disturb = disturb


def open_sqlite(file: Path, disturb: Disturbance) -> Engines:
    """Engines over a SQLite file as scheduler/core/engine.py sets them up, inline."""
    _HOME.file = file
    hand_over(disturb)
    if _HOME.sqlite is None:
        _HOME.sqlite = Engines(_sqlite_engine(WRITE, 1), _sqlite_engine(READ, READERS))
    return _HOME.sqlite


def _sqlite_engine(begin: str, size: int) -> AsyncEngine:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(_HOME.file, timeout=BUSY_SECONDS, isolation_level=None, factory=_Connection)

    engine = _Engine(
        create_engine(
            "sqlite+inline:///week.db",
            creator=connect,
            hide_parameters=True,
            pool_size=size,
            max_overflow=0,
            poolclass=AsyncAdaptedQueuePool,
            pool_timeout=3600,
        )
    )
    event.listen(engine.sync_engine, "connect", _pragmas)
    event.listen(engine.sync_engine, "connect", _unflushed)

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    disturbed(engine, reads=begin == READ)
    return engine


def disturbed(engine: AsyncEngine, *, reads: bool) -> None:
    """Have an engine disturbed by whatever disturbs this process just now."""
    dialect = engine.sync_engine.dialect
    commit = dialect.do_commit

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def _before(conn: Any, _cursor: Any, statement: str, _given: Any, context: Any, _many: bool) -> None:
        if getattr(context, "_is_server_side", False):
            await_only(asyncio.sleep(0))  # SQLAlchemy insists that a stream has waited
        disturb = _HOME.disturb
        if disturb is None or statement.startswith("BEGIN"):
            return
        if disturb.pauses():
            await_only(asyncio.sleep(0))
        if not reads:
            disturb.writes(conn.connection.dbapi_connection, statement)
        elif disturb.stalls(statement):
            await_only(disturb.stand_still())

    @event.listens_for(engine.sync_engine, "after_cursor_execute")
    def _after(_conn: Any, _cursor: Any, statement: str, *_given: Any) -> None:
        disturb = _HOME.disturb
        if reads and disturb is not None and not statement.startswith("BEGIN") and disturb.stalls(statement):
            await_only(disturb.stand_still())

    def do_commit(connection: Any) -> None:
        if reads or _HOME.disturb is None:
            commit(connection)
            return
        _HOME.disturb.before_commit()
        commit(connection)
        _HOME.disturb.after_commit(connection.dbapi_connection)

    dialect.do_commit = do_commit  # type: ignore[method-assign]


class _Connection(sqlite3.Connection):
    """sqlite3's connection, asked as SQLAlchemy asks an asynchronous one."""

    def cursor(self, *, server_side: bool = False) -> sqlite3.Cursor:  # type: ignore[override]  # sqlite3 has factories
        return super().cursor()


class _Context(SQLiteExecutionContext):
    def create_server_side_cursor(self) -> Any:
        return self._dbapi_connection.cursor(server_side=True)


class _Inline(SQLiteDialect_pysqlite):
    """SQLite under an AsyncEngine without a thread, and without a turn of the loop for every call of the driver."""

    driver = "inline"
    is_async = True
    supports_statement_cache = True
    supports_server_side_cursors = True
    execution_ctx_cls = _Context


class _Asks(AsyncConnection):
    """A connection that does not insist on having waited: nothing here waits, unless it is disturbed."""

    async def execute(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> Any:
        return await self.run_sync(
            lambda sync: sync.execute(statement, parameters, execution_options=execution_options)
        )

    async def exec_driver_sql(self, statement: str, parameters: Any = None, execution_options: Any = None) -> Any:
        return await self.run_sync(lambda sync: sync.exec_driver_sql(statement, parameters, execution_options))


class _Engine(AsyncEngine):
    _connection_cls = _Asks


registry.register("sqlite.inline", __name__, "_Inline")


def _unflushed(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.execute("PRAGMA wal_autocheckpoint=0")
    cursor.close()
