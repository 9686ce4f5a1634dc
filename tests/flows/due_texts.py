"""A practice with many reminders due at this very moment, made through the product's own actions.

Booked yesterday, as far as the record knows: the clock is set back while it is written, so that the real processes
that are started afterwards find the work of the moment. Invariant: every text goes to a number of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from messages import consent, plan
from messages.kinds import Channel, Purpose
from scheduler import tables
from scheduler.actions.book import book
from scheduler.actions.clients import NewContact, add_client
from scheduler.actions.practice import add_clinician, add_location, add_service, create_practice
from scheduler.actions.save_reminder_policy import save_reminder_policy
from scheduler.core.actor import OPERATOR
from scheduler.core.engine import open_engines
from scheduler.core.keys import KeyRing
from scheduler.core.record import Record, Subscriptions, Tx
from scheduler.core.vault import Vault
from scheduler.events import ParticipationBooked
from scheduler.people import sender_store
from scheduler.people import store as people
from scheduler.people.client_fields import ClientFields
from scheduler.people.practice_fields import PracticeFields, ServiceFields
from scheduler.reminders.policy import Channel as PolicyChannel
from scheduler.reminders.policy import Hours, Touch
from tests.rig.clock import ManualClock

SENDER = "+12025550199"
ROOM = 50  # places in one appointment, the most a service may have
AHEAD, TOUCH_HOURS = timedelta(hours=20), 21  # so the touch was due an hour ago
BOOKED_BEFORE = timedelta(hours=30)
AREAS = ("202", "205", "206", "212", "213", "214", "215", "216", "303", "305", "312", "313", "314", "404", "415", "503")


@dataclass(frozen=True, slots=True)
class DueTexts:
    """The practice, and the ids of the messages that are due."""

    practice_id: str
    message_ids: frozenset[str]


def open_record(url: str, ring: KeyRing, now: datetime) -> Record:
    """The record at an instant of our choice; bookings are followed by their reminders, nothing else by anything."""
    told = Subscriptions()
    told.on(ParticipationBooked, plan.on_booked)
    return Record(open_engines(url), ManualClock(now), Vault(ring), subscriptions=told)


async def make_due(url: str, ring: KeyRing, count: int) -> DueTexts:
    """Fill a migrated database with `count` clients of whom each has one reminder due now."""
    now = datetime.now(UTC)
    record = open_record(url, ring, now - BOOKED_BEFORE)
    try:
        practice_id = record.make_id(now)
        async with record.write(practice_id, OPERATOR) as tx:
            await _set_up(tx, now, list(_numbers(count)))
        async with record.read(practice_id) as r:
            wanted = select(tables.message.c.id).where(
                tables.message.c.practice_id == practice_id, tables.message.c.due_at <= now
            )
            due = frozenset((await r.conn.execute(wanted)).scalars())
    finally:
        await record.close()
    assert len(due) == count
    return DueTexts(practice_id, due)


async def _set_up(tx: Tx, now: datetime, numbers: list[str]) -> None:
    zone = where_it_is_noon(now)
    label = {"name": "Canal Street Practice", "label": "Canal Office", "office_phone": "202-555-0198"}
    await create_practice(tx, PracticeFields(**label, sender=SENDER, zone=zone))
    await sender_store.remove(tx, SENDER)  # not paced: what is tried here is not how fast a number may speak
    location = await add_location(tx, "Ground floor", zone)
    service = await add_service(tx, ServiceFields("Group", 60, capacity=ROOM))
    await save_reminder_policy(tx, [Touch("the_day", Hours(TOUCH_HOURS), PolicyChannel.SMS)], {})
    for start in range(0, len(numbers), ROOM):
        clinician = await add_clinician(tx, f"Clinician {start // ROOM + 1}")
        clients = [await _client(tx, number) for number in numbers[start : start + ROOM]]
        await book(
            tx,
            clinician_id=clinician,
            service_id=service,
            location_id=location,
            client_ids=clients,
            starts_at=(now + AHEAD).replace(second=0, microsecond=0),
            told=False,
        )


async def _client(tx: Tx, number: str) -> str:
    client_id = await add_client(tx, ClientFields("Client", f"No {number[-4:]}"), [NewContact("phone", number)])
    for point in await people.contact_points(tx, client_id):
        await consent.grant(tx, point.id, Channel.SMS, Purpose.REMINDERS, wording="test_form_1", how="import")
    return client_id


def _numbers(count: int) -> Iterator[str]:
    """Numbers kept free for fiction, a hundred for each area."""
    for number in range(count):
        yield f"+1{AREAS[number // 99]}55501{number % 99:02d}"


def where_it_is_noon(now: datetime) -> str:
    """A zone in which texts may leave now, at whatever hour the test runs."""
    ahead = 12 - now.hour
    # The sign of these names is the other way round: Etc/GMT-3 is three hours ahead of Greenwich.
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
