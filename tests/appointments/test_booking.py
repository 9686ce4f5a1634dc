"""Booking, moving, cancelling, restoring and confirming, through the actions, on both engines."""

import asyncio
from datetime import date, timedelta

import pytest

from scheduler.actions.book import book
from scheduler.actions.cancel import Cancelled, NotCancelled, cancel
from scheduler.actions.confirm import Confirmed, NotConfirmed, confirm
from scheduler.actions.hold import hold, release
from scheduler.actions.move import move
from scheduler.actions.move_series import WeeklyTime, move_series
from scheduler.actions.restore import NotRestored, Restored, restore
from scheduler.actions.series import end_series, extend_series, start_series
from scheduler.appointments import series_store, store
from scheduler.appointments.states import ParticipationState
from scheduler.calendar import store as calendar
from scheduler.calendar.open_times import OpenTime, open_times
from scheduler.calendar.series import Series
from scheduler.core import audit
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Record
from scheduler.events import AppointmentMoved, Event, ParticipationCancelled, TimeFreed, TimeTaken
from tests.rig.clock import ManualClock
from tests.rig.world import World, local, make_world

TUESDAY_3PM = local("2026-03-10", "15:00")


@pytest.fixture
async def world(record: Record) -> World:
    return await make_world(record)


@pytest.fixture
def heard(record: Record) -> list[Event]:
    events: list[Event] = []

    async def listen(_tx: object, event: Event) -> None:
        events.append(event)

    for kind in (TimeFreed, TimeTaken, ParticipationCancelled, AppointmentMoved):
        record.subscriptions.on(kind, listen)
    return events


async def visit_of(world: World, participation_id: str) -> store.Visit:
    async with world.read() as r:
        found = await store.visit(r, participation_id)
    assert found is not None
    return found


async def test_a_booking_takes_the_time_with_its_buffers(world: World) -> None:
    booked = await world.book(await world.client(), TUESDAY_3PM)
    async with world.read() as r:
        taken = await calendar.busy_between(r, world.clinician, TUESDAY_3PM - timedelta(hours=2), TUESDAY_3PM)
        assert taken == ()
        (span,) = await calendar.busy_between(r, world.clinician, TUESDAY_3PM, TUESDAY_3PM + timedelta(minutes=1))
    assert span.ends_at - span.starts_at == timedelta(minutes=60)
    visit = await visit_of(world, booked.participation_ids[0])
    assert (visit.state, visit.attendance, visit.revision) == (ParticipationState.BOOKED, "unmarked", 1)


async def test_the_buffer_of_one_visit_refuses_the_next(world: World) -> None:
    first, second = await world.client(), await world.client("Bo", "Quigley")
    await world.book(first, TUESDAY_3PM)
    with pytest.raises(Conflict, match="time_taken"):
        await world.book(second, TUESDAY_3PM + timedelta(minutes=55))
    async with world.read() as r:
        assert await store.visits_of(r, second) == ()
    await world.book(second, TUESDAY_3PM + timedelta(minutes=60))
    await world.book(second, TUESDAY_3PM, clinician_id=world.colleague)


async def test_of_many_who_book_one_time_at_once_one_wins(world: World) -> None:
    clients = [await world.client(f"Client{n:02}") for n in range(8)]
    outcomes = await asyncio.gather(*(world.book(each, TUESDAY_3PM) for each in clients), return_exceptions=True)
    lost = [each for each in outcomes if isinstance(each, Conflict)]
    assert len(lost) == 7
    async with world.read() as r:
        assert len(await store.visits_between(r, TUESDAY_3PM, TUESDAY_3PM + timedelta(hours=1))) == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"clinician_id": "f" * 32}, NotFound),
        ({"location_id": "f" * 32}, NotFound),
        ({"client_ids": ["f" * 32]}, NotFound),
        ({"client_ids": []}, Invalid),
        ({"starts_at": local("2026-03-03", "10:00")}, Invalid),
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(world: World, change: dict, error: type) -> None:
    ana = await world.client()
    parts = {
        "clinician_id": world.clinician,
        "service_id": world.session,
        "location_id": world.location,
        "client_ids": [ana],
        "starts_at": TUESDAY_3PM,
    }
    with pytest.raises(error):
        async with world.write() as tx:
            await book(tx, **{**parts, **change})
    async with world.read() as r:
        assert await store.visits_of(r, ana) == ()


