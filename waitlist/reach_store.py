"""What the rest of the record says about the people on the waitlist: their visits and the texts they get anyway.

Invariant: nothing is written here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select

from scheduler.appointments.states import ACTIVE
from scheduler.core.record import Reading
from scheduler.tables import appointment, message, participation

_EXPECTED = tuple(state.value for state in ACTIVE)


@dataclass(frozen=True, slots=True)
class Instants:
    """When a text left (None: not yet) and when it was or is due."""

    left_at: datetime | None
    due_at: datetime


async def clients_with_a_visit(r: Reading, start: datetime, end: datetime) -> dict[str, frozenset[str]]:
    """Who is expected somewhere within `[start, end)`: participation ids by client."""
    a, p = appointment.c, participation.c
    wanted = (
        select(p.client_id, p.id)
        .join(appointment, and_(a.practice_id == p.practice_id, a.id == p.appointment_id))
        .where(p.practice_id == r.practice_id, p.state.in_(_EXPECTED), a.starts_at < end, a.ends_at > start)
    )
    found: dict[str, frozenset[str]] = {}
    for row in await r.conn.execute(wanted):
        found[row.client_id] = found.get(row.client_id, frozenset()) | {row.id}
    return found


async def capped_texts(
    r: Reading, address_ixs: Collection[bytes], kinds: Collection[str], since: datetime
) -> dict[bytes, list[Instants]]:
    """When texts of the capped kinds left for each number since an instant, or are planned to leave."""
    m = message.c
    wanted = select(m.address_ix, m.intent_at, m.due_at).where(
        m.practice_id == r.practice_id,
        m.address_ix.in_(address_ixs),
        m.kind.in_(kinds),
        m.state.in_(("pending", "intent", "unknown", "sent")),
        or_(m.intent_at >= since, m.state == "pending"),
    )
    found: dict[bytes, list[Instants]] = {}
    for row in await r.conn.execute(wanted):
        found.setdefault(row.address_ix, []).append(Instants(row.intent_at, row.due_at))
    return found
