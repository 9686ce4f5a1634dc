"""One trip to the thread for a statement and its rows, and every row all the same."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from scheduler.core import sqlite_connection
from scheduler.core.engine import Engines, open_engines
from scheduler.core.quickness import Quickness
from scheduler.core.sqlite_connection import FETCHED_AT_ONCE, SqliteConnection

MANY = 2 * FETCHED_AT_ONCE + 7
NUMBERS = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many) SELECT i FROM n")


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Engines]:
    engines = open_engines(f"sqlite:///{tmp_path / 'numbers.db'}")
    yield engines
    await engines.close()


@pytest.mark.parametrize("many", [1, FETCHED_AT_ONCE - 1, FETCHED_AT_ONCE, FETCHED_AT_ONCE + 1, MANY])
async def test_an_answer_of_any_length_comes_whole_and_in_order(opened: Engines, many: int) -> None:
    async with opened.reader.connect() as conn:
        found = (await conn.execute(NUMBERS, {"many": many})).scalars().all()
    assert found == list(range(1, many + 1))


async def test_a_stream_comes_whole_and_in_order(opened: Engines) -> None:
    async with opened.reader.connect() as conn, conn.stream(NUMBERS, {"many": MANY}) as found:
        assert [row.i async for row in found] == list(range(1, MANY + 1))


async def test_a_stream_that_is_left_early_keeps_no_lock(opened: Engines) -> None:
    async with opened.writer.begin() as conn:
        await conn.execute(text("CREATE TABLE kept (i INTEGER)"))
    async with opened.reader.connect() as conn, conn.stream(NUMBERS, {"many": MANY}) as found:
        assert (await found.first()) is not None
    async with opened.writer.begin() as conn:
        done = await conn.execute(text("INSERT INTO kept VALUES (1)"))
        assert done.rowcount == 1


async def test_a_statement_and_its_rows_are_one_trip(opened: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    trips = []
    there = SqliteConnection._execute

    async def counted(self, function, *given, **named):
        trips.append(function)
        return await there(self, function, *given, **named)

    monkeypatch.setattr(SqliteConnection, "_execute", counted)
    monkeypatch.setattr(sqlite_connection, "QUICKNESS", Quickness())  # which knows no statement yet
    async with opened.reader.connect() as conn:
        await conn.execute(text("SELECT 1"))
        trips.clear()
        assert (await conn.execute(NUMBERS, {"many": 100})).scalars().all() == list(range(1, 101))
        assert len(trips) == 1
