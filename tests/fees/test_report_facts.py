"""The facts of the report, on both engines."""

from datetime import date, timedelta

from scheduler.actions.attend import attend
from scheduler.actions.cancel import cancel
from scheduler.actions.fee_policy import accept_fee_policy, save_fee_policy
from scheduler.actions.fees import reverse_fee, waive_fee
from scheduler.appointments.states import ParticipationState
from scheduler.core.actor import Actor, ActorKind, Via
from scheduler.reports.rates import count
from scheduler.reports.store import facts
from tests.rig.clock import ManualClock
from tests.rig.world import World, local

BILLER = Actor(ActorKind.STAFF, "b" * 32, Via.CONSOLE, frozenset({"biller"}))
DAY = date(2026, 3, 10)


async def test_days_are_the_practices_and_visits_of_others_are_not_counted(world: World) -> None:
    client_id = await world.client()
    for day, hour in (
        ("2026-03-10", "00:00"),
        ("2026-03-10", "23:30"),
        ("2026-03-11", "00:30"),
        ("2026-03-09", "23:00"),
    ):
        await world.book(client_id, local(day, hour))
    await world.book(client_id, local("2026-03-10", "12:00"), clinician_id=world.colleague)
    async with world.read() as r:
        starts = [fact.starts_at for fact in await facts(r, DAY, DAY)]
        assert starts == [local("2026-03-10", hour) for hour in ("00:00", "12:00", "23:30")]
        assert len(await facts(r, DAY, DAY + timedelta(days=1), clinician_id=world.clinician)) == 3


async def test_what_became_of_visits_is_told_apart(world: World, clock: ManualClock) -> None:
    async with world.write() as tx:
        version = await save_fee_policy(tx, window_hours=24, mode="amount", value=4000, grace_misses=0, text="Fee.")
    client_id = await world.client()
    async with world.write() as tx:
        await accept_fee_policy(tx, client_id, version)
    clock.advance(60)
    hours = ("09:00", "10:00", "11:00", "12:00", "13:00", "14:00")
    places = [(await world.book(client_id, local("2026-03-10", hour))).participation_ids[0] for hour in hours]
    in_time, late, ours, kept, missed, _unmarked = places
    async with world.write() as tx:
        await cancel(tx, in_time, by="client")
        await cancel(tx, ours, by="practice")
    clock.advance_to(local("2026-03-10", "08:00"))
    async with world.write() as tx:
        await cancel(tx, late, by="client")
    clock.advance_to(local("2026-03-10", "16:00"))
    async with world.write() as tx:
        await attend(tx, kept, "arrived")
        await attend(tx, missed, "missed")
    async with world.write(BILLER) as tx:
        await waive_fee(tx, missed, reason="weather")
        await waive_fee(tx, late, reason="illness")
    async with world.write(BILLER) as tx:
        await reverse_fee(tx, late, reason="wrong_decision")  # a waiver taken back is none
    async with world.read() as r:
        found = await facts(r, DAY, DAY)
        counts = count(found, r.now)
    assert [fact.state for fact in found[:3]] == [
        ParticipationState.CANCELLED,
        ParticipationState.LATE_CANCELLED,
        ParticipationState.CLINICIAN_CANCELLED,
    ]
    assert (counts.client_cancelled, counts.client_cancelled_late, counts.clinician_cancelled) == (1, 1, 1)
    assert (counts.attended, counts.missed, counts.unmarked, counts.waived) == (1, 1, 1, 1)
