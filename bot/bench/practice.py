"""The throw-away practice of a benchmark: reminders that are due now, and many that are not due for a long time.

Due ones are clients, visits of tomorrow and consents in bulk, planned by the product's own planner as if they had been
imported the day before. Pending ones are written by the database itself (fill_store.py). Nobody here is real: numbers
are of the range kept free for fiction. Invariant: every client has a number of their own, and one due reminder.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bot.bench import fill_store
from bot.bench.past import SetBack
from messages import plan
from scheduler.actions.practice import add_clinician, add_location, add_service, create_practice
from scheduler.actions.save_reminder_policy import save_reminder_policy
from scheduler.core.actor import OPERATOR
from scheduler.core.record import Record, Tx
from scheduler.events import VisitsImported
from scheduler.people import client_edit_store as edits
from scheduler.people.client_fields import ClientFields
from scheduler.people.practice_fields import PracticeFields, ServiceFields
from scheduler.reminders.policy import Channel, Hours, Touch

SENDER: Final = "+12025550199"
UNPACED: Final = 1_000_000
"""Segments a second of the benchmark's sender: pacing is asked, and never says wait."""
BEFORE: Final = timedelta(hours=30)
SOONEST, LATEST = timedelta(hours=20, minutes=30), timedelta(hours=23, minutes=50)
TOUCH: Final = Touch("day_before", Hours(24), Channel.SMS)
CLINICIANS: Final = 20
AT_ONCE: Final = 1000
VISIT: Final = timedelta(minutes=50)
PURPOSES: Final = ("reminders", "waitlist")


@dataclass(slots=True)
class BenchPractice:
    """What was set up, and how many clients it has by now."""

    record: Record
    clock: SetBack
    id: str
    location_id: str
    service_id: str
    clinician_ids: tuple[str, ...]
    zone: str
    clients: int = field(default=0)

    async def add_due(self, count: int, *, later: timedelta = timedelta(0), planned: bool = True) -> tuple[str, ...]:
        """So many more clients with a visit tomorrow, each with one reminder that is due now (or all of it later).

        Returns the places; without `planned`, they have no reminder yet.
        """
        now = self.clock.now() + later
        made: list[str] = []
        async with self.record.write(self.id, OPERATOR) as tx:
            await fill_store.expect_many(tx, count)
        self.clock.by = BEFORE
        try:
            for start in range(0, count, AT_ONCE):
                async with self.record.write(self.id, OPERATOR) as tx:
                    some = await self._import(tx, now, min(AT_ONCE, count - start))
                    if planned:
                        await plan.on_imported(tx, VisitsImported(some))
                made += some
        finally:
            self.clock.by = timedelta(0)
        await self.settle_in()
        return tuple(made)

    async def add_pending(self, total: int) -> None:
        """Fill up to `total` planned reminders of the weeks to come, three for each visit. Takes clients to exist."""
        async with self.record.write(self.id, OPERATOR) as tx:
            await fill_store.fill_pending(tx, total, self.service_id, self.location_id, self.clinician_ids, self.zone)
        await self.settle_in()

    async def settle_in(self) -> None:
        """What waits now is expected, and the database knows the size of its tables, as after a night of its own."""
        async with self.record.write(self.id, OPERATOR) as tx:
            await fill_store.settle_in(tx)

    async def _import(self, tx: Tx, now: datetime, count: int) -> tuple[str, ...]:
        clients: list[dict[str, Any]] = []
        points: list[dict[str, Any]] = []
        words: list[dict[str, Any]] = []
        visits: list[tuple[str, str, datetime]] = []
        consents: list[dict[str, Any]] = []
        for number in range(self.clients, self.clients + count):
            client_id, point_id = tx.new_id(), tx.new_id()
            given = ClientFields("Client", f"No {number}", language="es" if number % 5 == 0 else "en")
            row = edits.client_row(tx, client_id, given)
            clients.append(row)
            box = tx.vault.box(row["data_key"])
            phone = phone_of(number)
            points.append(edits.contact_row(tx, box, point_id, client_id, "phone", phone, verified_at=tx.now))
            words += edits.word_rows(tx, client_id, given, [phone])
            consents += _consents(tx, point_id)
            visits.append((tx.new_id(), client_id, _starts_at(now, number)))
        await edits.insert_rows(tx, clients, points, words)
        await fill_store.add_visits(
            tx, consents, [self._appointment(tx, *visit) for visit in visits], [_place(tx, *visit) for visit in visits]
        )
        self.clients += count
        return tuple(visit_id for visit_id, _, _ in visits)

    def _appointment(self, tx: Tx, visit_id: str, _client_id: str, starts_at: datetime) -> dict[str, Any]:
        return {
            "practice_id": tx.practice_id,
            "id": visit_id,
            "clinician_id": self.clinician_ids[int(visit_id, 16) % len(self.clinician_ids)],
            "service_id": self.service_id,
            "location_id": self.location_id,
            "starts_at": starts_at,
            "ends_at": starts_at + VISIT,
            "zone": self.zone,
            "state": "booked",
            "revision": 1,
            "created_at": tx.now,
        }


