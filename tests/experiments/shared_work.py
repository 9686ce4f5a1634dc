"""SCALE: four workers on one PostgreSQL, no leader. They share the work; one dies, one freezes, one is added.

First the idle workers are woken: another process queues an answer, and its way from that commit to the carrier is
timed (LISTEN/NOTIFY). Then many texts become due; one worker is killed and one frozen in the middle
of it, with the product's own times (lease, settle). Pass: at the carrier within 1 s in 99 of 100; every worker
took a share; others go on within 15 s; a cold `stillon work` is back within 15 s; what the two had in hand is
decided after lease and settle, and nothing is lost or sent twice, also when the frozen one goes on.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, update

from messages import outbox
from messages.kinds import Channel, Kind
from scheduler import tables
from scheduler.core.actor import OPERATOR
from scheduler.core.bell import Work
from tests.experiments.crash_sends import judge_sends
from tests.experiments.edit_race import office
from tests.experiments.forks import Fork
from tests.experiments.house import Plan
from tests.experiments.report import Asked, Found, spread
from tests.experiments.stage import PATIENCE, WORKING, Stage, on_stage, until
from tests.rig.databases import Databases

ANSWERS: Final = 100
WORKERS: Final = 4
WITHIN: Final = 15.0


async def run(asked: Asked, databases: Databases, answers: int = ANSWERS, **times: float) -> Found:
    """Perform it once; the size is the number of texts, besides the answers. The usual `times` unless told others."""
    wanted = Plan(clients=asked.size)
    async with on_stage(asked.engine, wanted, databases, **times) as stage:
        await stage.open_carrier({"seed": asked.seed})
        held = await _hold_all(stage)
        actors = await stage.cast(workers=WORKERS)
        woken = await _answers(stage, stage.house.numbers[:answers])
        await _let_go(stage, held)
        began = time.monotonic()
        workers = [fork for fork in actors if fork.command == "work"]
        frozen = await _hurt(stage, workers, random.Random(asked.seed), asked.size)
        cold = await _cold_start(stage)
        states = await stage.until_decided(240)
        took = time.monotonic() - began
        shares = await _shares(stage)
        workers[frozen].thaw()
        await asyncio.sleep(3)  # a text too many would leave now
        states = await stage.until_decided(60)
        for fork in actors:
            await asyncio.to_thread(fork.stop)
        gap = _longest_silence(stage, began)
        counts, wrong = await _judged(stage, held, states, answers)
    wrong += _complaints(woken, shares, gap, cold)
    counts |= {"shares": sorted(shares.values(), reverse=True)}
    return Found(
        counts=counts,
        seconds={"all": round(took, 1), "cold_start": round(cold, 2), "longest_silence": round(gap, 2)},
        times={"commit_to_carrier": spread(woken)},
        wrong=tuple(wrong),
    )


def _complaints(woken: Sequence[float], shares: dict[str, int], gap: float, cold: float) -> list[str]:
    late = spread(woken)["p99"]
    return [
        *([f"commit to carrier p99 {late:.2f} s"] if late > 1 else ()),
        *([f"{len(shares)} workers sent"] if len(shares) < WORKERS else ()),
        *([f"nothing left for {gap:.1f} s"] if gap > WITHIN else ()),
        *([f"a cold start takes {cold:.1f} s"] if cold > WITHIN else ()),
    ]


async def _hold_all(stage: Stage) -> list[str]:
    """Take every text off the due ones; the ids of their places, in an order that is the same every time."""
    c = tables.message.c
    async with stage.record() as record, record.write(stage.house.practice_id, OPERATOR) as tx:
        rows = await tx.conn.execute(select(c.participation_id).order_by(c.id))
        held = list(rows.scalars())
        await tx.conn.execute(update(tables.message).values(state="cancelled", reason="held_for_the_experiment"))
    return held


async def _let_go(stage: Stage, held: list[str]) -> None:
    c = tables.message.c
    async with stage.record() as record, record.write(stage.house.practice_id, OPERATOR) as tx:
        for start in range(0, len(held), 500):
            some = held[start : start + 500]
            wanted = c.participation_id.in_(some) & (c.reason == "held_for_the_experiment")
            await tx.conn.execute(update(tables.message).where(wanted).values(state="pending", reason=None))
        tx.wake(Work.PLANNED)


async def _answers(stage: Stage, numbers: Sequence[str]) -> list[float]:
    """Queue answers one by one; seconds from each commit to the carrier's first byte of it."""
    committed: list[float] = []
    async with office(stage) as record:
        for number in numbers:
            async with record.write(stage.house.practice_id, OPERATOR) as tx:
                await outbox.enqueue(tx, _answer_to(number, tx.now))
            committed.append(time.monotonic())
            await until(lambda: stage.accepted_count() >= len(committed), PATIENCE)
            await asyncio.sleep(0.05)
    arrived = [each.arrived for each in stage.accepted()]
    return [came - left for came, left in zip(arrived, committed, strict=True)]


def _answer_to(number: str, now: datetime) -> outbox.Draft:
    return outbox.Draft(
        kind=Kind.INBOX_AUTO,
        channel=Channel.SMS,
        to=outbox.Address(number),
        dedupe=f"experiment:{number}",
        useful_until=now + timedelta(hours=1),
    )


async def _hurt(stage: Stage, workers: Sequence[Fork], chance: random.Random, size: int) -> int:
    """Kill one and freeze one when a quarter and a half of the texts have left; which is frozen."""
    dead, frozen = chance.sample(range(len(workers)), 2)
    before = stage.accepted_count()
    await until(lambda: stage.accepted_count() >= before + size // 4, PATIENCE)
    await asyncio.to_thread(workers[dead].kill)
    await until(lambda: stage.accepted_count() >= before + size // 2, PATIENCE)
    workers[frozen].freeze()
    return frozen


async def _cold_start(stage: Stage) -> float:
    """Seconds until a worker that was started as an operator would is working."""
    began = time.monotonic()
    running = stage.processes.stillon("work", **stage.settings)
    await asyncio.to_thread(running.until, lambda: WORKING in running.said(), seconds=PATIENCE)
    return time.monotonic() - began


async def _shares(stage: Stage) -> dict[str, int]:
    c = tables.message.c
    wanted = select(c.worker, func.count()).where(c.state == "sent").group_by(c.worker)
    return {str(row[0]): int(row[1]) for row in await stage.rows(wanted)}


def _longest_silence(stage: Stage, began: float) -> float:
    """The longest time between two arrivals at the carrier while there was something to send for the first time.

    What the dead and the frozen had in hand has to be settled first, and arrives at its second attempt.
    """
    arrived = sorted(each.arrived for each in stage.accepted() if each.arrived > began and each.attempt == 1)
    return max((after - before for before, after in itertools.pairwise(arrived)), default=0.0)


async def _judged(
    stage: Stage, let_go: list[str], states: dict[str, int], answers: int
) -> tuple[dict[str, Any], list[str]]:
    c = tables.message.c
    rows = {row[0]: row[1] for row in await stage.rows(select(c.id, c.participation_id))}
    places = set(let_go)
    wanted = {each for each in stage.house.message_ids if rows[each] in places}
    return await judge_sends(stage, states, wanted, also=answers)
