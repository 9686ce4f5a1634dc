"""A practice with people, phones and a calendar, in which tests let things happen and read what was said.

Everything is done through the actions and the outbox that run in production; only the carrier is a list.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from messages.consent import grant
from messages.kinds import Channel, Kind
from messages.outbox_store import Message, messages_of
from scheduler import tables
from scheduler.actions.book import book
from scheduler.actions.clients import NewContact, add_client
from scheduler.actions.practice import add_clinician, add_location, add_service, create_practice, set_week
from scheduler.appointments import store as appointments
from scheduler.calendar.availability import WeeklyHours
from scheduler.core.actor import OPERATOR, Actor, ActorKind, Via
from scheduler.core.record import Reading, Record, Subscriptions
from scheduler.events import (
    MessageUndeliverable,
    NumberStopped,
    ParticipationRestored,
    TimeFreed,
    TimeTaken,
)
from scheduler.people import store as people
from scheduler.people.client_fields import ClientFields
from scheduler.people.practice_fields import PracticeFields, ServiceFields
from scheduler.tables import audit_entry
from tests.rig.clock import ManualClock
from waitlist import openings
from waitlist.actions.join import join

ZONE = ZoneInfo("America/New_York")
FRONT = Actor(ActorKind.STAFF, "f" * 32, Via.CONSOLE, frozenset({"front_desk"}))
GREETINGS = (Kind.WAITLIST_JOINED, Kind.ENROLMENT)
NAMES = ("Ana Ruiz", "Bo Stone", "Cleo Park", "Dov Levi", "Eva Lund", "Finn Oak", "Gia Moss", "Hal Reed")


def bind_waitlist(subscriptions: Subscriptions) -> None:
    subscriptions.on(TimeFreed, openings.on_time_freed)
    subscriptions.on(ParticipationRestored, openings.on_restored)
    subscriptions.on(TimeTaken, openings.on_time_taken)
    subscriptions.on(NumberStopped, openings.on_stopped)
    subscriptions.on(MessageUndeliverable, openings.on_undeliverable)


def local(text: str) -> datetime:
    """ "03-10 14:00" in New York, in the year of the rig's clock."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE)


@dataclass
class Scene:
    record: Record
    clock: ManualClock
    practice: str
    location: str
    lee: str
    moss: str
    service: str
    _numbers: count = field(default_factory=lambda: count(100))

    async def client(
        self, *, phone: str | None = None, language: str | None = None, waitlist: bool = True, reminders: bool = True
    ) -> str:
        number = next(self._numbers)
        first, last = NAMES[number % len(NAMES)].split()
        async with self.record.write(self.practice, OPERATOR) as tx:
            contact = NewContact("phone", phone or f"+1202555{number:04d}")
            client_id = await add_client(tx, ClientFields(first, last, language=language), [contact])
            (point,) = await people.contact_points(tx, client_id)
            for purpose, agreed in (("reminders", reminders), ("waitlist", waitlist)):
                if agreed:
                    await grant(tx, point.id, Channel.SMS, purpose, wording="test", how="form")
        return client_id

    async def number_of(self, client_id: str) -> str:
        async with self.record.read(self.practice) as r:
            (point,) = await people.contact_points(r, client_id)
            return point.value

    async def book(self, client_id: str, when: str, *, clinician: str | None = None, **options) -> str:
        async with self.record.write(self.practice, FRONT) as tx:
            booked = await book(
                tx,
                clinician_id=clinician or self.lee,
                service_id=self.service,
                location_id=self.location,
                client_ids=(client_id,),
                starts_at=local(when),
                told=False,
                **options,
            )
        return booked.participation_ids[0]

    async def wait(self, client_id: str, **wishes) -> str:
        async with self.record.write(self.practice, FRONT) as tx:
            return await join(tx, client_id=client_id, service_id=self.service, **wishes)

    async def visit(self, participation_id: str) -> appointments.Visit:
        async with self.record.read(self.practice) as r:
            found = await appointments.visit(r, participation_id)
        assert found is not None
        return found

    async def upcoming(self, client_id: str) -> list[str]:
        async with self.record.read(self.practice) as r:
            visits = await appointments.upcoming(r, (client_id,), r.now)
        return [f"{visit.starts_at.astimezone(ZONE):%m-%d %H:%M} {visit.state}" for visit in visits]

    async def messages(self, client_id: str) -> list[Message]:
        """A client's messages in the order they were queued, which the audit chain knows."""
        e = audit_entry.c
        queued = select(e.subject_id).where(e.practice_id == self.practice, e.action == "message.queued")
        async with self.record.read(self.practice) as r:
            order = list((await r.conn.execute(queued.order_by(e.seq))).scalars())
            return sorted(await messages_of(r, client_id), key=lambda each: order.index(each.id))

    async def told(self, client_id: str) -> list[str]:
        """The kinds a client was told, in order, greetings apart; what was taken back in time is not among them."""
        found = await self.messages(client_id)
        return [each.kind.value for each in found if each.kind not in GREETINGS and each.state != "cancelled"]

    async def deliver(self) -> None:
        """Whatever is due has left and was accepted."""
        async with self.record.write(self.practice, OPERATOR) as tx:
            m = tables.message
            due = (m.c.practice_id == self.practice, m.c.state == "pending", m.c.due_at <= tx.now)
            await tx.conn.execute(update(m).where(*due).values(state="sent", intent_at=tx.now, sent_at=tx.now))

    async def noted(self, r: Reading, action: str) -> Mapping[str, Any]:
        """The detail of the newest audit entry of an action."""
        e = audit_entry
        wanted = select(e.c.detail).where(e.c.practice_id == self.practice, e.c.action == action)
        detail = (await r.conn.execute(wanted.order_by(e.c.seq.desc()))).scalars().first()
        assert detail is not None
        return detail

    def pass_time(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))


async def set_the_scene(record: Record, clock: ManualClock, **practice: object) -> Scene:
    practice_id = record.make_id(clock.now())
    given = {
        "name": "Lee Psychotherapy",
        "label": "Lee Office",
        "office_phone": "555-555-0100",
        "sender": "+15005550006",
        "zone": "America/New_York",
        "opening_grace_minutes": 0,
        "offer_hold_minutes": 120,
        "daily_cap": 20,
        "weekly_cap": 50,
        **practice,
    }
    async with record.write(practice_id, OPERATOR) as tx:
        await create_practice(tx, PracticeFields(**given))
        location = await add_location(tx, "Main street", "America/New_York")
        lee, moss = await add_clinician(tx, "Dr. Lee"), await add_clinician(tx, "Dr. Moss")
        service = await add_service(
            tx, ServiceFields("Session", 50, buffer_before_minutes=5, buffer_after_minutes=10, fee_minor=15_000)
        )
        for clinician in (lee, moss):
            hours = [WeeklyHours(day, 9 * 60, 17 * 60, location_id=location) for day in range(5)]
            await set_week(tx, clinician, hours, date(2026, 1, 1))
    return Scene(record, clock, practice_id, location, lee, moss, service)
