"""R6: people say STOP in every way while four texts to each are leaving. What leaves after STOP is acknowledged?

Every number says STOP once, at a moment of the seed's, in one of the ways below; on PostgreSQL workers are killed
meanwhile in every second run. The practice confirms STOP itself, so the carrier's own list hides nothing. A send
counts from the first byte of its request; a STOP is acknowledged at the instant of the transaction that says so, which
is earlier than its commit, so a send is rather counted against us than for us. Pass: none after it, and none after the
webhook of the word itself was answered; one confirmation; free words are stopped too, and staff are told.
"""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from sqlalchemy import func, select

from messages import outbox
from messages.kinds import Channel, Kind
from scheduler import tables
from tests.experiments.forks import Fork
from tests.experiments.house import Plan
from tests.experiments.report import Asked, Found, spread
from tests.experiments.stage import SHORT, Stage, on_stage, poll
from tests.rig.databases import Databases

KEYWORDS: Final = (
    *("STOP", "stop", " Stop ", "STOP.", "Stop!!", "STOPALL", "stop all", "QUIT", "quit"),
    *("END", "end", "REVOKE", "Revoke.", "OPT OUT", "opt out", "optout", "CANCEL", "cancel", "UNSUBSCRIBE"),
    *("unsubscribe ", "Alto", "ALTO!", "baja", "Parar", "stop please", "STOP POR FAVOR", "arrêt"),
)
FREE: Final = ("please stop texting me", "Do not text me again", "no me manden mas mensajes")
FREE_SHARE: Final = 0.05
FAULTS: Final = {
    "reset_after": 0.03,
    "hang_after": 0.01,
    "hang_seconds": 20,
    "error_before": 0.02,
    "list_lag_seconds": (0, 0.5),
}
AT_ONCE: Final = 40
EACH: Final = 4
KILL_EVERY: Final = 1.0
PATIENCE: Final = 300.0


@dataclass(frozen=True, slots=True)
class Said:
    """One STOP: what was said, when (wall clock) its webhook was answered with 2xx, and how long that took."""

    number: str
    free: bool
    answered: float
    status: int
    took: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """What the record knows of one number."""

    acknowledged: float | None
    stopped: bool


async def run(asked: Asked, databases: Databases) -> Found:
    """Perform it once; the size is the number of STOPs, with four texts queued for each."""
    plan = Plan(clients=asked.size, each=EACH, ours=True)
    async with on_stage(asked.engine, plan, databases, **SHORT) as stage:
        await stage.open_carrier({**FAULTS, "seed": asked.seed}, opt_out_handling="off")
        began = time.monotonic()
        actors = await stage.cast(workers=4)
        kills = asyncio.create_task(
            _kill(stage, actors, random.Random(asked.seed), on=asked.engine != "sqlite" and asked.seed % 2 == 0)
        )
        said = await _all_say_stop(stage, random.Random(asked.seed))
        killed = await _ended(kills)
        await stage.until_up(*actors)
        states = await stage.until_decided(PATIENCE)
        await _until_acknowledged(stage, len(said))
        await stage.until_decided(PATIENCE)
        took = time.monotonic() - began
        found = await _judge(stage, said, states)
        started_again = await _start_again(stage, said[:5])
    counts = {**found.counts, "kills": killed, "started_again": started_again}
    wrong = (*found.wrong, *(["START did not take STOP back"] if started_again != min(5, len(said)) else ()))
    return Found(counts=counts, seconds={"all": round(took, 1)}, times=found.times, wrong=wrong)


async def _kill(stage: Stage, actors: Sequence[Fork], chance: random.Random, *, on: bool) -> int:
    killed = 0
    while on:
        try:
            await asyncio.sleep(KILL_EVERY)
        except asyncio.CancelledError:
            return killed
        fork = chance.choice([each for each in actors if each.command == "work"] or list(actors))
        await asyncio.to_thread(fork.kill)
        fork.log.unlink(missing_ok=True)
        await asyncio.to_thread(fork.start)
        await stage.until_up(fork)
        killed += 1
    return killed


async def _ended(task: "asyncio.Task[int]") -> int:
    task.cancel()
    try:
        return await task
    except asyncio.CancelledError:
        return 0


async def _all_say_stop(stage: Stage, chance: random.Random) -> list[Said]:
    """Every number says STOP once, in an order of chance, so many at a time."""
    numbers = list(stage.house.numbers)
    chance.shuffle(numbers)
    waiting = [(number, *_words(chance)) for number in numbers]
    said: list[Said] = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120)) as session:

        async def one_after_another() -> None:
            while waiting:
                number, words, free = waiting.pop()
                said.append(await _say(stage, session, number, words, free=free))
                await asyncio.sleep(chance.uniform(0, 0.4))

        await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
    return said


