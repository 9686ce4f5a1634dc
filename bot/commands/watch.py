"""`stillon watch`: a small process that does nothing but look whether the others live, and tells people when not."""

import asyncio

import typer

from bot.alarms.thread import watch as watch_until
from bot.commands.refusal import refusals
from bot.running import stop_asked
from bot.settings import Settings, load
from scheduler.core import log
from scheduler.core.clock import SystemClock


def watch() -> None:
    """Notice silence: raise an alarm by mail or webhook when work is not done."""
    with refusals():
        settings = load()
        log.configure(level=settings.log_level)
        asyncio.run(_watch(settings))


async def _watch(settings: Settings) -> None:
    if settings.alarm_webhook is None and settings.smtp_url is None:
        typer.echo("Nobody can be told: set STILLON_ALARM_WEBHOOK, or STILLON_SMTP_URL. Alarms are only logged.")
    typer.echo("Stillon is watching.")
    await watch_until(settings, SystemClock(), stop_asked(), beside=False)
