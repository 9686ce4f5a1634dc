"""Having the carrier forget the words of messages, ours and the clients', once they are no longer needed there.

A message's time comes with its final status, or a day after it was taken (outcome.py, delivery_callback.py and
settle.py write it); a received text's when it has been dealt with. The carrier refuses before the final status: then
it is asked again later. Invariant: words are not erased while a doubt about the same address could be settled by them.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from messages import redact_store as store
from messages.channels.base import Erasure
from messages.crash_points import reach
from messages.kinds import Channel
from messages.redact_store import Kept
from scheduler.core.actor import WORKER
from scheduler.core.log import get_logger
from scheduler.core.record import Record, Tx

log = get_logger(__name__)

BATCH: Final = 50
IN_FLIGHT: Final = 5
"""The carrier counts these requests among all others of the account; sending comes first."""
TOO_EARLY_PAUSE: Final = timedelta(hours=1)
NOT_NOW_SECONDS: Final = 300.0
"""A carrier that does not answer, or is too busy, is left alone for so long."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What became of the words; None when there is nobody to ask, or nothing to ask for."""

    kept: Kept
    became: Erasure | None


class Redactor:
    """Erases what is due for a practice. `erase` off: the carrier is asked nothing, and may keep what it has."""

    def __init__(self, record: Record, ways: Mapping[Channel, Any], *, erase: bool = True) -> None:
        self._record = record
        self._ways = ways
        self._erase = erase
        self._quiet_until = 0.0

    async def run(self, practice_id: str) -> int:
        """One round of a bounded number of requests; returns how many words are gone."""
        if self._is_quiet():
            return 0
        async with self._record.read(practice_id) as r:
            due = await store.due(r, BATCH) if await store.any_due(r) else ()
        if not due:
            return 0
        reach("redact.before_erasing")
        asked = await self._ask_all(due)
        reach("redact.erased")
        async with self._record.write(practice_id, WORKER) as tx:
            gone = await _write_down(tx, asked)
            reach("redact.written")
        return gone

    def _is_quiet(self) -> bool:
        return self._record.clock.monotonic() < self._quiet_until

    async def _ask_all(self, due: Sequence[Kept]) -> list[_Asked]:
        room = asyncio.Semaphore(IN_FLIGHT)
        return list(await asyncio.gather(*(self._ask(each, room) for each in due)))

    async def _ask(self, kept: Kept, room: asyncio.Semaphore) -> _Asked:
        erase = getattr(self._ways.get(kept.channel), "erase", None)
        if erase is None or not self._erase or not kept.sids:
            return _Asked(kept, None)
        async with room:
            if self._is_quiet():
                return _Asked(kept, Erasure.NOT_NOW)
            became = [await erase(sid) for sid in kept.sids]
        if Erasure.NOT_NOW in became:
            self._quiet_until = self._record.clock.monotonic() + NOT_NOW_SECONDS
        # Of several, the one furthest from being forgotten speaks for all.
        return _Asked(kept, next((each for each in _WORST_FIRST if each in became), Erasure.ERASED))


_WORST_FIRST: Final = (Erasure.NOT_NOW, Erasure.TOO_EARLY, Erasure.REFUSED)


async def _write_down(tx: Tx, asked: Sequence[_Asked]) -> int:
    """What is gone, and what to ask again; what the carrier had no time for stays as it is."""
    gone = 0
    for subject in ("message", "inbound"):
        for message_id in await store.erased(tx, subject, _ids(asked, subject, Erasure.ERASED)):
            tx.note(f"{subject}.redacted", subject, message_id)
            gone += 1
        for message_id in await store.given_up(tx, subject, _ids(asked, subject, Erasure.REFUSED)):
            tx.note(f"{subject}.not_redacted", subject, message_id)
        await store.given_up(tx, subject, _ids(asked, subject, None))
        await store.later(tx, subject, _ids(asked, subject, Erasure.TOO_EARLY), tx.now + TOO_EARLY_PAUSE)
    return gone


def _ids(asked: Sequence[_Asked], subject: str, became: Erasure | None) -> Collection[str]:
    return [each.kept.id for each in asked if each.kept.subject == subject and each.became is became]