async def test_a_session_has_one_place_and_a_group_several(world: World) -> None:
    clients = [await world.client(f"Client{n:02}") for n in range(5)]
    with pytest.raises(Invalid, match="over_capacity"):
        await world.book(clients[:2], TUESDAY_3PM)
    booked = await world.book(clients[:4], TUESDAY_3PM, service=world.group)
    assert len(booked.participation_ids) == 4
    with pytest.raises(Invalid, match="client_twice"):
        await world.book([clients[0], clients[0]], local("2026-03-11", "15:00"), service=world.group)


async def test_moving_keeps_the_place_frees_the_old_time_and_raises_the_revision(
    world: World, heard: list[Event]
) -> None:
    booked = await world.book(await world.client(), TUESDAY_3PM)
    (place,) = booked.participation_ids
    async with world.write() as tx:
        await confirm(tx, place)
    heard.clear()
    async with world.write() as tx:
        moved = await move(tx, booked.appointment_id, starts_at=TUESDAY_3PM + timedelta(days=1), by="practice")
    assert (moved.before, moved.after, moved.revision) == (TUESDAY_3PM, TUESDAY_3PM + timedelta(days=1), 2)
    visit = await visit_of(world, place)
    assert (visit.state, visit.confirmed_at, visit.moved_count) == (ParticipationState.BOOKED, None, 1)
    assert [type(event) for event in heard] == [AppointmentMoved, TimeTaken, TimeFreed]
    await world.book(await world.client("Bo", "Quigley"), TUESDAY_3PM)


async def test_a_client_who_picks_a_time_has_confirmed_it(world: World) -> None:
    booked = await world.book(await world.client(), TUESDAY_3PM)
    async with world.write() as tx:
        await move(tx, booked.appointment_id, starts_at=TUESDAY_3PM + timedelta(minutes=30), by="client")
    assert (await visit_of(world, booked.participation_ids[0])).state is ParticipationState.CONFIRMED


async def test_a_move_onto_taken_time_changes_nothing(world: World) -> None:
    ana, bo = await world.client(), await world.client("Bo", "Quigley")
    booked = await world.book(ana, TUESDAY_3PM)
    await world.book(bo, TUESDAY_3PM + timedelta(hours=2))
    with pytest.raises(Conflict, match="time_taken"):
        async with world.write() as tx:
            await move(tx, booked.appointment_id, starts_at=TUESDAY_3PM + timedelta(hours=2), by="client")
    visit = await visit_of(world, booked.participation_ids[0])
    assert (visit.starts_at, visit.revision) == (TUESDAY_3PM, 1)
    with pytest.raises(Conflict, match="time_taken"):
        await world.book(bo, TUESDAY_3PM)


async def test_a_cancellation_is_late_by_when_it_was_received(
    world: World, clock: ManualClock, heard: list[Event]
) -> None:
    ana = await world.client()
    early, late = await world.book(ana, TUESDAY_3PM), await world.book(ana, TUESDAY_3PM - timedelta(hours=3))
    clock.advance(timedelta(days=5, hours=8))
    async with world.write() as tx:
        outcome = await cancel(
            tx, early.participation_ids[0], by="client", received_at=TUESDAY_3PM - timedelta(hours=24), words="flu"
        )
        assert outcome == Cancelled(early.participation_ids[0], late=False, minutes_before=24 * 60)
    async with world.write() as tx:
        outcome = await cancel(
            tx,
            late.participation_ids[0],
            by="client",
            received_at=TUESDAY_3PM - timedelta(hours=27) + timedelta(seconds=1),
        )
        assert isinstance(outcome, Cancelled)
        assert outcome.late
    async with world.read() as r:
        assert await store.cancel_words(r, early.participation_ids[0]) == "flu"
        assert await store.cancel_words(r, late.participation_ids[0]) is None
        assert await calendar.busy_between(r, world.clinician, TUESDAY_3PM - timedelta(hours=9), TUESDAY_3PM) == ()
    assert [type(event) for event in heard].count(TimeFreed) == 2


async def test_cancelling_twice_or_after_the_start_does_nothing(world: World, clock: ManualClock) -> None:
    booked = await world.book(await world.client(), TUESDAY_3PM)
    (place,) = booked.participation_ids
    async with world.write() as tx:
        await cancel(tx, place, by="practice")
        assert await cancel(tx, place, by="client") == NotCancelled("already_cancelled")
        assert await confirm(tx, place) == NotConfirmed("cancelled")
    assert (await visit_of(world, place)).state is ParticipationState.CLINICIAN_CANCELLED
    other = await world.book(await world.client("Bo", "Quigley"), TUESDAY_3PM)
    clock.advance(timedelta(days=7))
    async with world.write() as tx:
        assert await cancel(tx, other.participation_ids[0], by="client") == NotCancelled("already_started")
        assert await confirm(tx, other.participation_ids[0]) == NotConfirmed("already_started")


