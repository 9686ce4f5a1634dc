"""Looking for a time and booking it, in a practice with ten years behind it and its next weeks mostly full."""

import argparse
import asyncio
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bot.bench import fill_store
from bot.bench.figures import percentile, save
from bot.bench.practice import BenchPractice
from scheduler.actions.book import book
from scheduler.actions.practice import set_week
from scheduler.calendar.availability import WeeklyHours
from scheduler.calendar.open_times import OpenTime, open_times
from scheduler.core.actor import OPERATOR
from tests.load.bench_plan import _client_ids
from tests.load.databases import empty
from tests.load.stage import practice_in

OUT = Path("build/bench")
CLIENTS = 500


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--clinicians", type=int, default=7)
    parser.add_argument("--engines", default="sqlite,postgresql")


def run(given: argparse.Namespace) -> None:
    for engine in given.engines.split(","):
        with empty(engine) as url, tempfile.TemporaryDirectory() as folder:
            told = asyncio.run(_measure(url, Path(folder), given))
        save(OUT / f"book-{engine}.json", {"benchmark": "book", "engine": engine, **told})
        for name, each in told["times"].items():
            print(
                f"{engine:10} {name:32} among {told['visits']:,} visits: p50 {each['p50_ms']:.1f} ms,"
                f" p99 {each['p99_ms']:.1f} ms, own processor time {each['cpu_ms']:.1f} ms"
            )


async def _measure(url: str, folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    async with practice_in(url, folder) as practice:
        await practice.add_due(CLIENTS, later=timedelta(days=200))
        visits = await _ten_years(practice, given.years, given.clinicians)
        times = await _times(practice, given.times, given.clinicians)
    return {"years": given.years, "visits": visits, "clinicians": given.clinicians, "times": times}


async def _ten_years(practice: BenchPractice, years: int, clinicians: int) -> int:
    hours = [WeeklyHours(day, 9 * 60, 17 * 60, location_id=practice.location_id) for day in range(7)]
    async with practice.record.write(practice.id, OPERATOR) as tx:
        for clinician_id in practice.clinician_ids[:clinicians]:
            await set_week(tx, clinician_id, hours, date(2010, 1, 1))
        count = await fill_store.fill_calendar(
            tx,
            past_days=365 * years,
            days_ahead=60,
            service_id=practice.service_id,
            location_id=practice.location_id,
            clinicians=clinicians,
            people=CLIENTS,
            zone=practice.zone,
        )
    await practice.settle_in()
    return count


async def _times(practice: BenchPractice, count: int, clinicians: int) -> dict[str, dict[str, float]]:
    ids = practice.clinician_ids[:clinicians]
    async with practice.record.read(practice.id) as r:
        clients = await _client_ids(r, count)
    taken: dict[str, list[float]] = {}
    cpu: dict[str, float] = {}
    for number in range(count):
        one = ids[number % clinicians : number % clinicians + 1]
        found: tuple[OpenTime, ...] = ()
        for name, wanted, days in (
            ("search, one clinician, 2 weeks", one, 14),
            ("search, all clinicians, 2 weeks", ids, 14),
        ):
            started, used = time.perf_counter(), time.process_time()
            async with practice.record.read(practice.id) as r:
                found = await open_times(
                    r,
                    clinician_ids=wanted,
                    service_id=practice.service_id,
                    earliest=r.now + timedelta(days=1),
                    latest=r.now + timedelta(days=1 + days),
                    limit=200,
                )
            taken.setdefault(name, []).append(time.perf_counter() - started)
            cpu[name] = cpu.get(name, 0.0) + time.process_time() - used
        started, used = time.perf_counter(), time.process_time()
        async with practice.record.write(practice.id, OPERATOR) as tx:
            await book(
                tx,
                clinician_id=found[0].clinician_id,
                service_id=practice.service_id,
                location_id=practice.location_id,
                client_ids=[clients[number % len(clients)]],
                starts_at=found[0].starts_at,
                told=False,
            )
        taken.setdefault("book", []).append(time.perf_counter() - started)
        cpu["book"] = cpu.get("book", 0.0) + time.process_time() - used
    return {
        name: {
            "p50_ms": 1000 * percentile(each, 0.5),
            "p99_ms": 1000 * percentile(each, 0.99),
            "cpu_ms": 1000 * cpu[name] / count,
        }
        for name, each in taken.items()
    }
