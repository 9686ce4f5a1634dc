"""`stillon work`: sends and does what is due; any number may run on PostgreSQL, beside `stillon web`.

Invariant: nothing of the pages is imported here, so that a worker that was killed is back in a second or two.
"""

import typer

from bot.commands.refusal import refusals
from bot.event_loop import run
from bot.running import until_stopped, working
from bot.settings import Settings, load
from bot.wiring import open_program
from scheduler.core import log
from scheduler.core.clock import SystemClock
from scheduler.core.engine import parse_url
from scheduler.core.errors import Misconfigured


def work() -> None:
    """Send messages and do what is due; pages are served elsewhere."""
    with refusals():
        settings = start()
        refuse_sqlite(settings)
        run(_work(settings))


def start() -> Settings:
    """The settings of this start, with logging as they want it.

    Raises:
        SettingsRefused: as `load` has it.
    """
    settings = load()
    log.configure(level=settings.log_level)
    return settings


def refuse_sqlite(settings: Settings) -> None:
    """SQLite has one process.

    Raises:
        Misconfigured: `sqlite_is_one_process`.
    """
    if parse_url(settings.database_url.get_secret_value()).get_backend_name() == "sqlite":
        raise Misconfigured("sqlite_is_one_process")


async def _work(settings: Settings) -> None:
    program = await open_program(settings, SystemClock())
    try:
        async with working(program):
            typer.echo("Stillon is working.")
            await until_stopped()
    finally:
        await program.close()
