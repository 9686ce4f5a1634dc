"""Dying at every named place, once and then again while recovering: nothing lost, nothing twice."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

import messages
from bot.sandbox.faults import Faults
from messages import consent, inbound
from messages.consent import StopSource
from messages.crash_points import CRASH_POINTS
from messages.inbound import Received
from messages.kinds import Channel
from scheduler.core.actor import CARRIER
from tests.messages.conftest import OpenPost
from tests.messages.post import Post, about


class Died(BaseException):
    """The process is gone: nothing catches this."""


class Death:
    """Dies at one place, at its n-th visit."""

    def __init__(self, place: str, visit: int = 1) -> None:
        self.place, self.left = place, visit
        self.died = False

    def __call__(self, name: str) -> None:
        if name == self.place and not self.died:
            self.left -= 1
            if self.left == 0:
                self.died = True
                raise Died


def test_the_named_places_are_exactly_those_the_code_reaches() -> None:
    folder = Path(messages.__file__).parent
    reached = {name for file in folder.rglob("*.py") for name in re.findall(r'reach\("([^"]+)"\)', file.read_text())}
    assert reached == set(CRASH_POINTS)


async def _live(post: Post, death: Death) -> None:
    """Workers that die and are started again until nothing is left to do."""
    post.at(death)
    for _ in range(40):
        try:
            await post.run(timedelta(seconds=10), step=10)
        except Died:
            await post.hear()
        if not await post.unfinished():
            return


SENDING = [place for place in CRASH_POINTS if place.partition(".")[0] in {"claim", "transmit", "settle"}]


@pytest.mark.parametrize(("callbacks", "visit"), [("come", 1), ("never come", 1), ("never come", 2)])
@pytest.mark.parametrize("place", SENDING)
async def test_dying_while_sending(open_post: OpenPost, place: str, callbacks: str, visit: int) -> None:
    lost = 1.0 if callbacks == "never come" else 0.0
    post = await open_post(
        faults=Faults(script=("reset_after", "error_before", "none", "reset_after"), callback_lost=lost)
    )
    ana = await post.office.client()
    ids = {await post.say(ana, str(number), fields=about(number)) for number in range(4)}
    death = Death(place, visit)
    await _live(post, death)
    assert dict(post.arrived()) == dict.fromkeys(ids, 1)
    assert {(await post.message(each)).state for each in ids} == {"sent"}
    if visit == 1 and not (callbacks == "come" and place.startswith("settle.")):
        assert death.died or place == "settle.expired_marked"


async def test_dying_with_intents_written_and_nobody_to_post_them(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(callback_lost=1.0))
    message_id = await post.say(await post.office.client())
    post.at(Death("transmit.intents_committed"))
    with pytest.raises(Died):
        await post.send()
    assert (await post.message(message_id)).state == "intent"
    post.clock.advance(29)
    assert await post.settle() == 0
    await _live(post, Death("settle.expired_marked"))
    assert dict(post.arrived()) == {message_id: 1}


async def test_dying_while_a_callback_is_taken_in(post: Post) -> None:
    message_id = await post.say(await post.office.client())
    post.faults(callback_lost=1.0)
    await post.send()
    sid = (await post.message(message_id)).sid
    assert sid is not None
    post.at(Death("callback.recorded"))
    with pytest.raises(Died):
        await post.callback(message_id, 1, sid, "delivered")
    assert (await post.message(message_id)).provider_status != "delivered"
    await post.callback(message_id, 1, sid, "delivered")
    assert (await post.message(message_id)).provider_status == "delivered"


@pytest.mark.parametrize("place", ["stop.recorded", "stop.acknowledged"])
async def test_dying_while_somebody_says_stop(open_post: OpenPost, place: str) -> None:
    post = await open_post(stop_mode="ours", handling="off")
    ana = await post.office.client()
    message_id = await post.say(ana)
    post.at(Death(place))
    for _ in range(2):
        try:
            async with post.record.write(post.practice_id, CARRIER) as tx:
                await consent.stop(tx, ana.who.phone, Channel.SMS, StopSource.KEYWORD)
            await post.acknowledge()
        except Died:
            continue
    await post.acknowledge()
    await post.run(timedelta(seconds=20))
    assert (await post.message(message_id)).state == "cancelled"
    assert len(post.bodies()) == 1  # the one confirmation
    assert "STOP" not in post.bodies()[0]


async def test_dying_while_a_text_is_stored(post: Post) -> None:
    ana = await post.office.client()
    received = Received(sid="SM" + "1" * 32, sender=ana.who.phone, body="C")
    post.at(Death("inbound.stored"))
    with pytest.raises(Died):
        async with post.record.write(post.practice_id, CARRIER) as tx:
            await inbound.receive(tx, received)
    async with post.record.write(post.practice_id, CARRIER) as tx:
        assert await inbound.receive(tx, received) is not None
        assert await inbound.receive(tx, received) is None
    async with post.record.read(post.practice_id) as r:
        assert len(await inbound.unhandled(r)) == 1
