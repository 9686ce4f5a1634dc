"""A weekly time that somebody keeps missing: staff are asked, and nothing is taken away by itself."""

from datetime import date

import pytest

from messages import task_store, tasks
from messages.task_store import Task
from scheduler.actions.attend import Marked, attend
from scheduler.actions.cancel import cancel
from scheduler.actions.series import end_series
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.calendar.series import Series
from tests.conversation.scene import FRONT, Scene, local
from tests.waitlist.test_waves import openings
from tests.waitlist.test_weekly import begin
from waitlist.actions.save_policy import save_policy

THURSDAYS = Series(date(2026, 3, 12), 14 * 60)


async def weekly(scene: Scene) -> tuple[str, list[Visit]]:
    """Ana's Thursdays at two."""
    ana = await scene.client()
    series_id = await begin(scene, ana, THURSDAYS)
    async with scene.record.read(scene.practice) as r:
        return series_id, list(await appointments.upcoming(r, (ana,), r.now))


async def mark(scene: Scene, visit: Visit, to: str) -> None:
    """What became of it, said as soon as it is over."""
    late = visit.ends_at - scene.record.clock.now()
    scene.pass_time(seconds=max(0.0, late.total_seconds()))
    async with scene.record.write(scene.practice, FRONT) as tx:
        assert isinstance(await attend(tx, visit.participation_id, to), Marked)


async def asked(scene: Scene) -> tuple[Task, ...]:
    async with scene.record.read(scene.practice) as r:
        return tuple(each for each in await task_store.live(r) if each.kind == tasks.TaskKind.WEEKLY_MISSED)


async def keep(scene: Scene) -> None:
    (task,) = await asked(scene)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await tasks.done(tx, task.id)


async def test_twice_missed_staff_are_asked_and_nothing_else_happens(scene):
    series_id, visits = await weekly(scene)
    await mark(scene, visits[0], "missed")
    assert await asked(scene) == ()
    await mark(scene, visits[1], "missed")
    (task,) = await asked(scene)
    assert (task.client_id, task.participation_id) == (visits[1].client_id, visits[1].participation_id)
    assert not task.urgent
    assert await openings(scene) == ()
    async with scene.record.read(scene.practice) as r:
        ahead = await appointments.series_appointments(r, series_id, r.now)
    assert len(ahead) == len(visits) - 2
    assert "clinician_cancelled" not in await scene.told(visits[0].client_id)


async def test_who_came_in_between_or_called_is_not_asked_about(scene):
    _, visits = await weekly(scene)
    await mark(scene, visits[0], "missed")
    await mark(scene, visits[1], "arrived")
    await mark(scene, visits[2], "missed")
    async with scene.record.write(scene.practice, FRONT) as tx:
        await cancel(tx, visits[3].participation_id, by="client")
    await mark(scene, visits[4], "missed")
    assert await asked(scene) == ()


async def test_a_mark_taken_back_takes_the_question_back(scene):
    _, visits = await weekly(scene)
    await mark(scene, visits[0], "missed")
    await mark(scene, visits[1], "missed")
    await mark(scene, visits[1], "arrived")
    assert await asked(scene) == ()
    await mark(scene, visits[1], "missed")
    assert len(await asked(scene)) == 1


async def test_kept_once_it_is_asked_again_only_after_as_many_more(scene):
    _, visits = await weekly(scene)
    for each in visits[:2]:
        await mark(scene, each, "missed")
    await keep(scene)
    await mark(scene, visits[2], "missed")
    assert await asked(scene) == ()
    await mark(scene, visits[3], "missed")
    (task,) = await asked(scene)
    assert task.participation_id == visits[3].participation_id


@pytest.mark.parametrize(("term", "missed"), [(0, 4), (3, 2)])
async def test_how_many_it_takes_is_the_practices_to_say(scene, term: int, missed: int):
    async with scene.record.write(scene.practice, FRONT) as tx:
        await save_policy(tx, {"ask_after_missed": term})
    _, visits = await weekly(scene)
    for each in visits[:missed]:
        await mark(scene, each, "missed")
    assert await asked(scene) == ()
    await mark(scene, visits[missed], "missed")
    assert len(await asked(scene)) == (1 if term else 0)


async def test_a_series_that_ends_otherwise_leaves_nothing_to_ask(scene):
    series_id, visits = await weekly(scene)
    for each in visits[:2]:
        await mark(scene, each, "missed")
    async with scene.record.write(scene.practice, FRONT) as tx:
        await end_series(tx, series_id, date(2026, 3, 26))
    assert await asked(scene) == ()
    assert [each.starts_at for each in await openings(scene)] == [local("03-26 14:00")]


async def test_a_single_visit_is_no_weekly_time(scene):
    ana = await scene.client()
    booked = await scene.book(ana, "03-12 14:00")
    await mark(scene, await scene.visit(booked), "missed")
    assert await asked(scene) == ()
