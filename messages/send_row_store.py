"""A message as the sender reads it: with its visit, its person, its address and their consent, in one select.

What is done with it is send_store.py's. Invariant: one row a message, whatever is missing around it; an address that
cannot be opened makes a message that is not readable, never an error.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, and_, bindparam, case, func, select

from messages.kinds import Channel, Kind, Purpose, traits
from messages.particulars import NO_PARTICULARS, Particulars
from scheduler.appointments.states import ACTIVE
from scheduler.core.bulk import among, listed
from scheduler.core.errors import Misconfigured
from scheduler.core.record import Reading
from scheduler.core.vault import Where
from scheduler.tables import (
    appointment,
    client,
    consent,
    contact_point,
    message,
    offer,
    opt_out,
    participation,
    practice,
)


class VisitFacts(NamedTuple):
    """The visit a message is about, as it is now."""

    active: bool
    confirmed: bool
    revision: int
    starts_at: datetime
    zone: str


class PersonFacts(NamedTuple):
    """The client a message goes to, and the contact point it is addressed to."""

    client_id: str
    current: bool
    language: str | None
    zone: str | None
    contact_state: str | None
    verified: bool
    own_hours: tuple[int | None, int | None] = (None, None)


class SendRow(NamedTuple):
    """A message about to be decided on, with everything the decision and the words need from the record.

    `address` is None when there is none, or when it cannot be opened with the keys at hand; then it is not `readable`.
    `consented` is the newest word of the contact point on this channel and the kind's purpose.
    """

    id: str
    kind: Kind
    channel: Channel
    contact_point_id: str | None
    client_id: str | None
    participation_id: str | None
    offer_id: str | None
    inbound_id: str | None
    touch: str | None
    revision: int | None
    fields: Particulars
    useful_until: datetime
    due_at: datetime
    priority: int
    attempt: int
    dedupe: str
    address: str | None
    address_ix: bytes | None
    readable: bool
    visit: VisitFacts | None
    person: PersonFacts | None
    offer_open: bool | None
    opted_out: bool
    consented: bool

    def __repr__(self) -> str:
        """Nothing but its id: an address has no place in a log."""
        return f"SendRow(id={self.id!r})"


async def send_rows(r: Reading, message_ids: Sequence[str]) -> tuple[SendRow, ...]:
    """The facts of these messages, in the order of the ids."""
    sqlite = r.conn.dialect.name == "sqlite"
    asked = {"of": r.practice_id, "ids": listed(message_ids, sqlite=sqlite)}
    rows = map(Joined._make, await r.conn.execute(_facts_of(sqlite=sqlite), asked))
    found = {row.id: row for row in rows}
    return tuple(_send_row(r, found[message_id]) for message_id in message_ids if message_id in found)


_OF_MESSAGE: Final = (
    "id",
    "kind",
    "channel",
    "contact_point_id",
    "client_id",
    "participation_id",
    "offer_id",
    "inbound_id",
    "touch",
    "revision",
    "fields",
    "useful_until",
    "due_at",
    "priority",
    "attempt",
    "dedupe",
    "address_ct",
    "address_ix",
    "intent_at",
    "looks",
    "body_hash",
)

_PURPOSE: Final = case(
    (message.c.kind.in_([kind.value for kind in Kind if traits(kind).purpose is Purpose.WAITLIST]), "waitlist"),
    else_="reminders",
)
_AGREED: Final = (
    select(consent.c.granted)
    .where(
        consent.c.practice_id == message.c.practice_id,
        consent.c.contact_point_id == message.c.contact_point_id,
        consent.c.channel == message.c.channel,
        consent.c.purpose == _PURPOSE,
    )
    .order_by(consent.c.at.desc(), consent.c.id.desc())
    .limit(1)
    .correlate(message)
    .scalar_subquery()
)

FACTS: Select[Any] = (
    select(
        *(message.c[name] for name in _OF_MESSAGE),
        contact_point.c.value_ct,
        contact_point.c.state.label("contact_state"),
        contact_point.c.client_id.label("contact_client_id"),
        contact_point.c.verified_at,
        client.c.data_key.label("client_key"),
        client.c.language.label("client_language"),
        client.c.zone.label("client_zone"),
        client.c.from_minute.label("client_from"),
        client.c.until_minute.label("client_until"),
        client.c.state.label("client_state"),
        participation.c.state.label("place_state"),
        appointment.c.state.label("appointment_state"),
        appointment.c.revision.label("revision_now"),
        appointment.c.starts_at.label("visit_starts_at"),
        appointment.c.zone.label("visit_zone"),
        offer.c.state.label("offer_state"),
        offer.c.expires_at.label("offer_expires_at"),
        practice.c.data_key.label("practice_key"),
        opt_out.c.stopped,
        _AGREED.label("agreed"),
    )
    .join_from(message, practice, practice.c.id == message.c.practice_id)
    .join(
        contact_point,
        and_(contact_point.c.practice_id == message.c.practice_id, contact_point.c.id == message.c.contact_point_id),
        isouter=True,
    )
    .join(
        client,
        and_(
            client.c.practice_id == message.c.practice_id,
            client.c.id == func.coalesce(message.c.client_id, contact_point.c.client_id),
        ),
        isouter=True,
    )
    .join(
        participation,
        and_(participation.c.practice_id == message.c.practice_id, participation.c.id == message.c.participation_id),
        isouter=True,
    )
    .join(
        appointment,
        and_(
            appointment.c.practice_id == participation.c.practice_id,
            appointment.c.id == participation.c.appointment_id,
        ),
        isouter=True,
    )
    .join(offer, and_(offer.c.practice_id == message.c.practice_id, offer.c.id == message.c.offer_id), isouter=True)
    .join(
        opt_out,
        and_(
            opt_out.c.practice_id == message.c.practice_id,
            opt_out.c.channel == message.c.channel,
            opt_out.c.address_ix == message.c.address_ix,
        ),
        isouter=True,
    )
)


@cache
def _facts_of(*, sqlite: bool) -> Select[Any]:
    return FACTS.where(message.c.practice_id == bindparam("of"), among(message.c.id, "ids", sqlite=sqlite))


class Joined(NamedTuple):
    """A row of FACTS, in its order; read by name without a look-up for each name, which adds up.

    Everything of a table that may have no row for the message is None then.
    """

    id: str
    kind: str
    channel: str
    contact_point_id: str | None
    client_id: str | None
    participation_id: str | None
    offer_id: str | None
    inbound_id: str | None
    touch: str | None
    revision: int | None
    fields: Mapping[str, Any]
    useful_until: datetime
    due_at: datetime
    priority: int
    attempt: int
    dedupe: str
    address_ct: bytes | None
    address_ix: bytes | None
    intent_at: Any
    looks: int
    body_hash: bytes | None
    value_ct: Any
    contact_state: str | None
    contact_client_id: str | None
    verified_at: datetime | None
    client_key: Any
    client_language: str | None
    client_zone: str | None
    client_from: int | None
    client_until: int | None
    client_state: str | None
    place_state: str | None
    appointment_state: str | None
    revision_now: Any
    visit_starts_at: Any
    visit_zone: Any
    offer_state: str | None
    offer_expires_at: Any
    practice_key: bytes
    stopped: bool | None
    agreed: bool | None

    def __repr__(self) -> str:
        """Nothing but its id: not even sealed things have a place in a log."""
        return f"Joined(id={self.id!r})"


async def joined(r: Reading, wanted: Select[Any]) -> list[Joined]:
    """The rows of a select that begins with FACTS."""
    return list(map(Joined._make, await r.conn.execute(wanted)))


def _send_row(r: Reading, row: Joined) -> SendRow:
    address, readable = opened(r, row)
    return SendRow(
        id=row.id,
        kind=Kind(row.kind),
        channel=Channel(row.channel),
        contact_point_id=row.contact_point_id,
        client_id=row.client_id,
        participation_id=row.participation_id,
        offer_id=row.offer_id,
        inbound_id=row.inbound_id,
        touch=row.touch,
        revision=row.revision,
        fields=Particulars.from_json(row.fields) if row.fields else NO_PARTICULARS,
        useful_until=row.useful_until,
        due_at=row.due_at,
        priority=row.priority,
        attempt=row.attempt,
        dedupe=row.dedupe,
        address=address,
        address_ix=row.address_ix,
        readable=readable,
        visit=_visit(row),
        person=_person(row),
        offer_open=None if row.offer_state is None else _is_open(r, row),
        opted_out=bool(row.stopped),
        consented=bool(row.agreed),
    )


def opened(r: Reading, row: Joined) -> tuple[str | None, bool]:
    """The address, and whether it could be opened: one row that does not open must not keep all others waiting."""
    try:
        return _address(r, row), True
    except Misconfigured:
        return None, False


def _address(r: Reading, row: Joined) -> str | None:
    if row.contact_point_id is not None:
        if row.contact_client_id != row.client_id:
            return None
        where = Where(r.practice_id, "contact_point", row.contact_point_id, "value_ct")
        return r.vault.box(row.client_key).open(where, row.value_ct)
    if row.address_ct is None:
        return None
    where = Where(r.practice_id, "message", row.id, "address_ct")
    return r.vault.box(row.practice_key).open(where, row.address_ct)


def _visit(row: Joined) -> VisitFacts | None:
    if row.place_state is None:
        return None
    return VisitFacts(
        active=row.place_state in ACTIVE and row.appointment_state == "booked",
        confirmed=row.place_state == "confirmed",
        revision=row.revision_now,
        starts_at=row.visit_starts_at,
        zone=row.visit_zone,
    )


def _person(row: Joined) -> PersonFacts | None:
    if row.client_id is None:
        return None
    on_file = row.contact_point_id is None or row.contact_state not in {None, "removed"}
    return PersonFacts(
        client_id=row.client_id,
        current=on_file and row.client_state == "active",
        language=row.client_language,
        zone=row.client_zone,
        contact_state=row.contact_state,
        verified=row.verified_at is not None,
        own_hours=(row.client_from, row.client_until),
    )


def _is_open(r: Reading, row: Joined) -> bool:
    return bool(row.offer_state == "held" and row.offer_expires_at > r.now)
