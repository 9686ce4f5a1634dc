"""The record's databases as the simulation opens them: real SQLite or PostgreSQL, disturbed by seeded chance.

SQLite runs inline instead of in threads; PostgreSQL answers one question at a time, and the answer is taken when
everybody else has come to rest. So either takes part in the one order of things. Nothing is flushed to the disk,
because no simulated crash takes the machine with it. Invariant: what the product executes is executed as it is; only
pauses and failures are added, at the same places on both engines.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.util import await_only

from scheduler.core.engine import BUSY_SECONDS, Engines, _pragmas
from scheduler.core.ids import Chance

INJECTED = "injected fault"
WRITE, READ = "BEGIN IMMEDIATE", "BEGIN DEFERRED"
READERS = 25
# How the last look before a post is told from other questions: standing still there is the worst.
LAST_LOOK, OFTENER = "message.attempt =", 30


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
    fail_before: float = 0.0
    fail_after: float = 0.0
    faults: int = 0
    off: bool = False
    committed: Callable[[], None] = _nobody
    stalled: Callable[[], None] = _nobody

    async def maybe_pause(self) -> None:
        """Let others go first."""
        if not self.off and self.chance.random() < self.pause:
            await asyncio.sleep(0)

    async def maybe_stall(self, statement: str) -> None:
        """Stand still for a long time before or after reading: what is read, or was, may be history then."""
        rate = self.stall * (OFTENER if LAST_LOOK in statement else 1)
        if not self.off and self.chance.random() < rate:
            self.stalled()
            await asyncio.sleep(self.chance.uniform(2, 75))

    def before_commit(self) -> None:
        self._fail(self.fail_before)

    def after_commit(self) -> None:
        """The commit has happened; now and then nobody is told."""
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
    async def connect() -> aiosqlite.Connection:
        file = _HOME.file

        def open_file() -> sqlite3.Connection:
            return sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)

        return await _Inline(open_file, 64)

    engine = create_async_engine(
        make_url("sqlite+aiosqlite:///week.db"),
        async_creator=connect,
        hide_parameters=True,
        pool_size=size,
        max_overflow=0,
        poolclass=AsyncAdaptedQueuePool,
        pool_timeout=3600,
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
    def _before(_conn: Any, _cursor: Any, statement: str, *_given: Any) -> None:
        if _HOME.disturb is None or statement.startswith("BEGIN"):
            return
        await_only(_HOME.disturb.maybe_pause())
        if reads:
            await_only(_HOME.disturb.maybe_stall(statement))

    @event.listens_for(engine.sync_engine, "after_cursor_execute")
    def _after(_conn: Any, _cursor: Any, statement: str, *_given: Any) -> None:
        if reads and _HOME.disturb is not None and not statement.startswith("BEGIN"):
            await_only(_HOME.disturb.maybe_stall(statement))

    def do_commit(connection: Any) -> None:
        if reads or _HOME.disturb is None:
            commit(connection)
            return
        _HOME.disturb.before_commit()
        commit(connection)
        _HOME.disturb.after_commit()

    dialect.do_commit = do_commit  # type: ignore[method-assign]


class _Inline(aiosqlite.Connection):
    """aiosqlite without its thread."""

    def __await__(self) -> Generator[Any, None, aiosqlite.Connection]:
        return self._connect().__await__()

    async def _connect(self) -> aiosqlite.Connection:
        if self._connection is None:
            self._connection = self._connector()
        return self

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self._connection is None:
            raise ValueError("Connection closed")
        return fn(*args, **kwargs)

    async def close(self) -> None:
        self.stop()

    def stop(self) -> None:  # type: ignore[override]  # there is no thread to wait for
        self._running = False
        if self._connection is not None:
            self._connection.rollback()
            self._connection.close()
            self._connection = None


def _unflushed(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.execute("PRAGMA wal_autocheckpoint=0")
    cursor.close()
