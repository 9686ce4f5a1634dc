"""What happens to a call at the carrier: it rings, is answered by a person or a machine, keys are pressed, it ends.

The practice's TwiML is asked for when somebody answers, and after each key, as Twilio does. Not here: texts. Invariant:
a call has one end, its callbacks are in order, and nothing is said on it but what the practice's TwiML says.
"""

from secrets import token_hex
from typing import Final
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from bot.sandbox.call import Call
from bot.sandbox.carrier import Carrier
from bot.sandbox.texts import API_VERSION

OVER: Final = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
MOST_REDIRECTS: Final = 5


def place(carrier: Carrier, form: dict[str, str], account_sid: str) -> Call:
    """Let a phone ring."""
    call = Call(
        sid="CA" + token_hex(16),
        account_sid=account_sid,
        sender=form.get("From", ""),
        to=form.get("To", ""),
        url=form.get("Url", ""),
        callback=form.get("StatusCallback"),
        detects_machines=bool(form.get("MachineDetection")),
        created_at=carrier.clock.now(),
    )
    carrier.calls[call.sid] = call
    carrier.texts.changed()
    return call


async def answer(carrier: Carrier, call: Call, by: str = "human") -> None:
    """A person (human) or a machine (machine_end_beep, unknown, fax) picks up; the practice is asked what to say."""
    if call.status != "ringing":
        return
    call.status, call.answered_by = "in-progress", by if call.detects_machines else None
    await _ask(carrier, call, call.url, {})


async def press(carrier: Carrier, call: Call, digit: str) -> None:
    """A key is pressed while the practice waits for one."""
    if call.status != "in-progress" or call.gather is None:
        return
    action, call.gather = call.gather, None
    call.heard.append(("phone", digit))
    await _ask(carrier, call, action, {"Digits": digit})


async def end(carrier: Carrier, call: Call, how: str = "completed") -> None:
    """The call ends: completed, busy, no-answer; said once."""
    if call.status in OVER:
        return
    call.status, call.gather = how, None
    carrier.texts.changed()
    if call.callback is not None:
        await _post(carrier, call, call.callback, {})


async def _ask(carrier: Carrier, call: Call, address: str, more: dict[str, str]) -> None:
    for _ in range(MOST_REDIRECTS):
        answered = await _post(carrier, call, address, more)
        goes_on = _say(call, answered, address)
        carrier.texts.changed()
        if goes_on is None:
            break
        address, more = goes_on, {}
    if call.gather is None:
        await end(carrier, call)


def _say(call: Call, twiml: str, address: str) -> str | None:
    """Do what TwiML says until it waits for a key or hangs up; where it redirects to, if it does."""
    if "<!" in twiml:
        return None  # a document type is where entity bombs live, and TwiML has none
    try:
        verbs = list(ET.fromstring(twiml))  # noqa: S314 -- see above
    except ET.ParseError:
        return None
    for verb in verbs:
        if verb.tag == "Say":
            call.heard.append(("practice", verb.text or ""))
        elif verb.tag == "Gather":
            call.heard += [("practice", said.text or "") for said in verb.iter("Say")]
            call.gather = urljoin(address, verb.get("action", address))
            return None
        elif verb.tag == "Redirect":
            return urljoin(address, (verb.text or "").strip())
        elif verb.tag in {"Hangup", "Reject"}:
            return None
    return None


async def _post(carrier: Carrier, call: Call, address: str, more: dict[str, str]) -> str:
    fields = {
        "CallSid": call.sid,
        "AccountSid": call.account_sid,
        "From": call.sender,
        "To": call.to,
        "CallStatus": call.status,
        "Direction": "outbound-api",
        "ApiVersion": API_VERSION,
        **({"AnsweredBy": call.answered_by} if call.answered_by else {}),
        **more,
    }
    delivery = await carrier.webhooks.post(
        address,
        fields,
        account=carrier.account(call.account_sid),
        plan=carrier.plan,
        routes=carrier.config.routes,
        idempotency_token=token_hex(16),
    )
    if delivery.error_code is not None:
        carrier.alert(call.sid, delivery.error_code, address)
        return ""
    return delivery.body
