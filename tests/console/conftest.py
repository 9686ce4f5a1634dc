"""A practice, its console, and people of every role signed in to it."""

from collections.abc import Awaitable, Callable

import pytest
from aiohttp.test_utils import TestClient
from pytest_aiohttp.plugin import AiohttpClient

from bot.wiring import subscriptions as as_bound
from scheduler.core.record import Record, Subscriptions
from tests.console.visitor import Visitor, console_app, sign_in
from tests.rig.clock import ManualClock
from tests.rig.office import Office

SignIn = Callable[..., Awaitable[Visitor]]
"""`await enter("front_desk")`, `await enter("clinician", clinician=office.clinician_ids[0])`."""


@pytest.fixture
def subscriptions() -> Subscriptions:
    """As the program binds them."""
    return as_bound()


@pytest.fixture
async def client(record: Record, aiohttp_client: AiohttpClient) -> TestClient:
    """A browser without a session, at the console."""
    return await aiohttp_client(console_app(record, ManualClock()))


@pytest.fixture
def enter(record: Record, office: Office, client: TestClient) -> SignIn:
    """Signs somebody in by their roles."""

    async def as_(*roles: str, clinician: str | None = None) -> Visitor:
        return await sign_in(record, client, office.practice_id, ManualClock(), *roles, clinician=clinician)

    return as_
