"""Rows of the throttle table. Deciding is throttle.py's.

Invariant: within a write transaction the row is locked, so that two tries never count as one.
"""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from scheduler import tables
from scheduler.core.record import Tx

_t = tables.throttle


async def counter(tx: Tx, bucket: str) -> tuple[int, datetime | None]:
    """The count so far, and until when the last wait runs; 0 and None when nothing was counted."""
    found = await tx.conn.execute(select(_t).where(_t.c.bucket == bucket).with_for_update())
    row = found.mappings().first()
    return (row["count"], row["window_ends"]) if row else (0, None)


async def put(tx: Tx, bucket: str, count: int, window_ends: datetime) -> None:
    """Write the count and the end of its wait."""
    dialect = sqlite if tx.conn.dialect.name == "sqlite" else postgresql
    values = {"count": count, "window_ends": window_ends}
    statement = dialect.insert(_t).values(bucket=bucket, **values)
    await tx.conn.execute(statement.on_conflict_do_update(index_elements=["bucket"], set_=values))


async def forget(tx: Tx, bucket: str) -> None:
    """Remove the count."""
    await tx.conn.execute(delete(_t).where(_t.c.bucket == bucket))
