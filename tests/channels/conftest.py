import pytest

from bot.wiring import subscriptions as all_subscriptions
from scheduler.core.record import Subscriptions


@pytest.fixture
def subscriptions() -> Subscriptions:
    return all_subscriptions()
