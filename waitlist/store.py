"""The rows of the waitlist: entries, openings and offers. The only module of this package with SQL.

Reading answers frozen values; writing is done by the small steps at the end of each part, which the actions put
together. Every change of a state names the state it leaves (`WHERE state = ...`), so that of two who try at once
one learns that it came second.
Invariant: locks are taken in the order hold in the calendar, opening, client, entry, offer. Staff who book over a hold
meet the calendar first, and only then, in the subscriber, the opening; the other way round would be a deadlock.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, insert, select, update

from scheduler.appointments.states import ACTIVE
from scheduler.core.record import Reading, Tx
from scheduler.tables import (
    appointment,
    busy,
    client,
    contact_point,
    location,
    offer,
    opening,
    participation,
    waitlist_entry,
)
from waitlist.matching import WeeklyWindow

ACTIVE_STATES = tuple(state.value for state in ACTIVE)


class EntryState(StrEnum):
    """Where an entry stands."""

    WAITING = "waiting"
    FILLED = "filled"
    LEFT = "left"


class OpeningState(StrEnum):
    """Where an opening stands. `EXHAUSTED`: nobody is left who fits; a new entry may open it again."""

    OPEN = "open"
    FILLED = "filled"
    TAKEN_BY_STAFF = "taken_by_staff"
    UNDONE = "undone"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"


class OfferState(StrEnum):
    """Where an offer stands. Every state but `HELD` is an end, except that an undo withdraws a claim."""

    HELD = "held"
    CLAIMED = "claimed"
    PASSED = "passed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


_LONGEST_BUFFERS = timedelta(hours=12)

UNSETTLED = (OpeningState.OPEN, OpeningState.EXHAUSTED)


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody waits. `replaces_at` is the start of the visit a claim would release, while that visit stands."""

    id: str
    client_id: str
    service_id: str
    clinician_ids: tuple[str, ...]
    windows: tuple[WeeklyWindow, ...]
    earliest_day: date | None
    latest_day: date | None
    min_notice_minutes: int
    priority: int
    replaces_participation_id: str | None
    replaces_at: datetime | None
    state: str
    credit: int
    joined_at: datetime
    last_offered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Opening:
    """Freed time. `zone` is its location's; `freed_by` the client who gave it up."""

    id: str
    clinician_id: str
    service_id: str
    location_id: str
    zone: str
    freed_participation_id: str | None
    freed_by: str | None
    starts_at: datetime
    ends_at: datetime
    state: str
    depth: int
    next_wave_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """An opening held for an entry, with the time it is about and the zone that time is shown in."""

    id: str
    opening_id: str
    entry_id: str
    client_id: str
    contact_point_id: str
    state: str
    offered_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    participation_id: str | None
    clinician_id: str
    service_id: str
    location_id: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    opening_state: str
    replaces_participation_id: str | None


# --- entries ----------------------------------------------------------------------------------------------------


async def entries(r: Reading, *, states: Collection[str] = (EntryState.WAITING,)) -> tuple[Entry, ...]:
    """The entries in these states, first joined first."""
    e = waitlist_entry.c
    rows = await r.conn.execute(_entries(r).where(e.state.in_(states)).order_by(e.joined_at, e.id))
    return tuple(_entry(row) for row in rows)


async def entry(r: Reading, entry_id: str) -> Entry | None:
    """One entry."""
    row = (await r.conn.execute(_entries(r).where(waitlist_entry.c.id == entry_id))).first()
    return _entry(row) if row else None


async def entries_of(r: Reading, client_id: str) -> tuple[Entry, ...]:
    """A client's entries of every state, first joined first."""
    e = waitlist_entry.c
    rows = await r.conn.execute(_entries(r).where(e.client_id == client_id).order_by(e.joined_at, e.id))
    return tuple(_entry(row) for row in rows)


