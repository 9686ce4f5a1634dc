"""What came while nobody answered: whoever begins to answer the carrier asks it at once for what was missed.

Workers ask every few minutes (bot/duties.py). Where pages are a process of their own, they may have been away while
the workers were not, and nobody should wait those minutes for what they wrote. Asked twice, because the carrier's list
is a little late. Invariant: trouble with this keeps nobody from being answered.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from messages.channels.base import Channel as Way
from messages.gap_repair import GapRepair
from messages.kinds import Channel
from scheduler.core.clock import Clock
from scheduler.core.log import get_logger
from scheduler.core.record import Record
from scheduler.people import store as people

log = get_logger(__name__)

AFTER_SECONDS: Final = (0.0, 20.0)


@asynccontextmanager
async def catching_up(record: Record, ways: Mapping[Channel, Way]) -> AsyncIterator[None]:
    """Ask beside whatever is done meanwhile; nothing is asked where no carrier is configured."""
    way = ways.get(Channel.SMS)
    if way is None:
        yield
        return
    over = asyncio.Event()
    asking = asyncio.create_task(
        _ask(record, GapRepair(record, way, ways.get(Channel.WHATSAPP)), over), name="catching-up"
    )
    try:
        yield
    finally:
        over.set()
        await asking


async def _ask(record: Record, repair: GapRepair, over: asyncio.Event) -> None:
    for seconds in AFTER_SECONDS:
        if await _is_over(record.clock, over, seconds):
            return
        await caught_up(record, repair)


async def _is_over(clock: Clock, over: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until it is over; whether it is."""
    waits = {asyncio.create_task(clock.sleep(seconds)), asyncio.create_task(over.wait())}
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for each in waits:
        each.cancel()
    return over.is_set()


async def caught_up(record: Record, repair: GapRepair) -> int:
    """Ask once for every practice; how many texts had been missed. What fails is logged, and left to the workers."""
    stored = 0
    try:
        async with record.read("") as r:
            practices = await people.practice_ids(r)
        for practice_id in practices:
            stored += await repair.run(practice_id)
    except Exception as error:
        log.exception("gap_repair.failed", error=type(error).__name__)
    return stored
