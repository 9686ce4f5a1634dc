"""Reading the waitlist: entries, openings and offers, as frozen values.

Changing them is edit_store.py's, and what the rest of the record says about the people in them reach_store.py's.
Invariant: nothing is written here, and nothing of another practice is returned.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, not_, or_, select

from scheduler.appointments.states import ACTIVE
from scheduler.core.record import Reading
from scheduler.tables import (
    appointment,
    client,
    contact_point,
    location,
    offer,
    opening,
    participation,
    waitlist_entry,
)
from waitlist.matching import WeeklyWindow
from waitlist.turns import Standing

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


class OfferState(StrEnum):
    """Where an offer stands. Every state but `HELD` is an end, except that an undo withdraws a claim."""

    HELD = "held"
    CLAIMED = "claimed"
    PASSED = "passed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


_LONGEST_BUFFERS = timedelta(hours=12)

_HELD_EACH = 100
"""So many offers of one opening run out at once, at the most; what is over is found in the next round."""

UNSETTLED = (OpeningState.OPEN, OpeningState.EXHAUSTED)


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody waits. `replaces_at` is the start of the visit a claim would release, while that visit stands.

    `client_active`: false for clients who have been put away; they are not asked. `asked_whether_at`: when they were
    last asked whether they still wait, having left several offers unanswered; `heard_at`: when they were heard of then.
    """

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
    state: EntryState
    credit: int
    unanswered: int
    joined_at: datetime
    last_offered_at: datetime | None
    client_active: bool
    urgency_reason: str | None
    paused_until: datetime | None
    expires_on: date | None
    location_id: str | None
    weekly: bool
    asked_whether_at: datetime | None
    heard_at: datetime | None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing was heard of them since they were asked whether they still wait: they are made no offers."""
        return self.asked_whether_at is not None and self.heard_at is None


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


@dataclass(frozen=True, slots=True)
class Offer:
    """An opening held for an entry, with the time it is about and the zone that time is shown in.

    `accepted_at`: when its holder said yes, where a person has to settle that; it is held until then. `unanswered`: how
    many offers in a row its holder has let run out; while this one is held, those before it.
    """

    id: str
    opening_id: str
    entry_id: str
    client_id: str
    contact_point_id: str
    state: OfferState
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
    opening_state: OpeningState
    replaces_participation_id: str | None
    place: int | None
    among: int | None
    points: int | None
    in_vain: bool
    accepted_at: datetime | None
    kind: OpeningKind
    every_weeks: int | None
    appointment_id: str | None
    unanswered: int


# --- entries ----------------------------------------------------------------------------------------------------


async def entries(r: Reading, *, states: Collection[str] = (EntryState.WAITING,)) -> tuple[Entry, ...]:
    """The entries in these states, first joined first."""
    e = waitlist_entry.c
    rows = await r.conn.execute(_ENTRIES.where(e.state.in_(states)).order_by(e.joined_at, e.id), _here(r))
    return tuple(_entry(row) for row in rows)


async def entry(r: Reading, entry_id: str) -> Entry | None:
    """One entry."""
    return (await entries_by_id(r, (entry_id,))).get(entry_id)


async def entries_run_out(r: Reading, today: date, limit: int) -> tuple[str, ...]:
    """The ids of waiting entries whose last day has passed."""
    e = waitlist_entry.c
    wanted = select(e.id).where(
        e.practice_id == r.practice_id, e.state == EntryState.WAITING.value, e.expires_on < today
    )
    return tuple((await r.conn.execute(wanted.order_by(e.expires_on, e.id).limit(limit))).scalars())


async def entries_by_id(r: Reading, entry_ids: Collection[str]) -> dict[str, Entry]:
    """Those of the ids that exist, by id."""
    if not entry_ids:
        return {}
    found = await r.conn.execute(_ENTRIES_BY_ID, {**_here(r), "ids": list(entry_ids)})
    return {row.id: _entry(row) for row in found.all()}


async def entries_of(r: Reading, client_id: str) -> tuple[Entry, ...]:
    """A client's entries of every state, first joined first."""
    e = waitlist_entry.c
    rows = await r.conn.execute(_ENTRIES.where(e.client_id == client_id).order_by(e.joined_at, e.id), _here(r))
    return tuple(_entry(row) for row in rows)


async def quiet_entries(r: Reading, client_ids: Collection[str]) -> tuple[str, ...]:
    """The ids of these clients' waiting entries of which nothing was heard since they were asked about them."""
    if not client_ids:
        return ()
    given = {"of": r.practice_id, "clients": list(client_ids)}
    return tuple((await r.conn.execute(_QUIET, given)).scalars())


def not_quiet() -> ColumnElement[bool]:
    """`Entry.is_quiet` is false, as the database can ask it."""
    e = waitlist_entry.c
    return or_(e.asked_whether_at.is_(None), e.heard_at.is_not(None))


