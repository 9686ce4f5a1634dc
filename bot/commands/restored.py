"""`stillon restored`: run once after a backup was put back and before anything is started.

Holds what may have left since the backup until a person has looked, and fetches what clients wrote since, STOP before
all. Invariant: it sends nothing, and running it again changes nothing more.
"""

import asyncio

import typer

from bot.commands.refusal import refusals
from bot.commands.work import start
from bot.settings import Settings
from bot.wiring import Program, open_program
from messages.channels.base import ListUnavailable
from messages.gap_repair import GapRepair
from messages.kinds import Channel
from messages.restored import hold_after_restore
from scheduler.core.actor import OPERATOR
from scheduler.core.clock import SystemClock
from scheduler.people import store as people


def restored() -> None:
    """After a restore: hold what may have left already, fetch what clients wrote since."""
    with refusals():
        asyncio.run(_restored(start()))


async def _restored(settings: Settings) -> None:
    program = await open_program(settings, SystemClock())
    try:
        async with program.record.read("") as r:
            practices = await people.practice_ids(r)
        for practice_id in practices:
            async with program.record.write(practice_id, OPERATOR) as tx:
                held = await hold_after_restore(tx)
            typer.echo(f"Practice {practice_id}: reminders are held, {held.planned} of them due by now.")
            typer.echo(f"  {held.answers} answers and notices that waited will not be said again.")
            typer.echo(f"  {await _fetched(program, practice_id)}")
    finally:
        await program.close()
    typer.echo("Start Stillon; the console's page Sending says what to look at before reminders leave again.")


async def _fetched(program: Program, practice_id: str) -> str:
    way = program.ways.get(Channel.SMS)
    if way is None:
        return "No carrier is configured: what clients wrote since the backup was not fetched."
    try:
        count = await GapRepair(program.record, way, program.ways.get(Channel.WHATSAPP)).run(practice_id)
    except ListUnavailable:
        return "The carrier does not answer: what clients wrote since the backup is fetched at the start."
    return f"{count} texts that clients wrote since the backup were fetched, STOP among them obeyed."
