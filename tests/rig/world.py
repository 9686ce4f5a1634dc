"""A small practice to test in: two clinicians, one place in New York, clients with phones and consent left to the test.

    world = await make_world(record)
    ana = await world.client("Ana", "Torres", phone="+12065550101")

Invariant: everything is made through the actions the product uses.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from scheduler.actions.book import Booked, book
from scheduler.actions.clients import NewContact, add_client
from scheduler.actions.practice import add_clinician, add_location, add_service, create_practice, set_week
from scheduler.calendar.availability import WeeklyHours
from scheduler.core.actor import OPERATOR, Actor
from scheduler.core.record import Reading, Record, Tx
from scheduler.people import sender_store
from scheduler.people.client_fields import ClientFields
from scheduler.people.practice_fields import PracticeFields, ServiceFields

ZONE = ZoneInfo("America/New_York")
PRACTICE_ID = "0" * 31 + "1"


@dataclass(frozen=True)
class World:
    """Ids of what there is. `session` lasts 50 minutes with 10 after it, `group` 60 with places for four."""

    record: Record
    practice_id: str
    location: str
    clinician: str
    colleague: str
    session: str
    group: str

    def write(self, actor: Actor = OPERATOR) -> AbstractAsyncContextManager[Tx]:
        return self.record.write(self.practice_id, actor)

    def read(self) -> AbstractAsyncContextManager[Reading]:
        return self.record.read(self.practice_id)

    async def client(
        self,
        first: str = "Ana",
        last: str = "Torres",
        *,
        phone: str | None = None,
        email: str | None = None,
        **more: str,
    ) -> str:
        contacts = [NewContact("phone", phone)] if phone else []
        contacts += [NewContact("email", email)] if email else []
        async with self.write() as tx:
            return await add_client(tx, ClientFields(first, last, **more), contacts)

    async def book(
        self, client_ids: str | Sequence[str], starts_at: datetime, *, service: str | None = None, **more: object
    ) -> Booked:
        ids = [client_ids] if isinstance(client_ids, str) else list(client_ids)
        parts = {"clinician_id": self.clinician, "location_id": self.location, **more}
        async with self.write() as tx:
            return await book(tx, service_id=service or self.session, client_ids=ids, starts_at=starts_at, **parts)


async def make_world(record: Record, practice_id: str = PRACTICE_ID, **settings: object) -> World:
    """A practice open Monday to Friday, 9:00 to 17:00."""
    fields = {
        "name": "Lee Office",
        "label": "Lee Office",
        "office_phone": "555-555-0100",
        "sender": "+12065550199",
        "zone": ZONE.key,
        **settings,
    }
    async with record.write(practice_id, OPERATOR) as tx:
        await create_practice(tx, PracticeFields(**fields))
        await sender_store.remove(tx, str(fields["sender"]))  # not paced: nothing here is about how fast it may speak
        location = await add_location(tx, "Main street", ZONE.key)
        clinicians = [await add_clinician(tx, name) for name in ("Dr. Holloway", "Dr. Renner")]
        session = await add_service(
            tx, ServiceFields("Session", 50, buffer_after_minutes=10, fee_minor=15000, code_family="psychotherapy")
        )
        group = await add_service(tx, ServiceFields("Group", 60, capacity=4, fee_minor=6000))
        hours = [WeeklyHours(day, 9 * 60, 17 * 60, location_id=location) for day in range(5)]
        for clinician in clinicians:
            await set_week(tx, clinician, hours, date(2020, 1, 1))
    return World(record, practice_id, location, clinicians[0], clinicians[1], session, group)


def local(day: str, clock_time: str) -> datetime:
    """`local("2026-03-10", "15:00")`: that wall-clock time in New York."""
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock_time), tzinfo=ZONE)
