"""What is looked at once more when a message leaves: each reason to keep it back, read from the record."""

from datetime import timedelta

import pytest

from messages.kinds import Kind
from scheduler.actions.clients import archive_client, quarantine_contact_point
from tests.messages.conftest import OpenPost
from tests.messages.post import THREE_DAYS, VISIT, Post, about, book, writing
from tests.rig.office import local


async def test_a_touch_needs_consent_at_the_moment_it_leaves(post: Post) -> None:
    await post.policy(THREE_DAYS)
    ana = await post.office.client()
    await book(post, ana)
    await post.disagree_quietly(ana)
    post.clock.advance_to(local("2026-03-08 10:00"))
    await post.send()
    (touch,) = await post.touches(ana)
    assert (touch.state, touch.reason) == ("cancelled", "no_consent")


async def test_a_direct_answer_needs_none(post: Post) -> None:
    ana = await post.office.client(consents=())
    await post.say(ana)
    await post.send()
    assert len(post.bodies()) == 1


async def test_one_capped_text_a_day_and_the_next_waits_for_its_day(open_post: OpenPost) -> None:
    post = await open_post(daily_cap=1, weekly_cap=3)
    ana = await post.office.client()
    ids = [await post.offer_like(ana, str(number)) for number in range(5)]
    await post.run(timedelta(days=4), step=3600 * 6)
    states = [(await post.message(each)).state for each in ids]
    assert sorted(states) == ["cancelled", "cancelled", "sent", "sent", "sent"]
    days = {(await post.message(each)).sent_at.date() for each in ids if (await post.message(each)).sent_at}
    assert len(days) == 3


async def test_two_in_one_batch_share_the_cap(open_post: OpenPost) -> None:
    post = await open_post(daily_cap=1)
    ana = await post.office.client()
    await post.offer_like(ana, "a")
    await post.offer_like(ana, "b")
    swept = await post.send()
    assert (swept.posted, swept.postponed) == (1, 1)


async def test_a_shared_number_shares_its_cap(open_post: OpenPost) -> None:
    post = await open_post(daily_cap=1)
    ana, ben = await post.office.client(0), await post.office.client(1, phone_of=0)
    await post.offer_like(ana, "a")
    await post.offer_like(ben, "b")
    assert (await post.send()).posted == 1


async def test_answers_are_neither_capped_nor_kept_for_the_morning(open_post: OpenPost) -> None:
    post = await open_post(daily_cap=1)
    post.clock.advance_to(local("2026-03-04 23:30"))
    ana = await post.office.client()
    for number in range(3):
        await post.say(ana, str(number), fields=about(number))
    await post.send()
    assert len(post.bodies()) == 3


async def test_in_the_night_a_touch_waits_for_the_window(post: Post) -> None:
    ana = await post.office.client()
    post.clock.advance_to(local("2026-03-04 21:00"))
    message_id = await post.offer_like(ana, "a")
    await post.send()
    message = await post.message(message_id)
    assert (message.state, message.reason, message.due_at) == (
        "pending",
        "outside_window",
        local("2026-03-05 08:00"),
    )


@pytest.mark.parametrize("how", ["quarantined", "archived"])
async def test_numbers_and_clients_out_of_use_get_nothing(post: Post, how: str) -> None:
    ana = await post.office.client()
    message_id = await post.say(ana)
    async with writing(post) as tx:
        if how == "archived":
            await archive_client(tx, ana.id)
        else:
            await quarantine_contact_point(tx, ana.phone_id or "", reason="wrong_number")
    await post.send()
    message = await post.message(message_id)
    assert message.state == "cancelled"
    assert message.reason == {"archived": "recipient_changed", "quarantined": "number_quarantined"}[how]


async def test_the_apology_to_a_wrong_number_still_leaves(post: Post) -> None:
    ana = await post.office.client()
    async with writing(post) as tx:
        await quarantine_contact_point(tx, ana.phone_id or "", reason="wrong_number")
    await post.say(ana, kind=Kind.WRONG_NUMBER)
    await post.send()
    assert len(post.bodies()) == 1


async def test_a_kind_without_its_facts_is_not_sent_and_somebody_is_told(post: Post) -> None:
    from messages.particulars import Particulars

    ana = await post.office.client()
    message_id = await post.say(ana, fields=Particulars())  # "confirmed", but which visit?
    await post.send()
    assert (await post.message(message_id)).reason == "text_unsafe"
    assert await post.tasks() == [("sending_trouble", "open")]


async def test_a_visit_that_moved_between_claim_and_plan_is_never_texted_about(post: Post) -> None:
    ana = await post.office.client()
    await post.policy()
    _, (participation_id,) = await book(post, ana)
    message_id = await post.say(ana, kind=Kind.REMINDER, participation_id=participation_id, revision=7)
    await post.send()
    assert (await post.message(message_id)).reason == "superseded"


async def test_the_carrier_may_not_keep_it_past_its_use_or_into_the_night(post: Post) -> None:
    ana = await post.office.client()
    await post.say(ana, "short", useful_until=post.clock.now() + timedelta(minutes=3))
    post.clock.advance_to(local("2026-03-04 19:30"))
    await post.offer_like(ana, "evening")
    await post.send()
    seconds = [int(entry.params["ValidityPeriod"]) for entry in post.carrier.ledger.find()]
    assert seconds == [30 * 60]
    assert post.clock.now() < VISIT


async def test_without_a_way_out_the_practice_is_told(post: Post) -> None:
    ana = await post.office.client()
    post.ways = {}
    message_id = await post.say(ana)
    await post.send()
    assert (await post.message(message_id)).reason == "sender_unregistered"
    assert await post.tasks() == [("sending_trouble", "open")]
