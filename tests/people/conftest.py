import pytest

from scheduler.core.record import Record
from tests.people.setting import Setting, set_up


@pytest.fixture
async def setting(record: Record) -> Setting:
    return await set_up(record)
