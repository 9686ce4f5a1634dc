"""R8: the system clock of the service is moved while texts leave: an hour back, then ten days ahead, then right again.

Real processes under libfaketime, which moves their wall clock and leaves the one that counts seconds alone; the
database, the carrier and the observer keep true time, so application and database disagree as well. Half of the texts
are due now, half in ten days. Pass: nothing is sent twice, nothing of the later half leaves, sending is held within
10 s of the jump, and when the clock is right again and a person has resumed, the rest of the due half leaves.
"""

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, update

from messages import pause
from scheduler import tables
from scheduler.core.actor import OPERATOR
from tests.experiments.crash_sends import judge_sends
from tests.experiments.edit_race import office
from tests.experiments.forks import Nursery
from tests.experiments.house import Plan
from tests.experiments.report import Asked, Found
from tests.experiments.stage import PATIENCE, SHORT, Stage, on_stage, poll, until
from tests.rig.databases import Databases

LIBRARIES: Final = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1")
LATER: Final = timedelta(days=10)
HELD_WITHIN: Final = 10.0
LOOKED_AT: Final = 12.0


async def run(asked: Asked, databases: Databases) -> Found:
    """Perform it once; the size is how many texts, of which half are due."""
    library = next((str(each) for place in LIBRARIES for each in sorted(Path("/").glob(place[1:]))), None)
    if library is None:
        return Found(counts={"skipped": "libfaketime is not installed (Debian: apt-get install libfaketime)"})
    async with on_stage(asked.engine, Plan(clients=asked.size), databases, **SHORT) as stage:
        await stage.open_carrier({"seed": asked.seed, "reset_after": 0.02, "list_lag_seconds": (0, 0.5)})
        later = await _put_off(stage)
        step = stage.processes.folder / "step"
        step.write_text("+0", encoding="utf-8")
        stage.nursery.close()
        stage.nursery = Nursery(stage.processes.folder, _faked(library, step))
        try:
            return await _perform(stage, step, later)
        finally:
            stage.nursery.close()


def _faked(library: str, step: Path) -> tuple[str, ...]:
    return (
        "env",
        f"LD_PRELOAD={library}",
        f"FAKETIME_TIMESTAMP_FILE={step}",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
        "FAKETIME_NO_CACHE=1",
    )


async def _put_off(stage: Stage) -> frozenset[str]:
    """Half of the texts become due in ten days; their ids."""
    later = frozenset(sorted(stage.house.message_ids)[::2])
    c = tables.message.c
    async with stage.record() as record, record.write(stage.house.practice_id, OPERATOR) as tx:
        for row in await tx.conn.execute(select(c.id, c.due_at, c.useful_until).where(c.id.in_(later))):
            values = {"due_at": row.due_at + LATER, "useful_until": row.useful_until + LATER}
            await tx.conn.execute(update(tables.message).where(c.id == row.id).values(values))
    return later


async def _perform(stage: Stage, step: Path, later: frozenset[str]) -> Found:
    due = stage.house.message_ids - later
    began = time.monotonic()
    actors = await stage.cast(workers=2)
    await until(lambda: stage.accepted_count() >= len(due) // 4, PATIENCE)
    step.write_text("-1h", encoding="utf-8")
    await asyncio.sleep(3)
    step.write_text(f"+{LATER.days}d", encoding="utf-8")
    jumped = time.monotonic()
    held = await poll(lambda: _is_held(stage), LOOKED_AT)
    held_after = time.monotonic() - jumped
    await asyncio.sleep(max(0.0, jumped + LOOKED_AT - time.monotonic()))
    early = sum(each.message_id in later for each in stage.accepted())
    step.write_text("+0", encoding="utf-8")
    await asyncio.sleep(2)
    async with office(stage) as record, record.write(stage.house.practice_id, OPERATOR) as tx:
        await pause.resume(tx, leave_out=False)
    states = await stage.until_decided(150)
    took = time.monotonic() - began
    await asyncio.sleep(2)  # a text too many would leave now
    for fork in actors:
        await asyncio.to_thread(fork.stop)
    counts, wrong = await judge_sends(stage, states, due)
    early = max(early, sum(each.message_id in later for each in stage.accepted()))
    counts |= {"later_half": len(later), "sent_too_early": early, "held": held}
    wrong += [
        *([f"{early} texts left ten days early"] if early else ()),
        *(["sending was not held after the jump"] if not held else ()),
        *([f"held only after {held_after:.1f} s"] if held and held_after > HELD_WITHIN else ()),
    ]
    seconds: dict[str, Any] = {"all": round(took, 1), "held_after": round(held_after, 2)}
    return Found(counts=counts, seconds=seconds, wrong=tuple(wrong))


async def _is_held(stage: Stage) -> bool:
    c = tables.sending.c
    return bool(await stage.rows(select(c.why).where(c.paused_at.is_not(None))))
