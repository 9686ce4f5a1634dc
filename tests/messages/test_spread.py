"""The duty that keeps waves within their window, on both engines."""

from datetime import timedelta

import pytest

from messages.spread import Spreader
from tests.messages.conftest import OpenPost
from tests.messages.post import Post, about
from tests.messages.test_pace import paced
from tests.rig.office import local

LATE = local("2026-03-05 19:30")  # the window closes at eight


async def evening(post: Post, texts: int) -> list[str]:
    clients = [await post.office.client(number) for number in range(5)]
    return [
        await post.say(clients[number % 5], f"e{number}", fields=about(number), priority=9, due_at=LATE)
        for number in range(texts)
    ]


@pytest.mark.parametrize("engine_name", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
async def test_an_evening_wave_begins_in_time(open_post: OpenPost) -> None:
    post = await open_post()
    await paced(post, 1)
    await evening(post, 700)
    moved = await Spreader(post.record).run(post.practice_id)
    assert moved > 0
    due = sorted([(await post.message(each)).due_at for each in await _ids(post)])
    assert due[0] == local("2026-03-05 19:45") - timedelta(seconds=699 * 1.5)
    assert due[-1] == LATE
    assert await post.noted("message.brought_forward") == moved
    assert await Spreader(post.record).run(post.practice_id) == 0


async def test_a_small_wave_and_a_fast_number_are_left_alone(open_post: OpenPost) -> None:
    post = await open_post()
    await evening(post, 30)
    assert await Spreader(post.record).run(post.practice_id) == 0
    await paced(post, 100)
    assert await Spreader(post.record).run(post.practice_id) == 0


async def _ids(post: Post) -> list[str]:
    from sqlalchemy import select

    from scheduler.tables import message

    async with post.record.read(post.practice_id) as r:
        return list((await r.conn.execute(select(message.c.id))).scalars())
