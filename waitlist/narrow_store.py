"""Narrowing a long list to those an opening may fit, in the order of their turns, without reading the rest.

The database keeps who cannot take the time away by what it can see in a row; what is left is asked of the pure rules
(matching.py), which have the last word. Invariant: nobody whom the rules would let through is narrowed away.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)

from messages.cap_store import ANSWERED
from scheduler.core.record import Reading
from scheduler.tables import client, contact_point, offer, waitlist_entry
from waitlist.entry_store import EntryState, not_quiet
from waitlist.offer_store import OfferState


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What an opening asks of an entry. `bit` is its part of the week, `lead_minutes` how far ahead it is.

    `unasked_since`: those who were not asked after that are sought apart. With `turn_at_most` only they are, none of
    whose turns is larger, so that the database can stop there; without, only the others.
    """

    service_id: str
    clinician_id: str
    location_id: str
    day: date
    bit: int
    lead_minutes: int
    weekly: bool = False
    unasked_since: datetime
    turn_at_most: int | None = None


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Where an entry stands in the list."""

    turn: int
    entry_id: str
    client_id: str
    grid: int


async def first_keys(r: Reading, sought: Sought, limit: int) -> dict[str, list[Key]]:
    """The first entries of both lists an opening draws on, each in the order of their turns.

    By whom they name: `sought.clinician_id` and nobody else, or (empty) several clinicians or any.
    """
    found: dict[str, list[Key]] = {"": [], sought.clinician_id: []}
    given = {**_given(r, sought, limit), "only": sought.clinician_id}
    for only, *key in (await r.conn.execute(_first_keys(long=sought.turn_at_most is not None), given)).all():
        found[only].append(Key(*key))
    return {only: sorted(keys) for only, keys in found.items()}


async def keys_after(r: Reading, sought: Sought, only_clinician: str, after: Key, limit: int) -> list[Key]:
    """The next entries of one of these lists, in the order of their turns."""
    wanted = _keys_after(long=sought.turn_at_most is not None)
    given = {"only": only_clinician, "after_turn": after.turn, "after_id": after.entry_id}
    found = await r.conn.execute(wanted, {**_given(r, sought, limit), **given})
    return [Key(*key) for _, *key in found.all()]


def _given(r: Reading, sought: Sought, limit: int) -> dict[str, Any]:
    given: dict[str, Any] = {
        "of": r.practice_id,
        "service": sought.service_id,
        "clinician": sought.clinician_id,
        "bit": sought.bit,
        "lead": sought.lead_minutes,
        "weekly": sought.weekly,
        "day": sought.day,
        "now": r.now,
        "place": sought.location_id,
        "since": sought.unasked_since,
        "most": limit,
    }
    return given if sought.turn_at_most is None else {**given, "turn_at_most": sought.turn_at_most}


@cache
def _first_keys(*, long: bool) -> CompoundSelect[Any]:
    """Put together once, as the next, since they are asked several times for every wave."""
    lists = (_keys(only, long=long).subquery() for only in (literal(""), bindparam("only")))
    return union_all(*(select(each) for each in lists))


@cache
def _keys_after(*, long: bool) -> Select[Any]:
    e = waitlist_entry.c
    after = tuple_(bindparam("after_turn", type_=e.turn.type), bindparam("after_id", type_=e.id.type))
    return _keys(bindparam("only"), long=long).where(tuple_(e.turn, e.id) > after)


def _keys(only: ColumnElement[str], *, long: bool) -> Select[Any]:
    e = waitlist_entry.c
    wanted = select(e.only_clinician, e.turn, e.id, e.client_id, e.grid).where(
        e.practice_id == bindparam("of"),
        e.service_id == bindparam("service"),
        e.state == EntryState.WAITING.value,
        e.only_clinician == only,
        or_(e.only_clinician != "", _names_nobody_or(bindparam("clinician"))),
        *_of_the_time(),
    )
    asked_at, since = func.coalesce(e.last_offered_at, e.joined_at), bindparam("since", type_=e.joined_at.type)
    if long:
        wanted = wanted.where(e.turn <= bindparam("turn_at_most"), asked_at <= since)
    else:
        wanted = wanted.where(or_(asked_at > since, e.priority < 0))
    return wanted.order_by(e.turn, e.id).limit(bindparam("most", type_=e.turn.type))


def _names_nobody_or(clinician: BindParameter[str]) -> ColumnElement[bool]:
    """Told from the list's own text, as it is stored: an id is found in it whatever stands beside."""
    listed = cast(waitlist_entry.c.clinician_ids, Text)
    return or_(listed == "[]", listed.contains(clinician))


