"""Reading the practice and its people: practice, locations, clinicians, services, clients, contact points, consents.

Writing is in practice_edit_store.py and client_edit_store.py. Fields of a client are opened here, under the
client's own data key, and their plaintext is kept out of `repr`. A look-up by id gives None when there
is no such thing. Invariant: nothing of another practice is ever returned.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import RowMapping, Select, and_, bindparam, select

from scheduler import tables
from scheduler.core.errors import NotFound
from scheduler.core.record import Reading
from scheduler.core.vault import Box, Where
from scheduler.people.reach_store import clients_of_clinician
from scheduler.people.search_words import terms_of

SEARCH_POOL = 200  # so many matches are opened and sorted by name before the limit cuts


@dataclass(frozen=True, slots=True)
class Practice:
    """A practice and its settings; the columns of the table. Minutes are after local midnight."""

    id: str
    name: str
    label: str
    office_phone: str
    sender: str
    email_from: str | None
    zone: str
    locale: str
    region: str
    currency: str
    language: str
    send_from_minute: int
    send_until_minute: int
    daily_cap: int
    weekly_cap: int
    opening_grace_minutes: int
    offer_hold_minutes: int
    late_cancel_hours: int
    stop_mode: str
    plain_letters: bool
    crisis_country: str
    alert_email: str | None
    demo: bool
    created_at: datetime
    data_key: bytes = field(repr=False)
    alert_phone: str | None = None
    second_email: str | None = None
    second_phone: str | None = None
    subdivision: str | None = None
    strict_hours: bool = False
    follow_ups: bool = False


@dataclass(frozen=True, slots=True)
class Location:
    """A place of the practice; its zone says what a wall-clock time there means."""

    id: str
    name: str
    zone: str
    active: bool


@dataclass(frozen=True, slots=True)
class Clinician:
    """Somebody whose time is booked."""

    id: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class Service:
    """A type of visit. `fee_minor` in minor currency units; buffers are taken besides the duration.

    `offers_seats`: a place that becomes free in a group of it may be given to a stranger.
    """

    id: str
    name: str
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    capacity: int
    modality: str
    fee_minor: int
    code_family: str
    active: bool
    offers_seats: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """A client. `state` is active | archived, `payer` self | insurance | medicare | medicaid."""

    id: str
    first: str = field(repr=False)
    last: str = field(repr=False)
    preferred: str | None = field(repr=False)
    birth_date: date | None = field(repr=False)
    record_number: str | None = field(repr=False)
    language: str | None
    zone: str | None
    payer: str
    state: str
    created_at: datetime
    from_minute: int | None = None
    until_minute: int | None = None

    @property
    def display(self) -> str:
        """How staff see the client: preferred or first name, and the last name."""
        return f"{self.preferred or self.first} {self.last}".strip()


@dataclass(frozen=True, slots=True)
class OwnHours:
    """In which zone a client lives (None: the practice's), and between which minutes of the day they want texts."""

    zone: str | None = None
    from_minute: int | None = None
    until_minute: int | None = None


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """One phone (E.164) or mail address of a client. `state` is active | quarantined | invalid | removed."""

    id: str
    client_id: str
    kind: str
    role: str
    value: str = field(repr=False)
    value_ix: bytes = field(repr=False)
    state: str
    rank: int
    verified_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """What was agreed to or withdrawn, and how, for one contact point, channel and purpose."""

    id: str
    contact_point_id: str
    channel: str
    purpose: str
    granted: bool
    wording: str
    how: str
    by_id: str | None
    language: str | None
    at: datetime


ConsentKey = tuple[str, str, str]
"""Contact point, channel, purpose."""


# --- the practice -----------------------------------------------------------------------------------------------


async def practice_ids(r: Reading) -> tuple[str, ...]:
    """Every practice of the installation: for workers and commands, the only read that crosses practices."""
    found = await r.conn.execute(select(tables.practice.c.id).order_by(tables.practice.c.created_at))
    return tuple(found.scalars())


async def practice(r: Reading) -> Practice:
    """The practice of this reading.

    Raises:
        NotFound: there is no such practice.
    """
    row = (await r.conn.execute(_PRACTICE, {"id": r.practice_id})).mappings().first()
    if row is None:
        raise NotFound("practice")
    return Practice(**row)


async def box_of_practice(r: Reading) -> Box:
    """What seals fields that belong to no client: texts from unknown numbers, second factors of staff."""
    if r.practice_box is None:
        key = (await r.conn.execute(_PRACTICE_KEY, {"id": r.practice_id})).scalar_one_or_none()
        if key is None:
            raise NotFound("practice")
        r.practice_box = r.vault.box(key)
    return r.practice_box


async def location(r: Reading, location_id: str) -> Location | None:
    """One location, active or not."""
    row = await _by_id(r, _LOCATION, location_id)
    return Location(**_without_practice(row)) if row else None


async def locations(r: Reading, *, active_only: bool = False) -> tuple[Location, ...]:
    """All locations by name."""
    t = tables.location
    found = await r.conn.execute(select(t).where(t.c.practice_id == r.practice_id).order_by(t.c.name, t.c.id))
    read = (Location(**_without_practice(row)) for row in found.mappings())
    return tuple(place for place in read if place.active or not active_only)


async def clinician(r: Reading, clinician_id: str) -> Clinician | None:
    """One clinician, active or not."""
    row = await _by_id(r, _CLINICIAN, clinician_id)
    return Clinician(**_without_practice(row)) if row else None


async def clinicians(r: Reading, *, active_only: bool = False) -> tuple[Clinician, ...]:
    """All clinicians by name."""
    t = tables.clinician
    found = await r.conn.execute(select(t).where(t.c.practice_id == r.practice_id).order_by(t.c.name, t.c.id))
    read = (Clinician(**_without_practice(row)) for row in found.mappings())
    return tuple(person for person in read if person.active or not active_only)


async def service(r: Reading, service_id: str) -> Service | None:
    """One service, active or not."""
    row = await _by_id(r, _SERVICE, service_id)
    return Service(**_without_practice(row)) if row else None


async def services(r: Reading, *, active_only: bool = False) -> tuple[Service, ...]:
    """All services by name."""
    t = tables.service
    found = await r.conn.execute(select(t).where(t.c.practice_id == r.practice_id).order_by(t.c.name, t.c.id))
    read = (Service(**_without_practice(row)) for row in found.mappings())
    return tuple(offered for offered in read if offered.active or not active_only)


# --- clients ----------------------------------------------------------------------------------------------------


async def client(r: Reading, client_id: str) -> Client | None:
    """One client, archived ones included. Not audited: pages read through actions/read_client.py."""
    row = await _by_id(r, _CLIENT, client_id)
    return _client(r, row) if row else None


async def clients(r: Reading, ids: Iterable[str]) -> dict[str, Client]:
    """Those of the ids that exist, by id."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = await r.conn.execute(_CLIENTS_BY_ID, {"of": r.practice_id, "ids": wanted})
    return {row["id"]: _client(r, row) for row in found.mappings().all()}


async def own_hours(r: Reading, ids: Iterable[str]) -> dict[str, OwnHours]:
    """When each of these clients wants texts; nothing of theirs is opened for it."""
    found = await r.conn.execute(_OWN_HOURS, {"of": r.practice_id, "ids": sorted(set(ids))})
    return {client_id: OwnHours(*hours) for client_id, *hours in found.all()}


async def box_of_client(r: Reading, client_id: str) -> Box:
    """What seals and opens fields that belong to this client, in whatever table they stand.

    Raises:
        NotFound: no such client.
    """
    t = tables.client
    row = await _first(r, select(t.c.data_key).where(t.c.practice_id == r.practice_id, t.c.id == client_id))
    if row is None:
        raise NotFound("client", client=client_id)
    return r.vault.box(row["data_key"])


async def search_clients(
    r: Reading, text: str, limit: int = 20, *, archived: bool = False, seen_by: str | None = None
) -> tuple[Client, ...]:
    """Clients that every word of `text` fits, by name: see search_words.py. A blank text gives the newest clients.

    `seen_by` narrows to the clients of that clinician: what `access.own_clinician` says. Archived clients are left out
    unless asked for.
    """
    month_first = (await practice(r)).locale.endswith("_US")
    wanted = _clients(r).order_by(tables.client.c.created_at.desc(), tables.client.c.id.desc())
    if not archived:
        wanted = wanted.where(tables.client.c.state == "active")
    if seen_by is not None:
        wanted = wanted.where(tables.client.c.id.in_(clients_of_clinician(r.practice_id, seen_by)))
    terms = terms_of(text, month_first=month_first)
    if text.strip() and not terms:
        return ()
    for term in terms:
        indexes = [r.vault.blind(r.practice_id, "word", word) for word in sorted(term)]
        fits = select(tables.client_word.c.client_id).where(
            tables.client_word.c.practice_id == r.practice_id, tables.client_word.c.word_ix.in_(indexes)
        )
        wanted = wanted.where(tables.client.c.id.in_(fits))
    found = await r.conn.execute(wanted.limit(max(limit, SEARCH_POOL) if terms else limit))
    read = [_client(r, row) for row in found.mappings()]
    if terms:
        read.sort(key=lambda one: (one.last.casefold(), one.first.casefold(), one.id))
    return tuple(read[:limit])


# --- contact points and consents --------------------------------------------------------------------------------


async def contact_point(r: Reading, contact_point_id: str) -> ContactPoint | None:
    """One contact point, removed ones included."""
    row = await _first(r, _contacts(r).where(tables.contact_point.c.id == contact_point_id))
    return _contact(r, row) if row else None


async def contact_points(r: Reading, client_id: str, *, removed: bool = False) -> tuple[ContactPoint, ...]:
    """A client's contact points in the order they are tried."""
    return (await contact_points_of(r, (client_id,), removed=removed)).get(client_id, ())


async def contact_points_of(
    r: Reading, client_ids: Iterable[str], *, removed: bool = False
) -> dict[str, tuple[ContactPoint, ...]]:
    """The contact points of several clients, in the order they are tried; clients without any are left out."""
    wanted = sorted(set(client_ids))
    if not wanted:
        return {}
    query = _CONTACTS_EVER_OF if removed else _CONTACTS_OF
    by_client: dict[str, list[ContactPoint]] = {}
    for row in (await r.conn.execute(query, {"of": r.practice_id, "clients": wanted})).mappings().all():
        by_client.setdefault(row["client_id"], []).append(_contact(r, row))
    return {client_id: tuple(points) for client_id, points in by_client.items()}


async def contact_points_at(r: Reading, value_ix: bytes) -> tuple[ContactPoint, ...]:
    """Whose number or address this is: several clients may share one. Removed ones are left out."""
    found = await r.conn.execute(_CONTACTS_AT, {"of": r.practice_id, "value_ix": value_ix})
    return tuple(_contact(r, row) for row in found.mappings())


async def clients_at(r: Reading, value_ixs: Collection[bytes]) -> dict[bytes, frozenset[str]]:
    """The clients who have each of these numbers or addresses, removed and quarantined ones left out."""
    found: dict[bytes, set[str]] = {}
    for row in await r.conn.execute(_CLIENTS_AT, {"of": r.practice_id, "values": sorted(value_ixs)}):
        found.setdefault(row.value_ix, set()).add(row.client_id)
    return {value_ix: frozenset(clients) for value_ix, clients in found.items()}


async def consents(r: Reading, contact_point_ids: Iterable[str]) -> dict[ConsentKey, Consent]:
    """The newest consent row of each contact point, channel and purpose; a missing key was never asked."""
    wanted = sorted(set(contact_point_ids))
    if not wanted:
        return {}
    found = await r.conn.execute(_CONSENTS, {"of": r.practice_id, "points": wanted})
    read = (Consent(**_without_practice(row)) for row in found.mappings().all())
    return {(row.contact_point_id, row.channel, row.purpose): row for row in read}


async def consent_history(r: Reading, contact_point_id: str) -> tuple[Consent, ...]:
    """Everything ever agreed to or withdrawn for a contact point, newest first."""
    t = tables.consent
    query = select(t).where(t.c.practice_id == r.practice_id, t.c.contact_point_id == contact_point_id)
    found = await r.conn.execute(query.order_by(t.c.at.desc(), t.c.id.desc()))
    return tuple(Consent(**_without_practice(row)) for row in found.mappings())


# --- built once, since every text asks them ---------------------------------------------------------------------

_LOCATION, _CLINICIAN, _SERVICE, _CLIENT = (
    select(table).where(table.c.practice_id == bindparam("of"), table.c.id == bindparam("id"))
    for table in (tables.location, tables.clinician, tables.service, tables.client)
)
_PRACTICE: Final = select(tables.practice).where(tables.practice.c.id == bindparam("id"))
_PRACTICE_KEY: Final = select(tables.practice.c.data_key).where(tables.practice.c.id == bindparam("id"))
_CONTACTS: Final = select(tables.contact_point, tables.client.c.data_key).join(
    tables.client,
    and_(
        tables.client.c.practice_id == tables.contact_point.c.practice_id,
        tables.client.c.id == tables.contact_point.c.client_id,
    ),
)
_BY_RANK: Final = (tables.contact_point.c.rank, tables.contact_point.c.created_at, tables.contact_point.c.id)
_CONTACTS_AT: Final = _CONTACTS.where(
    tables.contact_point.c.practice_id == bindparam("of"),
    tables.contact_point.c.value_ix == bindparam("value_ix"),
    tables.contact_point.c.state != "removed",
).order_by(*_BY_RANK)

_CLIENTS_AT: Final = select(tables.contact_point.c.value_ix, tables.contact_point.c.client_id).where(
    tables.contact_point.c.practice_id == bindparam("of"),
    tables.contact_point.c.value_ix.in_(bindparam("values", expanding=True)),
    tables.contact_point.c.state.not_in(("removed", "quarantined")),
)

_CONTACTS_EVER_OF: Final = _CONTACTS.where(
    tables.contact_point.c.practice_id == bindparam("of"),
    tables.contact_point.c.client_id.in_(bindparam("clients", expanding=True)),
).order_by(*_BY_RANK)
_CONTACTS_OF: Final = _CONTACTS_EVER_OF.where(tables.contact_point.c.state != "removed")
_CLIENTS_BY_ID: Final = select(tables.client).where(
    tables.client.c.practice_id == bindparam("of"), tables.client.c.id.in_(bindparam("ids", expanding=True))
)
_OWN_HOURS: Final = select(
    tables.client.c.id, tables.client.c.zone, tables.client.c.from_minute, tables.client.c.until_minute
).where(tables.client.c.practice_id == bindparam("of"), tables.client.c.id.in_(bindparam("ids", expanding=True)))
_CONSENTS: Final = (
    select(tables.consent)
    .where(
        tables.consent.c.practice_id == bindparam("of"),
        tables.consent.c.contact_point_id.in_(bindparam("points", expanding=True)),
    )
    .order_by(tables.consent.c.at, tables.consent.c.id)
)


# --- reading rows -----------------------------------------------------------------------------------------------


async def _by_id(r: Reading, wanted: Select[Any], row_id: str) -> RowMapping | None:
    row: RowMapping | None = (await r.conn.execute(wanted, {"of": r.practice_id, "id": row_id})).mappings().first()
    return row


async def _first(r: Reading, wanted: Select[Any]) -> RowMapping | None:
    row: RowMapping | None = (await r.conn.execute(wanted)).mappings().first()
    return row


def _clients(r: Reading) -> Select[Any]:
    return select(tables.client).where(tables.client.c.practice_id == r.practice_id)


def _contacts(r: Reading) -> Select[Any]:
    return _CONTACTS.where(tables.contact_point.c.practice_id == r.practice_id)


def _client(r: Reading, row: Mapping[Any, Any]) -> Client:
    opened = _Opened(r, "client", row)
    first, last = json.loads(opened["name_ct"])
    born = opened.get("birth_date_ct")
    return Client(
        id=row["id"],
        first=first,
        last=last,
        preferred=opened.get("preferred_name_ct"),
        birth_date=date.fromisoformat(born) if born else None,
        record_number=opened.get("record_number_ct"),
        language=row["language"],
        zone=row["zone"],
        payer=row["payer"],
        state=row["state"],
        created_at=row["created_at"],
        from_minute=row["from_minute"],
        until_minute=row["until_minute"],
    )


def _contact(r: Reading, row: Mapping[Any, Any]) -> ContactPoint:
    return ContactPoint(
        id=row["id"],
        client_id=row["client_id"],
        kind=row["kind"],
        role=row["role"],
        value=_Opened(r, "contact_point", row)["value_ct"],
        value_ix=row["value_ix"],
        state=row["state"],
        rank=row["rank"],
        verified_at=row["verified_at"],
        created_at=row["created_at"],
    )


class _Opened:
    """The sealed columns of a row, opened on demand under the data key the row was read with."""

    def __init__(self, r: Reading, table: str, row: Mapping[Any, Any]) -> None:
        self._box = r.vault.box(row["data_key"])
        self._place = (r.practice_id, table, row["id"])
        self._row = row

    def __getitem__(self, column: str) -> str:
        return self._box.open(Where(*self._place, column), self._row[column])

    def get(self, column: str) -> str | None:
        return None if self._row[column] is None else self[column]


def _without_practice(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "practice_id"}
