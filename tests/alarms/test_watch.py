"""The watch looks at a real record, with time moved by hand, and tells ears on this machine. Both engines."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
from sqlalchemy import select, update

from bot.alarms.conditions import Patience
from bot.alarms.heart import Heart, leave
from bot.alarms.watch import Ears, Watch
from bot.alerts import alert_due
from bot.worker import Named
from messages import pause, undeliverable
from messages.channels.smtp import SmtpChannel, SmtpServer
from messages.kinds import Channel, Kind
from messages.outbox import Address, Draft, enqueue
from messages.pause import PauseReason, Why
from messages.tasks import acknowledge
from scheduler import tables
from scheduler.core.actor import OPERATOR
from scheduler.core.record import Record
from tests.alarms.ears import Heard, listening
from tests.rig.clock import ManualClock
from tests.rig.office import OWNER, Office, open_office

LANES = ("talk", "send", "settle")


@pytest.fixture
async def heard() -> AsyncIterator[Heard]:
    async with listening() as ears:
        yield ears


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as ours:
        yield ours


class Tower:
    """A watch, and the workers it looks at."""

    def __init__(self, record: Record, clock: ManualClock, heard: Heard, session: aiohttp.ClientSession) -> None:
        self.record, self.clock, self.heard, self.session = record, clock, heard, session
        self.hearts: dict[str, Heart] = {}
        self.watch = self.make()

    def make(self, *, beside: bool = False, **ears: object) -> Watch:
        given = {"webhook": self.heard.webhook, "ping_url": self.heard.monitor, **ears}
        told = Ears(session=self.session, console="https://a.example", **given)  # type: ignore[arg-type]  # a rig
        return Watch(self.record, told, Patience(45), beside=beside)

    def work(self, name: str = "one", silent_since: float | None = None) -> None:
        self.hearts[name] = Heart(self.record, every=5, name=name, silent_since=lambda: silent_since)

    async def pass_time(self, seconds: float, *, watch: Watch | None = None) -> None:
        """Workers beat and the watch looks, every five seconds."""
        for _ in range(int(seconds / 5)):
            self.clock.advance(5)
            for heart in self.hearts.values():
                for lane in LANES:
                    await heart.beat(lane)
            await (watch or self.watch).once()


@pytest.fixture
def tower(record: Record, clock: ManualClock, heard: Heard, session: aiohttp.ClientSession, office: Office) -> Tower:
    made = Tower(record, clock, heard, session)
    made.work()
    return made


@pytest.fixture(autouse=True)
def database_has_our_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rig's clock is months from the database's, on purpose; no alarm is wanted about that here."""

    async def nowhere(_reading: object) -> None:
        return None

    monkeypatch.setattr("bot.alarms.heartbeat_store.database_now", nowhere)


