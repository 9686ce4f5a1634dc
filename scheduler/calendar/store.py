"""Reading availability, and the rows that say which stretches of a clinician's time are taken.

A taken stretch is a row of `busy`, buffers included: an appointment, or a hold that expires. The database refuses
two that overlap (exclusion constraint on PostgreSQL, trigger on SQLite), whoever asks and however they race.
Invariant: only this module writes `busy`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, insert, or_, select, union, update
from sqlalchemy.exc import IntegrityError

from scheduler.calendar.availability import DayException, WeeklyHours
from scheduler.calendar.wallclock import Span
from scheduler.core.errors import Conflict
from scheduler.core.record import Reading, Tx, constraint_of
from scheduler.tables import availability, availability_exception, busy

OVERLAP = "ex_busy_overlap"
LONGEST = timedelta(days=1)

_WITH_HOURS: Final = union(
    *(
        select(table.c.clinician_id).where(
            table.c.practice_id == bindparam("of"),
            table.c.clinician_id.in_(bindparam("clinicians", expanding=True)),
            *conditions,
        )
        for table, conditions in ((availability, ()), (availability_exception, (availability_exception.c.open,)))
    )
)

# What every wave of the waitlist asks is put together once.
_DAY_EXCEPTIONS: Final = (
    select(availability_exception)
    .where(
        availability_exception.c.practice_id == bindparam("of"),
        availability_exception.c.clinician_id == bindparam("clinician"),
        availability_exception.c.day >= bindparam("first"),
        availability_exception.c.day <= bindparam("last"),
    )
    .order_by(availability_exception.c.day, availability_exception.c.start_minute)
)
_EXTEND: Final = (
    update(busy)
    .where(
        busy.c.practice_id == bindparam("of"),
        busy.c.holder_id == bindparam("holder"),
        busy.c.expires_at > bindparam("now"),
    )
    .values(expires_at=bindparam("until"))
)
_TAKE: Final = insert(busy)


@dataclass(frozen=True, slots=True)
class Hold:
    """A stretch kept for somebody until it expires. `holder_id` is the question, opening or offer it belongs to."""

    holder_id: str
    kind: str
    clinician_id: str
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime


async def with_hours(r: Reading, clinician_ids: Collection[str]) -> frozenset[str]:
    """Those of the clinicians for whom any hours were ever entered, weekly ones or extra ones."""
    rows = await r.conn.execute(_WITH_HOURS, {"of": r.practice_id, "clinicians": list(clinician_ids)})
    return frozenset(rows.scalars().all())


async def weekly_hours(r: Reading, clinician_id: str) -> tuple[WeeklyHours, ...]:
    """A clinician's weekly windows, past and future versions alike."""
    c = availability.c
    wanted = select(availability).where(c.practice_id == r.practice_id, c.clinician_id == clinician_id)
    return tuple(
        WeeklyHours(
            row.weekday,
            row.start_minute,
            row.end_minute,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            location_id=row.location_id,
        )
        for row in await r.conn.execute(wanted.order_by(c.weekday, c.start_minute))
    )


async def day_exceptions(r: Reading, clinician_id: str, first: date, last: date) -> tuple[DayException, ...]:
    """Closed and extra minutes on days from `first` to `last`, both included."""
    given = {"of": r.practice_id, "clinician": clinician_id, "first": first, "last": last}
    return tuple(
        DayException(row.day, not row.open, row.start_minute, row.end_minute, row.location_id)
        for row in await r.conn.execute(_DAY_EXCEPTIONS, given)
    )


async def busy_between(r: Reading, clinician_id: str, start: datetime, end: datetime) -> tuple[Span, ...]:
    """What is taken within `[start, end)`, buffers included; holds that have expired do not count."""
    wanted = select(busy.c.starts_at, busy.c.ends_at).where(
        _overlapping(r, clinician_id, start, end), or_(busy.c.expires_at.is_(None), busy.c.expires_at > r.now)
    )
    return tuple(Span(row.starts_at, row.ends_at) for row in await r.conn.execute(wanted.order_by(busy.c.starts_at)))


async def booked_between(r: Reading, clinician_id: str, start: datetime, end: datetime) -> bool:
    """Whether a visit needs some of `[start, end)`, buffers included."""
    wanted = select(busy.c.id).where(_overlapping(r, clinician_id, start, end), busy.c.expires_at.is_(None))
    return (await r.conn.execute(wanted.limit(1))).first() is not None