async def test_one_of_a_group_leaves_and_the_group_goes_on(world: World, heard: list[Event]) -> None:
    clients = [await world.client(f"Client{n:02}") for n in range(2)]
    booked = await world.book(clients, TUESDAY_3PM, service=world.group)
    heard.clear()
    async with world.write() as tx:
        await cancel(tx, booked.participation_ids[0], by="client")
    assert not [event for event in heard if isinstance(event, TimeFreed)]
    with pytest.raises(Conflict):
        await world.book(clients[0], TUESDAY_3PM)
    async with world.write() as tx:
        await cancel(tx, booked.participation_ids[1], by="client")
    assert [event for event in heard if isinstance(event, TimeFreed)]
    await world.book(clients[0], TUESDAY_3PM)


async def test_an_undo_brings_the_place_back_as_it_was(world: World, clock: ManualClock) -> None:
    booked = await world.book(await world.client(), TUESDAY_3PM)
    (place,) = booked.participation_ids
    async with world.write() as tx:
        await confirm(tx, place)
        await cancel(tx, place, by="client", words="flu")
    clock.advance(timedelta(minutes=15))
    async with world.write() as tx:
        assert await restore(tx, place) == Restored(place, ParticipationState.CONFIRMED)
        assert await restore(tx, place) == NotRestored("not_cancelled")
    with pytest.raises(Conflict):
        await world.book(await world.client("Bo", "Quigley"), TUESDAY_3PM)


async def test_an_undo_comes_too_late_or_finds_the_time_taken(world: World, clock: ManualClock) -> None:
    ana = await world.client()
    first, second = await world.book(ana, TUESDAY_3PM), await world.book(ana, TUESDAY_3PM + timedelta(hours=1))
    async with world.write() as tx:
        await cancel(tx, first.participation_ids[0], by="client")
        await cancel(tx, second.participation_ids[0], by="client")
    await world.book(await world.client("Bo", "Quigley"), TUESDAY_3PM)
    async with world.write() as tx:
        assert await restore(tx, first.participation_ids[0]) == NotRestored("time_taken")
    clock.advance(timedelta(minutes=16))
    async with world.write() as tx:
        assert await restore(tx, second.participation_ids[0]) == NotRestored("too_late")


async def test_holds_are_respected_until_they_expire(world: World, clock: ManualClock) -> None:
    ana, bo = await world.client(), await world.client("Bo", "Quigley")
    time = OpenTime(world.clinician, world.location, TUESDAY_3PM, TUESDAY_3PM + timedelta(minutes=50))
    async with world.write() as tx:
        until = tx.now + timedelta(minutes=10)
        held = await hold(tx, holder_id="q1", kind="choice", service_id=world.session, times=[time], expires_at=until)
        assert held == (time,)
        again = await hold(tx, holder_id="q2", kind="choice", service_id=world.session, times=[time], expires_at=until)
        assert again == ()
    with pytest.raises(Conflict):
        await world.book(bo, TUESDAY_3PM)
    await world.book(ana, TUESDAY_3PM, own_holder="q1")
    async with world.write() as tx:
        assert await release(tx, "q1") == 0
        later = OpenTime(
            world.clinician,
            world.location,
            TUESDAY_3PM + timedelta(days=1),
            TUESDAY_3PM + timedelta(days=1, minutes=50),
        )
        await hold(tx, holder_id="q3", kind="choice", service_id=world.session, times=[later], expires_at=until)
    clock.advance(timedelta(minutes=10))
    await world.book(bo, TUESDAY_3PM + timedelta(days=1))


async def test_staff_may_book_over_a_hold(world: World) -> None:
    bo = await world.client("Bo", "Quigley")
    time = OpenTime(world.clinician, world.location, TUESDAY_3PM, TUESDAY_3PM + timedelta(minutes=50))
    async with world.write() as tx:
        until = tx.now + timedelta(minutes=10)
        await hold(tx, holder_id="q1", kind="offer", service_id=world.session, times=[time], expires_at=until)
    await world.book(bo, TUESDAY_3PM, over_holds=True)
    async with world.read() as r:
        assert await calendar.holds_of(r, "q1") == ()


