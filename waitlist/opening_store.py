"""Reading what is to be had: freed times and the other openings, as frozen values.

Changing them is edit_store.py's. Invariant: nothing is written here, and nothing of another practice is returned.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, select

from scheduler.core.record import Reading
from scheduler.tables import location, opening, participation

_LONGEST_BUFFERS = timedelta(hours=12)


class OpeningState(StrEnum):
    """Where an opening stands. `EXHAUSTED`: nobody is left who fits; a new entry may open it again."""

    OPEN = "open"
    FILLED = "filled"
    TAKEN_BY_STAFF = "taken_by_staff"
    UNDONE = "undone"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"


class OpeningKind(StrEnum):
    """What is to be had.

    `FREED`: time that somebody gave up, or staff want filled. `REFITTED`: the same stretch, cut or joined for another
    service. `INSTEAD`: a free time for one who came second, offered to nobody else. `WEEKLY`: a time that comes round
    every so many weeks. `SEAT`: a place in a visit that takes place anyway.
    """

    FREED = "freed"
    REFITTED = "refitted"
    INSTEAD = "instead"
    WEEKLY = "weekly"
    SEAT = "seat"


UNSETTLED = (OpeningState.OPEN, OpeningState.EXHAUSTED)


@dataclass(frozen=True, slots=True)
class Opening:
    """Freed time. `zone` is its location's; `freed_by` the client who gave it up.

    `every_weeks` of a weekly time, whose first visit it is; `appointment_id` of a seat.
    """

    id: str
    clinician_id: str
    service_id: str
    location_id: str
    zone: str
    freed_participation_id: str | None
    freed_by: str | None
    starts_at: datetime
    ends_at: datetime
    state: OpeningState
    depth: int
    next_wave_at: datetime | None
    created_at: datetime
    kind: OpeningKind
    every_weeks: int | None
    appointment_id: str | None


async def openings(
    r: Reading, *, states: Collection[str] = UNSETTLED, after: datetime | None = None
) -> tuple[Opening, ...]:
    """The openings in these states that start after an instant (now by default), soonest first."""
    given = {"of": r.practice_id, "states": list(states), "after": after or r.now}
    return tuple(_opening(row) for row in await r.conn.execute(_AHEAD, given))


async def opening_by_id(r: Reading, opening_id: str) -> Opening | None:
    """One opening."""
    row = (await r.conn.execute(_OPENING, {"of": r.practice_id, "id": opening_id})).first()
    return _opening(row) if row else None


async def openings_near(r: Reading, clinician_id: str, start: datetime, end: datetime) -> tuple[Opening, ...]:
    """A clinician's unsettled openings that may need some of `[start, end)`, buffers of any length included.

    In order of their ids, so that two who settle several lock them alike.
    """
    reach = {"start": start - _LONGEST_BUFFERS, "end": end + _LONGEST_BUFFERS}
    rows = await r.conn.execute(_NEAR, {"of": r.practice_id, "clinician": clinician_id, **reach})
    return tuple(_opening(row) for row in rows)


async def openings_of(
    r: Reading, clinician_id: str, start: datetime, end: datetime, *, states: Collection[str]
) -> tuple[Opening, ...]:
    """A clinician's openings in these states that overlap `[start, end)`, soonest first."""
    o = opening.c
    wanted = _OPENINGS.where(o.clinician_id == clinician_id, o.state.in_(states), o.starts_at < end, o.ends_at > start)
    found = await r.conn.execute(wanted.order_by(o.starts_at, o.id), {"of": r.practice_id})
    return tuple(_opening(row) for row in found)


async def openings_freed_by(r: Reading, participation_id: str) -> tuple[Opening, ...]:
    """The unsettled openings that a participation's cancellation or move made."""
    wanted = _OPENINGS.where(opening.c.freed_participation_id == participation_id, opening.c.state.in_(UNSETTLED))
    found = await r.conn.execute(wanted.order_by(opening.c.id), {"of": r.practice_id})
    return tuple(_opening(row) for row in found)


async def openings_due(r: Reading, limit: int) -> tuple[str, ...]:
    """The ids of open openings whose next wave is due, the longest due first."""
    return tuple((await r.conn.execute(_DUE, {"of": r.practice_id, "now": r.now, "most": limit})).scalars().all())


def _openings() -> Select[Any]:
    o, p = opening.c, participation.c
    joined = opening.join(location, located()).outerjoin(
        participation, and_(p.practice_id == o.practice_id, p.id == o.freed_participation_id)
    )
    wanted = select(opening, location.c.zone, p.client_id.label("freed_by")).select_from(joined)
    return wanted.where(o.practice_id == bindparam("of"))


def located() -> ColumnElement[bool]:
    """How an opening is joined with its location."""
    return and_(location.c.practice_id == opening.c.practice_id, location.c.id == opening.c.location_id)


def _opening(row: Row[Any]) -> Opening:
    return Opening(
        row.id,
        row.clinician_id,
        row.service_id,
        row.location_id,
        row.zone,
        row.freed_participation_id,
        row.freed_by,
        row.starts_at,
        row.ends_at,
        OpeningState(row.state),
        row.depth,
        row.next_wave_at,
        row.created_at,
        OpeningKind(row.kind),
        row.every_weeks,
        row.appointment_id,
    )


# What is asked again and again is put together once.
_OPENINGS: Final = _openings()
_OPENING: Final = _OPENINGS.where(opening.c.id == bindparam("id"))
_AHEAD: Final = _OPENINGS.where(
    opening.c.state.in_(bindparam("states", expanding=True)), opening.c.starts_at > bindparam("after")
).order_by(opening.c.starts_at, opening.c.id)
_NEAR: Final = _OPENINGS.where(
    opening.c.clinician_id == bindparam("clinician"),
    opening.c.state.in_(UNSETTLED),
    opening.c.starts_at < bindparam("end"),
    opening.c.ends_at > bindparam("start"),
).order_by(opening.c.id)
_DUE: Final = (
    select(opening.c.id)
    .where(
        opening.c.practice_id == bindparam("of"),
        opening.c.state == OpeningState.OPEN.value,
        opening.c.next_wave_at <= bindparam("now"),
    )
    .order_by(opening.c.next_wave_at, opening.c.id)
    .limit(bindparam("most", type_=opening.c.depth.type))
)
