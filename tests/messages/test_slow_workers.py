"""A worker so slow that others have given its claim up: what it did not post leaves later, and once."""

from messages.channels.base import Accepted
from messages.outcome import Attempt, record_outcomes
from scheduler.core.actor import WORKER
from tests.messages.post import Post


async def test_what_a_slow_worker_did_not_post_is_due_again(post: Post) -> None:
    client = await post.office.client()
    message_id = await post.say(client)
    slow = post.transmitter()
    _, held = await slow.claim(post.practice_id)
    post.clock.advance(post.limits.lease + 1)
    assert await post.settle() == 1, "another worker takes its claim for expired"
    await slow.post(post.practice_id, held)
    waiting = await post.message(message_id)
    assert (waiting.state, waiting.reason) == ("pending", "deadline_passed")
    assert post.arrived()[message_id] == 0
    await post.run()
    assert (await post.message(message_id)).state == "sent"
    assert post.arrived()[message_id] == 1


async def test_what_was_recalled_meanwhile_never_leaves(post: Post) -> None:
    client = await post.office.client()
    message_id = await post.say(client)
    slow = post.transmitter()
    _, held = await slow.claim(post.practice_id)
    await post.stop(client)
    post.clock.advance(post.limits.lease + 1)
    await post.settle()
    await slow.post(post.practice_id, held)
    await post.run()
    stopped = await post.message(message_id)
    assert (stopped.state, stopped.reason) == ("cancelled", "opted_out")
    assert post.arrived()[message_id] == 0


async def test_what_it_heard_last_does_not_take_back_what_others_heard_since(post: Post) -> None:
    message_id = await post.say(await post.office.client())
    await post.transmitter().claim(post.practice_id)
    await post.callback(message_id, 1, "SM9", "undelivered", 30004)
    async with post.record.write(post.practice_id, WORKER) as tx:
        await record_outcomes(tx, (Attempt(message_id, 1, Accepted("SM9", "queued")),), post.limits)
    found = await post.message(message_id)
    assert (found.state, found.provider_status, found.error_code) == ("failed", "undelivered", 30004)
