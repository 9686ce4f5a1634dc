import pytest

from scheduler.actions import propose_fee
from scheduler.core.record import Record, Subscriptions
from scheduler.events import AttendanceMarked, ParticipationCancelled, ParticipationRestored
from tests.rig.world import World, make_world


@pytest.fixture
def subscriptions() -> Subscriptions:
    bound = Subscriptions()
    bound.on(ParticipationCancelled, propose_fee.on_cancelled)
    bound.on(AttendanceMarked, propose_fee.on_attendance)
    bound.on(ParticipationRestored, propose_fee.on_restored)
    return bound


@pytest.fixture
async def world(record: Record) -> World:
    return await make_world(record)
