"""What the webhooks need from the application, where they live, and which practice one is for."""

from aiohttp import web

from bot.twilio.signature import Signatures
from scheduler.core.record import Record
from scheduler.people import store as people

RECORD = web.AppKey("twilio_record", Record)
SIGNATURES = web.AppKey("twilio_signatures", Signatures)
ACCOUNT = web.AppKey("twilio_account", str)
EMPTY_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
INBOUND_PATH = "/twilio/{practice_id}/inbound"
STATUS_PATH = "/twilio/{practice_id}/status"


async def practice_of(request: web.Request) -> str:
    """The practice in the address, if it is one of ours. Asked only after the signature was proven.

    Raises:
        web.HTTPNotFound: no such practice.
    """
    practice_id = request.match_info["practice_id"]
    async with request.app[RECORD].read(practice_id) as r:
        if practice_id not in await people.practice_ids(r):
            raise web.HTTPNotFound
    return practice_id
