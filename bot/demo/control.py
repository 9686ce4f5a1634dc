"""POST /demo/clock: the phones page moves the demo's time. Only in a demo, only with its secret, only forward.

    {"advance_seconds": n}   {"jump": "next"}   ->   {"now", "offset_seconds", "next", "held"}

Invariant: outside `stillon demo` this route does not exist.
"""

import hmac
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from bot.demo import due_store
from messages import pause_store
from scheduler.core.clock import ShiftedClock
from scheduler.core.record import Record

HEADER = "X-Demo-Secret"
FURTHEST = timedelta(days=31)
SETTLE_TRIES, SETTLE_PAUSE = 200, 0.05


@dataclass(frozen=True, slots=True)
class Demo:
    """What the control needs: the shifted clock, and the file in which its offset outlives a restart."""

    record: Record
    clock: ShiftedClock
    practice_id: str
    secret: str
    kept_in: Path


DEMO = web.AppKey("demo", Demo)


async def move_clock(request: web.Request) -> web.Response:
    """Move time, let what is due happen, and say what time it is."""
    demo = request.app[DEMO]
    if not hmac.compare_digest(request.headers.get(HEADER, "").encode(), demo.secret.encode()):
        raise web.HTTPForbidden
    try:
        by = await _wanted(request, demo)
    except (ValueError, TypeError, AttributeError):
        raise web.HTTPBadRequest from None
    if by > timedelta(0):
        demo.clock.advance(by)
        demo.kept_in.write_text(json.dumps({"offset_seconds": demo.clock.offset.total_seconds()}), encoding="utf-8")
        await _let_it_happen(demo)
    async with demo.record.read(demo.practice_id) as r:
        due = await due_store.next_due(r)
        held = await pause_store.is_paused(r)
    return web.json_response(
        {
            "now": demo.clock.now().isoformat(),
            "offset_seconds": demo.clock.offset.total_seconds(),
            "next": due.isoformat() if due else None,
            "held": held,
        }
    )


async def _wanted(request: web.Request, demo: Demo) -> timedelta:
    order = json.loads(await request.read())
    if order.get("jump") == "next":
        async with demo.record.read(demo.practice_id) as r:
            due = await due_store.next_due(r)
        return due - demo.clock.now() if due else timedelta(0)
    by = timedelta(seconds=float(order["advance_seconds"])) if "advance_seconds" in order else None
    if by is None or not timedelta(0) <= by <= FURTHEST:
        raise ValueError("advance")
    return by


async def _let_it_happen(demo: Demo) -> None:
    """Wake the worker and wait, for some ten seconds at most, until nothing is due any more."""
    demo.record.bell.ring()
    for _ in range(SETTLE_TRIES):
        await demo.clock.sleep(SETTLE_PAUSE)
        async with demo.record.read(demo.practice_id) as r:
            if not await due_store.is_busy(r):
                return
