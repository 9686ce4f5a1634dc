"""The attendance columns of a place in an appointment: marking them, and finding visits nobody marked.

What may follow what is states.py's. Invariant: only this module writes attendance, and only from the state the caller
has seen.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from scheduler.appointments import store as appointments
from scheduler.appointments.states import ACTIVE, ParticipationState
from scheduler.appointments.store import Visit
from scheduler.attendance.missed_row import Place
from scheduler.attendance.states import Attendance
from scheduler.core.record import Reading, Tx
from scheduler.tables import appointment, participation


async def set_attendance(
    tx: Tx, participation_id: str, origin: Attendance, target: Attendance, stamps: Mapping[str, datetime | None]
) -> bool:
    """Change the mark of an active place that is still marked `origin`; `stamps` are the time columns to set."""
    c = participation.c
    changed = update(participation).where(
        c.practice_id == tx.practice_id,
        c.id == participation_id,
        c.attendance == origin.value,
        c.state.in_([state.value for state in ACTIVE]),
    )
    values: dict[str, Any] = {"attendance": target.value, "marked_by": tx.actor.id, **stamps}
    return (await tx.conn.execute(changed.values(**values))).rowcount == 1


async def marked_by(r: Reading, participation_id: str) -> str | None:
    """The user who marked a place last."""
    c = participation.c
    wanted = select(c.marked_by).where(c.practice_id == r.practice_id, c.id == participation_id)
    found: str | None = (await r.conn.execute(wanted)).scalar_one_or_none()
    return found


async def unmarked(
    r: Reading, *, since: datetime | None = None, clinician_id: str | None = None, limit: int = 200
) -> tuple[Visit, ...]:
    """Visits that are over, were not cancelled and that nobody has marked; the oldest first."""
    p, a = participation.c, appointment.c
    wanted = (
        select(p.id)
        .where(p.practice_id == r.practice_id, p.attendance == Attendance.UNMARKED.value)
        .where(p.state.in_([state.value for state in ACTIVE]))
        .where(a.practice_id == p.practice_id, a.id == p.appointment_id, a.ends_at <= r.now)
        .order_by(a.starts_at, p.id)
        .limit(limit)
    )
    if since is not None:
        wanted = wanted.where(a.starts_at >= since)
    if clinician_id is not None:
        wanted = wanted.where(a.clinician_id == clinician_id)
    ids = (await r.conn.execute(wanted)).scalars().all()
    found = await appointments.visits(r, ids)
    return tuple(found[participation_id] for participation_id in ids)


async def begun_of_series(r: Reading, series_id: str, since: datetime) -> tuple[tuple[Place, ...], ...]:
    """The visits of a series that have begun, from an instant on, soonest first, each with its places."""
    p, a = participation.c, appointment.c
    wanted = (
        select(a.id, a.starts_at, p.state, p.attendance)
        .where(a.practice_id == r.practice_id, a.series_id == series_id, a.starts_at >= since, a.starts_at <= r.now)
        .where(p.practice_id == a.practice_id, p.appointment_id == a.id)
        .order_by(a.starts_at, a.id)
    )
    found: dict[str, list[Place]] = {}
    for row in await r.conn.execute(wanted):
        place = Place(row.starts_at, ParticipationState(row.state), Attendance(row.attendance))
        found.setdefault(row.id, []).append(place)
    return tuple(map(tuple, found.values()))
