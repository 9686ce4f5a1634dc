"""Links: a secret in a text that opens one page for one purpose, for a while.

The token is derived from the row's id by the key ring (vault.link_token), so a text can be worded again without
the token standing anywhere. Possession is not identity: what a page lets its holder do is decided there.
Invariant: unknown, expired, revoked and superseded links are all answered alike, with None.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from messages import link_store as store
from messages.link_store import LinkRow, NewLink
from scheduler.core.record import Reading, Record, Tx
from scheduler.core.vault import TOKEN_CHARS, Vault

_SHAPE: Final = re.compile(rf"[0-9A-Za-z]{{{TOKEN_CHARS}}}")


class Purpose(StrEnum):
    """What a link opens."""

    VISIT = "visit"
    OFFER = "offer"
    PREFERENCES = "preferences"


@dataclass(frozen=True, slots=True)
class Made:
    """A new link: its row's id and the secret that goes into a text."""

    id: str
    token: str = field(repr=False)


def path_of(token: str) -> str:
    """The path under the public address."""
    return f"/l/{token}"


def new(
    tx: Tx,
    purpose: Purpose,
    *,
    client_id: str,
    expires_at: datetime,
    contact_point_id: str | None = None,
    participation_id: str | None = None,
    offer_id: str | None = None,
    message_id: str | None = None,
    revision: int | None = None,
) -> tuple[NewLink, Made]:
    """A link that is not written yet (`add` does that), and its secret.

    With `revision`, the link dies as soon as the appointment has another one.
    """
    link_id = tx.new_id()
    token = tx.vault.link_token(link_id)
    row = NewLink(
        id=link_id,
        digest=tx.vault.token_digest(token),
        purpose=purpose.value,
        client_id=client_id,
        contact_point_id=contact_point_id,
        participation_id=participation_id,
        offer_id=offer_id,
        message_id=message_id,
        revision=revision,
        expires_at=expires_at,
    )
    return row, Made(link_id, token)


async def add(tx: Tx, rows: Iterable[NewLink]) -> None:
    """Write links made by `new`, with their audit entries."""
    kept = tuple(rows)
    await store.add(tx, kept)
    for row in kept:
        tx.note("link.made", "link", row.id, purpose=row.purpose)


async def make(
    tx: Tx,
    purpose: Purpose,
    *,
    client_id: str,
    expires_at: datetime,
    contact_point_id: str | None = None,
    participation_id: str | None = None,
    offer_id: str | None = None,
    revision: int | None = None,
) -> Made:
    """Make and write a link that belongs to no message: for a page that leads on to another."""
    row, made = new(
        tx,
        purpose,
        client_id=client_id,
        expires_at=expires_at,
        contact_point_id=contact_point_id,
        participation_id=participation_id,
        offer_id=offer_id,
        revision=revision,
    )
    await add(tx, (row,))
    return made


async def practice_of(record: Record, token: str) -> str | None:
    """The practice whose link this is; None for anything that is no token of ours. Says nothing about being alive."""
    return (await practices_of(record, (token,))).get(token)


async def practices_of(record: Record, tokens: Iterable[str]) -> dict[str, str]:
    """The practice of each of these links; what is no token of ours is left out."""
    digests = _digests(record.vault, tokens)
    found = await store.practices_of(record, digests.values()) if digests else {}
    return {token: found[digest] for token, digest in digests.items() if digest in found}


async def look_up(r: Reading, token: str) -> LinkRow | None:
    """The link, if it is alive: known to this practice, not expired, not revoked, its visit not moved since."""
    return (await look_up_many(r, (token,))).get(token)


async def look_up_many(r: Reading, tokens: Iterable[str]) -> dict[str, LinkRow]:
    """The links of these tokens that are alive, as `look_up` has it."""
    digests = _digests(r.vault, tokens)
    found = await store.alive(r, digests.values()) if digests else {}
    return {token: found[digest] for token, digest in digests.items() if digest in found}


async def tokens_of(r: Reading, offers: Mapping[str, str]) -> dict[str, str]:
    """By offer the token of a living link to it, where one has been made. `offers`: by id, whose each is."""
    found = await store.of_offers(r, offers) if offers else {}
    return {offer_id: r.vault.link_token(link_id) for offer_id, link_id in found.items()}


def _digests(vault: Vault, tokens: Iterable[str]) -> dict[str, bytes]:
    return {token: vault.token_digest(token) for token in tokens if _SHAPE.fullmatch(token)}


async def revoke_for(
    tx: Tx,
    *,
    participation_id: str | None = None,
    offer_id: str | None = None,
    client_id: str | None = None,
    address_ix: bytes | None = None,
) -> int:
    """Kill the living links about a visit or an offer, of a client, or sent to an address; returns how many."""
    conditions = [
        (participation_id, store.about_participation),
        (offer_id, store.about_offer),
        (client_id, store.of_client),
    ]
    killed = sum([await store.revoke(tx, about(value)) for value, about in conditions if value is not None])
    if address_ix is not None:
        killed += await store.revoke(tx, store.sent_to(address_ix))
    if killed:
        tx.note("link.revoked", "link", None, count=killed, participation_id=participation_id, offer_id=offer_id)
    return killed


async def revoke_unreachable(tx: Tx, client_id: str) -> int:
    """Kill the links that a client's unused numbers and addresses still hold: somebody else may read them now."""
    killed = await store.revoke(tx, store.lost_with_contact(client_id))
    if killed:
        tx.note("link.revoked", "link", None, count=killed, client_id=client_id)
    return killed
