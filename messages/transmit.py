"""Sending what is due: claim and decide, commit, post, write down how it ended. The protocol of reliability.md 3.

    pending -> intent -> sent | pending (surely refused for now) | failed (refused for good) | unknown (settle.py)

An intent is committed before the carrier is asked. Three things go on beside each other (flow.py): the next messages
are claimed while the last are posted over many connections, and outcomes are written together as they come in. Just
before the words go out the worker looks at its clock: does its claim still hold, and is it but a moment since it was
seen that nobody recalled the message? Else it looks again. Dying anywhere leaves an intent whose deadline passes,
which settle.py looks up.
Invariant: nothing is posted without a committed intent, and nothing after its deadline.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from messages import send_store as store
from messages.breaker import Breaker
from messages.channels.base import Channel as Way
from messages.channels.base import SendOutcome, Unknown
from messages.claim import Claimed, Order, Ready, claim
from messages.clock_watch import ClockWatch
from messages.crash_points import reach
from messages.flow import Flow, Held
from messages.kinds import Channel
from messages.limits import Limits
from messages.outcome import Attempt, AttemptOutcome, NotPosted, record_outcomes
from messages.recalls import FRESH_SECONDS
from messages.send_store import EVERY_PRIORITY
from scheduler.core.actor import WORKER
from scheduler.core.errors import Unavailable
from scheduler.core.log import get_logger
from scheduler.core.record import Record

log = get_logger(__name__)

FEWEST: Final = 10
"""A worker that could not post all it held in time claims half as many, and then slowly more again."""
FIRST: Final = 32
"""A worker begins with so many. What it has written down lets it claim as many more, up to one for each connection, and
a quarter of that from there on: one that dies soon after its start, again and again, leaves few doubts."""
NEVER: Final = float("-inf")


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one round did."""

    posted: int = 0
    postponed: int = 0
    dropped: int = 0

    @property
    def done(self) -> int:
        """How many messages were dealt with; 0 when nothing was due."""
        return self.posted + self.postponed + self.dropped


