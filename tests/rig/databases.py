"""Fresh databases for tests: each engine is migrated once per test process, then copied for every test.

A PostgreSQL database whose tables are still as they were made is emptied and handed out again: making one and
removing it takes longer than most tests.
Invariant: no test sees a row of another, nor a trigger, a column or a connection.
"""

from itertools import count
from pathlib import Path
from shutil import copyfile
from typing import Any

from sqlalchemy import event

from scheduler.core.engine import Engines
from scheduler.core.schema import migrate
from tests.rig.postgres import SPEED, Postgres, PostgresMissing, launch

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
        self._emptied: list[str] = []

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
        if engine == "postgresql" and self._emptied:
            return self.server.url(self._emptied.pop())
        name = self._name()
        url = await self._make(engine, name, TEMPLATE)
        if engine == "postgresql":
            self._as_made[name] = await self.server.shape(name)
        return url

    async def empty(self, engine: str) -> str:
        """The URL of a database without tables; on SQLite, of a file that is not there yet."""
        return await self._make(engine, self._name(), None)

    async def drop(self, url: str) -> None:
        """Forget a database. SQLite's files go with the temporary folder."""
        if not url.startswith("postgresql"):
            return
        name = url.partition("@/")[2].partition("?")[0]
        if name in self._as_made and await self.server.empty(name, self._as_made[name]):
            self._emptied.append(name)
        else:
            self._as_made.pop(name, None)
            await self.server.drop(name)

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
        if template is not None:
            copyfile(self._folder / f"{template}.db", file)
        return f"sqlite:///{file}"
