"""The hours a client wants to hear from the practice in, in minutes after local midnight. Columns of `client`.

Invariant: both ends are set together, or neither is.
"""

from sqlalchemy import update

from scheduler import tables
from scheduler.core.record import Tx


async def set_hours(tx: Tx, client_id: str, from_minute: int | None, until_minute: int | None) -> None:
    """Keep the hours, or forget them with None."""
    c = tables.client.c
    mine = (c.practice_id == tx.practice_id, c.id == client_id)
    await tx.conn.execute(update(tables.client).where(*mine).values(from_minute=from_minute, until_minute=until_minute))
