"""A worker that stands still between its claim and the post looks again: things may have changed meanwhile."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from messages import consent
from messages.consent import StopSource
from messages.kinds import Channel, Kind
from messages.outbox import Draft, enqueue
from messages.transmit import Transmitter
from scheduler.actions.cancel import cancel
from scheduler.core.actor import Actor
from scheduler.core.record import Record, Tx
from tests.messages.post import Post, book, writing


class StandsStill(Record):
    """The record of a worker which, once, does not get on after its claim while other things happen elsewhere."""

    def __init__(self, record: Record, meanwhile: Callable[[], Awaitable[None]]) -> None:
        super().__init__(
            record.engines, record.clock, record.vault, subscriptions=record.subscriptions, make_id=record.make_id
        )
        self.claims = 0
        self._meanwhile = meanwhile

    @asynccontextmanager
    async def write(self, practice_id: str, actor: Actor) -> AsyncIterator[Tx]:
        async with super().write(practice_id, actor) as tx:
            yield tx
        self.claims += 1
        if self.claims == 1:
            await self._meanwhile()


async def _post_after(post: Post, meanwhile: Callable[[], Awaitable[None]]) -> int:
    """What a worker that stands still posts."""
    record = StandsStill(post.record, meanwhile)
    worker = Transmitter(record, post.ways, post.limits, worker="still", public_url=post.public_url)
    before = len(post.bodies())
    await worker.run(post.practice_id)
    return len(post.bodies()) - before


async def _reminder(post: Post) -> tuple[str, str]:
    """A visit whose reminder is due, and the number it goes to."""
    ana = await post.office.client()
    _, (place,) = await book(post, ana, told=False)
    async with writing(post) as tx:
        draft = Draft(
            kind=Kind.REMINDER,
            channel=Channel.SMS,
            to=ana.phone_id or "",
            dedupe="reminder",
            participation_id=place,
            revision=1,
        )
        assert await enqueue(tx, draft)
    return place, ana.who.phone


async def test_a_visit_that_is_cancelled_meanwhile_is_not_reminded_of(post: Post) -> None:
    place, _ = await _reminder(post)

    async def meanwhile() -> None:
        async with writing(post) as tx:
            await cancel(tx, place, by="client")
        post.clock.advance(10)

    assert await _post_after(post, meanwhile) == 0


async def test_who_says_stop_meanwhile_gets_nothing(post: Post) -> None:
    _, phone = await _reminder(post)

    async def meanwhile() -> None:
        async with writing(post) as tx:
            await consent.stop(tx, phone, Channel.SMS, StopSource.KEYWORD)
        post.clock.advance(10)

    assert await _post_after(post, meanwhile) == 0


async def test_when_nothing_has_changed_it_is_posted_after_all(post: Post) -> None:
    await _reminder(post)

    async def meanwhile() -> None:
        post.clock.advance(10)

    assert await _post_after(post, meanwhile) == 1
