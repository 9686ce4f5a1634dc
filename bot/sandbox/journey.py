"""How does an accepted text travel, and who is told?

queued, sending, sent, then delivered or not; each change is posted to the text's StatusCallback, with the faults that
callbacks suffer. Invariant: a text's true status only climbs, and callbacks that are not held back keep its order.
"""

import asyncio
import uuid
from secrets import token_bytes

from bot.sandbox.carrier import Carrier
from bot.sandbox.problems import NOT_CANCELABLE, Problem
from bot.sandbox.texts import API_VERSION, FINAL, RANK, Text

VALIDITY_EXPIRED = 30036
FOREIGN_ACCOUNT = "AC" + "f" * 32


def begin(carrier: Carrier, text: Text) -> None:
    """Send an accepted text on its way."""
    carrier.spawn(_travel(carrier, text))


async def hurry(carrier: Carrier, text: Text) -> None:
    """Be sent, and have said so, before the create is even answered."""
    _climb(carrier, text, "sent")
    tail = carrier.callback_tails.get(text.sid)
    if tail is not None:
        await asyncio.wait({tail})


def cancel(carrier: Carrier, text: Text) -> Problem | None:
    """Take a text out of the queue, if it is still there."""
    if text.status not in {"scheduled", "accepted", "queued"}:
        return NOT_CANCELABLE
    _climb(carrier, text, "canceled")
    return None


def idempotency_token() -> str:
    """A token that stays the same over the retries of one post."""
    return str(uuid.UUID(bytes=token_bytes(16), version=4))


async def _travel(carrier: Carrier, text: Text) -> None:
    if await _left_the_queue(carrier, text):
        pace = carrier.config.pace
        _climb(carrier, text, "sending")
        await carrier.clock.sleep(pace.sending)
        _climb(carrier, text, "sent")
        if not carrier.plan.strikes("no_receipt"):
            await carrier.clock.sleep(pace.sent)
            _arrive(carrier, text)


async def _left_the_queue(carrier: Carrier, text: Text) -> bool:
    if text.status == "scheduled":
        await carrier.clock.sleep(text.hold_seconds)
        _climb(carrier, text, "queued")
        return text.status not in FINAL
    _climb(carrier, text, "queued")
    await carrier.clock.sleep(min(text.hold_seconds, text.validity_seconds))
    if text.hold_seconds > text.validity_seconds:
        _climb(carrier, text, "failed", VALIDITY_EXPIRED)
    return text.status not in FINAL


def _arrive(carrier: Carrier, text: Text) -> None:
    code = text.lost_code or carrier.plan.undelivered_code(text.to)
    _climb(carrier, text, "delivered" if code is None else "undelivered", code)


def _climb(carrier: Carrier, text: Text, status: str, code: int | None = None) -> None:
    if text.status in FINAL or RANK[status] <= RANK[text.status]:
        return
    text.status = status
    text.error_code = code
    text.updated_at = carrier.clock.now()
    if status == "sent":
        text.sent_at = text.updated_at
    carrier.remember(text)
    _announce(carrier, text)


def _announce(carrier: Carrier, text: Text) -> None:
    if text.callback_url is None or text.status not in carrier.config.callback_on:
        return
    plan = carrier.plan
    fields = _callback_fields(carrier, text)
    if plan.strikes("unknown_status"):
        strange = fields | {"MessageStatus": "handed_over", "SmsStatus": "handed_over"}
        _post_in_turn(carrier, text, strange)
    if plan.strikes("callback_lost"):
        return
    copies = plan.faults.callback_copies if plan.strikes("callback_doubled") else 1
    for _ in range(copies):
        if plan.strikes("callback_reordered"):
            held = plan.chance.between("callback_held", 0, plan.faults.callback_held_seconds)
            carrier.spawn(_post(carrier, text, fields, after=None, held=held))
        else:
            _post_in_turn(carrier, text, fields)


def _post_in_turn(carrier: Carrier, text: Text, fields: dict[str, str]) -> None:
    """Post after this text's earlier callbacks, as a slow practice would see them."""
    tail = carrier.spawn(_post(carrier, text, fields, after=carrier.callback_tails.get(text.sid), held=0))
    carrier.callback_tails[text.sid] = tail


async def _post(
    carrier: Carrier, text: Text, fields: dict[str, str], *, after: asyncio.Task[None] | None, held: float
) -> None:
    if after is not None and not after.done():
        await asyncio.wait({after})
    if held:
        await carrier.clock.sleep(held)
    url = text.callback_url or ""
    delivery = await carrier.webhooks.post(
        url,
        fields,
        account=carrier.account(text.account_sid),
        plan=carrier.plan,
        routes=carrier.config.routes,
        idempotency_token=idempotency_token(),
    )
    if delivery.error_code is not None:
        carrier.alert(text.sid, delivery.error_code, url)
    if carrier.callback_tails.get(text.sid) is asyncio.current_task():
        del carrier.callback_tails[text.sid]


def _callback_fields(carrier: Carrier, text: Text) -> dict[str, str]:
    fields = {
        "SmsSid": text.sid,
        "SmsStatus": text.status,
        "MessageStatus": text.status,
        "To": text.to,
        "MessageSid": text.sid,
        "AccountSid": FOREIGN_ACCOUNT if carrier.plan.strikes("foreign_account") else text.account_sid,
        "From": text.sender,
        "ApiVersion": API_VERSION,
    }
    if text.service_sid is not None:
        fields["MessagingServiceSid"] = text.service_sid
    if text.error_code is not None:
        fields["ErrorCode"] = str(text.error_code)
    if carrier.plan.strikes("unknown_fields"):
        fields |= {"ChannelWeather": "fair, winds light", "RawDlrDoneDate": "2611211900"}
    return fields
