"""Fresh databases for tests: each engine is migrated once per test process, then copied for every test.

A PostgreSQL database whose tables are still as they were made is emptied and handed out again, with the connections to
it: making one takes longer than most tests, and a new connection has to learn every table and statement anew. SQLite's
file is copied anew; what is kept there are the statements that were built.
Invariant: no test sees a row of another, nor a trigger, a column, a listener or an unfinished transaction.
"""

from itertools import count
from pathlib import Path
from shutil import copyfile
from typing import Any

from sqlalchemy import QueuePool, event

from scheduler.core.engine import Engines, open_engines
from scheduler.core.schema import migrate
from tests.rig.postgres import SPEED, Postgres, PostgresMissing, emptied, launch

ENGINES = ("sqlite", "postgresql")
TEMPLATE = "template_migrated"


def without_flushing(engines: Engines) -> Engines:
    """The same engines, but a commit does not wait for the disk: no test here takes the power away.

    That the product does wait is a test of its own (tests/core/test_engine.py).
    """
    if engines.is_sqlite:
        for engine in (engines.writer, engines.reader):
            event.listen(engine.sync_engine, "connect", _do_not_flush)
    return engines


def _do_not_flush(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()


class Databases:
    """Hands out URLs of databases nobody else uses."""

    def __init__(self, folder: Path, *, habits: tuple[str, ...] = SPEED) -> None:
        self._folder = folder
        self._habits = habits
        self._numbers = count(1)
        self._server: Postgres | None = None
        self._missing: PostgresMissing | None = None
        self._templates: set[str] = set()
        self._as_made: dict[str, str] = {}
        self._opened: dict[str, Engines] = {}
        self._to_hand_out: dict[str, list[str]] = {engine: [] for engine in ENGINES}

    @property
    def server(self) -> Postgres:
        """The one PostgreSQL server of this test process, started when first asked for.

        Raises:
            PostgresMissing: there is none on this machine; said again at once when asked again.
        """
        if self._missing is not None:
            raise self._missing
        if self._server is None:
            try:
                self._server = launch(self._habits)
            except PostgresMissing as missing:
                self._missing = missing
                raise
        return self._server

    async def migrated(self, engine: str) -> str:
        """The URL of a database with our tables and no rows."""
        if engine not in self._templates:
            await migrate(await self._make(engine, TEMPLATE, None))
            self._templates.add(engine)
        waiting = self._to_hand_out[engine]
        if engine == "sqlite":
            return await self._make(engine, waiting.pop() if waiting else self._name(), TEMPLATE)
        if waiting:
            return self.server.url(waiting.pop())
        name = self._name()
        url = await self._make(engine, name, TEMPLATE)
        self._as_made[name] = await self.server.shape(name)
        return url

    def opened(self, url: str) -> Engines:
        """Engines over a database of ours that do not wait for the disk; who closes them need not open them anew."""
        if url not in self._opened:
            self._opened[url] = without_flushing(open_engines(url))
        kept = self._opened[url]
        # Only a view of them: whoever listens to it has done so when the test ends.
        writer = kept.writer.execution_options()
        return Engines(writer, writer if kept.reader is kept.writer else kept.reader.execution_options())

    async def empty(self, engine: str) -> str:
        """The URL of a database without tables; on SQLite, of a file that is not there yet."""
        return await self._make(engine, self._name(), None)

    async def drop(self, url: str) -> None:
        """Forget a database, or make it ready for the next test."""
        if url.startswith("postgresql"):
            await self._drop_postgresql(url, url.partition("@/")[2].partition("?")[0])
        elif url in self._opened:
            await self._opened[url].close()
            self._to_hand_out["sqlite"].append(Path(url).stem)

    async def _drop_postgresql(self, url: str, name: str) -> None:
        if name in self._as_made and await self._emptied(url, name):
            self._to_hand_out["postgresql"].append(name)
            return
        self._as_made.pop(name, None)
        if url in self._opened:
            await self._opened.pop(url).close()
        await self.server.drop(name)

    async def _emptied(self, url: str, name: str) -> bool:
        """Over a connection that is kept, if there are some: it knows the tables already."""
        pool = self._opened[url].writer.sync_engine.pool if url in self._opened else None
        if not isinstance(pool, QueuePool) or pool.checkedout() or not pool.checkedin():
            return await self.server.empty(name, self._as_made[name])
        async with self._opened[url].writer.connect() as conn:
            kept = (await conn.get_raw_connection()).driver_connection
            return await emptied(kept, self._as_made[name], others=pool.checkedin())

    async def let_go(self) -> None:
        """Close what was kept open for the next test."""
        while self._opened:
            await self._opened.popitem()[1].close()

    def close(self) -> None:
        """Stop the server, if one was started."""
        if self._server is not None:
            self._server.erase()

    def _name(self) -> str:
        return f"test_{next(self._numbers)}"

    async def _make(self, engine: str, name: str, template: str | None) -> str:
        if engine == "postgresql":
            return await self.server.create(name, template=template or "template0")
        file = self._folder / f"{name}.db"
        for old in self._folder.glob(f"{name}.db*"):
            old.unlink()
        if template is not None:
            copyfile(self._folder / f"{template}.db", file)
        return f"sqlite:///{file}"
