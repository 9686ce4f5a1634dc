"""Sending what is due: claim and decide, commit, post, write down how it ended. The protocol of reliability.md 3.

    pending -> intent -> sent | pending (surely refused for now) | failed (refused for good) | unknown (settle.py)

An intent is committed before the carrier is asked. Just before the words go out the worker looks once more: is its
claim still good, has nobody recalled the message? Outcomes are written as they come in. Dying anywhere leaves an
intent whose deadline passes, which settle.py looks up.
Invariant: nothing is posted without a committed intent, and nothing after its deadline.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from messages import send_store as store
from messages.channels.base import Channel as Way
from messages.channels.base import SendOutcome, Unknown
from messages.claim import Claimed, Ready, claim
from messages.crash_points import reach
from messages.kinds import Channel
from messages.limits import Limits
from messages.outcome import Attempt, AttemptOutcome, NotPosted, record_outcome
from scheduler.core.actor import WORKER
from scheduler.core.log import get_logger
from scheduler.core.record import Record

log = get_logger(__name__)

# Well below the time after which a STOP is acknowledged whatever is on its way (consent.DRAIN).
FRESH_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one round did."""

    posted: int
    postponed: int
    dropped: int

    @property
    def done(self) -> int:
        """How many messages were dealt with; 0 when nothing was due."""
        return self.posted + self.postponed + self.dropped


class Transmitter:
    """Sends the due messages of a practice. Any number may run, in one process or in many."""

    def __init__(
        self, record: Record, ways: Mapping[Channel, Way], limits: Limits, *, worker: str, public_url: str
    ) -> None:
        self._record = record
        self._ways = ways
        self._limits = limits
        self._worker = worker
        self._public_url = public_url.rstrip("/")

    async def run(self, practice_id: str) -> Sweep:
        """Deal with one batch of due messages."""
        async with self._record.read(practice_id) as r:
            if not await store.any_due(r):
                return Sweep(0, 0, 0)
        # Taken before the claim's instant, so that the deadline we keep is never later than the one in the record.
        deadline = self._record.clock.monotonic() + self._limits.lease
        claimed = await self._claim(practice_id)
        reach("transmit.intents_committed")
        if claimed.ready:
            await self._post_all(practice_id, claimed.ready, deadline)
        return Sweep(len(claimed.ready), claimed.postponed, claimed.dropped)

    async def _claim(self, practice_id: str) -> Claimed:
        async with self._record.write(practice_id, WORKER) as tx:
            return await claim(
                tx,
                limits=self._limits,
                worker=self._worker,
                public_url=self._public_url,
                channels=self._ways.keys(),
            )

    async def _post_all(self, practice_id: str, ready: Sequence[Ready], deadline: float) -> None:
        room = asyncio.Semaphore(self._limits.in_flight)
        waiting = {asyncio.create_task(self._post(practice_id, each, deadline, room)) for each in ready}
        try:
            while waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                await self._write_down(practice_id, [task.result() for task in done])
        finally:
            # Only on the way out of an error or a shutdown: these intents are settled later, by looking.
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _post(self, practice_id: str, ready: Ready, deadline: float, room: asyncio.Semaphore) -> Attempt:
        async with room:
            outcome = await self._attempt(practice_id, ready, deadline)
            return Attempt(ready.row.id, ready.outgoing.attempt, outcome)

    async def _attempt(self, practice_id: str, ready: Ready, deadline: float) -> AttemptOutcome:
        not_posted = await self._last_look(practice_id, ready, deadline)
        if not_posted is not None:
            return not_posted
        outcome = await self._send(ready)
        reach("transmit.after_post")
        return outcome

    async def _last_look(self, practice_id: str, ready: Ready, deadline: float) -> NotPosted | None:
        """Why it must not be posted, as of a moment ago: a look that is older, because we stood still, is repeated."""
        clock = self._record.clock
        while True:
            looked_at = clock.monotonic()
            async with self._record.read(practice_id) as r:
                wanted = await store.still_wanted(r, ready.row.id, ready.outgoing.attempt)
            if not wanted:
                return NotPosted.RECALLED
            reach("transmit.before_post")
            now = clock.monotonic()
            if now >= deadline:
                return NotPosted.DEADLINE_PASSED
            if now - looked_at <= FRESH_SECONDS:
                return None

    async def _send(self, ready: Ready) -> SendOutcome:
        try:
            async with asyncio.timeout(self._limits.http_timeout):
                return await self._ways[ready.row.channel].send(ready.outgoing)
        except TimeoutError:
            return Unknown("timeout")
        except Exception as error:
            # Whatever went wrong, the carrier may have the message.
            log.exception("channel_raised", channel=ready.row.channel.value, error=type(error).__name__)
            return Unknown("channel_raised")

    async def _write_down(self, practice_id: str, attempts: Sequence[Attempt]) -> None:
        """Write outcomes, together if possible. One that cannot be written is left to be settled by looking."""
        try:
            await self._write(practice_id, attempts)
        except Exception as error:
            if len(attempts) == 1:
                log.exception("outcome_not_written", message_id=attempts[0].message_id, error=type(error).__name__)
                return
            for attempt in attempts:
                await self._write_down(practice_id, (attempt,))

    async def _write(self, practice_id: str, attempts: Sequence[Attempt]) -> None:
        async with self._record.write(practice_id, WORKER) as tx:
            # In the order of their ids, as everybody who locks several: two workers then never wait for each other.
            for attempt in sorted(attempts, key=lambda each: each.message_id):
                await record_outcome(tx, attempt, self._limits)
            reach("transmit.outcomes_written")
        reach("transmit.outcomes_committed")
