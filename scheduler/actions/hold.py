"""Keep times for somebody until an instant, and let them go again."""

from collections.abc import Sequence
from datetime import datetime

from scheduler.actions.book import with_buffers
from scheduler.calendar import store as calendar
from scheduler.calendar.open_times import OpenTime
from scheduler.calendar.store import Hold
from scheduler.calendar.wallclock import Span
from scheduler.core.errors import Conflict, NotFound
from scheduler.core.record import Tx
from scheduler.people import store as people


async def hold(
    tx: Tx, *, holder_id: str, kind: str, service_id: str, times: Sequence[OpenTime], expires_at: datetime
) -> tuple[OpenTime, ...]:
    """Hold each of `times` with the service's buffers, passing over those that somebody has taken meanwhile.

    Returns the times that are truly held, in the order given. `kind` is choice (offered by text) or offer
    (an opening of the waitlist).

    Raises:
        NotFound: no such service.
    """
    service = await people.service(tx, service_id)
    if service is None:
        raise NotFound("service")
    held = []
    for time in times:
        span = with_buffers(Span(time.starts_at, time.ends_at), service)
        wanted = Hold(holder_id, kind, time.clinician_id, span.starts_at, span.ends_at, expires_at)
        try:
            await calendar.take_for_hold(tx, wanted)
        except Conflict:
            continue
        held.append(time)
    tx.note("time.held", "hold", holder_id, kind=kind, count=len(held))
    return tuple(held)


async def release(tx: Tx, holder_id: str) -> int:
    """Let go of everything a holder holds; returns how many stretches that were."""
    freed = await calendar.give_back(tx, holder_id=holder_id)
    if freed:
        tx.note("time.released", "hold", holder_id, count=freed)
    return freed
