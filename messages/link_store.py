"""The `link` table. What a link may do is links.py's and the pages'.

Invariant: a token is never stored, only its keyed hash.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, select, update

from scheduler.core.bulk import Insert, any_of
from scheduler.core.record import Reading, Record, Tx
from scheduler.tables import appointment, contact_point, link, message, participation


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A living link. `revision` is that of the appointment it spoke of, where it is about a visit."""

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


async def add(tx: Tx, links: Iterable[NewLink]) -> None:
    """Insert links."""
    await _ADD.run(tx.conn, [(tx.practice_id, tx.now, *each) for each in links])


async def alive(r: Reading, digest: bytes) -> LinkRow | None:
    """The link of a digest, unless it is expired, revoked, or about a time that was moved since."""
    visit = and_(participation.c.practice_id == link.c.practice_id, participation.c.id == link.c.participation_id)
    time = and_(
        appointment.c.practice_id == participation.c.practice_id, appointment.c.id == participation.c.appointment_id
    )
    wanted = (
        select(link, appointment.c.revision.label("revision_now"))
        .join_from(link, participation, visit, isouter=True)
        .join(appointment, time, isouter=True)
        .where(link.c.practice_id == r.practice_id, link.c.digest == digest)
    )
    row = (await r.conn.execute(wanted)).mappings().first()
    if row is None or row["revoked_at"] is not None or row["expires_at"] <= r.now:
        return None
    if row["revision"] is not None and row["revision"] != row["revision_now"]:
        return None
    return LinkRow(**{name: row[name] for name in LinkRow.__dataclass_fields__})


async def practice_of(record: Record, digest: bytes) -> str | None:
    """Which practice a link belongs to: the one look-up that begins without knowing the practice."""
    async with record.read("") as r:
        found = await r.conn.execute(select(link.c.practice_id).where(link.c.digest == digest))
        return found.scalar_one_or_none()


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
