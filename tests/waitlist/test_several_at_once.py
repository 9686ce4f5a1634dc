"""Several people asked about one opening: who is asked, who wins, what the others are told, and when more are asked."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from scheduler import tables
from scheduler.actions.practice import add_location
from scheduler.core.actor import OPERATOR, WORKER
from scheduler.core.errors import Invalid, NotFound
from tests.conversation.scene import FRONT, Scene, local, set_the_scene
from tests.waitlist.test_claims import take
from tests.waitlist.test_waves import free, held_times, offers, openings, waves
from waitlist import askable, candidates, entry_store, policy_store
from waitlist.actions.claim import Expired, Gone, Won
from waitlist.actions.learn import learn
from waitlist.actions.leave import leave
from waitlist.actions.pass_offer import pass_offer
from waitlist.actions.pause import pause
from waitlist.actions.save_policy import save_policy
from waitlist.askable import MOST_ANSWERED
from waitlist.matching import WeeklyWindow, rank
from waitlist.offer_store import OfferState
from waitlist.opening_store import OpeningState
from waitlist.pace import BEAT
from waitlist.response import PUBLISHED
from waitlist.tidy import tidy
from waitlist.turns import long_unasked


@pytest.fixture
async def scene(record, clock) -> Scene:
    """A practice with the standard policy: waves."""
    return await set_the_scene(record, clock)


async def waiting(scene: Scene, count: int, **wishes) -> list[str]:
    people = []
    for _ in range(count):
        people.append(await scene.client())
        await scene.wait(people[-1], **wishes)
        scene.pass_time(minutes=1)
    return people


async def held(scene: Scene):
    return await offers(scene, states=(OfferState.HELD,))


async def test_some_are_asked_in_turn_and_more_when_they_stay_silent(scene):
    people = await waiting(scene, 24)
    await free(scene)
    await waves(scene)
    first = await held(scene)
    assert 3 <= len(first) < 24
    assert {each.client_id for each in first} == set(people[: len(first)])
    assert sorted(each.place for each in first) == list(range(1, len(first) + 1))
    await waves(scene)
    assert len(await held(scene)) == len(first)
    scene.clock.advance(6 * BEAT)
    await waves(scene)
    second = await held(scene)
    assert len(second) > len(first)
    assert {each.client_id for each in second} == set(people[: len(second)])
    (hold,) = await held_times(scene, first[0].opening_id)
    assert hold.expires_at > max(each.expires_at for each in second)


async def test_the_first_yes_wins_and_every_other_holder_is_told_and_moves_up(scene):
    await waiting(scene, 20)
    await free(scene)
    await waves(scene)
    await scene.deliver()
    winner, *losers = await held(scene)
    assert isinstance(await take(scene, winner.id), Won)
    assert await scene.told(winner.client_id) == ["offer", "offer_won"]
    for loser in losers:
        assert await scene.told(loser.client_id) == ["offer", "offer_lost"]
        assert await take(scene, loser.id) == Gone()
        assert await scene.told(loser.client_id) == ["offer", "offer_lost", "offer_second"]
    async with scene.record.read(scene.practice) as r:
        waits = {entry.client_id: entry for entry in await entry_store.entries(r)}
        assert {waits[loser.client_id].credit for loser in losers} == {6}
    await free(scene, "03-11 14:00")
    await waves(scene)
    never = [client for client, entry in waits.items() if entry.last_offered_at is None]
    assert {each.client_id for each in await held(scene)} >= {losers[0].client_id}
    assert never


async def stay_silent(scene):
    """Nobody answers until what is out has run out."""
    for offer in await held(scene):
        scene.clock.advance_to(max(scene.clock.now(), offer.expires_at))
    await waves(scene)


async def test_who_had_not_been_told_of_the_time_is_not_told_that_it_is_gone(scene):
    await waiting(scene, 4)
    await free(scene)
    await waves(scene)
    winner, *losers = await held(scene)
    await take(scene, winner.id)
    assert [await scene.told(each.client_id) for each in losers] == [[]] * len(losers)


async def test_who_does_not_answer_comes_later_and_who_answers_is_forgiven(scene):
    async with scene.record.write(scene.practice, OPERATOR) as tx:
        await save_policy(tx, {"offers_a_day": 9})
    quiet, *_ = await waiting(scene, 2)
    for hour in range(2):
        await free(scene, f"03-10 {10 + hour}:00")
        await waves(scene)
        await scene.deliver()
        for offer in await offers(scene, states=(OfferState.HELD,)):
            if offer.client_id != quiet:
                async with scene.record.write(scene.practice, FRONT) as tx:
                    await pass_offer(tx, offer.id)
        scene.pass_time(hours=24)
        await waves(scene)
    async with scene.record.read(scene.practice) as r:
        unanswered = {entry.client_id: entry.unanswered for entry in await entry_store.entries(r)}
    assert sorted(unanswered.values()) == [0, 2]
    assert unanswered[quiet] == 2
    await free(scene, "03-11 10:00")
    await waves(scene)
    (opening,) = [each for each in await openings(scene) if each.starts_at == local("03-11 10:00")]
    placed = {each.client_id: each.place for each in await offers(scene, opening_id=opening.id)}
    assert placed[quiet] == 2


async def test_near_the_visit_everybody_who_fits_is_asked(scene):
    scene.clock.advance_to(local("03-10 13:20"))
    people = await waiting(scene, 8)
    await free(scene)
    await waves(scene)
    assert {each.client_id for each in await held(scene)} == set(people)


async def test_nobody_is_asked_nearer_than_the_practice_says(scene):
    async with scene.record.write(scene.practice, OPERATOR) as tx:
        await save_policy(tx, {"stop_before_minutes": 240})
    scene.clock.advance_to(local("03-10 11:00"))
    await waiting(scene, 2)
    await free(scene)
    await waves(scene)
    assert await offers(scene) == ()
    (opening,) = await openings(scene)
    assert opening.state == "expired"


async def test_one_person_is_made_so_many_offers_a_day_and_more_tomorrow(scene):
    async with scene.record.write(scene.practice, OPERATOR) as tx:
        await save_policy(tx, {"offers_a_day": 1})
    (ana,) = await waiting(scene, 1)
    await free(scene)
    await waves(scene)
    assert len(await held(scene)) == 1
    await stay_silent(scene)
    await free(scene, "03-11 14:00")
    await waves(scene)
    assert await held(scene) == ()
    waits = next(each for each in await openings(scene) if each.starts_at == local("03-11 14:00"))
    assert (waits.state, waits.next_wave_at) == ("open", local("03-05 08:00"))
    scene.clock.advance_to(local("03-05 08:00"))
    await waves(scene)
    assert [each.client_id for each in await held(scene)] == [ana]


async def test_who_answers_is_asked_again_the_same_day_but_not_without_end(scene):
    async with scene.record.write(scene.practice, OPERATOR) as tx:
        await save_policy(tx, {"offers_a_day": 1})
    await waiting(scene, 1)
    for day in (10, 11, 12):
        await free(scene, f"03-{day} 14:00")
        await waves(scene)
        for offer in await held(scene):
            async with scene.record.write(scene.practice, FRONT) as tx:
                await pass_offer(tx, offer.id)
    assert len(await offers(scene)) == MOST_ANSWERED == 2


async def test_who_joins_while_others_are_asked_is_asked_beside_them(scene):
    (ana,) = await waiting(scene, 1)
    await free(scene)
    await waves(scene)
    (bo,) = await waiting(scene, 1)
    await waves(scene)
    assert {each.client_id for each in await held(scene)} == {ana, bo}


async def test_the_last_offer_of_a_day_is_kept_for_what_is_near(scene):
    async with scene.record.write(scene.practice, OPERATOR) as tx:
        await save_policy(tx, {"offers_a_day": 2})
    (ana,) = await waiting(scene, 1)
    for when in ("03-10 14:00", "03-11 14:00"):
        await free(scene, when)
        await waves(scene)
        await stay_silent(scene)
    assert [each.starts_at for each in await offers(scene)] == [local("03-10 14:00")]
    await free(scene, "03-04 16:00")
    await waves(scene)
    (near,) = await held(scene)
    assert (near.client_id, near.starts_at) == (ana, local("03-04 16:00"))


async def test_who_holds_another_offer_is_asked_when_it_is_over(scene):
    (ana,) = await waiting(scene, 1)
    await free(scene)
    await free(scene, "03-11 14:00")
    await waves(scene)
    (first,) = await held(scene)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await pass_offer(tx, first.id)
    scene.pass_time(minutes=15)
    await waves(scene)
    (second,) = await held(scene)
    assert (second.client_id, second.opening_id != first.opening_id) == (ana, True)


async def lives_in(scene: Scene, client_id: str, zone: str) -> None:
    async with scene.record.write(scene.practice, OPERATOR) as tx:
        await tx.conn.execute(update(tables.client).where(tables.client.c.id == client_id).values(zone=zone))


@pytest.mark.parametrize(
    ("zone", "asked", "looked_at_again"),
    [
        ("America/Los_Angeles", True, None),  # half past six in the evening there
        ("Europe/Berlin", False, "03-10 03:00"),  # where it is eight by then
        ("America/Chicago", False, "03-10 08:00"),  # later than the others
    ],
)
async def test_at_night_somebody_elsewhere_is_found_behind_all_who_sleep(
    scene, monkeypatch, zone, asked, looked_at_again
):
    for name in ("FIRST_BATCH", "BATCH"):
        monkeypatch.setattr(candidates, name, 2)
    monkeypatch.setattr(askable, "AT_ONCE", 2)
    *_, last = await waiting(scene, 7)
    await lives_in(scene, last, zone)
    scene.clock.advance_to(local("03-09 21:30"))
    await free(scene)
    await waves(scene)
    assert [each.client_id for each in await held(scene)] == ([last] if asked else [])
    if not asked:
        (opening,) = await openings(scene)
        assert (opening.state, opening.next_wave_at) == ("open", local(looked_at_again))


async def test_a_yes_after_the_deadline_wins_what_nobody_has(scene):
    (ana,) = await waiting(scene, 1)
    await free(scene)
    await waves(scene)
    (offer,) = await held(scene)
    await scene.deliver()
    scene.pass_time(hours=3)
    await waves(scene)
    assert await held(scene) == ()
    assert isinstance(await take(scene, offer.id), Won)
    assert await scene.told(ana) == ["offer", "offer_won"]


async def test_a_yes_after_the_deadline_of_whoever_has_left_the_list_wins_nothing(scene):
    await waiting(scene, 1)
    await free(scene)
    await waves(scene)
    (offer,) = await held(scene)
    scene.pass_time(hours=3)
    await waves(scene)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await leave(tx, offer.entry_id)
    assert isinstance(await take(scene, offer.id), Expired)
    (opening,) = await openings(scene)
    assert opening.state is not OpeningState.FILLED


@pytest.mark.parametrize("engine_name", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
async def test_the_list_comes_in_the_order_of_the_pure_rule_however_long_it_is(scene, monkeypatch):
    """The database's narrowing and order against the rule applied to everybody; more than two chunks of each sort."""
    monkeypatch.setattr(candidates, "CHUNK", 20)
    lists = ({}, {"clinician_ids": (scene.lee,)}, {"clinician_ids": (scene.lee, scene.moss)}, {"priority": 1})
    hours = ((), (WeeklyWindow(1, 780, 1020),), (WeeklyWindow(2, 0, 1440),))
    for number in range(150):
        await scene.wait(await scene.client(), windows=hours[number % 3], **lists[number % 4])
        scene.pass_time(hours=12 if number % 7 == 0 else 0, minutes=1)
    await free(scene, "05-12 14:00")
    (opening,) = await openings(scene)
    async with scene.record.read(scene.practice) as r:
        now_true = await candidates.moment(r, opening)
        everybody = candidates.wishes(await entry_store.entries(r), candidates.gap_of(opening), now_true)
        expected = rank(everybody, candidates.gap_of(opening), r.now)
        assert [each.entry_id for each in await candidates.in_order(r, opening)] == [each.entry_id for each in expected]
        assert len(expected) == 100
        assert 0 < sum(long_unasked(each.standing, r.now) for each in expected) < 100
        assert [each.entry_id for each in await candidates.in_order(r, opening, most=3)] == [
            each.entry_id for each in expected[:3]
        ]


