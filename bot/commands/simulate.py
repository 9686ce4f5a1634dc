"""`stillon simulate waitlist`: what a year of the waitlist would come to, with an invented practice and its people.

It works in a temporary file and reaches nobody. The behaviour of the people, and where its figures are from, stands in
bot/simulate/behaviour.py; any of them can be set to another value, to see how much hangs on it.
"""

import asyncio
import json as json_text
from dataclasses import asdict, fields, replace
from enum import StrEnum
from typing import Annotated, Any

import typer

from bot.commands.refusal import refusals
from bot.simulate.behaviour import SOURCES, Behaviour
from bot.simulate.practice import Shape
from bot.simulate.run import Plan, simulate
from bot.simulate.words import told

app = typer.Typer(no_args_is_help=True, help="Try something on an invented practice, under a fake clock.")


class Policy(StrEnum):
    """One after another, everybody at once, or as the product does it."""

    STILLON = "stillon"
    SERIAL = "serial"
    BROADCAST = "broadcast"


@app.callback()
def _group() -> None:
    """Keep the subcommand's name: Typer would drop it while there is only one."""


@app.command()
def waitlist(
    weeks: Annotated[int, typer.Option(min=1, help="How many weeks count, after three to settle in.")] = 52,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same year.")] = 1,
    policy: Annotated[Policy, typer.Option(help="How openings are offered.")] = Policy.STILLON,
    clinicians: Annotated[int, typer.Option(min=1, help="How large the practice is.")] = 20,
    waiting: Annotated[int, typer.Option(min=1, help="How many wait for each clinician of the practice.")] = 20,
    given: Annotated[
        list[str] | None, typer.Option("--set", help="Another value of a parameter, as yes=0.2 or texts_a_day=2.")
    ] = None,
    quiet_after: Annotated[
        int | None, typer.Option(min=0, help="Another number of silent offers before asking; 0 never asks.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")] = False,
) -> None:
    """Fill rate against an oracle, disappointments, minutes to fill, and who was asked."""
    with refusals():
        shape, behaviour = _set(Shape(clinicians=clinicians, waiting=waiting * clinicians), Behaviour(), given or [])
        plan = Plan(
            weeks=weeks, seed=seed, policy=policy.value, shape=shape, behaviour=behaviour, quiet_after=quiet_after
        )
        figures = asyncio.run(simulate(plan))
        whole = {
            "weeks": weeks,
            "seed": seed,
            "policy": policy.value,
            "quiet_after": quiet_after,
            "practice": asdict(shape),
            "behaviour": asdict(behaviour),
            "sources": list(SOURCES),
            "figures": figures,
        }
        typer.echo(json_text.dumps(whole, indent=1) if json else told(whole))


def _set(shape: Shape, behaviour: Behaviour, given: list[str]) -> tuple[Shape, Behaviour]:
    for each in given:
        name, _, value = each.partition("=")
        if name in {field.name for field in fields(Shape)}:
            shape = replace(shape, **_read(name, value, getattr(shape, name)))
        elif name in {field.name for field in fields(Behaviour)}:
            behaviour = replace(behaviour, **_read(name, value, getattr(behaviour, name)))
        else:
            raise typer.BadParameter(f"no parameter is called {name}")
    return shape, behaviour


def _read(name: str, value: str, before: float) -> dict[str, Any]:
    try:
        return {name: int(value) if isinstance(before, int) else float(value)}
    except ValueError:
        raise typer.BadParameter(f"{name} needs a number") from None
