"""Posts that come together are stored together, and each is told of its own."""

import asyncio

import pytest
from sqlalchemy import event

from bot.twilio.intake import TOGETHER, Intake
from scheduler.core.errors import Unavailable
from scheduler.core.record import Record, Tx
from tests.rig.office import Office


class Dying(BaseException):
    """As a process ends at a crash point."""


class Post:
    """Something to be stored: a clinician's name is as good as a text."""

    def __init__(self, name: str, *, fails: BaseException | None = None) -> None:
        self.name, self.fails = name, fails

    async def store(self, tx: Tx) -> None:
        if self.fails is not None:
            raise self.fails
        tx.note("inbound.received", "inbound", tx.new_id(), media=len(self.name))


@pytest.fixture
def commits(record: Record) -> list[str]:
    found: list[str] = []
    event.listen(record.engines.writer.sync_engine, "commit", lambda _conn: found.append("commit"))
    return found


async def entered(record: Record, office: Office) -> int:
    async with record.read(office.practice_id) as r:
        found = await r.conn.exec_driver_sql("SELECT count(*) FROM audit_entry WHERE action = 'inbound.received'")
        return int(found.scalar_one())


async def test_many_at_once_take_few_transactions(record: Record, office: Office, commits: list[str]):
    intake = Intake(record)
    await asyncio.gather(*(intake.stored(office.practice_id, Post(str(n)).store) for n in range(2 * TOGETHER)))
    assert await entered(record, office) == 2 * TOGETHER
    assert len(commits) <= 3


async def test_one_alone_is_stored_at_once(record: Record, office: Office, commits: list[str]):
    intake = Intake(record)
    for number in range(3):
        await intake.stored(office.practice_id, Post("x").store)
        assert await entered(record, office) == number + 1
    assert len(commits) == 3


@pytest.mark.parametrize("error", [ValueError("bad"), Unavailable("away"), Dying()])
async def test_one_that_cannot_be_stored_keeps_nobody_else_from_it(
    record: Record, office: Office, error: BaseException
):
    intake = Intake(record)
    posts = [Post("first"), Post("second"), Post("bad", fails=error), Post("last")]
    asked = [asyncio.ensure_future(intake.stored(office.practice_id, each.store)) for each in posts]
    await asyncio.wait(asked)
    ended = [task.exception() for task in asked]
    assert ended[2] is error
    assert ended[:2] == [None, None]
    assert ended[3] is None
    assert await entered(record, office) == 3


async def test_who_gives_up_waiting_holds_up_nobody(record: Record, office: Office):
    intake = Intake(record)
    first, second, third = (asyncio.ensure_future(intake.stored(office.practice_id, Post("x").store)) for _ in range(3))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait([first, second, third])
    assert second.cancelled()
    assert first.exception() is None
    assert third.exception() is None
    await intake.stored(office.practice_id, Post("x").store)
    assert await entered(record, office) >= 3
