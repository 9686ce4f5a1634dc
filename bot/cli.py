"""The command `stillon`. Each command is a file of bot/commands; here they only get their names."""

import typer

from bot.commands import check, demo, importing, keys, migrate, sandbox, serve, user

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks would show local values
    help="Still on for Tuesday? Reminders, replies, waitlist and attendance for a practice, on its own machine.",
)
app.command()(serve.serve)
app.command()(serve.web)
app.command()(serve.work)
app.command()(migrate.migrate)
app.command()(demo.demo)
app.command()(sandbox.sandbox)
app.command(name="import")(importing.import_files)
app.command()(check.check)
app.add_typer(keys.app, name="keys")
app.add_typer(user.app, name="user")


def main() -> None:
    """Entry point of the distribution."""
    app()


if __name__ == "__main__":
    main()
