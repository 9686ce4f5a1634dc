"""Planning: touches a second in bulk (an import, a policy edit), and moving or cancelling one visit among a million."""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.bench.figures import percentile, save
from bot.bench.practice import BenchPractice
from messages import plan
from scheduler.actions.book import Booked, book
from scheduler.actions.cancel import cancel
from scheduler.actions.move import move
from scheduler.actions.save_reminder_policy import save_reminder_policy
from scheduler.core.actor import OPERATOR
from scheduler.core.record import Tx
from scheduler.events import VisitsImported
from scheduler.reminders.policy import Channel, Hours, Touch
from scheduler.tables import client
from tests.load.databases import empty
from tests.load.stage import practice_in

OUT = Path("build/bench")
TOUCHES = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--visits", type=int, default=5_000)
    parser.add_argument("--pending", type=int, default=1_000_000)
    parser.add_argument("--singles", type=int, default=200)
    parser.add_argument("--engines", default="sqlite,postgresql")


def run(given: argparse.Namespace) -> None:
    for engine in given.engines.split(","):
        with empty(engine) as url, tempfile.TemporaryDirectory() as folder:
            told = asyncio.run(_measure(url, Path(folder), given))
        save(OUT / f"plan-{engine}.json", {"benchmark": "plan", "engine": engine, **told})
        for name, rate in told["touches_per_second"].items():
            print(f"{engine:10} {name:12} {rate:9,.0f} touches/s")
        for name, each in told["singles"].items():
            print(
                f"{engine:10} {name:12} one visit with {told['pending']:,} pending: p50 {each['p50_ms']:.1f} ms,"
                f" p99 {each['p99_ms']:.1f} ms, own processor time {each['cpu_ms']:.1f} ms"
            )


async def _measure(url: str, folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    async with practice_in(url, folder) as practice:
        bulk = await _bulk(practice, given.visits)
        await practice.add_pending(given.pending)
        singles = await _singles(practice, given.singles)
    return {
        "visits": given.visits,
        "pending": given.pending,
        "touches_per_second": bulk,
        "singles": singles,
    }


def _policy(shift: int) -> list[Touch]:
    hours = (72 + shift, 48 + shift, 24 + shift)
    return [Touch(f"touch_{number}", Hours(each), Channel.SMS) for number, each in enumerate(hours)]


async def _bulk(practice: BenchPractice, visits: int) -> dict[str, float]:
    """An import, then edits of the policy: other hours, back again."""
    await _in_one(practice, lambda tx: save_reminder_policy(tx, _policy(0), {}))
    places = await practice.add_due(visits, later=timedelta(days=9), planned=False)
    touches = TOUCHES * visits

    async def imported(tx: Tx) -> None:
        await plan.on_imported(tx, VisitsImported(places))

    return {
        "import": touches / await _in_one(practice, imported),
        "policy edit": touches / await _in_one(practice, lambda tx: save_reminder_policy(tx, _policy(3), {})),
        "no touches": touches / await _in_one(practice, lambda tx: save_reminder_policy(tx, [], {})),
        "touches back": touches / await _in_one(practice, lambda tx: save_reminder_policy(tx, _policy(0), {})),
    }


async def _in_one(practice: BenchPractice, act: Callable[[Tx], Awaitable[object]]) -> float:
    started = time.perf_counter()
    async with practice.record.write(practice.id, OPERATOR) as tx:
        await act(tx)
    return time.perf_counter() - started


async def _singles(practice: BenchPractice, count: int) -> dict[str, dict[str, float]]:
    """One visit after the other is booked, moved and cancelled, each in a transaction of its own."""
    async with practice.record.read(practice.id) as r:
        clients = await _client_ids(r, count)
    begin = (practice.clock.now() + timedelta(days=90)).replace(minute=0, second=0, microsecond=0)
    times: dict[str, list[float]] = {"book": [], "move": [], "cancel": []}
    cpu = dict.fromkeys(times, 0.0)
    for number in range(count):
        clinician, hours = practice.clinician_ids[number % 20], timedelta(hours=number // 20)
        booked: list[Booked] = []
        acts = {
            "book": partial(_book, practice, clinician, clients[number], begin + hours, booked),
            "move": partial(_move, booked, begin + timedelta(days=40) + hours),
            "cancel": partial(_cancel, booked),
        }
        for name, act in acts.items():
            used = time.process_time()
            times[name].append(await _in_one(practice, act))
            cpu[name] += time.process_time() - used
    return {
        name: {
            "p50_ms": 1000 * percentile(each, 0.5),
            "p99_ms": 1000 * percentile(each, 0.99),
            "cpu_ms": 1000 * cpu[name] / count,
        }
        for name, each in times.items()
    }


async def _book(
    practice: BenchPractice, clinician_id: str, client_id: str, starts_at: datetime, made: list[Booked], tx: Tx
) -> None:
    booked = await book(
        tx,
        clinician_id=clinician_id,
        service_id=practice.service_id,
        location_id=practice.location_id,
        client_ids=[client_id],
        starts_at=starts_at,
        told=False,
    )
    made.append(booked)


async def _move(made: list[Booked], starts_at: datetime, tx: Tx) -> None:
    await move(tx, made[0].appointment_id, starts_at=starts_at, by="client")


async def _cancel(made: list[Booked], tx: Tx) -> None:
    await cancel(tx, made[0].participation_ids[0], by="client")


async def _client_ids(r: Any, count: int) -> list[str]:
    wanted = select(client.c.id).where(client.c.practice_id == r.practice_id).order_by(client.c.id).limit(count)
    return list((await r.conn.execute(wanted)).scalars())
