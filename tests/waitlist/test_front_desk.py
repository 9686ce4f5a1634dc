"""Where a person settles yeses: a yes keeps the time and asks the desk; staff book it, the desk's silence ends it."""

from datetime import UTC, datetime, timedelta

import pytest

from messages import task_store
from scheduler.core.actor import OPERATOR, Actor, ActorKind, Via
from scheduler.core.errors import Invalid
from tests.conversation.scene import Scene, local
from tests.waitlist.test_waves import free, offers, openings, waves
from waitlist.actions.ask_the_desk import Noted
from waitlist.actions.claim import Gone, Won, claim
from waitlist.actions.pass_offer import Passed, pass_offer
from waitlist.actions.save_policy import save_policy
from waitlist.front_desk import Desk
from waitlist.policy import Mode, policy_of

CLIENT = Actor(ActorKind.CLIENT, "c" * 32, Via.SMS)
DESK = Desk(0b0011111, 9 * 60, 17 * 60, "America/New_York")
FRIDAY = datetime(2026, 3, 6, 19, 0, tzinfo=UTC)
"""Two in the afternoon in New York."""


def test_a_desk_is_there_on_its_days_in_its_hours():
    assert DESK.closes(FRIDAY) == FRIDAY + timedelta(hours=3)
    assert DESK.opens(FRIDAY) == FRIDAY
    night = FRIDAY + timedelta(hours=6)
    assert DESK.closes(night) is None
    # Monday at nine, when the clocks have been put forward on the Sunday between.
    assert DESK.opens(night) == datetime(2026, 3, 9, 13, 0, tzinfo=UTC)


def test_nobody_is_asked_so_late_that_the_desk_could_not_settle_the_yes():
    late = FRIDAY + timedelta(hours=2, minutes=45)
    assert DESK.may_ask(late) == datetime(2026, 3, 9, 13, 0, tzinfo=UTC)
    assert DESK.may_ask(FRIDAY) == FRIDAY
    assert DESK.answer_by(FRIDAY, FRIDAY + timedelta(hours=5)) == FRIDAY + timedelta(hours=2, minutes=40)
    assert DESK.settle_by(FRIDAY, FRIDAY + timedelta(minutes=40)) == FRIDAY + timedelta(minutes=30)
    assert DESK.settle_by(late, FRIDAY + timedelta(days=1)) == FRIDAY + timedelta(hours=3)


def test_the_mode_by_lead_time_and_hours_that_make_no_sense():
    policy = policy_of({"mode": "one", "near_hours": 4, "near_mode": "everybody"}, 1)
    assert policy.mode_at(timedelta(hours=5)) is Mode.ONE
    assert policy.mode_at(timedelta(hours=3)) is Mode.EVERYBODY
    with pytest.raises(Invalid):
        policy_of({"desk_from_minute": 600, "desk_until_minute": 600}, 1)


async def asked(scene: Scene, accept: str, people: int = 1):
    """So many clients with an offer of one time, under a policy that leaves yeses to people."""
    async with scene.record.write(scene.practice, OPERATOR) as tx:
        await save_policy(tx, {"mode": "everybody", "accept": accept})
    who = [await scene.client() for _ in range(people)]
    for each in who:
        await scene.wait(each)
    await free(scene)
    await waves(scene)
    await scene.deliver()
    return [(await offers(scene, client_ids=(each,), states=("held",)))[0] for each in who]


async def say(scene: Scene, offer_id: str, via="sms"):
    async with scene.record.write(scene.practice, CLIENT) as tx:
        return await claim(tx, offer_id, via=via)


async def waiting_tasks(scene: Scene) -> list[str]:
    async with scene.record.read(scene.practice) as r:
        return [each.kind for each in await task_store.live(r)]


@pytest.mark.parametrize(("accept", "kind"), [("approve", "offer_noted"), ("call", "offer_call")])
async def test_a_yes_keeps_the_time_books_nothing_and_asks_the_desk_once(scene, accept, kind):
    (offer,) = await asked(scene, accept)
    assert [each.fields.asks for each in await scene.messages(offer.client_id) if each.kind == "offer"] == [True]
    noted = await say(scene, offer.id)
    assert isinstance(noted, Noted)
    assert noted.by_call is (accept == "call")
    again = await say(scene, offer.id)
    assert again == Noted(noted.until, noted.by_call, again=True)
    assert await scene.told(offer.client_id) == ["offer", kind]
    assert await scene.upcoming(offer.client_id) == []
    assert await waiting_tasks(scene) == ["offer_yes"]


