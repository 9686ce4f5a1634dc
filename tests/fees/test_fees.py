"""From a missed or late-cancelled visit to the ledger, on both engines."""

import asyncio
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from scheduler import tables
from scheduler.actions.attend import attend
from scheduler.actions.cancel import cancel
from scheduler.actions.fee_policy import accept_fee_policy, save_fee_policy
from scheduler.actions.fees import approve_fee, reverse_fee, waive_fee
from scheduler.actions.propose_fee import propose_again
from scheduler.actions.restore import Restored, restore
from scheduler.core.actor import OPERATOR, WORKER, Actor, ActorKind, Via
from scheduler.core.errors import Conflict, Forbidden, Invalid, NotFound
from scheduler.fees import store
from scheduler.fees.ledger import FOLLOWS, EntryKind, Step, effect
from scheduler.fees.store import FeeEntry
from tests.rig.clock import ManualClock
from tests.rig.world import World, local

START = local("2026-03-10", "15:00")
BILLER = Actor(ActorKind.STAFF, "b" * 32, Via.CONSOLE, frozenset({"biller"}))
OWNER = Actor(ActorKind.STAFF, "a" * 32, Via.CONSOLE, frozenset({"owner"}))


async def policy(world: World, **changed: object) -> int:
    terms = {"window_hours": 24, "mode": "percent", "value": 50, "grace_misses": 0, "text": "Half the fee."}
    async with world.write() as tx:
        return await save_fee_policy(tx, **{**terms, **changed})


async def ana(world: World, version: int | None = 1, **more: str) -> str:
    client_id = await world.client(**more)
    if version is not None:
        async with world.write() as tx:
            assert await accept_fee_policy(tx, client_id, version)
    world.record.clock.advance(60)
    return client_id


async def place(world: World, client_id: str, starts_at: datetime = START) -> str:
    return (await world.book(client_id, starts_at)).participation_ids[0]


async def miss(world: World, participation_id: str, actor: Actor = OWNER) -> None:
    async with world.write(actor) as tx:
        await attend(tx, participation_id, "missed")


async def case(world: World, participation_id: str) -> list[tuple[str, int, str | None]]:
    async with world.read() as r:
        entries = await store.history(r, participation_id)
    assert [entry.step for entry in entries] == list(range(1, len(entries) + 1))
    return [(entry.kind.value, entry.amount_minor, entry.reason) for entry in entries]


@pytest.fixture
async def missed(world: World, clock: ManualClock) -> str:
    """A missed visit with a proposal of 75.00."""
    await policy(world)
    participation_id = await place(world, await ana(world))
    clock.advance_to(START + timedelta(minutes=20))
    await miss(world, participation_id)
    return participation_id


async def test_a_missed_visit_is_proposed_by_the_accepted_policy(world: World, missed: str) -> None:
    assert await case(world, missed) == [("proposed", 7500, None)]
    async with world.read() as r:
        (waiting,) = await store.cases(r, kind=EntryKind.PROPOSED)
    assert (waiting.entry.event.value, waiting.entry.policy_version) == ("no_show", 1)
    assert (waiting.starts_at, waiting.clinician_id, waiting.payer) == (START, world.clinician, "self")


async def test_a_late_cancellation_is_proposed_with_its_evidence(world: World, clock: ManualClock) -> None:
    await policy(world, mode="amount", value=4000)
    participation_id = await place(world, await ana(world))
    clock.advance_to(START - timedelta(hours=3))
    async with world.write() as tx:
        await cancel(tx, participation_id, by="client", received_at=tx.now - timedelta(minutes=2))
    assert await case(world, participation_id) == [("proposed", 4000, None)]
    async with world.read() as r:
        (waiting,) = await store.cases(r)
    assert waiting.entry.event.value == "late_cancel"
    assert waiting.cancelled_at == START - timedelta(hours=3, minutes=2)


@pytest.mark.parametrize("by", ["practice", "claim"])
async def test_what_the_practice_cancels_costs_nothing(world: World, clock: ManualClock, by: str) -> None:
    await policy(world)
    participation_id = await place(world, await ana(world))
    clock.advance_to(START - timedelta(hours=3))
    async with world.write() as tx:
        await cancel(tx, participation_id, by=by)
    assert await case(world, participation_id) == []


