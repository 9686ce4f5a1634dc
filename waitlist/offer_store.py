"""Reading who was offered what, and how it ended: offers as frozen values.

Changing them is edit_store.py's. Invariant: nothing is written here, and nothing of another practice is returned.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, select

from scheduler.core.record import Reading
from scheduler.tables import contact_point, location, offer, opening, waitlist_entry
from waitlist.opening_store import OpeningKind, OpeningState, located

_HELD_EACH = 100
"""So many offers of one opening run out at once, at the most; what is over is found in the next round."""


class OfferState(StrEnum):
    """Where an offer stands. Every state but `HELD` is an end, except that an undo withdraws a claim."""

    HELD = "held"
    CLAIMED = "claimed"
    PASSED = "passed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


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


async def offers(
    r: Reading,
    *,
    ids: Collection[str] | None = None,
    opening_id: str | None = None,
    entry_id: str | None = None,
    client_ids: Collection[str] | None = None,
    states: Collection[str] | None = None,
) -> tuple[Offer, ...]:
    """Offers that meet every condition given, oldest first."""
    conditions = {
        "id": None if ids is None else list(ids),
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
    found = await r.conn.execute(_HELD_AT_NUMBER, {"of": r.practice_id, "number": address_ix})
    return tuple(_offer(row) for row in found)


async def newest_ended_at_number(r: Reading, address_ix: bytes, since: datetime) -> Offer | None:
    """The last offer made to a number since an instant, if it has ended."""
    given = {"of": r.practice_id, "number": address_ix, "since": since}
    row = (await r.conn.execute(_MADE_TO_NUMBER, given)).first()
    return _offer(row) if row and row.state != OfferState.HELD else None


async def newest_claim_at_number(r: Reading, address_ix: bytes, since: datetime) -> Offer | None:
    """The last offer that was claimed by a number since an instant, and not given back."""
    given = {"of": r.practice_id, "number": address_ix, "since": since}
    row = (await r.conn.execute(_CLAIMED_BY_NUMBER, given)).first()
    return _offer(row) if row else None


async def claims_of(r: Reading, opening_ids: Collection[str]) -> dict[str, Offer]:
    """By which offer these openings were claimed, by their ids; one that nobody claimed is not among them."""
    given = {"of": r.practice_id, "openings": list(opening_ids)}
    return {row.opening_id: _offer(row) for row in await r.conn.execute(_CLAIMS, given)}


def _offers(*conditions: ColumnElement[bool]) -> Select[Any]:
    """The offers of a practice that meet conditions on their own columns, with what they are about.

    PostgreSQL is made to choose them before it looks anything up: until it has learned how many rows a first wave has
    put into its tables, it takes every join to be of one row, and compares each entry with each offer.
    """
    chosen = select(offer).where(offer.c.practice_id == bindparam("of"), *conditions).cte("chosen")
    f, o, e = chosen.prefix_with("MATERIALIZED", dialect="postgresql").c, opening.c, waitlist_entry.c
    time = (o.clinician_id, o.service_id, o.location_id, o.starts_at, o.ends_at, location.c.zone)
    sort = (o.kind, o.every_weeks, o.appointment_id, o.state.label("opening_state"))
    return (
        select(*f, *time, *sort, e.replaces_participation_id, e.unanswered)
        .join(opening, and_(o.practice_id == f.practice_id, o.id == f.opening_id))
        .join(waitlist_entry, and_(e.practice_id == f.practice_id, e.id == f.entry_id))
        .join(location, located())
    )


def _at_number(*conditions: ColumnElement[bool]) -> Select[Any]:
    c = contact_point.c
    points = select(c.id).where(c.practice_id == bindparam("of"), c.value_ix == bindparam("number"))
    return _offers(offer.c.contact_point_id.in_(points), *conditions)


def _newest_first(found: Select[Any]) -> Select[Any]:
    return found.order_by(found.selected_columns.offered_at.desc(), found.selected_columns.id.desc())


def _in_order(found: Select[Any], *names: str) -> Select[Any]:
    return found.order_by(*(found.selected_columns[name] for name in names))


@cache
def _offers_where(given: tuple[str, ...]) -> Select[Any]:
    """Offers of which these columns are as told, oldest first."""
    f = offer.c
    several = {"id", "client_id", "state"}
    conditions = [
        f[name].in_(bindparam(name, expanding=True)) if name in several else f[name] == bindparam(name)
        for name in given
    ]
    return _in_order(_offers(*conditions), "offered_at", "id")


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


# What is asked again and again is put together once.
_OFFER: Final = _offers(offer.c.id == bindparam("id"))
_HELD_AT_NUMBER: Final = _in_order(_at_number(offer.c.state == OfferState.HELD.value), "opening_id", "id")
_MADE_TO_NUMBER: Final = _newest_first(_at_number(offer.c.offered_at >= bindparam("since")))
_CLAIMED_BY_NUMBER: Final = _newest_first(
    _at_number(offer.c.state == OfferState.CLAIMED.value, offer.c.ended_at >= bindparam("since"))
)
_CLAIMS: Final = _offers(
    offer.c.opening_id.in_(bindparam("openings", expanding=True)), offer.c.state == OfferState.CLAIMED.value
)
_OVERDUE: Final = (
    select(offer.c.opening_id)
    .where(
        offer.c.practice_id == bindparam("of"),
        offer.c.state == OfferState.HELD.value,
        offer.c.expires_at <= bindparam("now"),
    )
    .order_by(offer.c.expires_at)
    .limit(bindparam("most", type_=opening.c.depth.type))
)
