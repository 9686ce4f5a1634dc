"""Who is on file already when somebody is to be added: the same number or address, or the same name.

Two records of one person part their visits, their consents and their STOP. It only ever asks: families share numbers.
Invariant: archived clients are found too, since those come back most often.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scheduler.actions.clients import NewContact, normalised
from scheduler.core.record import Reading
from scheduler.people import client_edit_store
from scheduler.people import store as people
from scheduler.people.client_fields import ClientFields
from scheduler.people.store import Client

MOST = 5


@dataclass(frozen=True, slots=True)
class Alike:
    """A client on file, and what they have in common with the new one: `number`, `name`, or both."""

    client: Client
    number: bool
    name: bool


async def alike(r: Reading, given: ClientFields, contacts: Sequence[NewContact]) -> list[Alike]:
    """Whoever on file has one of these numbers, or this name and no other birth date; at most five.

    Raises:
        Invalid: see `normalised`.
    """
    region = (await people.practice(r)).region
    indexes = [client_edit_store.value_ix(r, each.kind, normalised(each, region)) for each in contacts]
    shared = {client_id for ids in (await people.clients_at(r, indexes)).values() for client_id in ids}
    named = {
        each.id: each for each in await people.search_clients(r, _name(given), archived=True) if _same(each, given)
    }
    found = {**await people.clients(r, shared), **named}
    return [Alike(each, each.id in shared, each.id in named) for each in found.values()][:MOST]


def _name(given: ClientFields) -> str:
    return f"{given.first} {given.last}"


def _same(client: Client, given: ClientFields) -> bool:
    """Whether names are equal, whatever their case, and birth dates do not tell the two apart."""
    names = _name(given).casefold().split() == f"{client.first} {client.last}".casefold().split()
    return names and (client.birth_date == given.birth_date or None in (client.birth_date, given.birth_date))
