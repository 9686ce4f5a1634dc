"""R2: dying at every named place, again at the same place while recovering, and once more right after that.

Whatever dies is started again and goes on until nothing is left to do; then nothing is lost and nothing is there
twice. A place that no scenario comes to, and a scenario that does not come to its place, fail.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from sqlalchemy import select

import messages
from bot.alerts import alert_due
from bot.conversation.due import do_due
from bot.sandbox.faults import Faults
from bot.twilio.carrier import RECORD, SPOOL, taken
from bot.twilio.drain import INBOUND, drain
from bot.twilio.spool import Spool
from bot.wiring import subscriptions as all_subscriptions
from messages import consent, inbound
from messages.consent import StopSource
from messages.crash_points import CRASH_POINTS
from messages.gap_repair import GapRepair
from messages.inbound import Received
from messages.kinds import Channel
from messages.overdue import Overdue
from messages.redact import Redactor
from messages.tasks import TaskKind, open_task
from scheduler import tables
from scheduler.core.actor import CARRIER
from scheduler.core.engine import Engines, open_engines
from scheduler.core.record import Subscriptions
from tests.conversation.scene import set_the_scene
from tests.messages.conftest import OpenPost
from tests.messages.post import LIMITS, THREE_DAYS, TWO_HOURS, Post, about, book, writing
from tests.rig.canary import canary
from tests.rig.office import local
from tests.waitlist.test_claims import offered, take

ROOT = Path(messages.__file__).parents[1]
UNITS = 2  # every scenario comes to its place at least twice
ANA = canary(0).phone


@pytest.fixture
def subscriptions() -> Subscriptions:
    return all_subscriptions()


class Died(BaseException):
    """The process is gone: nothing catches this."""


@dataclass
class Deaths:
    """Dies at the n-th visit of a place, then as `after` says: at its next visit, and at the next place of all."""

    place: str
    visit: int
    after: list[str] = field(default_factory=list)
    count: int = 0

    def __call__(self, name: str) -> None:
        if self.visit:
            self.visit -= name == self.place
            if self.visit == 0:
                self._die()
        elif self.after and (self.after[0] == "any place" or name == self.place):
            self.after.pop(0)
            self._die()

    def _die(self) -> None:
        self.count += 1
        raise Died


Step = Callable[[], Awaitable[object]]


@dataclass
class Life:
    """What is done again and again, when it is over, and what must then be so."""

    step: Step
    over: Callable[[], Awaitable[bool]]
    check: Callable[[], Awaitable[None]]


async def _live(post: Post, life: Life, deaths: Deaths) -> None:
    post.at(deaths)
    for _ in range(60):
        try:
            await life.step()
        except Died:
            await post.hear()
            continue
        if await life.over():
            break
        post.clock.advance(10)
    else:
        pytest.fail("never over")
    post.at(lambda _name: None)
    await life.step()  # once more when all is done: nothing may come of it
    await life.check()


# --- sending ----------------------------------------------------------------------------------------------------


SCRIPT = ("reset_after", "error_before", "none", "reset_after")


def _life(post: Post, ids: list[str]) -> Life:
    async def step() -> None:
        await post.send()
        await post.settle()
        await post.acknowledge()

    async def over() -> bool:
        return not await post.unfinished()

    async def check() -> None:
        assert dict(post.arrived()) == dict.fromkeys(ids, 1)
        assert {(await post.message(each)).state for each in ids} == {"sent"}

    return Life(step, over, check)


async def _say(post: Post, *numbers: int) -> list[str]:
    client = await post.office.client(numbers[0])
    return [await post.say(client, str(number), fields=about(number)) for number in numbers]


async def sending(open_post: OpenPost) -> tuple[Post, Life]:
    post = await open_post(faults=Faults(script=SCRIPT))
    return post, _life(post, await _say(post, 0, 1, 2, 3))


async def sending_in_silence(open_post: OpenPost) -> tuple[Post, Life]:
    """No callback ever comes, and two claims have died, so that their leases run out one after the other."""
    post = await open_post(faults=Faults(script=SCRIPT, callback_lost=1.0))
    ids: list[str] = []
    for numbers in ((0, 1), (2, 3)):
        ids += await _say(post, *numbers)
        post.at(Deaths("transmit.intents_committed", 1))
        with pytest.raises(Died):
            await post.send()
        post.clock.advance(LIMITS.lease / 2 + 1)
    return post, _life(post, ids)


# --- what the carrier tells later ---------------------------------------------------------------------------------


async def callbacks(open_post: OpenPost) -> tuple[Post, Life]:
    post = await open_post(faults=Faults(callback_lost=1.0))
    ids = [await post.say(await post.office.client(number), str(number)) for number in range(UNITS)]
    await post.send()

    async def step() -> None:
        for message_id in ids:
            for status in ("sent", "delivered"):
                await post.callback(message_id, 1, (await post.message(message_id)).sid or "", status)

    async def over() -> bool:
        return {(await post.message(each)).provider_status for each in ids} == {"delivered"}

    async def check() -> None:
        assert await over()
        assert await post.noted("message.heard") == 2 * UNITS

    return post, Life(step, over, check)


async def undelivered(open_post: OpenPost) -> tuple[Post, Life]:
    post = await open_post(faults=Faults(callback_lost=1.0))
    await post.policy(THREE_DAYS)
    clients = [await post.office.client(number, email=True) for number in range(UNITS)]
    await book(post, *clients)
    post.clock.advance_to(local("2026-03-08 10:00"))
    await post.send()

    async def texts() -> list:
        return [each for client in clients for each in await post.touches(client) if each.channel is Channel.SMS]

    async def step() -> None:
        for each in await texts():
            await post.callback(each.id, 1, each.sid or "", "undelivered", 30004)

    async def over() -> bool:
        return {each.state for each in await texts()} == {"failed"}

    async def check() -> None:
        for client in clients:
            ways = [each.channel for each in await post.touches(client)]
            assert ways.count(Channel.SMS) == ways.count(Channel.EMAIL) == 1
        assert [kind for kind, _ in await post.tasks()].count("number_fails") == UNITS

    return post, Life(step, over, check)


async def overdue(open_post: OpenPost) -> tuple[Post, Life]:
    post = await open_post(faults=Faults(rate_limited=1.0))
    await post.policy(TWO_HOURS)
    clients = [await post.office.client(number, email=True) for number in range(UNITS)]
    await book(post, clients[0], at=local("2026-03-11 14:00"), told=False)
    await book(post, clients[1], at=local("2026-03-11 15:00"), told=False)
    post.clock.advance_to(local("2026-03-11 12:00"))

    async def step() -> None:
        post.clock.advance(120)
        await post.send()
        await Overdue(post.record, dict).run(post.practice_id)

    async def moved() -> list[str]:
        return [each.reason or "" for client in clients for each in await post.touches(client) if each.attempt]

    async def over() -> bool:
        return (await moved()).count("handed_on") == UNITS

    async def check() -> None:
        for client in clients:
            assert [each.channel for each in await post.touches(client)].count(Channel.EMAIL) == 1

    return post, Life(step, over, check)


# --- what people say ----------------------------------------------------------------------------------------------


async def stops(open_post: OpenPost) -> tuple[Post, Life]:
    post = await open_post(stop_mode="ours", handling="off")
    clients = [await post.office.client(number) for number in range(UNITS)]
    ids = [await post.say(client, str(number)) for number, client in enumerate(clients)]

    async def step() -> None:
        for client in clients:
            async with post.record.write(post.practice_id, CARRIER) as tx:
                await consent.stop(tx, client.who.phone, Channel.SMS, StopSource.KEYWORD)
            await post.acknowledge()
        await post.send()

    async def over() -> bool:
        return not await post.unfinished()

    async def check() -> None:
        assert {(await post.message(each)).state for each in ids} == {"cancelled"}
        assert [len(post.bodies(client.who.phone)) for client in clients] == [1] * UNITS  # the one confirmation

    return post, Life(step, over, check)


async def replies(open_post: OpenPost) -> tuple[Post, Life]:
    """Two people confirm: the webhook comes again until it was answered, the worker goes on until all is done."""
    post = await open_post()
    clients = [await post.office.client(number) for number in range(UNITS)]
    await book(post, *clients, told=False)

    async def step() -> None:
        for number, client in enumerate(clients):
            async with post.record.write(post.practice_id, CARRIER) as tx:
                await inbound.receive(tx, Received(sid=f"SM{number:032d}", sender=client.who.phone, body="C"))
        while await do_due(post.record, post.practice_id):
            pass

    async def over() -> bool:
        async with post.record.read(post.practice_id) as r:
            return not await inbound.unhandled(r)

    async def check() -> None:
        m, i = tables.message, tables.inbound
        async with post.record.read(post.practice_id) as r:
            assert len((await r.conn.execute(select(i.c.id))).all()) == UNITS
            answers = (await r.conn.execute(select(m.c.inbound_id).where(m.c.inbound_id.is_not(None)))).all()
        assert len(answers) == len(set(answers)) == UNITS
        assert await post.noted("participation.confirmed") == UNITS

    return post, Life(step, over, check)


async def gap(open_post: OpenPost) -> tuple[Post, Life]:
    post = await open_post()
    left = [("one", "C"), ("two", "STOP"), ("three", "N")]

    async def step() -> None:
        if left:
            await post.phone_says(ANA, left.pop()[1])
            post.clock.advance(3600)  # far beyond what is read again, so that only the watermark tells how far back
        await GapRepair(post.record, post.ways[Channel.SMS]).run(post.practice_id)

    async def over() -> bool:
        return not left

    async def check() -> None:
        async with post.record.read(post.practice_id) as r:
            found = [await inbound.read(r, each) for each in await inbound.unhandled(r)]
        assert sorted(each.body for each in found if each) == ["C", "N", "STOP"]

    return post, Life(step, over, check)


@pytest.fixture
async def nowhere(engine_name: str) -> AsyncIterator[Engines]:
    away = "postgresql://nobody@127.0.0.1:9/none" if engine_name == "postgresql" else "sqlite:////proc/none/x.db"
    engines = open_engines(away)
    yield engines
    await engines.close()


def spooling(folder: Path, nowhere: Engines) -> Callable[[OpenPost], Awaitable[tuple[Post, Life]]]:
    async def opened(open_post: OpenPost) -> tuple[Post, Life]:
        post = await open_post()
        there = post.record.engines
        app = web.Application()
        app[RECORD], app[SPOOL] = post.record, Spool(folder, post.record.vault)
        request = make_mocked_request("POST", "/", app=app, match_info={"practice_id": post.practice_id})
        left = ["C", "STOP", "N"]

        async def posted(number: int, body: str) -> None:
            """The carrier posts until it is answered."""
            fields = {"sid": f"SM{number:032d}", "sender": ANA, "body": body, "opt_out_type": None, "media_count": 0}
            post.record.engines = nowhere
            try:
                await taken(request, INBOUND, fields, lambda tx: inbound.receive(tx, Received(**fields)))
            finally:
                post.record.engines = there

        async def step() -> None:
            if left:
                await posted(len(left), left[-1])
                left.pop()
            await drain(post.record, app[SPOOL])

        async def over() -> bool:
            return not left and app[SPOOL].is_empty()

        async def check() -> None:
            async with post.record.read(post.practice_id) as r:
                found = [await inbound.read(r, each) for each in await inbound.unhandled(r)]
            assert sorted(each.body for each in found if each) == ["C", "N", "STOP"]
            assert not (folder / "damaged").exists()

        return post, Life(step, over, check)

    return opened


# --- and after ----------------------------------------------------------------------------------------------------


async def redacting(open_post: OpenPost) -> tuple[Post, Life]:
    post = await open_post()
    left = [await post.office.client(number) for number in range(UNITS)]

    async def step() -> None:
        if left:
            await post.say(left[-1], str(len(left)))
            left.pop()
            await post.send()
        await Redactor(post.record, post.ways).run(post.practice_id)

    async def over() -> bool:
        return not left and not any(text.body for text in post.carrier.texts)

    async def check() -> None:
        assert await post.noted("message.redacted") == UNITS

    return post, Life(step, over, check)


async def alerting(open_post: OpenPost) -> tuple[Post, Life]:
    post = await open_post()
    async with writing(post) as tx:
        for number in range(UNITS):
            await open_task(tx, TaskKind.CRISIS, dedupe=str(number), urgent=True, alert_at=tx.now)

    async def step() -> None:
        await alert_due(post.record, post.practice_id, fallback="on-call@lee.example")

    async def alerts() -> list[str]:
        m = tables.message
        async with post.record.read(post.practice_id) as r:
            return list((await r.conn.execute(select(m.c.dedupe).where(m.c.kind == "crisis_alert"))).scalars())

    async def over() -> bool:
        return len(await alerts()) == UNITS

    async def check() -> None:
        assert len(await alerts()) == UNITS
        assert await post.noted("task.alerted") == UNITS

    return post, Life(step, over, check)


async def claiming(open_post: OpenPost) -> tuple[Post, Life]:
    """The answer of the one who holds the offer is worked out again and again; the time is booked once."""
    post = await open_post()
    scene = await set_the_scene(post.record, post.clock)
    ana, offer = await offered(scene)
    answers = [offer.id, offer.id]

    async def step() -> None:
        while answers:
            await take(scene, answers[-1])
            answers.pop()

    async def over() -> bool:
        return not answers

    async def check() -> None:
        assert await scene.upcoming(ana) == ["03-10 14:00 confirmed"]
        assert (await scene.told(ana)).count("offer_won") == 1

    return post, Life(step, over, check)


SCENARIOS = {
    "claim": sending,
    "transmit": sending_in_silence,
    "settle": sending_in_silence,
    "undeliverable": undelivered,
    "overdue": overdue,
    "callback": callbacks,
    "stop": stops,
    "inbound": replies,
    "gap": gap,
    "spool": None,
    "redact": redacting,
    "offer": claiming,
    "alert": alerting,
}
ONCE_PER_LIFE = {"offer.claimed"}
"""Nothing brings these twice: the second time it is known."""


def test_the_named_places_are_exactly_those_the_code_reaches() -> None:
    files = [file for package in ("messages", "waitlist", "bot") for file in (ROOT / package).rglob("*.py")]
    reached = [name for file in files for name in re.findall(r'\breach\("([^"]+)"\)', file.read_text("utf-8"))]
    assert sorted(reached) == sorted(CRASH_POINTS)
    assert len(CRASH_POINTS) >= 25
    assert {place.partition(".")[0] for place in CRASH_POINTS} == set(SCENARIOS)


@pytest.mark.parametrize(("visit", "after"), [(1, ("same", "any place")), (2, ("any place",))], ids=["first", "second"])
@pytest.mark.parametrize("place", CRASH_POINTS)
async def test_dying_there(
    open_post: OpenPost, tmp_path: Path, nowhere: Engines, place: str, visit: int, after: tuple[str, ...]
) -> None:
    scenario = SCENARIOS[place.partition(".")[0]] or spooling(tmp_path / "spool", nowhere)
    post, life = await scenario(open_post)
    deaths = Deaths(place, visit, list(after))
    await _live(post, life, deaths)
    assert deaths.count >= 1 or (visit == 2 and place in ONCE_PER_LIFE)
