"""`stillon bench dispatch`: how fast what is due leaves this machine, against aiohttp alone.

It works on a throw-away practice: in a temporary file, or in an empty PostgreSQL database that is named. A database
with anything in it is refused, and so is a carrier that is not on this machine, unless `--really` is said; the phone
company itself is refused always, since account and numbers are invented.
"""

from pathlib import Path
from typing import Annotated

import typer

from bot.bench import dispatch as bench_dispatch
from bot.bench.figures import save
from bot.commands.refusal import refusals

app = typer.Typer(no_args_is_help=True, help="Measure this program on this machine, on an invented practice.")


@app.callback()
def _group() -> None:
    """Keep the subcommand's name: Typer would drop it while there is only one."""


@app.command()
def dispatch(
    messages: Annotated[int, typer.Option(min=1, help="How many reminders come due at once.")] = 10_000,
    pending: Annotated[str, typer.Option(help="How many more wait for later; several sizes as 10000,100000.")] = "0",
    carrier: Annotated[
        str | None, typer.Option(help="A carrier that speaks Twilio's API; else one is started.")
    ] = None,
    latency_ms: Annotated[float, typer.Option(min=0, help="How long the started carrier takes to answer.")] = 0.0,
    database: Annotated[str | None, typer.Option(help="An empty PostgreSQL database; else a temporary file.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="How often; the median is told.")] = 3,
    json: Annotated[Path | None, typer.Option(help="A file for the figures.")] = None,
    really: Annotated[
        bool, typer.Option("--really", help="The carrier is one of your own, on another machine.")
    ] = False,
) -> None:
    """Send N due reminders with the whole product, and as many with aiohttp alone."""
    with refusals():
        told = bench_dispatch.run_now(
            messages=messages,
            pending=[int(each) for each in pending.split(",")],
            repeats=repeats,
            carrier=carrier,
            latency_ms=latency_ms,
            database=database,
            really=really,
            say=typer.echo,
        )
        if json is not None:
            save(json, told)
