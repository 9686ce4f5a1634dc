"""Whoever begins to answer the carrier asks for what was missed, and is not kept from answering by trouble with it."""

import asyncio
from datetime import UTC, datetime

from sqlalchemy import select

from bot.twilio.catching_up import AFTER_SECONDS, catching_up
from messages.channels.base import Listed, ListUnavailable
from messages.kinds import Channel
from scheduler import tables
from scheduler.core.record import Record
from tests.rig.clock import ManualClock
from tests.rig.office import Office


class Lists:
    """A way out that knows one text more each time it is asked, and may be unable to say."""

    keeps_list = True

    def __init__(self) -> None:
        self.asked = 0
        self.broken = False
        self.heard = asyncio.Event()

    async def list_received(self, _to: str, _since: datetime) -> list[Listed]:
        self.asked += 1
        self.heard.set()
        if self.broken:
            raise ListUnavailable
        return [
            Listed(f"SM{number}", "received", None, datetime.now(UTC), "+12025550199", "+12025550111", "ok")
            for number in range(self.asked)
        ]


async def _sids(record: Record, office: Office) -> list[str]:
    async with record.read(office.practice_id) as r:
        return sorted((await r.conn.execute(select(tables.inbound.c.sid))).scalars())


async def test_it_asks_at_once_and_once_more(record: Record, office: Office, clock: ManualClock):
    lists = Lists()
    async with catching_up(record, {Channel.SMS: lists}):  # type: ignore[dict-item]  # what is not asked is not there
        await clock.until_asleep()
        assert await _sids(record, office) == ["SM0"]
        lists.heard.clear()
        clock.advance(AFTER_SECONDS[1])
        await lists.heard.wait()
    assert lists.asked == 2


async def test_a_carrier_that_cannot_say_keeps_nobody_from_answering(record: Record, office: Office):
    lists = Lists()
    lists.broken = True
    async with catching_up(record, {Channel.SMS: lists}):  # type: ignore[dict-item]  # as above
        await lists.heard.wait()
    assert await _sids(record, office) == []


async def test_without_a_carrier_nothing_is_asked(record: Record):
    before = asyncio.all_tasks()
    async with catching_up(record, {}):
        assert asyncio.all_tasks() == before
