"""How a command says no: one clear line on the error stream, exit code 2, never a traceback or a value.

Invariant: what is printed comes from our own codes and sentences, not from an exception of a library.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from bot.settings import SettingsRefused
from scheduler.core.errors import StillonError

SENTENCES = {
    "keyring_missing": "The key ring is missing. Restore its backup, or for a new installation run `stillon keys new`.",
    "keyring_unreadable": "The key ring cannot be read. Restore it from its backup; nothing was changed.",
    "keyring_foreign": "This key ring does not open this database. Restore the one that belongs to it.",
    "data_key_needs_missing_key": "This key ring does not open this database. Restore the one that belongs to it.",
    "data_key_does_not_unwrap": "This key ring does not open this database. Restore the one that belongs to it.",
    "keyring_exists": "There is a key ring already. It was left as it is.",
    "active_key_cannot_be_removed": "That key is the active one. Rotate first, then rewrap, then forget the old key.",
    "key_still_in_use": "Some data keys are still wrapped by that key. Run `stillon keys rewrap` first.",
    "no_such_key": "The key ring has no key of that number.",
    "database_is_empty": "The database is empty. Run `stillon migrate` first.",
    "database_is_older": "The database was written by an older Stillon. Make a backup, then run `stillon migrate`.",
    "database_is_newer": "The database was written by a newer Stillon. Install that version; this one changes nothing.",
    "database_refused": "The database refuses its user, password, name or rights: check STILLON_DATABASE_URL.",
    "database_read_only": "The database cannot be written to. Check who owns its file and folder.",
    "database_damaged": "That file is no database, or a damaged one. Restore its backup; nothing was changed.",
    "record_away": "The database cannot be reached, or has no room left. Nothing was changed; look at it, try again.",
    "record_busy": "The database is busy with something else. Nothing was changed; try again in a minute.",
    "database_url_unreadable": "STILLON_DATABASE_URL cannot be read as an address.",
    "database_url_unsupported": "STILLON_DATABASE_URL must name sqlite or postgresql.",
    "database_url_needs_a_file": "STILLON_DATABASE_URL must name a file.",
    "sqlite_is_one_process": "SQLite is for one process: use `stillon serve`, or PostgreSQL for `web` and `work`.",
    "carrier_not_configured": "Set STILLON_TWILIO_ACCOUNT_SID and STILLON_TWILIO_AUTH_TOKEN, or try `stillon demo`.",
    "port_refused": "The system does not let this user listen on that port. Choose one from 1024 on.",
    "host_unusable": "This machine has no such address to listen on. Check STILLON_HOST.",
    "port_in_use": "That port is in use by another program. Choose another with STILLON_PORT.",
    "demo_folder_in_use": "That folder has something else in it. Choose another with --folder.",
    "database_not_empty": "That database has something in it. A benchmark takes an empty one; nothing was changed.",
    "carrier_is_real": "That is the phone company. A benchmark texts from an invented account; it would refuse them "
    "all.",
    "carrier_not_here": "That carrier is not on this machine. Say --really if it is one of your own for trying things "
    "out.",
    "child_ended": "A process of the benchmark ended by itself. What it said stands above.",
    "child_does_not_read": "A process of the benchmark does not listen. Try again on a machine that is less busy.",
    "child_does_not_speak": "A process of the benchmark does not answer. Try again on a machine that is less busy.",
    "no_such_practice": "There is no practice with that id.",
    "account": "There is no account with that address.",
    "email_taken": "There is an account with that address already.",
    "carrier_ended": "The local carrier did not start: its port may be in use. Choose another with --phones-port.",
    "no_such_service": "There is no service, or more than one, with that name.",
    "no_such_location": "There is no location, or more than one, with that name.",
    "practice_needed": "There are several practices; name one with --practice.",
    "no_practice": "There is no practice yet. Open the one-time set-up address first.",
}


@contextmanager
def refusals() -> Iterator[None]:
    """Turn our errors into a line and exit code 2."""
    try:
        yield
    except SettingsRefused as refused:
        for problem in refused.problems:
            typer.echo(problem, err=True)
        raise typer.Exit(2) from None
    except StillonError as error:
        typer.echo(SENTENCES.get(error.code, f"Not possible: {error}"), err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        if not error.errno:
            raise
        # The system's own sentence for the number; the exception's would name the file as it was given.
        typer.echo(f"The system says no: {os.strerror(error.errno)}.", err=True)
        raise typer.Exit(2) from None
