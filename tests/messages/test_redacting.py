"""The carrier forgets the words of what has come to its end, and only of that; a doubt keeps them."""

from datetime import timedelta

from bot.sandbox.faults import Faults
from messages import inbound
from messages.channels.base import Erasure
from messages.channels.twilio_sms import TwilioSms
from messages.inbound import Received
from messages.kinds import Channel
from messages.redact import IN_FLIGHT, NOT_NOW_SECONDS, Redactor
from scheduler.core.actor import CARRIER, WORKER
from tests.messages.conftest import OpenPost
from tests.messages.post import Post, about

DAY = timedelta(hours=24)


def redactor(post: Post, **more: bool) -> Redactor:
    return Redactor(post.record, post.ways, **more)


async def redact(post: Post) -> int:
    return await redactor(post).run(post.practice_id)


def kept(post: Post) -> list[str]:
    """The words the carrier still has."""
    return [text.body for text in post.carrier.texts if text.body]


async def test_words_of_what_arrived_are_erased_and_that_is_on_record(post: Post) -> None:
    message_id = await post.say(await post.office.client())
    await post.send()
    assert await redact(post) == 1
    assert kept(post) == []
    assert await post.noted("message.redacted") == 1
    assert (await post.message(message_id)).state == "sent"
    assert await redact(post) == 0


async def test_words_of_what_failed_are_erased_too(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(undelivered=1.0, undelivered_code=30004))
    await post.say(await post.office.client())
    await post.send()
    assert await redact(post) == 1
    assert kept(post) == []


async def test_without_a_receipt_the_words_go_after_a_day(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(no_receipt=1.0))
    await post.say(await post.office.client())
    await post.send()
    post.clock.advance(DAY - timedelta(minutes=1))
    assert await redact(post) == 0
    assert len(kept(post)) == 1
    post.clock.advance(timedelta(minutes=1))
    assert await redact(post) == 1
    assert kept(post) == []


async def test_too_early_is_tried_again_later(open_post: OpenPost) -> None:
    """We heard of an end that the carrier has not entered yet."""
    post = await open_post(faults=Faults(callback_lost=1.0, queue_seconds=600))
    message_id = await post.say(await post.office.client())
    await post.send()
    sid = (await post.message(message_id)).sid or ""
    await post.callback(message_id, 1, sid, "delivered")
    assert await redact(post) == 0
    post.clock.advance(timedelta(minutes=59))
    await post.hear()
    assert await redact(post) == 0
    post.clock.advance(timedelta(minutes=1))
    assert await redact(post) == 1


async def test_nothing_is_erased_while_a_text_to_the_same_number_is_in_doubt(open_post: OpenPost) -> None:
    """What has lost its words in the list could otherwise be taken for the one in doubt."""
    post = await open_post(faults=Faults(script=("none", "reset_after")))
    ana, ben = await post.office.client(0), await post.office.client(1)
    await post.say(ana, "first", fields=about(0))
    await post.send()
    post.faults(script=("reset_after",), callback_lost=1.0)
    doubted = await post.say(ana, "second", fields=about(1))
    await post.send()
    assert (await post.message(doubted)).state == "unknown"
    post.faults()
    await post.say(ben, "third", fields=about(2))
    await post.send()
    assert await redact(post) == 1  # Ben's
    assert len(kept(post)) == 2
    await post.run(timedelta(minutes=1), step=10)
    assert (await post.message(doubted)).state == "sent"
    post.clock.advance(DAY)
    assert await redact(post) == 2
    assert dict(post.arrived())[doubted] == 1


async def test_both_copies_of_a_text_that_was_taken_twice_are_erased(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(callback_lost=1.0))
    ana = await post.office.client()
    message_id = await post.say(ana, "one")
    await post.send()
    await post.say(ana, "two")
    await post.send()
    sids = [entry.sid for entry in post.carrier.ledger.find()]
    for sid in sids:
        await post.callback(message_id, 1, sid, "delivered")
    await redact(post)
    assert kept(post) == []


class Counting:
    """The way out, counting how often it is asked to erase."""

    def __init__(self, way: TwilioSms) -> None:
        self._way, self.asked = way, 0

    async def erase(self, sid: str) -> Erasure:
        self.asked += 1
        return await self._way.erase(sid)


async def test_a_carrier_that_is_down_is_asked_a_few_times_and_then_left_alone(post: Post) -> None:
    for number in range(8):
        await post.say(await post.office.client(number), str(number))
    await post.send()
    post.faults(read_error=1.0)
    way = Counting(post.ways[Channel.SMS])
    one = Redactor(post.record, {Channel.SMS: way})
    for _ in range(3):
        assert await one.run(post.practice_id) == 0
    assert way.asked <= IN_FLIGHT
    post.faults()
    post.clock.advance(NOT_NOW_SECONDS)
    assert await one.run(post.practice_id) == 8


async def test_switched_off_the_carrier_keeps_what_it_has(post: Post) -> None:
    await post.say(await post.office.client())
    await post.send()
    assert await redactor(post, erase=False).run(post.practice_id) == 0
    assert len(kept(post)) == 1
    assert await redact(post) == 0
    assert await post.noted("message.not_redacted") == 0


async def test_what_the_carrier_knows_no_more_is_as_good_as_erased(post: Post) -> None:
    await post.say(await post.office.client())
    await post.send()
    (text,) = post.carrier.texts
    post.carrier.texts.drop(text)
    assert await redact(post) == 1


async def test_a_clients_words_are_erased_when_they_have_been_dealt_with(post: Post) -> None:
    ana = await post.office.client()
    await post.phone_says(ana.who.phone, "C")
    (text,) = post.carrier.texts
    async with post.record.write(post.practice_id, CARRIER) as tx:
        inbound_id = await inbound.receive(tx, Received(sid=text.sid, sender=ana.who.phone, body="C"))
    assert inbound_id is not None
    assert await redact(post) == 0
    async with post.record.write(post.practice_id, WORKER) as tx:
        await inbound.handled(tx, inbound_id, reading="confirm", why="c", outcome="confirmed")
    assert await redact(post) == 1
    assert kept(post) == []
    assert await post.noted("inbound.redacted") == 1
