"""A STOP is obeyed in the transaction that stores it, and told done when nothing to the number is on its way."""

import asyncio
from datetime import timedelta

import pytest

from messages.consent import StopSource
from messages.inbound import Received, receive
from messages.stop_at_once import ends_all_texts, nothing_leaves
from scheduler.core.actor import CARRIER
from tests.messages.post import Post


@pytest.mark.parametrize(
    ("body", "opt_out_type", "source"),
    [
        ("STOP", None, StopSource.KEYWORD),
        ("stop please", None, StopSource.KEYWORD),
        ("CANCEL", None, StopSource.KEYWORD),
        ("arrêt", None, StopSource.KEYWORD),
        ("please stop texting me", None, None),
        ("take me off the waitlist", None, None),
        ("anything", "STOP", StopSource.CARRIER),
        ("anything", "HELP", None),
        ("STOP 2", None, None),
        ("cancelar", None, None),
        ("C", None, None),
        ("can't make it, please stop by the desk", None, None),
        ("", None, None),
    ],
)
def test_only_what_surely_ends_all_texts_is_obeyed_at_once(
    body: str, opt_out_type: str | None, source: StopSource | None
) -> None:
    assert ends_all_texts(body, opt_out_type) == source


async def test_what_waits_is_cancelled_before_anybody_reads_the_stop(post: Post) -> None:
    ana = await post.office.client()
    waiting = await post.say(ana, due_at=post.clock.now() + timedelta(days=1))
    stop = Received(sid="SM1", sender=ana.who.phone, body="Stop.")
    async with post.record.write(post.practice_id, CARRIER) as tx:
        assert await receive(tx, stop) is not None
        assert await receive(tx, stop) is None
    message = await post.message(waiting)
    assert (message.state, message.reason) == ("cancelled", "opted_out")
    assert await post.is_stopped(ana)


async def test_other_words_are_stored_and_stop_nothing(post: Post) -> None:
    ana = await post.office.client()
    async with post.record.write(post.practice_id, CARRIER) as tx:
        assert await receive(tx, Received(sid="SM1", sender=ana.who.phone, body="STOP 2")) is not None
    assert not await post.is_stopped(ana)


async def test_what_was_said_in_a_call_is_left_to_the_call(post: Post) -> None:
    ana = await post.office.client()
    async with post.record.write(post.practice_id, CARRIER) as tx:
        await receive(tx, Received(sid="voice:1", sender=ana.who.phone, body="STOP", via="voice"))
    assert not await post.is_stopped(ana)


async def test_it_is_done_only_when_what_is_on_its_way_has_ended(post: Post) -> None:
    ana = await post.office.client()
    await post.say(ana)
    worker = post.transmitter()
    _, held = await worker.claim(post.practice_id)
    async with post.record.write(post.practice_id, CARRIER) as tx:
        await receive(tx, Received(sid="SM1", sender=ana.who.phone, body="STOP"))
    done = asyncio.create_task(nothing_leaves(post.record, post.practice_id, ana.who.phone))
    assert (await asyncio.wait({done}, timeout=0.2))[1] == {done}
    await worker.post(post.practice_id, held)
    await done
    assert post.bodies() == []


async def test_nothing_on_its_way_is_not_waited_for(post: Post) -> None:
    ana = await post.office.client()
    await post.stop(ana)
    async with asyncio.timeout(1):
        await nothing_leaves(post.record, post.practice_id, ana.who.phone)


async def test_a_stop_that_is_still_on_the_disk_is_waited_for(post: Post) -> None:
    ana = await post.office.client()
    done = asyncio.create_task(nothing_leaves(post.record, post.practice_id, ana.who.phone))
    assert (await asyncio.wait({done}, timeout=0.2))[1] == {done}
    await post.stop(ana)
    async with asyncio.timeout(2):
        await done
