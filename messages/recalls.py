"""When a change is acknowledged, nothing that speaks of how it was before may leave any more.

A message that is about to be posted can be recalled; the worker looks whether it was when its last look is older than
`FRESH_SECONDS`. So whoever recalls waits, after the commit and before anybody is told that it is done, until the
messages are decided or the worker must have looked. Nearly always nothing is being posted, and nothing is waited for.
Invariant: once `heeded` has returned, no attempt at these messages begins (reliability.md R26).
"""

import asyncio
from collections.abc import Collection
from typing import Final

from messages import send_store
from scheduler.core.record import Record

FRESH_SECONDS: Final = 2.0
"""A look at whether a message is still wanted counts for so long. Well below the time after which a STOP is
acknowledged whatever is on its way (consent.DRAIN)."""
STEP_SECONDS: Final = 0.05
STEPS: Final = int(FRESH_SECONDS / STEP_SECONDS) + 5  # a quarter of a second for the way to the socket


async def heeded(record: Record, practice_id: str, message_ids: Collection[str]) -> None:
    """Return when none of these messages can be posted any more."""
    for _ in range(STEPS):
        async with record.read(practice_id) as r:
            if not await send_store.being_posted(r, message_ids):
                return
        await asyncio.sleep(STEP_SECONDS)  # noqa: TID251 -- it waits for another task or process, whatever the hour
