"""The loop that does what is due: nothing here decides what is due, rows do.

Each duty is a coroutine that does one round of one kind of work for one practice and says how much it did. Duties run
in lanes beside each other, so that a carrier that hangs never keeps a client waiting for an answer to be worked out. A
lane wakes with every tick and with every commit that rang the bell for work of its duties, and goes round until a
round finds nothing. What is due by a time of its own is looked for with the ticks alone. Where pages are answered by
the same process, a lane that wakes lets people who wait at one go first, for a moment (people_first.py).
A duty that fails is logged by code and tried again at the next tick; it never stops the others.
Invariant: killing the worker at any point loses nothing: all it knows is in the record.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from bot.people_first import PeopleFirst
from scheduler.core.bell import Listener, Work
from scheduler.core.log import get_logger
from scheduler.core.record import Record
from scheduler.people import store as people
from scheduler.ticker import Ticker

log = get_logger(__name__)

Duty = Callable[[str], Awaitable[int]]
TICK_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 5.0
PRACTICES_AT_ONCE = 16
ROUNDS = 1000  # a bound, so that a duty that miscounts cannot keep a lane from noticing a stop


@dataclass(frozen=True, slots=True)
class Named:
    """A duty, what it is called in the log, and its lane. `every` > 1: only with every so many ticks.

    `on`: the work a commit may leave for it; without any, what it does becomes due with the hour alone.
    A duty that leaves things going on in the background says with `finish` how to wait for them.
    """

    name: str
    run: Duty
    lane: str
    every: int = 1
    on: Work | None = None
    finish: Callable[[], Awaitable[None]] | None = None


class Worker:
    """Does the duties of every practice, until stopped."""

    def __init__(self, record: Record, duties: Sequence[Named]) -> None:
        self._record = record
        self._lanes = {lane: [each for each in duties if each.lane == lane] for lane in _lanes_of(duties)}
        self._ticks = 0
        self._known: tuple[int, tuple[str, ...]] | None = None
        self._ticker = Ticker()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self, people: PeopleFirst | None = None) -> None:
        """Begin to work in the background of this loop. `people`: who waits at its pages."""
        self._ticker.every(TICK_SECONDS, self._tick)
        self._ticker.start()
        for lane in self._lanes:
            listener = self._record.bell.listener(_work_of(self._lanes[lane]))
            self._tasks.append(
                asyncio.create_task(self._run(lane, listener, people or PeopleFirst()), name=f"worker-{lane}")
            )
        self._record.bell.ring()

    async def stop(self) -> None:
        """Finish what is in hand, then stop."""
        self._stopping = True
        self._ticker.stop()
        self._record.bell.ring()
        await asyncio.gather(*self._tasks)
        await self._finish()

    async def once(self) -> int:
        """Go round every lane, the rarer duties included, until nothing is due any more; returns how much was done."""
        self._known = None
        done = sum([await self._round(lane, rare=True, timed=True) for lane in self._lanes])
        await self._finish()
        while more := sum([await self._until_idle(lane, timed=True) for lane in self._lanes]):
            await self._finish()
            done += more
        return done

    async def _finish(self) -> None:
        for duty in chain.from_iterable(self._lanes.values()):
            if duty.finish is not None:
                await duty.finish()

    async def _tick(self) -> None:
        self._ticks += 1
        self._record.bell.ring()

    async def _run(self, lane: str, listener: Listener, people: PeopleFirst) -> None:
        seen = -1
        while not self._stopping:
            await listener.wait(LONGEST_WAIT_SECONDS)
            await people.give_way()
            if self._ticks == seen:
                await self._until_idle(lane, timed=False)
                continue
            seen = self._ticks
            if await self._round(lane, rare=True, timed=True):
                await self._until_idle(lane, timed=True)

    async def _until_idle(self, lane: str, *, timed: bool) -> int:
        done = 0
        for _ in range(ROUNDS):
            count = await self._round(lane, rare=False, timed=timed)
            done += count
            if not count or self._stopping:
                break
        return done

    async def _round(self, lane: str, *, rare: bool, timed: bool) -> int:
        """One round of a lane: practices beside each other, so that none waits for another's sender or carrier."""
        now = [each for each in self._lanes[lane] if self._is_its_turn(each, rare=rare, timed=timed)]
        if not now:
            return 0
        side_by_side = asyncio.Semaphore(PRACTICES_AT_ONCE)

        async def one(practice_id: str) -> int:
            async with side_by_side:
                return await self._round_of(now, practice_id)

        practices = await self._practices()
        if len(practices) == 1:
            return await self._round_of(now, practices[0])
        return sum(await asyncio.gather(*map(one, practices)))

    def _is_its_turn(self, duty: Named, *, rare: bool, timed: bool) -> bool:
        if duty.every > 1:
            return rare and self._ticks % duty.every == 0
        return timed or duty.on is not None

    async def _round_of(self, duties: Sequence[Named], practice_id: str) -> int:
        return sum([await self._do(duty, practice_id) for duty in duties])

    async def _practices(self) -> tuple[str, ...]:
        """All practices, read once a tick: a new one waits a second for its first round."""
        if self._known is not None and self._known[0] == self._ticks and self._known[1]:
            return self._known[1]
        ticks = self._ticks
        try:
            async with self._record.read("") as r:
                self._known = (ticks, await people.practice_ids(r))
        except Exception as error:
            log.exception("worker.database_away", error=_code(error))
            return ()
        return self._known[1]

    async def _do(self, duty: Named, practice_id: str) -> int:
        try:
            return await duty.run(practice_id)
        except Exception as error:
            log.exception("worker.duty_failed", task=duty.name, practice_id=practice_id, error=_code(error))
            return 0


def _lanes_of(duties: Sequence[Named]) -> list[str]:
    return list(dict.fromkeys(each.lane for each in duties))


def _work_of(duties: Sequence[Named]) -> frozenset[Work]:
    return frozenset(each.on for each in duties if each.on is not None)


def _code(error: Exception) -> str:
    return getattr(error, "code", None) or type(error).__name__
