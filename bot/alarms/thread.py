"""A watch beside the pages: in a thread with a loop and connections of its own.

So a loop that is blocked, or a worker in the same process that is stuck, does not keep the watch from looking. What
kills the whole process kills it, too: for that there is `stillon watch`, and the ping to an outside monitor.
Invariant: a watch that cannot start is logged and keeps nobody from being served.
"""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from bot.alarms.conditions import Patience
from bot.alarms.watch import Ears, Watch
from bot.settings import Settings
from bot.wiring import bare_record
from messages.channels.smtp import SmtpChannel, server_of
from scheduler.core.clock import Clock, SystemClock
from scheduler.core.log import get_logger

log = get_logger(__name__)

END_SECONDS = 10.0
HTTP_SECONDS = 8.0


@asynccontextmanager
async def watching(settings: Settings) -> AsyncIterator[None]:
    """A watch beside whatever else this process does."""
    ended = threading.Event()
    begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    thread = threading.Thread(target=_run, args=(settings, begun, ended), name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        for loop, stopped in begun:
            if not ended.is_set():
                loop.call_soon_threadsafe(stopped.set)
        await asyncio.to_thread(thread.join, END_SECONDS)


def _run(
    settings: Settings, begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]], ended: threading.Event
) -> None:
    async def look() -> None:
        stopped = asyncio.Event()
        begun.append((asyncio.get_running_loop(), stopped))
        await watch(settings, SystemClock(), stopped, beside=True)
        ended.set()

    try:
        asyncio.run(look())
    except Exception as error:
        log.exception("watch.ended", error=type(error).__name__)
    finally:
        ended.set()


async def watch(settings: Settings, clock: Clock, stopped: asyncio.Event, *, beside: bool) -> None:
    """Watch until told to stop; a record that cannot be reached is what it is here to notice."""
    record = bare_record(settings, clock)
    try:
        timeout = aiohttp.ClientTimeout(total=HTTP_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            patience = Patience(settings.silence_seconds)
            await Watch(record, _ears(settings, session), patience, beside=beside).run(stopped)
    finally:
        await record.close()


def _ears(settings: Settings, session: aiohttp.ClientSession) -> Ears:
    smtp = None
    if settings.smtp_url is not None and settings.smtp_from is not None:
        smtp = SmtpChannel(server_of(settings.smtp_url.get_secret_value(), settings.smtp_from), timeout=HTTP_SECONDS)
    return Ears(
        session=session,
        console=settings.public_url,
        smtp=smtp,
        operator=settings.alert_email,
        webhook=settings.alarm_webhook.get_secret_value() if settings.alarm_webhook else None,
        ping_url=settings.heartbeat_url.get_secret_value() if settings.heartbeat_url else None,
        ping_seconds=settings.heartbeat_seconds,
    )
