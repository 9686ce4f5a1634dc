"""Status callbacks in any order, and what follows when a text does not arrive."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from random import Random

import pytest

from bot.sandbox.faults import Faults
from messages.delivery import heard, join
from messages.delivery_callback import Recorded
from messages.kinds import Kind
from scheduler.events import MessageUndeliverable
from tests.messages.conftest import OpenPost
from tests.messages.post import THREE_DAYS, Post, book
from tests.rig.office import local


@pytest.fixture
async def silent(open_post: OpenPost) -> Post:
    return await open_post(faults=Faults(callback_lost=1.0))


async def test_any_order_of_callbacks_ends_alike(silent: Post) -> None:
    ana = await silent.office.client()
    for number, order in enumerate(permutations(("queued", "sent", "delivered", "sending"), 4)):
        message_id = await silent.say(ana, str(number), kind=Kind.INBOX_AUTO)
        await silent.send()
        sid = (await silent.message(message_id)).sid or ""
        for status in (*order, order[0]):
            await silent.callback(message_id, 1, sid, status)
        assert (await silent.message(message_id)).provider_status == "delivered"


async def test_words_in_any_order_and_number_end_where_their_set_ends(silent: Post) -> None:
    """R23 through the record: a sample of all sequences up to six of nine words, each against the pure lattice."""
    words = ("accepted", "queued", "sending", "sent", "delivered", "undelivered", "failed", "read", "teleported")
    chance = Random(23)
    ana = await silent.office.client()
    for number in range(30):
        said = chance.choices(words, k=chance.randint(1, 6))
        message_id = await silent.say(ana, str(number), kind=Kind.INBOX_AUTO)
        await silent.send()
        before = await silent.message(message_id)
        expected = heard(before.provider_status or "")
        for status in said:
            await silent.callback(message_id, 1, before.sid or "", status)
            expected = join(expected, heard(status))
        after = await silent.message(message_id)
        assert after.provider_status == expected.status
        assert after.state == ("failed" if expected.failed else "sent"), said


async def test_a_repeated_callback_is_known(silent: Post) -> None:
    message_id = await silent.say(await silent.office.client())
    await silent.send()
    sid = (await silent.message(message_id)).sid or ""
    assert await silent.callback(message_id, 1, sid, "sent") is Recorded.NEW
    assert await silent.callback(message_id, 1, sid, "sent") is Recorded.AGAIN


async def test_callbacks_about_nothing_of_ours_are_noted_and_change_nothing(silent: Post) -> None:
    message_id = await silent.say(await silent.office.client())
    assert await silent.callback("f" * 32, 1, "SM1", "delivered") is Recorded.STRANGE
    assert await silent.callback(message_id, 1, "SM1", "delivered") is Recorded.STRANGE  # never attempted
    assert (await silent.message(message_id)).state == "pending"
    assert await silent.noted("callback.ignored") == 2


async def test_a_callback_may_come_before_the_answer(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(callback_early=1.0))
    message_id = await post.say(await post.office.client())
    await post.send()
    message = await post.message(message_id)
    assert (message.state, message.attempt) == ("sent", 1)


async def test_a_callback_that_outlasts_our_patience_still_counts(open_post: OpenPost) -> None:
    """The carrier answers only when its callback was taken in, and that takes longer than we wait for the answer."""
    post = await open_post(faults=Faults(callback_early=1.0), callback_seconds=0.6)
    message_id = await post.say(await post.office.client())
    post.limits = replace(post.limits, http_timeout=0.3)
    await post.send()
    await post.run(timedelta(minutes=1), step=10)
    message = await post.message(message_id)
    assert (message.state, message.attempt) == ("sent", 1)
    assert dict(post.arrived()) == {message_id: 1}


async def test_words_nobody_documented_are_kept_and_harmless(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(unknown_status=1.0, unknown_fields=1.0))
    message_id = await post.say(await post.office.client())
    await post.send()
    assert (await post.message(message_id)).provider_status == "delivered"


async def test_unreachable_for_now_is_tried_once_more_and_then_by_mail(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(undelivered=1.0, undelivered_code=30003))
    await post.policy(THREE_DAYS)
    ana = await post.office.client(email=True)
    await book(post, ana)
    post.clock.advance_to(local("2026-03-08 10:00"))
    await post.send()
    again = [each for each in await post.touches(ana) if each.state == "pending"]
    assert [(each.channel.value, each.due_at) for each in again] == [("sms", local("2026-03-08 10:45"))]
    post.clock.advance_to(local("2026-03-08 10:45"))
    await post.send()
    assert [(each.channel.value, each.state) for each in await post.touches(ana)] == [
        ("sms", "failed"),
        ("sms", "failed"),
        ("email", "pending"),
    ]
    assert len(post.bodies()) == 2


async def test_arrived_after_all_takes_the_second_try_back(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(undelivered=1.0, undelivered_code=30003))
    await post.policy(THREE_DAYS)
    ana = await post.office.client()
    await book(post, ana)
    post.clock.advance_to(local("2026-03-08 10:00"))
    await post.send()
    first = next(each for each in await post.touches(ana) if each.state == "failed")
    await post.callback(first.id, 1, first.sid or "", "delivered")
    assert [(each.state, each.reason) for each in await post.touches(ana)] == [
        ("sent", None),
        ("cancelled", "arrived_after_all"),
    ]


@pytest.mark.parametrize(
    ("code", "state", "tasks"),
    [
        (30005, "quarantined", {"undeliverable"}),
        (30006, "invalid", {"undeliverable"}),
        (30004, "active", {"undeliverable"}),
        (30007, "active", {"undeliverable"}),  # a single one is chance: test_error_codes.py has the alarm
        (99999, "active", {"undeliverable"}),
    ],
)
async def test_each_code_has_its_consequence(open_post: OpenPost, code: int, state: str, tasks: set[str]) -> None:
    post = await open_post(faults=Faults(undelivered=1.0, undelivered_code=code))
    await post.policy(THREE_DAYS)
    ana = await post.office.client()
    await book(post, ana)
    post.clock.advance_to(local("2026-03-08 10:00"))
    await post.send()
    await post.run(timedelta(minutes=1), step=20)
    assert {kind for kind, _ in await post.tasks()} - {"no_channel"} == tasks
    assert await post.contact_state(ana) == state
    assert len(post.bodies()) == 1


async def test_whoever_waits_for_the_news_hears_that_it_did_not_arrive(open_post: OpenPost, subscriptions) -> None:
    heard: list[str] = []

    async def hear(_tx, event: MessageUndeliverable) -> None:
        heard.append(event.message_id)

    subscriptions.on(MessageUndeliverable, hear)
    post = await open_post(faults=Faults(undelivered=1.0, undelivered_code=30004))
    message_id = await post.say(await post.office.client())
    await post.send()
    assert heard == [message_id]


async def test_a_number_that_cannot_be_texted_is_left_for_mail(open_post: OpenPost) -> None:
    post = await open_post()
    await post.policy(THREE_DAYS)
    ana = await post.office.client(email=True)
    post.carrier.reconfigure({"landlines": frozenset({ana.who.phone})})
    await book(post, ana)
    post.clock.advance_to(local("2026-03-08 10:00"))
    await post.send()
    assert [(each.channel.value, each.state) for each in await post.touches(ana)] == [
        ("sms", "failed"),
        ("email", "pending"),
    ]
    assert await post.contact_state(ana) == "invalid"


async def test_validity_that_ran_out_is_no_fault_of_the_number(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(queue_seconds=40_000))
    ana = await post.office.client()
    message_id = await post.say(ana, useful_until=post.clock.now() + timedelta(seconds=30))
    await post.send()
    post.clock.advance(31)
    await post.hear()
    message = await post.message(message_id)
    assert (message.state, message.error_code) == ("failed", 30036)
    assert await post.contact_state(ana) == "active"
