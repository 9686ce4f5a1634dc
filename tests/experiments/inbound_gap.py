"""R24: nobody answers the carrier for a while, and replies come in. Is each dealt with, once, and soon after?

A tenth of them are STOP, two fifths C, the others words for a person. On PostgreSQL the pages are away and the workers
stay; on SQLite the one process is away. The carrier gives up on each after fifteen seconds and keeps it in its list.
Pass: each is handled once within 60 s of the service being up, STOPs before the rest, and every STOP stopped.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
from sqlalchemy import func, select

from scheduler import tables
from tests.experiments.house import Plan
from tests.experiments.report import Asked, Found, spread
from tests.experiments.stage import SHORT, Stage, on_stage, poll
from tests.rig.databases import Databases

OTHERS: Final = ("ok thank you", "N", "I am running late", "who is this", "can we move it?", "👍")
AWAY_SECONDS: Final = 25.0
WITHIN: Final = 60.0
PATIENCE: Final = 400.0


async def run(asked: Asked, databases: Databases, away: float = AWAY_SECONDS) -> Found:
    """Perform it once; the size is how many replies arrive while nobody answers for so long."""
    async with on_stage(asked.engine, Plan(clients=asked.size), databases, **SHORT) as stage:
        await stage.open_carrier({"seed": asked.seed}, opt_out_handling="off")
        actors = await stage.cast(workers=2)
        await stage.until_decided(PATIENCE)  # they answer what they were asked
        edge = actors[0]
        await asyncio.to_thread(edge.kill)
        began = time.monotonic()
        said = await _all_reply(stage, random.Random(asked.seed))
        await asyncio.sleep(max(0.0, began + away - time.monotonic()))
        await asyncio.to_thread(edge.start)
        await stage.until_up(edge)
        up = time.time()
        await poll(lambda: _all_handled(stage, said), PATIENCE, every=0.5)
        return await _judge(stage, said, up)


async def _all_reply(stage: Stage, chance: random.Random) -> dict[str, str]:
    """Every phone replies once; what each said, by the carrier's sid."""
    said: dict[str, str] = {}
    numbers = list(stage.house.numbers)
    async with aiohttp.ClientSession() as session:
        for place, number in enumerate(numbers):
            words = "STOP" if place % 10 == 0 else "C" if place % 10 < 5 else chance.choice(OTHERS)
            told = await stage.say(session, number, words, wait=False)
            said[told["sid"]] = words
    return said


async def _all_handled(stage: Stage, said: Mapping[str, str]) -> bool:
    c = tables.inbound.c
    rows = await stage.rows(select(func.count()).where(c.state == "handled").select_from(tables.inbound))
    return bool(rows[0][0] >= len(said))


async def _judge(stage: Stage, said: Mapping[str, str], up: float) -> Found:
    c, o, p = tables.inbound.c, tables.opt_out.c, tables.participation.c
    rows = {row[0]: row for row in await stage.rows(select(c.sid, c.state, c.handled_at, c.outcome))}
    handled = {sid: rows[sid].handled_at.timestamp() - up for sid in said if sid in rows and rows[sid].handled_at}
    stops = {sid for sid, words in said.items() if words == "STOP"}
    stopped = await stage.rows(select(func.count()).where(o.stopped, o.channel == "sms").select_from(tables.opt_out))
    confirmed = await stage.rows(select(func.count()).where(p.state == "confirmed").select_from(tables.participation))
    entries = await _entries(stage)
    last_stop = max((handled[sid] for sid in stops if sid in handled), default=0.0)
    before = sum(at < last_stop for sid, at in handled.items() if sid not in stops)
    late = spread(list(handled.values()))
    meant = Counter(said.values())
    wrong = [
        *([f"{len(said) - len(handled)} of {len(said)} not handled"] if len(handled) < len(said) else ()),
        *([f"{entries} handled more than once"] if entries else ()),
        *([f"{stopped[0][0]} stopped, {meant['STOP']} said STOP"] if stopped[0][0] != meant["STOP"] else ()),
        *([f"{confirmed[0][0]} confirmed, {meant['C']} said C"] if confirmed[0][0] < meant["C"] else ()),
        *([f"the last was handled {late['max']:.0f} s after the start"] if late.get("max", 0) > WITHIN else ()),
    ]
    counts: dict[str, Any] = {
        "replies": len(said),
        "handled": len(handled),
        "twice": entries,
        "stopped": int(stopped[0][0]),
        "confirmed": int(confirmed[0][0]),
        "others_before_the_last_stop": before,
    }
    times = {"handled_after_start": late, "stop_after_start": spread([handled[sid] for sid in stops if sid in handled])}
    return Found(counts=counts, times=times, wrong=tuple(wrong))


async def _entries(stage: Stage) -> int:
    """How many texts have more than one audit entry of being handled."""
    c = tables.audit_entry.c
    wanted = select(c.subject_id).where(c.action == "inbound.handled").group_by(c.subject_id).having(func.count() > 1)
    return len(await stage.rows(wanted))
