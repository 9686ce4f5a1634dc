"""What do the phones show?

The page at `/`, the data its script polls for, and the acts on it: send a text, add a phone, move the demo's time.
Not here: what sending does (inbound.py). Invariant: everything comes from this process; the page runs under a policy
that allows nothing else, and every word of a text is data to it, never markup.
"""

from heapq import merge
from importlib.resources import files
from itertools import islice
from typing import Any

from aiohttp import web

from bot.sandbox import calls
from bot.sandbox.call import Call
from bot.sandbox.carrier import Carrier
from bot.sandbox.control import (
    DEMO,
    CallOrder,
    InboundOrder,
    add_phone,
    deliver_inbound,
    move_clock,
    read_object,
    show_clock,
)
from bot.sandbox.demo import Demo
from bot.sandbox.rest import CARRIER
from bot.sandbox.texts import Text
from bot.sandbox.whatsapp import PREFIX, is_whatsapp, plain

_TEXTS_SHOWN = 60
_CALLS_SHOWN = 1
_PHONES_SHOWN = 12
_MOST_PHONES = 240
_REACHED = frozenset({"sent", "delivered", "read"})
_LOST = frozenset({"undelivered", "failed"})
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_FILES = {
    "/": ("templates/phones.html", "text/html"),
    "/static/phones.css": ("static/phones.css", "text/css"),
    "/static/phones.js": ("static/phones.js", "text/javascript"),
    "/static/icon.svg": ("static/icon.svg", "image/svg+xml"),
}


def routes() -> list[web.RouteDef]:
    """The page, its files, its data and its acts."""
    return [
        *(web.get(path, _serving(name, kind)) for path, (name, kind) in _FILES.items()),
        web.get("/phones.json", show_all),
        web.post("/phones", add_phone),
        web.post("/phones/texts", send_text),
        web.post("/phones/calls", act_on_call),
        web.get("/demo", show_clock),
        web.post("/demo", move_clock),
    ]


async def show_all(request: web.Request) -> web.Response:
    """What the page shows, `all` phones or the first few; 204 when the page is still at the given `version`."""
    carrier, demo = request.app[CARRIER], request.app[DEMO]
    await demo.refresh()
    most = _MOST_PHONES if "all" in request.query else _PHONES_SHOWN
    version = f"{carrier.texts.version}-{most}"
    if request.query.get("version") == version:
        return web.Response(status=204, headers=_HEADERS)
    return web.json_response(_everything(carrier, demo, version, most), headers=_HEADERS)


async def send_text(request: web.Request) -> web.Response:
    """Send a text from a phone. The answer does not wait for the practice, as a phone does not."""
    order = InboundOrder.model_validate(await read_object(request) | {"wait": False})
    if not order.body.strip():
        raise web.HTTPUnprocessableEntity(text="Write something first.")
    return web.json_response(await deliver_inbound(request.app[CARRIER], order))


async def act_on_call(request: web.Request) -> web.Response:
    """Answer a ringing phone, let its machine answer, decline, press a key or hang up."""
    carrier = request.app[CARRIER]
    order = CallOrder.model_validate(await read_object(request))
    call = carrier.calls.get(order.sid)
    if call is None:
        raise web.HTTPNotFound
    if order.act == "answer":
        await calls.answer(carrier, call)
    elif order.act == "machine":
        await calls.answer(carrier, call, by="machine_end_beep")
    elif order.act == "press":
        await calls.press(carrier, call, order.digit)
    else:
        await calls.end(carrier, call, "busy" if call.status == "ringing" else "completed")
    return web.json_response(_call(call))


def _call(call: Call) -> dict[str, Any]:
    return {
        "sid": call.sid,
        "from": call.sender,
        "status": call.status,
        "at": call.created_at.isoformat(),
        "waits": call.gather is not None,
        "by_machine": (call.answered_by or "").startswith("machine"),
        "heard": [{"mine": who == "phone", "words": words} for who, words in call.heard],
    }


def _everything(carrier: Carrier, demo: Demo, version: str, most: int) -> dict[str, Any]:
    called = [call.to for call in carrier.calls.values() if call.status not in calls.OVER]
    numbers = list(dict.fromkeys([*called, *carrier.titles, *map(plain, carrier.texts.phones())]))
    return {
        "version": version,
        "now": carrier.clock.now().isoformat(),
        "time_zone": carrier.config.time_zone,
        "demo": {"enabled": demo.enabled, "next": demo.time.next_event, "trouble": demo.time.trouble},
        "guide": carrier.config.guide.model_dump(),
        "senders": [one.number for one in carrier.config.senders if not is_whatsapp(one.number)] + _chats(carrier),
        "more": max(0, min(len(numbers), _MOST_PHONES) - most),
        "phones": [_phone(carrier, number) for number in numbers[:most]],
    }


def _chats(carrier: Carrier) -> list[str]:
    """The practice's WhatsApp, once it has templates: then it is worth writing to first."""
    return [one.number for one in carrier.config.senders if is_whatsapp(one.number) and carrier.config.templates]


def _phone(carrier: Carrier, number: str) -> dict[str, Any]:
    both = merge(
        carrier.texts.with_phone(number), carrier.texts.with_phone(PREFIX + number), key=lambda each: -each.seq
    )
    latest = list(islice(both, _TEXTS_SHOWN))
    partners = list(dict.fromkeys([*(text.practice_number for text in latest), *(_chats(carrier) if latest else [])]))
    return {
        "number": number,
        "title": carrier.titles.get(number),
        "partners": partners,
        "stopped": any(phone == number for _, phone in carrier.opt_outs),
        "texts": [_text(carrier, text) for text in reversed(latest) if _is_seen(text)],
        "calls": [_call(call) for call in carrier.calls.values() if call.to == number][-_CALLS_SHOWN:],
    }


def _is_seen(text: Text) -> bool:
    return text.inbound or text.status in _REACHED or text.status in _LOST


def _text(carrier: Carrier, text: Text) -> dict[str, Any]:
    return {
        "sid": text.sid,
        "mine": text.inbound,
        "partner": text.practice_number,
        "chat": is_whatsapp(text.practice_number),
        "body": text.body or carrier.on_phones.get(text.sid, ""),
        "at": (text.sent_at or text.created_at).isoformat(),
        "status": text.status,
        "error_code": text.error_code or _unheard(carrier, text),
        "by_carrier": not text.listed,
    }


def _unheard(carrier: Carrier, text: Text) -> int | None:
    """The code of a practice that did not take this phone's text."""
    received = carrier.received.get(text.sid)
    return None if received is None else received.error_code


def _serving(name: str, kind: str) -> Any:
    body = files("bot.sandbox").joinpath(name).read_bytes()

    async def serve(request: web.Request) -> web.Response:
        """A file of the page, from memory."""
        del request
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=_HEADERS)

    return serve
