"""One week of a practice, simulated: `Week(seed).run()` gives what happened and which promises were broken.

The record, the actions, the planner, the conversation, the waitlist, claiming, sending and settling are the real ones;
the carrier, the people and the clock are models. Invariant: a week is a function of its seed.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import messages.outcome
from bot.alarms.heart import Heart
from bot.duties import duties
from bot.settings import Settings
from bot.wiring import subscriptions
from bot.worker import Named, Worker
from messages import crash_points
from messages.channels.base import Outgoing
from messages.delivery_callback import Callback, record_callback
from messages.inbound import Received, receive
from messages.kinds import Channel
from scheduler.core.actor import CARRIER
from scheduler.core.engine import Engines
from scheduler.core.ids import Chance, seeded_chance, seeded_ids
from scheduler.core.keys import KeyRing
from scheduler.core.record import Record
from scheduler.core.vault import Vault
from tests.simulation.carrier import FAIR, SimCarrier, SimMail, Taken, Weather
from tests.simulation.engines import Disturbance, open_sqlite, was_injected
from tests.simulation.eye import Eye, Row, ServerEye, SqliteEye, instant
from tests.simulation.journal import Journal, Violation
from tests.simulation.loop import LoopClock, Process, VirtualLoop, outside
from tests.simulation.people import Public
from tests.simulation.practice import PUBLIC_URL, STARTS, open_practice
from tests.simulation.server import open_postgresql
from tests.simulation.staff import Staff
from tests.simulation.watch import Watch

KEYS = KeyRing(1, {1: bytes(range(32))}, bytes(range(32, 64)))
HOUR = 3600.0
DRAIN = timedelta(hours=3)
MOST_ROUNDS = 300  # of one duty within one instant


class Crash(BaseException):
    """The process is gone: nothing catches this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of a week."""

    days: float = 7.0
    clients: int = 10
    busyness: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a week came to. `digest` is equal for equal weeks."""

    seed: int
    violations: tuple[Violation, ...]
    lines: tuple[str, ...]
    steps: int
    counts: dict[str, int]
    digest: str
    seconds: float
    cpu_seconds: float


