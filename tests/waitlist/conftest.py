import pytest

from scheduler.core.record import Record, Subscriptions
from tests.conversation.scene import Scene, bind_waitlist, set_the_scene
from tests.rig.clock import ManualClock


@pytest.fixture
def subscriptions() -> Subscriptions:
    bound = Subscriptions()
    bind_waitlist(bound)
    return bound


@pytest.fixture
async def scene(record: Record, clock: ManualClock) -> Scene:
    return await set_the_scene(record, clock)
