"""Matching one opening against a long waitlist: the first twenty in turn, and with whether each may be texted now.

The list is as varied as a list can be: services, clinicians, half days, notices and ages, ten entries to a client. Told
is how long a look takes at the median and at the worst but one in a hundred, for openings of all hours, and how many
fitted; the order was compared with the pure rule applied to everybody once for each engine.
"""

import argparse
import asyncio
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, text

from bot.bench.figures import percentile, save
from bot.bench.practice import BenchPractice
from scheduler.actions.practice import add_service
from scheduler.calendar.wallclock import Span
from scheduler.core.actor import OPERATOR
from scheduler.core.ids import seeded_chance
from scheduler.people import store as people
from scheduler.people.practice_fields import ServiceFields
from scheduler.tables import client, waitlist_entry
from tests.load.databases import empty
from tests.load.stage import practice_in
from waitlist import candidates, entry_store, opening_store, policy_store
from waitlist.actions.open_time import open_time
from waitlist.askable import askable
from waitlist.matching import WeeklyWindow, grid_of, rank
from waitlist.turns import Standing, turn_of

OUT = Path("build/bench")
PER_CLIENT = 10
FIRST = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--openings", type=int, default=100)
    parser.add_argument("--engines", default="sqlite,postgresql")


def run(given: argparse.Namespace) -> None:
    for engine in given.engines.split(","):
        with empty(engine) as url, tempfile.TemporaryDirectory() as folder:
            told = asyncio.run(_measure(url, Path(folder), given))
        save(OUT / f"match-{engine}.json", {"benchmark": "match", "engine": engine, **told})
        print(
            f"{engine:10} {given.entries:,} entries, {given.openings} openings: first {FIRST} in turn"
            f" p50 {told['match_p50_ms']:.1f} ms, p99 {told['match_p99_ms']:.1f} ms; and may be texted"
            f" p50 {told['askable_p50_ms']:.1f} ms, p99 {told['askable_p99_ms']:.1f} ms;"
            f" {told['fitting']:,} fitted at the median, order as the rule's: {told['as_the_rule']}"
        )


async def _measure(url: str, folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    async with practice_in(url, folder) as practice:
        await practice.add_due(given.entries // PER_CLIENT, planned=False)
        other = await _other_service(practice)
        await _fill(practice, given.entries, (practice.service_id, other))
        openings = await _open(practice, given.openings)
        await practice.settle_in()
        async with practice.record.write(practice.id, OPERATOR) as tx:
            await tx.conn.execute(text("ANALYZE"))
        return await _looks(practice, openings)


async def _other_service(practice: BenchPractice) -> str:
    async with practice.record.write(practice.id, OPERATOR) as tx:
        return await add_service(tx, ServiceFields("First visit", 50))


async def _fill(practice: BenchPractice, count: int, services: tuple[str, str]) -> None:
    chance = seeded_chance(7)
    async with practice.record.write(practice.id, OPERATOR) as tx:
        weights = (await policy_store.policy(tx)).weights
        clients = list((await tx.conn.execute(select(client.c.id).order_by(client.c.id))).scalars())
        rows = []
        for number in range(count):
            several = chance.choices((0, 1, 3), (0.4, 0.4, 0.2))[0]
            chosen = chance.sample(practice.clinician_ids, several)
            parts = chance.sample([(day, part) for day in range(5) for part in range(2)], chance.randint(0, 4))
            windows = [[day, part * 720, 720 if part == 0 else 1020] for day, part in parts]
            joined = tx.now - timedelta(minutes=chance.randrange(180 * 1440))
            asked = joined + (tx.now - joined) * chance.random() if chance.random() < 0.7 else None
            stands = Standing(joined_at=joined, last_offered_at=asked, credit=chance.choice((0, 0, 0, 1)))
            rows.append(
                {
                    "practice_id": tx.practice_id,
                    "id": tx.new_id(),
                    "client_id": clients[number % len(clients)],
                    "service_id": services[int(chance.random() < 0.2)],
                    "clinician_ids": chosen,
                    "windows": windows,
                    "min_notice_minutes": chance.choice((0, 120, 1440)),
                    "priority": 0,
                    "state": "waiting",
                    "credit": stands.credit,
                    "joined_at": joined,
                    "last_offered_at": asked,
                    "only_clinician": chosen[0] if several == 1 else "",
                    "grid": grid_of(WeeklyWindow(*window) for window in windows),
                    "turn": turn_of(stands, weights),
                }
            )
        for start in range(0, count, 2000):
            await tx.conn.execute(insert(waitlist_entry), rows[start : start + 2000])


async def _open(practice: BenchPractice, count: int) -> list[opening_store.Opening]:
    """Times over two weeks, at all hours of the day, of all clinicians."""
    async with practice.record.write(practice.id, OPERATOR) as tx:
        for number in range(count):
            start = (tx.now + timedelta(days=3 + number % 11, hours=number % 9)).replace(
                minute=0, second=0, microsecond=0
            )
            await open_time(
                tx,
                clinician_id=practice.clinician_ids[number % len(practice.clinician_ids)],
                service_id=practice.service_id,
                location_id=practice.location_id,
                span=Span(start, start + timedelta(minutes=50)),
            )
    async with practice.record.read(practice.id) as r:
        return list(await opening_store.openings(r))


async def _looks(practice: BenchPractice, openings: list[opening_store.Opening]) -> dict[str, Any]:
    match, whole, fitting = [], [], []
    async with practice.record.read(practice.id) as r:
        policy, ours = await policy_store.policy(r), await people.practice(r)
        await candidates.in_order(r, openings[0], policy.weights, FIRST)
        for opening in openings:
            begin = time.perf_counter()
            found = await candidates.in_order(r, opening, policy.weights, FIRST)
            match.append(time.perf_counter() - begin)
            begin = time.perf_counter()
            await askable(r, opening, ours, policy, lambda turns: len(turns) >= FIRST)
            whole.append(time.perf_counter() - begin)
            assert len(found) == FIRST
        everybody = await entry_store.entries(r)
        same = []
        for opening in openings[:3]:
            gap, at = candidates.gap_of(opening), await candidates.moment(r, opening)
            by_rule = rank(candidates.wishes(everybody, gap, at), gap, r.now, policy.weights)
            fitting.append(len(by_rule))
            first = await candidates.in_order(r, opening, policy.weights, FIRST)
            same.append([each.entry_id for each in first] == [each.entry_id for each in by_rule[:FIRST]])
    return {
        "entries": len(everybody),
        "match_p50_ms": 1000 * percentile(match, 0.5),
        "match_p99_ms": 1000 * percentile(match, 0.99),
        "askable_p50_ms": 1000 * percentile(whole, 0.5),
        "askable_p99_ms": 1000 * percentile(whole, 0.99),
        "fitting": sorted(fitting)[1],
        "as_the_rule": all(same),
    }
