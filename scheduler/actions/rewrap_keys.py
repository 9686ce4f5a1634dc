"""Bring data keys under the active key of the ring, some at a time, so that a stop in between loses nothing."""

from itertools import groupby

from scheduler.core.actor import OPERATOR
from scheduler.core.record import Record
from scheduler.people import key_store
from scheduler.people.key_store import DataKey

BATCH = 500


async def rewrap_some(record: Record, batch: int = BATCH) -> int:
    """Rewrap up to `batch` stale data keys of one practice; returns how many, 0 when none is left.

    Raises:
        Misconfigured: a key is wrapped by a number that the ring lacks.
    """
    async with record.read("") as r:
        stale = [key for key in await key_store.all_keys(r) if r.vault.is_stale(key.wrapped)]
    for practice_id, keys in groupby(sorted(stale, key=_practice), key=_practice):
        chosen = list(keys)[:batch]
        async with record.write(practice_id, OPERATOR) as tx:
            done = [await key_store.replace(tx, key, tx.vault.rewrap(key.wrapped)) for key in chosen]
            tx.note("keys.rewrapped", "practice", practice_id, count=sum(done))
        return len(chosen)
    return 0


def _practice(key: DataKey) -> str:
    return key.practice_id
