"""Finding out what became of attempts whose outcome is not known.

An attempt is unknown when the answer was lost, or when its worker died: its deadline passes and it is moved here. A
doubt is left alone for the settle time; a callback ends it at once. Then the carrier's list is read and the words are
looked for. Found: sent. Not found in two looks: surely never accepted, back to the outbox, where the claim decides
whether it is still of use. Invariant: a doubt is never retried before the carrier was asked twice, and no sid is
given to two messages.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from messages import callback_store, send_store, undeliverable
from messages import settle_store as store
from messages.callback_store import FOUND_IN_LIST
from messages.channels.base import Channel as Way
from messages.channels.base import Listed, ListUnavailable
from messages.compose import body_hash
from messages.crash_points import reach
from messages.delivery import ERASED_AFTER, heard
from messages.kinds import Channel
from messages.limits import Limits
from messages.settle_store import Unsettled
from scheduler.core.actor import WORKER
from scheduler.core.bell import Work
from scheduler.core.log import get_logger
from scheduler.core.record import Record, Tx

log = get_logger(__name__)

LOOKS: Final = 2
BATCH: Final = 100
LOOKS_AT_ONCE: Final = 10
# The carrier's clock is not ours, and it counts whole seconds.
SKEW: Final = timedelta(minutes=10)
# A list without words (kept by nobody) can only be matched by time, and that closely.
BLIND_SPAN: Final = timedelta(seconds=60)
LIST_PAUSE: Final = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the carrier listed for one address; None when it, or our own record, could not be read."""

    waiting: tuple[Unsettled, ...]
    listed: Sequence[Listed] | None


class Settler:
    """Resolves unknown outcomes of a practice."""

    def __init__(self, record: Record, ways: Mapping[Channel, Way], limits: Limits) -> None:
        self._record = record
        self._ways = ways
        self._limits = limits

    async def run(self, practice_id: str) -> int:
        """One round; returns how many messages were dealt with: settled, or looked up and left for a later look.

        The carrier is asked about several addresses at once, and what it said is written down together: a worker that
        died with hundreds of messages in hand leaves as many doubts.
        """
        expired = await self._expire(practice_id)
        async with self._record.read(practice_id) as r:
            waiting = await store.to_settle(r, BATCH)
        groups = [tuple(group) for _, group in groupby(sorted(waiting, key=_by_address), key=_by_address)]
        if groups:
            room = asyncio.Semaphore(LOOKS_AT_ONCE)
            seen = await asyncio.gather(*(self._look(group, room) for group in groups))
            reach("settle.after_look")
            await self._settle_all(practice_id, seen)
        return expired + len(waiting)

    async def _settle_all(self, practice_id: str, seen: Sequence[_Seen]) -> None:
        """Write down what was seen, together if possible: trouble with one address must not keep others waiting."""
        try:
            async with self._record.write(practice_id, WORKER) as tx:
                await store.hold(tx, [one.id for each in seen for one in each.waiting])
                for each in seen:
                    await self._settle(tx, each)
        except Exception as error:
            if len(seen) > 1:
                for each in seen:
                    await self._settle_all(practice_id, (each,))
                return
            log.exception("not_settled", message_id=seen[0].waiting[0].id, error=type(error).__name__)
            async with self._record.write(practice_id, WORKER) as tx:
                await _all_later(tx, seen[0].waiting)
            return
        reach("settle.settled")

    async def _expire(self, practice_id: str) -> int:
        async with self._record.read(practice_id) as r:
            if not await store.any_expired(r):
                return 0
        async with self._record.write(practice_id, WORKER) as tx:
            expired = await store.expire_intents(tx, tx.now + self._limits.settle_span)
            for message_id in expired:
                tx.note("message.unknown", "message", message_id, why="lease_expired")
        reach("settle.expired_marked")
        return len(expired)

    async def _look(self, waiting: tuple[Unsettled, ...], room: asyncio.Semaphore) -> _Seen:
        async with room:
            reach("settle.before_look")
            return await self._looked(waiting)

    async def _looked(self, waiting: tuple[Unsettled, ...]) -> _Seen:
        first = waiting[0]
        if not all(each.readable for each in waiting):
            return _Seen(waiting, None)
        way = self._ways.get(first.channel)
        if way is None or not way.keeps_list or first.address is None:
            return _Seen(waiting, ())
        since = min(each.intent_at for each in waiting) - SKEW
        try:
            return _Seen(waiting, await way.list_sent(first.address, since))
        except ListUnavailable:
            return _Seen(waiting, None)

    async def _settle(self, tx: Tx, seen: _Seen) -> None:
        if seen.listed is None:
            await _all_later(tx, seen.waiting)
            return
        address_ix = seen.waiting[0].address_ix or b""
        free = await _free(tx, seen.listed)
        for each in sorted(seen.waiting, key=lambda one: (one.intent_at, one.id)):
            found = _match(tx, each, free)
            if found is not None and await _found(tx, each, found):
                free.remove(found)
            elif found is None:
                await self._not_found(tx, address_ix, each)

    async def _not_found(self, tx: Tx, address_ix: bytes, each: Unsettled) -> None:
        if not self._can_list(each):
            await _lost(tx, each)
            return
        again = tx.now + timedelta(seconds=self._limits.look_again)
        if await _twin_under_way(tx, address_ix, each):
            # Its words are being posted for another message just now; what the list shows then could be either's.
            await _look_later(tx, each, again, looks=each.looks)
            return
        if each.looks + 1 < LOOKS:
            await _look_later(tx, each, again, looks=each.looks + 1)
            return
        values = {"state": "pending", "reason": "not_found", "due_at": tx.now}
        if await send_store.resolve(tx, each.id, each.attempt, ("unknown",), values):
            tx.note("message.put_back", "message", each.id, reason="not_found")
            tx.wake(Work.PLANNED)

    def _can_list(self, each: Unsettled) -> bool:
        way = self._ways.get(each.channel)
        return way is not None and way.keeps_list and each.address is not None


