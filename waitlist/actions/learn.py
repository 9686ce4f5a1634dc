"""Learn how this practice's clients answer offers, from those of the last months."""

from datetime import timedelta
from typing import Final

from scheduler.core.actor import WORKER
from scheduler.core.record import Record
from waitlist import policy_store
from waitlist.response import count, stored

MEMORY: Final = timedelta(days=180)
MOST: Final = 10_000
"""So many offers say enough; a large practice learns from its last weeks."""
EVERY: Final = timedelta(days=7)


async def learn(record: Record, practice_id: str) -> bool:
    """Whether the curve was learned anew: once a week, from the last offers of half a year at the most."""
    async with record.read(practice_id) as r:
        last = await policy_store.learned_at(r)
        if last is not None and r.now - last < EVERY:
            return False
        counts = count(await policy_store.ended_since(r, r.now - MEMORY, MOST))
    async with record.write(practice_id, WORKER) as tx:
        await policy_store.keep_curve(tx, stored(counts))
        tx.note(
            "waitlist_curve.learned",
            "waitlist_curve",
            None,
            offers=sum(line[0][0] for lines in counts for line in lines),
        )
    return True