async def test_open_times_lie_in_hours_and_around_what_is_taken(world: World) -> None:
    await world.book(await world.client(), local("2026-03-10", "10:00"))
    async with world.read() as r:
        found = await open_times(
            r,
            clinician_ids=[world.clinician],
            service_id=world.session,
            earliest=local("2026-03-10", "00:00"),
            latest=local("2026-03-11", "00:00"),
        )
    starts = [time.starts_at for time in found]
    assert starts[0] == local("2026-03-10", "09:00")
    assert local("2026-03-10", "09:15") not in starts
    assert local("2026-03-10", "11:00") in starts
    assert starts[-1] == local("2026-03-10", "16:00")
    assert {time.location_id for time in found} == {world.location}


async def test_a_series_keeps_its_wall_clock_time_through_the_change_of_clocks(world: World) -> None:
    ana = await world.client()
    rule = Series(local("2026-03-05", "15:00").date(), 15 * 60)
    parts = {"clinician_id": world.clinician, "service_id": world.session, "location_id": world.location}
    async with world.write() as tx:
        started = await start_series(tx, rule, client_ids=[ana], **parts)
    async with world.read() as r:
        visits = await store.visits_of(r, ana)
    assert len(visits) == len(started.booked) == 26
    assert {visit.starts_at.astimezone(TUESDAY_3PM.tzinfo).hour for visit in visits} == {15}
    assert len({visit.starts_at.hour for visit in visits}) == 2


async def test_a_series_goes_on_as_weeks_pass_and_reports_taken_days(world: World, clock: ManualClock) -> None:
    ana, bo = await world.client(), await world.client("Bo", "Quigley")
    await world.book(bo, local("2026-03-12", "15:00"))
    parts = {"clinician_id": world.clinician, "service_id": world.session, "location_id": world.location}
    async with world.write() as tx:
        rule = Series(local("2026-03-05", "15:00").date(), 15 * 60)
        started = await start_series(tx, rule, client_ids=[ana], **parts)
    assert [day.isoformat() for day in started.taken] == ["2026-03-12"]
    clock.advance(timedelta(weeks=2))
    async with world.write() as tx:
        (behind,) = await series_store.behind(tx, (tx.now + timedelta(weeks=26)).date())
        more = await extend_series(tx, behind.id)
        assert len(more.booked) == 2
        assert (await extend_series(tx, behind.id)).booked == ()
        ended = await end_series(tx, behind.id, local("2026-04-01", "00:00").date())
    async with world.read() as r:
        left = list(await store.upcoming(r, [ana], clock.now()))
    assert ended
    assert {visit.starts_at.date().isoformat() for visit in left} == {"2026-03-19", "2026-03-26"}


async def test_a_series_on_time_that_is_wholly_taken_is_refused(world: World) -> None:
    ana, bo = await world.client(), await world.client("Bo", "Quigley")
    parts = {"clinician_id": world.clinician, "service_id": world.session, "location_id": world.location}
    rule = Series(local("2026-03-05", "15:00").date(), 15 * 60)
    async with world.write() as tx:
        await start_series(tx, rule, client_ids=[ana], **parts)
    with pytest.raises(Conflict, match="series_fully_taken"):
        async with world.write() as tx:
            await start_series(tx, rule, client_ids=[bo], **parts)
    async with world.read() as r:
        assert await store.visits_of(r, bo) == ()


async def _thursdays(world: World) -> str:
    """Six Thursdays at three, of which Ana has all; the series' id."""
    rule = Series(date(2026, 3, 5), 15 * 60, last_day=date(2026, 4, 9))
    parts = {"clinician_id": world.clinician, "service_id": world.session, "location_id": world.location}
    ana = await world.client()
    async with world.write() as tx:
        begun = await start_series(tx, rule, client_ids=[ana], **parts)
    return begun.series_id


async def _starts(world: World, series_id: str) -> list[str]:
    async with world.read() as r:
        found = await store.series_appointments(r, series_id, r.now)
    return [f"{each.starts_at.astimezone(TUESDAY_3PM.tzinfo):%m-%d %H:%M}" for each in found]


async def test_a_weekly_time_moves_from_one_visit_on(world: World) -> None:
    series_id = await _thursdays(world)
    async with world.read() as r:
        third = (await store.series_appointments(r, series_id, r.now))[2]
    async with world.write() as tx:
        done = await move_series(
            tx, series_id, date(2026, 3, 19), WeeklyTime(date(2026, 3, 17), 600, world.clinician), by="practice"
        )
    assert (done.moved, done.left) == (4, ())
    assert await _starts(world, series_id) == ["03-05 15:00", "03-12 15:00"]
    assert await _starts(world, done.series_id) == ["03-17 10:00", "03-24 10:00", "03-31 10:00", "04-07 10:00"]
    async with world.read() as r:
        moved = await store.by_id(r, third.id)
        after = await series_store.by_id(r, done.series_id)
    assert (moved.series_id, moved.revision) == (done.series_id, 2)
    assert (after.rule, after.state) == (Series(date(2026, 3, 17), 600, last_day=date(2026, 4, 7)), "active")


