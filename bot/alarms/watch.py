"""The watch: looks every few seconds whether the work is done, and tells people when it is not.

It reads the record and never works on it, so it lives when the worker does not: as a process of its own (`stillon
watch`), and in a thread beside the pages. What is wrong is conditions.py's, when it is told repeat.py's, how it leaves
ways.py's. Invariant: nothing that fails here ends it, save being told to stop.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import aiohttp

from bot.alarms import heartbeat_store, watch_store
from bot.alarms.conditions import WATCH, Alarm, Code, Patience, Seen, judge, long_gone
from bot.alarms.heart import Heart, leave, worker_name
from bot.alarms.heartbeat_store import Beat
from bot.alarms.pulse import Lane, Pulse
from bot.alarms.repeat import Repeat
from bot.alarms.watch_store import Watched
from bot.alarms.ways import Listener, Mailbox, Webhook, ping
from messages.brake_rules import MOVED
from messages.channels.smtp import SmtpChannel
from scheduler.core.actor import WORKER
from scheduler.core.log import get_logger
from scheduler.core.record import Reading, Record

log = get_logger(__name__)

LOOK_TIMES: Final = 2  # a look may take twice as long as it is to the next, or the database counts as away
JUMP_TOLD_LOOKS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """Who may be told, and how: what the settings say."""

    session: aiohttp.ClientSession
    console: str
    smtp: SmtpChannel | None = None
    operator: str | None = None
    webhook: str | None = None
    ping_url: str | None = None
    ping_seconds: float = 60.0


@dataclass(slots=True)
class _Told:
    listener: Listener
    repeat: Repeat = field(default_factory=Repeat)


class Watch:
    """Looks at one record. `beside`: it runs beside the pages, and keeps quiet while a watch process lives."""

    def __init__(self, record: Record, ears: Ears, patience: Patience, *, beside: bool) -> None:
        self._record = record
        self._ears = ears
        self._patience = patience
        self._beside = beside
        self._name = f"{WATCH}:{worker_name()}"
        self._heart = Heart(record, every=patience.look, name=self._name)
        self._pulse = Pulse()
        self._practices: tuple[Watched, ...] = ()
        self._others = False
        self._alarms: tuple[Alarm, ...] = ()
        self._told: dict[str, _Told] = {}
        self._looked_at = record.clock.monotonic()
        self._pinged_at = float("-inf")
        self._ahead: float | None = None
        self._jumped = 0

    async def run(self, stopped: asyncio.Event) -> None:
        """Look until told to stop."""
        try:
            while not stopped.is_set():
                await self.once()
                try:
                    async with asyncio.timeout(self._patience.look):
                        await stopped.wait()
                except TimeoutError:
                    continue
        finally:
            if not self._beside:
                await leave(self._record, self._name)

    async def once(self) -> tuple[Alarm, ...]:
        """One look, and what follows from it; returns what is wrong."""
        self._alarms = (*await self._look(), *self._own_clock())
        if self._beside and self._others:
            return self._alarms
        try:
            await self._tell(self._alarms)
            await self._ping()
        except Exception as error:
            log.exception("alarm.not_told", error=type(error).__name__)
        return self._alarms

    async def _look(self) -> tuple[Alarm, ...]:
        clock = self._record.clock
        try:
            async with asyncio.timeout(self._patience.look * LOOK_TIMES):
                if not self._beside:
                    await self._heart.beat(WATCH)
                async with self._record.read("") as r:
                    seen = await self._see(r)
                await self._sweep(seen.lanes)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the record is out of reach
            log.warning("watch.cannot_look", error=getattr(error, "code", None) or type(error).__name__)
            away = clock.monotonic() - self._looked_at
            before = tuple(each for each in self._alarms if each.code is not Code.CLOCK_JUMPED)
            return (Alarm(Code.DATABASE_AWAY),) if away > self._patience.silence else before
        self._looked_at = clock.monotonic()
        return judge(seen, self._patience)

    async def _see(self, r: Reading) -> Seen:
        seconds = self._record.clock.monotonic()
        if seconds - self._looked_at > self._patience.silence / 2:
            self._pulse.skip(seconds - self._looked_at)  # we were away, not they
        beats = await heartbeat_store.beats(r)
        lanes = self._pulse.look(((each.worker, each.lane, each.beats) for each in beats), seconds)
        living = {(each.worker, each.lane) for each in lanes if each.silent <= self._patience.silence}
        alive = [each for each in beats if (each.worker, each.lane) in living]
        self._others = any(each.lane == WATCH for each in alive)
        self._practices = await watch_store.watched(r)
        ids = [each.id for each in self._practices]
        return Seen(
            lanes=lanes,
            paused=[each for practice_id in ids for each in await watch_store.pauses(r, practice_id)],
            troubles=[each for practice_id in ids for each in await watch_store.troubles(r, practice_id)],
            waits=[each for practice_id in ids if (each := await watch_store.waits(r, practice_id))],
            carrier_silent=_carrier_silent(alive, r.now),
            clock_off_ms=max((each.clock_off_ms or 0 for each in alive), key=abs, default=None),
            work_expected=bool(ids),
        )

    async def _sweep(self, lanes: Sequence[Lane]) -> None:
        gone = long_gone(lanes, self._patience)
        if gone and not (self._beside and self._others):
            async with self._record.write("", WORKER) as tx:
                await heartbeat_store.remove_lanes(tx, gone)

    def _own_clock(self) -> tuple[Alarm, ...]:
        """The clock of this machine, held against its seconds: moved either way since the look before."""
        clock = self._record.clock
        ahead = clock.now().timestamp() - clock.monotonic()
        if self._ahead is not None and abs(ahead - self._ahead) > MOVED.total_seconds():
            self._jumped = JUMP_TOLD_LOOKS
        self._ahead = ahead
        self._jumped = max(0, self._jumped - 1)
        return (Alarm(Code.CLOCK_JUMPED),) if self._jumped else ()

    async def _tell(self, alarms: Sequence[Alarm]) -> None:
        clock = self._record.clock
        for name, listener in self._listeners().items():
            told = self._told.setdefault(name, _Told(listener))
            told.listener = listener
            tell = told.repeat.look([each for each in alarms if listener.concerns(each)], clock.monotonic())
            if tell is None:
                continue
            if tell.all_clear:
                log.warning("alarm.over", where=name[:7])
            else:
                log.error("alarm.raised", count=len(tell.alarms), where=name[:7])
            if await listener.tell(tell, clock.now()):
                told.repeat.told(tell, clock.monotonic())

    def _listeners(self) -> dict[str, Listener]:
        """Everybody there is to tell; without any, the log."""
        ears = self._ears
        found: dict[str, Listener] = {}
        if ears.webhook is not None:
            found["webhook"] = Webhook(ears.webhook, ears.session)
        if ears.smtp is not None:
            if ears.operator is not None:
                found["operator"] = Mailbox(ears.operator, None, ears.smtp, ears.console, self._record.make_id)
            for each in self._practices:
                if each.alert_email not in {None, ears.operator}:
                    found[f"mail:{each.id}"] = Mailbox(
                        str(each.alert_email), each.id, ears.smtp, ears.console, self._record.make_id
                    )
        return found or {"log": _Log()}

    async def _ping(self) -> None:
        seconds = self._record.clock.monotonic()
        if self._ears.ping_url is None or self._alarms or seconds - self._pinged_at < self._ears.ping_seconds:
            return
        self._pinged_at = seconds
        await ping(self._ears.session, self._ears.ping_url)


class _Log:
    """Nobody is set to be told: what is wrong stands in the log, and nowhere else."""

    def concerns(self, _alarm: Alarm) -> bool:
        return True

    async def tell(self, tell: object, _at: datetime) -> bool:
        log.error("alarm.nobody_to_tell", count=len(getattr(tell, "alarms", ())))
        return True


def _carrier_silent(beats: Sequence[Beat], now: datetime) -> float | None:
    """For how long the carrier has left a living worker unanswered."""
    since = [each.silent_at for each in beats if each.silent_at is not None]
    return max((now - each).total_seconds() for each in since) if since else None