@dataclass
class Week:
    """The world of one seed. `home` is a migrated database nobody else uses: a SQLite file, or a server's URL."""

    seed: int
    home: Path | str
    size: Size = field(default_factory=Size)

    def run(self) -> Outcome:
        """Live the week, to its end or to the first broken promise."""
        began, worked = perf_counter(), process_time()
        loop = VirtualLoop(listens=isinstance(self.home, str))
        loop.set_exception_handler(self._forgotten)
        try:
            with self._seeded(loop):
                digest = loop.run_until_complete(self._live(loop))
                return Outcome(
                    seed=self.seed,
                    violations=tuple(self.journal.violations),
                    lines=tuple(self.journal.lines),
                    steps=self.journal.steps,
                    counts=dict(sorted(self.journal.counts.items())),
                    digest=digest,
                    seconds=perf_counter() - began,
                    cpu_seconds=process_time() - worked,
                )
        finally:
            loop.close()

    def _chance(self, what: str) -> Chance:
        return seeded_chance(int.from_bytes(hashlib.sha256(f"{self.seed}:{what}".encode()).digest()[:8], "big"))

    @contextmanager
    def _seeded(self, loop: VirtualLoop) -> Iterator[None]:
        """What the product takes from the machine comes from the seed: the clock, the chance of a retry, the crash."""
        chance = self._chance("world")
        self.clock = LoopClock(chance.choice(STARTS), loop)
        self.journal = Journal(self.clock)
        self.tasks: set[asyncio.Task[None]] = set()
        retries = self._chance("retries")
        self.waiting: list[asyncio.Future[None]] = []
        self.to_look = True
        self.commits, self.dues_of = 0, -1
        kept = messages.outcome.jitter
        messages.outcome.jitter = lambda spread: retries.uniform(0.0, spread)
        # Heartbeats are for a watch that is not here; a commit for each of them would be most of the week's work.
        beat, Heart.beat = Heart.beat, _no_beat  # type: ignore[method-assign]
        crash_points.install(self._maybe_crash)
        self.crash_chance, self.crash_rate = self._chance("crashes"), 0.0
        self.dying, self.up = asyncio.Event(), False
        listener = _Errors(self.journal)
        logging.getLogger().addHandler(listener)
        try:
            yield
        finally:
            logging.getLogger().removeHandler(listener)
            crash_points.install(None)
            messages.outcome.jitter = kept
            Heart.beat = beat  # type: ignore[method-assign]

    async def _live(self, loop: VirtualLoop) -> str:
        chance = self._chance("world")
        self.disturb = Disturbance(self._chance("database"), off=True, committed=self._committed, stalled=self._stalled)
        self.engines, self.eye = self._open()
        self.processes = count()
        self.record = record = self._record_of(next(self.processes))
        try:
            await self._set_up(record, self.eye, chance)
            await self._week()
            await self._rest()
            return await self._digest()
        finally:
            await self._end()
            await self.eye.close()
            await record.close()

    def _record_of(self, process: int) -> Record:
        make_id = seeded_ids(self.seed * 1_000_000 + process)
        return Record(self.engines, self.clock, Vault(KEYS), subscriptions=subscriptions(), make_id=make_id)

    def _open(self) -> tuple[Engines, Eye]:
        if isinstance(self.home, Path):
            return open_sqlite(self.home, self.disturb), SqliteEye(self.home)
        engines, looking = open_postgresql(self.home, self.disturb)
        return engines, ServerEye(looking)

    async def _set_up(self, record: Record, eye: Eye, chance: Chance) -> None:
        stop_mode = chance.choice(["carrier", "ours"])
        self.practice = await open_practice(record, chance, clients=self.size.clients, stop_mode=stop_mode)
        self.carrier = SimCarrier(
            clock=self.clock,
            journal=self.journal,
            chance=self._chance("carrier"),
            weather=Weather(),
            handles_stop=stop_mode == "carrier",
            spawn=self.spawn,
            world=self,
        )
        self.mail = SimMail(self.clock, self._chance("mail"), self.call_begins)
        self.watch = Watch(self.practice, record, eye, self.journal, self.carrier, self.disturb)
        self.public = Public(
            self.practice, record, self.clock, self.carrier, self._chance("people"), self.journal, eye, self.watch
        )
        self.staff = Staff(
            self.practice, record, self.clock, self._chance("staff"), self.journal, eye, self.size.busyness
        )

    async def _week(self) -> None:
        self.disturb.off, self.to_look = False, False
        self.disturb.stall, self.disturb.fail_before, self.disturb.fail_after = 0.002, 0.002, 0.002
        self.disturb.late = 0.15
        self.crash_rate = 0.008
        ends = self.clock.now() + timedelta(days=self.size.days)
        self.spawn(self._serve())
        acting = (self.staff.work(), self.staff.disturb(), self.staff.mark(), self.staff.look_in())
        self.acting = [self.spawn(each) for each in acting]
        await self._until(ends)

    async def _rest(self) -> None:
        """The weather clears, nobody does anything any more, and everything has time to settle."""
        if self.journal.broken.is_set():
            return
        self.disturb.off, self.crash_rate, self.carrier.weather = True, 0.0, FAIR
        self.public.gone = True
        for task in self.acting:
            task.cancel()
        await self.staff.resume(leave_out=False)
        await self._until(self.clock.now() + DRAIN)
        if not self.journal.broken.is_set():
            await self.watch.at_rest()

    async def _until(self, instant: datetime) -> None:
        try:
            async with asyncio.timeout((instant - self.clock.now()).total_seconds()):
                await self.journal.broken.wait()
        except TimeoutError:
            return

    async def _end(self) -> None:
        self.to_look = True  # nobody looks any more
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        # What a dying worker left behind: a connection on its way back to the pool, a post nobody waits for.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for each in left:
            each.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    # --- processes --------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        """The service, started again whenever it died, now and then only after hours."""
        chance = self._chance("service")
        while True:
            self.dying = asyncio.Event()
            self.up = True
            workers = [self._worker(apart=chance.random() < 0.5) for _ in range(chance.choice([1, 1, 2]))]
            process = Process(late=self.disturb.maybe_late)
            lanes = [process.start(self._duty(worker, duty)) for worker in workers for duty in self._named(worker)]
            died = process.start(self._dies())
            try:
                await asyncio.wait([*lanes, died], return_when=asyncio.FIRST_COMPLETED)
            finally:
                self.up = False
                ended = await process.kill()
            for each in ended:
                if isinstance(each, Exception):
                    self.journal.violated("the worker never stops by itself", repr(each))
            pause = chance.uniform(1, 40) if chance.random() < 0.85 else chance.uniform(600, 4 * HOUR)
            self.journal.say("service", f"died; starts again in {pause:.0f} s")
            self.journal.count("crashes")
            await self.clock.sleep(pause)

    async def _dies(self) -> None:
        await self.dying.wait()

    def _worker(self, *, apart: bool) -> Worker:
        """A worker; `apart` from those who write the rest: then all they have in common is the database."""
        record = self._record_of(next(self.processes)) if apart else self.record
        ways = {Channel.SMS: self.carrier, Channel.EMAIL: self.mail}
        settings = Settings(public_url=PUBLIC_URL)
        return Worker(record, duties(settings, record, ways))  # type: ignore[arg-type]

    @staticmethod
    def _named(worker: Worker) -> list[Named]:
        return [duty for lane in worker._lanes.values() for duty in lane]

    async def _duty(self, worker: Worker, duty: Named) -> None:
        """Does a duty whenever it has work, as rows say; the rare ones every hour or day.

        The product asks every second. Asking only when the rows that a duty lives from are due is the same in effect,
        and a thousand times fewer questions; a duty that leaves due rows alone is asked again, ever more seldom.
        """
        idle, began, rounds = 1.0, self.clock.monotonic(), 0
        while rounds < MOST_ROUNDS:
            wait = await self._wait_for(duty)
            if wait > 0:
                await self._sleep(wait)
                idle = 1.0
                continue
            done = await worker._do(duty, self.practice.id)
            rounds = rounds + 1 if began == self.clock.monotonic() else 0
            began = self.clock.monotonic()
            if duty.name not in _DUE:
                await self.clock.sleep(RARE.get(duty.name, HOUR))
            elif not done:
                await self._sleep(idle)
                idle = min(idle * 2, 300.0)
            elif duty.name in TOGETHER:
                await self.clock.sleep(TOGETHER[duty.name])
        self.journal.violated("14 no duty goes round in circles", duty.name)

    async def _wait_for(self, duty: Named) -> float:
        """Seconds until the duty has something to do."""
        if duty.name not in _DUE:
            return 0.0
        due = instant((await self._dues())[duty.name])
        return HOUR if due is None else (due - self.clock.now()).total_seconds()

    async def _dues(self) -> Row:
        """When each duty has something to do, by the rows as of the last commit."""
        if self.dues_of != self.commits:
            of = self.commits
            (self.dues,) = await self.eye.rows(_DUES)
            self.dues_of = of
        return self.dues

    async def _sleep(self, seconds: float) -> None:
        """Wait so long, or until something is committed."""
        woken = asyncio.get_running_loop().create_future()
        self.waiting.append(woken)
        try:
            async with asyncio.timeout(seconds):
                await woken
        except TimeoutError:
            return

    def _committed(self) -> None:
        """Something was committed: it is looked at before anybody goes on, and whoever waits for rows wakes."""
        self.commits += 1
        if not self.to_look:
            self.to_look = True
            self.spawn(self._look())
        for each in self.waiting:
            if not each.done():
                each.set_result(None)
        self.waiting.clear()

    def _stalled(self) -> None:
        """Somebody stands still between reading and acting: just the time for something to happen."""
        self.journal.count("stalls")
        self.spawn(self.staff.strike())

    async def _look(self) -> None:
        self.to_look = False
        await self.watch.step()

    def _maybe_crash(self, place: str) -> None:
        if self.crash_rate and not self.dying.is_set() and self.crash_chance.random() < self.crash_rate:
            self.journal.say("service", f"dies at {place}")
            self.journal.count(f"crash.{place}")
            self.dying.set()
            raise Crash

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Let something happen by itself."""
        task = asyncio.get_running_loop().create_task(work, context=outside())
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _forgotten(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Something failed and nobody waited for it. Of a process that died nobody does; else it is a finding."""
        error = context.get("exception")
        if isinstance(error, Exception) and not was_injected(error):
            self.journal.violated("nothing unforeseen is raised", f"{context.get('message')}: {describe(error)}")

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """Whatever a model or an action raises is a finding, unless it is a failure of ours."""
        self.tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, Crash) and not was_injected(error):
            self.journal.violated("nothing unforeseen is raised", describe(error))

    # --- the carrier's world ----------------------------------------------------------------------------------

    async def call_begins(self, outgoing: Outgoing) -> None:
        """messages/channels is being asked to send."""
        await self.watch.call_begins(outgoing)

    async def accepted(self, taken: Taken) -> None:
        """The carrier has taken a message."""
        await self.watch.accepted(taken)

    async def status_webhook(self, callback: Callback) -> None:
        """As bot/twilio/status.py takes it in."""
        if not self.up:
            return
        async with self.record.write(self.practice.id, CARRIER) as tx:
            await record_callback(tx, callback)
        taken = next(each for each in self.carrier.ledger if each.sid == callback.sid)
        taken.heard.add(callback.status)

    async def inbound_webhook(self, received: Received) -> None:
        """As bot/twilio/inbound.py takes it in."""
        if not self.up:
            return
        async with self.record.write(self.practice.id, CARRIER) as tx:
            await receive(tx, received)

    def phone_rings(self, taken: Taken) -> None:
        """A text has arrived."""
        self.spawn(self.public.reads(taken))

    # --- the end ----------------------------------------------------------------------------------------------

    async def _digest(self) -> str:
        """The journal, the ledger and everything in the record that does not hang on the machine's chance."""
        told = hashlib.sha256(self.journal.digest().encode())
        for taken in self.carrier.ledger:
            told.update(
                repr((taken.sid, taken.ref, taken.attempt, taken.to, taken.body, taken.at, taken.status)).encode()
            )
        for table, left_out in LOGICAL.items():
            for row in await self.eye.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3"):
                kept = {
                    name: str(value) for name, value in row.items() if not name.endswith("_ct") and name not in left_out
                }
                told.update(json.dumps(kept, sort_keys=True).encode())
        return told.hexdigest()


