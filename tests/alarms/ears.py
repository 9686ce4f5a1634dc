"""Who hears an alarm in tests: a webhook and a monitor on this machine, and a mail server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from aiosmtpd.smtp import SMTP


@dataclass
class Heard:
    """What arrived, in order."""

    base: str = ""
    smtp_port: int = 0
    posts: list[dict[str, Any]] = field(default_factory=list)
    pings: int = 0
    mails: list[tuple[str, str]] = field(default_factory=list)
    refuse: bool = False
    fresh: asyncio.Event = field(default_factory=asyncio.Event)
    pinged: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def webhook(self) -> str:
        return f"{self.base}/alarm"

    @property
    def monitor(self) -> str:
        return f"{self.base}/alive"

    def codes(self) -> list[list[str]]:
        """The codes of each alarm that was posted; an empty list is an all-clear."""
        return [[alarm["code"] for alarm in post["alarms"]] for post in self.posts]

    async def until(self, code: str, seconds: float) -> None:
        """Wait until an alarm of that code has been posted; "" for an all-clear."""
        async with asyncio.timeout(seconds):
            while not any((code in codes) if code else not codes for codes in self.codes()):
                self.fresh.clear()
                await self.fresh.wait()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        self.mails.append((envelope.rcpt_tos[0], envelope.content.decode()))
        return "250 taken"


@asynccontextmanager
async def listening() -> AsyncIterator[Heard]:
    """Ears on loopback."""
    heard = Heard()

    async def alarm(request: web.Request) -> web.Response:
        if heard.refuse:
            return web.Response(status=503)
        heard.posts.append(await request.json())
        heard.fresh.set()
        return web.Response()

    async def alive(request: web.Request) -> web.Response:
        heard.pings += 1
        heard.pinged.set()
        return web.Response()

    app = web.Application()
    app.router.add_post("/alarm", alarm)
    app.router.add_post("/alive", alive)
    server = TestServer(app)
    await server.start_server()
    mail = await asyncio.get_running_loop().create_server(lambda: SMTP(heard, hostname="mail.test"), "127.0.0.1", 0)
    heard.base, heard.smtp_port = f"http://127.0.0.1:{server.port}", mail.sockets[0].getsockname()[1]
    try:
        yield heard
    finally:
        mail.close()
        await mail.wait_closed()
        await server.close()
