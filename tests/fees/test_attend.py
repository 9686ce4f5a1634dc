"""Marking what became of a visit, on both engines."""

from datetime import datetime, timedelta

import pytest

from scheduler.actions.attend import Marked, NotMarked, attend
from scheduler.actions.cancel import cancel
from scheduler.appointments import store as appointments
from scheduler.attendance import store as attendance
from scheduler.attendance.states import TRANSITIONS, Attendance
from scheduler.core.errors import NotFound
from tests.rig.clock import ManualClock
from tests.rig.world import World, local

A = Attendance
START = local("2026-03-10", "15:00")


@pytest.fixture
async def place(world: World) -> str:
    return (await world.book(await world.client(), START)).participation_ids[0]


async def mark(world: World, place: str, state: str, at: datetime | None = None) -> Marked | NotMarked:
    async with world.write() as tx:
        return await attend(tx, place, state, at=at)


async def stamps(world: World, place: str) -> dict[str, datetime | None]:
    async with world.read() as r:
        visit = await appointments.visit(r, place)
    assert visit is not None
    times = {"arrived": visit.arrived_at, "started": visit.started_at, "stopped": visit.stopped_at}
    return {name: at for name, at in {**times, "missed": visit.missed_at}.items() if at}


async def test_a_session_is_timed_by_its_taps(world: World, place: str, clock: ManualClock) -> None:
    taps = {}
    for state, minutes in (("arrived", -8), ("started", 1), ("stopped", 52)):
        clock.advance_to(START + timedelta(minutes=minutes))
        assert isinstance(await mark(world, place, state), Marked)
        taps[state] = clock.now()
    assert await stamps(world, place) == taps


async def test_a_visit_ahead_cannot_have_been_kept_or_missed(world: World, place: str, clock: ManualClock) -> None:
    assert await mark(world, place, "missed") == NotMarked("too_early")
    assert await mark(world, place, "arrived") == NotMarked("too_early")
    clock.advance_to(START - timedelta(minutes=30))
    assert await mark(world, place, "missed") == NotMarked("too_early")
    assert isinstance(await mark(world, place, "arrived"), Marked)


async def test_the_same_tap_twice_is_one(world: World, place: str, clock: ManualClock) -> None:
    clock.advance_to(START)
    await mark(world, place, "arrived")
    clock.advance(60)
    again = await mark(world, place, "arrived")
    assert isinstance(again, Marked)
    assert again.again
    assert await stamps(world, place) == {"arrived": START}


async def test_a_wrong_mark_is_taken_back_with_its_time(world: World, place: str, clock: ManualClock) -> None:
    clock.advance_to(START + timedelta(minutes=10))
    await mark(world, place, "missed")
    clock.advance(120)
    late = await mark(world, place, "arrived")
    assert late == Marked(place, A.MISSED, A.ARRIVED)
    assert await stamps(world, place) == {"arrived": clock.now()}
    await mark(world, place, "unmarked")
    assert await stamps(world, place) == {}


async def test_a_reopened_session_keeps_its_start(world: World, place: str, clock: ManualClock) -> None:
    clock.advance_to(START)
    await mark(world, place, "started")
    clock.advance(600)
    await mark(world, place, "stopped")
    await mark(world, place, "started")
    assert await stamps(world, place) == {"started": START}


async def test_a_mark_made_days_later_carries_no_invented_time(world: World, place: str, clock: ManualClock) -> None:
    clock.advance_to(START + timedelta(days=3))
    await mark(world, place, "arrived")
    assert await stamps(world, place) == {}
    await mark(world, place, "started", at=START + timedelta(minutes=4))
    assert await stamps(world, place) == {"started": START + timedelta(minutes=4)}


@pytest.mark.parametrize("minutes", [-60 * 24, 60 * 24, 60 * 24 * 5])
async def test_impossible_times_are_refused(world: World, place: str, clock: ManualClock, minutes: int) -> None:
    clock.advance_to(START + timedelta(days=3))
    assert await mark(world, place, "arrived", START + timedelta(minutes=minutes)) == NotMarked("time_impossible")


async def test_a_session_does_not_stop_before_it_started(world: World, place: str, clock: ManualClock) -> None:
    clock.advance_to(START + timedelta(minutes=5))
    await mark(world, place, "started")
    clock.advance(600)
    assert await mark(world, place, "stopped", START) == NotMarked("time_impossible")


async def test_what_was_cancelled_is_not_marked(world: World, place: str, clock: ManualClock) -> None:
    async with world.write() as tx:
        await cancel(tx, place, by="client")
    clock.advance_to(START)
    assert await mark(world, place, "missed") == NotMarked("cancelled")


async def test_absent_places_and_unknown_states_are_mistakes(world: World, place: str) -> None:
    with pytest.raises(NotFound):
        await mark(world, "0" * 32, "missed")
    with pytest.raises(ValueError, match="vanished"):
        await mark(world, place, "vanished")


@pytest.mark.parametrize("origin", list(Attendance))
@pytest.mark.parametrize("target", list(Attendance))
async def test_only_changes_of_the_table_are_possible(
    world: World, place: str, clock: ManualClock, origin: Attendance, target: Attendance
) -> None:
    clock.advance_to(START + timedelta(minutes=20))
    async with world.write() as tx:
        assert await attendance.set_attendance(tx, place, A.UNMARKED, origin, {})
    outcome = await mark(world, place, target.value)
    allowed = any(t.origin is origin and t.target is target for t in TRANSITIONS)
    if origin is target:
        assert outcome == Marked(place, origin, target, again=True)
    else:
        assert isinstance(outcome, Marked) == allowed


async def test_a_mark_on_what_has_changed_meanwhile_is_refused_by_the_database(world: World, place: str) -> None:
    async with world.write() as tx:
        assert not await attendance.set_attendance(tx, place, A.ARRIVED, A.STARTED, {})


async def test_what_nobody_marked_is_listed_once_it_is_over(world: World, place: str, clock: ManualClock) -> None:
    other = (await world.book(await world.client("Bob", "Stone"), START + timedelta(hours=1))).participation_ids[0]
    clock.advance_to(START + timedelta(minutes=49))
    async with world.read() as r:
        assert await attendance.unmarked(r) == ()
    clock.advance_to(START + timedelta(days=2))
    async with world.read() as r:
        assert [v.participation_id for v in await attendance.unmarked(r)] == [place, other]
        assert await attendance.unmarked(r, clinician_id=world.colleague) == ()
        later = await attendance.unmarked(r, since=START + timedelta(minutes=1))
        assert [v.participation_id for v in later] == [other]
    await mark(world, place, "missed")
    async with world.read() as r:
        assert [v.participation_id for v in await attendance.unmarked(r)] == [other]
