"""Which practice a command is about: the only one, or the one named.

Invariant: with several practices none is chosen by guess.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.settings import Settings, load
from bot.wiring import open_record
from scheduler.core import log
from scheduler.core.clock import SystemClock
from scheduler.core.errors import Misconfigured
from scheduler.core.record import Record
from scheduler.people import store as people


def settings_of_command() -> Settings:
    """The settings, with the log as they say. Raises as `load`."""
    settings = load()
    log.configure(level=settings.log_level)
    return settings


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Record]:
    """The record, closed afterwards. Raises as `open_record`."""
    record = await open_record(settings, SystemClock())
    try:
        yield record
    finally:
        await record.close()


async def chosen_practice(record: Record, named: str | None) -> str:
    """The id of the practice.

    Raises:
        Misconfigured: no_practice, no_such_practice, or practice_needed when there are several.
    """
    async with record.read("") as r:
        known = await people.practice_ids(r)
    if not known:
        raise Misconfigured("no_practice")
    if named is not None and named not in known:
        raise Misconfigured("no_such_practice")
    if named is None and len(known) > 1:
        raise Misconfigured("practice_needed")
    return named or known[0]
