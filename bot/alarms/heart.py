"""The heartbeat of a worker process, written from inside each of its lanes.

Each duty is wrapped, so a lane that is stuck in one, or a loop that is blocked, falls silent by itself: no task of
its own could say "alive" for others. Invariant: a heartbeat that cannot be written never keeps a duty from being done.
"""

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.alarms import heartbeat_store as store
from bot.alarms.heartbeat_store import Beat
from bot.worker import Duty, Named
from scheduler.core.actor import WORKER
from scheduler.core.log import get_logger
from scheduler.core.record import Record, Tx

log = get_logger(__name__)


def worker_name() -> str:
    """What this process is called in claims and heartbeats."""
    return f"{_host()}:{os.getpid()}"


class Heart:
    """One for each process. `every` is in seconds; `silent_since` tells since when the carrier has not answered."""

    def __init__(
        self,
        record: Record,
        *,
        every: float,
        silent_since: Callable[[], float | None] = lambda: None,
        name: str | None = None,
    ) -> None:
        self._record = record
        self._every = every
        self._silent_since = silent_since
        self._worker = name or worker_name()
        self._started_at = record.clock.now()
        self._beaten: dict[str, float] = {}
        self._did: dict[str, str] = {}

    def within(self, duties: Sequence[Named]) -> list[Named]:
        """The same duties, each of which says that its lane lives."""
        return [replace(each, run=self._wrapped(each)) for each in duties]

    def _wrapped(self, duty: Named) -> Duty:
        async def run(practice_id: str) -> int:
            await self.beat(duty.lane)
            done = await duty.run(practice_id)
            if done:
                self._did[duty.lane] = duty.name
            return done

        return run

    async def beat(self, lane: str) -> None:
        """Say that a lane lives, unless it has just said so."""
        seconds = self._record.clock.monotonic()
        if lane in self._beaten and seconds - self._beaten[lane] < self._every:
            return
        self._beaten[lane] = seconds
        try:
            async with self._record.write("", WORKER) as tx:
                await store.beat(tx, await self._said(tx, lane))
        except Exception as error:
            log.exception("heartbeat.not_written", where=lane, error=type(error).__name__)

    async def _said(self, tx: Tx, lane: str) -> Beat:
        there = await store.database_now(tx)
        now = self._record.clock.now()
        off = None if there is None else round((now - there) / timedelta(milliseconds=1))
        return Beat(
            worker=self._worker,
            lane=lane,
            host=_host(),
            started_at=self._started_at,
            at=now,
            beats=0,
            did=self._did.get(lane),
            clock_off_ms=off,
            silent_at=self._silent_at(now),
        )

    def _silent_at(self, now: datetime) -> datetime | None:
        since = self._silent_since()
        return None if since is None else now - timedelta(seconds=self._record.clock.monotonic() - since)


async def leave(record: Record, name: str | None = None) -> None:
    """This process stops as it should: nobody is to miss it. If the rows stay, the watch will ask why it is silent."""
    try:
        async with record.write("", WORKER) as tx:
            await store.remove(tx, name or worker_name())
    except Exception as error:
        log.exception("heartbeat.not_removed", error=type(error).__name__)


def _host() -> str:
    return socket.gethostname()[:40]
