"""Which client and which clinician a thing belongs to: what access.py decides by.

Nothing is decided here, and nothing sealed is opened. Invariant: an id of another practice reads like one that does
not exist.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Table, select

from scheduler import tables
from scheduler.core.record import Reading


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a thing concerns; None where it concerns nobody in particular."""

    client_id: str | None
    clinician_id: str | None


def clients_of_clinician(practice_id: str, clinician_id: str) -> Select[Any]:
    """The ids of clients who have, or ever had, a visit with a clinician; cancelled ones count."""
    p, a = tables.participation.c, tables.appointment.c
    return select(p.client_id).where(
        p.practice_id == practice_id,
        a.practice_id == p.practice_id,
        a.id == p.appointment_id,
        a.clinician_id == clinician_id,
    )


async def clinician_sees(r: Reading, client_id: str, clinician_id: str) -> bool:
    """Whether a client has, or ever had, a visit with a clinician."""
    seen = clients_of_clinician(r.practice_id, clinician_id).where(tables.participation.c.client_id == client_id)
    return (await r.conn.execute(seen.limit(1))).first() is not None


async def clients_seen_by(r: Reading, clinician_id: str) -> frozenset[str]:
    """The ids of everybody `clinician_sees` would say yes to."""
    return frozenset((await r.conn.execute(clients_of_clinician(r.practice_id, clinician_id))).scalars())


async def clinician_of_user(r: Reading, user_id: str) -> str | None:
    """The clinician an active account belongs to."""
    u = tables.user_account.c
    wanted = select(u.clinician_id).where(u.practice_id == r.practice_id, u.id == user_id, u.state == "active")
    found: str | None = (await r.conn.execute(wanted)).scalar_one_or_none()
    return found


async def of_thing(r: Reading, table: Table, thing_id: str) -> Reach | None:
    """The client and clinician columns of any table that has an id; None when there is no such row."""
    t = table.c
    wanted = select(table).where(t.practice_id == r.practice_id, t.id == thing_id)
    row = (await r.conn.execute(wanted)).mappings().first()
    if row is None:
        return None
    return Reach(row["id"] if table is tables.client else row.get("client_id"), row.get("clinician_id"))
