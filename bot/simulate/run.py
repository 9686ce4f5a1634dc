"""A waitlist's weeks, hour by hour: the product's own matching, offers and claims; only people and texts are invented.

Here lives what a run is made of: a temporary record, its fake clock and the practice that is invented; what happens in
it stands in world.py. Invariant: policies differ in nothing but the terms that are saved for the practice.
"""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import event

from bot.simulate.arriving import Founded
from bot.simulate.behaviour import Behaviour
from bot.simulate.clock import StillClock
from bot.simulate.noticed import NoticedRecord
from bot.simulate.practice import FIRST_DAY, VISIT, ZONE, Shape
from bot.simulate.world import World
from scheduler.actions.practice import add_clinician, add_location, add_service, create_practice
from scheduler.core import schema
from scheduler.core.actor import OPERATOR
from scheduler.core.engine import Engines, open_engines
from scheduler.core.ids import seeded_ids
from scheduler.core.keys import new_ring
from scheduler.core.record import Subscriptions
from scheduler.core.vault import Vault
from scheduler.events import ParticipationRestored, TimeFreed, TimeTaken
from scheduler.people.practice_fields import PracticeFields, ServiceFields
from waitlist import openings
from waitlist.actions.save_policy import save_policy

POLICIES: Final[dict[str, dict[str, Any]]] = {
    "stillon": {"mode": "waves"},
    "serial": {"mode": "one"},
    "broadcast": {"mode": "everybody"},
}
HOLDS: Final = {"serial": 30}
"""Where one is asked alone the others wait for the end of it: half an hour, not the practice's hour."""

WARM_UP_WEEKS: Final = 3
"""Weeks before the first that counts: by then the list is as it will be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to simulate. `quiet_after`: another value of that term, to see what it does."""

    weeks: int
    seed: int
    policy: str
    shape: Shape = field(default_factory=Shape)
    behaviour: Behaviour = field(default_factory=Behaviour)
    warm_up_weeks: int = WARM_UP_WEEKS
    quiet_after: int | None = None


async def simulate(plan: Plan) -> dict[str, Any]:
    """The figures of a run."""
    # Millions of small values live for a moment each; looking for rings among them would take a sixth of the time.
    gc.freeze()
    gc.set_threshold(200_000, 50, 100)
    with TemporaryDirectory(prefix="stillon-simulate-") as folder:
        async with _record(Path(folder), plan.seed) as (record, clock):
            world = World(
                record,
                clock,
                await _found(plan, record, clock),
                shape=plan.shape,
                behaviour=plan.behaviour,
                seed=plan.seed,
                warm_up_weeks=plan.warm_up_weeks,
                weeks=plan.weeks,
            )
            await world.run()
            return world.tally.figures()


@asynccontextmanager
async def _record(folder: Path, seed: int) -> AsyncIterator[tuple[NoticedRecord, StillClock]]:
    url = f"sqlite:///{folder}/year.db"
    await schema.migrate(url)
    engines = open_engines(url)
    _forgetful(engines)
    clock = StillClock(datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, 6, tzinfo=ZoneInfo(ZONE)))
    told = Subscriptions()
    told.on(ParticipationRestored, openings.on_restored)
    told.on(TimeTaken, openings.on_time_taken)
    told.on(TimeFreed, openings.on_time_freed)
    try:
        yield NoticedRecord(engines, clock, Vault(new_ring()), subscriptions=told, make_id=seeded_ids(seed)), clock
    finally:
        await engines.close()


def _forgetful(engines: Engines) -> None:
    """Nobody waits for the disk: what is lost with a power cut here is a simulation. Nor for a thread: it is alone."""

    def quick(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.execute("PRAGMA secure_delete=OFF")
        cursor.close()
        connection.driver_connection.alone = True

    event.listen(engines.writer.sync_engine, "connect", quick)
    event.listen(engines.reader.sync_engine, "connect", quick)


async def _found(plan: Plan, record: NoticedRecord, clock: StillClock) -> Founded:
    """A practice with its clinicians, services and terms."""
    shape, practice = plan.shape, record.make_id(clock.now())
    fields = PracticeFields(
        "Simulated Practice",
        "Lee Office",
        "202-555-0198",
        "+12025550199",
        ZONE,
        daily_cap=shape.texts_a_day,
        weekly_cap=shape.texts_a_week,
        opening_grace_minutes=shape.grace_minutes,
        offer_hold_minutes=HOLDS.get(plan.policy, shape.hold_minutes),
    )
    quiet = {} if plan.quiet_after is None else {"quiet_after": plan.quiet_after}
    minutes = VISIT.seconds // 60
    async with record.write(practice, OPERATOR) as tx:
        await create_practice(tx, fields)
        location = await add_location(tx, "Main street", ZONE)
        clinicians = [await add_clinician(tx, f"Clinician {n}") for n in range(shape.clinicians)]
        services = [await add_service(tx, ServiceFields(name, minutes)) for name in ("Session", "First visit")]
        await save_policy(tx, POLICIES[plan.policy] | quiet)
    return Founded(practice=practice, location=location, clinicians=tuple(clinicians), services=tuple(services))