async def holds_over(r: Reading, clinician_id: str, start: datetime, end: datetime) -> tuple[Hold, ...]:
    """The living holds that touch `[start, end)`."""
    wanted = select(busy).where(_overlapping(r, clinician_id, start, end), busy.c.expires_at > r.now)
    rows = await r.conn.execute(wanted.order_by(busy.c.starts_at))
    return tuple(_hold(row) for row in rows)


async def holds_of(r: Reading, holder_id: str) -> tuple[Hold, ...]:
    """The living holds of one holder, in order of time."""
    wanted = select(busy).where(
        busy.c.practice_id == r.practice_id, busy.c.holder_id == holder_id, busy.c.expires_at > r.now
    )
    rows = await r.conn.execute(wanted.order_by(busy.c.starts_at))
    return tuple(_hold(row) for row in rows)


async def take_for_appointment(
    tx: Tx, appointment_id: str, clinician_id: str, span: Span, *, own_holder: str | None, over_holds: bool
) -> None:
    """Take a stretch for an appointment. Its holder's own hold gives way; with `over_holds` every hold does.

    Raises:
        Conflict: `time_taken`; nothing was changed.
    """
    await _clear(tx, clinician_id, span, own_holder=own_holder, over_holds=over_holds)
    await _insert(tx, clinician_id, span, {"kind": "appointment", "appointment_id": appointment_id})


async def take_for_hold(tx: Tx, hold: Hold) -> None:
    """Keep a stretch until the hold expires.

    Raises:
        Conflict: `time_taken`; nothing was changed.
    """
    span = Span(hold.starts_at, hold.ends_at)
    await _clear(tx, hold.clinician_id, span, own_holder=None, over_holds=False)
    kept = {"kind": hold.kind, "holder_id": hold.holder_id, "expires_at": hold.expires_at}
    await _insert(tx, hold.clinician_id, span, kept)


async def extend_holds(tx: Tx, holder_id: str, until: datetime) -> int:
    """Let a holder's living holds last until another instant; returns how many there are."""
    given = {"of": tx.practice_id, "holder": holder_id, "now": tx.now, "until": until}
    return (await tx.conn.execute(_EXTEND, given)).rowcount


async def give_back(tx: Tx, *, appointment_id: str | None = None, holder_id: str | None = None) -> int:
    """Free what an appointment or a holder had taken; returns how many stretches that were."""
    owner = busy.c.appointment_id == appointment_id if appointment_id else busy.c.holder_id == holder_id
    return (await tx.conn.execute(delete(busy).where(busy.c.practice_id == tx.practice_id, owner))).rowcount


def _hold(row: Row[Any]) -> Hold:
    return Hold(row.holder_id, row.kind, row.clinician_id, row.starts_at, row.ends_at, row.expires_at)


async def _clear(tx: Tx, clinician_id: str, span: Span, *, own_holder: str | None, over_holds: bool) -> None:
    gives_way = busy.c.expires_at <= tx.now
    if over_holds:
        gives_way = busy.c.expires_at.is_not(None)
    elif own_holder:
        gives_way = or_(gives_way, busy.c.holder_id == own_holder)
    await tx.conn.execute(delete(busy).where(_overlapping(tx, clinician_id, span.starts_at, span.ends_at), gives_way))


async def _insert(tx: Tx, clinician_id: str, span: Span, values: dict[str, object]) -> None:
    row = {
        "practice_id": tx.practice_id,
        "id": tx.new_id(),
        "clinician_id": clinician_id,
        "starts_at": span.starts_at,
        "ends_at": span.ends_at,
        **values,
    }
    try:
        async with tx.conn.begin_nested():
            await tx.conn.execute(_TAKE, row)
    except IntegrityError as error:
        if OVERLAP not in constraint_of(error):
            raise
        raise Conflict("time_taken", clinician=clinician_id) from None


def _overlapping(r: Reading, clinician_id: str, start: datetime, end: datetime) -> ColumnElement[bool]:
    """Rows of a clinician that touch `[start, end)`.

    No stretch is longer than a day, and saying so lets the index find the few rows near the range instead of
    walking through ten years of them.
    """
    return and_(
        busy.c.practice_id == r.practice_id,
        busy.c.clinician_id == clinician_id,
        busy.c.starts_at < end,
        busy.c.starts_at > start - LONGEST,
        busy.c.ends_at > start,
    )
