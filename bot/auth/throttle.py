"""How long to wait after failed tries, and the act that counts them. Counters hold across processes.

A try is counted before it is judged, so that tries made side by side are counted too; success clears the count. Ten are
free; then each further one waits twice as long as the last, up to fifteen minutes. The account itself is never locked.
Invariant: what is stored is a keyed hash, not the name or address that was tried.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.auth import throttle_store as store
from scheduler.core.record import Tx

FREE_TRIES: Final = 10
LONGEST_WAIT: Final = timedelta(minutes=15)
FORGOTTEN_AFTER: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many failures: nothing is judged until so many whole seconds have passed."""

    seconds: int


def wait_after(failures: int) -> timedelta:
    """The pause after so many tries in a row."""
    if failures < FREE_TRIES:
        return timedelta(0)
    return min(LONGEST_WAIT, timedelta(seconds=15 << min(failures - FREE_TRIES, 10)))


async def count_try(tx: Tx, purpose: str, who: str, now: datetime) -> Wait | None:
    """Count one try of `who` (an e-mail address, an account's id); a Wait means: refuse it unjudged.

    `now` is real time.
    """
    bucket = _bucket(tx, purpose, who)
    count, until = await store.counter(tx, bucket)
    if until is not None and count >= FREE_TRIES and now < until:
        return Wait(int((until - now).total_seconds()) + 1)
    forgotten = until is None or now >= until + FORGOTTEN_AFTER
    count = 1 if forgotten else count + 1
    await store.put(tx, bucket, count, now + wait_after(count))
    return None


async def clear_tries(tx: Tx, purpose: str, who: str) -> None:
    """Forget the failures: the right person has come."""
    await store.forget(tx, _bucket(tx, purpose, who))


def _bucket(tx: Tx, purpose: str, who: str) -> str:
    return f"{purpose}:{tx.vault.blind('', 'throttle', who).hex()}"
