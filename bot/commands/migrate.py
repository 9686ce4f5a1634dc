"""`stillon migrate`: bring the database to the version this program speaks."""

import typer

from bot.commands.refusal import refusals
from bot.settings import load
from scheduler.core.schema import migrate_blocking


def migrate() -> None:
    """Bring the database to this program's version. Safe to repeat; a failure changes nothing."""
    with refusals():
        version = migrate_blocking(load().database_url.get_secret_value())
    typer.echo(f"The database is at version {version}.")
