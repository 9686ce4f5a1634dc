"""Appointments and the places in them, as rows in and frozen values out.

A Visit is what nearly everybody wants: one client's place together with its appointment, flat. Changing a state
here always names the state it is changed from, and says whether the row was still there.
Invariant: only this module writes `appointment` and `participation` (attendance columns: attendance/store.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, Select, and_, bindparam, func, insert, select, update

from scheduler.appointments.states import ACTIVE, ParticipationState
from scheduler.core.record import Reading, Tx
from scheduler.core.vault import Where
from scheduler.tables import appointment, client, fee_policy, participation, practice


@dataclass(frozen=True, slots=True)
class Appointment:
    """A clinician's time."""

    id: str
    clinician_id: str
    service_id: str
    location_id: str
    series_id: str | None
    series_day: date | None
    starts_at: datetime
    ends_at: datetime
    zone: str
    state: str
    revision: int


@dataclass(frozen=True, slots=True)
class Visit:
    """One client's place in an appointment, with what the appointment says."""

    participation_id: str
    appointment_id: str
    client_id: str
    clinician_id: str
    service_id: str
    location_id: str
    series_id: str | None
    starts_at: datetime
    ends_at: datetime
    zone: str
    appointment_state: str
    revision: int
    state: ParticipationState
    booked_at: datetime
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    cancelled_via: str | None
    moved_count: int
    filled_after_cancel: bool
    attendance: str
    arrived_at: datetime | None
    started_at: datetime | None
    stopped_at: datetime | None
    missed_at: datetime | None
    late_said_at: datetime | None = None
    late_minutes: int | None = None

    @property
    def is_active(self) -> bool:
        """Whether the client is expected."""
        return self.state in ACTIVE


_VISIT: Select[Any] = select(
    participation.c.id.label("participation_id"),
    participation.c.appointment_id,
    participation.c.client_id,
    appointment.c.clinician_id,
    appointment.c.service_id,
    appointment.c.location_id,
    appointment.c.series_id,
    appointment.c.starts_at,
    appointment.c.ends_at,
    appointment.c.zone,
    appointment.c.state.label("appointment_state"),
    appointment.c.revision,
    participation.c.state,
    participation.c.booked_at,
    participation.c.confirmed_at,
    participation.c.cancelled_at,
    participation.c.cancelled_via,
    participation.c.moved_count,
    participation.c.filled_after_cancel,
    participation.c.attendance,
    participation.c.arrived_at,
    participation.c.started_at,
    participation.c.stopped_at,
    participation.c.missed_at,
    participation.c.late_said_at,
    participation.c.late_minutes,
).join_from(
    participation,
    appointment,
    and_(
        appointment.c.practice_id == participation.c.practice_id,
        appointment.c.id == participation.c.appointment_id,
    ),
)


async def visit(r: Reading, participation_id: str) -> Visit | None:
    """One visit of this practice."""
    return (await visits(r, (participation_id,))).get(participation_id)


async def visits(r: Reading, participation_ids: Iterable[str]) -> dict[str, Visit]:
    """Visits by participation id; absent ones are left out."""
    found = await r.conn.execute(_BY_ID, {"of": r.practice_id, "ids": list(participation_ids)})
    return {row.participation_id: _visit(row) for row in found.all()}


async def visits_of_appointment(r: Reading, appointment_id: str) -> tuple[Visit, ...]:
    """Every place in an appointment, cancelled ones included."""
    return await _visits(r, participation.c.appointment_id == appointment_id)


async def visits_between(
    r: Reading, start: datetime, end: datetime, *, clinician_id: str | None = None
) -> tuple[Visit, ...]:
    """Visits that start in `[start, end)`, in order of time."""
    conditions = [
        appointment.c.practice_id == r.practice_id,
        appointment.c.starts_at >= start,
        appointment.c.starts_at < end,
    ]
    if clinician_id is not None:
        conditions.append(appointment.c.clinician_id == clinician_id)
    return await _visits(r, *conditions)


async def visits_of(r: Reading, client_id: str, *, since: datetime | None = None) -> tuple[Visit, ...]:
    """A client's visits, in order of time."""
    conditions = [participation.c.client_id == client_id]
    if since is not None:
        conditions.append(appointment.c.starts_at >= since)
    return await _visits(r, *conditions)


async def visits_of_any(r: Reading, client_ids: Sequence[str], *, since: datetime) -> tuple[Visit, ...]:
    """The visits of these clients from an instant on, in order of time."""
    asked = {"of": r.practice_id, "client_ids": list(client_ids), "since": since}
    return tuple(_visit(row) for row in await r.conn.execute(_OF_ANY, asked))


