"""A worker so slow that others have given its claim up: what it did not post leaves later, and once."""

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