async def test_a_cancellation_in_time_costs_nothing(world: World, clock: ManualClock) -> None:
    await policy(world)
    participation_id = await place(world, await ana(world))
    clock.advance_to(START - timedelta(hours=24))
    async with world.write() as tx:
        await cancel(tx, participation_id, by="client")
    assert await case(world, participation_id) == []


async def test_without_a_policy_there_are_no_cases(world: World, clock: ManualClock) -> None:
    participation_id = await place(world, await ana(world, None))
    clock.advance_to(START + timedelta(minutes=20))
    await miss(world, participation_id)
    assert await case(world, participation_id) == []
    async with world.write(OWNER) as tx:
        with pytest.raises(Conflict, match="fee_policy_missing"):
            await propose_again(tx, participation_id)


async def test_without_acceptance_the_reason_is_on_record(world: World, clock: ManualClock) -> None:
    await policy(world)
    participation_id = await place(world, await ana(world, None))
    clock.advance_to(START + timedelta(minutes=20))
    await miss(world, participation_id)
    assert await case(world, participation_id) == [("not_charged", 0, "no_accepted_policy")]


async def test_what_is_accepted_after_the_event_does_not_count(world: World, clock: ManualClock) -> None:
    await policy(world)
    client_id = await ana(world, None)
    participation_id = await place(world, client_id)
    clock.advance_to(START + timedelta(minutes=20))
    async with world.write() as tx:
        await accept_fee_policy(tx, client_id, 1)
    await miss(world, participation_id)
    assert await case(world, participation_id) == [("not_charged", 0, "accepted_after_event")]


async def test_a_form_signed_on_paper_counts_from_its_date(world: World, clock: ManualClock) -> None:
    await policy(world)
    client_id = await ana(world, None)
    participation_id = await place(world, client_id)
    clock.advance_to(START + timedelta(minutes=20))
    await miss(world, participation_id)
    async with world.write(OWNER) as tx:
        await accept_fee_policy(tx, client_id, 1, how="signed", accepted_at=START - timedelta(days=30))
        assert not await accept_fee_policy(tx, client_id, 1)
        await propose_again(tx, participation_id)
    kinds = [kind for kind, _, _ in await case(world, participation_id)]
    assert kinds == ["not_charged", "reversed", "proposed"]


async def test_the_version_the_client_knows_decides_not_the_newest(world: World, clock: ManualClock) -> None:
    await policy(world)
    client_id = await ana(world, 1)
    await policy(world, value=100, window_hours=48)
    participation_id = await place(world, client_id)
    clock.advance_to(START - timedelta(hours=30))
    async with world.write() as tx:
        await cancel(tx, participation_id, by="client")  # late by the newest window, in time by the accepted one
    assert await case(world, participation_id) == [("not_charged", 0, "outside_window")]


async def test_medicaid_is_blocked_until_somebody_allows_it_with_a_note(world: World, clock: ManualClock) -> None:
    await policy(world)
    participation_id = await place(world, await ana(world, payer="medicaid"))
    clock.advance_to(START + timedelta(minutes=20))
    await miss(world, participation_id)
    assert await case(world, participation_id) == [("not_charged", 0, "medicaid")]
    async with world.write(OWNER) as tx:
        with pytest.raises(Invalid, match="note_needed"):
            await propose_again(tx, participation_id, medicaid_override=True)
        await propose_again(tx, participation_id, medicaid_override=True, note="State approval on file")
    assert (await case(world, participation_id))[-1] == ("proposed", 7500, None)


async def test_the_first_ones_pass_by_grace_and_waived_ones_use_none_up(world: World, clock: ManualClock) -> None:
    await policy(world, grace_misses=1)
    client_id = await ana(world)
    places = [await place(world, client_id, START + timedelta(days=7 * week)) for week in range(3)]
    for week, participation_id in enumerate(places):
        clock.advance_to(START + timedelta(days=7 * week, minutes=20))
        await miss(world, participation_id)
        if week == 1:
            async with world.write(BILLER) as tx:
                await waive_fee(tx, participation_id, reason="illness")
    newest = [(await case(world, each))[-1] for each in places]
    assert newest == [("not_charged", 0, "grace"), ("waived", 7500, "illness"), ("proposed", 7500, None)]


