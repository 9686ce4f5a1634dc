"""What happens when a phone sends a text?

It is recorded, keywords are acted on as Twilio would, the practice's webhook is posted to (and its fallback when that
fails), and the texts its TwiML asks for are sent. Invariant: the carrier has acted on a STOP before the practice
hears of it.
"""

from dataclasses import dataclass
from secrets import token_hex

from bot.sandbox.admission import Draft
from bot.sandbox.carrier import Carrier, Received
from bot.sandbox.config import Sender
from bot.sandbox.encoding import segments
from bot.sandbox.journey import FOREIGN_ACCOUNT, begin, idempotency_token
from bot.sandbox.keywords import HELP_REPLY, START_REPLY, STOP_REPLY, Keyword, keyword
from bot.sandbox.problems import Problem
from bot.sandbox.texts import API_VERSION, Text
from bot.sandbox.twiml import Reply, read_answer
from bot.sandbox.webhooks import Delivery
from bot.sandbox.whatsapp import is_whatsapp, plain

NO_WEBHOOK = Delivery(attempts=0, status=0, trouble=None, content_type="", body="", answered_at=0)


@dataclass(frozen=True, slots=True)
class Incoming:
    """An inbound text that is recorded but not yet posted anywhere. `handled` is the keyword acted on."""

    text: Text
    handled: Keyword | None


def take_in(carrier: Carrier, *, phone: str, to: str, body: str, media: tuple[str, ...] = ()) -> Incoming:
    """Record a phone's text and act on its keyword."""
    now = carrier.clock.now()
    sender = carrier.sender(to)
    text = Text(
        seq=carrier.texts.next_seq(),
        sid=("MM" if media else "SM") + token_hex(16),
        account_sid=carrier.account(sender.account_sid if sender else None).sid,
        direction="inbound",
        sender=phone,
        to=to,
        body=body,
        status="received",
        created_at=now,
        updated_at=now,
        sent_at=now,
        segments=segments(body),
        service_sid=sender.messaging_service_sid if sender else None,
        media=media,
        visible_at=carrier.clock.monotonic() + carrier.plan.list_lag(),
    )
    carrier.add(text)
    return Incoming(text, _act_on_keyword(carrier, text))


async def pass_on(carrier: Carrier, incoming: Incoming) -> Received:
    """Post a recorded inbound text to the practice and do what its answer asks."""
    text = incoming.text
    sender = carrier.sender(text.to)
    posted_at = carrier.clock.monotonic()
    delivery = NO_WEBHOOK
    if sender is not None and sender.inbound_url is not None:
        delivery = await _post(carrier, incoming, sender, sender.inbound_url)
    received = Received(
        text.sid,
        text.sender,
        text.to,
        posted_at,
        delivery.answered_at,
        delivery.attempts,
        delivery.status,
        delivery.error_code,
    )
    carrier.received[text.sid] = received
    return received


async def _post(carrier: Carrier, incoming: Incoming, sender: Sender, url: str) -> Delivery:
    fields = _fields(carrier, incoming)
    token = idempotency_token()
    delivery = await _post_once(carrier, incoming.text, url, fields, token)
    if delivery.error_code is not None and sender.fallback_url is not None:
        why = {"ErrorCode": str(delivery.error_code), "ErrorUrl": url}
        delivery = await _post_once(carrier, incoming.text, sender.fallback_url, fields | why, token)
    if carrier.plan.strikes("inbound_doubled"):
        await _post_once(carrier, incoming.text, url, fields, token)
    return delivery


async def _post_once(carrier: Carrier, text: Text, url: str, fields: dict[str, str], token: str) -> Delivery:
    delivery = await carrier.webhooks.post(
        url,
        fields,
        account=carrier.account(text.account_sid),
        plan=carrier.plan,
        routes=carrier.config.routes,
        idempotency_token=token,
    )
    if delivery.error_code is not None:
        carrier.alert(text.sid, delivery.error_code, url)
        return delivery
    answer = read_answer(delivery.content_type, delivery.body)
    if answer.error_code is not None:
        carrier.alert(text.sid, answer.error_code, url)
    for reply in answer.replies:
        _send_reply(carrier, text, reply)
    return delivery


