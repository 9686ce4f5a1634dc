"""A small practice to try actions on: written through the actions themselves."""

from dataclasses import dataclass
from datetime import date

from scheduler.actions.clients import NewContact, add_client
from scheduler.actions.practice import add_clinician, add_location, add_service, create_practice
from scheduler.core.actor import OPERATOR, Actor, ActorKind, Via
from scheduler.core.record import Record
from scheduler.people.client_fields import ClientFields
from scheduler.people.practice_fields import PracticeFields, ServiceFields

ANA = ClientFields("Ana María", "O'Brien-Ruiz", preferred="Nita", birth_date=date(1984, 7, 9), record_number="SP-1042")
BOB = ClientFields("Robert", "Stone")
FRONT = Actor(ActorKind.STAFF, "f" * 32, Via.CONSOLE, frozenset({"front_desk"}))
BILLER = Actor(ActorKind.STAFF, "b" * 32, Via.CONSOLE, frozenset({"biller"}))


@dataclass(frozen=True)
class Setting:
    """Ids of what was set up."""

    practice: str
    location: str
    clinician: str
    other_clinician: str
    service: str
    ana: str
    bob: str


def practice_fields(**changed: object) -> PracticeFields:
    plain = {
        "name": "Lee Psychotherapy",
        "label": "Lee Office",
        "office_phone": "555-555-0100",
        "sender": "+15005550006",
        "zone": "America/New_York",
    }
    return PracticeFields(**{**plain, **changed})


async def set_up(record: Record) -> Setting:
    practice_id = record.make_id(record.clock.now())
    async with record.write(practice_id, OPERATOR) as tx:
        await create_practice(tx, practice_fields())
        location = await add_location(tx, "Main street", "America/New_York")
        clinician, other = await add_clinician(tx, "Dr. Lee"), await add_clinician(tx, "Dr. Moss")
        service = await add_service(tx, ServiceFields("Session", 50, buffer_after_minutes=10, fee_minor=15_000))
        phone = NewContact("phone", "(202) 555-0123")
        ana = await add_client(tx, ANA, [phone, NewContact("email", "Ana@Example.org")])
        bob = await add_client(tx, BOB, [NewContact("phone", "202-555-0177")])
    return Setting(practice_id, location, clinician, other, service, ana, bob)
