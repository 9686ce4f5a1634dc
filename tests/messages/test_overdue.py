"""R32: the carrier is away or refuses everything for hours. Few calls, nothing late, and who is pressed is told."""

from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta

import pytest

from bot.sandbox.faults import Faults
from messages import task_store
from messages.channels.base import Accepted, Listed, Outgoing, SendOutcome
from messages.channels.base import Channel as Way
from messages.kinds import Channel, Kind
from messages.overdue import Overdue
from messages.particulars import Particulars
from messages.tasks import done
from messages.transmit import Transmitter
from scheduler.people import sender_store
from tests.messages.conftest import OpenPost
from tests.messages.post import DAY_BEFORE, TWO_HOURS, VISIT, Post, about, book
from tests.rig.office import OWNER, Known, local

NOON = local("2026-03-11 12:00")  # two hours before the visit


class Worker:
    """One worker for hours: its breaker remembers."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self.sender: Transmitter = post.transmitter()
        self.overdue = Overdue(post.record, lambda: self.sender.silent_since)

    async def work(self, span: timedelta, step: float = 20) -> None:
        until = self._post.clock.now() + span
        while self._post.clock.now() < until:
            swept = await self.sender.run(self._post.practice_id)
            if swept.posted:
                await self._post.hear()
            await self._post.settle()
            await self.overdue.run(self._post.practice_id)
            self._post.clock.advance(step)


class Counting:
    """The way out, counting how often it is gone."""

    keeps_list = True

    def __init__(self, way: Way) -> None:
        self._way, self.calls = way, 0

    async def send(self, outgoing: Outgoing) -> SendOutcome:
        self.calls += 1
        return await self._way.send(outgoing)

    async def list_sent(self, to: str, since: datetime) -> Sequence[Listed]:
        return await self._way.list_sent(to, since)


class Mailbox:
    """A way out that takes everything."""

    keeps_list = False

    async def send(self, outgoing: Outgoing) -> SendOutcome:
        return Accepted(outgoing.reference, "sent")


async def _counted(post: Post, work: Awaitable[None]) -> int:
    """How many texts the carrier was asked to take meanwhile. The ways of a transmitter are read at each post."""
    before = post.ways[Channel.SMS]
    counting = Counting(before)
    post.ways[Channel.SMS] = counting
    await work
    post.ways[Channel.SMS] = before
    return counting.calls


async def _waiting_for_noon(post: Post, *clients: Known) -> None:
    await post.policy(TWO_HOURS)
    await book(post, *clients, told=False)
    post.clock.advance_to(NOON)


@pytest.mark.parametrize("trouble", [{"rate_limited": 1.0}, {"refused_code": 20003}, {"refused_code": 30034}])
async def test_who_is_pressed_for_time_is_told_within_five_minutes(open_post: OpenPost, trouble: dict) -> None:
    post = await open_post(faults=Faults(**trouble))
    ana, ben = await post.office.client(0, email=True), await post.office.client(1)
    await _waiting_for_noon(post, ana, ben)
    await Worker(post).work(timedelta(minutes=5))
    by_mail = [each for each in await post.touches(ana) if each.channel is Channel.EMAIL]
    assert len(by_mail) == 1
    assert {each.reason for each in await post.touches(ben)} == {"handed_on"}
    assert [kind for kind, _ in await post.tasks()].count("call") == 1
    assert post.bodies() == []


@pytest.mark.parametrize("engine_name", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
async def test_behind_a_refused_sender_the_pressed_ones_that_were_never_tried_are_told_too(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(refused_code=20003))
    post.ways = {**post.ways, Channel.EMAIL: Mailbox()}
    async with post.record.write(post.practice_id, OWNER) as tx:
        await sender_store.add(tx, post.sender, 1)
    clients = [await post.office.client(number, email=True) for number in range(12)]
    until = NOON + timedelta(hours=1)
    post.clock.advance_to(NOON)
    for number, client in enumerate(clients):
        told = Particulars(starts_at=VISIT, other_at=VISIT - timedelta(days=1))
        await post.say(client, str(number), kind=Kind.RESCHEDULED_BY_STAFF, fields=told, useful_until=until)
    worker = Worker(post)
    calls = await _counted(post, worker.work(timedelta(minutes=5), step=2))
    for client in clients:
        (mail,) = [each for each in await post.messages(client) if each.channel is Channel.EMAIL]
        assert mail.state == "sent"  # although the number is held, mail goes on
    assert calls <= len(clients) + 6  # those in hand at first, then one or two now and then


async def test_what_can_wait_waits_and_leaves_once_when_the_carrier_is_back(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(rate_limited=1.0))
    await post.policy(DAY_BEFORE)
    ana = await post.office.client(email=True)
    await book(post, ana, told=False)
    post.clock.advance_to(local("2026-03-10 10:00"))
    worker = Worker(post)
    await worker.work(timedelta(minutes=30))
    assert {each.state for each in await post.touches(ana)} == {"pending"}
    post.faults()
    await worker.work(timedelta(minutes=8))
    assert [each.state for each in await post.touches(ana)] == ["sent"]
    assert len(post.bodies()) == 1


async def test_a_doubt_that_cannot_be_settled_in_time_becomes_a_call_and_stays_a_doubt(open_post: OpenPost) -> None:
    """It may have arrived, so nothing is said twice; but somebody has to make sure."""
    post = await open_post(faults=Faults(refused=1.0, read_error=1.0))
    ana = await post.office.client(email=True)
    await _waiting_for_noon(post, ana)
    worker = Worker(post)
    await worker.work(timedelta(minutes=20))
    assert [(each.channel, each.state) for each in await post.touches(ana)] == [(Channel.SMS, "unknown")]
    assert await post.tasks() == [("call", "open")]
    async with post.record.write(post.practice_id, OWNER) as tx:
        for task in await task_store.live(tx):
            await done(tx, task.id)
    await worker.work(timedelta(minutes=5))
    assert await post.tasks() == [("call", "done")]


async def test_a_wave_that_waits_for_its_pace_is_not_overdue(open_post: OpenPost) -> None:
    post = await open_post()
    clients = [await post.office.client(number) for number in range(2)]
    await _waiting_for_noon(post, *clients)
    post.clock.advance(timedelta(minutes=10))
    assert await Overdue(post.record, dict).run(post.practice_id) == 0


@pytest.mark.long
async def test_four_hours_of_everything_failing(open_post: OpenPost) -> None:
    """Twelve texts wait. The carrier is asked about once a minute, and what is stale at the end is dropped."""
    post = await open_post(faults=Faults(refused=1.0))
    clients = [await post.office.client(number) for number in range(12)]
    for number, client in enumerate(clients):
        until = post.clock.now() + timedelta(hours=1 if number < 6 else 9)
        await post.say(client, str(number), kind=Kind.INBOX_AUTO, fields=about(number), useful_until=until)
    worker = Worker(post)
    at_first = await _counted(post, worker.work(timedelta(minutes=5)))
    calls = await _counted(post, worker.work(timedelta(hours=4) - timedelta(minutes=5), step=60))
    assert calls <= 1.2 * 235
    assert at_first <= 60
    post.faults()
    await worker.work(timedelta(minutes=10))
    states = [each.state for client in clients for each in await post.messages(client)]
    assert (states.count("sent"), states.count("cancelled")) == (6, 6)
    assert len(post.bodies()) == 6
    print(f"calls: {at_first} in the first five minutes, then {calls} in 235 minutes")
