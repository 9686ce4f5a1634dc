"""A practice whose texts really leave: over loopback, through the SDK, to the local carrier; time moves by hand."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.sandbox.app import create_app
from bot.sandbox.config import Pace, SandboxConfig
from bot.sandbox.faults import Faults
from bot.sandbox.rest import CARRIER
from messages import crash_points
from scheduler.core.record import Record, Subscriptions
from tests.messages.post import Post, bind, status_webhook
from tests.messages.states_guard import guard, unguard
from tests.rig.clock import ManualClock
from tests.rig.office import open_office

OpenPost = Callable[..., Awaitable[Post]]


@pytest.fixture
def subscriptions() -> Subscriptions:
    return bind(Subscriptions())


@pytest.fixture(autouse=True)
def no_crash_points() -> Any:
    yield
    crash_points.install(None)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as ours:
        yield ours


@pytest.fixture
async def open_post(record: Record, clock: ManualClock, session: aiohttp.ClientSession) -> AsyncIterator[OpenPost]:
    """Opens an office with a carrier; faults and settings of the practice as asked."""
    servers: list[TestServer] = []

    async def start(
        *, faults: Faults | None = None, handling: str = "carrier", callback_seconds: float = 0, **practice: object
    ) -> Post:
        if not servers:
            await guard(record.engines)
        office = await open_office(record, **{"daily_cap": 9, "weekly_cap": 30, **practice})
        callbacks = TestServer(web.Application())
        callbacks.app.router.add_post("/twilio/{practice}/status", status_webhook(record, callback_seconds))
        await callbacks.start_server()
        public = f"http://127.0.0.1:{callbacks.port}"
        quick = Pace(queued=0, sending=0, sent=0)
        config = SandboxConfig(pace=quick, faults=faults or Faults(), opt_out_handling=handling)
        app = create_app(config, clock)
        server = TestServer(app)
        await server.start_server()
        servers.extend((server, callbacks))
        return Post.make(record, clock, office, app[CARRIER], session, f"http://127.0.0.1:{server.port}", public)

    yield start
    for server in servers:
        await server.close()
    if servers:
        await unguard(record.engines)


@pytest.fixture
async def post(open_post: OpenPost) -> Post:
    return await open_post()
