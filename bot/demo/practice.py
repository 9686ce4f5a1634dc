"""The demo's practice as it was on its first day: places, people, services, hours, policies, and 60 clients.

Everything is made through the actions the product uses, four months before the demo begins.
Invariant: nothing here knows what happens later; that is history.py's.
"""

from dataclasses import dataclass
from datetime import date

from bot.demo.people import CLIENTS, CLINICIANS, Clinician, Person
from messages import consent
from messages.kinds import Channel, Purpose
from scheduler.actions.clients import NewContact, add_client
from scheduler.actions.fee_policy import accept_fee_policy, save_fee_policy
from scheduler.actions.practice import add_clinician, add_location, add_service, create_practice, set_week
from scheduler.actions.rate_sender import rate_sender
from scheduler.calendar.availability import WeeklyHours
from scheduler.core.record import Tx
from scheduler.people import store as people
from scheduler.people.client_fields import ClientFields
from scheduler.people.practice_fields import PracticeFields, ServiceFields
from scheduler.people.sender_rate import SHORT_CODE

ZONE = "America/Los_Angeles"
SENDER = "+12065550199"
FEE_TEXT = (
    "Please give us 24 hours' notice when you cannot come. For a visit cancelled later than that, or missed, we may"
    " charge half the fee of the visit. The first time is on us. Tell us if something serious came up."
)


@dataclass(frozen=True, slots=True)
class Office:
    """Ids of what was set up, in the order of people.py."""

    location: str
    clinicians: tuple[str, ...]
    session: str
    couples: str
    group: str
    clients: tuple[str, ...]


def number_of(person: Person) -> str:
    """A person's number, from the range kept free for fiction."""
    return f"+120655501{person.number:02}"


async def set_up(tx: Tx, first_day: date) -> Office:
    """Create the practice of this transaction and all that belongs to it."""
    await create_practice(tx, _PRACTICE, demo=True)
    await rate_sender(tx, SENDER, SHORT_CODE)  # nobody wants to wait half a minute for a jump to the next morning
    location = await add_location(tx, "Second floor, Alder Street", ZONE)
    clinicians = tuple([await _clinician(tx, each, location, first_day) for each in CLINICIANS])
    session = await add_service(
        tx, ServiceFields("Session", 50, buffer_after_minutes=10, fee_minor=16000, code_family="psychotherapy")
    )
    couples = await add_service(tx, ServiceFields("Couple", 80, buffer_after_minutes=10, capacity=2, fee_minor=22000))
    group = await add_service(tx, ServiceFields("Group", 90, capacity=6, fee_minor=6500))
    version = await save_fee_policy(tx, window_hours=24, mode="percent", value=50, grace_misses=1, text=FEE_TEXT)
    clients = tuple([await _client(tx, person, version) for person in CLIENTS])
    return Office(location, clinicians, session, couples, group, clients)


async def _clinician(tx: Tx, each: Clinician, location: str, first_day: date) -> str:
    clinician_id = await add_clinician(tx, each.name)
    hours = [WeeklyHours(day, each.start_minute, each.end_minute, location_id=location) for day in each.weekdays]
    await set_week(tx, clinician_id, hours, first_day)
    return clinician_id


async def _client(tx: Tx, person: Person, fee_version: int) -> str:
    fields = ClientFields(
        person.first,
        person.last,
        preferred=person.preferred,
        birth_date=date.fromisoformat(person.born),
        language=person.language,
        payer=person.payer,
    )
    client_id = await add_client(tx, fields, [NewContact("phone", number_of(person))])
    for point in await people.contact_points(tx, client_id):
        for purpose in (Purpose.REMINDERS, Purpose.WAITLIST):
            # As an import would record it: the demo's people agreed long ago and need no greeting now.
            await consent.grant(tx, point.id, Channel.SMS, purpose, wording="intake_form_2", how="import")
    await accept_fee_policy(tx, client_id, fee_version, how="signed")
    return client_id


_PRACTICE = PracticeFields(
    name="Alder Street Practice",
    label="Alder Office",
    office_phone="206-555-0198",
    sender=SENDER,
    zone=ZONE,
    daily_cap=2,
    weekly_cap=5,
    opening_grace_minutes=2,
    offer_hold_minutes=30,
    stop_mode="carrier",
)
