"""POST /twilio/{practice_id}/status?m=..&a=..: what became of a message. Early, late, twice or out of order is fine.

Our message id and attempt are in the address, so a callback proves acceptance even when the carrier's answer to the
send was lost. Invariant: only a signed callback of our account changes anything, and statuses only climb.
"""

import re
from dataclasses import asdict

from aiohttp import web

from bot.twilio.carrier import proven, taken
from bot.twilio.drain import STATUS
from bot.web.typed import typed_number
from messages.delivery_callback import Callback, record_callback

LONGEST_WORD = 40
ID = re.compile(r"[0-9a-f]{32}")


async def status(request: web.Request) -> web.Response:
    """Take one callback in.

    Raises:
        web.HTTPForbidden: not the carrier's, or another account's.
        web.HTTPNotFound: no such practice.
        web.HTTPServiceUnavailable: neither the record nor the disk takes it.
    """
    fields = await proven(request)
    message_id, attempt = request.query.get("m", ""), request.query.get("a", "")
    code = fields.get("ErrorCode", "")
    callback = Callback(
        message_id=message_id if ID.fullmatch(message_id) else "",
        attempt=typed_number(attempt) or 0,
        sid=fields.get("MessageSid", "")[:64],
        status=fields.get("MessageStatus", "").casefold()[:LONGEST_WORD],
        error_code=typed_number(code),
    )
    await taken(request, STATUS, asdict(callback), lambda tx: record_callback(tx, callback))
    return web.Response(status=204)
