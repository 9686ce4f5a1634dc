"""What the waitlist's report counts: openings with how they ended, offers with who was asked. Nothing is written here.

Invariant: ids, instants and codes only; names are the page's to look up.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select

from scheduler.core.record import Reading
from scheduler.tables import client, offer, opening, service, waitlist_entry
from waitlist.preview import Began


@dataclass(frozen=True, slots=True)
class Freed:
    """An opening of the range. `fee_minor` is what its service costs."""

    id: str
    clinician_id: str
    state: str
    depth: int
    freed_at: datetime
    starts_at: datetime
    fee_minor: int | None
    kind: str = "freed"


@dataclass(frozen=True, slots=True)
class Made:
    """An offer of such an opening, with what the fairness of asking is judged by."""

    opening_id: str
    entry_id: str
    state: str
    in_vain: bool
    offered_at: datetime
    ended_at: datetime | None
    joined_at: datetime
    language: str | None
    client_id: str


@dataclass(frozen=True, slots=True)
class Waited:
    """An entry that waited some time in the range."""

    entry_id: str
    client_id: str
    state: str
    joined_at: datetime
    last_offered_at: datetime | None


async def freed(r: Reading, start: datetime, end: datetime) -> tuple[Freed, ...]:
    """The openings freed in `[start, end)`."""
    o, s = opening.c, service.c
    wanted = select(o.id, o.clinician_id, o.state, o.depth, o.created_at, o.starts_at, s.fee_minor, o.kind).join(
        service, and_(s.practice_id == o.practice_id, s.id == o.service_id)
    )
    rows = await r.conn.execute(
        wanted.where(o.practice_id == r.practice_id, o.created_at >= start, o.created_at < end).order_by(o.created_at)
    )
    return tuple(Freed(*row) for row in rows)


async def made(r: Reading, start: datetime, end: datetime) -> tuple[Made, ...]:
    """The offers of the openings freed in `[start, end)`."""
    f, o, e, c = offer.c, opening.c, waitlist_entry.c, client.c
    joined = (
        offer.join(opening, and_(o.practice_id == f.practice_id, o.id == f.opening_id))
        .join(waitlist_entry, and_(e.practice_id == f.practice_id, e.id == f.entry_id))
        .join(client, and_(c.practice_id == f.practice_id, c.id == f.client_id))
    )
    columns = (f.opening_id, f.entry_id, f.state, f.in_vain_at, f.offered_at, f.ended_at)
    wanted = select(*columns, e.joined_at, c.language, f.client_id).select_from(joined)
    rows = await r.conn.execute(
        wanted.where(f.practice_id == r.practice_id, o.created_at >= start, o.created_at < end).order_by(f.offered_at)
    )
    return tuple(Made(a, b, state, vain is not None, *rest) for a, b, state, vain, *rest in rows)


async def waited(r: Reading, end: datetime) -> tuple[Waited, ...]:
    """The entries that were joined before `end` and still wait."""
    e = waitlist_entry.c
    columns = (e.id, e.client_id, e.state, e.joined_at, e.last_offered_at)
    wanted = select(*columns).where(e.practice_id == r.practice_id, e.state == "waiting", e.joined_at < end)
    return tuple(Waited(*row) for row in await r.conn.execute(wanted.order_by(e.joined_at)))


async def began(r: Reading, since: datetime) -> tuple[Began, ...]:
    """How the openings began that were first offered since an instant."""
    f, o = offer.c, opening.c
    first = (
        select(f.opening_id, func.min(f.offered_at).label("at"))
        .where(f.practice_id == r.practice_id, f.offered_at >= since)
        .group_by(f.opening_id)
        .subquery()
    )
    wanted = (
        select(first.c.at, o.starts_at, func.count(), func.max(f.among))
        .join(offer, and_(f.opening_id == first.c.opening_id, f.offered_at == first.c.at))
        .join(opening, and_(o.practice_id == f.practice_id, o.id == f.opening_id))
        .where(f.practice_id == r.practice_id)
        .group_by(first.c.opening_id, first.c.at, o.starts_at)
        .order_by(first.c.at)
    )
    return tuple(
        Began(row[0], row[1], int(row[2]), max(int(row[2]), row[3] or 0)) for row in await r.conn.execute(wanted)
    )
