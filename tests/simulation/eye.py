"""Looking at what is committed, past the product's own stores and outside its order of things.

Invariant: looking takes no time, disturbs nothing and never sees what has not been committed.
"""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

Row = dict[str, Any]


class Eye(Protocol):
    """A reader of committed rows."""

    async def rows(self, sql: str, **given: Any) -> list[Row]: ...
    async def close(self) -> None: ...


class SqliteEye:
    """Reads through a connection of its own."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, isolation_level=None)
        self._connection.row_factory = sqlite3.Row

    async def rows(self, sql: str, **given: Any) -> list[Row]:
        stored = {name: _stored(value) if isinstance(value, datetime) else value for name, value in given.items()}
        return [dict(row) for row in self._connection.execute(sql, stored)]

    async def close(self) -> None:
        self._connection.close()


def _stored(at: datetime) -> str:
    """An instant as SQLite keeps it."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


class ServerEye:
    """Reads through an engine of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def rows(self, sql: str, **given: Any) -> list[Row]:
        async with self._engine.connect() as conn:
            return [dict(row) for row in (await conn.execute(text(sql), given)).mappings()]

    async def close(self) -> None:
        await self._engine.dispose()


async def one(eye: Eye, sql: str, **given: Any) -> Row | None:
    """The first row, if any."""
    found = await eye.rows(sql, **given)
    return found[0] if found else None


def instant(value: Any) -> datetime | None:
    """A stored instant, whichever engine it comes from."""
    if value is None or isinstance(value, datetime):
        return None if value is None else value.astimezone(UTC)
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


def certain(value: Any) -> datetime:
    """A stored instant that is there."""
    found = instant(value)
    assert found is not None
    return found