# --- openings ---------------------------------------------------------------------------------------------------


async def openings(
    r: Reading, *, states: Collection[str] = UNSETTLED, after: datetime | None = None
) -> tuple[Opening, ...]:
    """The openings in these states that start after an instant (now by default), soonest first."""
    o = opening.c
    wanted = _OPENINGS.where(o.state.in_(states), o.starts_at > (after or r.now)).order_by(o.starts_at, o.id)
    return tuple(_opening(row) for row in await r.conn.execute(wanted, {"of": r.practice_id}))


async def opening_by_id(r: Reading, opening_id: str) -> Opening | None:
    """One opening."""
    row = (await r.conn.execute(_OPENING, {"of": r.practice_id, "id": opening_id})).first()
    return _opening(row) if row else None


async def openings_near(r: Reading, clinician_id: str, start: datetime, end: datetime) -> tuple[Opening, ...]:
    """A clinician's unsettled openings that may need some of `[start, end)`, buffers of any length included.

    In order of their ids, so that two who settle several lock them alike.
    """
    o = opening.c
    wanted = _OPENINGS.where(
        o.clinician_id == clinician_id,
        o.state.in_(UNSETTLED),
        o.starts_at < end + _LONGEST_BUFFERS,
        o.ends_at > start - _LONGEST_BUFFERS,
    )
    return tuple(_opening(row) for row in await r.conn.execute(wanted.order_by(o.id), {"of": r.practice_id}))


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
    conditions = {
        "opening_id": opening_id,
        "entry_id": entry_id,
        "client_id": None if client_ids is None else list(client_ids),
        "state": None if states is None else list(states),
    }
    given = {name: value for name, value in conditions.items() if value is not None}
    found = await r.conn.execute(_offers_where(tuple(given)), {"of": r.practice_id, **given})
    return tuple(_offer(row) for row in found.all())


async def offer_by_id(r: Reading, offer_id: str) -> Offer | None:
    """One offer."""
    row = (await r.conn.execute(_OFFER, {"of": r.practice_id, "id": offer_id})).first()
    return _offer(row) if row else None


async def openings_overdue(r: Reading, limit: int) -> tuple[str, ...]:
    """The ids of openings with a held offer whose deadline has passed, the longest overdue first.

    Not grouped by the database: SQLite would then go through all offers there ever were, opening by opening.
    """
    given = {"of": r.practice_id, "now": r.now, "most": limit * _HELD_EACH}
    return tuple(dict.fromkeys((await r.conn.execute(_OVERDUE, given)).scalars()))[:limit]


async def held_by_number(r: Reading, address_ix: bytes) -> tuple[Offer, ...]:
    """The offers that were made to a number and are still held, in order of their openings so that locks agree."""
    wanted = _OFFERS.where(offer.c.state == OfferState.HELD, offer.c.contact_point_id.in_(_points_at(r, address_ix)))
    found = await r.conn.execute(wanted.order_by(offer.c.opening_id, offer.c.id), {"of": r.practice_id})
    return tuple(_offer(row) for row in found)


async def newest_ended_at_number(r: Reading, address_ix: bytes, since: datetime) -> Offer | None:
    """The last offer made to a number since an instant, if it has ended."""
    f = offer.c
    wanted = _OFFERS.where(f.contact_point_id.in_(_points_at(r, address_ix)), f.offered_at >= since)
    row = (await r.conn.execute(wanted.order_by(f.offered_at.desc(), f.id.desc()), {"of": r.practice_id})).first()
    return _offer(row) if row and row.state != OfferState.HELD else None


async def newest_claim_at_number(r: Reading, address_ix: bytes, since: datetime) -> Offer | None:
    """The last offer that was claimed by a number since an instant, and not given back."""
    f = offer.c
    wanted = _OFFERS.where(
        f.contact_point_id.in_(_points_at(r, address_ix)), f.state == OfferState.CLAIMED, f.ended_at >= since
    )
    row = (await r.conn.execute(wanted.order_by(f.ended_at.desc(), f.id.desc()), {"of": r.practice_id})).first()
    return _offer(row) if row else None


def _points_at(r: Reading, address_ix: bytes) -> Select[Any]:
    c = contact_point.c
    return select(c.id).where(c.practice_id == r.practice_id, c.value_ix == address_ix)


def standing_of(entry: Entry) -> Standing:
    """The facts of an entry that decide its turn."""
    return Standing(
        joined_at=entry.joined_at,
        last_offered_at=entry.last_offered_at,
        credit=entry.credit,
        unanswered=entry.unanswered,
        priority=entry.priority,
    )


# --- rows to values ---------------------------------------------------------------------------------------------


def _here(r: Reading) -> dict[str, Any]:
    """What `_ENTRIES` needs to know: the practice, and from when on a visit still stands."""
    return {"of": r.practice_id, "now": r.now}