def _by_address(each: Unsettled) -> tuple[str, bytes]:
    return (each.channel.value, each.address_ix or b"")


async def _free(tx: Tx, listed: Sequence[Listed]) -> list[Listed]:
    """What no message of ours has a claim to yet, the oldest first."""
    taken = await store.sids_taken(tx, [each.sid for each in listed])
    return sorted((each for each in listed if each.sid not in taken), key=lambda one: (one.created_at, one.sid))


def _match(tx: Tx, wanted: Unsettled, free: Iterable[Listed]) -> Listed | None:
    return next((each for each in free if _is_it(tx, wanted, each)), None)


def _is_it(tx: Tx, wanted: Unsettled, listed: Listed) -> bool:
    if not listed.body:
        return abs(listed.created_at - wanted.intent_at) <= BLIND_SPAN
    return _not_before(listed.created_at, wanted) and body_hash(tx, listed.body) == wanted.body_hash


def _not_before(created_at: datetime, wanted: Unsettled) -> bool:
    return created_at >= wanted.intent_at - SKEW


async def _found(tx: Tx, each: Unsettled, listed: Listed) -> bool:
    values = {
        "state": "sent",
        "reason": FOUND_IN_LIST,
        "sid": listed.sid,
        "provider_status": listed.status,
        # By the carrier's clock, which counts whole seconds; by ours it cannot have left before the intent.
        "sent_at": max(listed.created_at, each.intent_at),
        "redact_at": tx.now + ERASED_AFTER,
    }
    if not await send_store.resolve(tx, each.id, each.attempt, ("unknown",), values):
        return False
    tx.note("message.sent", "message", each.id, attempt=each.attempt, by="list")
    if heard(listed.status).failed:
        await callback_store.set_status(
            tx, each.id, listed.status, listed.error_code, failed=True, sent=False, final=True
        )
        tx.note("message.failed", "message", each.id, code=listed.error_code)
        await undeliverable.failed(tx, each.id, listed.error_code)
    return True


async def _lost(tx: Tx, each: Unsettled) -> None:
    """A carrier without a list: it may have arrived, so it is not sent again; a person decides."""
    if not await send_store.resolve(
        tx, each.id, each.attempt, ("unknown",), {"state": "failed", "reason": "outcome_lost"}
    ):
        return
    tx.note("message.failed", "message", each.id, why="outcome_lost")
    await undeliverable.outcome_lost(tx, each.id)


async def _twin_under_way(tx: Tx, address_ix: bytes, each: Unsettled) -> bool:
    if each.body_hash is None:
        return False
    return bool(await store.twins_under_way(tx, address_ix, each.body_hash, each.id))


async def _all_later(tx: Tx, waiting: Iterable[Unsettled]) -> None:
    for each in waiting:
        await _look_later(tx, each, tx.now + LIST_PAUSE, looks=each.looks)


async def _look_later(tx: Tx, each: Unsettled, at: datetime, *, looks: int) -> None:
    await send_store.resolve(tx, each.id, each.attempt, ("unknown",), {"settle_at": at, "looks": looks})
