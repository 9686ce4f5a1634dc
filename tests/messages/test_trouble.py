"""When something of ours is broken around one message, the others still leave, and the one is not lost."""

import asyncio
from datetime import timedelta

import pytest
from aiosmtpd.smtp import SMTP
from sqlalchemy import update

from bot.sandbox.faults import Faults
from messages.channels.smtp import SmtpChannel, SmtpServer
from messages.kinds import Channel, Kind
from messages.particulars import Particulars
from scheduler import tables
from scheduler.core.record import Subscriptions
from scheduler.events import MessageUndeliverable
from tests.messages.conftest import OpenPost
from tests.messages.post import VISIT, Post, about
from tests.messages.test_channels import Inbox


async def spoil(post: Post, contact_point_id: str | None) -> bytes:
    """Make a number's ciphertext open no more; returns what it was."""
    t = tables.contact_point
    async with post.record.engines.writer.begin() as conn:
        before = (await conn.execute(t.select().where(t.c.id == contact_point_id))).one().value_ct
        await conn.execute(update(t).where(t.c.id == contact_point_id).values(value_ct=before[:-1] + b"x"))
    return before


async def mend(post: Post, contact_point_id: str | None, value: bytes) -> None:
    t = tables.contact_point
    async with post.record.engines.writer.begin() as conn:
        await conn.execute(update(t).where(t.c.id == contact_point_id).values(value_ct=value))


async def test_a_number_that_does_not_open_waits_and_the_rest_leaves(post: Post) -> None:
    ana, ben = await post.office.client(0), await post.office.client(1)
    stuck, fine = await post.say(ana, "a"), await post.say(ben, "b")
    before = await spoil(post, ana.phone_id)
    await post.send()
    assert ((await post.message(stuck)).state, (await post.message(stuck)).reason) == ("pending", "unreadable")
    assert (await post.message(fine)).state == "sent"
    assert await post.tasks() == [("sending_trouble", "open")]
    await mend(post, ana.phone_id, before)
    post.clock.advance(timedelta(minutes=5))
    await post.send()
    assert (await post.message(stuck)).state == "sent"


async def test_a_doubt_about_a_number_that_does_not_open_stays_a_doubt(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(script=("reset_after",), callback_lost=1.0))
    ana = await post.office.client()
    message_id = await post.say(ana)
    await post.send()
    before = await spoil(post, ana.phone_id)
    await post.run(timedelta(minutes=2), step=20)
    assert (await post.message(message_id)).state == "unknown"
    await mend(post, ana.phone_id, before)
    await post.run(timedelta(minutes=1), step=20)
    assert (await post.message(message_id)).state == "sent"
    assert dict(post.arrived()) == {message_id: 1}


async def test_a_zone_nobody_knows_holds_its_client_only(post: Post) -> None:
    ana, ben = await post.office.client(0), await post.office.client(1)
    stuck, fine = await post.say(ana, "a"), await post.say(ben, "b")
    async with post.record.engines.writer.begin() as conn:
        await conn.execute(update(tables.client).where(tables.client.c.id == ana.id).values(zone="Mars/Olympus"))
    await post.send()
    assert (await post.message(stuck)).reason == "cannot_judge"
    assert (await post.message(fine)).state == "sent"


async def test_an_outcome_that_cannot_be_written_is_found_later(
    open_post: OpenPost, subscriptions: Subscriptions
) -> None:
    broken = [True]

    async def fail(_tx, _event: MessageUndeliverable) -> None:
        if broken[0]:
            raise RuntimeError("subscriber")

    subscriptions.on(MessageUndeliverable, fail)
    post = await open_post()
    ana, ben = await post.office.client(0), await post.office.client(1)
    post.carrier.opt_outs.add((post.sender, ana.who.phone))
    refused, fine = await post.say(ana, "a"), await post.say(ben, "b")
    await post.send()
    assert (await post.message(fine)).state == "sent"
    assert (await post.message(refused)).state == "intent"
    await post.run(timedelta(minutes=2), step=20)
    broken[0] = False
    await post.run(timedelta(minutes=2), step=20)
    assert (await post.message(refused)).state in {"failed", "cancelled"}
    assert len(post.bodies()) == 1


async def test_a_subscriber_that_fails_while_settling_keeps_nobody_else_waiting(
    open_post: OpenPost, subscriptions: Subscriptions
) -> None:
    async def fail(_tx, _event: MessageUndeliverable) -> None:
        raise RuntimeError("subscriber")

    subscriptions.on(MessageUndeliverable, fail)
    post = await open_post(faults=Faults(script=("reset_after", "reset_after"), callback_lost=1.0))
    ana, ben = await post.office.client(0), await post.office.client(1)
    post.carrier.set_faults(
        Faults(script=("reset_after", "reset_after"), callback_lost=1.0, undelivered_numbers={ana.who.phone: 30004})
    )
    stuck, fine = await post.say(ana, "a"), await post.say(ben, "b")
    await post.run(timedelta(minutes=2), step=10)
    assert (await post.message(fine)).state == "sent"
    assert (await post.message(stuck)).state == "unknown"
    assert len(post.bodies()) == 2


@pytest.fixture
async def mail(open_post: OpenPost):
    inbox = Inbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(inbox, loop=loop), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    post = await open_post()
    there = SmtpServer(host="127.0.0.1", port=port, sender="office@lee.example", tls_from_start=False)
    post.ways = {**post.ways, Channel.EMAIL: SmtpChannel(there)}
    yield post, inbox
    server.close()


async def say_by_mail(post: Post, kind: Kind = Kind.BOOKED) -> str:
    ana = await post.office.client(email=True)
    fields = Particulars(starts_at=VISIT)
    return await post.say(ana, kind=kind, channel=Channel.EMAIL, to=ana.email_id, fields=fields)


async def test_a_mail_leaves_with_a_way_to_stop_them(mail) -> None:
    post, inbox = mail
    message_id = await say_by_mail(post)
    await post.send()
    assert (await post.message(message_id)).state == "sent"
    (words,) = inbox.mails
    assert "To stop these emails open:" in words
    assert words.count("/l/") == 2
    assert "therapy" not in words.casefold()


async def test_a_mail_of_unknown_fate_is_not_sent_twice_and_somebody_is_asked(mail) -> None:
    post, inbox = mail
    inbox.at_data = "hang up"
    message_id = await say_by_mail(post)
    await post.run(timedelta(minutes=2), step=20)
    message = await post.message(message_id)
    assert (message.state, message.reason) == ("failed", "outcome_lost")
    assert len(inbox.mails) == 1
    assert ("undeliverable", "open") in await post.tasks()


async def test_the_same_words_to_different_people_are_told_apart(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(script=("reset_after", "error_before"), callback_lost=1.0))
    ana, ben = await post.office.client(0), await post.office.client(1)
    await post.say(ana, "a", fields=about(0))
    await post.say(ben, "b", fields=about(0))
    await post.run(timedelta(minutes=2), step=10)
    assert sorted(len(post.bodies(each.who.phone)) for each in (ana, ben)) == [1, 1]