def _of_the_time() -> tuple[ColumnElement[bool], ...]:
    e = waitlist_entry.c
    return (
        e.grid.op("&")(bindparam("bit", type_=e.grid.type)) != 0,
        e.min_notice_minutes <= bindparam("lead"),
        e.weekly == bindparam("weekly"),
        or_(e.earliest_day.is_(None), e.earliest_day <= bindparam("day")),
        or_(e.latest_day.is_(None), e.latest_day >= bindparam("day")),
        or_(e.paused_until.is_(None), e.paused_until <= bindparam("now")),
        not_quiet(),
        or_(e.location_id.is_(None), e.location_id == bindparam("place")),
    )


async def services_waited_for(r: Reading) -> frozenset[str]:
    """The services for which somebody waits for a single visit."""
    e = waitlist_entry.c
    wanted = select(e.service_id).where(
        e.practice_id == r.practice_id, e.state == EntryState.WAITING.value, e.weekly.is_(False)
    )
    return frozenset((await r.conn.execute(wanted.distinct())).scalars())


@dataclass(frozen=True, slots=True)
class Held:
    """An offer that is out. `unanswered`: how many in a row its holder had let run out before."""

    offered_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    unanswered: int


async def held_of(r: Reading, opening_id: str) -> tuple[Held, ...]:
    """The offers of an opening that are out now."""
    found = await r.conn.execute(_HELD, {"of": r.practice_id, "opening": opening_id})
    return tuple(Held(*row) for row in found.all())


@dataclass(frozen=True, slots=True)
class Holding:
    """Somebody holds an offer, at this number."""

    client_id: str
    address_ix: bytes
    expires_at: datetime


async def asked_about(r: Reading, opening_id: str) -> frozenset[str]:
    """The clients who were made an offer of this opening, however it ended."""
    return frozenset((await r.conn.execute(_ASKED, {"of": r.practice_id, "opening": opening_id})).scalars().all())


async def holding(r: Reading) -> tuple[Holding, ...]:
    """Everybody who holds an offer of any opening now."""
    return tuple(Holding(*row) for row in (await r.conn.execute(_HOLDING, {"of": r.practice_id})).all())


@dataclass(frozen=True, slots=True)
class Made:
    """How many offers somebody was made in turn, and how many of them they answered."""

    offers: int
    answered: int


async def offered_since(r: Reading, client_ids: Collection[str], since: datetime) -> dict[str, Made]:
    """How many offers each of these clients was made in turn since an instant; who was made none is left out.

    What was held for them because they came second was nobody's turn, and has no place among others.
    """
    given = {"of": r.practice_id, "clients": list(client_ids), "since": since}
    return {client_id: Made(*counts) for client_id, *counts in (await r.conn.execute(_OFFERED, given)).all()}


async def with_own_hours(r: Reading) -> frozenset[str]:
    """The clients who wait and want texts at hours of their own, or live in a zone of their own."""
    return frozenset((await r.conn.execute(_WITH_OWN_HOURS, {"of": r.practice_id})).scalars())


_ASKED: Final = select(offer.c.client_id).where(
    offer.c.practice_id == bindparam("of"), offer.c.opening_id == bindparam("opening")
)
_HELD: Final = (
    select(offer.c.offered_at, offer.c.expires_at, offer.c.accepted_at, waitlist_entry.c.unanswered)
    .join(
        waitlist_entry,
        and_(waitlist_entry.c.practice_id == offer.c.practice_id, waitlist_entry.c.id == offer.c.entry_id),
    )
    .where(
        offer.c.practice_id == bindparam("of"),
        offer.c.opening_id == bindparam("opening"),
        offer.c.state == OfferState.HELD.value,
    )
)
_HOLDING: Final = (
    select(offer.c.client_id, contact_point.c.value_ix, offer.c.expires_at)
    .join(
        contact_point,
        and_(
            contact_point.c.practice_id == offer.c.practice_id,
            contact_point.c.id == offer.c.contact_point_id,
        ),
    )
    .where(offer.c.practice_id == bindparam("of"), offer.c.state == OfferState.HELD.value)
)
_OFFERED: Final = (
    select(offer.c.client_id, func.count(), func.count(case((ANSWERED, 1))))
    .where(
        offer.c.practice_id == bindparam("of"),
        offer.c.client_id.in_(bindparam("clients", expanding=True)),
        offer.c.offered_at >= bindparam("since"),
        offer.c.place.is_not(None),
    )
    .group_by(offer.c.client_id)
)
_WITH_OWN_HOURS: Final = (
    select(client.c.id)
    .join(
        waitlist_entry,
        and_(waitlist_entry.c.practice_id == client.c.practice_id, waitlist_entry.c.client_id == client.c.id),
    )
    .where(
        waitlist_entry.c.practice_id == bindparam("of"),
        waitlist_entry.c.state == EntryState.WAITING.value,
        or_(client.c.zone.is_not(None), client.c.from_minute.is_not(None), client.c.until_minute.is_not(None)),
    )
)