async def test_staff_book_the_yes_and_the_others_are_told(scene):
    first, second = await asked(scene, "approve", 2)
    await say(scene, first.id)
    assert isinstance(await say(scene, first.id, via="staff"), Won)
    assert await scene.upcoming(first.client_id) == ["03-10 14:00 confirmed"]
    assert await scene.told(second.client_id) == ["offer", "offer_lost"]
    assert await waiting_tasks(scene) == []


async def test_two_yeses_wait_side_by_side_and_staff_choose(scene):
    first, second = await asked(scene, "approve", 2)
    await say(scene, first.id)
    behind = await say(scene, second.id)
    assert isinstance(behind, Noted)
    assert behind.behind
    assert await scene.told(second.client_id) == ["offer", "offer_behind"]
    assert isinstance(await say(scene, second.id, via="staff"), Won)
    assert await say(scene, first.id) == Gone()
    assert await scene.told(first.client_id) == ["offer", "offer_noted", "offer_lost", "offer_second"]
    assert await waiting_tasks(scene) == []


@pytest.mark.parametrize(("accept", "kept"), [("approve", "offer_noted"), ("call", "offer_call")])
async def test_a_time_is_kept_for_one_at_a_time_and_then_for_the_next_in_line(scene, accept, kept):
    first, second, third = await asked(scene, accept, 3)
    for each in (first, second, third):
        await say(scene, each.id)
    assert await scene.told(first.client_id) == ["offer", kept]
    scene.pass_time(minutes=30)
    async with scene.record.write(scene.practice, CLIENT) as tx:
        await pass_offer(tx, first.id)
    assert await scene.told(second.client_id) == ["offer", "offer_behind", kept]
    assert await scene.told(third.client_id) == ["offer", "offer_behind"]
    (now_kept,) = await offers(scene, client_ids=(second.client_id,), states=("held",))
    assert now_kept.expires_at == scene.clock.now() + timedelta(hours=1)
    again = await say(scene, second.id)
    assert again == Noted(now_kept.expires_at, accept == "call", again=True)


async def test_a_yes_nobody_settled_makes_room_for_the_next_in_line(scene):
    first, second = await asked(scene, "approve", 2)
    await say(scene, first.id)
    scene.pass_time(minutes=10)
    await say(scene, second.id)
    scene.pass_time(minutes=50)
    await waves(scene)
    assert await scene.told(first.client_id) == ["offer", "offer_noted", "offer_withdrawn"]
    assert await scene.told(second.client_id) == ["offer", "offer_behind", "offer_noted"]
    scene.pass_time(minutes=60)
    await waves(scene)
    assert (await scene.told(second.client_id))[-1] == "offer_withdrawn"


async def test_nobody_else_is_asked_while_a_yes_waits_and_its_end_goes_on(scene):
    (offer,) = await asked(scene, "approve")
    noted = await say(scene, offer.id)
    late = await scene.client()
    await scene.wait(late)
    await waves(scene)
    assert await offers(scene, client_ids=(late,)) == ()
    scene.pass_time(minutes=(noted.until - scene.clock.now()) / timedelta(minutes=1))
    await waves(scene)
    assert (await scene.told(offer.client_id))[-1] == "offer_withdrawn"
    assert await waiting_tasks(scene) == []
    (next_one,) = await offers(scene, client_ids=(late,))
    assert next_one.state == "held"


async def test_who_said_yes_may_still_pass(scene):
    (offer,) = await asked(scene, "approve")
    await say(scene, offer.id)
    async with scene.record.write(scene.practice, CLIENT) as tx:
        assert await pass_offer(tx, offer.id) == Passed(again=False)
    assert await waiting_tasks(scene) == []


async def test_while_the_desk_is_away_nobody_is_asked(scene):
    async with scene.record.write(scene.practice, OPERATOR) as tx:
        await save_policy(tx, {"accept": "approve"})
    ana = await scene.client()
    await scene.wait(ana)
    scene.clock.advance_to(local("03-04 18:30"))
    await free(scene)
    await waves(scene)
    assert await offers(scene, client_ids=(ana,)) == ()
    (opening,) = await openings(scene)
    assert opening.next_wave_at == local("03-05 09:00")


async def test_who_said_yes_and_asks_how_it_stands_is_not_asked_once_more_whether_they_take_it(scene):
    (offer,) = await asked(scene, "call")
    number = await scene.number_of(offer.client_id)
    (kept,) = await scene.says(number, "A")
    assert "is kept for you" in kept
    said = await scene.says(number, "ok when will I know")
    assert not [each for each in said if "reply A" in each]
    assert len(await waiting_tasks(scene)) == 2  # the yes, and the question
