"""What the waitlist does now and then: learn from the answers, and let go of entries whose last day has passed.

Invariant: doing it twice, or in two processes at once, does nothing more.
"""

from scheduler.calendar.wallclock import local_day, zone_of
from scheduler.core.actor import WORKER
from scheduler.core.record import Record
from scheduler.people import store as people
from waitlist import entry_store
from waitlist.actions.learn import learn
from waitlist.actions.leave import leave

BATCH = 50


async def tidy(record: Record, practice_id: str) -> int:
    """How many entries left, and one more if the response curve was learned anew."""
    async with record.read(practice_id) as r:
        today = local_day(r.now, zone_of((await people.practice(r)).zone))
        over = await entry_store.entries_run_out(r, today, BATCH)
    for entry_id in over:
        async with record.write(practice_id, WORKER) as tx:
            tx.note("entry.ran_out", "waitlist_entry", entry_id)
            await leave(tx, entry_id)
    return len(over) + await learn(record, practice_id)
