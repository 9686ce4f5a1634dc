"""What the rest of the record says about the people on the waitlist: their visits and the texts they get anyway.

Invariant: nothing is written here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, bindparam, false, select, true, union_all

from messages.cap_store import COUNTED
from scheduler.appointments.states import ACTIVE
from scheduler.calendar.store import LONGEST
from scheduler.core.bulk import one_of
from scheduler.core.record import Reading
from scheduler.tables import appointment, message, participation


@dataclass(frozen=True, slots=True)
class Instants:
    """When a text left, or is due; `planned`: it has not left yet."""

    at: datetime
    planned: bool


async def clients_with_a_visit(r: Reading, start: datetime, end: datetime) -> dict[str, frozenset[str]]:
    """Who is expected somewhere within `[start, end)`: participation ids by client."""
    found: dict[str, frozenset[str]] = {}
    given = {"of": r.practice_id, "start": start, "end": end, "earliest": start - LONGEST}
    for client_id, participation_id in (await r.conn.execute(_EXPECTED_THEN, given)).all():
        found[client_id] = found.get(client_id, frozenset()) | {participation_id}
    return found


async def capped_texts(r: Reading, address_ixs: Collection[bytes], since: datetime) -> dict[bytes, list[Instants]]:
    """When texts that count towards the caps left for each number since an instant, or are planned to leave."""
    found: dict[bytes, list[Instants]] = {}
    given = {"of": r.practice_id, "numbers": list(address_ixs), "since": since}
    for number, at, planned in (await r.conn.execute(_CAPPED_TEXTS, given)).all():
        found.setdefault(number, []).append(Instants(at, planned))
    return found


_EXPECTED_THEN: Final = (
    select(participation.c.client_id, participation.c.id)
    .join(
        appointment,
        and_(
            appointment.c.practice_id == participation.c.practice_id,
            appointment.c.id == participation.c.appointment_id,
        ),
    )
    .where(
        participation.c.practice_id == bindparam("of"),
        one_of(participation.c.state, ACTIVE),
        # No visit is longer; without this both engines would read every visit there ever was.
        appointment.c.starts_at > bindparam("earliest"),
        appointment.c.starts_at < bindparam("end"),
        appointment.c.ends_at > bindparam("start"),
    )
)
_TO_THEM: Final = (
    message.c.practice_id == bindparam("of"),
    message.c.address_ix.in_(bindparam("numbers", expanding=True)),
    COUNTED,
)
# Two stretches of one index. Asked with an OR, both engines would read every text a number ever got.
_CAPPED_TEXTS: Final = union_all(
    select(message.c.address_ix, message.c.intent_at, false()).where(
        *_TO_THEM,
        message.c.intent_at >= bindparam("since"),
        one_of(message.c.state, ("pending", "intent", "unknown", "sent")),
    ),
    select(message.c.address_ix, message.c.due_at, true()).where(
        *_TO_THEM, message.c.intent_at.is_(None), message.c.state == "pending"
    ),
)
