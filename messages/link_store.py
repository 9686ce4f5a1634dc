"""The `link` table. What a link may do is links.py's and the pages'.

Invariant: a token is never stored, only its keyed hash.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, RowMapping, Select, and_, bindparam, select, update

from scheduler.core.bulk import Insert, any_of
from scheduler.core.record import Reading, Record, Tx
from scheduler.tables import appointment, contact_point, link, message, offer, participation


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A living link. `revision` is that of the appointment it spoke of, where it is about a visit.

    `opening_id`: what is offered by the offer it is about.
    """

    id: str
    purpose: str
    client_id: str
    contact_point_id: str | None
    participation_id: str | None
    offer_id: str | None
    message_id: str | None
    revision: int | None
    made_at: datetime
    expires_at: datetime
    opening_id: str | None


@dataclass(frozen=True, slots=True)
class MessageLink:
    """The link a message already has, from an earlier attempt."""

    id: str
    message_id: str
    purpose: str
    expires_at: datetime


class NewLink(NamedTuple):
    """A link about to be written."""

    id: str
    digest: bytes
    purpose: str
    client_id: str
    contact_point_id: str | None
    participation_id: str | None
    offer_id: str | None
    message_id: str | None
    revision: int | None
    expires_at: datetime


_ADD: Final = Insert(link, ("practice_id", "made_at", *NewLink._fields))
_PRACTICES: Final = select(link.c.digest, link.c.practice_id).where(
    link.c.digest.in_(bindparam("digests", expanding=True))
)


def _by_digest() -> Select[Any]:
    visit = and_(participation.c.practice_id == link.c.practice_id, participation.c.id == link.c.participation_id)
    time = and_(
        appointment.c.practice_id == participation.c.practice_id, appointment.c.id == participation.c.appointment_id
    )
    offered = and_(offer.c.practice_id == link.c.practice_id, offer.c.id == link.c.offer_id)
    return (
        select(link, appointment.c.revision.label("revision_now"), offer.c.opening_id)
        .join_from(link, participation, visit, isouter=True)
        .join(appointment, time, isouter=True)
        .join(offer, offered, isouter=True)
        .where(link.c.practice_id == bindparam("of"), link.c.digest.in_(bindparam("digests", expanding=True)))
    )


_BY_DIGEST: Final = _by_digest()


async def add(tx: Tx, links: Iterable[NewLink]) -> None:
    """Insert links."""
    await _ADD.run(tx.conn, [(tx.practice_id, tx.now, *each) for each in links])


async def alive(r: Reading, digests: Iterable[bytes]) -> dict[bytes, LinkRow]:
    """The links of these digests, but those that are expired, revoked, or about a time that was moved since."""
    found = await r.conn.execute(_BY_DIGEST, {"of": r.practice_id, "digests": list(digests)})
    return {row["digest"]: _link(row) for row in found.mappings() if _is_alive(row, r.now)}


def _is_alive(row: RowMapping, now: datetime) -> bool:
    moved = row["revision"] is not None and row["revision"] != row["revision_now"]
    return row["revoked_at"] is None and row["expires_at"] > now and not moved


def _link(row: RowMapping) -> LinkRow:
    return LinkRow(**{name: row[name] for name in LinkRow.__dataclass_fields__})


async def practices_of(record: Record, digests: Iterable[bytes]) -> dict[bytes, str]:
    """Which practice each link belongs to: the one look-up that begins without knowing the practice."""
    async with record.read("") as r:
        found = await r.conn.execute(_PRACTICES, {"digests": list(digests)})
        return {row.digest: row.practice_id for row in found}


async def of_messages(r: Reading, clients: Mapping[str, str]) -> dict[tuple[str, str], MessageLink]:
    """The unrevoked links that messages have, by message and purpose. `clients`: whose each message is.

    Found by way of the client, by whom links are indexed.
    """
    c = link.c
    wanted = select(c.id, c.message_id, c.purpose, c.expires_at).where(
        c.practice_id == r.practice_id,
        any_of(r.conn, c.client_id, sorted(set(clients.values()))),
        any_of(r.conn, c.message_id, sorted(clients)),
        c.revoked_at.is_(None),
    )
    found = sorted((MessageLink(*row) for row in await r.conn.execute(wanted)), key=lambda each: each.id)
    return {(each.message_id, each.purpose): each for each in found}


async def of_offers(r: Reading, clients: Mapping[str, str]) -> dict[str, str]:
    """By offer the id of a living link to it, where there is one. `clients`: whose each offer is."""
    c = link.c
    living = (c.revoked_at.is_(None), c.expires_at > r.now)
    wanted = select(c.offer_id, c.id).where(
        c.practice_id == r.practice_id,
        any_of(r.conn, c.client_id, sorted(set(clients.values()))),
        any_of(r.conn, c.offer_id, sorted(clients)),
        *living,
    )
    return {row.offer_id: row.id for row in await r.conn.execute(wanted)}


async def revoke(tx: Tx, where: ColumnElement[bool]) -> int:
    """Kill the living links of a condition; returns how many."""
    found = await tx.conn.execute(
        update(link)
        .where(link.c.practice_id == tx.practice_id, link.c.revoked_at.is_(None), link.c.expires_at > tx.now, where)
        .values(revoked_at=tx.now)
    )
    return found.rowcount


def about_participation(participation_id: str) -> ColumnElement[bool]:
    """Links about a visit."""
    return link.c.participation_id == participation_id


def about_offer(offer_id: str) -> ColumnElement[bool]:
    """Links about an offer."""
    return link.c.offer_id == offer_id


def of_client(client_id: str) -> ColumnElement[bool]:
    """All links of a client."""
    return link.c.client_id == client_id


def lost_with_contact(client_id: str) -> ColumnElement[bool]:
    """Links of a client that were sent to a contact point which is not in use any more."""
    c = contact_point.c
    unused = select(c.id).where(c.practice_id == link.c.practice_id, c.client_id == client_id, c.state != "active")
    return and_(link.c.client_id == client_id, link.c.contact_point_id.in_(unused))


def sent_to(address_ix: bytes) -> ColumnElement[bool]:
    """Links that were sent to an address, found by way of the clients who have it, by whom links are indexed."""
    c = contact_point.c
    theirs = select(c.client_id).where(c.practice_id == link.c.practice_id, c.value_ix == address_ix)
    sent = select(message.c.id).where(message.c.practice_id == link.c.practice_id, message.c.address_ix == address_ix)
    return and_(link.c.client_id.in_(theirs), link.c.message_id.in_(sent))
