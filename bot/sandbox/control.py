"""How do a test, a benchmark or a person steer the carrier while it runs?

JSON in, JSON out, under /control/. There is no password: it is as open as the process's own port, which belongs on
loopback. Not here: the phones page's own requests (phones.py). Invariant: whatever cannot be understood is refused
with 422 and changes nothing.
"""

import asyncio
from dataclasses import asdict
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.sandbox.admission import is_phone_number
from bot.sandbox.carrier import Carrier
from bot.sandbox.config import SandboxConfig
from bot.sandbox.demo import Demo
from bot.sandbox.faults import Faults
from bot.sandbox.inbound import pass_on, take_in
from bot.sandbox.rest import CARRIER

DEMO: web.AppKey[Demo] = web.AppKey("demo", Demo)

_RECONFIGURABLE = frozenset(SandboxConfig.model_fields) - {"faults", "ledger_path", "state_path"}


class _Order(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class InboundOrder(_Order):
    """A text a phone is to send. With `wait`, the answer comes when the practice has had it."""

    phone: str
    to: str
    body: str
    media: tuple[str, ...] = ()
    wait: bool = True


class CallOrder(_Order):
    """What a phone does with a call: answer, machine, press (a `digit`), end."""

    sid: str
    act: Literal["answer", "machine", "press", "end"]
    digit: str = ""


class OptOutOrder(_Order):
    """A pair to block or unblock. `practice_side` is a number or a Messaging Service's sid."""

    practice_side: str
    phone: str
    out: bool = True


class PhoneOrder(_Order):
    """A phone to show on the page."""

    number: str
    title: str


class ClockOrder(_Order):
    """A move of the demo's time, as the service takes it."""

    advance_seconds: float | None = None
    jump: str | None = None


def routes() -> list[web.RouteDef]:
    """All control routes."""
    return [
        web.get("/control/faults", show_faults),
        web.post("/control/faults", change_faults),
        web.delete("/control/faults", clear_faults),
        web.get("/control/ledger", show_ledger),
        web.get("/control/inbound", show_inbound),
        web.post("/control/inbound", send_inbound),
        web.get("/control/opt-outs", show_opt_outs),
        web.post("/control/opt-outs", change_opt_out),
        web.get("/control/phones", show_phones),
        web.post("/control/phones", add_phone),
        web.get("/control/clock", show_clock),
        web.post("/control/clock", move_clock),
        web.get("/control/alerts", show_alerts),
        web.patch("/control/config", change_config),
        web.get("/control/idle", wait_until_idle),
    ]


async def show_faults(request: web.Request) -> web.Response:
    """The faults that are switched on."""
    return web.json_response(text=request.app[CARRIER].plan.faults.model_dump_json())


async def change_faults(request: web.Request) -> web.Response:
    """Change the given faults, keep the others, and start chance again from the seed."""
    carrier = request.app[CARRIER]
    kept = carrier.plan.faults.model_dump() | {"script": ()}
    carrier.set_faults(Faults.model_validate(kept | await read_object(request)))
    return await show_faults(request)


async def clear_faults(request: web.Request) -> web.Response:
    """Switch every fault off."""
    request.app[CARRIER].set_faults(Faults())
    return await show_faults(request)


async def show_ledger(request: web.Request) -> web.Response:
    """Accepted creates: `to`, `body`, `callback` (contained words) and `since` narrow; `limit` cuts the list only."""
    query = request.query
    found = list(
        request.app[CARRIER].ledger.find(
            to=query.get("to"),
            body=query.get("body"),
            callback=query.get("callback"),
            since=_whole(query.get("since"), 0),
        )
    )
    limit = _whole(query.get("limit"), 1000)
    return web.json_response({"count": len(found), "entries": [asdict(entry) for entry in found[:limit]]})


async def show_inbound(request: web.Request) -> web.Response:
    """What phones sent and what the practice's webhook did with it."""
    received = list(request.app[CARRIER].received.values())
    return web.json_response({"count": len(received), "received": [asdict(one) for one in received]})


async def send_inbound(request: web.Request) -> web.Response:
    """Let a phone send a text."""
    carrier = request.app[CARRIER]
    order = InboundOrder.model_validate(await read_object(request))
    return web.json_response(await deliver_inbound(carrier, order))


async def deliver_inbound(carrier: Carrier, order: InboundOrder) -> dict[str, Any]:
    """Take a phone's text in and pass it on; the answer holds its sid, and its Received when it waited."""
    incoming = take_in(carrier, phone=order.phone, to=order.to, body=order.body, media=order.media)

    async def _pass_on() -> None:
        await pass_on(carrier, incoming)

    task = carrier.spawn(_pass_on())
    if not order.wait:
        return {"sid": incoming.text.sid, "received": None}
    await asyncio.wait({task})
    received = carrier.received.get(incoming.text.sid)
    return {"sid": incoming.text.sid, "received": received and asdict(received)}


async def show_opt_outs(request: web.Request) -> web.Response:
    """Every blocked pair."""
    pairs = sorted(request.app[CARRIER].opt_outs)
    return web.json_response([{"practice_side": side, "phone": phone} for side, phone in pairs])


async def change_opt_out(request: web.Request) -> web.Response:
    """Block or unblock a pair without a text."""
    order = OptOutOrder.model_validate(await read_object(request))
    request.app[CARRIER].set_opt_out(order.practice_side, order.phone, out=order.out)
    return await show_opt_outs(request)


async def show_phones(request: web.Request) -> web.Response:
    """Numbers and titles of the phones on the page."""
    carrier = request.app[CARRIER]
    numbers = dict.fromkeys([*carrier.titles, *carrier.texts.phones()])
    return web.json_response([{"number": one, "title": carrier.titles.get(one)} for one in numbers])


async def add_phone(request: web.Request) -> web.Response:
    """Put a phone on the page, or rename it."""
    order = PhoneOrder.model_validate(await read_object(request))
    if not is_phone_number(order.number):
        raise web.HTTPUnprocessableEntity(text="Write the number like +15550100123: plus, country, number.")
    request.app[CARRIER].name_phone(order.number, order.title.strip() or order.number)
    return await show_phones(request)


async def show_clock(request: web.Request) -> web.Response:
    """The carrier's time and what it knows of the demo's."""
    carrier, demo = request.app[CARRIER], request.app[DEMO]
    return web.json_response(
        {
            "now": carrier.clock.now().isoformat(),
            "offset_seconds": carrier.clock.offset.total_seconds(),
            "next": demo.time.next_event,
            "trouble": demo.time.trouble,
            "enabled": demo.enabled,
        }
    )


async def move_clock(request: web.Request) -> web.Response:
    """Move the demo's time through the service."""
    order = ClockOrder.model_validate(await read_object(request))
    if not request.app[DEMO].enabled:
        raise web.HTTPConflict(text="No demo service is configured, so there is no time to move.")
    await request.app[DEMO].move(order.model_dump(exclude_none=True))
    return await show_clock(request)


async def show_alerts(request: web.Request) -> web.Response:
    """What Twilio's debugger would list."""
    return web.json_response([asdict(alert) for alert in request.app[CARRIER].alerts])


async def change_config(request: web.Request) -> web.Response:
    """Change senders, routes, pace and other habits (not faults and file names)."""
    changes = await read_object(request)
    strange = sorted(set(changes) - _RECONFIGURABLE)
    if strange:
        raise web.HTTPUnprocessableEntity(text="Not changeable while running: " + ", ".join(strange))
    request.app[CARRIER].reconfigure(changes)
    return web.json_response({"changed": sorted(changes)})


async def wait_until_idle(request: web.Request) -> web.Response:
    """Answer when every text is at its end and every post answered."""
    await request.app[CARRIER].idle()
    return web.json_response({"idle": True})


async def read_object(request: web.Request) -> dict[str, Any]:
    """The JSON object of the body. A form posted by a foreign page is refused, as it cannot send this type."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="Send application/json.")
    try:
        body = await request.json()
    except ValueError:
        raise web.HTTPUnprocessableEntity(text="The body is not JSON.") from None
    if not isinstance(body, dict):
        raise web.HTTPUnprocessableEntity(text="The body is not a JSON object.")
    return body


def _whole(words: str | None, usual: int) -> int:
    return int(words) if words is not None and words.isascii() and words.isdigit() else usual


@web.middleware
async def orders_make_sense(request: web.Request, handler: Any) -> web.StreamResponse:
    """Turn an order that does not validate into a 422 that names the fields."""
    try:
        response: web.StreamResponse = await handler(request)
    except ValidationError as error:
        fields = [".".join(str(part) for part in one["loc"]) + ": " + one["msg"] for one in error.errors()]
        raise web.HTTPUnprocessableEntity(text="; ".join(fields)) from None
    return response
