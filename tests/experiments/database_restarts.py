"""R9: PostgreSQL is restarted again and again, gently and by crash, while staff write, texts leave and replies come in.

Twenty writes and five inbound texts a second; half of the restarts are `fast`, half `immediate` (a crash of the
server; the machine stays up). The server waits for its disk at each commit. A write is acknowledged when its commit
returned to the writer. Pass: none of those is missing, no inbound text is missing, nothing is lost or sent twice, and
the service is ready within 5 s of the database taking connections.
"""

import asyncio
import random
import signal
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
from sqlalchemy import select

from scheduler import tables
from scheduler.actions.clients import add_client
from scheduler.core.actor import OPERATOR
from scheduler.core.errors import StillonError
from scheduler.core.record import Record
from scheduler.people.client_fields import ClientFields
from tests.experiments.crash_sends import judge_sends
from tests.experiments.edit_race import office
from tests.experiments.forks import Fork
from tests.experiments.house import Plan
from tests.experiments.report import Asked, Found, spread
from tests.experiments.stage import PATIENCE, SHORT, Stage, on_stage, poll
from tests.rig.databases import Databases
from tests.rig.postgres import DURABLE
from tests.rig.process import answers

WRITES_A_SECOND: Final = 20
INBOUND_A_SECOND: Final = 5
TEXTS_A_SECOND: Final = 20
BETWEEN_RESTARTS: Final = 6.0
READY_WITHIN: Final = 5.0
REPAIRED_WITHIN: Final = 60.0


@dataclass
class Seen:
    """What was tried from outside, and what came of it."""

    acknowledged: list[str] = field(default_factory=list)
    refused: int = 0
    unforeseen: Counter[str] = field(default_factory=Counter)
    write_took: list[float] = field(default_factory=list)
    wrote_at: list[float] = field(default_factory=list)
    inbound: dict[str, int] = field(default_factory=dict)
    restarts: Counter[str] = field(default_factory=Counter)
    healthy_after: list[float] = field(default_factory=list)
    wrote_after: list[float] = field(default_factory=list)


async def run(asked: Asked, _databases: Databases) -> Found:
    """Perform it once; the size is how many seconds it lasts."""
    with tempfile.TemporaryDirectory(prefix="stillon-experiments-") as folder:
        databases = Databases(Path(folder), habits=DURABLE)
        try:
            plan = Plan(clients=asked.size * TEXTS_A_SECOND)
            async with on_stage("postgresql", plan, databases, **SHORT) as stage:
                return await _perform(asked, stage)
        finally:
            databases.close()


async def _perform(asked: Asked, stage: Stage) -> Found:
    await stage.open_carrier({"seed": asked.seed, "callback_lost": 0.1})
    actors = await stage.cast(workers=2)
    seen, chance, over = Seen(), random.Random(asked.seed), asyncio.Event()
    ends = time.monotonic() + asked.size
    async with office(stage) as record:
        writers = [asyncio.create_task(_write(record, stage, seen, over)) for _ in range(4)]
        talkers = [asyncio.create_task(_talk(stage, seen, over, number)) for number in range(INBOUND_A_SECOND)]
        await _restart_again_and_again(stage, seen, chance, ends)
        over.set()
        await asyncio.gather(*writers, *talkers)
    states = await stage.until_decided(120)
    by_itself, repaired = await _until_all_came_in(stage, seen, actors)
    missing = await _missing(stage, seen)
    for fork in actors:
        await asyncio.to_thread(fork.stop)
    counts, wrong = await judge_sends(stage, states, stage.house.message_ids, also=None)
    return _found(seen, counts, wrong, missing, by_itself, repaired)


