"""The practice says how fast one of its numbers may speak.

Invariant: a rate is one the carriers grant (people/sender_rate.py), so that pacing never runs ahead of them by a typo.
"""

from scheduler.core.errors import Invalid, NotFound
from scheduler.core.record import Tx
from scheduler.people import sender_store
from scheduler.people.sender_rate import RATES


async def rate_sender(tx: Tx, number: str, segments_per_second: int) -> bool:
    """Set the rate of a number from the next claim on; False when it was that already.

    Raises:
        Invalid: sender_rate_unknown.
        NotFound: the practice has no such number.
    """
    if segments_per_second not in RATES:
        raise Invalid("sender_rate_unknown", field="rate")
    if number not in {each.number for each in await sender_store.sender_rates(tx)}:
        raise NotFound("sender")
    changed = await sender_store.set_rate(tx, number, segments_per_second)
    if changed:
        tx.note("sender.rated", "practice", tx.practice_id, rate=segments_per_second)
    return changed
