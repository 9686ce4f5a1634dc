"""A site without a record: real middlewares and templates, a viewer who is simply there, and routes that go wrong."""

from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.console.look import install_look
from bot.web.install import install_web, middlewares
from bot.web.keys import VIEWER, Viewer
from bot.web.pages import page
from scheduler.core.errors import Conflict, Forbidden, Invalid, Misconfigured, NotFound
from tests.rig.clock import ManualClock

SECRET_WORDS = "Zephyrine Quandry 2025550143"


def viewer(**changes) -> Viewer:
    known = {
        "practice_id": "p", "user_id": "u", "name": "Maya Okafor", "roles": frozenset({"owner"}), "clinician_id": None,
        "practice_label": "Lee Office", "zone": ZoneInfo("America/New_York"), "locale": "en_US", "csrf": "known-token",
        "demo": True,
    }  # fmt: skip
    return Viewer(**{**known, **changes})


def site(*, who: Viewer | None = None, origin: str = "http://localhost:8080") -> web.Application:
    @web.middleware
    async def somebody(request, handler):
        if who is not None:
            request[VIEWER] = who
        return await handler(request)

    app = web.Application(
        middlewares=middlewares(somebody, outside=("/hook/",), large={"/console/import": 4 * 1024 * 1024})
    )
    install_web(app, origin=origin, clock=ManualClock())
    install_look(app)
    for path, error in {
        "absent": NotFound("participation", id="x"),
        "invalid": Invalid("time_in_past", field="starts_at"),
        "taken": Conflict("time_taken"),
        "forbidden": Forbidden("not_permitted"),
        "misconfigured": Misconfigured("keyring_missing"),
        "broken": RuntimeError(SECRET_WORDS),
    }.items():
        app.router.add_route("*", f"/go/{path}", _raises(error), name=f"go.{path}")
    app.router.add_post("/hook/in", _reads)
    app.router.add_post("/form", _reads)
    app.router.add_get("/l/{token}", _raises(NotFound("link")))
    return app


def _raises(error: Exception):
    async def handler(request):
        raise error

    return handler


async def _reads(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await request.read())))


def add_page(app: web.Application, path: str, template: str, **context) -> None:
    async def handler(request):
        return page(request, template, context)

    app.router.add_get(path, handler)


@pytest.fixture
async def serve():
    """Runs a site; gives a client for it."""
    clients: list[TestClient] = []

    async def start(app: web.Application) -> TestClient:
        client = TestClient(TestServer(app))
        await client.start_server()
        clients.append(client)
        return client

    yield start
    for client in clients:
        await client.close()
