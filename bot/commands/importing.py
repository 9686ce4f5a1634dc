"""`stillon import FILE ...`: clients, appointments and hours from CSV files, all of a file or nothing.

Says what it understood, what it would do or did, and for each bad cell the line, the column and the reason; never
what a cell held. Exit codes: 0 done, 1 the file has bad rows or does not fit, 2 it could not be tried.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from bot.commands.practice import chosen_practice, opened, settings_of_command
from bot.commands.refusal import refusals
from scheduler.core.actor import Actor, ActorKind, Via
from scheduler.core.errors import Misconfigured
from scheduler.imports.columns import FileKind
from scheduler.imports.reasons import BadCell
from scheduler.imports.report import Options, Outcome, Phase, Report
from scheduler.imports.run import run_import
from scheduler.people import store as people
from scheduler.people.store import Location, Service

IMPORTER = Actor(ActorKind.OPERATOR, None, Via.IMPORT)
MOST_LINES = 200
DOING = {Phase.READING: "reading", Phase.WRITING: "writing"}


@dataclass(frozen=True, slots=True)
class Names:
    """What was named on the command line: a practice by id, a service and a location by name."""

    practice: str | None
    service: str | None
    location: str | None


def import_files(
    files: Annotated[list[Path], typer.Argument(help="CSV files; clients before their appointments.")],
    kind: Annotated[FileKind | None, typer.Option(help="What the files hold, if their headers do not say.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen and change nothing.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Import the good rows of a file with bad ones.")] = False,
    agreed: Annotated[
        list[str] | None, typer.Option(help="sms or email: you attest that these clients agreed to reminders on it.")
    ] = None,
    service: Annotated[str | None, typer.Option(help="The service of appointments that name none, by name.")] = None,
    location: Annotated[str | None, typer.Option(help="The location of rows that name none, by name.")] = None,
    past_took_place: Annotated[
        bool, typer.Option("--past-took-place", help="You attest that past visits without a status took place.")
    ] = False,
    practice: Annotated[str | None, typer.Option(help="The practice's id, where there are several.")] = None,
) -> None:
    """Import clients.csv, appointments.csv or availability.csv."""
    channels = frozenset(agreed or ())
    if not channels <= {"sms", "email"}:
        raise typer.BadParameter("sms or email", param_hint="--agreed")
    options = Options(skip_bad=skip_bad, dry_run=dry_run, agreed=channels, past_took_place=past_took_place)
    with refusals():
        done = asyncio.run(_import_all(files, kind, options, Names(practice, service, location)))
    if not done:
        raise typer.Exit(1)


async def _import_all(files: list[Path], kind: FileKind | None, options: Options, names: Names) -> bool:
    async with opened(settings_of_command()) as record:
        practice_id = await chosen_practice(record, names.practice)
        async with record.read(practice_id) as r:
            options = replace(
                options,
                default_service_id=_named(await people.services(r), names.service, "no_such_service"),
                default_location_id=_named(await people.locations(r), names.location, "no_such_location"),
            )
        for path in files:
            try:
                raw = path.read_bytes()
            except OSError:
                typer.echo(f"{path.name}: cannot be read. Nothing of it was imported.", err=True)
                return False
            with _bar() as bar:
                task = bar.add_task(path.name, total=None)
                report = await run_import(
                    record, practice_id, IMPORTER, raw, kind=kind, options=options, progress=_progress(bar, task, path)
                )
            for line in told(path.name, report):
                typer.echo(line, err=not report.succeeded)
            if not report.succeeded:
                return False
    return True


def _named(known: Sequence[Service] | Sequence[Location], name: str | None, code: str) -> str | None:
    if name is None:
        return None
    found = [each.id for each in known if each.name.casefold() == name.strip().casefold()]
    if len(found) != 1:
        raise Misconfigured(code)
    return found[0]


def told(name: str, report: Report) -> list[str]:
    """What is said about one file."""
    lines: list[str] = []
    if report.source is not None:
        source = report.source
        lines.append(f"{name}: {source.kind.value}, {source.product.value}, {source.encoding}")
        if source.ignored:
            lines.append(f"  not used: {', '.join(source.ignored)}")
    lines += _cells("bad", report.bad) + _cells("left out", report.left_out)
    return [*lines, f"{name}: {_outcome(report)}"]


def _cells(word: str, cells: tuple[BadCell, ...]) -> list[str]:
    lines = [f"  {word}: line {cell.line}, {cell.column}: {cell.words}" for cell in cells[:MOST_LINES]]
    more = len(cells) - MOST_LINES
    return [*lines, f"  ... and {more} more"] if more > 0 else lines


def _outcome(report: Report) -> str:
    if report.problem is not None:
        return report.problem
    done = "would import" if report.outcome is Outcome.DRY_RUN else "imported"
    counts = f"{report.new} new, {report.known} there already, {len(report.left_out)} left out"
    bad = f", {report.bad_rows} with bad cells passed over" if report.bad else ""
    unchanged = " Nothing was changed." if report.outcome is Outcome.DRY_RUN else ""
    return f"{done}: {counts}{bad}.{unchanged}"


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _progress(bar: Progress, task: TaskID, path: Path) -> Callable[[Phase, int, int], None]:
    def show(phase: Phase, done: int, total: int) -> None:
        bar.update(task, description=f"{path.name}: {DOING[phase]}", completed=done, total=total)

    return show
