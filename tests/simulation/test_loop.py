"""The simulation's own time: it passes at once, in order, and stops when nobody waits for it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.simulation.loop import LoopClock, Process, Stuck, VirtualLoop, outside

START = datetime(2026, 3, 5, tzinfo=UTC)


async def _sleepers(clock: LoopClock) -> list[str]:
    told: list[str] = []

    async def wait(seconds: float, name: str) -> None:
        await clock.sleep(seconds)
        told.append(f"{name} {clock.now() - START}")

    await asyncio.gather(wait(7200, "late"), wait(60, "soon"), wait(3600, "later"))
    return told


def test_hours_pass_at_once_and_in_order() -> None:
    loop = VirtualLoop()
    try:
        told = loop.run_until_complete(_sleepers(LoopClock(START, loop)))
    finally:
        loop.close()
    assert told == ["soon 0:01:00", "later 1:00:00", "late 2:00:00"]


def test_a_timeout_is_of_the_same_time() -> None:
    loop = VirtualLoop()
    clock = LoopClock(START, loop)

    async def hang() -> timedelta:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(8):
                await clock.sleep(100)
        return clock.now() - START

    try:
        assert loop.run_until_complete(hang()) == timedelta(seconds=8)
    finally:
        loop.close()


def test_waiting_for_nobody_is_an_error() -> None:
    loop = VirtualLoop()

    async def forever() -> None:
        await asyncio.get_running_loop().create_future()

    waiting = loop.create_task(forever())
    try:
        with pytest.raises(Stuck):
            loop.run_until_complete(waiting)
    finally:
        waiting.cancel()
        loop.run_until_complete(asyncio.gather(waiting, return_exceptions=True))
        loop.close()


def test_a_process_dies_with_all_it_started_and_nothing_else() -> None:
    loop = VirtualLoop()
    clock = LoopClock(START, loop)
    told: list[str] = []

    async def late(name: str) -> None:
        await clock.sleep(60)
        told.append(name)

    async def parent(others: list["asyncio.Task[None]"]) -> None:
        others.append(asyncio.create_task(late("child")))
        others.append(asyncio.get_running_loop().create_task(late("the world's"), context=outside()))
        await late("parent")

    async def killed() -> None:
        process, others = Process(), []
        process.start(parent(others))
        await clock.sleep(1)
        ended = await process.kill()
        assert [type(each) for each in ended] == [asyncio.CancelledError] * 2
        await clock.sleep(120)

    try:
        loop.run_until_complete(killed())
    finally:
        loop.close()
    assert told == ["the world's"]
