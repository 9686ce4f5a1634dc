"""Four months of an ordinary practice: series, visits kept, moved, cancelled, missed, marked, and a few not marked.

Told through the product's own actions with a clock that is set to each moment, so that reports, fees and the audit
chain have something true to say. The same seed tells the same story. No texts are invented: sending begins with the
demo. Invariant: nothing here happens after the demo's first moment.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.demo.filled import Filling
from bot.demo.past import PastClock
from bot.demo.people import CLINICIANS
from bot.demo.practice import ZONE, Office
from bot.demo.scene import ACHTERBERG, MISSES, PLAYED_PEOPLE, STILL_WAIT, WAITLIST_AGE
from scheduler.actions.attend import attend
from scheduler.actions.book import book
from scheduler.actions.cancel import cancel
from scheduler.actions.confirm import confirm
from scheduler.actions.fees import approve_fee, waive_fee
from scheduler.actions.move import move
from scheduler.actions.series import extend_series, start_series
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.calendar.open_times import open_times
from scheduler.calendar.series import Series
from scheduler.calendar.wallclock import at_minute, zone_of
from scheduler.core.actor import OPERATOR, Actor
from scheduler.core.errors import Conflict, Invalid
from scheduler.core.ids import Chance, seeded_chance
from scheduler.core.record import Record, Tx
from scheduler.fees import store as fee_store
from scheduler.fees.ledger import EntryKind, WaiveReason

WEEKS = 17
WEEKLY = 48  # of the clients, so many come every week or every other
BUSIEST = 5  # hours of a clinician's day that the series are dealt to
FORTNIGHTLY = 0.2
CONFIRMS, CANCELS_IN_TIME, CALLED_OFF, MOVES = 0.68, 0.74, 0.765, 0.80  # two days ahead; each up to its bound
CANCELS_LATE = 0.035
MISSED, MISSED_THOUGH_CONFIRMED = 0.14, 0.03
APPROVED = 0.7
FILLED_SEED = 11
LEFT_UNMARKED = 0.15  # of the last days' visits
_ZONE = zone_of(ZONE)

Happening = Callable[[Tx, Office], Awaitable[None]]


@dataclass(slots=True)
class Story:
    """One telling."""

    record: Record
    clock: PastClock
    practice_id: str
    office: Office
    decider: Actor
    chance: Chance
    filling: Filling = field(init=False)

    def __post_init__(self) -> None:
        """Those who wait are of those who are not played."""
        chance = seeded_chance(FILLED_SEED)  # its own, so that it changes nothing else that happens
        wait_later = {self.office.clients[place] for place in STILL_WAIT}
        others = [each for each in self._others if each not in wait_later]
        self.filling = Filling(self.record, self.clock, self.practice_id, self.office, chance, others)

    async def tell(self, first_day: date, until: datetime, meanwhile: Mapping[date, Happening]) -> None:
        """Everything from `first_day` up to the instant the demo begins, and what else happens on certain days."""
        await self._start_series(first_day)
        day = first_day
        while at_minute(day, 0, _ZONE) < until:
            await self._morning(day, until)
            if day in meanwhile:
                async with self.record.write(self.practice_id, OPERATOR) as tx:
                    await meanwhile[day](tx, self.office)
            await self._evening(day, until)
            day += timedelta(days=1)
        self.clock.set(until)
        await self._decide_fees(until)
        await self.filling.end(until)
        await self._extend()
        await self._occasional(until)

    @property
    def _others(self) -> list[str]:
        """Everybody but those who are played on the phones: their part has not begun."""
        return [each for place, each in enumerate(self.office.clients) if place not in PLAYED_PEOPLE]

    async def _start_series(self, first_day: date) -> None:
        """Weekly and fortnightly visits, on the hour, in the hours of each clinician."""
        self.clock.set(at_minute(first_day, 7 * 60, _ZONE))
        slots = [
            (number, weekday, minute)
            for number, each in enumerate(CLINICIANS)
            for weekday in each.weekdays
            for minute in range(each.start_minute + 60, each.start_minute + 60 * (1 + BUSIEST), 60)
        ]
        self.chance.shuffle(slots)
        for client_id, (number, weekday, minute) in zip(self._others[:WEEKLY], slots, strict=False):
            first = first_day + timedelta(days=(weekday - first_day.weekday()) % 7)
            rule = Series(first, minute, every_weeks=2 if self.chance.random() < FORTNIGHTLY else 1)
            async with self.record.write(self.practice_id, OPERATOR) as tx:
                await start_series(
                    tx,
                    rule,
                    clinician_id=self.office.clinicians[number],
                    service_id=self.office.session,
                    location_id=self.office.location,
                    client_ids=[client_id],
                )

    async def _morning(self, day: date, until: datetime) -> None:
        """Two days ahead people confirm, cancel in time or move; on the day itself some cancel late."""
        self.clock.set(min(until, at_minute(day, 8 * 60, _ZONE)))
        given_up: list[Visit] = []
        async with self.record.write(self.practice_id, OPERATOR) as tx:
            ahead = await self._visits(tx, day + timedelta(days=2))
            given_up.extend([visit for visit in ahead if await self._two_days_ahead(tx, visit)])
            for visit in await self._visits(tx, day):
                if visit.client_id not in self._others or not visit.is_active or visit.starts_at <= tx.now:
                    continue
                if self.chance.random() < CANCELS_LATE:
                    await cancel(tx, visit.participation_id, by="client")
                    given_up.append(visit)
        await self.filling.tell([visit for visit in given_up if self._may_be_filled(visit, until)])

    def _may_be_filled(self, visit: Visit, until: datetime) -> bool:
        """Not what is ahead when the demo begins, nor of late what those would be asked about who wait then."""
        if visit.ends_at > until:
            return False
        return visit.clinician_id == self.office.clinicians[ACHTERBERG] or self.clock.now() < until - WAITLIST_AGE

    async def _two_days_ahead(self, tx: Tx, visit: Visit) -> bool:
        """Whether its client gave it up."""
        drawn = self.chance.random()
        if not visit.is_active or visit.starts_at <= tx.now or visit.client_id not in self._others:
            return False
        if drawn < CONFIRMS:
            await confirm(tx, visit.participation_id)
        elif drawn < CANCELS_IN_TIME:
            await cancel(tx, visit.participation_id, by="client")
            return True
        elif drawn < CALLED_OFF:
            await cancel(tx, visit.participation_id, by="practice")
        elif drawn < MOVES:
            await self._move(tx, visit)
        return False

    async def _move(self, tx: Tx, visit: Visit) -> None:
        found = await open_times(
            tx,
            clinician_ids=[visit.clinician_id],
            service_id=visit.service_id,
            earliest=visit.starts_at + timedelta(hours=20),
            latest=visit.starts_at + timedelta(days=6),
            step_minutes=60,
        )
        if not found:
            return
        try:
            async with tx.conn.begin_nested():
                await move(tx, visit.appointment_id, starts_at=self.chance.choice(found).starts_at, by="client")
        except (Conflict, Invalid):
            return

    async def _evening(self, day: date, until: datetime) -> None:
        """What became of the day's visits, as the board would have it. The last days keep a few unmarked ones."""
        self.clock.set(min(until, at_minute(day, 21 * 60, _ZONE)))
        async with self.record.write(self.practice_id, OPERATOR) as tx:
            for visit in await self._visits(tx, day):
                if not visit.is_active or visit.ends_at + timedelta(minutes=5) > tx.now:
                    continue
                recent = until - visit.ends_at < timedelta(days=4)
                if not recent or self.chance.random() >= LEFT_UNMARKED:
                    await self._mark(tx, visit)

    async def _mark(self, tx: Tx, visit: Visit) -> None:
        late = timedelta(minutes=self.chance.choice((0, 0, 0, 1, 2, 4, 9)))
        stopped = visit.ends_at + timedelta(minutes=self.chance.choice((-2, 0, 1, 3)))
        likely = MISSED_THOUGH_CONFIRMED if visit.confirmed_at else MISSED
        if self.chance.random() < likely or visit.client_id == self.office.clients[MISSES]:
            await attend(tx, visit.participation_id, "missed", at=visit.starts_at + timedelta(minutes=20))
            return
        await attend(tx, visit.participation_id, "arrived", at=visit.starts_at - timedelta(minutes=4) + late)
        await attend(tx, visit.participation_id, "started", at=visit.starts_at + late)
        await attend(tx, visit.participation_id, "stopped", at=stopped)

    async def _decide_fees(self, until: datetime) -> None:
        """Fees older than two weeks have been looked at; the rest wait for somebody."""
        async with self.record.write(self.practice_id, self.decider) as tx:
            for case in await fee_store.cases(tx, kind=EntryKind.PROPOSED):
                if until - case.entry.at < timedelta(days=14):
                    continue
                if self.chance.random() < APPROVED:
                    await approve_fee(tx, case.entry.participation_id)
                else:
                    reason = self.chance.choice((WaiveReason.ILLNESS, WaiveReason.GOODWILL, WaiveReason.EMERGENCY))
                    await waive_fee(tx, case.entry.participation_id, reason=reason.value)

    async def _extend(self) -> None:
        async with self.record.read(self.practice_id) as r:
            known = {visit.series_id for visit in await appointments.active_from(r, r.now) if visit.series_id}
        for series_id in sorted(known):
            async with self.record.write(self.practice_id, OPERATOR) as tx:
                await extend_series(tx, series_id)

    async def _occasional(self, until: datetime) -> None:
        """The others have a single visit each, some days from now."""
        for number, client_id in enumerate(self._others[WEEKLY:]):
            async with self.record.write(self.practice_id, OPERATOR) as tx:
                clinician = self.office.clinicians[number % len(self.office.clinicians)]
                found = await open_times(
                    tx,
                    clinician_ids=[clinician],
                    service_id=self.office.session,
                    earliest=until + timedelta(days=6 + number % 9),
                    latest=until + timedelta(days=26),
                    step_minutes=60,
                )
                if found:
                    await book(
                        tx,
                        clinician_id=clinician,
                        service_id=self.office.session,
                        location_id=self.office.location,
                        client_ids=[client_id],
                        starts_at=found[0].starts_at,
                        told=False,
                    )

    async def _visits(self, tx: Tx, day: date) -> Sequence[Visit]:
        start, end = at_minute(day, 0, _ZONE), at_minute(day + timedelta(days=1), 0, _ZONE)
        return await appointments.visits_between(tx, start, end)
