"""POST /twilio/{practice_id}/inbound: somebody texted. Stored raw in one transaction, answered at once, read later.

What came by WhatsApp bears "whatsapp:" before the number and is kept as having come that way; a button of a template
counts as what the template says it sends. The answer is empty TwiML: replies go through the outbox, where consent, STOP
and the ledger are. A STOP is obeyed before it is answered. Invariant: a 2xx means the text is committed, or kept on the
disk until the record is back; the same MessageSid is stored once, however often it is posted; and after the 2xx of a
STOP nothing begins to leave to its number.
"""

from dataclasses import asdict

from aiohttp import web
from multidict import MultiDictProxy

from bot.twilio.carrier import ACCOUNT, EMPTY_ANSWER, RECORD, SIGNATURES, taken
from bot.twilio.drain import INBOUND
from bot.web.typed import typed_number
from messages.inbound import Received
from messages.stop_at_once import ends_all_texts, nothing_leaves, take_in
from messages.whatsapp import PREFIX
from messages.whatsapp_store import VIA
from scheduler.core.errors import Unavailable


async def inbound(request: web.Request) -> web.Response:
    """Store what the carrier posts.

    Raises:
        web.HTTPForbidden: not the carrier's, or another account's.
        web.HTTPNotFound: no such practice.
        web.HTTPServiceUnavailable: neither the record nor the disk takes it.
    """
    fields = await request.app[SIGNATURES].form_of(request)
    received = _received(fields)
    if fields.get("AccountSid") != request.app[ACCOUNT] or received is None:
        raise web.HTTPForbidden
    raw = asdict(received)
    del raw["received_at"]
    await taken(request, INBOUND, raw, lambda tx: take_in(tx, received))
    if ends_all_texts(received) is not None:
        await _heeded(request, received)
    return web.Response(text=EMPTY_ANSWER, content_type="text/xml")


async def _heeded(request: web.Request, received: Received) -> None:
    """Answer a STOP only when nothing to its number is on the way; without the record nothing begins to leave."""
    try:
        await nothing_leaves(request.app[RECORD], request.match_info["practice_id"], received.sender)
    except Unavailable:
        return


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
