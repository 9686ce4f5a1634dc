"""R1: texts leave while processes are killed every 300 ms and the carrier does all it can do wrong.

Four workers on PostgreSQL, of which one of chance is killed every 300 ms; SQLite has but one process, which is
killed when it has been up for 300 ms. One that is still starting is killed one time in five, else spared. The
carrier's ledger is the truth. Pass: nothing lost, nothing twice, 10,000 in 120 s.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select

from scheduler import tables
from tests.experiments.forks import Fork
from tests.experiments.house import Plan
from tests.experiments.report import Asked, Found, spread
from tests.experiments.stage import BRIEF, UNDECIDED, WORKING, Stage, on_stage
from tests.rig.databases import Databases
from tests.rig.process import answers

# Far above real life, on purpose: what reliability.md section 2 measured with.
FAULTS: Final[Mapping[str, Any]] = {
    "refused": 0.01,
    "rate_limited": 0.05,
    "retry_after_seconds": 1,
    "error_before": 0.03,
    "error_after": 0.02,
    "reset_after": 0.03,
    "hang_after": 0.02,
    "hang_seconds": 20,
    "not_json": 0.01,
    "read_error": 0.02,
    "list_lag_seconds": (0, 0.5),
    "callback_lost": 0.3,
    "callback_doubled": 0.1,
    "callback_reordered": 0.2,
    "callback_held_seconds": 1,
    "callback_early": 0.1,
}
EVERY: Final = 0.3
LOOK: Final = 0.03
WHILE_STARTING: Final = 0.2
PATIENCE: Final = 600.0
ENDS: Final = ("message.sent", "message.put_back", "message.failed", "message.delivered")


@dataclass(frozen=True, slots=True)
class Kills:
    """How often processes were killed, and how long they took to be up again."""

    count: int
    while_starting: int
    back_after: list[float]


async def run(asked: Asked, databases: Databases) -> Found:
    """Perform it once."""
    async with on_stage(asked.engine, Plan(clients=asked.size), databases, **BRIEF) as stage:
        await stage.open_carrier({**FAULTS, "seed": asked.seed})
        began = time.monotonic()
        actors = await stage.cast(workers=4)
        up_after = time.monotonic() - began
        victims = [fork for fork in actors if fork.command != "web"]
        kills = await kill_until_decided(stage, victims, random.Random(asked.seed))
        states = await stage.until_decided(PATIENCE)
        took = time.monotonic() - began
        await asyncio.sleep(1)  # a text too many would leave now
        for fork in actors:
            await asyncio.to_thread(fork.stop)
        found = await judge_sends(stage, states, stage.house.message_ids)
        doubts = await doubts_of(stage)
    return Found(
        counts={**found[0], "kills": kills.count, "kills_while_starting": kills.while_starting},
        seconds={"all": round(took, 1), "first_start": round(up_after, 2)},
        times={"doubt": spread(doubts), "back_after_a_kill": spread(kills.back_after)},
        wrong=(*found[1], *([f"took {took:.0f} s"] if took > 120 * max(1, asked.size / 10_000) else ())),
    )


async def kill_until_decided(stage: Stage, victims: Sequence[Fork], chance: random.Random) -> Kills:
    """Kill one every 300 ms while anything is to be sent; one that is alone, 300 ms after it was up again."""
    back: list[float] = []
    up = dict.fromkeys(map(id, victims), True)
    count = while_starting = 0
    looked = killed = time.monotonic()
    while True:
        await asyncio.sleep(LOOK)
        now = time.monotonic()
        for fork in victims:
            if not up[id(fork)] and await asyncio.to_thread(is_up, stage, fork):
                up[id(fork)] = True
                back.append(now - fork.started)
                killed = now if len(victims) == 1 else killed
        if now - looked > 1:
            looked = now
            if not {"pending", "intent"} & (await stage.states()).keys():
                return Kills(count, while_starting, back)
        if now - killed < EVERY:
            continue
        killed = now
        fork = chance.choice(victims)
        if not up[id(fork)] and chance.random() >= WHILE_STARTING:
            continue
        while_starting += not up[id(fork)]
        await asyncio.to_thread(fork.kill)
        fork.log.unlink(missing_ok=True)
        await asyncio.to_thread(fork.start)
        up[id(fork)] = False
        count += 1


def is_up(stage: Stage, fork: Fork) -> bool:
    """Whether it works, or serves."""
    return WORKING in fork.said() if fork.command == "work" else answers(stage.port, "/health")


async def judge_sends(
    stage: Stage, states: Mapping[str, int], wanted: Set[str], *, also: int | None = 0
) -> tuple[dict[str, Any], list[str]]:
    """Counts, and what is wrong: texts lost, twice, strange or undecided, and what `stillon check` objects to.

    `also` is how many further texts had to leave; None: any number, such as answers to replies.
    """
    accepted = Counter(each.message_id for each in stage.accepted())
    also = len(accepted.keys() - wanted) if also is None else also
    attempts = await stage.rows(select(tables.message.c.attempt, func.count()).group_by(tables.message.c.attempt))
    lost, twice = wanted - accepted.keys(), [each for each, times in accepted.items() if times > 1]
    strange = accepted.keys() - wanted if len(accepted) != len(wanted) + also else set()
    counts: dict[str, Any] = {
        "messages": len(wanted),
        "accepted": accepted.total(),
        "lost": len(lost),
        "twice": len(twice),
        "states": dict(states),
        "attempts": {str(row[0]): int(row[1]) for row in attempts},
    }
    wrong = [f"{len(ids)} {what}: {sorted(ids)[:3]}" for what, ids in _named(lost, twice, strange) if ids]
    if states.get("sent") != len(wanted) + also or UNDECIDED & states.keys():
        wrong.append(f"states {dict(states)}")
    if objection := await stage.check():
        wrong.append(f"check: {objection[-300:]}")
    return counts, wrong


def _named(*ids: Collection[str]) -> Iterable[tuple[str, Collection[str]]]:
    return zip(("lost", "twice", "strange"), ids, strict=True)


async def doubts_of(stage: Stage) -> list[float]:
    """Seconds from each doubt to its end, by the audit chain."""
    c = tables.audit_entry.c
    wanted = select(c.subject_id, c.action, c.at).where(c.subject == "message").order_by(c.seq)
    open_since: dict[str, datetime] = {}
    took: list[float] = []
    for message_id, action, at in await stage.rows(wanted):
        if action == "message.unknown":
            open_since.setdefault(message_id, at)
        elif action in ENDS and message_id in open_since:
            took.append((at - open_since.pop(message_id)).total_seconds())
    return took
