"""A text that did not arrive, about a time that is no longer so: nobody needs to hear it, so nothing follows."""

from datetime import timedelta

from sqlalchemy import select

from messages import task_store
from messages.delivery_callback import Callback, record_callback
from messages.kinds import Channel, Kind
from messages.outbox import Draft, enqueue
from scheduler import tables
from scheduler.actions.cancel import cancel
from scheduler.actions.move import move
from scheduler.core.actor import CARRIER
from tests.messages.post import VISIT, Post, book, writing

LATER = VISIT + timedelta(days=1)


async def _reminded(post: Post) -> tuple[str, str, str]:
    """A visit whose reminder has left and of which no word has come."""
    ana = await post.office.client()
    appointment_id, (place,) = await book(post, ana, told=False)
    post.faults(callback_lost=1.0)
    async with writing(post) as tx:
        draft = Draft(
            kind=Kind.REMINDER, channel=Channel.SMS, to=ana.phone_id or "", dedupe="reminder", participation_id=place,
            revision=1, client_id=ana.id,
        )  # fmt: skip
        message_id = await enqueue(tx, draft)
    assert message_id is not None
    await post.send()
    return appointment_id, place, message_id


async def _undelivered(post: Post, message_id: str) -> None:
    sid = (await post.message(message_id)).sid
    assert sid is not None
    async with post.record.write(post.practice_id, CARRIER) as tx:
        await record_callback(
            tx, Callback(message_id=message_id, attempt=1, sid=sid, status="undelivered", error_code=30003)
        )


async def _follow_ups(post: Post) -> tuple[int, int]:
    """Another try, and something for staff to do."""
    async with post.record.read(post.practice_id) as r:
        again = (
            await r.conn.execute(select(tables.message.c.id).where(tables.message.c.dedupe == "reminder:again"))
        ).all()
        tasks = [each for each in await task_store.live(r) if each.kind == "undeliverable"]
    return len(again), len(tasks)


async def test_undelivered_about_a_standing_time_is_tried_again(post: Post) -> None:
    _, _, message_id = await _reminded(post)
    await _undelivered(post, message_id)
    assert await _follow_ups(post) == (1, 0)


async def test_undelivered_about_the_old_time_of_a_moved_visit_ends_there(post: Post) -> None:
    appointment_id, _, message_id = await _reminded(post)
    async with writing(post) as tx:
        await move(tx, appointment_id, starts_at=LATER, by="client")
    await _undelivered(post, message_id)
    assert await _follow_ups(post) == (0, 0)


async def test_undelivered_about_a_cancelled_visit_ends_there(post: Post) -> None:
    _, place, message_id = await _reminded(post)
    async with writing(post) as tx:
        await cancel(tx, place, by="client")
    await _undelivered(post, message_id)
    assert await _follow_ups(post) == (0, 0)
