"""The brake: looks before every round of sending whether the clock was moved, or far too much is due.

If so it holds the practice's planned texts and asks a person (pause.py). What is too much is brake_rules.py's.
Invariant: it looks before the claim, in the same lane, so what it stops has not begun to leave.
"""

from datetime import datetime
from typing import Final

from messages import brake_rules as rules
from messages import brake_store as store
from messages import pause, pause_store
from messages.brake_store import Memory
from messages.clock_watch import ClockWatch
from messages.pause import Why
from scheduler.core.actor import WORKER
from scheduler.core.log import get_logger
from scheduler.core.record import Reading, Record

log = get_logger(__name__)

PAUSE_SECONDS: Final = 0.25
"""Counting what is due costs little, but a wave is sent in many rounds a second."""


class Brake:
    """A duty of the sending lane. `watch` is the process's own, shared with whoever else asks it."""

    def __init__(self, record: Record, watch: ClockWatch) -> None:
        self._record = record
        self._watch = watch
        self._looked: dict[str, tuple[float, datetime]] = {}

    async def run(self, practice_id: str) -> int:
        """One look; returns 0, since nothing waits for it."""
        if self._watch.moved(practice_id) is not None:
            await self._clock_moved(practice_id)
        elif self._is_time(practice_id):
            await self._look(practice_id)
        return 0

    def _is_time(self, practice_id: str) -> bool:
        seconds, now = self._record.clock.monotonic(), self._record.clock.now()
        before = self._looked.get(practice_id)
        if (
            before is not None
            and 0 <= seconds - before[0] < PAUSE_SECONDS
            and rules.hour_of(before[1]) == rules.hour_of(now)
        ):
            return False
        self._looked[practice_id] = (seconds, now)
        return True

    async def _clock_moved(self, practice_id: str) -> None:
        async with self._record.write(practice_id, WORKER) as tx:
            new = await pause.clock_moved(tx, self._watch)
        if new:
            log.error("sending.paused", practice_id=practice_id, reason=Why.CLOCK_JUMP.value)

    async def _look(self, practice_id: str) -> None:
        async with self._record.read(practice_id) as r:
            memory = await store.memory(r)
            if memory.demo or memory.paused:
                return
            may = _expected(memory, r.now)
            due = await pause_store.planned_due(r, may.limit + 1 if may else None)
            hour = rules.hour_of(r.now)
            planned = await _plan(r, memory, hour)
        if may is not None and due > may.limit:
            await self._too_much(practice_id, may.usual)
        elif planned is not None:
            await self._enter(practice_id, memory, hour, due, planned)

    async def _too_much(self, practice_id: str, usual: int) -> None:
        async with self._record.write(practice_id, WORKER) as tx:
            new = await pause.trip(tx, Why.DUE_SPIKE, count=await pause_store.planned_due(tx), usual=usual)
        if new:
            log.error("sending.paused", practice_id=practice_id, reason=Why.DUE_SPIKE.value)

    async def _enter(
        self, practice_id: str, memory: Memory, hour: datetime, due: int, planned: dict[datetime, int]
    ) -> None:
        ahead = rules.known_ahead(memory.ahead, hour, planned)
        backlog = due
        if memory.hour is not None:
            backlog = rules.backlog_at(hour, due, entered=memory.hour, backlog=memory.backlog, ahead=memory.ahead)
        busiest = rules.remembered(memory.busiest, hour, ahead.get(hour.isoformat(), 0))
        async with self._record.write(practice_id, WORKER) as tx:
            await store.enter_hour(tx, hour, backlog=backlog, ahead=ahead, busiest=busiest)


def _expected(memory: Memory, now: datetime) -> rules.Expected | None:
    """What may be due; None at the very first look, when nothing is known."""
    if memory.hour is None:
        return None
    return rules.expected(now, entered=memory.hour, backlog=memory.backlog, ahead=memory.ahead, busiest=memory.busiest)


async def _plan(r: Reading, memory: Memory, hour: datetime) -> dict[datetime, int] | None:
    """What the next hours will bring, when an hour begins; else None."""
    if memory.hour == hour:
        return None
    return await store.planned_by_hour(r, hour + rules.HOUR, hour + rules.AHEAD)
