"""`stillon serve` and `web`: the whole practice in one process, or its pages and webhooks alone on PostgreSQL.

serve   web and worker together; brings the database to this version first, makes a key ring if there is none
web     pages and webhooks only; `stillon work` (work.py) does the rest, in any number of processes
"""

import typer

from bot.alarms.thread import watching
from bot.app import create_app
from bot.auth.people import first_owner_path
from bot.commands.refusal import refusals
from bot.commands.work import refuse_sqlite, start
from bot.event_loop import run
from bot.people_first import PeopleFirst
from bot.running import serving, until_stopped, working
from bot.settings import Settings
from bot.twilio.catching_up import catching_up
from bot.wiring import Program, open_program
from scheduler.core import schema
from scheduler.core.clock import SystemClock
from scheduler.core.engine import open_engines
from scheduler.core.errors import Misconfigured
from scheduler.core.keys import load_ring, new_ring, save_ring


def serve() -> None:
    """Run everything in one process."""
    with refusals():
        settings = start()
        run(_serve(settings))


def web() -> None:
    """Answer pages and webhooks; workers run elsewhere."""
    with refusals():
        settings = start()
        refuse_sqlite(settings)
        run(_web(settings))


async def prepare(settings: Settings) -> bool:
    """A database at this version and a key ring to read it with; tells whether the ring had to be made.

    A key ring is made only for a database that is still empty: a missing one beside a full database means that it
    was lost, and a new one would hide that.

    Raises:
        Misconfigured: `keyring_missing`, or as `load_ring` and `schema.migrate` has it.
    """
    url = settings.database_url.get_secret_value()
    made = not settings.keyring.exists()
    if made:
        engines = open_engines(url)
        try:
            empty = await schema.current(engines) is None
        finally:
            await engines.close()
        if not empty:
            raise Misconfigured("keyring_missing")
        save_ring(new_ring(), settings.keyring)
    else:
        load_ring(settings.keyring)  # before the database is touched
    await schema.migrate(url)
    return made


async def tell_first_owner(program: Program) -> None:
    """Print the one-time set-up address while there is nobody who could sign in."""
    path = await first_owner_path(program.record, SystemClock().now())
    if path is not None:
        typer.echo(f"setup: open {program.settings.public_url}{path} within 24 hours to make the first account.")


async def _serve(settings: Settings) -> None:
    if await prepare(settings):
        typer.echo(f"A key ring was made: {settings.keyring}. Keep a copy apart from the database and its backups.")
    program = await open_program(settings, SystemClock())
    try:
        people = PeopleFirst()
        pages = serving(create_app(settings, program.record, people=people), settings.host, settings.port)
        missed = catching_up(program.record, program.ways)
        async with pages, working(program, people), watching(settings), missed:
            _say_where(settings)
            await tell_first_owner(program)
            await until_stopped()
    finally:
        await program.close()


async def _web(settings: Settings) -> None:
    program = await open_program(settings, SystemClock())
    try:
        pages = serving(create_app(settings, program.record), settings.host, settings.port)
        async with pages, watching(settings), catching_up(program.record, program.ways):
            _say_where(settings)
            await tell_first_owner(program)
            await until_stopped()
    finally:
        await program.close()


def _say_where(settings: Settings) -> None:
    typer.echo(f"Stillon answers on {settings.public_url}")
