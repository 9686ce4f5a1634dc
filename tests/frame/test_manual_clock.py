"""The tests' own clock keeps the promises of the real one."""

import asyncio
from datetime import timedelta

import pytest

from scheduler.core.clock import Clock, SystemClock
from tests.rig.clock import START, ManualClock


def test_it_stands_still_until_it_is_moved(clock: ManualClock):
    assert (clock.now(), clock.monotonic()) == (START, clock.monotonic())
    clock.advance(90)
    assert clock.now() == START + timedelta(seconds=90)


@pytest.mark.parametrize("made", [ManualClock(), SystemClock()])
def test_it_is_a_clock_and_its_hour_is_aware_and_in_utc(made: Clock):
    assert made.now().utcoffset() == timedelta(0)


def test_both_times_move_together(clock: ManualClock):
    before = clock.monotonic()
    clock.advance(timedelta(days=2))
    assert clock.monotonic() - before == timedelta(days=2).total_seconds()


async def test_sleepers_wake_when_their_time_has_come_and_in_order(clock: ManualClock):
    woken: list[float] = []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    tasks = [asyncio.create_task(sleeper(seconds)) for seconds in (30, 10, 20)]
    await clock.until_asleep(3)
    clock.advance(9.9)
    await asyncio.sleep(0)
    assert woken == []
    clock.advance(10.1)
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert woken == [10, 20]
    clock.advance(10)
    await asyncio.gather(*tasks)
    assert woken == [10, 20, 30]


async def test_no_time_at_all_needs_no_advance(clock: ManualClock):
    before = clock.monotonic()
    await clock.sleep(0)
    await clock.sleep(-1)
    assert (clock.monotonic(), clock.asleep) == (before, 0)


async def test_a_cancelled_sleeper_is_not_counted(clock: ManualClock):
    task = asyncio.create_task(clock.sleep(5))
    await clock.until_asleep()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert clock.asleep == 0
    clock.advance(10)


def test_a_jump_moves_the_wall_clock_alone(clock: ManualClock):
    before = clock.monotonic()
    clock.jump(timedelta(hours=-1))
    assert clock.now() == START - timedelta(hours=1)
    assert clock.monotonic() == before


def test_time_does_not_pass_backwards(clock: ManualClock):
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-1)
