"""Posts of the carrier that come together are stored together: one transaction, and one flush of the disk, for all.

Invariant: a post counts as stored only when its transaction has committed; one that cannot be stored does not keep the
others from it, since each is then stored by itself.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bot.together import Together
from scheduler.core.actor import CARRIER
from scheduler.core.record import Record, Tx

Store = Callable[[Tx], Awaitable[object]]
TOGETHER: Final = 50


class Intake:
    """What waits to be stored, by practice."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._posts: Together[str, Store, None] = Together(self._store, most=TOGETHER)

    async def stored(self, practice_id: str, store: Store) -> None:
        """Return once it is committed. Who is cancelled meanwhile does not know whether it will be.

        Raises:
            whatever storing it raised.
        """
        await self._posts.done(practice_id, store)

    async def _store(self, practice_id: str, stores: Sequence[Store]) -> Sequence[None]:
        async with self._record.write(practice_id, CARRIER) as tx:
            for store in stores:
                await store(tx)
        return [None] * len(stores)
