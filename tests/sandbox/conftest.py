"""A carrier over loopback, the real SDK talking to it, and a practice that takes its webhooks."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import MultiDictProxy
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bot.sandbox.app import create_app
from bot.sandbox.carrier import Carrier
from bot.sandbox.config import Pace, SandboxConfig, Sender
from bot.sandbox.faults import Faults
from bot.sandbox.rest import CARRIER
from scheduler.core.clock import Clock, SystemClock

OFFICE = "+15550100001"
ANA = "+15550100101"
BEN = "+15550100102"
SID = "AC00000000000000000000000000000001"
TOKEN = "sandbox-auth-token"
QUICK = Pace(queued=0.01, sending=0.01, sent=0.01)


class SharedSession(AsyncHttpClient):
    """The SDK's transport as the product will have it: one session, the host kept as a path prefix."""

    def __init__(self, session: aiohttp.ClientSession, base: str, *, prefix: bool = True) -> None:
        super().__init__(logging.getLogger(__name__), True, None)
        self._session = session
        self._base = base + ("/api.twilio.com" if prefix else "")

    async def request(self, method, url, params=None, data=None, headers=None, auth=None, **unused):
        here = url.replace("https://api.twilio.com", self._base)
        sent = {**(headers or {}), "Authorization": aiohttp.encode_basic_auth(*auth)}
        async with self._session.request(
            method, here, params=params, data=data, headers=sent, timeout=aiohttp.ClientTimeout(total=5)
        ) as answer:
            return Response(answer.status, await answer.text(), answer.headers)


@dataclass
class Posted:
    path: str
    url: str
    fields: MultiDictProxy[Any]
    headers: Any

    def __getitem__(self, name: str) -> str:
        return str(self.fields[name])


@dataclass
class Practice:
    """A stand-in for the service's webhooks: remembers what came and answers as told."""

    base: str = ""
    posts: list[Posted] = field(default_factory=list)
    answers: list[Callable[[], Awaitable[web.StreamResponse]]] = field(default_factory=list)

    @property
    def inbound(self) -> list[Posted]:
        return [one for one in self.posts if one.path.startswith("/inbound")]

    @property
    def callbacks(self) -> list[Posted]:
        return [one for one in self.posts if one.path.startswith("/status")]

    @property
    def statuses(self) -> list[str]:
        return [one["MessageStatus"] for one in self.callbacks]

    def will_answer(self, status: int = 200, text: str = "", content_type: str = "text/xml", wait: float = 0) -> None:
        async def answer() -> web.StreamResponse:
            await asyncio.sleep(wait)
            return web.Response(status=status, text=text, content_type=content_type)

        self.answers.append(answer)

    def will_hang_up(self) -> None:
        async def answer() -> web.StreamResponse:
            raise ConnectionResetError

        self.answers.append(answer)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.posts.append(
            Posted(request.path, self.base + request.raw_path, await request.post(), request.headers.copy())
        )
        if self.answers:
            return await self.answers.pop(0)()
        return web.Response(text="<Response/>", content_type="text/xml")


@dataclass
class Line:
    """Everything a test talks to."""

    carrier: Carrier
    practice: Practice
    twilio: Client
    http: aiohttp.ClientSession
    base: str

    @property
    def inbound_url(self) -> str:
        return self.practice.base + "/inbound"

    @property
    def status_url(self) -> str:
        return self.practice.base + "/status?m=abc&a=1"

    def faults(self, **wanted: Any) -> None:
        self.carrier.set_faults(Faults(**wanted))

    async def text(self, to: str = ANA, body: str = "Lee Office: visit Wed.", **more: Any):
        return await self.twilio.messages.create_async(
            to=to, from_=OFFICE, body=body, status_callback=self.status_url, **more
        )

    async def reply(self, body: str, phone: str = ANA, **more: Any) -> dict[str, Any]:
        order = {"phone": phone, "to": OFFICE, "body": body, **more}
        async with self.http.post(self.base + "/control/inbound", json=order) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()


@pytest.fixture
async def practice() -> AsyncIterator[Practice]:
    ours = Practice()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", ours.handle)
    async with TestServer(app) as server:
        ours.base = f"http://127.0.0.1:{server.port}"
        yield ours


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as ours:
        yield ours


@pytest.fixture
async def open_line(practice, session) -> AsyncIterator[Callable[..., Awaitable[Line]]]:
    """Starts carriers with changes to a usual configuration."""
    servers: list[TestServer] = []

    async def start(
        *, fragment: str = "", sender: dict[str, Any] | None = None, time: Clock | None = None, **changes: Any
    ) -> Line:
        office = Sender(number=OFFICE, inbound_url=practice.base + "/inbound" + fragment)
        office = office.model_copy(update=sender or {})
        config = SandboxConfig(**({"senders": (office,), "pace": QUICK} | changes))
        app = create_app(config, time or SystemClock())
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        base = f"http://127.0.0.1:{server.port}"
        twilio = Client(SID, TOKEN, http_client=SharedSession(session, base))
        return Line(app[CARRIER], practice, twilio, session, base)

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
async def line(open_line) -> Line:
    return await open_line()