async def _no_beat(_heart: Heart, _lane: str) -> None:
    return


class _Errors(logging.Handler):
    """What the product logs as an exception: foreseen when the failure is ours, else a finding."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(logging.ERROR)
        self._journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        what = record.msg.get("event") if isinstance(record.msg, dict) else str(record.msg)
        if error is not None and was_injected(error):
            self._journal.say("log", f"{what} (injected)")
        elif error is not None and getattr(error, "why", None) == "down":
            self._journal.say("log", f"{what} (the carrier's list is down)")
        else:
            self._journal.violated("nothing unforeseen is raised", f"{what}: {describe(error)}")


def describe(error: BaseException | None) -> str:
    """What was raised, and where in our code."""
    if error is None:
        return "no exception"
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if any(
            f"/{package}/" in code.co_filename for package in ("bot", "messages", "waitlist", "scheduler", "simulation")
        ):
            places.append(f"{Path(code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__name__} {str(error)[:200]} at {' > '.join(places[-6:])}"


LOGICAL: dict[str, tuple[str, ...]] = {
    "message": ("worker",),
    "participation": (),
    "appointment": (),
    "busy": (),
    "offer": (),
    "opening": (),
    "waitlist_entry": (),
    "inbound": (),
    "question": (),
    "link": (),
    "task": (),
    "opt_out": (),
    "consent": (),
    "delivery": (),
    "fee_entry": (),
    "audit_entry": (),
}

# Duties that live from no due rows, and how often they are done, in seconds.
RARE = {
    "waitlist_tidy": 24 * HOUR,
    "series": 24 * HOUR,
    "gap_repair": 2.5 * HOUR,  # more often than a week takes to settle at its end
    "brake": 12 * HOUR,
    "clock_back": 24 * HOUR,
    "sizes": 48 * HOUR,
    "overdue": 2 * HOUR,
}
# After a round that did something, so long until the next: many rounds with a little work each would be dear.
TOGETHER = {"redact": 300.0}
_DUE = {
    "answer": "SELECT min(received_at) AS due FROM inbound WHERE state = 'new' "
    "UNION ALL SELECT min(expires_at) FROM question WHERE state = 'open'",
    "stops": "SELECT min(at) AS due FROM opt_out WHERE stopped AND acknowledged_at IS NULL",
    "waitlist": "SELECT min(expires_at) AS due FROM offer WHERE state = 'held' "
    "UNION ALL SELECT min(next_wave_at) FROM opening WHERE state = 'open'",
    "transmit": "SELECT min(due_at) AS due FROM message WHERE state = 'pending'",
    "answers": "SELECT min(due_at) AS due FROM message WHERE state = 'pending' AND priority < 5",
    "settle": "SELECT min(deadline) AS due FROM message WHERE state = 'intent' "
    "UNION ALL SELECT min(settle_at) FROM message WHERE state = 'unknown'",
    "redact": "SELECT min(redact_at) AS due FROM message WHERE state NOT IN ('intent', 'unknown') "
    "UNION ALL SELECT min(redact_at) FROM inbound",
    "alerts": "SELECT min(alert_at) AS due FROM task WHERE state = 'open' AND alert_at IS NOT NULL",
}
_DUES = "SELECT " + ", ".join(f"(SELECT min(due) FROM ({sql}) AS t_{name}) AS {name}" for name, sql in _DUE.items())