def _words(chance: random.Random) -> tuple[str, bool]:
    if chance.random() < FREE_SHARE:
        return chance.choice(FREE), True
    return chance.choice(KEYWORDS), False


async def _say(stage: Stage, session: aiohttp.ClientSession, number: str, words: str, *, free: bool) -> Said:
    began = time.time()
    told = await stage.say(session, number, words)
    received = told["received"]
    answered = received["answered_at"] + time.time() - time.monotonic()
    return Said(number, free, answered, received["status"], answered - began)


async def _until_acknowledged(stage: Stage, wanted: int) -> None:
    c = tables.opt_out.c

    async def all_are() -> bool:
        known = (c.acknowledged_at.is_not(None), c.channel == Channel.SMS.value)
        rows = await stage.rows(select(func.count()).select_from(tables.opt_out).where(*known))
        return bool(rows[0][0] >= wanted)

    await poll(all_are, 120, every=0.5)


async def _judge(stage: Stage, said: Sequence[Said], states: Mapping[str, int]) -> Found:
    stops = await _stops(stage)
    c = tables.message.c
    confirmations = {row[0] for row in await stage.rows(select(c.id).where(c.kind == Kind.STOP_CONFIRMED.value))}
    sends: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    accepted = stage.accepted()
    for each in accepted:
        sends[each.to].append((each.started, each.message_id in confirmations))
    late, after_answer, delays, untold = [], 0, [], []
    confirmed: Counter[int] = Counter()
    for one in said:
        stop = stops.get(one.number)
        if stop is None or not stop.stopped or stop.acknowledged is None:
            untold.append(one.number)
            continue
        delays.append(stop.acknowledged - one.answered)
        texts = [started for started, is_confirmation in sends[one.number] if not is_confirmation]
        late += [started - stop.acknowledged for started in texts if started > stop.acknowledged]
        after_answer += sum(started > one.answered for started in texts if not one.free)
        confirmed[len(sends[one.number]) - len(texts)] += 1
    twice = [each for each, times in Counter(each.message_id for each in accepted).items() if times > 1]
    tasks = await stage.rows(select(func.count()).select_from(tables.task).where(tables.task.c.kind == "opted_out"))
    free = sum(one.free for one in said)
    wrong = [
        *([f"{len(late)} sends after the acknowledgement, by {max(late):.3f} s"] if late else ()),
        *([f"{after_answer} sends after the webhook of a STOP was answered"] if after_answer else ()),
        *([f"{len(untold)} STOPs not stopped or not acknowledged"] if untold else ()),
        *([f"confirmations per number {dict(confirmed)}"] if set(confirmed) - {1} else ()),
        *([f"{len(twice)} texts twice"] if twice else ()),
        *([f"{free} free-text STOPs, {tasks[0][0]} tasks"] if tasks[0][0] < free else ()),
        *(
            [f"webhooks answered {dict(bad)}"]
            if (bad := Counter(one.status for one in said if one.status != 200))
            else ()
        ),
    ]
    counts: dict[str, Any] = {
        "stops": len(said),
        "queued": len(stage.house.message_ids),
        "accepted": len(accepted),
        "after_acknowledgement": len(late),
        "after_webhook_2xx": after_answer,
        "confirmations": {str(number): count for number, count in confirmed.items()},
        "free_text": free,
        "staff_tasks": int(tasks[0][0]),
        "states": dict(states),
    }
    times = {
        "webhook_to_acknowledgement": spread(delays),
        "webhook": spread([one.took for one in said if not one.free]),
    }
    return Found(counts=counts, times=times, wrong=tuple(wrong))


async def _stops(stage: Stage) -> dict[str, Stopped]:
    """Every number's opt-out, by the number."""
    c = tables.opt_out.c
    async with stage.record() as record, record.read(stage.house.practice_id) as r:
        by_ix = {outbox.address_ix(r, number, Channel.SMS): number for number in stage.house.numbers}
        wanted = select(c.address_ix, c.acknowledged_at, c.stopped).where(c.channel == Channel.SMS.value)
        rows = await r.conn.execute(wanted)
        return {
            by_ix[bytes(row[0])]: Stopped(row[1].timestamp() if row[1] else None, bool(row[2]))
            for row in rows
            if bytes(row[0]) in by_ix
        }


async def _start_again(stage: Stage, said: Sequence[Said]) -> int:
    """Some take it back with START; how many are no longer stopped."""
    async with aiohttp.ClientSession() as session:
        for one in said:
            await stage.say(session, one.number, "START")
    for _ in range(100):
        stops = await _stops(stage)
        back = sum(not stops[one.number].stopped for one in said)
        if back == len(said):
            break
        await asyncio.sleep(0.1)
    return back