def _entries() -> Select[Any]:
    e, p, a = waitlist_entry.c, participation.c, appointment.c
    standing = and_(p.practice_id == e.practice_id, p.id == e.replaces_participation_id, p.state.in_(ACTIVE_STATES))
    then = and_(a.practice_id == p.practice_id, a.id == p.appointment_id, a.starts_at > bindparam("now"))
    whose = and_(client.c.practice_id == e.practice_id, client.c.id == e.client_id)
    joined = waitlist_entry.join(client, whose).outerjoin(participation, standing).outerjoin(appointment, then)
    columns = (a.starts_at.label("replaces_at"), client.c.state.label("client_state"))
    wanted = select(waitlist_entry, *columns).select_from(joined)
    return wanted.where(e.practice_id == bindparam("of"))


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
        EntryState(row.state),
        row.credit,
        row.unanswered,
        row.joined_at,
        row.last_offered_at,
        row.client_state == "active",
        row.urgency_reason,
        row.paused_until,
        row.expires_on,
        row.location_id,
        row.weekly,
        row.asked_whether_at,
        row.heard_at,
    )


def _openings() -> Select[Any]:
    o, p = opening.c, participation.c
    joined = opening.join(location, _located()).outerjoin(
        participation, and_(p.practice_id == o.practice_id, p.id == o.freed_participation_id)
    )
    wanted = select(opening, location.c.zone, p.client_id.label("freed_by")).select_from(joined)
    return wanted.where(o.practice_id == bindparam("of"))


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
        OpeningState(row.state),
        row.depth,
        row.next_wave_at,
        row.created_at,
        OpeningKind(row.kind),
        row.every_weeks,
        row.appointment_id,
    )


def _offers() -> Select[Any]:
    f, o, e = offer.c, opening.c, waitlist_entry.c
    joined = (
        offer.join(opening, and_(o.practice_id == f.practice_id, o.id == f.opening_id))
        .join(waitlist_entry, and_(e.practice_id == f.practice_id, e.id == f.entry_id))
        .join(location, _located())
    )
    time = (o.clinician_id, o.service_id, o.location_id, o.starts_at, o.ends_at, location.c.zone)
    sort = (o.kind, o.every_weeks, o.appointment_id, o.state.label("opening_state"))
    wanted = select(offer, *time, *sort, e.replaces_participation_id, e.unanswered)
    return wanted.select_from(joined).where(f.practice_id == bindparam("of"))


@cache
def _offers_where(given: tuple[str, ...]) -> Select[Any]:
    """Offers of which these columns are as told, oldest first."""
    f = offer.c
    several = {"client_id", "state"}
    conditions = [
        f[name].in_(bindparam(name, expanding=True)) if name in several else f[name] == bindparam(name)
        for name in given
    ]
    return _OFFERS.where(*conditions).order_by(f.offered_at, f.id)


def _offer(row: Row[Any]) -> Offer:
    return Offer(
        row.id,
        row.opening_id,
        row.entry_id,
        row.client_id,
        row.contact_point_id,
        OfferState(row.state),
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
        OpeningState(row.opening_state),
        row.replaces_participation_id,
        row.place,
        row.among,
        row.points,
        row.in_vain_at is not None,
        row.accepted_at,
        OpeningKind(row.kind),
        row.every_weeks,
        row.appointment_id,
        row.unanswered,
    )


# --- what is asked again and again is put together once ---------------------------------------------------------

_ENTRIES: Final = _entries()
_ENTRIES_BY_ID: Final = _ENTRIES.where(waitlist_entry.c.id.in_(bindparam("ids", expanding=True)))
_QUIET: Final = (
    select(waitlist_entry.c.id)
    .where(
        waitlist_entry.c.practice_id == bindparam("of"),
        waitlist_entry.c.client_id.in_(bindparam("clients", expanding=True)),
        waitlist_entry.c.state == EntryState.WAITING.value,
        not_(not_quiet()),
    )
    .order_by(waitlist_entry.c.id)
)
_OPENINGS: Final = _openings()
_OPENING: Final = _OPENINGS.where(opening.c.id == bindparam("id"))
_OFFERS: Final = _offers()
_OFFER: Final = _OFFERS.where(offer.c.id == bindparam("id"))
_MOST: Final = bindparam("most", type_=opening.c.depth.type)
_DUE: Final = (
    select(opening.c.id)
    .where(
        opening.c.practice_id == bindparam("of"),
        opening.c.state == OpeningState.OPEN.value,
        opening.c.next_wave_at <= bindparam("now"),
    )
    .order_by(opening.c.next_wave_at, opening.c.id)
    .limit(_MOST)
)
_OVERDUE: Final = (
    select(offer.c.opening_id)
    .where(
        offer.c.practice_id == bindparam("of"),
        offer.c.state == OfferState.HELD.value,
        offer.c.expires_at <= bindparam("now"),
    )
    .order_by(offer.c.expires_at)
    .limit(_MOST)
)