async def upcoming(r: Reading, client_ids: Sequence[str], now: datetime) -> tuple[Visit, ...]:
    """The visits these clients are still expected at, soonest first."""
    return await _visits(
        r,
        participation.c.client_id.in_(list(client_ids)),
        participation.c.state.in_([state.value for state in ACTIVE]),
        appointment.c.starts_at > now,
    )


async def active_from(r: Reading, now: datetime) -> tuple[Visit, ...]:
    """Every visit of the practice that somebody is still expected at: what a new policy is planned for."""
    return await _visits(r, participation.c.state.in_([state.value for state in ACTIVE]), appointment.c.starts_at > now)


async def by_id(r: Reading, appointment_id: str) -> Appointment | None:
    """One appointment of this practice."""
    c = appointment.c
    wanted = select(appointment).where(c.practice_id == r.practice_id, c.id == appointment_id)
    row = (await r.conn.execute(wanted)).first()
    return None if row is None else _appointment(row)


async def series_days(r: Reading, series_id: str) -> frozenset[date]:
    """The days a series has appointments for, cancelled ones included."""
    c = appointment.c
    wanted = select(c.series_day).where(c.practice_id == r.practice_id, c.series_id == series_id)
    return frozenset((await r.conn.execute(wanted)).scalars())


async def series_appointments(r: Reading, series_id: str, since: datetime) -> tuple[Appointment, ...]:
    """The booked appointments of a series from an instant on."""
    c = appointment.c
    wanted = select(appointment).where(
        c.practice_id == r.practice_id, c.series_id == series_id, c.starts_at >= since, c.state == "booked"
    )
    return tuple(_appointment(row) for row in await r.conn.execute(wanted.order_by(c.starts_at)))


async def series_from(r: Reading, series_id: str, day: date) -> tuple[Appointment, ...]:
    """The appointments made for the days of a series from this one on, cancelled ones included, in order."""
    c = appointment.c
    wanted = select(appointment).where(c.practice_id == r.practice_id, c.series_id == series_id, c.series_day >= day)
    return tuple(_appointment(row) for row in await r.conn.execute(wanted.order_by(c.series_day)))


async def cancelled_of_series(r: Reading, series_id: str, at: datetime) -> tuple[str, ...]:
    """The places in visits of a series that were given up at this very instant, soonest first."""
    a, p = appointment.c, participation.c
    joined = participation.join(appointment, and_(a.practice_id == p.practice_id, a.id == p.appointment_id))
    wanted = (
        select(p.id)
        .select_from(joined)
        .where(p.practice_id == r.practice_id, a.series_id == series_id, p.cancelled_at == at)
    )
    return tuple((await r.conn.execute(wanted.order_by(a.starts_at, p.id))).scalars())


async def active_count(r: Reading, appointment_id: str) -> int:
    """How many clients are still expected at an appointment."""
    c = participation.c
    wanted = select(func.count()).where(
        c.practice_id == r.practice_id,
        c.appointment_id == appointment_id,
        c.state.in_([state.value for state in ACTIVE]),
    )
    return int((await r.conn.execute(wanted)).scalar_one())


async def late_window_hours(r: Reading) -> int:
    """Elapsed hours before the start after which a cancellation is late: the fee policy's, else the practice's."""
    c = fee_policy.c
    newest = select(c.window_hours).where(c.practice_id == r.practice_id).order_by(c.version.desc()).limit(1)
    found = (await r.conn.execute(newest)).scalar_one_or_none()
    if found is None:
        wanted = select(practice.c.late_cancel_hours).where(practice.c.id == r.practice_id)
        found = (await r.conn.execute(wanted)).scalar_one()
    return int(found)


async def add_appointment(tx: Tx, values: dict[str, Any]) -> None:
    """Insert a booked appointment, revision 1."""
    row = {"practice_id": tx.practice_id, "state": "booked", "revision": 1, "created_at": tx.now, **values}
    await tx.conn.execute(insert(appointment).values(row))


async def lock_appointment(tx: Tx, appointment_id: str) -> None:
    """Let the others who want a place in it wait: each of them sees the place the one before took."""
    c = appointment.c
    there = (c.practice_id == tx.practice_id, c.id == appointment_id)
    await tx.conn.execute(select(c.id).where(*there).with_for_update())


async def add_participation(tx: Tx, participation_id: str, appointment_id: str, client_id: str) -> None:
    """Insert a booked, unmarked place."""
    await tx.conn.execute(
        insert(participation).values(
            practice_id=tx.practice_id,
            id=participation_id,
            appointment_id=appointment_id,
            client_id=client_id,
            state=ParticipationState.BOOKED,
            booked_at=tx.now,
            moved_count=0,
            filled_after_cancel=False,
            attendance="unmarked",
        )
    )


async def set_time(tx: Tx, before: Appointment, values: dict[str, Any]) -> bool:
    """Give an appointment another time and the next revision, if it is still at the revision that was read."""
    c = appointment.c
    found = await tx.conn.execute(
        update(appointment)
        .where(c.practice_id == tx.practice_id, c.id == before.id, c.revision == before.revision, c.state == "booked")
        .values(revision=before.revision + 1, **values)
    )
    return found.rowcount == 1


