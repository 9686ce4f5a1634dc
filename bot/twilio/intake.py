"""Posts of the carrier that come together are stored together: one transaction, and one flush of the disk, for all.

Whoever comes while a transaction is under way waits for the next one, so a post that comes alone is stored at once.
Each is told how its own storing ended. Invariant: a post counts as stored only when its transaction has committed; one
that cannot be stored does not keep the others from it, since each is then stored by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from scheduler.core.actor import CARRIER
from scheduler.core.record import Record, Tx

Store = Callable[[Tx], Awaitable[object]]
TOGETHER: Final = 50


class Intake:
    """What waits to be stored, by practice."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._waiting: dict[str, list[tuple[Store, asyncio.Future[None]]]] = {}
        self._at_work: set[asyncio.Task[None]] = set()

    async def stored(self, practice_id: str, store: Store) -> None:
        """Return once it is committed. Who is cancelled meanwhile does not know whether it will be.

        Raises:
            whatever storing it raised.
        """
        done = asyncio.get_running_loop().create_future()
        waiting = self._waiting.get(practice_id)
        if waiting is None:
            self._waiting[practice_id] = [(store, done)]
            task = asyncio.create_task(self._work(practice_id), name="intake")
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)
        else:
            waiting.append((store, done))
        await done

    async def _work(self, practice_id: str) -> None:
        """Store what waits, lot by lot, until nothing does."""
        while waiting := self._waiting[practice_id]:
            lot, self._waiting[practice_id] = waiting[:TOGETHER], waiting[TOGETHER:]
            if len(lot) == 1 or not await self._together(practice_id, lot):
                for store, done in lot:
                    await self._alone(practice_id, store, done)
        del self._waiting[practice_id]

    async def _together(self, practice_id: str, lot: list[tuple[Store, asyncio.Future[None]]]) -> bool:
        try:
            async with self._record.write(practice_id, CARRIER) as tx:
                for store, _ in lot:
                    await store(tx)
        except BaseException:  # noqa: BLE001 -- nothing of it is stored; each is tried alone, and its own error told
            return False
        for _, done in lot:
            _tell(done, None)
        return True

    async def _alone(self, practice_id: str, store: Store, done: asyncio.Future[None]) -> None:
        try:
            async with self._record.write(practice_id, CARRIER) as tx:
                await store(tx)
        except BaseException as error:  # noqa: BLE001 -- it is raised where it is waited for
            _tell(done, error)
        else:
            _tell(done, None)


def _tell(done: asyncio.Future[None], error: BaseException | None) -> None:
    if done.done():  # nobody waits any more
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
