"""The two addresses the carrier calls, if a carrier is configured, and what is kept for a record that was away."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from bot.people_first import PeopleFirst
from bot.settings import Settings
from bot.twilio import carrier
from bot.twilio.drain import keep_draining
from bot.twilio.inbound import inbound
from bot.twilio.intake import Intake
from bot.twilio.signature import Signatures
from bot.twilio.spool import Spool
from bot.twilio.status import status
from bot.twilio.voice import install_voice
from scheduler.core.record import Record


def install_webhooks(app: web.Application, record: Record, settings: Settings, people: PeopleFirst) -> None:
    """Add the webhooks; without a carrier's token there is nothing to prove them by, so they do not exist."""
    if settings.twilio_account_sid is None or settings.twilio_auth_token is None:
        return
    app[carrier.RECORD] = record
    app[carrier.ACCOUNT] = settings.twilio_account_sid
    app[carrier.SIGNATURES] = Signatures(settings.public_url, [settings.twilio_auth_token.get_secret_value()])
    app[carrier.INTAKE] = Intake(record)
    app[carrier.PEOPLE] = people
    app[carrier.PRACTICES] = set()
    app[carrier.SPOOL] = Spool(settings.spool_folder, record.vault)
    app.cleanup_ctx.append(_draining)
    app.router.add_post(carrier.INBOUND_PATH, inbound, name="twilio_inbound")
    app.router.add_post(carrier.STATUS_PATH, status, name="twilio_status")
    install_voice(app)


async def _draining(app: web.Application) -> AsyncIterator[None]:
    """The spool lies on this machine, so it is this process that empties it."""
    task = asyncio.create_task(keep_draining(app[carrier.RECORD], app[carrier.SPOOL]), name="spool")
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
