"""A process that stands still in the middle of a transaction does not keep the others waiting for ever (PostgreSQL)."""

import asyncio

import pytest
from sqlalchemy import text

from messages.consent_store import hold_sending
from scheduler.core.actor import OPERATOR
from scheduler.core.errors import Unavailable
from scheduler.core.record import Record
from tests.rig.office import Office

pytestmark = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)


async def test_the_server_gives_it_up_within_15_seconds(record: Record):
    async with record.read("") as r:
        told = (await r.conn.execute(text("SHOW idle_in_transaction_session_timeout"))).scalar_one()
    assert told == "12s"


async def test_its_lock_passes_on_and_it_learns_that_it_was_given_up(record: Record, office: Office):
    stands_still, passed_on = asyncio.Event(), asyncio.Event()

    async def frozen() -> None:
        async with record.write(office.practice_id, OPERATOR) as tx:
            await tx.conn.execute(text("SET LOCAL idle_in_transaction_session_timeout = '200ms'"))
            await hold_sending(tx)
            stands_still.set()
            await passed_on.wait()
            await hold_sending(tx)

    holder = asyncio.create_task(frozen())
    await stands_still.wait()
    async with asyncio.timeout(10):
        async with record.write(office.practice_id, OPERATOR) as tx:
            await hold_sending(tx)
    passed_on.set()
    with pytest.raises(Unavailable):
        await holder
