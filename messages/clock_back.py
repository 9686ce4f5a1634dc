"""After a clock that ran ahead was set right: nothing may wait for an hour that is a year away.

Claims, doubts and second tries are over within minutes. One that lies further ahead was written by a wrong clock, and
begins its time anew. Invariant: nothing is brought forward to before its whole time has passed by the present clock,
so a worker that still holds a claim has given it up by then.
"""

from datetime import timedelta
from typing import Final

from messages import clock_back_store as store
from messages.limits import Limits
from scheduler.core.actor import WORKER
from scheduler.core.log import get_logger
from scheduler.core.record import Record

log = get_logger(__name__)

LONGEST: Final = timedelta(hours=2)
"""The longest anything of this sort ever waits: a lease or settle time is an hour at most (bot/settings.py)."""


async def bring_back(record: Record, practice_id: str, *, limits: Limits) -> int:
    """One round; returns how many messages a wrong clock had put off."""
    async with record.read(practice_id) as r:
        if not await store.any_far(r, r.now + LONGEST):
            return 0
    async with record.write(practice_id, WORKER) as tx:
        count = await store.bring_back(
            tx, tx.now + LONGEST, deadline=tx.now + limits.lease_span, settle_at=tx.now + limits.settle_span
        )
        tx.note("sending.clock_set_back", "practice", tx.practice_id, count=count)
    log.warning("sending.clock_set_back", practice_id=practice_id, count=count)
    return count
