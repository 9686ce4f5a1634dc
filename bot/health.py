"""GET /health: is this process up, and can it read the record? For load balancers and containers; says nothing else."""

import asyncio

from aiohttp import web

from scheduler.core.record import Record

RECORD = web.AppKey("health_record", Record)
PATIENCE_SECONDS = 3.0


def install_health(app: web.Application, record: Record) -> None:
    """Add the route."""
    app[RECORD] = record
    app.router.add_get("/health", health, name="health")


async def health(request: web.Request) -> web.Response:
    """200 when the record answers, 503 when it does not."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await request.app[RECORD].ping()
    except Exception:  # noqa: BLE001 -- whatever it is, this process cannot serve now
        return web.json_response({"ready": False}, status=503)
    return web.json_response({"ready": True})
