"""A change is acknowledged only when nothing that speaks of how it was before can leave any more (R26)."""

import asyncio
from contextlib import suppress

from messages.flow import Held
from messages.transmit import Transmitter
from scheduler.actions.cancel import cancel
from scheduler.actions.move import move
from tests.messages.conftest import OpenPost
from tests.messages.post import THREE_DAYS, Post, book, writing
from tests.rig.office import local

DUE = local("2026-03-08 10:00")


async def _about_to_post(post: Post) -> tuple[Transmitter, tuple[Held, ...]]:
    worker = post.transmitter()
    _, held = await worker.claim(post.practice_id)
    return worker, held


async def test_an_edit_waits_until_what_is_being_posted_is_decided(open_post: OpenPost) -> None:
    post = await open_post()
    await post.policy(THREE_DAYS)
    ana = await post.office.client()
    appointment_id, _ = await book(post, ana)
    post.clock.advance_to(DUE)
    worker, held = await _about_to_post(post)
    assert held
    order: list[str] = []

    async def edit() -> None:
        async with writing(post) as tx:
            await move(tx, appointment_id, starts_at=local("2026-03-13 11:00"), by="client")
        order.append("acknowledged")

    async def go_on() -> None:
        while held[0].ready.row.id not in post.record.called_off:  # noqa: ASYNC110 -- nothing to wait on rings here
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        order.append("posting")
        await worker.post(post.practice_id, held)

    await asyncio.gather(edit(), go_on())
    assert order == ["posting", "acknowledged"]
    assert post.bodies(ana.who.phone) == []


async def test_an_edit_does_not_wait_for_ever(post: Post) -> None:
    """A worker that stands still has to look again before it posts, so a bounded wait is enough."""
    await post.policy(THREE_DAYS)
    ana = await post.office.client()
    _, (place,) = await book(post, ana)
    post.clock.advance_to(DUE)
    worker, held = await _about_to_post(post)
    async with asyncio.timeout(10):
        async with writing(post) as tx:
            await cancel(tx, place, by="client")
    post.clock.advance(3)
    await worker.post(post.practice_id, held)
    assert post.bodies(ana.who.phone) == []


async def test_edits_at_the_instant_a_reminder_is_due_never_let_the_old_time_out(open_post: OpenPost) -> None:
    post = await open_post()
    await post.policy(THREE_DAYS)
    visits = [
        await book(post, await post.office.client(number), at=local(f"2026-03-11 {10 + number}:00"))
        for number in range(7)
    ]
    post.clock.advance_to(DUE)
    acknowledged_at: dict[str, int] = {}

    async def edit(number: int, place: str) -> None:
        for _ in range(number % 5):
            await asyncio.sleep(0)
        async with writing(post) as tx:
            await cancel(tx, place, by="client")
        acknowledged_at[place] = len(post.carrier.ledger)

    edits = [edit(number, places[0]) for number, (_, places) in enumerate(visits)]
    await asyncio.gather(post.transmitter().run(post.practice_id), post.transmitter().run(post.practice_id), *edits)
    await post.hear()
    last = max(acknowledged_at.values())
    assert len(post.carrier.ledger) == last, "nothing was accepted after the last edit was acknowledged"


async def test_a_crash_while_waiting_leaves_the_change_made(post: Post) -> None:
    await post.policy(THREE_DAYS)
    ana = await post.office.client()
    _, (place,) = await book(post, ana)
    post.clock.advance_to(DUE)
    await _about_to_post(post)

    async def edit() -> None:
        async with writing(post) as tx:
            await cancel(tx, place, by="client")

    task = asyncio.create_task(edit())
    while not post.record.called_off._ids:  # noqa: ASYNC110 -- nothing to wait on rings here
        await asyncio.sleep(0.01)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    first = (await post.touches(ana))[0]
    assert (first.state, first.reason) == ("intent", "visit_cancelled")