async def test_visits_moved_or_cancelled_by_themselves_stay_as_they_are(world: World) -> None:
    series_id = await _thursdays(world)
    async with world.read() as r:
        visits = await store.series_appointments(r, series_id, r.now)
    async with world.write() as tx:
        await move(tx, visits[3].id, starts_at=local("2026-03-27", "09:00"), by="client")
        (place,) = await store.visits_of_appointment(tx, visits[4].id)
        await cancel(tx, place.participation_id, by="client")
        done = await move_series(
            tx, series_id, date(2026, 3, 12), WeeklyTime(date(2026, 3, 13), 900, world.clinician), by="practice"
        )
        await extend_series(tx, done.series_id)
    assert await _starts(world, done.series_id) == ["03-13 15:00", "03-20 15:00", "03-27 09:00", "04-10 15:00"]


async def test_a_visit_whose_new_time_is_taken_keeps_its_old_one(world: World) -> None:
    series_id = await _thursdays(world)
    await world.book(await world.client("Bo", "Quigley"), local("2026-03-20", "15:00"))
    async with world.write() as tx:
        done = await move_series(
            tx, series_id, date(2026, 3, 12), WeeklyTime(date(2026, 3, 13), 900, world.clinician), by="practice"
        )
    assert (done.moved, done.left) == (4, (date(2026, 3, 19),))
    assert (await _starts(world, done.series_id))[:3] == ["03-13 15:00", "03-19 15:00", "03-27 15:00"]


async def test_a_weekly_time_whose_first_new_time_is_taken_does_not_move(world: World) -> None:
    series_id = await _thursdays(world)
    await world.book(await world.client("Bo", "Quigley"), local("2026-03-13", "15:00"))
    before = await _starts(world, series_id)
    with pytest.raises(Conflict, match="time_taken"):
        async with world.write() as tx:
            to = WeeklyTime(date(2026, 3, 13), 900, world.clinician)
            await move_series(tx, series_id, date(2026, 3, 12), to, by="practice")
    assert await _starts(world, series_id) == before


@pytest.mark.parametrize(
    ("from_day", "to_day", "why"),
    [
        (date(2026, 3, 13), date(2026, 3, 14), "not_of_series"),
        (date(2026, 3, 12), date(2026, 3, 19), "further_than_rhythm"),
        (date(2026, 3, 12), date(2026, 3, 12), "same_time"),
    ],
)
async def test_what_cannot_be_a_move_of_a_weekly_time_is_refused(world: World, from_day, to_day, why) -> None:
    series_id = await _thursdays(world)
    with pytest.raises(Invalid, match=why):
        async with world.write() as tx:
            await move_series(tx, series_id, from_day, WeeklyTime(to_day, 900, world.clinician), by="practice")
    assert len(await _starts(world, series_id)) == 6


async def test_whoever_asks_for_another_weekly_time_has_confirmed_the_next_visit_only(world: World) -> None:
    series_id = await _thursdays(world)
    async with world.write() as tx:
        to = WeeklyTime(date(2026, 3, 13), 900, world.clinician)
        done = await move_series(tx, series_id, date(2026, 3, 12), to, by="client")
    async with world.read() as r:
        visits = [
            place.state
            for each in await store.series_appointments(r, done.series_id, r.now)
            for place in await store.visits_of_appointment(r, each.id)
        ]
    assert visits == [ParticipationState.CONFIRMED, *[ParticipationState.BOOKED] * 4]


async def test_every_change_is_in_the_audit_chain_in_order(world: World) -> None:
    booked = await world.book(await world.client(), TUESDAY_3PM)
    async with world.write() as tx:
        assert await confirm(tx, booked.participation_ids[0]) == Confirmed(booked.participation_ids[0], again=False)
        assert await confirm(tx, booked.participation_ids[0]) == Confirmed(booked.participation_ids[0], again=True)
        await cancel(tx, booked.participation_ids[0], by="client")
    async with world.read() as r:
        report = await audit.verify(r.conn, world.record.vault.audit_key, world.practice_id)
    assert report.broken_at is None
    assert report.entries > 5
