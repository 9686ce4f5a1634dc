"""Keeping a program up until it is told to stop: web, worker, or both in one process.

Invariant: on SIGTERM and SIGINT requests in flight are answered, work in hand is finished and connections are closed.
"""

import asyncio
import errno
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from bot import event_loop
from bot.alarms.heart import leave
from bot.people_first import PeopleFirst
from bot.web.access_log import AccessLog
from bot.wiring import Program
from scheduler.core.errors import Misconfigured
from scheduler.core.wakeup import hearing

GRACE_SECONDS = 10.0
BACKLOG = 1024
"""Connections that may wait to be taken up: a text to many brings them at once, and one turned away waits a second."""


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[None]:
    """The application answering on an address.

    Raises:
        Misconfigured: `port_in_use`, `port_refused` or `host_unusable`.
    """
    runner = web.AppRunner(app, access_log_class=AccessLog, shutdown_timeout=GRACE_SECONDS)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port, backlog=BACKLOG).start()
        except OSError as error:
            why = {errno.EADDRINUSE: "port_in_use", errno.EACCES: "port_refused"}
            raise Misconfigured(why.get(error.errno or 0, "host_unusable"), port=port) from None
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def working(program: Program, people: PeopleFirst | None = None) -> AsyncIterator[None]:
    """A worker doing what is due. `people`: who waits at the pages of this process, if it answers any."""
    worker, record = program.worker(), program.record
    await record.engines.learn_sizes()
    async with hearing(record.engines, record.bell, record.clock, record.called_off):
        await worker.start(people)
        event_loop.keep_what_is_loaded()
        try:
            yield
        finally:
            await worker.stop()
            await leave(record)


async def until_stopped() -> None:
    """Wait for SIGTERM or SIGINT."""
    await stop_asked().wait()


def stop_asked() -> asyncio.Event:
    """Set by SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    return stopped