async def test_new_weights_put_everybody_where_the_rule_says(scene):
    early, late = await waiting(scene, 2)
    scene.pass_time(days=5)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await save_policy(tx, {"weights": {"waited": 0, "unasked": 0, "fit": 50}})
    await scene.wait(third := await scene.client(), clinician_ids=(scene.lee,))
    await free(scene)
    (opening,) = await openings(scene)
    async with scene.record.read(scene.practice) as r:
        order = [each.client_id for each in await candidates.in_order(r, opening)]
    assert order == [third, early, late]


async def test_the_curve_is_learned_once_a_week_from_what_was_answered(scene):
    await waiting(scene, 6)
    await free(scene)
    await waves(scene)
    for offer in await held(scene):
        async with scene.record.write(scene.practice, FRONT) as tx:
            await pass_offer(tx, offer.id)
    scene.pass_time(hours=1)
    assert await learn(scene.record, scene.practice)
    assert not await learn(scene.record, scene.practice)
    async with scene.record.read(scene.practice) as r:
        curve = await policy_store.curve(r)
    assert curve.chance(timedelta(days=5), 60) < PUBLISHED.chance(timedelta(days=5), 60)
    scene.pass_time(days=7)
    assert await learn(scene.record, scene.practice)


async def test_each_offer_says_by_how_many_points_it_was_somebodys_turn(scene):
    await waiting(scene, 3)
    scene.pass_time(days=2)
    await free(scene)
    await waves(scene)
    made = await held(scene)
    assert {each.among for each in made} == {3}
    assert {each.points for each in made} == {22}
    async with scene.record.write(scene.practice, WORKER) as tx:
        detail = await scene.noted(tx, "offer.made")
    assert (detail["waited"], detail["unasked"], detail["policy"]) == (6, 16, 0)


