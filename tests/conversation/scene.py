"""A practice with people, phones and a calendar, in which tests let things happen and read what was said.

Everything is done through the actions and the outbox that run in production; only the carrier is a list.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from bot.conversation import due as conversation
from messages import task_store
from messages.channels.base import Accepted, Listed, Outgoing, SendOutcome
from messages.consent import grant
from messages.inbound import Received, receive
from messages.kinds import Channel, Kind, Purpose
from messages.limits import Limits
from messages.outbox import Draft, enqueue
from messages.outbox_store import Message, messages_of
from messages.recipients import recipient_for
from messages.transmit import Transmitter
from scheduler import tables
from scheduler.actions.book import book
from scheduler.actions.clients import NewContact, add_client
from scheduler.actions.practice import add_clinician, add_location, add_service, create_practice, set_week
from scheduler.appointments import store as appointments
from scheduler.calendar.availability import WeeklyHours
from scheduler.core.actor import CARRIER, OPERATOR, Actor, ActorKind, Via
from scheduler.core.record import Reading, Record
from scheduler.people import sender_store
from scheduler.people import store as people
from scheduler.people.client_fields import ClientFields
from scheduler.people.practice_fields import PracticeFields, ServiceFields
from scheduler.tables import audit_entry
from tests.rig.clock import ManualClock
from waitlist.actions.join import join
from waitlist.due import do_due

ZONE = ZoneInfo("America/New_York")
FRONT = Actor(ActorKind.STAFF, "f" * 32, Via.CONSOLE, frozenset({"front_desk"}))
GREETINGS = (Kind.WAITLIST_JOINED, Kind.ENROLMENT)
NAMES = ("Ana Ruiz", "Bo Stone", "Cleo Park", "Dov Levi", "Eva Lund", "Finn Oak", "Gia Moss", "Hal Reed")


class Carrier:
    """A way out that always works and keeps what it was given: number and text, in order."""

    keeps_list = True

    def __init__(self) -> None:
        self.accepted: list[tuple[str, str]] = []

    async def send(self, outgoing: Outgoing) -> SendOutcome:
        self.accepted.append((outgoing.to, outgoing.text))
        return Accepted(f"SM{len(self.accepted):032x}", "queued")

    async def list_sent(self, to: str, since: datetime) -> Sequence[Listed]:
        return ()

    async def list_received(self, at: str, since: datetime) -> Sequence[Listed]:
        return ()


def plain(text: str) -> str:
    """A text without the secret of its link."""
    return re.sub(r"https://lee\.example/l/[0-9A-Za-z]{22}", "LINK", text)


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
    carrier: Carrier = field(default_factory=Carrier)
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
        """A client's messages, planned touches apart, in the order they were queued, which the audit chain knows."""
        e = audit_entry.c
        noted = select(e.subject_id).where(e.practice_id == self.practice, e.subject == "message")
        async with self.record.read(self.practice) as r:
            order = list((await r.conn.execute(noted.order_by(e.seq))).scalars())
            found = [each for each in await messages_of(r, client_id) if each.touch is None]
        return sorted(found, key=lambda each: order.index(each.id))

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

    async def hear(self, number: str, body: str, **said: Any) -> str:
        """A text comes in from a number; nobody has dealt with it yet. `said`: more of what a webhook tells."""
        async with self.record.write(self.practice, CARRIER) as tx:
            sid = f"SM{next(self._numbers):032x}"
            inbound_id = await receive(tx, Received(sid=sid, sender=number, body=body, **said))
        assert inbound_id is not None
        return inbound_id

    async def work(self) -> None:
        """Go round the duties until nothing is due."""
        limits = Limits()
        transmitter = Transmitter(
            self.record, {Channel.SMS: self.carrier}, limits, worker="w", public_url="https://lee.example"
        )
        for _ in range(20):
            done = await conversation.do_due(self.record, self.practice)
            waves = await do_due(self.record, self.practice)
            done += waves.waves + waves.expired + (await transmitter.run(self.practice)).done
            if not done:
                return
        raise AssertionError("the duties never come to rest")

    async def says(self, number: str, body: str, **options) -> list[str]:
        """Somebody writes, a little later; the texts their phone gets in answer."""
        await self.work()
        self.pass_time(seconds=20)
        before = len(self.carrier.accepted)
        await self.hear(number, body, **options)
        await self.work()
        return [plain(text) for to, text in self.carrier.accepted[before:] if to == number]

    def phone(self, number: str) -> list[str]:
        """Everything a phone was sent, without the links' secrets."""
        return [plain(text) for to, text in self.carrier.accepted if to == number]

    def opening_text(self, number: str) -> str:
        """The one offer on a phone."""
        (text,) = [text for text in self.phone(number) if ": opening " in text]
        return text

    async def tasks(self) -> list[tuple[str, bool]]:
        """What waits for a person: kind, and whether it is urgent."""
        async with self.record.read(self.practice) as r:
            return sorted((each.kind, each.urgent) for each in await task_store.live(r))

    async def remind(self, *participation_ids: str) -> None:
        """The visits' reminder texts leave, as the policy would have them, and after whatever is due already."""
        await self.work()
        async with self.record.write(self.practice, OPERATOR) as tx:
            for participation_id in participation_ids:
                visit = await appointments.visit(tx, participation_id)
                point = await recipient_for(tx, visit.client_id, Channel.SMS, Purpose.REMINDERS)
                draft = Draft(
                    kind=Kind.REMINDER,
                    channel=Channel.SMS,
                    to=point.id,
                    dedupe=f"reminded:{participation_id}:{visit.revision}",
                    participation_id=participation_id,
                    revision=visit.revision,
                )
                assert await enqueue(tx, draft)
        await self.work()

    async def remind_again(self, participation_id: str) -> None:
        """Try to send another text about a visit; whether it leaves is the gate's to say."""
        async with self.record.write(self.practice, OPERATOR) as tx:
            visit = await appointments.visit(tx, participation_id)
            (point,) = await people.contact_points(tx, visit.client_id)
            dedupe = f"again:{tx.new_id()}"
            await enqueue(
                tx,
                Draft(
                    kind=Kind.REMINDER,
                    channel=Channel.SMS,
                    to=point.id,
                    dedupe=dedupe,
                    participation_id=participation_id,
                    revision=visit.revision,
                ),
            )
        await self.work()

    async def live_tasks(self, r: Reading) -> list[task_store.Task]:
        """What waits for a person, the nudges about missing channels apart."""
        return [each for each in await task_store.live(r) if each.kind != "no_channel"]

    async def everybody(self, r: Reading) -> list[people.ContactPoint]:
        """Every contact point, oldest client first."""
        found = await people.search_clients(r, "", 100)
        points = await people.contact_points_of(r, [client.id for client in found])
        return [point for client in reversed(found) for point in points[client.id]]

    async def holds(self, r: Reading) -> int:
        """How many times are held for choosing."""
        b = tables.busy.c
        wanted = select(func.count()).where(b.practice_id == self.practice, b.kind == "choice")
        return (await r.conn.execute(wanted)).scalar_one()

    async def clinician_without_hours(self) -> str:
        async with self.record.write(self.practice, OPERATOR) as tx:
            return await add_clinician(tx, "Dr. Away")

    async def clinician_with_hours(self) -> str:
        async with self.record.write(self.practice, OPERATOR) as tx:
            clinician = await add_clinician(tx, "Dr. New")
            hours = [WeeklyHours(day, 9 * 60, 17 * 60, location_id=self.location) for day in range(5)]
            await set_week(tx, clinician, hours, date(2026, 1, 1))
        return clinician

    async def book_together(self, *client_ids: str, when: str) -> str:
        """A visit of several; the first one's place."""
        async with self.record.write(self.practice, OPERATOR) as tx:
            couples = await add_service(tx, ServiceFields("Couple", 50, capacity=2))
            booked = await book(
                tx,
                clinician_id=self.lee,
                service_id=couples,
                location_id=self.location,
                client_ids=client_ids,
                starts_at=local(when),
                told=False,
            )
        return booked.participation_ids[0]

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
        await sender_store.remove(tx, str(given["sender"]))  # not paced: what is tried here is what is said
        location = await add_location(tx, "Main street", "America/New_York")
        lee, moss = await add_clinician(tx, "Dr. Lee"), await add_clinician(tx, "Dr. Moss")
        service = await add_service(
            tx, ServiceFields("Session", 50, buffer_before_minutes=5, buffer_after_minutes=10, fee_minor=15_000)
        )
        for clinician in (lee, moss):
            hours = [WeeklyHours(day, 9 * 60, 17 * 60, location_id=location) for day in range(5)]
            await set_week(tx, clinician, hours, date(2026, 1, 1))
    return Scene(record, clock, practice_id, location, lee, moss, service)
