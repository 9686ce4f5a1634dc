"""What is due on the waitlist: offers past their deadline, and openings whose next wave has come.

Each is done in a transaction of its own, so that one that fails holds up no other and locks are few and short.
Invariant: doing it twice, or in two processes at once, does nothing more.
"""

from dataclasses import dataclass
from typing import Final

from scheduler.core.actor import WORKER
from scheduler.core.record import Record
from waitlist import offer_store, opening_store
from waitlist.actions.expire import expire
from waitlist.actions.wave import next_wave

BATCH: Final = 50


@dataclass(frozen=True, slots=True)
class Done:
    """How many offers were ended and how many openings looked at."""

    expired: int
    waves: int


async def do_due(record: Record, practice_id: str) -> Done:
    """One round, at most fifty openings of each sort; overdue offers first, because their end brings a wave."""
    async with record.read(practice_id) as r:
        overdue = await offer_store.openings_overdue(r, BATCH)
        openings = await opening_store.openings_due(r, BATCH)
    expired = 0
    for opening_id in overdue:
        async with record.write(practice_id, WORKER) as tx:
            expired += await expire(tx, opening_id)
    for opening_id in openings:
        async with record.write(practice_id, WORKER) as tx:
            await next_wave(tx, opening_id)
    return Done(expired, len(openings))
