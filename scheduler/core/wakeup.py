"""How a commit in one process wakes the workers of all: LISTEN and NOTIFY on PostgreSQL, nothing on SQLite.

A notice says "look now", or "look again before you do these" with the ids of rows; rows say what is so. Lost notices
are harmless, since workers look by their own tick, and again when their last look is old.
Invariant: a notice is sent with the commit it announces, or not at all.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from scheduler.core.bell import ALL_WORK, Bell, CalledOff, Work
from scheduler.core.clock import Clock
from scheduler.core.engine import Engines
from scheduler.core.log import get_logger

log = get_logger(__name__)

CHANNEL: Final = "stillon_work"
CALLED_OFF: Final = "stillon_called_off"
IDS_IN_A_NOTICE: Final = 100  # a notice holds 8,000 bytes
AGAIN_SECONDS: Final = 2.0


async def announce(conn: AsyncConnection, *, work: Collection[Work], called_off: Sequence[str] = ()) -> None:
    """Have this transaction's commit wake the workers of other processes, and tell them what was called off."""
    if conn.dialect.name != "postgresql":
        return
    if work:
        await conn.execute(select(func.pg_notify(CHANNEL, " ".join(sorted(work)))))
    for start in range(0, len(called_off), IDS_IN_A_NOTICE):
        ids = " ".join(called_off[start : start + IDS_IN_A_NOTICE])
        await conn.execute(select(func.pg_notify(CALLED_OFF, ids)))


@asynccontextmanager
async def hearing(
    engines: Engines, bell: Bell, clock: Clock, called_off: CalledOff | None = None
) -> AsyncIterator[None]:
    """Ring `bell` whenever another process announces work, and note what it called off, while this is entered."""
    if engines.is_sqlite:
        yield
        return
    task = asyncio.create_task(_listen(engines.writer, bell, clock, called_off or CalledOff()), name="wakeup")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _work(told: str) -> frozenset[Work]:
    """What a notice is about; one of another version of ours may be about anything."""
    words = told.split()
    return frozenset(map(Work, words)) if words and set(words) <= ALL_WORK else ALL_WORK


async def _listen(engine: AsyncEngine, bell: Bell, clock: Clock, called_off: CalledOff) -> None:
    """Listen on a connection of its own; when it breaks, listen on another."""
    while True:
        try:
            await _until_it_breaks(engine, bell, called_off)
        except Exception as error:
            log.exception("wakeup.lost", error=type(error).__name__)
        await clock.sleep(AGAIN_SECONDS)


async def _until_it_breaks(engine: AsyncEngine, bell: Bell, called_off: CalledOff) -> None:
    async with engine.connect() as conn:
        ended = asyncio.Event()
        driver: Any = (await conn.get_raw_connection()).driver_connection
        driver.add_termination_listener(lambda *_: ended.set())
        await driver.add_listener(CALLED_OFF, lambda *notice: called_off.add(str(notice[-1]).split()))
        await driver.add_listener(CHANNEL, lambda *notice: bell.ring(_work(str(notice[-1]))))
        bell.ring()  # what was announced while nobody listened
        await ended.wait()
