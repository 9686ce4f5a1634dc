"""STOP: what waits is gone at once, what is under way is waited for, and then nothing leaves any more."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from bot.sandbox.faults import Faults
from messages import consent, links, outbox
from messages.consent import StopSource
from messages.kinds import Channel, Kind
from messages.opt_out_scope import resumed_by, scope_of
from scheduler import tables
from scheduler.core.actor import CARRIER
from tests.messages.conftest import OpenPost
from tests.messages.post import Post, about


async def acknowledged(post: Post) -> bool:
    async with post.record.read(post.practice_id) as r:
        found = await r.conn.execute(select(tables.opt_out.c.acknowledged_at))
        return None not in found.scalars().all()


async def test_what_waits_is_cancelled_in_the_same_commit(post: Post) -> None:
    ana = await post.office.client()
    waiting = await post.say(ana, due_at=post.clock.now() + timedelta(days=1))
    await post.stop(ana)
    message = await post.message(waiting)
    assert (message.state, message.reason) == ("cancelled", "opted_out")
    assert await post.acknowledge() == 1
    assert await post.acknowledge() == 0


async def test_what_is_queued_after_a_stop_is_refused_at_the_gate(post: Post) -> None:
    ana = await post.office.client()
    await post.stop(ana)
    later = await post.say(ana)
    await post.send()
    message = await post.message(later)
    assert (message.state, message.reason) == ("cancelled", "opted_out")
    assert post.bodies() == []


async def test_it_is_acknowledged_only_when_nothing_is_on_its_way(post: Post) -> None:
    ana = await post.office.client()
    await post.say(ana)
    await post.transmitter().claim(post.practice_id)  # a worker that is about to post
    await post.stop(ana)
    assert await post.acknowledge() == 0
    post.clock.advance(7)
    assert await post.acknowledge() == 0
    post.clock.advance(1)
    assert await post.acknowledge() == 1


async def test_a_resolved_attempt_lets_it_be_acknowledged_early(post: Post) -> None:
    ana = await post.office.client()
    await post.say(ana)
    worker = post.transmitter()
    _, held = await worker.claim(post.practice_id)
    await post.stop(ana)
    assert await post.acknowledge() == 0
    await worker.post(post.practice_id, held)
    assert await post.acknowledge() == 1
    assert post.bodies() == []


async def test_stop_and_send_at_once_never_lets_a_text_out_after_the_acknowledgement(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(reset_after=0.2, callback_lost=0.3))
    clients = [await post.office.client(number) for number in range(12)]
    for number, client in enumerate(clients):
        for text in range(3):
            await post.say(client, f"{number}-{text}", kind=Kind.INBOX_AUTO)
    acked: dict[str, int] = {}
    for client in clients:
        await post.transmitter().run(post.practice_id) if client.who.number % 3 == 0 else None
        await post.stop(client)
        while not await post.acknowledge():
            await post.send()
            post.clock.advance(1)
        acked[client.who.phone] = len(post.bodies(client.who.phone))
    await post.run(timedelta(minutes=2), step=10)
    assert {number: len(post.bodies(number)) for number in acked} == acked


async def test_the_carrier_confirms_unless_the_practice_does(open_post: OpenPost) -> None:
    post = await open_post()
    ana = await post.office.client()
    await post.stop(ana)
    await post.run(timedelta(seconds=20))
    assert post.bodies() == []


@pytest.mark.parametrize(
    ("source", "texts"), [("keyword", 1), ("free_text", 1), ("link", 1), ("staff", 0), ("carrier", 0)]
)
async def test_the_one_confirmation_where_we_handle_stop(open_post: OpenPost, source: str, texts: int) -> None:
    post = await open_post(stop_mode="ours", handling="off")
    ana = await post.office.client()
    for _ in range(2):
        async with post.record.write(post.practice_id, CARRIER) as tx:
            await consent.stop(tx, ana.who.phone, Channel.SMS, StopSource(source))
        await post.run(timedelta(seconds=10))
    assert len(post.bodies()) == texts


async def test_a_confirmation_that_would_be_late_is_not_sent(open_post: OpenPost) -> None:
    post = await open_post(stop_mode="ours", handling="off")
    ana = await post.office.client()
    await post.stop(ana)
    post.clock.advance(timedelta(minutes=5, seconds=1))
    await post.run(timedelta(seconds=10))
    assert post.bodies() == []
    assert await acknowledged(post)


async def test_a_stop_from_a_number_nobody_has_on_file_is_confirmed_too(open_post: OpenPost) -> None:
    from messages.inbound import Received, receive

    post = await open_post(stop_mode="ours", handling="off")
    async with post.record.write(post.practice_id, CARRIER) as tx:
        await receive(tx, Received(sid="SM1", sender="+12025550177", body="STOP"))
        await consent.stop(tx, "+12025550177", Channel.SMS, StopSource.KEYWORD)
    await post.run(timedelta(seconds=10))
    assert len(post.bodies("+12025550177")) == 1


async def test_start_lets_texts_leave_again(post: Post) -> None:
    ana = await post.office.client()
    await post.stop(ana)
    assert await post.is_stopped(ana)
    await post.start(ana)
    message_id = await post.say(ana)
    await post.send()
    assert (await post.message(message_id)).state == "sent"


async def test_a_start_that_was_written_before_the_stop_does_not_take_it_back(post: Post) -> None:
    ana = await post.office.client()
    written = post.clock.now()
    post.clock.advance(60)
    await post.stop(ana)
    async with post.record.write(post.practice_id, CARRIER) as tx:
        late = await consent.start(tx, ana.who.phone, Channel.SMS, said_at=written)
    assert late == consent.Overtaken()
    assert await post.is_stopped(ana)
    async with post.record.write(post.practice_id, CARRIER) as tx:
        assert await consent.start(tx, ana.who.phone, Channel.SMS, said_at=tx.now) == consent.Started(again=False)
    assert not await post.is_stopped(ana)


async def test_a_start_between_two_stops_does_not_take_the_second_back(post: Post) -> None:
    ana = await post.office.client()
    await post.stop(ana)
    assert await post.acknowledge() == 1
    post.clock.advance(60)
    written = post.clock.now()
    post.clock.advance(60)
    await post.stop(ana)
    async with post.record.write(post.practice_id, CARRIER) as tx:
        assert await consent.start(tx, ana.who.phone, Channel.SMS, said_at=written) == consent.Overtaken()
    assert await post.acknowledge() == 0


async def test_a_stop_belongs_to_the_number_whoever_has_it(post: Post) -> None:
    ana, ben = await post.office.client(0), await post.office.client(1, phone_of=0)
    await post.stop(ana)
    assert await post.is_stopped(ben) is False  # his own number, which he does not use here
    later = await post.say(ben)
    await post.send()
    assert (await post.message(later)).reason == "opted_out"


async def test_a_stop_kills_the_links_that_went_to_the_number(post: Post) -> None:
    ana = await post.office.client()
    await post.policy()
    made = await post.visit_link(ana)
    async with post.record.read(post.practice_id) as r:
        assert await links.look_up(r, made) is not None
    await post.stop(ana)
    async with post.record.read(post.practice_id) as r:
        assert await links.look_up(r, made) is None


async def test_other_numbers_are_untouched(post: Post) -> None:
    ana, ben = await post.office.client(0), await post.office.client(1)
    await post.say(ana, "a")
    await post.say(ben, "b")
    await post.stop(ana)
    await post.send()
    assert [post.bodies(each.who.phone) != [] for each in (ana, ben)] == [False, True]


async def test_stopping_twice_changes_nothing(post: Post) -> None:
    ana = await post.office.client()
    async with post.record.write(post.practice_id, CARRIER) as tx:
        assert not (await consent.stop(tx, ana.who.phone, Channel.SMS, StopSource.KEYWORD)).again
        assert (await consent.stop(tx, ana.who.phone, Channel.SMS, StopSource.KEYWORD)).again
        assert not (await consent.start(tx, ana.who.phone, Channel.SMS)).again
        assert (await consent.start(tx, ana.who.phone, Channel.SMS)).again


async def test_a_message_for_a_strangers_contact_point_is_refused(post: Post) -> None:
    from scheduler.core.errors import NotFound

    draft = outbox.Draft(kind=Kind.CONFIRMED, channel=Channel.SMS, to="0" * 32, dedupe="x", fields=about(1))
    with pytest.raises(NotFound):
        async with post.record.write(post.practice_id, CARRIER) as tx:
            await outbox.enqueue(tx, draft)


async def ended(post: Post) -> list[str]:
    async with post.record.read(post.practice_id) as r:
        found = await r.conn.execute(select(tables.opt_out.c.channel).where(tables.opt_out.c.stopped))
        return sorted(found.scalars().all())


async def heard(post: Post, phone: str, word: str, channel: Channel) -> None:
    async with post.record.write(post.practice_id, CARRIER) as tx:
        if word == "STOP":
            await consent.stop(tx, phone, channel, StopSource.KEYWORD)
        else:
            await consent.start(tx, phone, channel)


@pytest.mark.parametrize(
    ("words", "still"),
    [
        ([("STOP", Channel.SMS)], ["sms", "whatsapp"]),
        ([("STOP", Channel.SMS), ("START", Channel.SMS)], []),
        ([("STOP", Channel.SMS), ("START", Channel.WHATSAPP)], ["sms"]),
        ([("STOP", Channel.WHATSAPP), ("START", Channel.SMS)], ["whatsapp"]),
        ([("STOP", Channel.WHATSAPP), ("START", Channel.WHATSAPP)], []),
        ([("STOP", Channel.VOICE), ("STOP", Channel.SMS), ("START", Channel.SMS)], ["voice"]),
    ],
)
async def test_start_takes_back_what_a_stop_there_ended_and_no_stop_said_elsewhere(
    post: Post, words: list[tuple[str, Channel]], still: list[str]
) -> None:
    ana = await post.office.client()
    for word, channel in words:
        await heard(post, ana.who.phone, word, channel)
        post.clock.advance(60)
    assert await ended(post) == still


def test_texts_begun_again_begin_no_calls() -> None:
    last = date(2027, 2, 1)
    assert Channel.VOICE in scope_of(Channel.SMS, last, "US").ends
    assert resumed_by(Channel.SMS, last) == {Channel.SMS, Channel.WHATSAPP}
    assert resumed_by(Channel.VOICE, last) == {Channel.VOICE}
