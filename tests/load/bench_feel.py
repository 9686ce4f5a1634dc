"""What a practice feels: a paced wave of reminders, replies and single messages meanwhile, and the loop of the process.

The sender takes so many segments a second. During the wave clients reply, and single reminders come due. Told are: the
rate at which the wave left, reply to carrier, due to carrier of the single ones, and the longest stretch the event
loop did not turn.
"""

import argparse
import asyncio
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import select

from bot.bench import children, fill_store
from bot.bench.figures import percentile, save
from bot.bench.practice import SENDER, phone_of
from scheduler import tables
from scheduler.core.actor import OPERATOR
from tests.load.databases import empty
from tests.load.signed import inbound
from tests.load.stage import Stage, serving

OUT = Path("build/bench")
REPLIES_A_SECOND = 5
OF_THE_RATE = 0.1
"""Replies take no more than this share of a slow sender: they go first, and would leave nothing to the wave."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--messages", type=int, default=10_000, help="reminders of the wave; those not sent in time wait"
    )
    parser.add_argument("--rates", default="100,3,1", help="segments a second of the sender")
    parser.add_argument("--seconds", type=float, default=25.0, help="how long each wave is watched")
    parser.add_argument("--engines", default="sqlite,postgresql")


def run(given: argparse.Namespace) -> None:
    for engine in given.engines.split(","):
        for rate in (int(each) for each in given.rates.split(",")):
            with empty(engine) as url:
                told = asyncio.run(_measure(url, rate, given.messages, given.seconds))
            save(OUT / f"feel-{engine}-{rate}.json", {"benchmark": "feel", "engine": engine, **told})
            print(
                f"{engine:10} {rate:>3} segments/s: wave {told['wave_per_second']:.1f} texts/s"
                f" ({told['segments_per_second']:.1f} segments/s), reply to carrier p50 {told['reply_p50_ms']:.0f} p99"
                f" {told['reply_p99_ms']:.0f} ms, single due to carrier p50 {told['single_p50_ms']:.0f} p99"
                f" {told['single_p99_ms']:.0f} ms, nearest visits first: {told['nearest_first']:.0%}, loop blocked"
                f" {told['blocked_ms']:.0f} ms (own time {told['blocked_cpu_ms']:.0f} ms), {told['rss_mb']:.0f} MB"
            )


async def _measure(url: str, rate: int, messages: int, seconds: float) -> dict[str, Any]:
    pace = min(REPLIES_A_SECOND, rate * OF_THE_RATE)
    replies = max(1, int(seconds * pace))
    async with serving(url, replies) as stage:
        practice = stage.practice
        async with practice.record.write(practice.id, OPERATOR) as tx:
            await fill_store.set_rate(tx, SENDER, rate)
        await practice.add_due(messages)
        await children.ledger(stage.carrier, forget=True)
        begin = time.time()
        replied = await _replies(stage, replies, pace)
        arrived = await children.arrivals(stage.carrier)
        took = time.time() - begin
        wave = await _wave(stage, arrived, took)
        answered = await _answers(stage, arrived, replied)
        singles = await _singles(stage)
        halted = await stage.halt()
    return {
        "sender_rate": rate,
        "messages": messages,
        **wave,
        **_spread("reply", answered),
        **_spread("single", singles),
        "replies": len(answered),
        **halted,
    }


async def _replies(stage: Stage, count: int, pace: float) -> dict[str, float]:
    """Clients say C, one after the other; when each text was posted."""
    posted: dict[str, float] = {}
    async with aiohttp.ClientSession() as session:

        async def one(number: int) -> None:
            post = inbound(stage.webhook, number, phone_of(number), "C", SENDER)
            posted[post.sid] = time.time()
            async with session.post(stage.webhook, data=post.fields, headers=post.headers) as answer:
                assert answer.status == 200

        tasks = []
        for number in range(count):
            tasks.append(asyncio.create_task(one(number)))
            await asyncio.sleep(1 / pace)
        await asyncio.gather(*tasks)
    return posted


async def _answers(stage: Stage, arrived: dict[str, float], posted: dict[str, float]) -> list[float]:
    """From the webhook's post to the carrier's having the answer; one that has not arrived counts until now."""
    m, i = tables.message.c, tables.inbound.c
    wanted = select(i.sid, m.id).select_from(
        tables.inbound.outerjoin(
            tables.message, (m.inbound_id == i.id) & (m.practice_id == i.practice_id) & (m.kind == "confirmed")
        )
    )
    async with stage.practice.record.read(stage.practice.id) as r:
        answers = {row.sid: row.id for row in await r.conn.execute(wanted.where(i.practice_id == r.practice_id))}
    now = time.time()
    return [arrived.get(answers.get(sid) or "", now) - at for sid, at in posted.items()]


async def _wave(stage: Stage, arrived: dict[str, float], seconds: float) -> dict[str, float]:
    """How many of the wave left, and whether those did whose visits are nearest."""
    m, a = tables.message.c, tables.appointment.c
    wanted = (
        select(m.id, m.segments, a.starts_at)
        .select_from(
            tables.message.join(tables.appointment, (a.id == m.participation_id) & (a.practice_id == m.practice_id))
        )
        .where(m.practice_id == stage.practice.id, m.kind == "reminder")
    )
    async with stage.practice.record.read(stage.practice.id) as r:
        rows = (await r.conn.execute(wanted)).all()
    left = [row for row in rows if row.id in arrived]
    soonest = sorted(row.starts_at for row in rows)
    bound = soonest[max(0, len(left) - 1)]
    return {
        "wave_left": float(len(left)),
        "wave_per_second": len(left) / seconds,
        "segments_per_second": sum(row.segments or 1 for row in left) / seconds,
        "nearest_first": sum(row.starts_at <= bound for row in left) / max(1, len(left)),
    }


async def _singles(stage: Stage) -> list[float]:
    """Reminders that come due one by one, on a sender of their own time: from due to the carrier."""
    practice, m = stage.practice, tables.message.c
    async with practice.record.write(practice.id, OPERATOR) as tx:
        await tx.conn.execute(
            tables.message.update()
            .where(m.practice_id == practice.id, m.state == "pending")
            .values(state="cancelled", reason="bench")
        )
        await fill_store.set_rate(tx, SENDER, 100)
    count = 20
    before = await _ids(stage)
    await practice.add_due(count, later=timedelta(days=2))
    fresh = sorted(await _ids(stage) - before)
    due: dict[str, float] = {}
    async with practice.record.write(practice.id, OPERATOR) as tx:
        for number, message_id in enumerate(fresh):
            at = tx.now + timedelta(seconds=2 + 0.4 * number + 0.037 * (number % 7))
            due[message_id] = at.timestamp()
            await tx.conn.execute(tables.message.update().where(m.id == message_id).values(due_at=at))
    await practice.settle_in()
    await asyncio.sleep(2 + 0.45 * count + 1.5)
    arrived = await children.arrivals(stage.carrier)
    now = time.time()
    return [arrived.get(message_id, now) - at for message_id, at in due.items()]


async def _ids(stage: Stage) -> set[str]:
    m = tables.message.c
    async with stage.practice.record.read(stage.practice.id) as r:
        wanted = select(m.id).where(m.practice_id == r.practice_id, m.kind == "reminder")
        return set((await r.conn.execute(wanted)).scalars())


def _spread(name: str, values: list[float]) -> dict[str, float]:
    return {f"{name}_p{int(100 * share)}_ms": 1000 * percentile(values, share) for share in (0.5, 0.99)}