async def add_entry(tx: Tx, values: dict[str, Any]) -> None:
    """A new row, waiting from now on without credit."""
    fresh = {"state": EntryState.WAITING, "credit": 0, "joined_at": tx.now, "last_offered_at": None}
    await tx.conn.execute(insert(waitlist_entry).values(practice_id=tx.practice_id, **fresh, **values))


async def set_entry_state(tx: Tx, entry_id: str, came_from: EntryState, to: EntryState) -> bool:
    """Whether this call made the change."""
    e = waitlist_entry.c
    there = (e.practice_id == tx.practice_id, e.id == entry_id, e.state == came_from)
    return (await tx.conn.execute(update(waitlist_entry).where(*there).values(state=to))).rowcount == 1


async def note_offered(tx: Tx, entry_id: str) -> None:
    """The entry has its turn now, and its credit is used up by that."""
    e = waitlist_entry.c
    there = (e.practice_id == tx.practice_id, e.id == entry_id)
    await tx.conn.execute(update(waitlist_entry).where(*there).values(last_offered_at=tx.now, credit=0))


async def give_credit(tx: Tx, entry_ids: Sequence[str]) -> None:
    """One more for each: they held an offer that somebody else's act ended."""
    e = waitlist_entry.c
    there = (e.practice_id == tx.practice_id, e.id.in_(entry_ids))
    await tx.conn.execute(update(waitlist_entry).where(*there).values(credit=e.credit + 1))


async def lock_client(tx: Tx, client_id: str) -> None:
    """Let the other claims of one client wait: each of them sees what the one before it booked."""
    there = (client.c.practice_id == tx.practice_id, client.c.id == client_id)
    await tx.conn.execute(select(client.c.id).where(*there).with_for_update())


# --- openings ---------------------------------------------------------------------------------------------------


async def openings(
    r: Reading, *, states: Collection[str] = UNSETTLED, after: datetime | None = None
) -> tuple[Opening, ...]:
    """The openings in these states that start after an instant (now by default), soonest first."""
    o = opening.c
    wanted = _openings(r).where(o.state.in_(states), o.starts_at > (after or r.now))
    return tuple(_opening(row) for row in await r.conn.execute(wanted.order_by(o.starts_at, o.id)))


async def opening_by_id(r: Reading, opening_id: str) -> Opening | None:
    """One opening."""
    row = (await r.conn.execute(_openings(r).where(opening.c.id == opening_id))).first()
    return _opening(row) if row else None


async def openings_near(r: Reading, clinician_id: str, start: datetime, end: datetime) -> tuple[Opening, ...]:
    """A clinician's unsettled openings that may need some of `[start, end)`, buffers of any length included.

    In order of their ids, so that two who settle several lock them alike.
    """
    o = opening.c
    wanted = _openings(r).where(
        o.clinician_id == clinician_id,
        o.state.in_(UNSETTLED),
        o.starts_at < end + _LONGEST_BUFFERS,
        o.ends_at > start - _LONGEST_BUFFERS,
    )
    return tuple(_opening(row) for row in await r.conn.execute(wanted.order_by(o.id)))


async def openings_freed_by(r: Reading, participation_id: str) -> tuple[Opening, ...]:
    """The unsettled openings that a participation's cancellation or move made."""
    wanted = _openings(r).where(opening.c.freed_participation_id == participation_id, opening.c.state.in_(UNSETTLED))
    return tuple(_opening(row) for row in await r.conn.execute(wanted.order_by(opening.c.id)))


async def openings_due(r: Reading, limit: int) -> tuple[str, ...]:
    """The ids of open openings whose next wave is due, the longest due first."""
    o = opening.c
    wanted = select(o.id).where(o.practice_id == r.practice_id, o.state == OpeningState.OPEN, o.next_wave_at <= r.now)
    return tuple((await r.conn.execute(wanted.order_by(o.next_wave_at, o.id).limit(limit))).scalars())


async def add_opening(tx: Tx, values: dict[str, Any]) -> None:
    """A new row, open."""
    made = {"state": OpeningState.OPEN, "created_at": tx.now}
    await tx.conn.execute(insert(opening).values(practice_id=tx.practice_id, **made, **values))


