"""Senders keep their pace, the nearest visit goes first, and an answer overtakes a wave."""

from datetime import datetime, timedelta

from sqlalchemy import insert, select

from messages.kinds import Kind
from messages.send_store import PRESSING
from messages.transmit import Transmitter
from scheduler.tables import message, sender
from tests.messages.conftest import OpenPost
from tests.messages.post import DAY_BEFORE, Post, about, book
from tests.rig.office import OWNER, SENDER, local


async def paced(post: Post, segments_per_second: int, number: str = SENDER) -> None:
    async with post.record.write(post.practice_id, OWNER) as tx:
        row = {"practice_id": tx.practice_id, "number": number, "segments_per_second": segments_per_second}
        await tx.conn.execute(insert(sender).values(**row))


def answers(post: Post) -> Transmitter:
    """The worker that takes only what somebody waits for."""
    return Transmitter(
        post.record, post.ways, post.limits, worker="answers", public_url=post.public_url, below=PRESSING
    )


async def wave(post: Post, texts: int, *, priority: int = 9) -> list[str]:
    """Texts that are due at once, each to a client of its own."""
    clients = [await post.office.client(number % 10) for number in range(texts)]
    return [
        await post.say(client, f"w{number}", fields=about(number), priority=priority)
        for number, client in enumerate(clients)
    ]


async def test_a_wave_leaves_at_the_rate_of_its_number(open_post: OpenPost) -> None:
    post = await open_post()
    await paced(post, 1)
    await wave(post, 12)
    sent = []
    for _ in range(12):
        await post.send()
        sent.append(len(post.bodies()))
        post.clock.advance(1)
    assert sent == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12]


async def test_an_answer_overtakes_a_wave(open_post: OpenPost) -> None:
    post = await open_post()
    await paced(post, 1)
    await wave(post, 6)
    await post.send()
    before = len(post.bodies())
    answer = await post.say(await post.office.client(0), "answer")
    assert (await post.send()).posted == 0, "the wave's own worker has no room left for it"
    await answers(post).run(post.practice_id)
    assert (await post.message(answer)).state == "sent"
    assert len(post.bodies()) == before + 1, "and nothing of the wave with it"


async def test_what_waits_for_its_number_is_not_touched(open_post: OpenPost) -> None:
    post = await open_post()
    await paced(post, 1)
    ids = await wave(post, 5)
    await post.send()
    waiting = [await post.message(each) for each in ids]
    states = [(each.state, each.reason, each.attempt) for each in waiting]
    assert states.count(("pending", None, 0)) == 3
    assert [await post.noted("message.postponed"), await post.noted("message.held")] == [0, 0]


async def test_two_numbers_fill_their_rates_side_by_side(open_post: OpenPost) -> None:
    post = await open_post()
    await paced(post, 1)
    await paced(post, 1, "+15550100009")
    await wave(post, 20)
    await post.send()
    used = [each.sender for each in post.carrier.texts.newest() if not each.inbound]
    assert sorted(used) == sorted([SENDER] * 2 + ["+15550100009"] * 2)


async def test_the_nearest_visit_is_reminded_of_first(post: Post) -> None:
    await post.policy(DAY_BEFORE)
    await paced(post, 1)
    late, early = await post.office.client(0), await post.office.client(1)
    await book(post, late, at=local("2026-03-11 18:00"))
    await book(post, early, at=local("2026-03-11 09:00"))
    await _spoken_for_until(post, local("2026-03-10 10:00") + timedelta(seconds=0.5))
    post.clock.advance_to(local("2026-03-10 10:00"))
    await post.send()
    assert [len(post.bodies(each.who.phone)) for each in (early, late)] == [1, 0]


async def _spoken_for_until(post: Post, instant: datetime) -> None:
    async with post.record.write(post.practice_id, OWNER) as tx:
        await tx.conn.execute(sender.update().values(free_at=instant))


async def test_more_workers_do_not_send_faster(open_post: OpenPost) -> None:
    post = await open_post()
    await paced(post, 3)
    await wave(post, 30)
    for _ in range(4):
        await post.transmitter().run(post.practice_id)
    assert len(post.bodies()) == 5  # three a second, a second and a half ahead


async def test_a_worker_for_answers_takes_nothing_else(open_post: OpenPost) -> None:
    post = await open_post()
    planned = await wave(post, 3)
    answer = await post.say(await post.office.client(0), "answer", kind=Kind.INBOX_AUTO)
    assert (await answers(post).run(post.practice_id)).posted == 1
    assert (await post.message(answer)).state == "sent"
    assert [(await post.message(each)).state for each in planned] == ["pending"] * 3


async def test_only_due_rows_are_read(post: Post) -> None:
    """The claim's own statement walks the index of what waits, and nothing of what is done."""
    if post.record.engines.is_sqlite:
        wanted = (
            "EXPLAIN QUERY PLAN SELECT id FROM (SELECT id, priority, useful_until, due_at FROM message "
            "WHERE practice_id = 'p' AND state = 'pending' AND due_at <= '2026' ORDER BY due_at LIMIT 20000) "
            "ORDER BY priority, useful_until LIMIT 400"
        )
        async with post.record.read(post.practice_id) as r:
            plan = " ".join(str(row) for row in await r.conn.exec_driver_sql(wanted))
        assert "COVERING INDEX ix_message_pending" in plan
    async with post.record.read(post.practice_id) as r:
        assert (await r.conn.execute(select(message.c.id).limit(1))).first() is None
