"""Which statements are trusted to be run in the loop itself."""

import asyncio

import pytest
from sqlalchemy import text

from scheduler.core import sqlite_connection
from scheduler.core.quickness import DISTRUSTED_FOR, QUICK_SECONDS, STATEMENTS, TIMES, TOO_LONG_SECONDS, Quickness
from scheduler.core.record import Record
from tests.rig.office import Office

QUICK, SLOW = QUICK_SECONDS / 2, TOO_LONG_SECONDS * 2


def ran(known: Quickness, statement: str, *seconds: float) -> None:
    for each in seconds:
        known.took(statement, each)


def test_a_statement_is_trusted_after_it_was_quick_several_times():
    known = Quickness()
    ran(known, "SELECT 1", *[QUICK] * (TIMES - 1))
    assert not known.is_known("SELECT 1")
    ran(known, "SELECT 1", QUICK)
    assert known.is_known("SELECT 1")


def test_one_slow_run_begins_the_count_anew():
    known = Quickness()
    ran(known, "SELECT 1", *[QUICK] * (TIMES - 1), SLOW, QUICK)
    assert not known.is_known("SELECT 1")


def test_a_statement_that_was_slow_while_others_waited_is_long_not_trusted():
    known = Quickness()
    ran(known, "SELECT 1", *[QUICK] * TIMES)
    known.took_here("SELECT 1", QUICK)
    assert known.is_known("SELECT 1")
    known.took_here("SELECT 1", SLOW)
    ran(known, "SELECT 1", *[QUICK] * DISTRUSTED_FOR)
    assert not known.is_known("SELECT 1")
    ran(known, "SELECT 1", *[QUICK] * TIMES)
    assert known.is_known("SELECT 1")


def test_what_may_wait_for_a_lock_is_never_trusted():
    known = Quickness()
    ran(known, "BEGIN IMMEDIATE", *[QUICK] * 100)
    assert not known.is_known("BEGIN IMMEDIATE")


def test_no_more_than_so_many_are_remembered():
    known = Quickness()
    for number in range(STATEMENTS):
        ran(known, f"SELECT {number}", *[QUICK] * TIMES)
    assert known.is_known("SELECT 1")
    ran(known, "SELECT one_more", QUICK)
    assert not known.is_known("SELECT 1")


@pytest.fixture
def all_are_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Quickness()
    monkeypatch.setattr(known, "is_known", lambda statement: not statement.startswith("BEGIN"))
    monkeypatch.setattr(sqlite_connection, "QUICKNESS", known)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("all_are_quick")
async def test_a_long_row_of_quick_statements_lets_others_have_their_turn(record: Record, office: Office):
    turns, done = 0, False

    async def other() -> None:
        nonlocal turns
        while not done:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    async with record.read(office.practice_id) as r:
        for _ in range(2_000):
            await r.conn.execute(text("SELECT count(*) FROM practice"))
    done = True
    await beside
    assert turns > 5


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("all_are_quick")
async def test_a_statement_waits_for_the_one_whose_asker_gave_up(record: Record, office: Office):
    """The thread is still at it; nothing may be run beside it on the same connection."""
    slow = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) FROM n")
    async with record.read(office.practice_id) as r:
        raw = (await r.conn.get_raw_connection()).driver_connection
        cursor = raw.cursor()
        asking = asyncio.create_task(raw.in_thread(cursor._run, slow.text, ()))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert (await r.conn.execute(text("SELECT count(*) FROM practice"))).scalar_one() == 1
        assert cursor._rows == [(300_000,)]
