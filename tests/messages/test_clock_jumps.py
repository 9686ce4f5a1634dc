"""A clock that jumps: nothing twice, nothing lost, nothing outside its hours, no claim stuck. In the moving world."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from messages.brake import Brake
from messages.channels.base import Accepted
from messages.clock_back import bring_back
from messages.clock_watch import ClockWatch
from messages.kinds import Kind
from messages.outcome import Attempt, record_outcomes
from messages.transmit import Transmitter
from scheduler import tables
from scheduler.core.actor import OPERATOR
from scheduler.people import sender_store
from tests.messages.conftest import OpenPost
from tests.messages.post import Post, about, book, writing
from tests.rig.office import SENDER, local

YEAR = timedelta(days=365)
JUMPS = [timedelta(hours=-1), timedelta(hours=1), timedelta(days=30), -YEAR]


class Worker:
    """A worker's lanes, as far as clocks matter to them."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.watch = ClockWatch(post.clock)
        self.brake = Brake(post.record, self.watch)
        post.workers += 1
        self.transmitter = Transmitter(
            post.record, post.ways, post.limits, worker=f"w{post.workers}", public_url=post.public_url, watch=self.watch
        )

    async def round(self) -> None:
        await self.brake.run(self.post.practice_id)
        await self.transmitter.run(self.post.practice_id)
        await self.post.settle()
        await bring_back(self.post.record, self.post.practice_id, limits=self.post.limits)
        await self.post.hear()

    async def rounds(self, minutes: float) -> None:
        for _ in range(int(minutes * 4)):
            self.post.clock.advance(15)
            await self.round()


@pytest.mark.parametrize("by", JUMPS)
async def test_reminders_of_the_days_after_a_jump_leave_once_or_not_at_all(open_post: OpenPost, by: timedelta) -> None:
    post = await open_post()
    for number in range(6):
        await book(
            post, await post.office.client(number), at=local(f"2026-03-{11 + number % 3:02d} {9 + number:02d}:00")
        )
    worker = Worker(post)
    await worker.rounds(1)
    before = len(post.arrived())
    post.clock.jump(by)
    await worker.rounds(10)
    arrived = post.arrived()
    assert max(arrived.values(), default=1) == 1
    if by > timedelta(minutes=10):
        assert len(arrived) == before
        assert ("sending_paused", "open") in await post.tasks()
    post.clock.jump(-by)
    assert await post.unfinished() > 0  # nothing was dropped for being late by a wrong clock


@pytest.mark.parametrize("by", JUMPS)
async def test_answers_leave_whatever_the_clock_says_and_once(open_post: OpenPost, by: timedelta) -> None:
    post = await open_post()
    ana = await post.office.client(0)
    worker = Worker(post)
    await worker.rounds(1)
    post.clock.jump(by)
    for number in range(3):
        await post.say(ana, f"answer:{number}", fields=about(number))
    await worker.rounds(2)
    assert sorted(post.arrived().values()) == [1, 1, 1]


@pytest.mark.parametrize("by", [timedelta(hours=-3), -YEAR])
async def test_a_claim_of_a_worker_that_died_is_not_stuck_when_the_clock_goes_back(
    open_post: OpenPost, by: timedelta
) -> None:
    post = await open_post()
    ana = await post.office.client(0)
    message_id = await post.say(ana)

    class Died(BaseException):
        pass

    def die(point: str) -> None:
        if point == "transmit.intents_committed":
            raise Died

    post.at(die)
    with pytest.raises(BaseException) as ended:
        await Worker(post).round()
    assert ended.type.__name__ in {"Died", "BaseExceptionGroup"}
    post.at(lambda _point: None)
    assert (await post.message(message_id)).state == "intent"
    post.clock.jump(by)
    await Worker(post).rounds(4)
    assert post.arrived() == {message_id: 1}


@pytest.mark.parametrize("told_by", ["the answer", "a callback"])
async def test_what_was_in_hand_when_the_clock_went_back_has_not_left_before_it_was_meant_to(
    open_post: OpenPost, told_by: str
) -> None:
    post = await open_post()
    message_id = await post.say(await post.office.client(0))
    async with post.record.write(post.practice_id, OPERATOR) as tx:
        claimed = {"state": "intent", "attempt": 1, "intent_at": tx.now, "deadline": tx.now + timedelta(minutes=1)}
        await tx.conn.execute(update(tables.message).values(claimed))
        meant_at = tx.now
    post.clock.jump(timedelta(minutes=-10))
    if told_by == "the answer":
        async with post.record.write(post.practice_id, OPERATOR) as tx:
            await record_outcomes(tx, (Attempt(message_id, 1, Accepted("SM9", "queued")),), post.limits)
    else:
        await post.callback(message_id, 1, "SM9", "sent")
    message = await post.message(message_id)
    assert (message.state, message.sent_at) == ("sent", meant_at)


@pytest.mark.parametrize("by", [timedelta(hours=-3), -YEAR])
async def test_a_doubt_is_looked_up_in_time_when_the_clock_goes_back(open_post: OpenPost, by: timedelta) -> None:
    post = await open_post()
    ana = await post.office.client(0)
    message_id = await post.say(ana)
    async with post.record.write(post.practice_id, OPERATOR) as tx:
        claimed = {"state": "intent", "attempt": 1, "intent_at": tx.now, "deadline": tx.now, "body_hash": b"?"}
        for values in (claimed, {"state": "unknown", "settle_at": tx.now + timedelta(seconds=30)}):
            await tx.conn.execute(update(tables.message).values(values))
    post.clock.jump(by)
    await Worker(post).rounds(4)
    assert (await post.message(message_id)).state == "sent"
    assert post.arrived() == {message_id: 1}


async def test_a_number_that_was_spoken_for_by_a_wrong_clock_speaks_again(open_post: OpenPost) -> None:
    post = await open_post()
    async with writing(post) as tx:
        await sender_store.add(tx, SENDER, 1)
    ana = await post.office.client(0)
    worker = Worker(post)
    post.clock.jump(YEAR)
    await post.say(ana, "one", fields=about(1))
    await worker.rounds(1)
    post.clock.jump(-YEAR)
    await post.say(ana, "two", fields=about(2), kind=Kind.CONFIRMED)
    await worker.rounds(2)
    assert sorted(post.arrived().values()) == [1, 1]