@pytest.mark.parametrize("engine_name", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
async def test_a_healthy_hour_raises_nothing_and_the_monitor_hears_every_minute(tower: Tower) -> None:
    await tower.pass_time(3600)
    assert tower.heard.posts == []
    assert 59 <= tower.heard.pings <= 61


async def test_a_night_in_which_nothing_is_due_raises_nothing(tower: Tower, office: Office) -> None:
    tower.clock.advance(timedelta(hours=12))
    await tower.pass_time(400)
    assert tower.heard.posts == []


async def test_a_dead_engine_is_told_within_a_minute_again_later_and_its_end(tower: Tower) -> None:
    await tower.pass_time(60)
    del tower.hearts["one"]
    await tower.pass_time(60)
    assert tower.heard.codes() == [["engine_silent"]]
    pings = tower.heard.pings
    await tower.pass_time(300)
    assert tower.heard.codes() == [["engine_silent"]] * 2
    assert tower.heard.pings == pings
    tower.work("another")
    await tower.pass_time(30)
    assert tower.heard.codes()[2:] == [[]]
    assert tower.heard.posts[2]["event"] == "all_clear"
    assert 320 <= tower.heard.posts[2]["lasts_seconds"] <= 400


async def test_a_worker_that_stopped_as_it_should_is_not_missed(tower: Tower) -> None:
    await tower.pass_time(60)
    del tower.hearts["one"]
    await leave(tower.record, "one")
    await tower.pass_time(600)
    assert tower.heard.posts == []


async def test_but_what_comes_due_then_is(tower: Tower, office: Office) -> None:
    await tower.pass_time(60)
    del tower.hearts["one"]
    await leave(tower.record, "one")
    async with tower.record.write(office.practice_id, OPERATOR) as tx:
        await enqueue(tx, Draft(kind=Kind.HELP, channel=Channel.SMS, to=Address("+12025550123"), dedupe="reply:1"))
    await tower.pass_time(60)
    assert tower.heard.codes() == [["engine_silent"]]


async def test_one_of_two_workers_may_die(tower: Tower) -> None:
    tower.work("two")
    await tower.pass_time(60)
    del tower.hearts["one"]
    await tower.pass_time(600)
    assert tower.heard.posts == []
    async with tower.record.read("") as r:
        left = set((await r.conn.execute(select(tables.heartbeat.c.worker))).scalars())
    assert "one" not in left


async def test_a_message_that_nobody_claims_is_told(tower: Tower, office: Office) -> None:
    async with tower.record.write(office.practice_id, OPERATOR) as tx:
        await enqueue(tx, Draft(kind=Kind.HELP, channel=Channel.SMS, to=Address("+12025550123"), dedupe="reply:1"))
    await tower.pass_time(295)
    assert tower.heard.posts == []
    await tower.pass_time(10)
    assert tower.heard.codes() == [["messages_wait"]]
    assert tower.heard.posts[0]["alarms"] == [{"code": "messages_wait", "practice": office.practice_id, "count": 1}]


async def test_refused_credentials_are_told_until_somebody_takes_it_up(tower: Tower, office: Office) -> None:
    async with tower.record.write(office.practice_id, OPERATOR) as tx:
        await undeliverable.trouble(tx, "carrier_20003")
    await tower.pass_time(5)
    assert tower.heard.posts[0]["alarms"] == [
        {"code": "sending_trouble", "practice": office.practice_id, "detail": "carrier_20003"}
    ]
    async with tower.record.write(office.practice_id, OWNER) as tx:
        task_id = (await tx.conn.execute(select(tables.task.c.id))).scalar_one()
        await acknowledge(tx, task_id)
    await tower.pass_time(15)
    assert tower.heard.codes() == [["sending_trouble"], []]


async def test_the_brake_is_told_within_ten_seconds_and_a_pause_by_hand_to_nobody(tower: Tower, office: Office) -> None:
    async with tower.record.write(office.practice_id, OWNER) as tx:
        await pause.pause(tx, PauseReason.CLOSED)
    await tower.pass_time(30)
    assert tower.heard.posts == []
    async with tower.record.write(office.practice_id, OWNER) as tx:
        await pause.resume(tx, leave_out=False)
        await pause.trip(tx, Why.DUE_SPIKE, count=2000, usual=3)
    await tower.pass_time(10)
    assert tower.heard.codes() == [["sending_paused"]]


async def test_the_on_call_person_is_mailed_what_is_held_and_not_that_somebody_may_be_in_distress(
    tower: Tower, office: Office
) -> None:
    async with tower.record.write(office.practice_id, OWNER) as tx:
        await pause.trip(tx, Why.CLOCK_JUMP)
    assert await alert_due(tower.record, office.practice_id, fallback="operator@a.example") == 1
    m = tables.message.c
    async with tower.record.read(office.practice_id) as r:
        rows = (await r.conn.execute(select(m.kind, m.fields, m.due_at).where(m.channel == "email"))).all()
    assert [(row.kind, row.fields["count"], row.due_at) for row in rows] == [("engine_alert", 1, tower.clock.now())]


async def test_a_carrier_that_does_not_answer_is_told_after_a_minute(tower: Tower) -> None:
    tower.work("one", silent_since=tower.clock.monotonic())
    await tower.pass_time(60)
    assert tower.heard.posts == []
    await tower.pass_time(10)
    assert tower.heard.codes() == [["carrier_silent"]]


async def test_a_clock_that_was_moved_is_told_whichever_way(tower: Tower) -> None:
    await tower.pass_time(30)
    tower.clock.jump(timedelta(days=-365))
    await tower.pass_time(5)
    assert tower.heard.codes() == [["clock_jumped"]]
    await tower.pass_time(120)
    assert tower.heard.codes() == [["clock_jumped"], []]


async def test_a_database_that_is_away_is_told_and_workers_are_not_blamed_when_it_is_back(
    tower: Tower, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tower.pass_time(30)
    there = tower.record.engines

    class Away:
        def __getattr__(self, _name: str) -> object:
            raise OSError

    monkeypatch.setattr(tower.record, "engines", Away())
    await tower.pass_time(60)
    assert tower.heard.codes() == [["database_away"]]
    monkeypatch.setattr(tower.record, "engines", there)
    await tower.pass_time(60)
    assert tower.heard.codes() == [["database_away"], []]


async def test_a_watch_that_slept_blames_nobody(tower: Tower) -> None:
    await tower.pass_time(30)
    tower.clock.advance(7200)
    await tower.watch.once()
    await tower.pass_time(60)
    assert tower.heard.posts == []


async def test_beside_a_watch_process_the_pages_keep_quiet_until_it_dies(tower: Tower) -> None:
    beside = tower.make(beside=True)
    await tower.pass_time(30)
    del tower.hearts["one"]
    for _ in range(20):
        await tower.pass_time(5)
        await beside.once()
    assert tower.heard.codes() == [["engine_silent"]]
    await tower.pass_time(100, watch=beside)  # from here on only the one beside the pages looks
    assert tower.heard.codes() == [["engine_silent"]] * 2


async def test_what_the_webhook_refuses_is_told_again_at_once(tower: Tower) -> None:
    tower.heard.refuse = True
    del tower.hearts["one"]
    async with tower.record.write("", OPERATOR) as tx:
        await tx.conn.execute(
            tables.heartbeat.insert().values(
                worker="gone", lane="send", host="h", started_at=tx.now, at=tx.now, beats=1
            )
        )
    await tower.pass_time(60)
    tower.heard.refuse = False
    await tower.pass_time(5)
    assert tower.heard.codes() == [["engine_silent"]]


async def test_mails_go_to_the_operator_and_to_the_practice_it_is_about(
    tower: Tower, office: Office, heard: Heard
) -> None:
    async with tower.record.write(office.practice_id, OPERATOR) as tx:
        await tx.conn.execute(update(tables.practice).values(alert_email="oncall@practice.example"))
        await undeliverable.trouble(tx, "carrier_20003")
    server = SmtpServer(host="127.0.0.1", port=heard.smtp_port, sender="stillon@a.example", tls_from_start=False)
    watch = tower.make(webhook=None, smtp=SmtpChannel(server), operator="operator@a.example")
    await tower.pass_time(10, watch=watch)
    assert sorted(to for to, _ in heard.mails) == ["oncall@practice.example", "operator@a.example"]
    assert all("refuses the account or its password" in mail for _, mail in heard.mails)
    assert all("Subject: Stillon needs you" in mail for _, mail in heard.mails)


async def test_a_practice_hears_nothing_of_another(tower: Tower, office: Office, heard: Heard) -> None:
    async with tower.record.write(office.practice_id, OPERATOR) as tx:
        await tx.conn.execute(update(tables.practice).values(alert_email="oncall@practice.example"))
    other = await open_office(tower.record)
    async with tower.record.write(other.practice_id, OPERATOR) as tx:
        await undeliverable.trouble(tx, "carrier_20003")
    server = SmtpServer(host="127.0.0.1", port=heard.smtp_port, sender="stillon@a.example", tls_from_start=False)
    watch = tower.make(webhook=None, smtp=SmtpChannel(server), operator="operator@a.example")
    await tower.pass_time(10, watch=watch)
    assert [to for to, _ in heard.mails] == ["operator@a.example"]


async def test_the_demo_is_not_watched(tower: Tower) -> None:
    async with tower.record.write("", OPERATOR) as tx:
        await tx.conn.execute(update(tables.practice).values(demo=True))
    del tower.hearts["one"]
    await tower.pass_time(600)
    assert tower.heard.posts == []


async def test_a_stopped_watch_takes_its_row_away(tower: Tower) -> None:
    stopped = asyncio.Event()
    running = asyncio.create_task(tower.watch.run(stopped))
    await asyncio.sleep(0)
    stopped.set()
    await running
    async with tower.record.read("") as r:
        assert (await r.conn.execute(select(tables.heartbeat.c.lane))).scalars().all() == []


async def test_each_duty_says_that_its_lane_lives_and_what_it_did(tower: Tower, office: Office) -> None:
    async def two(_practice_id: str) -> int:
        return 2

    async def nothing(_practice_id: str) -> int:
        return 0

    heart = Heart(tower.record, every=5, name="me")
    first, second = heart.within([Named("letters", two, "send"), Named("idle", nothing, "send")])
    assert [await first.run(office.practice_id), await second.run(office.practice_id)] == [2, 0]
    tower.clock.advance(5)
    await second.run(office.practice_id)
    async with tower.record.read("") as r:
        rows = (await r.conn.execute(select(tables.heartbeat))).mappings().all()
    assert [(row["worker"], row["lane"], row["beats"], row["did"]) for row in rows] == [("me", "send", 2, "letters")]


async def test_a_heartbeat_that_cannot_be_written_keeps_no_duty(
    tower: Tower, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def one(_practice_id: str) -> int:
        return 1

    class Away:
        def __getattr__(self, _name: str) -> object:
            raise OSError

    (duty,) = Heart(tower.record, every=5, name="me").within([Named("letters", one, "send")])
    there = tower.record.engines
    monkeypatch.setattr(tower.record, "engines", Away())
    assert await duty.run(office.practice_id) == 1
    monkeypatch.setattr(tower.record, "engines", there)
