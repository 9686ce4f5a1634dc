"""A whole small site for the tests of signing in: real record on both engines, real middlewares, cheap hashes."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pyotp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher

from bot.auth.door import know_viewer
from bot.auth.install import install_auth
from bot.auth.passwords import Passwords
from bot.auth.people import first_owner_path, invite
from bot.console.look import install_look
from bot.web.install import install_web, middlewares
from scheduler.core.record import Record
from tests.rig.clock import ManualClock
from tests.rig.office import OWNER, Office

PASSWORD = "quiet rooms by the river"
OWNER_EMAIL = "owner@staff.example"


async def _today(request: web.Request) -> web.Response:
    return web.Response(text="the day")


def site(record: Record, auth_clock: ManualClock) -> web.Application:
    app = web.Application(middlewares=middlewares(know_viewer, outside=("/l/", "/twilio/")))
    install_web(app, origin="http://localhost:8080", clock=record.clock)
    install_auth(app, record, clock=auth_clock, passwords=Passwords(PasswordHasher(1, 8, 1)))
    app.router.add_get("/console/today", _today)
    install_look(app)
    return app


@dataclass
class Visitor:
    """A browser that sends forms as a person would: with what the page put into them."""

    client: TestClient
    clock: ManualClock

    async def get(self, path: str, **more):
        return await self.client.get(path, allow_redirects=False, **more)

    async def post(self, path: str, *, page: str | None = None, **fields):
        """Fill in the form of `page` (the same path unless given) and send it to `path`."""
        shown = await (await self.client.get(page or path)).text()
        token = re.search(r'name="csrf" value="([^"]+)"', shown)
        assert token is not None, shown[:400]
        sent = {"csrf": token[1], **fields}
        return await self.client.post(path, data=sent, allow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})

    async def set_up_app(self) -> str:
        """Prove the app shown on the page; returns its secret."""
        shown = await (await self.client.get("/signin/app")).text()
        secret = re.search(r"<code>([A-Z2-7 ]+)</code>", shown)[1].replace(" ", "")
        answer = await self.post("/signin/app", code=self.code(secret))
        assert answer.status == 200, await answer.text()
        self.recovery = re.findall(r"<li><code>([a-z2-7-]+)</code>", await answer.text())
        return secret

    def code(self, secret: str) -> str:
        return pyotp.TOTP(secret).at(int(self.clock.now().timestamp()))

    async def sign_in(self, email: str, secret: str, password: str = PASSWORD):
        answer = await self.post("/signin", email=email, password=password)
        assert answer.headers.get("Location") == "/signin/code", await answer.text()
        return await self.post("/signin/code", code=self.code(secret))

    def forget(self) -> None:
        self.client.session.cookie_jar.clear()


@pytest.fixture
def auth_clock() -> ManualClock:
    """Real time, as the auth pages know it; moved apart from the domain's."""
    return ManualClock()


@pytest.fixture
async def app(office: Office, auth_clock: ManualClock) -> web.Application:
    return site(office.record, auth_clock)


Newcomer = Callable[[], Awaitable[Visitor]]


@pytest.fixture
async def newcomer(app: web.Application, auth_clock: ManualClock):
    """Makes browsers, each with cookies of its own, against one running site."""
    server = TestServer(app)
    await server.start_server()
    clients: list[TestClient] = []

    async def make() -> Visitor:
        client = TestClient(server)
        clients.append(client)
        return Visitor(client, auth_clock)

    yield make
    for client in clients:
        await client.close()
    await server.close()


@pytest.fixture
async def visitor(newcomer: Newcomer) -> Visitor:
    return await newcomer()


@pytest.fixture
async def owner(office: Office, visitor: Visitor) -> Visitor:
    """The first owner, signed in for the first time; `visitor.secret` is the app's."""
    path = await first_owner_path(office.record, visitor.clock.now())
    answer = await visitor.post(path, person="Maya Okafor", email=OWNER_EMAIL, password=PASSWORD, again=PASSWORD)
    assert answer.headers.get("Location") == "/signin/app", await answer.text()
    visitor.secret = await visitor.set_up_app()
    return visitor


async def invited(office: Office, clock: ManualClock, *, email: str, roles: tuple[str, ...] = ("front_desk",)):
    async with office.record.write(office.practice_id, OWNER) as tx:
        return await invite(tx, email=email, name="Front Desk", roles=roles, now=clock.now())
