"""What is asked for at the same moment is done together: one look, or one transaction and one flush of the disk.

Whoever comes while a lot is under way waits for the next one, so one who comes alone is served at once. Each is told
how their own ended. Invariant: nobody fails by another's fault, since what fails for a lot is done again for each of
it alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

Queue = TypeVar("Queue", bound=Hashable)
Asked = TypeVar("Asked")
Told = TypeVar("Told")


class Together(Generic[Queue, Asked, Told]):
    """What waits, by queue. `do` takes a queue and what is asked of it, and answers in the same order."""

    def __init__(self, do: Callable[[Queue, Sequence[Asked]], Awaitable[Sequence[Told]]], *, most: int) -> None:
        self._do = do
        self._most = most
        self._waiting: dict[Queue, list[tuple[Asked, asyncio.Future[Told]]]] = {}
        self._at_work: set[asyncio.Task[None]] = set()

    async def done(self, queue: Queue, asked: Asked) -> Told:
        """Return once it is done. Who is cancelled meanwhile does not know whether it will be.

        Raises:
            whatever doing it raised.
        """
        told: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.get(queue)
        if waiting is None:
            self._waiting[queue] = [(asked, told)]
            task = asyncio.create_task(self._work(queue), name="together")
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)
        else:
            waiting.append((asked, told))
        return await told

    async def _work(self, queue: Queue) -> None:
        """Do what waits, lot by lot, until nothing does."""
        while waiting := self._waiting[queue]:
            lot, self._waiting[queue] = waiting[: self._most], waiting[self._most :]
            if len(lot) == 1 or not await self._as_one(queue, lot):
                await asyncio.gather(*(self._alone(queue, asked, told) for asked, told in lot))
        del self._waiting[queue]

    async def _as_one(self, queue: Queue, lot: Sequence[tuple[Asked, asyncio.Future[Told]]]) -> bool:
        try:
            ended = await self._do(queue, [asked for asked, _ in lot])
        except BaseException:  # noqa: BLE001 -- nothing of it is done; each is tried alone, and its own error told
            return False
        for (_, told), each in zip(lot, ended, strict=True):
            if not told.done():  # else nobody waits any more
                told.set_result(each)
        return True

    async def _alone(self, queue: Queue, asked: Asked, told: asyncio.Future[Told]) -> None:
        try:
            (ended,) = await self._do(queue, (asked,))
        except BaseException as error:  # noqa: BLE001 -- it is raised where it is waited for
            if not told.done():
                told.set_exception(error)
        else:
            if not told.done():
                told.set_result(ended)
