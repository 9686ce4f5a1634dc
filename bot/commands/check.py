"""`stillon check`: does this installation keep its promises? Exit code 0 when it does, 1 with a list when not.

Settings, key ring and database version first, then what can be read off the record: the database itself, every
practice's promises, the audit chain. Invariant: it writes nothing, and what it prints names rows by table and id.
"""

import asyncio

import typer

from bot.commands.practice import opened, settings_of_command
from bot.commands.refusal import refusals
from bot.settings import Settings
from scheduler.check import Finding, check_database
from scheduler.check import check as check_practice
from scheduler.people import store as people


def check() -> None:
    """Check configuration, database, promises and audit chain."""
    with refusals():
        findings, notes = asyncio.run(_check(settings_of_command()))
    for note in notes:
        typer.echo(f"note: {note}")
    for practice_id, finding in findings:
        where = f"{finding.table} {finding.id}" if finding.id else finding.table
        typer.echo(f"wrong: {finding.code}: {where}" + (f" (practice {practice_id})" if practice_id else ""), err=True)
    if findings:
        typer.echo(f"{len(findings)} things are wrong.", err=True)
        raise typer.Exit(1)
    typer.echo("Everything that can be checked is as it should be.")


async def _check(settings: Settings) -> tuple[list[tuple[str, Finding]], list[str]]:
    async with opened(settings) as record:
        findings = [("", each) for each in await check_database(record)]
        async with record.read("") as r:
            practices = await people.practice_ids(r)
        for practice_id in practices:
            findings += [(practice_id, each) for each in await check_practice(record, practice_id)]
    return findings, _notes(settings, len(practices))


def _notes(settings: Settings, practices: int) -> list[str]:
    """What is missing but not wrong."""
    found = []
    if not practices:
        found.append("there is no practice yet")
    if settings.twilio_account_sid is None:
        found.append("no carrier is configured: texts wait and are not sent")
    if settings.smtp_url is None:
        found.append("no mail server is configured: mails wait and are not sent")
    if settings.smtp_url is not None and settings.alert_email is None:
        found.append("STILLON_ALERT_EMAIL is not set: a practice without an alert address alerts nobody by mail")
    return found