async def lock_hold(tx: Tx, opening_id: str) -> None:
    """Have the opening's hold in the calendar to oneself until the commit."""
    there = (busy.c.practice_id == tx.practice_id, busy.c.holder_id == opening_id)
    await tx.conn.execute(select(busy.c.id).where(*there).with_for_update())


async def lock_opening(tx: Tx, opening_id: str) -> bool:
    """Have the opening to oneself until the commit, its hold first; tells whether it is still open."""
    await lock_hold(tx, opening_id)
    o = opening.c
    there = (o.practice_id == tx.practice_id, o.id == opening_id)
    found = await tx.conn.execute(select(o.state).where(*there).with_for_update())
    return found.scalar_one_or_none() == OpeningState.OPEN


async def set_opening_state(
    tx: Tx, opening_id: str, came_from: Iterable[OpeningState], to: OpeningState, next_wave_at: datetime | None = None
) -> bool:
    """Whether this call made the change. Only an open opening has a next wave."""
    o = opening.c
    there = (o.practice_id == tx.practice_id, o.id == opening_id, o.state.in_(tuple(came_from)))
    values = {"state": to, "next_wave_at": next_wave_at}
    return (await tx.conn.execute(update(opening).where(*there).values(values))).rowcount == 1


async def plan_wave(tx: Tx, opening_id: str, at: datetime | None) -> None:
    """When the opening is looked at again; None while an offer is out, whose end plans it."""
    o = opening.c
    there = (o.practice_id == tx.practice_id, o.id == opening_id, o.state == OpeningState.OPEN)
    await tx.conn.execute(update(opening).where(*there).values(next_wave_at=at))


# --- offers -----------------------------------------------------------------------------------------------------


async def offers(
    r: Reading,
    *,
    opening_id: str | None = None,
    entry_id: str | None = None,
    client_ids: Collection[str] | None = None,
    states: Collection[str] | None = None,
) -> tuple[Offer, ...]:
    """Offers that meet every condition given, oldest first."""
    f = offer.c
    wanted = _offers(r)
    if opening_id is not None:
        wanted = wanted.where(f.opening_id == opening_id)
    if entry_id is not None:
        wanted = wanted.where(f.entry_id == entry_id)
    if client_ids is not None:
        wanted = wanted.where(f.client_id.in_(client_ids))
    if states is not None:
        wanted = wanted.where(f.state.in_(states))
    return tuple(_offer(row) for row in await r.conn.execute(wanted.order_by(f.offered_at, f.id)))


async def offer_by_id(r: Reading, offer_id: str) -> Offer | None:
    """One offer."""
    row = (await r.conn.execute(_offers(r).where(offer.c.id == offer_id))).first()
    return _offer(row) if row else None


async def offers_overdue(r: Reading, limit: int) -> tuple[Offer, ...]:
    """Held offers whose deadline has passed, the longest overdue first."""
    f = offer.c
    wanted = _offers(r).where(f.state == OfferState.HELD, f.expires_at <= r.now)
    return tuple(_offer(row) for row in await r.conn.execute(wanted.order_by(f.expires_at, f.id).limit(limit)))


async def held_by_number(r: Reading, address_ix: bytes) -> tuple[Offer, ...]:
    """The offers that were made to a number and are still held, in order of their openings so that locks agree."""
    wanted = _offers(r).where(offer.c.state == OfferState.HELD, offer.c.contact_point_id.in_(_points_at(r, address_ix)))
    return tuple(_offer(row) for row in await r.conn.execute(wanted.order_by(offer.c.opening_id, offer.c.id)))


async def newest_ended_at_number(r: Reading, address_ix: bytes, since: datetime) -> Offer | None:
    """The last offer made to a number since an instant, if it has ended."""
    f = offer.c
    wanted = _offers(r).where(f.contact_point_id.in_(_points_at(r, address_ix)), f.offered_at >= since)
    row = (await r.conn.execute(wanted.order_by(f.offered_at.desc(), f.id.desc()))).first()
    return _offer(row) if row and row.state != OfferState.HELD else None


