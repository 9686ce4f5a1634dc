"""Series: the recurring rule behind appointments that were made from it.

Invariant: only this module writes `series`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, insert, or_, select, update

from scheduler.appointments.states import ParticipationState
from scheduler.calendar.series import Series
from scheduler.core.record import Reading, Tx
from scheduler.tables import appointment, participation, series


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """A rule with who takes part. Occurrences up to `booked_until` exist as appointments."""

    id: str
    clinician_id: str
    service_id: str
    location_id: str
    zone: str
    rule: Series
    client_ids: tuple[str, ...]
    booked_until: date
    state: str


async def by_id(r: Reading, series_id: str) -> StoredSeries | None:
    """One series of this practice."""
    wanted = select(series).where(series.c.practice_id == r.practice_id, series.c.id == series_id)
    row = (await r.conn.execute(wanted)).first()
    return None if row is None else _stored(row)


async def behind(r: Reading, day: date) -> tuple[StoredSeries, ...]:
    """Active series whose occurrences do not reach `day` yet and go on after where they stand."""
    c = series.c
    wanted = select(series).where(
        c.practice_id == r.practice_id,
        c.state == "active",
        c.booked_until < day,
        or_(c.last_day.is_(None), c.last_day > c.booked_until),
    )
    return tuple(_stored(row) for row in await r.conn.execute(wanted.order_by(c.id)))


async def past_their_last_day(r: Reading, day: date) -> tuple[str, ...]:
    """The ids of active series whose last day is before `day`."""
    c = series.c
    wanted = select(c.id).where(c.practice_id == r.practice_id, c.state == "active", c.last_day < day)
    return tuple((await r.conn.execute(wanted.order_by(c.last_day, c.id))).scalars())


async def ended_at(r: Reading, series_id: str) -> datetime | None:
    """When the practice last gave up visits of a series: the instant its end came, where it was ended by staff."""
    a, p = appointment.c, participation.c
    wanted = select(func.max(p.cancelled_at)).where(
        p.practice_id == r.practice_id,
        p.state == ParticipationState.CLINICIAN_CANCELLED.value,
        a.practice_id == p.practice_id,
        a.id == p.appointment_id,
        a.series_id == series_id,
    )
    found: datetime | None = (await r.conn.execute(wanted)).scalar_one_or_none()
    return found


async def add(
    tx: Tx,
    series_id: str,
    rule: Series,
    *,
    clinician_id: str,
    service_id: str,
    location_id: str,
    zone: str,
    client_ids: Sequence[str],
) -> None:
    """Insert a series with no occurrence booked yet."""
    await tx.conn.execute(
        insert(series).values(
            practice_id=tx.practice_id,
            id=series_id,
            clinician_id=clinician_id,
            service_id=service_id,
            location_id=location_id,
            zone=zone,
            first_day=rule.first_day,
            last_day=rule.last_day,
            every_weeks=rule.every_weeks,
            start_minute=rule.minute,
            booked_until=rule.first_day,
            client_ids=list(client_ids),
            state="active",
        )
    )


async def set_booked_until(tx: Tx, series_id: str, day: date) -> None:
    """Note how far occurrences exist."""
    await _update(tx, series_id, booked_until=day)


async def end(tx: Tx, series_id: str, last_day: date) -> None:
    """Let a series end: no occurrence after `last_day`. The last day it was to have is kept, should it be resumed."""
    await _update(tx, series_id, planned_last_day=series.c.last_day, last_day=last_day, state="ended")


async def resume(tx: Tx, series_id: str) -> None:
    """Let a series go on to the last day it was to have before it ended."""
    await _update(tx, series_id, last_day=series.c.planned_last_day, planned_last_day=None, state="active")


async def _update(tx: Tx, series_id: str, **values: object) -> None:
    wanted = update(series).where(series.c.practice_id == tx.practice_id, series.c.id == series_id)
    await tx.conn.execute(wanted.values(**values))


def _stored(row: Row[Any]) -> StoredSeries:
    rule = Series(row.first_day, row.start_minute, every_weeks=row.every_weeks, last_day=row.last_day)
    return StoredSeries(
        row.id,
        row.clinician_id,
        row.service_id,
        row.location_id,
        row.zone,
        rule,
        tuple(row.client_ids),
        row.booked_until,
        row.state,
    )
