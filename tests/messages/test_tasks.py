"""Tasks: opened once, alerted until somebody takes them up, closed by people, opened again by what is new."""

from datetime import timedelta

import pytest

from messages import task_store, tasks
from messages.tasks import TaskKind
from scheduler.core.errors import Conflict, NotFound
from scheduler.core.record import Record
from tests.messages.post import Post, writing
from tests.rig.office import OWNER, open_office


async def test_a_task_of_one_key_waits_once(post: Post) -> None:
    async with writing(post) as tx:
        assert await tasks.open_task(tx, TaskKind.REPLY, dedupe="one") is not None
        assert await tasks.open_task(tx, TaskKind.REPLY, dedupe="one") is None
        assert await tasks.open_task(tx, TaskKind.REPLY) is not None
        assert await tasks.open_task(tx, TaskKind.REPLY) is not None
        assert await task_store.waiting(tx) == task_store.Waiting(3, 0)


async def test_urgent_first_then_the_oldest(post: Post) -> None:
    async with writing(post) as tx:
        first = await tasks.open_task(tx, TaskKind.REPLY)
    post.clock.advance(1)
    async with writing(post) as tx:
        second = await tasks.open_task(tx, TaskKind.REPLY)
        urgent = await tasks.open_task(tx, TaskKind.CRISIS, urgent=True)
        assert [each.id for each in await task_store.live(tx)] == [urgent, first, second]


async def test_taken_up_then_done_then_opened_again_by_something_new(post: Post) -> None:
    ana, ben = await post.office.client(0), await post.office.client(1)
    async with writing(post) as tx:
        task_id = await tasks.open_task(tx, TaskKind.CALL, dedupe="one", client_id=ana.id)
        assert task_id is not None
        assert await tasks.acknowledge(tx, task_id)
        assert not await tasks.acknowledge(tx, task_id)
        assert await tasks.done(tx, task_id)
        assert not await tasks.done(tx, task_id)
        found = await task_store.task_row(tx, task_id)
        assert found is not None
        assert (found.state, found.acknowledged_by, found.done_by) == ("done", OWNER.id, OWNER.id)
        assert await tasks.open_task(tx, TaskKind.CALL, dedupe="one", client_id=ben.id) == task_id
        found = await task_store.task_row(tx, task_id)
        assert found is not None
        assert (found.state, found.client_id, found.done_by) == ("open", ben.id, None)


async def test_a_hasty_click_is_undone(post: Post) -> None:
    async with writing(post) as tx:
        task_id = await tasks.open_task(tx, TaskKind.CALL)
        assert task_id is not None
        with pytest.raises(Conflict):
            await tasks.undo_done(tx, task_id)
        await tasks.done(tx, task_id)
        await tasks.undo_done(tx, task_id)
        assert [each.id for each in await task_store.live(tx)] == [task_id]


async def test_alerts_go_on_until_somebody_takes_it_up(post: Post) -> None:
    now = post.clock.now()
    async with writing(post) as tx:
        task_id = await tasks.open_task(tx, TaskKind.CRISIS, urgent=True, alert_at=now)
        assert task_id is not None
        assert [each.id for each in await task_store.due_alerts(tx)] == [task_id]
        assert await task_store.alerted(tx, task_id, now + timedelta(minutes=5))
        assert await task_store.due_alerts(tx) == ()
    post.clock.advance(300)
    async with writing(post) as tx:
        assert [each.alerts for each in await task_store.due_alerts(tx)] == [1]
        await tasks.acknowledge(tx, task_id)
        assert await task_store.due_alerts(tx) == ()
        assert not await task_store.alerted(tx, task_id, None)


async def test_what_it_waited_for_closes_it(post: Post) -> None:
    async with writing(post) as tx:
        await tasks.open_task(tx, TaskKind.NO_CHANNEL, dedupe="one")
        assert await tasks.settled(tx, "one")
        assert not await tasks.settled(tx, "one")


async def test_another_practices_task_is_not_there(post: Post, record: Record) -> None:
    async with writing(post) as tx:
        task_id = await tasks.open_task(tx, TaskKind.REPLY)
    other = await open_office(record)
    async with record.write(other.practice_id, OWNER) as tx:
        for act in (tasks.acknowledge, tasks.done):
            with pytest.raises(NotFound):
                await act(tx, task_id or "")
        assert await task_store.live(tx) == ()