class Transmitter:
    """Sends the due messages of practices. Any number may run, in one process or in many.

    It takes messages of a priority below `below`: one that takes only what is pressing (send_store.PRESSING) keeps
    answers from waiting behind a wave.
    """

    def __init__(
        self,
        record: Record,
        ways: Mapping[Channel, Way],
        limits: Limits,
        *,
        worker: str,
        public_url: str,
        below: int = EVERY_PRIORITY,
        watch: ClockWatch | None = None,
    ) -> None:
        self._record = record
        self._ways = ways
        self._limits = limits
        self._order = Order(
            limits=limits,
            worker=worker,
            public_url=public_url.rstrip("/"),
            channels=ways.keys(),
            below=below,
            watch=watch,
        )
        self._breakers = {channel: Breaker() for channel in ways}
        self._flows: dict[str, Flow] = {}
        self._at_once = min(limits.batch, limits.in_flight, FIRST)

    @property
    def silent_since(self) -> Mapping[Channel, float]:
        """The channels whose carrier does not answer, and since when by the clock's seconds."""
        found = ((channel, each.opened_at) for channel, each in self._breakers.items())
        return {channel: since for channel, since in found if since is not None}

    async def run(self, practice_id: str) -> Sweep:
        """Deal with all that is due, to the last answer of the carrier."""
        swept = await self.begin(practice_id)
        await self.finish(practice_id)
        return swept

    async def begin(self, practice_id: str) -> Sweep:
        """Claim all that is due and have it posted in the background; returns when nothing is left to claim."""
        flow = self._flow(practice_id)
        total = Sweep()
        try:
            while True:
                await flow.room(min(self._at_once, 2 * self._limits.in_flight))
                claimed, held = await self.claim(practice_id)
                for each in held:
                    flow.take(each)
                total = Sweep(
                    total.posted + len(claimed.ready),
                    total.postponed + claimed.postponed,
                    total.dropped + claimed.dropped,
                )
                if claimed.was_all or not claimed.touched:
                    return total
        except BaseException:
            # What is in hand was claimed properly and is posted all the same, unless the flow itself is broken.
            if flow.is_broken:
                self._flows.pop(practice_id, None)
            raise

    async def finish(self, practice_id: str | None = None) -> None:
        """Wait until everything in hand is posted and written down."""
        for each in (practice_id,) if practice_id is not None else tuple(self._flows):
            try:
                await self._flows[each].finish()
            finally:
                del self._flows[each]

    def _flow(self, practice_id: str) -> Flow:
        if practice_id not in self._flows:
            self._flows[practice_id] = Flow(
                partial(self._post, practice_id), partial(self._write_down, practice_id), width=self._limits.in_flight
            )
        return self._flows[practice_id]

    async def claim(self, practice_id: str) -> tuple[Claimed, tuple[Held, ...]]:
        """Decide one batch; what is ready to leave is held for the lease from now on."""
        at_most = self._allowed()
        async with self._record.read(practice_id) as r:
            if not at_most or not await store.any_due(r, below=self._order.below):
                return Claimed((), 0, 0), ()
        # Taken before the claim's instant, so that the deadline we keep is never later than the one in the record.
        looked_at = self._record.clock.monotonic()
        async with self._record.write(practice_id, WORKER) as tx:
            claimed = await claim(tx, replace(self._order, at_most=at_most))
        reach("transmit.intents_committed")
        return claimed, tuple(Held(each, looked_at + self._limits.lease, looked_at) for each in claimed.ready)

    async def post(self, practice_id: str, held: Sequence[Held]) -> None:
        """Post what is held, to the last answer of the carrier, and write it down."""
        flow = self._flow(practice_id)
        for each in held:
            flow.take(each)
        await self.finish(practice_id)

    def _may_claim_more(self, written: int) -> None:
        more = written if self._at_once < self._limits.in_flight else written // 4 + 1
        self._at_once = min(self._limits.batch, self._at_once + more)

    def _allowed(self) -> int:
        """How many may be claimed: as many as get posted in time; of a silent carrier's, one now and then."""
        silent = [each for each in self._breakers.values() if each.opened_at is not None]
        if not silent or len(silent) < len(self._breakers):
            return self._at_once
        now = self._record.clock.monotonic()
        return 1 if any(each.would_allow(now) for each in silent) else 0

    async def _post(self, practice_id: str, held: Held) -> Attempt:
        outcome = await self._attempt(practice_id, held)
        return Attempt(held.ready.row.id, held.ready.outgoing.attempt, outcome)

    async def _attempt(self, practice_id: str, held: Held) -> AttemptOutcome:
        not_posted = await self._last_look(practice_id, held)
        if not_posted is not None:
            if not_posted is NotPosted.DEADLINE_PASSED:
                self._at_once = max(FEWEST, self._at_once // 2)
            return not_posted
        channel = held.ready.row.channel
        breaker = self._breakers[channel]
        began = self._record.clock.monotonic()
        if not breaker.allows(began):
            return NotPosted.CARRIER_SILENT
        outcome = await self._send(held.ready)
        reach("transmit.after_post")
        if breaker.saw(outcome, self._record.clock.monotonic(), began=began):
            _tell(breaker, channel)
        return outcome

    async def _last_look(self, practice_id: str, held: Held) -> NotPosted | None:
        """Why it must not be posted, as of a moment ago: a look that is older, because we stood still, is repeated.

        Looked at in any case: what has just been called off, and what was tried before, since somebody may have
        heard meanwhile that the earlier attempt arrived.
        """
        clock, ready = self._record.clock, held.ready
        doubtful = ready.outgoing.attempt > 1 or ready.row.id in self._record.called_off
        looked_at = NEVER if doubtful else held.looked_at
        while True:
            if clock.monotonic() - looked_at > FRESH_SECONDS:
                looked_at = clock.monotonic()
                not_wanted = await self._look(practice_id, ready)
                if not_wanted is not None:
                    return not_wanted
            reach("transmit.before_post")
            now = clock.monotonic()
            if now >= held.deadline:
                return NotPosted.DEADLINE_PASSED
            if now - looked_at <= FRESH_SECONDS:
                return None

    async def _look(self, practice_id: str, ready: Ready) -> NotPosted | None:
        try:
            async with self._record.read(practice_id) as r:
                wanted = await store.still_wanted(r, {ready.row.id: ready.outgoing.attempt})
        except Unavailable:
            return NotPosted.RECORD_AWAY
        return None if wanted else NotPosted.RECALLED

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
            async with self._record.write(practice_id, WORKER) as tx:
                await record_outcomes(tx, attempts, self._limits)
                reach("transmit.outcomes_written")
            self._may_claim_more(len(attempts))
            reach("transmit.outcomes_committed")
        except Exception as error:
            if len(attempts) == 1:
                log.exception("outcome_not_written", message_id=attempts[0].message_id, error=type(error).__name__)
                return
            for attempt in attempts:
                await self._write_down(practice_id, (attempt,))


def _tell(breaker: Breaker, channel: Channel) -> None:
    if breaker.opened_at is None:
        log.info("carrier.back", channel=channel.value)
    else:
        log.warning("carrier.silent", channel=channel.value)
