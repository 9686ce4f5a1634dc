"""The SQLite driver's connection, with fewer trips to its thread and a close that gives up the lock.

aiosqlite hands every call to the thread of the connection: a cursor made, a statement run, its rows fetched, the
cursor closed are four trips, each dearer than the statement. Here running a statement and fetching its first rows is
one trip, and nothing else needs any unless more rows are wanted than were fetched. A statement that has been quick
again and again (quickness.py) makes no trip at all, unless the loop has worked for this connection for a while.
A transaction that only reads begins with its first statement, and nobody waits for its end.
Invariant: sqlite3 is entered by one thread at a time; what may wait for a lock or for the disk (BEGIN IMMEDIATE,
COMMIT, anything not known to be quick) is done in the connection's own, so the loop never waits for it.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from time import perf_counter
from typing import Any, Final, Self

import aiosqlite

from scheduler.core.quickness import Quickness

WITHOUT_A_PAUSE: Final = 0.005
"""Seconds after which the next statement makes the trip in any case, so that others of the loop get their turn."""
FETCHED_AT_ONCE: Final = 2_000
"""Rows that come with the statement itself; longer answers are fetched on, so that a stream stays one."""


class SqliteConnection(aiosqlite.Connection):
    """A connection of ours to the embedded database. `only_reads`: nothing is ever written through it."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], *, only_reads: bool) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._thread.daemon = True  # as SQLAlchemy does, so that a crash does not hang the exit
        self._only_reads = only_reads
        self._to_begin: str | None = None
        self._asked = self._done = 0
        self._paused_at = 0.0
        self.alone = False
        """Whether nobody else is in this loop, as in a simulation: then nothing needs a trip to the thread."""

    def begins_later(self, statement: str) -> bool:
        """Whether this statement is run with the one after it; none of a writer is, since it takes the lock."""
        if not self._only_reads or not statement.startswith("BEGIN"):
            return False
        self._to_begin = statement
        return True

    def begin_now(self) -> None:
        """Begin what was left to begin. Called in the connection's thread."""
        if self._to_begin is not None:
            statement, self._to_begin = self._to_begin, None
            self._conn.execute(statement)

    async def rollback(self) -> None:
        """End the transaction. A reader's is ended by its thread as soon as that is free; nothing hangs on it."""
        if not self._only_reads:
            await super().rollback()
        elif self._to_begin is not None:
            self._to_begin = None
        elif self._running and self._connection is not None:
            if self._asked == self._done:
                self._connection.rollback()
            else:
                self._asked += 1
                self._tx.put_nowait((None, partial(self._counted, self._connection.rollback)))

    def cursor(self) -> "OneTripCursor":  # type: ignore[override]  # SQLAlchemy asks for no more than the cursor has
        """A cursor; asking for one costs nothing."""
        return OneTripCursor(self)

    async def in_thread(self, call: Callable[..., object], *given: object) -> None:
        """Make a call in the thread of this connection, after those asked for before."""
        await self._execute(call, *given)

    async def run(self, call: Callable[[str, Sequence[Any]], object], statement: str, given: Sequence[Any]) -> None:
        """Run a statement: here if it is known to be quick and the thread is idle, else in the thread."""
        began = perf_counter()
        if self._asked != self._done or began - self._paused_at > WITHOUT_A_PAUSE or not QUICKNESS.is_known(statement):
            await self._execute(_timed, call, statement, given)
            return
        if self._connection is None:
            raise ValueError("Connection closed")
        call(statement, given)
        QUICKNESS.took_here(statement, perf_counter() - began)

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """As aiosqlite makes all its calls, counted: who was cancelled while waiting has left the thread at work."""
        if self.alone:
            return fn(*args, **kwargs)
        self._asked += 1
        try:
            return await super()._execute(partial(self._counted, fn), *args, **kwargs)  # type: ignore[no-untyped-call]
        finally:
            self._paused_at = perf_counter()

    def _counted(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        finally:
            self._done += 1

    async def close(self) -> None:
        """Roll back, then close.

        SQLite keeps the lock of a connection that is closed with a statement unfinished, as happens when a task is
        cancelled in the middle of a SELECT; it would be held until garbage collection, many seconds later.
        """
        if self._connection is not None:
            await asyncio.shield(self.rollback())
        await super().close()


QUICKNESS: Final = Quickness()
"""Of all connections of this process: statements are the same in each."""


def _timed(call: Callable[[str, Sequence[Any]], object], statement: str, given: Sequence[Any]) -> None:
    began = perf_counter()
    call(statement, given)
    QUICKNESS.took(statement, perf_counter() - began)


class OneTripCursor:
    """What SQLAlchemy uses of a cursor. Rows are fetched with the statement, as far as they are few."""

    def __init__(self, connection: SqliteConnection) -> None:
        self._connection = connection
        self._cursor: sqlite3.Cursor | None = None
        self._rows: list[Any] = []
        self._more = False
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        """The cursor itself: there is nothing to wait for."""
        return self

    @property
    def description(self) -> Any:
        """As the DBAPI has it; None for a statement without rows."""
        return None if self._cursor is None else self._cursor.description

    @property
    def rowcount(self) -> int:
        """As the DBAPI has it."""
        return -1 if self._cursor is None else self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        """As the DBAPI has it."""
        return None if self._cursor is None else self._cursor.lastrowid

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Self:
        """Run a statement and fetch its first rows."""
        if not self._connection.begins_later(statement):
            await self._connection.run(self._run, statement, parameters)
        return self

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> Self:
        """Run a statement for each of these."""
        await self._connection.in_thread(self._run_many, statement, parameters)
        return self

    async def fetchone(self) -> Any:
        """The next row."""
        found = await self.fetchmany(1)
        return found[0] if found else None

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next rows, at most so many."""
        wanted = size or self.arraysize
        if len(self._rows) < wanted and self._more:
            await self._connection.in_thread(self._fetch_on, wanted)
        found, self._rows = self._rows[:wanted], self._rows[wanted:]
        return found

    async def fetchall(self) -> list[Any]:
        """All rows that are left."""
        if self._more:
            await self._connection.in_thread(self._fetch_on, None)
        found, self._rows = self._rows, []
        return found

    async def close(self) -> None:
        """Let go of what was not fetched; an answer that was fetched whole has nothing to let go of."""
        if self._more and self._cursor is not None:
            self._more = False
            await self._connection.in_thread(self._cursor.close)

    # --- in the connection's thread, or while that is idle -----------------------------------------------------------

    def _run(self, statement: str, parameters: Sequence[Any]) -> None:
        self._connection.begin_now()
        cursor = self._cursor = self._connection._conn.cursor()  # noqa: SLF001 -- as above
        cursor.execute(statement, parameters)
        self._rows, self._more = [], False
        if cursor.description is not None:
            self._rows = cursor.fetchmany(FETCHED_AT_ONCE)
            self._more = len(self._rows) == FETCHED_AT_ONCE

    def _run_many(self, statement: str, parameters: Iterable[Sequence[Any]]) -> None:
        self._connection.begin_now()
        self._cursor = self._connection._conn.cursor()  # noqa: SLF001 -- as above
        self._rows, self._more = [], False
        self._cursor.executemany(statement, parameters)

    def _fetch_on(self, wanted: int | None) -> None:
        if self._cursor is None:
            return
        if wanted is None:
            self._rows += self._cursor.fetchall()
            self._more = False
            return
        size = max(wanted, FETCHED_AT_ONCE)
        found = self._cursor.fetchmany(size)
        self._rows += found
        self._more = len(found) == size
