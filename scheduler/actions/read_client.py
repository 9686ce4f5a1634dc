"""Opening a client's record: a read that is itself entered in the audit chain.

Lists that only show names go through people/store.py; this is for the page of one client, an export, an answer to
"who has seen my data". Invariant: nobody gets the record without the entry, since both are of one transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.core.errors import NotFound
from scheduler.core.record import Tx
from scheduler.people import store as people


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """A client with everything they are reached by, removed contact points included."""

    client: people.Client
    contact_points: tuple[people.ContactPoint, ...]
    consents: Mapping[people.ConsentKey, people.Consent]


async def read_client(tx: Tx, client_id: str) -> ClientRecord:
    """The record of one client, noted as `client.read`.

    Raises:
        NotFound: no such client.
    """
    found = await people.client(tx, client_id)
    if found is None:
        raise NotFound("client", client=client_id)
    points = await people.contact_points(tx, client_id, removed=True)
    consents = await people.consents(tx, (point.id for point in points))
    tx.note("client.read", "client", client_id)
    return ClientRecord(found, points, consents)
