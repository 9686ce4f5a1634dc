"""The `heartbeat` table: one row for each lane of each worker process, of no practice.

Invariant: a beat always grows by one, so whoever watches needs no clock in common with the worker.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update

from scheduler.core.record import Reading, Tx, insert_once
from scheduler.tables import heartbeat


@dataclass(frozen=True, slots=True)
class Beat:
    """What a lane last said. `silent_at`: since when its carrier does not answer it, by the worker's clock."""

    worker: str
    lane: str
    host: str
    started_at: datetime
    at: datetime
    beats: int
    did: str | None
    clock_off_ms: int | None
    silent_at: datetime | None


_COLUMNS = tuple(heartbeat.c[name] for name in Beat.__dataclass_fields__)


async def database_now(r: Reading) -> datetime | None:
    """The hour of the database's own machine; None when it is this machine's."""
    if r.conn.dialect.name == "sqlite":
        return None
    found: datetime = (await r.conn.execute(select(func.clock_timestamp()))).scalar_one()
    return found


async def beat(tx: Tx, said: Beat) -> None:
    """A lane lives; `said.beats` is not looked at."""
    values = {name: getattr(said, name) for name in Beat.__dataclass_fields__}
    if await insert_once(tx, heartbeat, [{**values, "beats": 1}]):
        return
    c = heartbeat.c
    await tx.conn.execute(
        update(heartbeat).where(c.worker == said.worker, c.lane == said.lane).values({**values, "beats": c.beats + 1})
    )


async def remove(tx: Tx, worker: str) -> None:
    """A worker has stopped as it should: nobody is to miss it."""
    await tx.conn.execute(delete(heartbeat).where(heartbeat.c.worker == worker))


async def remove_lanes(tx: Tx, gone: Collection[tuple[str, str]]) -> None:
    """Rows of workers that others have long replaced."""
    for worker, lane in sorted(gone):
        await tx.conn.execute(delete(heartbeat).where(heartbeat.c.worker == worker, heartbeat.c.lane == lane))


async def beats(r: Reading) -> tuple[Beat, ...]:
    """Every lane of every worker that has not stopped as it should."""
    rows = await r.conn.execute(select(*_COLUMNS).order_by(heartbeat.c.worker, heartbeat.c.lane))
    return tuple(Beat(*row) for row in rows)
