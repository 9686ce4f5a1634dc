"""POST /twilio/{practice_id}/inbound: somebody texted. Stored raw in one transaction, answered at once, read later.

What came by WhatsApp bears "whatsapp:" before the number and is kept as having come that way; a button of a template
counts as what the template says it sends. The answer is empty TwiML: replies go through the outbox, where consent, STOP
and the ledger are. A STOP is obeyed before it is answered. Invariant: a 2xx means the text is committed, or kept on the
disk until the record is back; the same MessageSid is stored once, however often it is posted; and after the 2xx of a
STOP nothing begins to leave to its number.
"""

import asyncio
from dataclasses import asdict
from functools import partial
from typing import Any, Final

from aiohttp import web
from multidict import MultiDictProxy

from bot.twilio.carrier import EMPTY_ANSWER, RECORD, proven, taken
from bot.twilio.drain import INBOUND
from bot.web.typed import typed_number
from messages.inbound import Received, receive
from messages.stop_at_once import ends_all_texts, nothing_leaves
from messages.whatsapp import PREFIX
from messages.whatsapp_store import VIA
from scheduler.core.errors import Unavailable

STOP_PATIENCE_SECONDS: Final = 8.0
"""A STOP is of more use in the record than on the disk."""
ANSWER_WITHIN_SECONDS: Final = 13.0
"""The carrier hangs up after fifteen."""


async def inbound(request: web.Request) -> web.Response:
    """Store what the carrier posts.

    Raises:
        web.HTTPForbidden: not the carrier's, or another account's.
        web.HTTPNotFound: no such practice.
        web.HTTPServiceUnavailable: neither the record nor the disk takes it.
    """
    received = _received(await proven(request, at_once=_ends_texts))
    if received is None:
        raise web.HTTPForbidden
    raw = asdict(received)
    del raw["received_at"]
    if ends_all_texts(received.body, received.opt_out_type) is None:
        await taken(request, INBOUND, raw, lambda tx: receive(tx, received))
    else:
        await _heed(request, raw, received)
    return web.Response(text=EMPTY_ANSWER, content_type="text/xml")


async def _heed(request: web.Request, raw: dict[str, Any], received: Received) -> None:
    """Store a STOP and wait until nothing to its number is on the way; without the record nothing begins to leave."""
    record = request.app[RECORD]
    began = record.clock.monotonic()
    stored = partial(receive, received=received)
    await taken(request, INBOUND, raw, stored, patience=STOP_PATIENCE_SECONDS)
    try:
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS - (record.clock.monotonic() - began)):
            await nothing_leaves(record, request.match_info["practice_id"], received.sender)
    except (TimeoutError, Unavailable):
        return  # it is stored, or kept on the disk; the carrier must not think that nobody is here


def _ends_texts(fields: MultiDictProxy[str]) -> bool:
    received = _received(fields)
    return received is not None and ends_all_texts(received.body, received.opt_out_type) is not None


def _received(fields: MultiDictProxy[str]) -> Received | None:
    sid, sender = fields.get("MessageSid", ""), fields.get("From", "")
    if not sid or not sender:
        return None
    return Received(
        sid=sid[:64],
        sender=sender.removeprefix(PREFIX),
        body=fields.get("ButtonPayload", "") or fields.get("Body", ""),
        opt_out_type=fields.get("OptOutType"),
        media_count=typed_number(fields.get("NumMedia", "")) or 0,
        via=VIA if sender.startswith(PREFIX) else None,
    )
