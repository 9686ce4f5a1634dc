"""How a commit in one process wakes the workers of all: LISTEN and NOTIFY on PostgreSQL, nothing on SQLite.

A notice carries no data: it says "look now", and rows say what is due. Lost notices are harmless, since workers look
by their own tick as well. Invariant: a notice is sent with the commit it announces, or not at all.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from scheduler.core.bell import Bell
from scheduler.core.clock import Clock
from scheduler.core.engine import Engines
from scheduler.core.log import get_logger

log = get_logger(__name__)

CHANNEL: Final = "stillon_work"
AGAIN_SECONDS: Final = 2.0


async def announce(conn: AsyncConnection) -> None:
    """Have this transaction's commit wake the workers of other processes."""
    if conn.dialect.name == "postgresql":
        await conn.execute(select(func.pg_notify(CHANNEL, "")))


@asynccontextmanager
async def hearing(engines: Engines, bell: Bell, clock: Clock) -> AsyncIterator[None]:
    """Ring `bell` whenever another process announces work, for as long as this is entered."""
    if engines.is_sqlite:
        yield
        return
    task = asyncio.create_task(_listen(engines.writer, bell, clock), name="wakeup")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _listen(engine: AsyncEngine, bell: Bell, clock: Clock) -> None:
    """Listen on a connection of its own; when it breaks, listen on another."""
    while True:
        try:
            await _until_it_breaks(engine, bell)
        except Exception as error:
            log.exception("wakeup.lost", error=type(error).__name__)
        await clock.sleep(AGAIN_SECONDS)


async def _until_it_breaks(engine: AsyncEngine, bell: Bell) -> None:
    async with engine.connect() as conn:
        ended = asyncio.Event()
        driver: Any = (await conn.get_raw_connection()).driver_connection
        driver.add_termination_listener(lambda *_: ended.set())
        await driver.add_listener(CHANNEL, lambda *_: bell.ring())
        bell.ring()  # what was announced while nobody listened
        await ended.wait()