async def add_offer(tx: Tx, values: dict[str, Any]) -> None:
    """A new row, held from now on."""
    made = {"state": OfferState.HELD, "offered_at": tx.now}
    await tx.conn.execute(insert(offer).values(practice_id=tx.practice_id, **made, **values))


async def end_offer(
    tx: Tx, offer_id: str, came_from: OfferState, to: OfferState, participation_id: str | None = None
) -> bool:
    """Whether this call made the change. A claim names the visit it booked."""
    f = offer.c
    there = (f.practice_id == tx.practice_id, f.id == offer_id, f.state == came_from)
    values = {"state": to, "ended_at": tx.now, "participation_id": participation_id}
    return (await tx.conn.execute(update(offer).where(*there).values(values))).rowcount == 1


def _points_at(r: Reading, address_ix: bytes) -> Select[Any]:
    c = contact_point.c
    return select(c.id).where(c.practice_id == r.practice_id, c.value_ix == address_ix)


# --- rows to values ---------------------------------------------------------------------------------------------


def _entries(r: Reading) -> Select[Any]:
    e, p, a = waitlist_entry.c, participation.c, appointment.c
    standing = and_(p.practice_id == e.practice_id, p.id == e.replaces_participation_id, p.state.in_(ACTIVE_STATES))
    then = and_(a.practice_id == p.practice_id, a.id == p.appointment_id, a.starts_at > r.now)
    joined = waitlist_entry.outerjoin(participation, standing).outerjoin(appointment, then)
    wanted = select(waitlist_entry, a.starts_at.label("replaces_at")).select_from(joined)
    return wanted.where(e.practice_id == r.practice_id)


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        row.id,
        row.client_id,
        row.service_id,
        tuple(row.clinician_ids),
        tuple(WeeklyWindow(*window) for window in row.windows),
        row.earliest_day,
        row.latest_day,
        row.min_notice_minutes,
        row.priority,
        row.replaces_participation_id,
        row.replaces_at,
        row.state,
        row.credit,
        row.joined_at,
        row.last_offered_at,
    )


def _openings(r: Reading) -> Select[Any]:
    o, p = opening.c, participation.c
    joined = opening.join(location, _located()).outerjoin(
        participation, and_(p.practice_id == o.practice_id, p.id == o.freed_participation_id)
    )
    wanted = select(opening, location.c.zone, p.client_id.label("freed_by")).select_from(joined)
    return wanted.where(o.practice_id == r.practice_id)


def _located() -> ColumnElement[bool]:
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
        row.state,
        row.depth,
        row.next_wave_at,
        row.created_at,
    )


def _offers(r: Reading) -> Select[Any]:
    f, o, e = offer.c, opening.c, waitlist_entry.c
    joined = (
        offer.join(opening, and_(o.practice_id == f.practice_id, o.id == f.opening_id))
        .join(waitlist_entry, and_(e.practice_id == f.practice_id, e.id == f.entry_id))
        .join(location, _located())
    )
    columns = (o.clinician_id, o.service_id, o.location_id, o.starts_at, o.ends_at, location.c.zone)
    wanted = select(offer, *columns, o.state.label("opening_state"), e.replaces_participation_id)
    return wanted.select_from(joined).where(f.practice_id == r.practice_id)


def _offer(row: Row[Any]) -> Offer:
    return Offer(
        row.id,
        row.opening_id,
        row.entry_id,
        row.client_id,
        row.contact_point_id,
        row.state,
        row.offered_at,
        row.expires_at,
        row.ended_at,
        row.participation_id,
        row.clinician_id,
        row.service_id,
        row.location_id,
        row.starts_at,
        row.ends_at,
        row.zone,
        row.opening_state,
        row.replaces_participation_id,
    )
