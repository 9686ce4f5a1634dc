"""Received texts: stored once, sealed, in order, and fetched when the webhook never came."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from messages import inbound
from messages.channels.base import ListUnavailable
from messages.gap_repair import GapRepair
from messages.inbound import Received
from messages.kinds import Channel
from scheduler import tables
from scheduler.core.actor import CARRIER, WORKER
from tests.messages.post import Post
from tests.rig.canary import canary

ANA = canary(0).phone


def text(sid: str, body: str = "C", **more) -> Received:
    return Received(sid=sid, sender=ANA, body=body, **more)


async def store(post: Post, *texts: Received) -> list[str | None]:
    async with post.record.write(post.practice_id, CARRIER) as tx:
        return [await inbound.receive(tx, each) for each in texts]


async def test_a_text_is_stored_once_and_reads_back_whole(post: Post) -> None:
    first, again = await store(post, text("SM1", "sí, ahí estaré 👍", media_count=1), text("SM1", "other words"))
    assert first is not None
    assert again is None
    async with post.record.read(post.practice_id) as r:
        found = await inbound.read(r, first)
        assert found is not None
        assert (found.body, found.sender, found.media_count, found.state) == ("sí, ahí estaré 👍", ANA, 1, "new")


async def test_neither_words_nor_number_stand_in_the_row(post: Post) -> None:
    await store(post, text("SM1", "cannot come, the kid is ill"))
    async with post.record.read(post.practice_id) as r:
        stored = repr((await r.conn.execute(select(tables.inbound))).all())
    assert "the kid is ill" not in stored
    assert ANA not in stored


async def test_what_the_carrier_marked_is_first_then_in_order(post: Post) -> None:
    at = post.clock.now()
    ids = await store(
        post,
        text("SM2", received_at=at + timedelta(seconds=2)),
        text("SM1", received_at=at + timedelta(seconds=1)),
        text("SM3", "STOP", opt_out_type="STOP", received_at=at + timedelta(seconds=3)),
    )
    async with post.record.read(post.practice_id) as r:
        assert await inbound.unhandled(r) == (ids[2], ids[1], ids[0])
        assert await inbound.unhandled(r, 1) == (ids[2],)


async def test_a_text_is_handled_once(post: Post) -> None:
    (inbound_id,) = await store(post, text("SM1"))
    assert inbound_id is not None
    async with post.record.write(post.practice_id, WORKER) as tx:
        assert await inbound.tried(tx, inbound_id) == 1
        assert await inbound.handled(tx, inbound_id, reading="confirm", why="word:c", outcome="confirmed")
        assert not await inbound.handled(tx, inbound_id, reading="confirm", why="word:c", outcome="confirmed")
    async with post.record.read(post.practice_id) as r:
        assert await inbound.unhandled(r) == ()
        found = await inbound.read(r, inbound_id)
        assert found is not None
        assert (found.state, found.reading, found.tries) == ("handled", "confirm", 1)


async def test_missed_texts_are_fetched_once(post: Post) -> None:
    for number in range(70):  # more than a page
        await post.phone_says(ANA, f"text {number}")
    repair = GapRepair(post.record, post.ways[Channel.SMS])
    assert await repair.run(post.practice_id) == 70
    assert await repair.run(post.practice_id) == 0
    async with post.record.read(post.practice_id) as r:
        found = [await inbound.read(r, each) for each in await inbound.unhandled(r, 100)]
    assert {each.body for each in found if each} == {f"text {number}" for number in range(70)}


async def test_after_a_long_silence_the_first_look_goes_back_behind_it(post: Post) -> None:
    await post.phone_says(ANA, "just after we went down")
    post.clock.advance(timedelta(days=3))
    await store(post, text("SM2", received_at=post.clock.now()))  # the webhook was quicker than the repair
    assert await GapRepair(post.record, post.ways[Channel.SMS]).run(post.practice_id) == 1


async def test_what_we_sent_is_not_taken_for_an_answer(post: Post) -> None:
    await post.say(await post.office.client())
    await post.send()
    assert await GapRepair(post.record, post.ways[Channel.SMS]).run(post.practice_id) == 0


async def test_a_carrier_that_cannot_be_read_is_asked_again_as_far_back(post: Post) -> None:
    await post.phone_says(ANA, "hello")
    repair = GapRepair(post.record, post.ways[Channel.SMS])
    post.faults(read_error=1.0)
    with pytest.raises(ListUnavailable):
        await repair.run(post.practice_id)
    post.faults()
    assert await repair.run(post.practice_id) == 1


async def test_another_process_reads_on_from_the_last_look(post: Post) -> None:
    looked: list[timedelta] = []

    class Telling:
        """The way in, telling how far back it is asked to look."""

        async def list_received(self, at: str, since):
            looked.append(post.clock.now() - since)
            return await post.ways[Channel.SMS].list_received(at, since)

    for _ in range(3):
        await GapRepair(post.record, Telling()).run(post.practice_id)
        post.clock.advance(timedelta(minutes=5))
    assert looked == [timedelta(days=7, minutes=15), timedelta(minutes=20), timedelta(minutes=20)]


async def test_a_stop_and_a_cry_are_dealt_with_before_all_others(post: Post) -> None:
    at = post.clock.now()
    words = ("C", "R", "please stop texting me", "N", "I want to kill myself", "stop")
    ids = await store(
        post, *(text(f"SM{n}", each, received_at=at + timedelta(seconds=n)) for n, each in enumerate(words))
    )
    async with post.record.read(post.practice_id) as r:
        assert await inbound.unhandled(r) == (ids[2], ids[4], ids[5], ids[0], ids[1], ids[3])
