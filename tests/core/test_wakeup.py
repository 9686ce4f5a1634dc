"""A commit in one process wakes the workers of another."""

import asyncio

import pytest
from sqlalchemy import text

from scheduler.core.actor import OPERATOR
from scheduler.core.bell import Work
from scheduler.core.clock import SystemClock
from scheduler.core.engine import open_engines
from scheduler.core.record import Record
from scheduler.core.wakeup import hearing
from tests.rig.office import Office


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
async def test_a_commit_elsewhere_rings_here_and_a_rollback_does_not(
    record: Record, office: Office, engine_url: str
) -> None:
    elsewhere = Record(open_engines(engine_url), record.clock, record.vault)
    listener = record.bell.listener()
    async with hearing(record.engines, record.bell, SystemClock()):
        assert await listener.wait(5)  # the ring at the beginning
        with pytest.raises(ZeroDivisionError):
            async with elsewhere.write(office.practice_id, OPERATOR) as tx:
                tx.wake(Work.TEXTS)
                raise ZeroDivisionError
        assert not await listener.wait(0.2)
        async with elsewhere.write(office.practice_id, OPERATOR) as tx:
            tx.wake(Work.TEXTS)
        assert await listener.wait(5)
    await elsewhere.close()


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
async def test_a_broken_connection_is_replaced(
    record: Record, office: Office, engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.core.wakeup.AGAIN_SECONDS", 0.05)
    elsewhere = Record(open_engines(engine_url), record.clock, record.vault)
    listener = record.bell.listener()
    async with hearing(record.engines, record.bell, SystemClock()):
        assert await listener.wait(5)
        async with elsewhere.engines.writer.connect() as conn:
            await conn.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        assert await listener.wait(5)  # the new connection rings again
        async with elsewhere.write(office.practice_id, OPERATOR) as tx:
            tx.wake(Work.TEXTS)
        assert await listener.wait(5)
    await elsewhere.close()


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_one_process_needs_no_notices(record: Record, office: Office) -> None:
    hears, writes = hearing(record.engines, record.bell, SystemClock()), record.write(office.practice_id, OPERATOR)
    async with asyncio.timeout(5), hears, writes as tx:
        tx.wake(Work.TEXTS)
