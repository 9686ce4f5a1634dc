import pytest

from bot.wiring import subscriptions as all_subscriptions
from scheduler.core.record import Record, Subscriptions
from tests.conversation.scene import Scene, set_the_scene
from tests.rig.clock import ManualClock


@pytest.fixture
def subscriptions() -> Subscriptions:
    return all_subscriptions()


@pytest.fixture
async def scene(record: Record, clock: ManualClock) -> Scene:
    return await set_the_scene(record, clock)
