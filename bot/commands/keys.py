"""`stillon keys`: the key ring, kept apart from the database.

keys new      a ring for a new installation
keys status   which keys there are, and how many data keys each still wraps
keys rotate   one more key, active from now on
keys rewrap   bring every data key under the active key; may be stopped and repeated
keys forget   drop an old key that wraps nothing any more
"""

import asyncio
from collections import Counter

import typer

from bot.commands.practice import opened
from bot.commands.refusal import refusals
from bot.settings import Settings, load
from scheduler.actions.rewrap_keys import rewrap_some
from scheduler.core.errors import Invalid, Misconfigured
from scheduler.core.keys import load_ring, new_ring, save_ring
from scheduler.people import key_store

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="The key ring that makes the record readable; keep a copy elsewhere.",
)


@app.command()
def new() -> None:
    """Make a key ring for a new installation."""
    with refusals():
        settings = load()
        if settings.keyring.exists():
            raise Misconfigured("keyring_exists")
        save_ring(new_ring(), settings.keyring)
    typer.echo("A key ring was made. Keep a copy apart from the database: without it nobody can read the record.")


@app.command()
def status() -> None:
    """Say which keys there are and how many data keys each still wraps."""
    with refusals():
        settings = load()
        ring = load_ring(settings.keyring)
        used = asyncio.run(_used(settings))
    for number in sorted(ring.keks):
        active = ", active" if number == ring.active else ""
        typer.echo(f"key {number}: wraps {used[number]} data keys{active}")


@app.command()
def rotate() -> None:
    """Add a key and make it the active one. Running processes use it after a restart."""
    with refusals():
        settings = load()
        ring = load_ring(settings.keyring).with_new_kek()
        save_ring(ring, settings.keyring)
    typer.echo(f"Key {ring.active} is active. Restart Stillon, then run `stillon keys rewrap`.")


@app.command()
def rewrap() -> None:
    """Bring every data key under the active key, in small transactions."""
    with refusals():
        count = asyncio.run(_rewrap(load()))
    typer.echo(f"{count} data keys were wrapped anew.")


@app.command()
def forget(number: int) -> None:
    """Drop an old key. Whatever it alone could open is gone for good."""
    with refusals():
        settings = load()
        ring = load_ring(settings.keyring)
        if number not in ring.keks:
            raise Invalid("no_such_key")
        if asyncio.run(_used(settings))[number]:
            raise Misconfigured("key_still_in_use")
        save_ring(ring.without_kek(number), settings.keyring)
    typer.echo(f"Key {number} is gone.")


async def _used(settings: Settings) -> Counter[int]:
    async with opened(settings) as record, record.read("") as r:
        return await key_store.usage(r)


async def _rewrap(settings: Settings) -> int:
    total = 0
    async with opened(settings) as record:
        while count := await rewrap_some(record):
            total += count
    return total