def _send_reply(carrier: Carrier, text: Text, reply: Reply) -> None:
    params = {"To": reply.to or text.sender, "From": reply.sender or text.to, "Body": reply.body}
    if reply.callback is not None:
        params["StatusCallback"] = reply.callback
    verdict = carrier.consider(params)
    if isinstance(verdict, Problem):
        carrier.alert(text.sid, verdict.code, "")
        return
    begin(carrier, _accept_reply(carrier, text, verdict, params))


def _accept_reply(carrier: Carrier, text: Text, draft: Draft, params: dict[str, str]) -> Text:
    return carrier.accept(
        draft,
        account=carrier.account(text.account_sid),
        arrived=carrier.clock.monotonic(),
        answer="twiml",
        params=params,
        direction="outbound-reply",
    )


def _act_on_keyword(carrier: Carrier, text: Text) -> Keyword | None:
    if carrier.config.opt_out_handling == "off" or is_whatsapp(text.sender):
        return None  # on WhatsApp the practice answers STOP itself
    found = keyword(text.body)
    side = text.service_sid or text.to
    was_out = carrier.is_opted_out(side, text.sender)
    if found == "STOP":
        carrier.set_opt_out(side, text.sender, out=True)
        _say(carrier, text, None if was_out else STOP_REPLY)
    elif found == "START" and was_out:
        carrier.set_opt_out(side, text.sender, out=False)
        _say(carrier, text, START_REPLY)
    elif found == "START":
        # A YES from someone who never left is an answer to the practice, not a subscription.
        return None
    elif found == "HELP":
        _say(carrier, text, HELP_REPLY)
    return found


def _say(carrier: Carrier, text: Text, words: str | None) -> None:
    """The carrier's own reply: it reaches the phone at once and appears in no list and no ledger, as at Twilio."""
    if words is None:
        return
    now = carrier.clock.now()
    carrier.add(
        Text(
            seq=carrier.texts.next_seq(),
            sid="SM" + token_hex(16),
            account_sid=text.account_sid,
            direction="outbound-reply",
            sender=text.to,
            to=text.sender,
            body=words,
            status="delivered",
            created_at=now,
            updated_at=now,
            sent_at=now,
            segments=segments(words),
            listed=False,
        )
    )


def _fields(carrier: Carrier, incoming: Incoming) -> dict[str, str]:
    text = incoming.text
    fields = {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": text.sid,
        "NumMedia": str(len(text.media)),
        "ToCity": "",
        "FromZip": "",
        "SmsSid": text.sid,
        "FromState": "",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": text.body,
        "FromCountry": "US",
        "To": text.to,
        "ToZip": "",
        "NumSegments": str(text.segments),
        "MessageSid": text.sid,
        "AccountSid": FOREIGN_ACCOUNT if carrier.plan.strikes("foreign_account") else text.account_sid,
        "From": text.sender,
        "ApiVersion": API_VERSION,
    }
    if is_whatsapp(text.sender):
        fields |= {"WaId": plain(text.sender).lstrip("+"), "ProfileName": "A phone", "MessageType": "text"}
    if text.service_sid is not None:
        fields["MessagingServiceSid"] = text.service_sid
    if carrier.config.opt_out_handling == "advanced" and incoming.handled is not None:
        fields["OptOutType"] = incoming.handled
    for number, url in enumerate(text.media):
        fields |= {f"MediaUrl{number}": url, f"MediaContentType{number}": "image/jpeg"}
    if carrier.plan.strikes("unknown_fields"):
        fields |= {"ChannelWeather": "fair, winds light", "MessageMood": ""}
    return fields
