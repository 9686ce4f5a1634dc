"""Rows of a simulated practice: consents, what is due next, and texts that are taken to have arrived.

Invariant: nothing here is reached by the running product, and every statement names the practice of its transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, insert, select, update

from scheduler import tables
from scheduler.core.record import Reading, Tx

_M, _O, _F = tables.message, tables.opening.c, tables.offer.c
_ARRIVE: Final = (
    update(_M)
    .where(_M.c.practice_id == bindparam("of"), _M.c.state == "pending", _M.c.due_at <= bindparam("at"))
    .values(state="sent", intent_at=bindparam("at"), sent_at=bindparam("at"))
)
_NEXT_WAVE: Final = (
    select(_O.next_wave_at)
    .where(_O.practice_id == bindparam("of"), _O.state == "open", _O.next_wave_at.is_not(None))
    .order_by(_O.next_wave_at)
    .limit(1)
)
_NEXT_END: Final = select(func.min(_F.expires_at)).where(_F.practice_id == bindparam("of"), _F.state == "held")
_NEXT: Final = select(_NEXT_WAVE.scalar_subquery(), _NEXT_END.scalar_subquery())


async def add_consents(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Agreements, as somebody signs them who comes to wait."""
    made = [{"practice_id": tx.practice_id, "id": tx.new_id(), "at": tx.now, "how": "form", **row} for row in rows]
    await tx.conn.execute(insert(tables.consent), made)


async def texts_arrive(tx: Tx) -> None:
    """Whatever is due has left and was delivered."""
    await tx.conn.execute(_ARRIVE, {"of": tx.practice_id, "at": tx.now})


async def next_due(r: Reading) -> datetime | None:
    """When the waitlist has something to do next."""
    found = (await r.conn.execute(_NEXT, {"of": r.practice_id})).one()
    return min((each for each in found if each is not None), default=None)
