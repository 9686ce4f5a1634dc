"""R26: a visit is moved or cancelled at the very instant its reminder leaves. Does a text of the old time leave after?

All reminders are due, so that they leave one after another; the edits come from another process and pick half of
their visits among those whose text is under way just then. An edit is acknowledged when its commit returns; a send
counts from the first byte of its request. Pass: none of the old time after the edit; each text sent once, or
cancelled with a reason.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from bot.wiring import subscriptions
from scheduler import tables
from scheduler.actions.cancel import cancel
from scheduler.actions.move import move
from scheduler.core.actor import OPERATOR
from scheduler.core.clock import SystemClock
from scheduler.core.engine import open_engines
from scheduler.core.errors import StillonError
from scheduler.core.record import Record
from scheduler.core.vault import Vault
from tests.experiments.house import Plan
from tests.experiments.report import Asked, Found, spread
from tests.experiments.stage import SHORT, UNDECIDED, Stage, on_stage
from tests.rig.databases import Databases

FAULTS: Final = {"error_before": 0.02, "reset_after": 0.02, "list_lag_seconds": (0, 0.5)}
EDITORS: Final = 8
AIMED: Final = 0.5
PATIENCE: Final = 300.0


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit and its one reminder."""

    message_id: str
    participation_id: str
    appointment_id: str


@dataclass
class Edits:
    """What was edited, and when each edit was acknowledged (wall clock)."""

    acknowledged: dict[str, float] = field(default_factory=dict)
    moved: int = 0
    cancelled: int = 0
    aimed: int = 0
    refused: int = 0
    took: list[float] = field(default_factory=list)


async def run(asked: Asked, databases: Databases) -> Found:
    """Perform it once; the size is the number of visits, each of which is edited once."""
    async with on_stage(asked.engine, Plan(clients=asked.size, apart=True), databases, **SHORT) as stage:
        await stage.open_carrier({**FAULTS, "seed": asked.seed})
        visits = await _visits(stage)
        began = time.monotonic()
        await stage.cast(workers=4)
        edits = await _edit_all(stage, visits, random.Random(asked.seed))
        states = await stage.until_decided(PATIENCE)
        took = time.monotonic() - began
        return await _judge(stage, edits, states, took)


async def _visits(stage: Stage) -> dict[str, Visit]:
    m, p = tables.message.c, tables.participation.c
    wanted = select(m.id, p.id, p.appointment_id).join_from(
        tables.message, tables.participation, m.participation_id == p.id
    )
    return {row[0]: Visit(*row) for row in await stage.rows(wanted) if row[0] in stage.house.message_ids}


@asynccontextmanager
async def office(stage: Stage) -> AsyncIterator[Record]:
    """The record as the console has it: with everybody who is told of a change."""
    record = Record(open_engines(stage.url), SystemClock(), Vault(stage.house.ring), subscriptions=subscriptions())
    try:
        yield record
    finally:
        await record.close()


async def _edit_all(stage: Stage, visits: dict[str, Visit], chance: random.Random) -> Edits:
    edits, left = Edits(), dict(visits)
    async with office(stage) as record:

        async def edit_one_after_another() -> None:
            while left:
                visit = await _next(record, stage, left, chance, edits)
                if visit is not None:
                    await _edit(record, stage, visit, chance, edits)

        await asyncio.gather(*(edit_one_after_another() for _ in range(EDITORS)))
    return edits


async def _next(
    record: Record, stage: Stage, left: dict[str, Visit], chance: random.Random, edits: Edits
) -> Visit | None:
    """One whose text is under way at this instant, or any."""
    if chance.random() < AIMED:
        c = tables.message.c
        async with record.read(stage.house.practice_id) as r:
            under_way = (await r.conn.execute(select(c.id).where(c.state == "intent"))).scalars().all()
        aimed = [each for each in under_way if each in left]
        if aimed:
            edits.aimed += 1
            return left.pop(chance.choice(aimed))
    return left.pop(chance.choice(list(left))) if left else None


async def _edit(record: Record, stage: Stage, visit: Visit, chance: random.Random, edits: Edits) -> None:
    began = time.monotonic()
    moves = chance.random() < 0.5
    try:
        async with record.write(stage.house.practice_id, OPERATOR) as tx:
            if moves:
                c = tables.appointment.c
                found = await tx.conn.execute(select(c.starts_at).where(c.id == visit.appointment_id))
                starts_at = found.scalar_one() + timedelta(days=1)
                await move(tx, visit.appointment_id, starts_at=starts_at, by="practice")
            else:
                await cancel(tx, visit.participation_id, by="practice")
    except StillonError:
        edits.refused += 1
        return
    edits.acknowledged[visit.message_id] = time.time()
    edits.took.append(time.monotonic() - began)
    edits.moved += moves
    edits.cancelled += not moves


async def _judge(stage: Stage, edits: Edits, states: dict[str, int], took: float) -> Found:
    accepted = [each for each in stage.accepted() if each.message_id in stage.house.message_ids]
    late = [
        each.started - edits.acknowledged[each.message_id]
        for each in accepted
        if each.started > edits.acknowledged.get(each.message_id, each.started)
    ]
    c = tables.message.c
    rows = {row[0]: row for row in await stage.rows(select(c.id, c.state, c.reason))}
    times = Counter(each.message_id for each in accepted)
    twice = [each for each, number in times.items() if number > 1]
    lost = [each for each in stage.house.message_ids - times.keys() if rows[each].state != "cancelled"]
    counts: dict[str, Any] = {
        "visits": len(stage.house.message_ids),
        "moved": edits.moved,
        "cancelled": edits.cancelled,
        "aimed": edits.aimed,
        "refused": edits.refused,
        "old_time_sent": len(times),
        "old_time_sent_after_edit": len(late),
        "states": states,
    }
    wrong = [
        *([f"{len(late)} texts of the old time after the edit, by {max(late):.4f} s at most"] if late else ()),
        *([f"{len(twice)} texts twice"] if twice else ()),
        *([f"{len(lost)} texts lost"] if lost else ()),
        *([f"undecided: {states}"] if UNDECIDED & states.keys() else ()),
    ]
    return Found(
        counts=counts,
        seconds={"all": round(took, 1)},
        times={"edit": spread(edits.took), "late_by": spread(late)},
        wrong=tuple(wrong),
    )