async def test_who_rests_is_not_asked_and_keeps_the_place(scene):
    (ana,) = await waiting(scene, 1)
    async with scene.record.write(scene.practice, FRONT) as tx:
        (entry,) = await entry_store.entries_of(tx, ana)
        assert await pause(tx, entry.id, tx.now + timedelta(days=2))
    await free(scene)
    await waves(scene)
    assert await offers(scene) == ()
    async with scene.record.write(scene.practice, FRONT) as tx:
        assert await pause(tx, entry.id, None)
    await waves(scene)
    assert [each.client_id for each in await held(scene)] == [ana]
    async with scene.record.write(scene.practice, FRONT) as tx:
        await leave(tx, entry.id)
        assert not await pause(tx, entry.id, None)
        with pytest.raises(Invalid):
            await pause(tx, entry.id, tx.now)
        with pytest.raises(NotFound):
            await pause(tx, "0" * 32, None)


async def test_an_entry_leaves_by_itself_after_its_last_day(scene):
    ana = await scene.client()
    entry = await scene.wait(ana, expires_on=local("03-05 00:00").date())
    scene.pass_time(hours=2)
    await tidy(scene.record, scene.practice)
    async with scene.record.read(scene.practice) as r:
        assert (await entry_store.entry(r, entry)).state == "waiting"
    scene.pass_time(days=2)
    assert await tidy(scene.record, scene.practice) == 1
    async with scene.record.read(scene.practice) as r:
        assert (await entry_store.entry(r, entry)).state == "left"
    assert await tidy(scene.record, scene.practice) == 0


async def test_another_place_than_theirs_is_not_offered_and_a_reason_must_be_known(scene):
    async with scene.record.write(scene.practice, OPERATOR) as tx:
        elsewhere = await add_location(tx, "Elsewhere", "America/New_York")
    ana, bo = await scene.client(), await scene.client()
    await scene.wait(ana, location_id=elsewhere)
    await scene.wait(bo, location_id=scene.location, priority=1, urgency_reason="clinical")
    await free(scene)
    await waves(scene)
    assert [each.client_id for each in await held(scene)] == [bo]
    cleo = await scene.client()
    with pytest.raises(Invalid):
        await scene.wait(cleo, urgency_reason="because")
    with pytest.raises(NotFound):
        await scene.wait(cleo, location_id="0" * 32)
