"""Narrowing a long list to those an opening may fit, in the order of their turns, without reading the rest.

The database keeps who cannot take the time away by what it can see in a row; what is left is asked of the pure rules
(matching.py), which have the last word. Invariant: nobody whom the rules would let through is narrowed away.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_

from scheduler.core.record import Reading
from scheduler.tables import contact_point, offer, waitlist_entry
from waitlist.store import EntryState, OfferState


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What an opening asks of an entry. `bit` is its part of the week, `lead_minutes` how far ahead it is.

    `unasked_since`: only those who were not asked after that; none of their turns is over `turn_at_most`, which lets
    the database stop there.
    """

    service_id: str
    clinician_id: str
    location_id: str
    day: date
    bit: int
    lead_minutes: int
    weekly: bool = False
    unasked_since: datetime | None = None
    turn_at_most: int | None = None


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Where an entry stands in the list."""

    turn: int
    entry_id: str
    client_id: str = ""


async def keys_after(r: Reading, sought: Sought, only_clinician: str, after: Key | None, limit: int) -> tuple[Key, ...]:
    """The next entries that name just this clinician (empty: several, or any), in the order of their turns."""
    e = waitlist_entry.c
    wanted = select(e.turn, e.id, e.client_id).where(
        e.practice_id == r.practice_id,
        e.service_id == sought.service_id,
        e.state == EntryState.WAITING.value,
        e.only_clinician == only_clinician,
        *_of_the_time(r.now, sought),
    )
    if sought.unasked_since is not None:
        asked_at = func.coalesce(e.last_offered_at, e.joined_at)
        wanted = wanted.where(e.turn <= sought.turn_at_most, asked_at <= sought.unasked_since)
    if after is not None:
        wanted = wanted.where(tuple_(e.turn, e.id) > (after.turn, after.entry_id))
    rows = await r.conn.execute(wanted.order_by(e.turn, e.id).limit(limit))
    return tuple(Key(row.turn, row.id, row.client_id) for row in rows)


def _of_the_time(now: datetime, sought: Sought) -> tuple[ColumnElement[bool], ...]:
    e = waitlist_entry.c
    return (
        e.grid.op("&")(sought.bit) != 0,
        e.min_notice_minutes <= sought.lead_minutes,
        e.weekly.is_(sought.weekly),
        or_(e.earliest_day.is_(None), e.earliest_day <= sought.day),
        or_(e.latest_day.is_(None), e.latest_day >= sought.day),
        or_(e.paused_until.is_(None), e.paused_until <= now),
        or_(e.location_id.is_(None), e.location_id == sought.location_id),
    )


async def services_waited_for(r: Reading) -> frozenset[str]:
    """The services for which somebody waits for a single visit."""
    e = waitlist_entry.c
    wanted = select(e.service_id).where(
        e.practice_id == r.practice_id, e.state == EntryState.WAITING.value, e.weekly.is_(False)
    )
    return frozenset((await r.conn.execute(wanted.distinct())).scalars())


@dataclass(frozen=True, slots=True)
class Holding:
    """Somebody holds an offer, at this number."""

    client_id: str
    address_ix: bytes
    expires_at: datetime


async def asked_about(r: Reading, opening_id: str) -> frozenset[str]:
    """The clients who were made an offer of this opening, however it ended."""
    f = offer.c
    wanted = select(f.client_id).where(f.practice_id == r.practice_id, f.opening_id == opening_id)
    return frozenset((await r.conn.execute(wanted)).scalars())


async def holding(r: Reading) -> tuple[Holding, ...]:
    """Everybody who holds an offer of any opening now."""
    f, c = offer.c, contact_point.c
    wanted = select(f.client_id, c.value_ix, f.expires_at).join(
        contact_point, and_(c.practice_id == f.practice_id, c.id == f.contact_point_id)
    )
    rows = await r.conn.execute(wanted.where(f.practice_id == r.practice_id, f.state == OfferState.HELD.value))
    return tuple(Holding(row.client_id, row.value_ix, row.expires_at) for row in rows)


async def offered_since(r: Reading, client_ids: Collection[str], since: datetime) -> dict[str, list[datetime]]:
    """When each of these clients was made offers in turn, since an instant.

    What was held for them because they came second was nobody's turn, and has no place among others.
    """
    f = offer.c
    wanted = select(f.client_id, f.offered_at).where(
        f.practice_id == r.practice_id, f.client_id.in_(client_ids), f.offered_at >= since, f.place.is_not(None)
    )
    found: dict[str, list[datetime]] = {}
    for row in await r.conn.execute(wanted):
        found.setdefault(row.client_id, []).append(row.offered_at)
    return found
