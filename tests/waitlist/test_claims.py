"""Claiming: one winner, everybody told once, cascades, retries, undo, and races of two real connections."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from scheduler.actions.book import book
from scheduler.actions.cancel import cancel
from scheduler.actions.clients import archive_client
from scheduler.core.actor import Actor, ActorKind, Via
from scheduler.core.engine import open_engines
from scheduler.core.errors import Conflict, NotFound
from scheduler.core.ids import seeded_ids
from scheduler.core.record import Record
from scheduler.people import store as people
from scheduler.tables import opening as opening_table
from tests.conversation.scene import FRONT, Scene, local
from tests.waitlist.test_waves import free, offers, openings, waves
from waitlist import edit_store, entry_store, offer_store, opening_store
from waitlist.actions.claim import Expired, Gone, Won, claim
from waitlist.actions.leave import leave
from waitlist.actions.pass_offer import pass_offer
from waitlist.actions.undo_claim import ClaimUndone, NotUndone, undo_claim
from waitlist.offer_store import OfferState

CLIENT = Actor(ActorKind.CLIENT, "c" * 32, Via.SMS)


async def offered(scene: Scene, when: str = "03-10 14:00", **wishes):
    """A client with a held offer, and that offer."""
    ana = await scene.client()
    await scene.wait(ana, **wishes)
    await free(scene, when)
    await waves(scene)
    (offer,) = await offers(scene, client_ids=(ana,))
    await scene.deliver()
    return ana, offer


async def take(scene: Scene, offer_id: str, record: Record | None = None, **options):
    async with (record or scene.record).write(scene.practice, CLIENT) as tx:
        return await claim(tx, offer_id, via="sms", **options)


async def second_holder(scene: Scene, offer):
    """Somebody else to whom the same opening is offered at the same time, as offers in batches will do."""
    bo = await scene.client()
    entry = await scene.wait(bo)
    async with scene.record.write(scene.practice, FRONT) as tx:
        offer_id = tx.new_id()
        (point,) = await people.contact_points(tx, bo)
        row = {"id": offer_id, "opening_id": offer.opening_id, "entry_id": entry, "client_id": bo}
        await edit_store.add_offers(tx, [{**row, "contact_point_id": point.id, "expires_at": offer.expires_at}])
    return bo, offer_id, entry


async def test_a_claim_books_confirms_fills_and_tells(scene):
    ana, offer = await offered(scene)
    won = await take(scene, offer.id)
    assert isinstance(won, Won)
    assert (won.released, won.again) == (None, False)
    assert await scene.upcoming(ana) == ["03-10 14:00 confirmed"]
    assert await scene.told(ana) == ["offer", "offer_won"]
    (opening,) = await openings(scene)
    assert opening.state == "filled"
    assert (await scene.visit(opening.freed_participation_id)).filled_after_cancel
    async with scene.record.read(scene.practice) as r:
        (entry,) = await entry_store.entries_of(r, ana)
        assert entry.state == "filled"
        assert (await offer_store.offer_by_id(r, offer.id)).participation_id == won.participation_id


async def test_the_winners_retry_wins_again_and_says_nothing_new(scene):
    ana, offer = await offered(scene)
    won = await take(scene, offer.id)
    again = await take(scene, offer.id)
    assert again == Won(won.participation_id, None, again=True)
    assert await scene.told(ana) == ["offer", "offer_won"]
    assert len(await scene.upcoming(ana)) == 1


async def test_of_two_holders_one_wins_and_the_other_is_told_in_the_same_commit(scene):
    _, offer = await offered(scene)
    bo, other, entry = await second_holder(scene, offer)
    assert isinstance(await take(scene, offer.id), Won)
    assert await scene.told(bo) == ["offer_lost"]
    async with scene.record.read(scene.practice) as r:
        assert (await entry_store.entry(r, entry)).credit == 1
        assert (await entry_store.entry(r, entry)).state == "waiting"
    assert await take(scene, other) == Gone()
    assert await take(scene, other) == Gone()
    assert await scene.told(bo) == ["offer_lost", "offer_second"]  # thanked for a yes that crossed the word, once
    assert await scene.upcoming(bo) == []


async def test_who_lost_one_is_asked_first_about_the_next(scene):
    _, offer = await offered(scene)
    early = await scene.client()
    await scene.wait(early, clinician_ids=(scene.moss,))
    scene.pass_time(minutes=1)
    bo, _, _ = await second_holder(scene, offer)
    await take(scene, offer.id)
    (instead,) = await offers(scene, states=("held",))
    async with scene.record.write(scene.practice, CLIENT) as tx:
        await pass_offer(tx, instead.id)
    await free(scene, "03-12 14:00", clinician=scene.moss)
    await waves(scene)
    (held,) = await offers(scene, states=("held",))
    assert held.client_id == bo


async def test_a_later_visit_is_released_without_fee_and_its_time_opens_next(scene):
    ana = await scene.client()
    later = await scene.book(ana, "03-17 10:00")
    await scene.wait(ana, replaces_participation_id=later)
    await free(scene)
    await waves(scene)
    bo = await scene.client()
    await scene.wait(bo)
    (offer,) = await offers(scene)
    await scene.deliver()
    won = await take(scene, offer.id)
    assert won.released == later
    assert (await scene.visit(later)).state == "cancelled"
    assert (await scene.visit(later)).cancelled_via == "claim"
    text = (await scene.messages(ana))[-1]
    assert (text.kind, text.fields.other_at) == ("offer_won", local("03-17 10:00"))
    await waves(scene)
    (held,) = await offers(scene, states=("held",))
    assert (held.client_id, held.starts_at) == (bo, local("03-17 10:00"))
    assert sorted(each.depth for each in await openings(scene)) == [0, 1]


async def test_a_cascade_ends_after_two_claims(scene):
    waiting = [await scene.client() for _ in range(3)]
    for number, client in enumerate(waiting):
        later = await scene.book(client, f"03-{17 + number} 10:00")
        await scene.wait(client, replaces_participation_id=later)
        scene.pass_time(minutes=1)
    await free(scene)
    for _ in range(3):
        await waves(scene)
        (held,) = await offers(scene, states=("held",))
        assert isinstance(await take(scene, held.id), Won)
    await waves(scene)
    assert sorted(each.depth for each in await openings(scene)) == [0, 1, 2]
    async with scene.record.read(scene.practice) as r:
        assert (await scene.noted(r, "opening.not_made"))["reason"] == "cascade_ends"


async def test_an_answer_in_time_wins_although_it_is_read_a_moment_late(scene):
    ana, offer = await offered(scene)
    sent_at = offer.expires_at - timedelta(seconds=2)
    scene.clock.advance_to(offer.expires_at + timedelta(seconds=50))
    assert isinstance(await take(scene, offer.id, received_at=sent_at), Won)
    assert await scene.told(ana) == ["offer", "offer_won"]


async def test_an_answer_after_the_deadline_is_told_once_that_it_went_on(scene):
    ana, offer = await offered(scene)
    bo = await scene.client()
    await scene.wait(bo)
    scene.clock.advance_to(offer.expires_at + timedelta(minutes=1))
    assert await take(scene, offer.id) == Expired()
    assert await take(scene, offer.id) == Expired()
    assert await scene.told(ana) == ["offer", "offer_expired"]
    assert await scene.told(bo) == ["offer"]


async def test_who_passed_and_thinks_again_still_gets_what_nobody_has(scene):
    ana, offer = await offered(scene)
    async with scene.record.write(scene.practice, CLIENT) as tx:
        await pass_offer(tx, offer.id)
    assert isinstance(await take(scene, offer.id), Won)
    assert await scene.upcoming(ana) == ["03-10 14:00 confirmed"]
    (opening,) = await openings(scene)
    assert opening.state == "filled"


async def test_a_late_yes_to_a_time_nobody_wanted_and_that_was_booked_meanwhile_is_told_so(scene):
    ana, offer = await offered(scene)
    scene.pass_time(hours=3)
    await waves(scene)
    await scene.book(await scene.client(), "03-10 14:00")
    assert await take(scene, offer.id) == Expired()
    assert await scene.upcoming(ana) == []


async def test_who_passed_and_thinks_again_is_too_late_once_another_is_asked(scene):
    ana, offer = await offered(scene)
    await scene.wait(await scene.client())
    async with scene.record.write(scene.practice, CLIENT) as tx:
        await pass_offer(tx, offer.id)
    assert await take(scene, offer.id) == Expired()
    assert await scene.told(ana) == ["offer", "offer_passed", "offer_expired"]


async def test_a_claim_after_staff_took_the_time_changes_nothing(scene):
    ana, offer = await offered(scene)
    await scene.book(await scene.client(), "03-10 14:00", over_holds=True)
    assert await take(scene, offer.id) == Gone()
    assert await scene.told(ana) == ["offer", "offer_withdrawn"]
    assert await scene.upcoming(ana) == []


async def test_nobody_wins_a_second_place_at_the_same_hour(scene):
    ana, offer = await offered(scene)
    await scene.book(ana, "03-10 14:30", clinician=scene.moss)
    assert await take(scene, offer.id) == Gone()
    assert await scene.upcoming(ana) == ["03-10 14:30 booked"]
    assert await scene.told(ana) == ["offer", "offer_withdrawn"]


async def test_who_was_put_away_meanwhile_leaves_the_time_to_the_next(scene):
    ana, offer = await offered(scene)
    bo = await scene.client()
    await scene.wait(bo)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await archive_client(tx, ana)
    assert await take(scene, offer.id) == Gone()
    (held,) = await offers(scene, states=("held",))
    assert held.client_id == bo


async def test_an_offer_of_nobody_is_not_found(scene):
    with pytest.raises(NotFound):
        await take(scene, "0" * 32)


async def test_undoing_a_claim_brings_the_old_visit_back_and_offers_the_time_on(scene):
    ana = await scene.client()
    later = await scene.book(ana, "03-17 10:00")
    await scene.wait(ana, replaces_participation_id=later)
    await free(scene)
    await waves(scene)
    (offer,) = await offers(scene)
    won = await take(scene, offer.id)
    bo = await scene.client()
    await scene.wait(bo)
    await waves(scene)
    await scene.deliver()
    assert await scene.told(bo) == ["offer"]  # the released time
    async with scene.record.write(scene.practice, CLIENT) as tx:
        assert await undo_claim(tx, offer.id) == ClaimUndone(later)
    assert await scene.upcoming(ana) == ["03-17 10:00 booked"]
    assert (await scene.visit(won.participation_id)).state == "cancelled"
    assert await scene.told(bo) == ["offer", "offer_withdrawn"]
    await waves(scene)
    (held,) = await offers(scene, states=("held",))
    assert (held.client_id, held.starts_at) == (bo, local("03-10 14:00"))
    async with scene.record.write(scene.practice, CLIENT) as tx:
        assert await undo_claim(tx, offer.id) == NotUndone("not_claimed")


async def test_a_claim_stands_when_the_old_time_is_taken_or_the_minutes_are_over(scene):
    ana = await scene.client()
    later = await scene.book(ana, "03-17 10:00")
    await scene.wait(ana, replaces_participation_id=later)
    await free(scene)
    await waves(scene)
    (offer,) = await offers(scene)
    await take(scene, offer.id)
    await scene.book(await scene.client(), "03-17 10:00", over_holds=True)
    async with scene.record.write(scene.practice, CLIENT) as tx:
        assert await undo_claim(tx, offer.id) == NotUndone("old_time_taken")
    scene.pass_time(minutes=16)
    async with scene.record.write(scene.practice, CLIENT) as tx:
        assert await undo_claim(tx, offer.id) == NotUndone("too_late")
    assert await scene.upcoming(ana) == ["03-10 14:00 confirmed"]


# ---- races ----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def other_process(engine_url, scene):
    """The same database through connections of its own, as another worker has it."""
    engines = open_engines(engine_url)
    record = scene.record
    yield Record(engines, record.clock, record.vault, make_id=seeded_ids(2), subscriptions=record.subscriptions)
    await engines.close()


async def check_then_write(scene: Scene, record: Record, opening_id: str, both_have_looked: asyncio.Barrier) -> bool:
    """How a claim without its guard would go: look, then write what the look allows."""
    async with record.read(scene.practice) as r:
        found = await opening_store.opening_by_id(r, opening_id)
    await both_have_looked.wait()
    if found is None or found.state != "open":
        return False
    async with record.write(scene.practice, CLIENT) as tx:
        o = opening_table.c
        await tx.conn.execute(update(opening_table).where(o.id == opening_id).values(state="filled"))
    return True


async def test_without_the_guard_two_would_win(scene, other_process):
    _, offer = await offered(scene)
    barrier = asyncio.Barrier(2)
    won = await asyncio.gather(
        check_then_write(scene, scene.record, offer.opening_id, barrier),
        check_then_write(scene, other_process, offer.opening_id, barrier),
    )
    assert won == [True, True]


async def test_two_who_claim_at_once_from_two_processes_get_one_winner(scene, other_process):
    for round_number in range(5):
        ana, offer = await offered(scene, f"03-{10 + round_number} 14:00", clinician_ids=(scene.lee,))
        bo, other, _ = await second_holder(scene, offer)
        outcomes = await asyncio.gather(
            take(scene, offer.id, scene.record),
            take(scene, other, other_process),
            take(scene, offer.id, other_process),
            take(scene, other, scene.record),
        )
        winners = {outcome.participation_id for outcome in outcomes if isinstance(outcome, Won)}
        assert len(winners) == 1
        booked = [await scene.upcoming(ana), await scene.upcoming(bo)]
        assert sorted(map(len, booked)) == [0, 1]
        told = sorted([(await scene.told(ana))[-1], (await scene.told(bo))[-1]])
        assert told == ["offer_second", "offer_won"]  # told that it is gone, then thanked for the yes that crossed it
        assert [*await scene.told(ana), *await scene.told(bo)].count("offer_lost") == 1
        await leave_all(scene, ana, bo)


async def leave_all(scene: Scene, *clients: str) -> None:
    """Start the next round with an empty list."""
    async with scene.record.write(scene.practice, FRONT) as tx:
        for client in clients:
            for entry in await entry_store.entries_of(tx, client):
                await leave(tx, entry.id)


async def test_staff_and_claimer_at_once_never_both_get_the_time(scene, other_process):
    for round_number in range(6):
        ana, offer = await offered(
            scene, f"03-{10 + round_number % 4} {10 + round_number}:00", clinician_ids=(scene.lee,)
        )
        bo = await scene.client()

        async def by_hand(start=offer.starts_at, client=bo):
            try:
                async with other_process.write(scene.practice, FRONT) as tx:
                    await book(
                        tx,
                        clinician_id=scene.lee,
                        service_id=scene.service,
                        location_id=scene.location,
                        client_ids=(client,),
                        starts_at=start,
                        over_holds=True,
                    )
            except Conflict:
                return False
            return True

        outcome, booked = await asyncio.gather(take(scene, offer.id), by_hand())
        assert isinstance(outcome, Won) is not booked
        assert (await scene.told(ana))[-1] == ("offer_withdrawn" if booked else "offer_won")
        await leave_all(scene, ana)


async def test_the_database_itself_refuses_a_second_winner(scene):
    _, offer = await offered(scene)
    _, other, _ = await second_holder(scene, offer)
    await take(scene, offer.id)
    with pytest.raises(IntegrityError):
        async with scene.record.write(scene.practice, FRONT) as tx:
            await edit_store.end_offer(tx, other, OfferState.WITHDRAWN, OfferState.CLAIMED, None)


async def test_one_client_claiming_two_overlapping_times_at_once_gets_one(scene, other_process):
    ana, offer = await offered(scene, clinician_ids=(scene.lee,))
    gone = await scene.book(await scene.client(), "03-10 14:20", clinician=scene.moss)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await cancel(tx, gone, by="client")
    (second_opening,) = [each for each in await openings(scene) if each.clinician_id == scene.moss]
    async with scene.record.write(scene.practice, FRONT) as tx:
        other = tx.new_id()
        row = {"id": other, "opening_id": second_opening.id, "entry_id": offer.entry_id, "client_id": ana}
        await edit_store.add_offers(
            tx, [{**row, "contact_point_id": offer.contact_point_id, "expires_at": offer.expires_at}]
        )
    await asyncio.gather(take(scene, offer.id), take(scene, other, other_process))
    assert len(await scene.upcoming(ana)) == 1
    async with scene.record.read(scene.practice) as r:
        states = (await r.conn.execute(select(opening_table.c.state))).scalars().all()
    assert sorted(states).count("filled") == 1


async def test_a_no_after_the_deadline_is_an_answer_too(scene):
    ana, offer = await offered(scene)
    scene.pass_time(hours=3)
    await waves(scene)
    async with scene.record.read(scene.practice) as r:
        (silent,) = await entry_store.entries_of(r, ana)
    assert silent.unanswered == 1
    async with scene.record.write(scene.practice, CLIENT) as tx:
        await pass_offer(tx, offer.id)
    async with scene.record.read(scene.practice) as r:
        (spoke,) = await entry_store.entries_of(r, ana)
    assert spoke.unanswered == 0
