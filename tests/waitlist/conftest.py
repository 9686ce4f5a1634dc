import pytest

from bot.wiring import subscriptions as all_subscriptions
from scheduler.core.actor import OPERATOR
from scheduler.core.record import Record, Subscriptions
from tests.conversation.scene import Scene, set_the_scene
from tests.rig.clock import ManualClock
from waitlist.actions.save_policy import save_policy


@pytest.fixture
def subscriptions() -> Subscriptions:
    return all_subscriptions()


@pytest.fixture
async def scene(record: Record, clock: ManualClock) -> Scene:
    """A practice that asks one after another, so that it is known who is asked next."""
    made = await set_the_scene(record, clock)
    async with record.write(made.practice, OPERATOR) as tx:
        await save_policy(tx, {"mode": "one"})
    return made
