"""A small practice for tests, set up through the real actions: New York hours, two clinicians, canary clients.

Its clients are those of tests/rig/canary.py, so that whatever a test does with them is watched for leaks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from scheduler import tables
from scheduler.actions.book import Booked, book
from scheduler.actions.clients import NewContact, add_client
from scheduler.actions.practice import add_clinician, add_location, add_service, create_practice, set_week
from scheduler.calendar.availability import WeeklyHours
from scheduler.core.actor import Actor, ActorKind, Via
from scheduler.core.record import Record, Tx
from scheduler.people import sender_store
from scheduler.people.client_fields import ClientFields
from scheduler.people.practice_fields import PracticeFields, ServiceFields
from tests.rig.canary import Canary, canary

ZONE = "America/New_York"
SENDER = "+12025550199"
OWNER = Actor(ActorKind.STAFF, "0" * 31 + "1", Via.CONSOLE, frozenset({"owner"}))
FRONT_DESK = Actor(ActorKind.STAFF, "0" * 31 + "2", Via.CONSOLE, frozenset({"front_desk"}))
PURPOSES = ("reminders", "waitlist")
_NINE_TO_FIVE = (9 * 60, 17 * 60)


@dataclass(frozen=True, slots=True)
class Known:
    """A client of the office: who it is and the ids of the record."""

    who: Canary
    id: str
    phone_id: str | None
    email_id: str | None


@dataclass(frozen=True, slots=True)
class Office:
    """Ids of a practice that exists in the record, and the few acts that most tests begin with."""

    record: Record
    practice_id: str
    location_id: str
    clinician_ids: tuple[str, ...]
    service_id: str

    async def client(
        self,
        number: int = 0,
        *,
        phone: bool = True,
        email: bool = False,
        consents: Iterable[str] = PURPOSES,
        language: str | None = None,
        phone_of: int | None = None,
    ) -> Known:
        """A client who may be texted for those purposes; `phone_of` lets two share the number of one."""
        who = canary(number)
        contacts = [NewContact("phone", canary(number if phone_of is None else phone_of).phone)] if phone else []
        contacts += [NewContact("email", who.email)] if email else []
        given = ClientFields(who.given, who.family, birth_date=who.birth_date, language=language)
        async with self.record.write(self.practice_id, OWNER) as tx:
            client_id = await add_client(tx, given, contacts)
            points = await _points(tx, client_id)
            for kind, point_id in points.items():
                await _consent(tx, point_id, "sms" if kind == "phone" else "email", consents)
        return Known(who, client_id, points.get("phone"), points.get("email"))

    async def book(self, *clients: Known, at: datetime, clinician: int = 0, told: bool = True) -> Booked:
        """Book clients with a clinician, as staff does."""
        async with self.record.write(self.practice_id, FRONT_DESK) as tx:
            return await book(
                tx,
                clinician_id=self.clinician_ids[clinician],
                service_id=self.service_id,
                location_id=self.location_id,
                client_ids=[client.id for client in clients],
                starts_at=at,
                told=told,
            )


async def open_office(record: Record, *, clinicians: int = 2, **changes: object) -> Office:
    """A practice in New York: 50-minute visits for two at most, Monday to Friday from nine to five.

    Args:
        record: where it is set up.
        clinicians: how many work there.
        changes: fields of PracticeFields that should differ.
    """
    practice_id = record.make_id(record.clock.now())
    fields = {
        "name": "Hudson Quiet Rooms",
        "label": "Lee Office",
        "office_phone": "202-555-0198",
        "sender": SENDER,
        "zone": ZONE,
        **changes,
    }
    async with record.write(practice_id, OWNER) as tx:
        await create_practice(tx, PracticeFields(**fields))  # type: ignore[arg-type]  # the caller's to get right
        await sender_store.remove(tx, SENDER)  # not paced: what is tried here is not how fast a number may speak
        location_id = await add_location(tx, "First floor", ZONE)
        service_id = await add_service(
            tx, ServiceFields("Session", 50, capacity=2, fee_minor=15_000, code_family="psychotherapy")
        )
        clinician_ids = [await add_clinician(tx, f"Clinician {number + 1}") for number in range(clinicians)]
        hours = [WeeklyHours(weekday, *_NINE_TO_FIVE, location_id=location_id) for weekday in range(5)]
        for clinician_id in clinician_ids:
            await set_week(tx, clinician_id, hours, date(2026, 1, 1))
    return Office(record, practice_id, location_id, tuple(clinician_ids), service_id)


def local(text: str, zone: str = ZONE) -> datetime:
    """An instant as people there would write it: `local("2026-03-09 14:00")`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


async def _points(tx: Tx, client_id: str) -> dict[str, str]:
    c = tables.contact_point.c
    wanted = tables.contact_point.select().where(c.practice_id == tx.practice_id, c.client_id == client_id)
    return {row.kind: row.id for row in await tx.conn.execute(wanted)}


async def _consent(tx: Tx, contact_point_id: str, channel: str, purposes: Iterable[str]) -> None:
    """Consent as a form on file gives it, written plainly: nobody is greeted, nothing is planned because of it."""
    for purpose in purposes:
        await tx.conn.execute(
            insert(tables.consent).values(
                practice_id=tx.practice_id,
                id=tx.new_id(),
                contact_point_id=contact_point_id,
                channel=channel,
                purpose=purpose,
                granted=True,
                wording="test-form-1",
                how="form",
                at=tx.now,
            )
        )
