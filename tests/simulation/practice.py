"""The practice of a week: who works there, who comes, what is booked, and by which rules. Made by the real actions.

Invariant: everything follows from the chance that is handed in.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from messages.consent import grant
from messages.kinds import Channel
from scheduler.actions.book import book
from scheduler.actions.clients import NewContact, add_client
from scheduler.actions.fee_policy import accept_fee_policy, save_fee_policy
from scheduler.actions.practice import add_clinician, add_location, add_service, create_practice, set_week
from scheduler.actions.save_reminder_policy import save_reminder_policy
from scheduler.actions.series import start_series
from scheduler.calendar.availability import WeeklyHours
from scheduler.calendar.series import Series
from scheduler.calendar.wallclock import at_minute
from scheduler.core.actor import OPERATOR, Actor, ActorKind, Via
from scheduler.core.errors import Conflict
from scheduler.core.ids import Chance
from scheduler.core.record import Record, Tx
from scheduler.people import store as people
from scheduler.people.client_fields import ClientFields
from scheduler.people.practice_fields import PracticeFields, ServiceFields
from scheduler.reminders.policy import Channel as Way
from scheduler.reminders.policy import Days, Hours, Touch
from waitlist.actions.join import join

ZONE = ZoneInfo("America/New_York")
FRONT = Actor(ActorKind.STAFF, "f" * 32, Via.CONSOLE, frozenset({"front_desk"}))
BILLER = Actor(ActorKind.STAFF, "b" * 32, Via.CONSOLE, frozenset({"biller"}))
PUBLIC_URL = "https://lee.example"
ON_CALL = "oncall@lee.example"
# Ordinary weeks, and the two in which the clocks change.
STARTS = (
    datetime(2026, 3, 5, 11, tzinfo=UTC),
    datetime(2026, 10, 29, 11, tzinfo=UTC),
    datetime(2026, 5, 11, 11, tzinfo=UTC),
)
POLICIES = (
    (Touch("first", Days(3, 10 * 60), Way.SMS), Touch("eve", Days(1, 17 * 60), Way.SMS, only_if_unconfirmed=True)),
    (Touch("eve", Days(1, 9 * 60), Way.SMS), Touch("near", Hours(3), Way.SMS, only_if_unconfirmed=True)),
    (Touch("first", Hours(48), Way.SMS), Touch("eve", Hours(24), Way.SMS), Touch("mail", Days(1, 12 * 60), Way.EMAIL)),
    (Touch("noon", Days(1, 12 * 60), Way.SMS), Touch("late", Days(1, 20 * 60 + 15), Way.SMS)),
    (Touch("night", Days(1, 23 * 60), Way.SMS), Touch("dawn", Days(0, 6 * 60), Way.SMS)),
)  # fmt: skip


@dataclass(slots=True)
class Person:
    """A client as the world knows them.

    `stop_sid` is the text in which they said STOP, until they say START; `stopped_at` when staff or a page behind a
    link took it in for them.
    """

    number: int
    id: str
    phone: str
    zone: str | None
    language: str | None
    stop_sid: str | None = None
    stopped_at: datetime | None = None
    busy_with: int = 0


@dataclass(slots=True)
class Practice:
    """Ids of what there is, and the people."""

    id: str
    location: str
    clinicians: tuple[str, ...]
    service: str
    stop_mode: str
    people: list[Person] = field(default_factory=list)

    def at(self, phone: str) -> list[Person]:
        """Who has this number."""
        return [each for each in self.people if each.phone == phone]


async def open_practice(record: Record, chance: Chance, *, clients: int, stop_mode: str) -> Practice:
    """A practice with its people, visits of the next nine days, a series and a waitlist."""
    practice_id = record.make_id(record.clock.now())
    async with record.write(practice_id, OPERATOR) as tx:
        practice = await _house(tx, practice_id, chance, stop_mode)
        for number in range(clients):
            practice.people.append(await _person(tx, practice, number, chance))
    async with record.write(practice_id, FRONT) as tx:
        await _visits(tx, practice, chance)
    async with record.write(practice_id, FRONT) as tx:
        await _waiting(tx, practice, chance)
    return practice


async def _house(tx: Tx, practice_id: str, chance: Chance, stop_mode: str) -> Practice:
    await create_practice(
        tx,
        PracticeFields(
            name="Lee Psychotherapy",
            label="Lee Office",
            office_phone="555-555-0100",
            sender="+15005550006",
            zone=ZONE.key,
            opening_grace_minutes=chance.choice([0, 3]),
            offer_hold_minutes=chance.choice([30, 120]),
            daily_cap=chance.choice([1, 1, 2]),
            weekly_cap=chance.choice([3, 6]),
            stop_mode=stop_mode,
            alert_email=ON_CALL,
        ),
    )
    location = await add_location(tx, "Main street", ZONE.key)
    clinicians = tuple([await add_clinician(tx, name) for name in ("Dr. Lee", "Dr. Moss")])
    service = await add_service(
        tx,
        ServiceFields("Session", 50, buffer_before_minutes=5, buffer_after_minutes=5, fee_minor=15_000),
    )
    for clinician in clinicians:
        hours = [WeeklyHours(day, 9 * 60, 17 * 60, location_id=location) for day in range(5)]
        await set_week(tx, clinician, hours, date(2026, 1, 1))
    await save_reminder_policy(tx, chance.choice(POLICIES), {})
    await save_fee_policy(tx, window_hours=24, mode="percent", value=50, grace_misses=0, text="Half the fee.")
    return Practice(practice_id, location, clinicians, service, stop_mode)


async def _person(tx: Tx, practice: Practice, number: int, chance: Chance) -> Person:
    # Two of them share a phone, as couples do.
    phone = practice.people[0].phone if number == 1 else f"+1202555{1000 + number}"
    language = chance.choice([None, None, None, "en", "es"])
    zone = chance.choice([None, None, None, "America/Los_Angeles", "America/Chicago"])
    contacts = [NewContact("phone", phone)]
    if chance.random() < 0.4:
        contacts.append(NewContact("email", f"person{number}@mail.example"))
    client_id = await add_client(tx, ClientFields("Person", f"Number{number}", language=language, zone=zone), contacts)
    for point in await people.contact_points(tx, client_id):
        channel = Channel.SMS if point.kind == "phone" else Channel.EMAIL
        for purpose in ("reminders", "waitlist"):
            if chance.random() < 0.92:
                await grant(tx, point.id, channel, purpose, wording="form-1", how=chance.choice(["import", "form"]))
    if chance.random() < 0.8:
        await accept_fee_policy(tx, client_id, 1)
    return Person(number, client_id, phone, zone, language)


async def _visits(tx: Tx, practice: Practice, chance: Chance) -> None:
    today = tx.now.astimezone(ZONE).date()
    hours = [(today + timedelta(days=day), hour, who) for day in range(10) for hour in range(9, 16) for who in (0, 1)]
    weekdays = [each for each in hours if each[0].weekday() < 5]
    chance.shuffle(weekdays)
    for person in practice.people:
        for _ in range(chance.choice([0, 1, 1, 1, 2])):
            day, hour, who = weekdays.pop()
            starts_at = at_minute(day, hour * 60, ZONE)
            if starts_at <= tx.now:
                continue
            await book(
                tx,
                clinician_id=practice.clinicians[who],
                service_id=practice.service,
                location_id=practice.location,
                client_ids=(person.id,),
                starts_at=starts_at,
                told=chance.random() < 0.5,
            )
    if chance.random() < 0.3:
        person = chance.choice(practice.people)
        rule = Series(first_day=today + timedelta(days=1), minute=16 * 60, last_day=today + timedelta(days=15))
        try:
            async with tx.conn.begin_nested():
                await start_series(
                    tx, rule, clinician_id=practice.clinicians[0], service_id=practice.service,
                    location_id=practice.location, client_ids=(person.id,),
                )  # fmt: skip
        except Conflict:
            pass


async def _waiting(tx: Tx, practice: Practice, chance: Chance) -> None:
    for person in chance.sample(practice.people, k=min(6, len(practice.people))):
        await join(tx, client_id=person.id, service_id=practice.service, priority=chance.choice([0, 0, 1]))