def _found(seen: Seen, counts: dict[str, Any], wrong: list[str], missing: int, by_itself: int, repaired: int) -> Found:
    counts |= {
        "restarts": dict(seen.restarts),
        "writes_acknowledged": len(seen.acknowledged),
        "writes_refused": seen.refused,
        "acknowledged_and_missing": missing,
        "inbound": len(seen.inbound),
        "inbound_answered": {str(status): number for status, number in Counter(seen.inbound.values()).items()},
        "inbound_missing_before_repair": len(seen.inbound) - by_itself,
        "inbound_missing": len(seen.inbound) - repaired,
        "unforeseen": dict(seen.unforeseen),
    }
    slow = [each for each in (*seen.healthy_after, *seen.wrote_after) if each > READY_WITHIN]
    wrong += [
        *([f"{missing} acknowledged writes are missing"] if missing else ()),
        *([f"{len(seen.inbound) - repaired} inbound texts are missing"] if repaired < len(seen.inbound) else ()),
        *([f"{len(slow)} times not ready within {READY_WITHIN:g} s: {max(slow):.1f} s"] if slow else ()),
        *([f"unforeseen errors {dict(seen.unforeseen)}"] if seen.unforeseen else ()),
    ]
    times = {
        "write": spread(seen.write_took),
        "healthy_after": spread(seen.healthy_after),
        "first_write_after": spread(seen.wrote_after),
    }
    return Found(counts=counts, times=times, wrong=tuple(wrong))


async def _write(record: Record, stage: Stage, seen: Seen, over: asyncio.Event) -> None:
    """Add clients, as staff would, again and again; what is refused is not tried again."""
    while not over.is_set():
        began = time.monotonic()
        try:
            async with record.write(stage.house.practice_id, OPERATOR) as tx:
                client_id = await add_client(tx, ClientFields("Someone", "New"))
        except StillonError:
            seen.refused += 1
        except Exception as error:  # noqa: BLE001 -- counted by its type and shown: it should have been one of ours
            seen.unforeseen[type(error).__name__] += 1
        else:
            seen.acknowledged.append(client_id)
            seen.wrote_at.append(time.monotonic())
            seen.write_took.append(time.monotonic() - began)
        await asyncio.sleep(max(0.0, began + 4 / WRITES_A_SECOND - time.monotonic()))


async def _talk(stage: Stage, seen: Seen, over: asyncio.Event, number: int) -> None:
    """One phone after another answers C; what its webhook was answered is kept by the text's sid."""
    phones = stage.house.numbers[number::INBOUND_A_SECOND]
    async with aiohttp.ClientSession() as session:
        for phone in phones:
            began = time.monotonic()
            if over.is_set():
                return
            told = await stage.say(session, phone, "C")
            seen.inbound[told["sid"]] = told["received"]["status"]
            await asyncio.sleep(max(0.0, began + 1 - time.monotonic()))


async def _restart_again_and_again(stage: Stage, seen: Seen, chance: random.Random, ends: float) -> None:
    server = stage.databases.server
    while time.monotonic() + BETWEEN_RESTARTS < ends:
        await asyncio.sleep(chance.uniform(0.5, 1.0) * BETWEEN_RESTARTS)
        how = "immediate" if seen.restarts.total() % 2 else "fast"
        await asyncio.to_thread(server.stop, signal.SIGQUIT if how == "immediate" else signal.SIGINT)
        await asyncio.to_thread(server.start)
        seen.restarts[how] += 1
        up = time.monotonic()
        await poll(lambda: asyncio.to_thread(answers, stage.port, "/health"), PATIENCE)
        seen.healthy_after.append(time.monotonic() - up)
        await poll(lambda: _wrote_since(seen, up), PATIENCE)  # noqa: B023 -- asked at once
        seen.wrote_after.append(time.monotonic() - up)


async def _wrote_since(seen: Seen, up: float) -> bool:
    return bool(seen.wrote_at) and seen.wrote_at[-1] > up


async def _until_all_came_in(stage: Stage, seen: Seen, actors: list[Fork]) -> tuple[int, int]:
    """How many inbound texts are in the record, before and after a worker was started anew (it asks the carrier)."""
    by_itself = await _came_in(stage, seen)
    if by_itself == len(seen.inbound):
        return by_itself, by_itself
    worker = next(fork for fork in actors if fork.command == "work")
    await asyncio.to_thread(worker.stop)
    await asyncio.to_thread(worker.start)

    async def complete() -> bool:
        return await _came_in(stage, seen) == len(seen.inbound)

    await poll(complete, REPAIRED_WITHIN, every=0.5)
    return by_itself, await _came_in(stage, seen)


async def _came_in(stage: Stage, seen: Seen) -> int:
    known = {row[0] for row in await stage.rows(select(tables.inbound.c.sid))}
    return len(known & seen.inbound.keys())


async def _missing(stage: Stage, seen: Seen) -> int:
    known = {row[0] for row in await stage.rows(select(tables.client.c.id))}
    return len(set(seen.acknowledged) - known)
