"""What waits to leave in the days to come, with the facts by which it will be judged when it does. Read only.

Invariant: no address is opened; whom a message goes to is its blind index.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, select

from messages.kinds import Channel, Kind
from messages.particulars import Particulars
from scheduler.appointments.states import ACTIVE
from scheduler.core.record import Reading
from scheduler.tables import appointment, client, contact_point, message, participation

_ACTIVE = frozenset(state.value for state in ACTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message that waits. The visit's facts are None when it is about none."""

    id: str
    kind: Kind
    channel: Channel
    client_id: str | None
    due_at: datetime
    useful_until: datetime
    address_ix: bytes | None = field(repr=False)
    contact_point_id: str | None
    contact_state: str | None
    verified: bool
    zone: str | None
    only_if_unconfirmed: bool
    visit_active: bool | None
    visit_confirmed: bool
    revision_current: bool


async def waiting(r: Reading, until: datetime) -> tuple[Waiting, ...]:
    """Everything that is to leave before an instant, soonest first."""
    m, p, a, c, k = message.c, participation.c, appointment.c, client.c, contact_point.c
    wanted = (
        select(
            m.id, m.kind, m.channel, m.client_id, m.due_at, m.useful_until, m.address_ix, m.contact_point_id,
            m.revision, m.fields, k.state.label("contact_state"), k.verified_at, c.zone, p.state.label("visit_state"),
            a.revision.label("visit_revision"),
        )
        .select_from(
            message.outerjoin(participation, and_(p.practice_id == m.practice_id, p.id == m.participation_id))
            .outerjoin(appointment, and_(a.practice_id == p.practice_id, a.id == p.appointment_id))
            .outerjoin(client, and_(c.practice_id == m.practice_id, c.id == m.client_id))
            .outerjoin(contact_point, and_(k.practice_id == m.practice_id, k.id == m.contact_point_id))
        )
        .where(m.practice_id == r.practice_id, m.state == "pending", m.due_at < until)
        .order_by(m.due_at, m.priority, m.useful_until, m.id)
    )  # fmt: skip
    return tuple(
        Waiting(
            id=row.id,
            kind=Kind(row.kind),
            channel=Channel(row.channel),
            client_id=row.client_id,
            due_at=row.due_at,
            useful_until=row.useful_until,
            address_ix=row.address_ix,
            contact_point_id=row.contact_point_id,
            contact_state=row.contact_state,
            verified=row.verified_at is not None,
            zone=row.zone,
            only_if_unconfirmed=Particulars.from_json(row.fields).only_if_unconfirmed,
            visit_active=None if row.visit_state is None else row.visit_state in _ACTIVE,
            visit_confirmed=row.visit_state == "confirmed",
            revision_current=row.revision in {None, row.visit_revision},
        )
        for row in await r.conn.execute(wanted)
    )