async def test_a_mark_taken_back_takes_the_fee_back_even_an_approved_one(world: World, missed: str) -> None:
    async with world.write(BILLER) as tx:
        await approve_fee(tx, missed, seen_step=1)
    async with world.write(OWNER) as tx:
        await attend(tx, missed, "arrived")
    assert await case(world, missed) == [
        ("proposed", 7500, None),
        ("approved", 7500, None),
        ("reversed", 7500, "attendance_corrected"),
    ]
    async with world.write(OWNER) as tx:
        await attend(tx, missed, "missed")
    assert (await case(world, missed))[-1] == ("proposed", 7500, None)


async def test_an_undone_cancellation_costs_nothing(world: World, clock: ManualClock) -> None:
    await policy(world)
    participation_id = await place(world, await ana(world))
    clock.advance_to(START - timedelta(hours=3))
    async with world.write() as tx:
        await cancel(tx, participation_id, by="client")
    async with world.write() as tx:
        assert isinstance(await restore(tx, participation_id), Restored)
    assert [kind for kind, _, _ in await case(world, participation_id)] == ["proposed", "reversed"]


async def test_a_fee_is_decided_once(world: World, missed: str) -> None:
    async with world.write(BILLER) as tx:
        await approve_fee(tx, missed)
    async with world.write(BILLER) as tx:
        for late in (approve_fee(tx, missed), waive_fee(tx, missed, reason="goodwill")):
            with pytest.raises(Conflict, match="not_proposed"):
                await late
        with pytest.raises(Conflict, match="fee_changed_meanwhile"):
            await reverse_fee(tx, missed, reason="office_error", seen_step=1)
        await reverse_fee(tx, missed, reason="office_error", seen_step=2)
        with pytest.raises(Conflict, match="already_reversed"):
            await reverse_fee(tx, missed, reason="office_error")


@pytest.mark.parametrize("actor", [OPERATOR, WORKER, Actor(ActorKind.CLIENT, "c" * 32, Via.LINK)])
async def test_only_a_member_of_staff_decides(world: World, missed: str, actor: Actor) -> None:
    for decide in (approve_fee, partial(waive_fee, reason="goodwill"), partial(reverse_fee, reason="office_error")):
        with pytest.raises(Forbidden, match="person_needed"):
            async with world.write(actor) as tx:
                await decide(tx, missed)
    assert await case(world, missed) == [("proposed", 7500, None)]


async def test_of_two_who_decide_at_once_one_wins(world: World, missed: str) -> None:
    async def decide() -> bool:
        try:
            async with world.write(BILLER) as tx:
                await approve_fee(tx, missed, seen_step=1)
        except Conflict:
            return False
        return True

    assert sorted(await asyncio.gather(*(decide() for _ in range(4)))) == [False, False, False, True]
    assert [kind for kind, _, _ in await case(world, missed)] == ["proposed", "approved"]


async def test_the_same_step_cannot_be_written_twice(world: World, missed: str) -> None:
    async with world.write(BILLER) as tx:
        (entry,) = await store.history(tx, missed)
        again = FeeEntry(**{**{name: getattr(entry, name) for name in FeeEntry.__slots__}, "id": tx.new_id()})
        assert not await store.insert_entry(tx, again)


async def test_reasons_are_codes_and_other_says_more(world: World, missed: str) -> None:
    async with world.write(BILLER) as tx:
        with pytest.raises(Invalid, match="reason_unknown"):
            await waive_fee(tx, missed, reason="because")
        with pytest.raises(Invalid, match="note_needed"):
            await waive_fee(tx, missed, reason="other", note=" ")
        with pytest.raises(Invalid, match="note_too_long"):
            await waive_fee(tx, missed, reason="other", note="x" * 501)
        with pytest.raises(NotFound):
            await waive_fee(tx, "0" * 32, reason="illness")
        await waive_fee(tx, missed, reason="other", note="Her mother was taken ill")
    async with world.read() as r:
        newest = await store.newest_entry(r, missed)
        rows = (await r.conn.execute(select(tables.fee_entry))).all()
    assert newest is not None
    assert newest.note == "Her mother was taken ill"
    assert "mother" not in repr(newest)
    assert "mother" not in repr([tuple(row) for row in rows])


