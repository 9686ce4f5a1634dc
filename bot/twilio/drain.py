"""Putting what was kept while the record was away into the record: STOPs first, then in the order it came, once.

The files go only after the commit, so a crash between the two brings a post a second time, and the carrier's id makes
that nothing. Invariant: a file is deleted only when its post is in the record; one the record will never take is put
aside, and a person is told.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from bot.twilio.spool import Kept, Spool
from messages import undeliverable
from messages.crash_points import reach
from messages.delivery_callback import Callback, record_callback
from messages.inbound import Received, is_pressing, receive_many
from scheduler.core.actor import CARRIER
from scheduler.core.errors import Misconfigured, Unavailable
from scheduler.core.log import get_logger
from scheduler.core.record import Record, Tx
from scheduler.people import store as people

log = get_logger(__name__)

AT_ONCE: Final = 200
LOOK_SECONDS: Final = 1.0
INBOUND, STATUS = "inbound", "status"
LOST_POST: Final = "spool_damaged"


async def keep_draining(record: Record, spool: Spool) -> None:
    """Look every second whether something waits, until cancelled."""
    while True:
        try:
            if not spool.is_empty():
                await drain(record, spool)
        except (Unavailable, Misconfigured, TimeoutError):
            pass  # the record is still away
        except Exception as error:
            log.exception("spool.not_drained", error=type(error).__name__)
        await record.clock.sleep(LOOK_SECONDS)


async def drain(record: Record, spool: Spool) -> int:
    """Put all that waits into the record; returns how many posts that were.

    Raises:
        Unavailable: the record is away; what is not in it stays where it is.
    """
    async with record.read("") as r:
        known = await people.practice_ids(r)
    waiting, damaged = await spool.read()
    strange = [each.name for each in waiting if each.practice_id not in known]
    await spool.put_aside(strange)
    done = 0
    for practice_id, group in groupby(sorted(waiting, key=_by_practice), key=_by_practice):
        if practice_id in known:
            done += await _drain_practice(record, spool, practice_id, sorted(group, key=_pressing_first))
    if damaged or strange:
        await _tell(record, known, damaged + len(strange))
    if done:
        log.warning("spool.drained", count=done)
    return done


async def _drain_practice(record: Record, spool: Spool, practice_id: str, waiting: Sequence[Kept]) -> int:
    done = 0
    for start in range(0, len(waiting), AT_ONCE):
        done += await _store(record, spool, practice_id, waiting[start : start + AT_ONCE])
    return done


async def _store(record: Record, spool: Spool, practice_id: str, posts: Sequence[Kept]) -> int:
    """These posts in one transaction; when one of them cannot be stored, each in its own."""
    try:
        async with record.write(practice_id, CARRIER) as tx:
            await _take_in(tx, posts)
            reach("spool.stored")
    except (Unavailable, Misconfigured, asyncio.CancelledError):
        raise
    except Exception as error:
        if len(posts) > 1:
            return sum([await _store(record, spool, practice_id, (each,)) for each in posts])
        log.exception("spool.post_refused", practice_id=practice_id, error=type(error).__name__)
        await spool.put_aside([posts[0].name])
        await _tell(record, (practice_id,), 1)
        return 0
    reach("spool.committed")
    await spool.forget([each.name for each in posts])
    reach("spool.forgotten")
    return len(posts)


async def _take_in(tx: Tx, posts: Sequence[Kept]) -> None:
    await receive_many(tx, [received_of(each.fields, each.at) for each in posts if each.kind == INBOUND])
    for each in posts:
        if each.kind == STATUS:
            await record_callback(tx, Callback(**each.fields))


def received_of(fields: Any, at: datetime) -> Received:
    """The text that was kept."""
    return Received(**fields, received_at=at)


def _by_practice(kept: Kept) -> str:
    return kept.practice_id


def _pressing_first(kept: Kept) -> tuple[bool, bool, str]:
    pressing = kept.kind == INBOUND and is_pressing(str(kept.fields.get("body", "")))
    return (not pressing, kept.kind != INBOUND, kept.name)


async def _tell(record: Record, practice_ids: Sequence[str], count: int) -> None:
    """Whose post it was is not known; every practice of this machine is told that something may be missing."""
    log.error("spool.damaged", count=count)
    for practice_id in practice_ids:
        async with record.write(practice_id, CARRIER) as tx:
            await undeliverable.trouble(tx, LOST_POST)
