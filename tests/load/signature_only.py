"""What our webhook is compared with: an aiohttp handler that verifies the signature with the SDK, no more."""

import asyncio
import sys

from aiohttp import web
from twilio.request_validator import RequestValidator

from tests.load.signed import TOKEN


async def _inbound(request: web.Request) -> web.Response:
    form = await request.post()
    url = f"http://{request.host}{request.path_qs}"
    if not RequestValidator(TOKEN).validate(url, form, request.headers.get("X-Twilio-Signature", "")):
        raise web.HTTPForbidden
    return web.Response(text='<?xml version="1.0" encoding="UTF-8"?><Response/>', content_type="text/xml")


async def _serve(port: int) -> None:
    app = web.Application()
    app.router.add_post("/twilio/{practice_id}/inbound", _inbound)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
