"""`stillon user`: staff accounts from the command line, for when nobody can sign in.

user list                 who has an account, with roles and state
user add EMAIL NAME       a one-time address for a new account
user reset EMAIL          a one-time address for a new password and second factor; signs them out everywhere
user disable EMAIL        out at once
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from bot.auth import account_store, people
from bot.commands.practice import chosen_practice, opened, settings_of_command
from bot.commands.refusal import refusals
from bot.settings import Settings
from scheduler.core.actor import OPERATOR
from scheduler.core.clock import SystemClock
from scheduler.core.errors import NotFound
from scheduler.core.record import Tx

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Staff accounts.")
Practice = Annotated[str | None, typer.Option(help="The practice's id, where there are several.")]


@app.command(name="list")
def show(practice: Practice = None) -> None:
    """List the accounts of a practice."""
    with refusals():
        for line in asyncio.run(_list(settings_of_command(), practice)):
            typer.echo(line)


@app.command()
def add(
    email: str,
    name: str,
    role: Annotated[list[str], typer.Option(help="owner, front_desk, clinician, biller or auditor.")],
    practice: Practice = None,
) -> None:
    """Invite somebody; prints a one-time address that is good for a day."""

    async def act(tx: Tx) -> str:
        invited = await people.invite(tx, email=email, name=name, roles=role, now=SystemClock().now())
        return invited.path

    _print_address(act, practice)


@app.command()
def reset(email: str, practice: Practice = None) -> None:
    """Let somebody choose a new password and set up a new second factor."""

    async def act(tx: Tx) -> str:
        return await people.reset_access(tx, await _id_of(tx, email), SystemClock().now())

    _print_address(act, practice)


@app.command()
def disable(email: str, practice: Practice = None) -> None:
    """Close an account and end its sessions."""

    async def act(tx: Tx) -> str:
        await people.disable(tx, await _id_of(tx, email))
        return ""

    with refusals():
        asyncio.run(_write(settings_of_command(), practice, act))
    typer.echo("The account is closed; its sessions have ended.")


def _print_address(act: Callable[[Tx], Awaitable[str]], practice: str | None) -> None:
    with refusals():
        settings = settings_of_command()
        path = asyncio.run(_write(settings, practice, act))
    typer.echo(f"Open {settings.public_url}{path} within 24 hours. It works once.")


async def _write(settings: Settings, practice: str | None, act: Callable[[Tx], Awaitable[str]]) -> str:
    async with opened(settings) as record:
        practice_id = await chosen_practice(record, practice)
        async with record.write(practice_id, OPERATOR) as tx:
            return await act(tx)


async def _list(settings: Settings, practice: str | None) -> list[str]:
    async with opened(settings) as record:
        practice_id = await chosen_practice(record, practice)
        async with record.read(practice_id) as r:
            found = await account_store.accounts(r)
    return [f"{each.email}  {', '.join(sorted(each.roles))}  {each.state}" for each in found]


async def _id_of(tx: Tx, email: str) -> str:
    for each in await account_store.accounts_at(tx, people.checked_email(email)):
        if each.practice_id == tx.practice_id:
            return each.id
    raise NotFound("account")
