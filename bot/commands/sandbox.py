"""`stillon sandbox`: the local carrier, with its page of phones, for trying and testing without an account anywhere."""

from pathlib import Path
from typing import Annotated

import typer

from bot.sandbox.app import run
from bot.sandbox.config import SandboxConfig


def sandbox(
    config: Annotated[Path | None, typer.Option(help="A JSON file; see bot/sandbox/config.py for its names.")] = None,
    host: Annotated[str, typer.Option(help="The address to listen on; keep it on this machine.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8026,
    ledger: Annotated[Path | None, typer.Option(help="A file that gets a line for each accepted text.")] = None,
) -> None:
    """Run the local carrier."""
    try:
        chosen = SandboxConfig.from_file(config) if config else SandboxConfig()
    except (OSError, ValueError):
        typer.echo("The configuration file cannot be read, or has a name or value that does not fit.", err=True)
        raise typer.Exit(2) from None
    if ledger is not None:
        chosen = chosen.model_copy(update={"ledger_path": ledger})
    typer.echo(f"The local carrier and its phones: http://{host}:{port}")
    run(chosen, host, port)
