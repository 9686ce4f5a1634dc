"""Rows of a simulated practice: people by the dozen, what is due next, and texts that are taken to have arrived.

Invariant: nothing here is reached by the running product, and every statement names the practice of its transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, insert, select, update

from scheduler import tables
from scheduler.core.ids import first_id
from scheduler.core.record import Reading, Tx

_M, _O, _F = tables.message, tables.opening.c, tables.offer.c
_ARRIVE: Final = (
    update(_M)
    .where(_M.c.practice_id == bindparam("of"), _M.c.state == "pending", _M.c.due_at <= bindparam("at"))
    .values(state="sent", intent_at=bindparam("at"), sent_at=bindparam("at"))
)
_NEXT_WAVE: Final = select(func.min(_O.next_wave_at)).where(_O.practice_id == bindparam("of"), _O.state == "open")
_NEXT_END: Final = select(func.min(_F.expires_at)).where(_F.practice_id == bindparam("of"), _F.state == "held")
# Ids grow with time, so what was made at this instant stands at the end of the key.
_OFFERS_MADE: Final = (
    select(_F.id, _F.opening_id, _F.client_id)
    .where(
        _F.practice_id == bindparam("of"),
        _F.id >= bindparam("first_id"),
        _F.offered_at == bindparam("now"),
        _F.state == "held",
    )
    .order_by(_F.id)
)
_OPENINGS_MADE: Final = (
    select(_O.id, _O.clinician_id, _O.service_id, _O.starts_at, _O.depth)
    .where(
        _O.practice_id == bindparam("of"),
        _O.id >= bindparam("first_id"),
        _O.created_at == bindparam("now"),
        _O.state == "open",
    )
    .order_by(_O.id)
)


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
    await tx.conn.execute(_ARRIVE, {"of": tx.practice_id, "at": tx.now})


async def next_due(r: Reading) -> datetime | None:
    """When the waitlist has something to do next."""
    found = [(await r.conn.execute(each, {"of": r.practice_id})).scalar() for each in (_NEXT_WAVE, _NEXT_END)]
    return min((each for each in found if each is not None), default=None)


async def offers_made(r: Reading) -> list[NewOffer]:
    """The offers of this very instant that are still held."""
    given = {"of": r.practice_id, "now": r.now, "first_id": first_id(r.now)}
    return [NewOffer(*row) for row in (await r.conn.execute(_OFFERS_MADE, given)).all()]


async def openings_made(r: Reading) -> list[NewOpening]:
    """The openings of this very instant."""
    given = {"of": r.practice_id, "now": r.now, "first_id": first_id(r.now)}
    return [NewOpening(*row) for row in (await r.conn.execute(_OPENINGS_MADE, given)).all()]
