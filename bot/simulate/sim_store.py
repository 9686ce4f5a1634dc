"""Rows of a simulated practice: people by the dozen, what is due next, and texts that are taken to have arrived.

Invariant: nothing here is reached by the running product, and every statement names the practice of its transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from scheduler import tables
from scheduler.core.record import Reading, Tx


@dataclass(frozen=True, slots=True)
class NewOffer:
    """An offer that was just made."""

    id: str
    opening_id: str
    client_id: str


@dataclass(frozen=True, slots=True)
class NewOpening:
    """A time that was just freed."""

    id: str
    clinician_id: str
    service_id: str
    starts_at: datetime
    depth: int


async def add_consents(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Agreements, as somebody signs them who comes to wait."""
    made = [{"practice_id": tx.practice_id, "id": tx.new_id(), "at": tx.now, "how": "form", **row} for row in rows]
    await tx.conn.execute(insert(tables.consent), made)


async def texts_arrive(tx: Tx) -> None:
    """Whatever is due has left and was delivered."""
    m = tables.message
    due = (m.c.practice_id == tx.practice_id, m.c.state == "pending", m.c.due_at <= tx.now)
    await tx.conn.execute(update(m).where(*due).values(state="sent", intent_at=tx.now, sent_at=tx.now))


async def next_due(r: Reading) -> datetime | None:
    """When the waitlist has something to do next."""
    o, f = tables.opening.c, tables.offer.c
    waves = select(func.min(o.next_wave_at)).where(o.practice_id == r.practice_id, o.state == "open")
    ends = select(func.min(f.expires_at)).where(f.practice_id == r.practice_id, f.state == "held")
    found = [(await r.conn.execute(each)).scalar() for each in (waves, ends)]
    return min((each for each in found if each is not None), default=None)


async def offers_made(r: Reading) -> list[NewOffer]:
    """The offers of this very instant that are still held."""
    f = tables.offer.c
    wanted = select(f.id, f.opening_id, f.client_id).where(
        f.practice_id == r.practice_id, f.state == "held", f.offered_at == r.now
    )
    return [NewOffer(*row) for row in await r.conn.execute(wanted.order_by(f.id))]


async def openings_made(r: Reading) -> list[NewOpening]:
    """The openings of this very instant."""
    o = tables.opening.c
    columns = (o.id, o.clinician_id, o.service_id, o.starts_at, o.depth)
    wanted = select(*columns).where(o.practice_id == r.practice_id, o.state == "open", o.created_at == r.now)
    return [NewOpening(*row) for row in await r.conn.execute(wanted.order_by(o.id))]
