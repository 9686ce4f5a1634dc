"""The protocol of sending: every fault of the carrier, and what must have happened in the end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.sandbox.faults import Faults
from messages.kinds import Kind
from tests.messages.conftest import OpenPost
from tests.messages.post import Post


async def test_a_due_message_leaves_once_and_is_delivered(post: Post) -> None:
    ana = await post.office.client()
    message_id = await post.say(ana)

    swept = await post.send()

    assert (swept.posted, swept.done) == (1, 1)
    message = await post.message(message_id)
    assert (message.state, message.provider_status, message.attempt, message.segments) == ("sent", "delivered", 1, 1)
    assert post.bodies(ana.who.phone) == ["Lee Office: confirmed, Wed, Mar 11, 2:00 PM. See you then."]
    assert (await post.send()).done == 0
    assert [await post.noted(f"message.{word}") for word in ("queued", "intended", "sent")] == [1, 1, 1]


async def test_what_is_not_due_stays(post: Post) -> None:
    ana = await post.office.client()
    await post.say(ana, due_at=post.clock.now() + timedelta(seconds=1))
    assert (await post.send()).done == 0
    post.clock.advance(1)
    assert (await post.send()).posted == 1


@pytest.mark.parametrize(
    "trouble", ["error_after", "reset_after", "hang_after", "not_json", "error_before", "refused", "rate_limited"]
)
@pytest.mark.parametrize("callbacks", ["come", "never come"])
async def test_no_trouble_of_the_carrier_loses_or_doubles_a_text(
    open_post: OpenPost, trouble: str, callbacks: str
) -> None:
    lost = 1.0 if callbacks == "never come" else 0.0
    post = await open_post(faults=Faults(script=(trouble,), callback_lost=lost, hang_seconds=30))
    if trouble == "hang_after":
        post.limits = replace(post.limits, http_timeout=0.5)
    message_id = await post.say(await post.office.client())

    await post.run(timedelta(minutes=2))

    assert post.arrived() == {message_id: 1}
    assert (await post.message(message_id)).state == "sent"


async def test_what_was_surely_not_accepted_is_tried_again_soon(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(script=("rate_limited",)))
    message_id = await post.say(await post.office.client())
    await post.send()
    message = await post.message(message_id)
    assert (message.state, message.reason) == ("pending", "carrier_busy")
    assert post.clock.now() < message.due_at <= post.clock.now() + timedelta(seconds=3)


async def test_the_carriers_wish_to_wait_is_respected(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(script=("rate_limited",), retry_after_seconds=40))
    message_id = await post.say(await post.office.client())
    await post.send()
    assert (await post.message(message_id)).due_at >= post.clock.now() + timedelta(seconds=40)


@pytest.mark.parametrize("trouble", ["error_after", "error_before", "reset_after", "not_json"])
async def test_a_doubt_is_left_alone_until_it_has_settled(open_post: OpenPost, trouble: str) -> None:
    post = await open_post(faults=Faults(script=(trouble,), callback_lost=1.0))
    message_id = await post.say(await post.office.client())
    await post.send()
    assert (await post.message(message_id)).state == "unknown"
    post.clock.advance(29)
    assert await post.settle() == 0
    assert (await post.send()).done == 0


async def test_a_callback_ends_a_doubt_at_once(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(script=("reset_after",)))
    message_id = await post.say(await post.office.client())
    await post.send()
    message = await post.message(message_id)
    assert (message.state, message.provider_status) == ("sent", "delivered")


async def test_a_list_that_lags_is_asked_twice(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(script=("reset_after",), callback_lost=1.0, list_lag_seconds=(33, 33)))
    message_id = await post.say(await post.office.client())
    await post.run(timedelta(minutes=2))
    assert post.arrived() == {message_id: 1}


async def test_a_list_that_cannot_be_read_decides_nothing(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(script=("reset_after",), callback_lost=1.0, read_error=1.0))
    message_id = await post.say(await post.office.client())
    await post.run(timedelta(minutes=3))
    assert (await post.message(message_id)).state == "unknown"
    post.faults()
    await post.run(timedelta(minutes=1))
    assert (await post.message(message_id)).state == "sent"
    assert post.arrived() == {message_id: 1}


async def test_a_body_the_carrier_rewrote_is_still_found(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(script=("reset_after",), callback_lost=1.0, smart_encoded=1.0))
    message_id = await post.say(await post.office.client())
    await post.run(timedelta(minutes=1))
    assert post.arrived() == {message_id: 1}


async def test_two_messages_of_the_same_words_never_share_a_sid(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(script=("reset_after", "error_before"), callback_lost=1.0))
    ana = await post.office.client()
    first, second = await post.say(ana, "one"), await post.say(ana, "two")
    await post.run(timedelta(minutes=3))
    sids = {(await post.message(each)).sid for each in (first, second)}
    assert len(sids) == 2
    assert len(post.bodies()) == 2


async def test_a_callback_that_names_the_owner_of_a_sid_corrects_the_match_by_words(open_post: OpenPost) -> None:
    """Both answers are lost and only the second text was accepted: the list alone cannot tell which."""
    post = await open_post(faults=Faults(script=("error_before", "reset_after"), callback_lost=1.0))
    ana = await post.office.client()
    first = await post.say(ana, "one")
    await post.send()
    post.clock.advance(1)
    second = await post.say(ana, "two")
    await post.send()
    post.clock.advance(30)
    await post.settle()
    assert (await post.message(first)).state == "sent"  # matched by its words, wrongly
    sid = (await post.message(first)).sid
    assert sid is not None
    await post.callback(second, 1, sid, "delivered")
    assert (await post.message(second)).sid == sid
    assert (await post.message(first)).state == "unknown"
    await post.run(timedelta(minutes=1))
    assert len(post.bodies()) == 2
    assert sorted(post.arrived().values()) == [1, 1]


async def test_a_worker_that_was_frozen_past_its_lease_posts_nothing(post: Post) -> None:
    message_id = await post.say(await post.office.client())
    crashes = []

    def freeze(name: str) -> None:
        if name == "transmit.intents_committed" and not crashes:
            crashes.append(name)
            post.clock.advance(31)

    post.at(freeze)
    await post.send()
    assert post.bodies() == []
    assert (await post.message(message_id)).state == "pending"
    await post.send()
    assert post.arrived() == {message_id: 1}


async def test_a_message_recalled_before_its_post_is_not_posted(post: Post) -> None:
    ana = await post.office.client()
    message_id = await post.say(ana)
    worker = post.transmitter()
    _, held = await worker.claim(post.practice_id)
    await post.stop(ana)
    await worker.post(post.practice_id, held)
    message = await post.message(message_id)
    assert (message.state, message.reason) == ("cancelled", "opted_out")
    assert post.bodies() == []


async def test_refused_for_good_is_failed_and_somebody_is_asked(open_post: OpenPost) -> None:
    post = await open_post()
    ana = await post.office.client()
    post.carrier.opt_outs.add((post.sender, ana.who.phone))
    message_id = await post.say(ana)
    await post.send()
    message = await post.message(message_id)
    assert (message.state, message.error_code) == ("failed", 21610)
    assert ("opted_out", "open") in await post.tasks()
    assert await post.is_stopped(ana)


async def test_wrong_credentials_hold_everything_and_raise_one_alarm(open_post: OpenPost) -> None:
    post = await open_post()
    ana = await post.office.client()
    ids = [await post.say(ana, str(number)) for number in range(3)]
    post.credentials("wrong-token")
    await post.send()
    assert {(await post.message(each)).state for each in ids} == {"pending"}
    assert await post.tasks() == [("sending_trouble", "open")]
    post.credentials()
    post.clock.advance(timedelta(minutes=7))
    await post.send()
    assert len(post.bodies()) == 3


async def test_too_late_is_not_sent_and_a_text_that_was_tried_becomes_a_task(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(rate_limited=1.0))
    ana = await post.office.client()
    message_id = await post.say(ana, useful_until=post.clock.now() + timedelta(minutes=10))
    await post.run(timedelta(minutes=30), step=60)
    message = await post.message(message_id)
    assert (message.state, message.reason) == ("cancelled", "too_late")
    assert ("undeliverable", "open") in await post.tasks()


async def test_more_than_a_batch_leaves_whole(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(reset_after=0.1, error_before=0.1, rate_limited=0.1, callback_lost=0.3))
    ana = await post.office.client()
    ids = {await post.say(ana, str(number), kind=Kind.INBOX_AUTO) for number in range(70)}
    await post.run(timedelta(minutes=4), step=10)
    assert set(post.arrived()) == ids
    assert set(post.arrived().values()) == {1}