async def set_up(record: Record, clock: SetBack) -> BenchPractice:
    """A practice in an empty, migrated database. Its only touch is the day before."""
    now = clock.now()
    zone = where_it_is_noon(now)
    clock.by = BEFORE
    practice_id = record.make_id(clock.now())
    fields = PracticeFields("Bench Street Practice", "Bench Office", "202-555-0198", SENDER, zone)
    try:
        async with record.write(practice_id, OPERATOR) as tx:
            await create_practice(tx, fields)
            location = await add_location(tx, "Ground floor", zone)
            service = await add_service(tx, ServiceFields("Session", 50))
            clinicians = tuple([await add_clinician(tx, f"Clinician {n + 1}") for n in range(CLINICIANS)])
            await save_reminder_policy(tx, [TOUCH], {})
            await fill_store.set_rate(tx, SENDER, UNPACED)
    finally:
        clock.by = timedelta(0)
    return BenchPractice(record, clock, practice_id, location, service, clinicians, zone)


def phone_of(number: int) -> str:
    """A number of our own for each client: the exchange 555 with 01xx first, whose numbers nobody has."""
    hundred, last = divmod(number, 100)
    block, area = divmod(hundred, 800)
    return f"+1{200 + area}555{1 + block:02d}{last:02d}"


def where_it_is_noon(now: datetime) -> str:
    """A zone in which texts may leave now, at whatever hour the benchmark runs."""
    ahead = 12 - now.hour
    # The sign of these names is the other way round: Etc/GMT-3 is three hours ahead of Greenwich.
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def _starts_at(now: datetime, number: int) -> datetime:
    """Tomorrow, on a five-minute mark, so that the touch a day before has come due in the last hours."""
    steps = int((LATEST - SOONEST) / timedelta(minutes=5))
    start = (now + SOONEST).replace(second=0, microsecond=0)
    start -= timedelta(minutes=start.minute % 5)
    return start + timedelta(minutes=5 * (number * 7 % steps))


def _consents(tx: Tx, point_id: str) -> Iterator[dict[str, Any]]:
    for purpose in PURPOSES:
        yield {
            "practice_id": tx.practice_id,
            "id": tx.new_id(),
            "contact_point_id": point_id,
            "channel": "sms",
            "purpose": purpose,
            "granted": True,
            "wording": "bench_form_1",
            "how": "import",
            "at": tx.now,
        }


def _place(tx: Tx, visit_id: str, client_id: str, _starts_at: datetime) -> dict[str, Any]:
    return {
        "practice_id": tx.practice_id,
        "id": visit_id,
        "appointment_id": visit_id,
        "client_id": client_id,
        "state": "booked",
        "booked_at": tx.now,
        "moved_count": 0,
        "filled_after_cancel": False,
        "attendance": "unmarked",
    }