async def set_series(tx: Tx, appointment_id: str, series_id: str, day: date) -> None:
    """Let an appointment be the one of this day of another series."""
    c = appointment.c
    wanted = update(appointment).where(c.practice_id == tx.practice_id, c.id == appointment_id)
    await tx.conn.execute(wanted.values(series_id=series_id, series_day=day))


async def set_appointment_state(tx: Tx, appointment_id: str, origin: str, target: str) -> bool:
    """Between booked and cancelled, if it is still in the state that was read."""
    c = appointment.c
    found = await tx.conn.execute(
        update(appointment)
        .where(c.practice_id == tx.practice_id, c.id == appointment_id, c.state == origin)
        .values(state=target)
    )
    return found.rowcount == 1


async def set_state(
    tx: Tx, participation_id: str, origin: ParticipationState, target: ParticipationState, **values: object
) -> bool:
    """Change a place's state, if it is still in the state that was read."""
    asked = {"of": tx.practice_id, "of_id": participation_id, "of_state": origin}
    return (await tx.conn.execute(_MOVE, {**asked, "state": target, **values})).rowcount == 1


_MOVE: Final = update(participation).where(
    participation.c.practice_id == bindparam("of"),
    participation.c.id == bindparam("of_id"),
    participation.c.state == bindparam("of_state"),
)


async def set_late(tx: Tx, participation_id: str, minutes: int | None) -> None:
    """The client said just now that they will be late, by so many minutes if they said so."""
    p = participation.c
    mine = (p.practice_id == tx.practice_id, p.id == participation_id)
    await tx.conn.execute(update(participation).where(*mine).values(late_said_at=tx.now, late_minutes=minutes))


async def mark_filled(tx: Tx, participation_id: str, *, filled: bool = True) -> None:
    """Note that the time this cancelled place had left was used by somebody else after all, or (undone) was not."""
    c = participation.c
    await tx.conn.execute(
        update(participation)
        .where(c.practice_id == tx.practice_id, c.id == participation_id)
        .values(filled_after_cancel=filled)
    )


async def seal_words(tx: Tx, participation_id: str, client_id: str, words: str) -> bytes:
    """The client's own words, sealed for the cancelled place."""
    c = client.c
    wanted = select(c.data_key).where(c.practice_id == tx.practice_id, c.id == client_id)
    key = (await tx.conn.execute(wanted)).scalar_one()
    return tx.vault.box(key).seal(Where(tx.practice_id, "participation", participation_id, "cancel_words_ct"), words)


async def cancel_words(r: Reading, participation_id: str) -> str | None:
    """What the client wrote when cancelling, if anything was kept."""
    wanted = (
        select(participation.c.cancel_words_ct, client.c.data_key)
        .join_from(
            participation,
            client,
            and_(client.c.practice_id == participation.c.practice_id, client.c.id == participation.c.client_id),
        )
        .where(participation.c.practice_id == r.practice_id, participation.c.id == participation_id)
    )
    row = (await r.conn.execute(wanted)).first()
    if row is None or row.cancel_words_ct is None:
        return None
    where = Where(r.practice_id, "participation", participation_id, "cancel_words_ct")
    return r.vault.box(row.data_key).open(where, row.cancel_words_ct)


# Built once: every text asks it.
_OF_ANY: Final = _VISIT.where(
    participation.c.practice_id == bindparam("of"),
    participation.c.client_id.in_(bindparam("client_ids", expanding=True)),
    appointment.c.starts_at >= bindparam("since"),
).order_by(appointment.c.starts_at, participation.c.id)


_BY_ID: Final = _VISIT.where(
    participation.c.practice_id == bindparam("of"),
    participation.c.id.in_(bindparam("ids", expanding=True)),
).order_by(appointment.c.starts_at, participation.c.id)


async def _visits(r: Reading, *conditions: Any) -> tuple[Visit, ...]:
    wanted = _VISIT.where(participation.c.practice_id == r.practice_id, *conditions)
    rows = await r.conn.execute(wanted.order_by(appointment.c.starts_at, participation.c.id))
    return tuple(_visit(row) for row in rows)


def _visit(row: Row[Any]) -> Visit:
    values = dict(row._mapping)  # noqa: SLF001 -- the documented way to a row's mapping
    values["state"] = ParticipationState(values["state"])
    return Visit(**values)


def _appointment(row: Row[Any]) -> Appointment:
    return Appointment(
        row.id,
        row.clinician_id,
        row.service_id,
        row.location_id,
        row.series_id,
        row.series_day,
        row.starts_at,
        row.ends_at,
        row.zone,
        row.state,
        row.revision,
    )