async def test_the_ledger_refuses_edits(world: World, missed: str) -> None:
    for change in (tables.fee_entry.update().values(amount_minor=1), tables.fee_entry.delete()):
        with pytest.raises(DBAPIError, match="append_only"):
            async with world.write() as tx:
                await tx.conn.execute(change)


async def test_whoever_marked_and_approved_is_on_record(world: World, missed: str) -> None:
    async with world.write(OWNER) as tx:
        await approve_fee(tx, missed)
    async with world.read() as r:
        found = await r.conn.execute(
            select(tables.audit_entry.c.detail).where(tables.audit_entry.c.action == "fee.approved")
        )
        assert found.scalar_one()["own_mark"] is True


async def test_the_export_adds_up_to_what_is_owed(world: World, missed: str, clock: ManualClock) -> None:
    async with world.write(BILLER) as tx:
        await approve_fee(tx, missed)
    clock.advance(86400)
    async with world.write(BILLER) as tx:
        await reverse_fee(tx, missed, reason="office_error")
    async with world.read() as r:
        everything = await store.ledger(r, START, clock.now() + timedelta(seconds=1))
        today = await store.ledger(r, START + timedelta(hours=23), clock.now() + timedelta(seconds=1))
    assert [(line.entry.kind.value, line.effect_minor) for line in everything] == [
        ("proposed", 0),
        ("approved", 7500),
        ("reversed", -7500),
    ]
    assert [line.effect_minor for line in today] == [-7500]


async def test_only_what_may_cost_a_fee_is_proposed_again(world: World, missed: str) -> None:
    async with world.write(OWNER) as tx:
        with pytest.raises(Conflict, match="fee_open"):
            await propose_again(tx, missed)
        with pytest.raises(NotFound):
            await propose_again(tx, "0" * 32)
    ahead = await place(world, await world.client("Bob", "Stone"), START + timedelta(days=2))
    async with world.write(OWNER) as tx:
        with pytest.raises(Conflict, match="not_chargeable"):
            await propose_again(tx, ahead)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"mode": "barter"}, "mode"),
        ({"value": 101}, "value"),
        ({"mode": "amount", "value": -1}, "value"),
        ({"window_hours": 400}, "window_hours"),
        ({"grace_misses": -1}, "grace_misses"),
        ({"text": " "}, "text"),
        ({"text": "x" * 4001}, "text"),
    ],
)
async def test_policies_that_cannot_work_are_refused(world: World, wrong: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await policy(world, **wrong)
    assert refused.value.field == field


async def test_acceptance_names_a_client_a_version_and_a_past_instant(world: World) -> None:
    version = await policy(world)
    client_id = await world.client()
    async with world.write() as tx:
        for wrong in (accept_fee_policy(tx, "0" * 32, version), accept_fee_policy(tx, client_id, version + 1)):
            with pytest.raises(NotFound):
                await wrong
        with pytest.raises(Invalid, match="accepted_ahead"):
            await accept_fee_policy(tx, client_id, version, accepted_at=tx.now + timedelta(days=1))
        with pytest.raises(Invalid, match="how_unknown"):
            await accept_fee_policy(tx, client_id, version, how="nod")


def test_every_case_can_be_opened_and_closed_and_money_follows_approvals_only() -> None:
    assert set(FOLLOWS) == {None, *EntryKind}
    for kind in EntryKind:
        owed = effect(Step(EntryKind.PROPOSED, 5), Step(kind, 5))
        assert owed == (5 if kind is EntryKind.APPROVED else 0)
    assert effect(Step(EntryKind.APPROVED, 5), Step(EntryKind.REVERSED, 5)) == -5
    assert effect(Step(EntryKind.WAIVED, 5), Step(EntryKind.REVERSED, 5)) == 0
