"""The whole application with everything bound, an office full of things to reach for, and people of every role."""

from collections.abc import Awaitable, Callable

import pytest
from aiohttp.test_utils import TestClient
from pytest_aiohttp.plugin import AiohttpClient

from bot.app import create_app
from bot.settings import Settings, load
from bot.wiring import subscriptions as all_subscriptions
from scheduler.core.record import Record, Subscriptions
from tests.console.visitor import Visitor, sign_in
from tests.rig.clock import ManualClock
from tests.rig.office import Office

ACCOUNT, TOKEN = "AC" + "1" * 32, "a-token-of-the-carrier"

Enter = Callable[..., Awaitable[Visitor]]


@pytest.fixture
def subscriptions() -> Subscriptions:
    return all_subscriptions()


@pytest.fixture
def settings() -> Settings:
    return load(
        {
            "STILLON_PUBLIC_URL": "http://127.0.0.1",
            "STILLON_TWILIO_ACCOUNT_SID": ACCOUNT,
            "STILLON_TWILIO_AUTH_TOKEN": TOKEN,
        },
        dotenv=None,
    )


@pytest.fixture
async def site(record: Record, settings: Settings, aiohttp_client: AiohttpClient) -> TestClient:
    return await aiohttp_client(create_app(settings, record, auth_clock=ManualClock()))


@pytest.fixture
def enter(record: Record, office: Office, site: TestClient) -> Enter:
    async def as_(*roles: str, clinician: str | None = None) -> Visitor:
        return await sign_in(record, site, office.practice_id, ManualClock(), *roles, clinician=clinician)

    return as_
