"""What is due about series: those that stand behind are booked further ahead, and those that are over are ended.

What that means for a series is actions/series.py's. Invariant: each series is a transaction of its own, so one that
cannot be booked any further holds up no other.
"""

from contextlib import suppress
from datetime import timedelta

from scheduler.actions.series import HORIZON, extend_series, run_out
from scheduler.appointments import series_store
from scheduler.core.actor import WORKER
from scheduler.core.errors import NotFound
from scheduler.core.record import Record


async def go_on_with_series(record: Record, practice_id: str) -> int:
    """How many were booked further ahead or ended."""
    async with record.read(practice_id) as r:
        behind = await series_store.behind(r, (r.now + HORIZON - timedelta(days=1)).date())
        over = await series_store.past_their_last_day(r, r.now.date())
    done = 0
    for series in behind:
        # Its service, clinician or client was put away: it goes no further, as its page shows.
        with suppress(NotFound):
            async with record.write(practice_id, WORKER) as tx:
                await extend_series(tx, series.id)
            done += 1
    for series_id in over:
        async with record.write(practice_id, WORKER) as tx:
            done += await run_out(tx, series_id)
    return done
