"""The command `stillon`. Each command is a file of bot/commands; here they only get their names.

A command's file is imported when the command is called and not before, because a worker that was killed should be
back at once, and a worker needs neither pages nor imports. Invariant: every name below leads to a command.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

COMMANDS: Final[Mapping[str, str]] = {
    "serve": "serve:serve",
    "web": "serve:web",
    "work": "work:work",
    "watch": "watch:watch",
    "migrate": "migrate:migrate",
    "demo": "demo:demo",
    "sandbox": "sandbox:sandbox",
    "import": "importing:import_files",
    "check": "check:check",
    "restored": "restored:restored",
    "keys": "keys:app",
    "user": "user:app",
    "understand": "understand:understand",
    "segments": "segments_of:segments",
    "lint-text": "lint_text:lint_text",
    "bench": "bench:app",
    "simulate": "simulate:app",
}
"""The name of a command, and where in bot/commands it is: a function, or a Typer of its own."""


class Commands(TyperGroup):
    """The commands by name, each imported when asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 -- the signature is the parent's
        """The names, in the order they are shown."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 -- as above
        """The command of that name, or None. Typer's own classes stay unnamed: they are private there."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        found = getattr(import_module(f"bot.commands.{module}"), name)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(add_completion=False)
            single.command(name=cmd_name)(found)
            found = single
        made = typer.main.get_command(found)
        made.name = cmd_name
        return made


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks would show local values
    help="Still on for Tuesday? Reminders, replies, waitlist and attendance for a practice, on its own machine.",
)


@app.callback()
def _stillon() -> None:
    """Nothing of its own; its presence makes Typer build a group although no command is registered with it."""


def main() -> None:
    """Entry point of the distribution."""
    app()


if __name__ == "__main__":
    main()
