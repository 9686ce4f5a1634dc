"""Clocks that only go forward, ids that say nothing, and the worker's lanes."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.people_first import PeopleFirst
from bot.worker import Named, Worker
from scheduler.core.bell import Work
from scheduler.core.clock import ShiftedClock, SystemClock
from scheduler.core.ids import random_id, seeded_ids
from scheduler.core.record import Record
from tests.rig.office import Office

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)


def test_a_shifted_clock_runs_ahead_and_never_back() -> None:
    base = SystemClock()
    clock = ShiftedClock(base)
    clock.advance(timedelta(days=7))
    assert timedelta(days=7) - timedelta(seconds=5) < clock.now() - base.now() < timedelta(days=7, seconds=5)
    assert abs(clock.monotonic() - base.monotonic()) < 5
    with pytest.raises(ValueError, match="forward"):
        clock.advance(timedelta(seconds=-1))


def test_ids_are_ordered_by_time_and_otherwise_chance() -> None:
    first, later = random_id(NOW), random_id(NOW + timedelta(seconds=1))
    assert first < later
    assert len(first) == 32
    assert first[12] == "7"
    assert first[16] in "89ab"
    assert len({random_id(NOW) for _ in range(1000)}) == 1000
    assert [seeded_ids(1)(NOW), seeded_ids(1)(NOW)] == [seeded_ids(1)(NOW)] * 2
    assert seeded_ids(1)(NOW) != seeded_ids(2)(NOW)


async def test_a_failing_duty_does_not_stop_the_others(record: Record, office: Office) -> None:
    left = {"good": 3, "rare": 1}

    async def good(practice_id: str) -> int:
        assert practice_id == office.practice_id
        left["good"] -= left["good"] > 0
        return int(left["good"] > 0)

    async def bad(_practice_id: str) -> int:
        raise ZeroDivisionError

    async def rare(_practice_id: str) -> int:
        left["rare"] = 0
        return 0

    worker = Worker(
        record, [Named("bad", bad, "one"), Named("good", good, "one"), Named("rare", rare, "two", every=60)]
    )
    assert await worker.once() == 2
    assert left == {"good": 0, "rare": 0}


async def test_a_worker_works_in_the_background_and_stops(record: Record, office: Office) -> None:
    worked = asyncio.Event()

    async def duty(_practice_id: str) -> int:
        worked.set()
        return 0

    worker = Worker(record, [Named("duty", duty, "one", on=Work.TEXTS)])
    await worker.start()
    async with asyncio.timeout(5):
        await worked.wait()
        worked.clear()
        record.bell.ring()
        await worked.wait()
    await worker.stop()
    worked.clear()
    record.bell.ring()
    assert not worked.is_set()


@pytest.mark.parametrize("moment", [50.0, 0.1])
async def test_a_worker_lets_people_at_a_page_go_first_for_a_moment(
    record: Record, office: Office, moment: float
) -> None:
    worked, people = asyncio.Event(), PeopleFirst(moment)

    async def duty(_practice_id: str) -> int:
        worked.set()
        return 0

    worker = Worker(record, [Named("duty", duty, "one", on=Work.TEXTS)])
    with people.waiting():
        await worker.start(people)
        _, waits = await asyncio.wait([asyncio.ensure_future(worked.wait())], timeout=0.05)
        assert waits
        if moment < 1:
            await worked.wait()
    async with asyncio.timeout(5):
        await worked.wait()
    await worker.stop()
