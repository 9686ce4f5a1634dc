"""Who is alerted of distress, by which ways, how often, and until when."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from bot.alerts import alert_due
from messages import task_store, tasks
from scheduler import tables
from scheduler.core.actor import Actor, ActorKind, Via
from scheduler.core.record import Record
from tests.conversation.scene import Scene, set_the_scene
from tests.rig.clock import ManualClock

STAFF = Actor(ActorKind.STAFF, "a" * 32, Via.CONSOLE, frozenset({"front_desk"}))
ONE, TWO = "one@lee.example", "two@lee.example"


@pytest.fixture
async def scene(record: Record, clock: ManualClock) -> Scene:
    people = {"alert_email": ONE, "alert_phone": "+12025550171", "second_email": TWO, "second_phone": "+12025550172"}
    return await set_the_scene(record, clock, **people)


async def alerts(scene: Scene) -> list[str]:
    """The channels of the alerts so far, in the order they were made."""
    m = tables.message.c
    async with scene.record.read(scene.practice) as r:
        rows = await r.conn.execute(select(m.channel, m.dedupe).where(m.kind == "crisis_alert").order_by(m.dedupe))
        return [row.channel for row in rows]


async def round_of_alerts(scene: Scene) -> int:
    before = len(await alerts(scene))
    await alert_due(scene.record, scene.practice, fallback=None)
    return len(await alerts(scene)) - before


async def test_two_ways_at_once_then_a_second_person_until_somebody_takes_it_up(scene: Scene) -> None:
    ana = await scene.client()
    await scene.hear(await scene.number_of(ana), "i want to die")
    await scene.work()
    assert await round_of_alerts(scene) == 2
    assert sorted(await alerts(scene)) == ["email", "sms"]
    assert await round_of_alerts(scene) == 0
    scene.pass_time(minutes=5)
    assert await round_of_alerts(scene) == 4
    scene.pass_time(minutes=5)
    assert await round_of_alerts(scene) == 4
    async with scene.record.write(scene.practice, STAFF) as tx:
        (task,) = [each for each in await task_store.live(tx) if each.kind == "crisis"]
        assert await tasks.acknowledge(tx, task.id)
    scene.pass_time(hours=2)
    assert await round_of_alerts(scene) == 0
    async with scene.record.read(scene.practice) as r:
        e = tables.audit_entry.c
        rows = await r.conn.execute(select(e.action, e.at).where(e.subject_id == task.id).order_by(e.seq))
        log = [(row.action, row.at) for row in rows]
    assert [action for action, _ in log] == ["task.opened", *["task.alerted"] * 3, "task.acknowledged"]
    times = [at for action, at in log if action == "task.alerted"]
    assert [later - earlier for earlier, later in pairwise(times)] == [timedelta(minutes=5)] * 2


async def test_nobody_to_alert_is_said_in_the_log_and_the_task_stays(
    record: Record, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    scene = await set_the_scene(record, clock)
    ana = await scene.client()
    await scene.hear(await scene.number_of(ana), "i want to die")
    await scene.work()
    assert await round_of_alerts(scene) == 0
    assert ("crisis", True) in await scene.tasks()
