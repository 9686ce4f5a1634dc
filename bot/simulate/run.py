"""A waitlist's weeks, hour by hour: the product's own matching, offers and claims; only people and texts are invented.

Events of the invented world (somebody joins, gives up a visit, answers) and what the record says is due next are
taken in the order of time; between them nothing happens, so a year takes minutes. Texts arrive at once; reminders and
pages are left out. The oracle looks at every opening when it first could be offered. Invariant: policies differ in
nothing but the terms that are saved for the practice.
"""

import gc
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import event

from bot.simulate import sim_store
from bot.simulate.behaviour import Answer, Behaviour, Offered, answer
from bot.simulate.clock import StillClock
from bot.simulate.losses import Limits
from bot.simulate.practice import FIRST_DAY, HOURS, VISIT, ZONE, Cancellation, Person, Shape, cancellations, person
from bot.simulate.tally import Hour, Tally
from messages.kinds import Channel
from messages.send_rules import SendWindow, next_open
from scheduler.actions.book import book
from scheduler.actions.practice import add_clinician, add_location, add_service, create_practice
from scheduler.calendar.wallclock import Span
from scheduler.core import schema
from scheduler.core.actor import OPERATOR, Actor, ActorKind, Via
from scheduler.core.engine import Engines, open_engines
from scheduler.core.ids import seeded_chance, seeded_ids
from scheduler.core.keys import new_ring
from scheduler.core.record import Record, Subscriptions
from scheduler.core.vault import Vault
from scheduler.events import ParticipationRestored, TimeFreed, TimeTaken
from scheduler.people import client_edit_store as edits
from scheduler.people.client_fields import ClientFields
from scheduler.people.practice_fields import PracticeFields, ServiceFields
from waitlist import openings
from waitlist.actions.claim import Won, claim
from waitlist.actions.join import join
from waitlist.actions.learn import learn
from waitlist.actions.leave import leave
from waitlist.actions.open_time import open_time
from waitlist.actions.pass_offer import pass_offer
from waitlist.actions.save_policy import save_policy
from waitlist.deadlines import SHORTEST_MINUTES
from waitlist.due import do_due
from waitlist.matching import Gap, Wish, fits

POLICIES: Final[dict[str, dict[str, Any]]] = {
    "stillon": {"mode": "waves"},
    "serial": {"mode": "one"},
    "broadcast": {"mode": "everybody"},
}
HOLDS: Final = {"serial": 30}
"""Where one is asked alone the others wait for the end of it: half an hour, not the practice's hour."""

WARM_UP_WEEKS: Final = 3
"""Weeks before the first that counts: by then the list is as it will be."""

_CLIENT: Final = Actor(ActorKind.CLIENT, "c" * 32, Via.SMS)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to simulate."""

    weeks: int
    seed: int
    policy: str
    shape: Shape = field(default_factory=Shape)
    behaviour: Behaviour = field(default_factory=Behaviour)


@dataclass(slots=True)
class _Waiting:
    """Somebody on the list, as the world knows them."""

    person: Person
    client_id: str
    entry_id: str
    wish: Wish


@dataclass(frozen=True, slots=True)
class _Said:
    """Somebody is about to answer."""

    offer_id: str
    opening_id: str
    person: int
    answer: Answer


async def simulate(plan: Plan) -> dict[str, Any]:
    """The figures of a run."""
    # Millions of small values live for a moment each; looking for rings among them would take a sixth of the time.
    gc.freeze()
    gc.set_threshold(200_000, 50, 100)
    with TemporaryDirectory(prefix="stillon-simulate-") as folder:
        async with _record(Path(folder), plan) as (record, clock):
            world = await _World.set_up(plan, record, clock)
            await world.run()
            return world.tally.figures()


@asynccontextmanager
async def _record(folder: Path, plan: Plan) -> AsyncIterator[tuple[Record, StillClock]]:
    url = f"sqlite:///{folder}/year.db"
    await schema.migrate(url)
    engines = open_engines(url)
    _forgetful(engines)
    clock = StillClock(datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, 6, tzinfo=ZoneInfo(ZONE)))
    told = Subscriptions()
    told.on(ParticipationRestored, openings.on_restored)
    told.on(TimeTaken, openings.on_time_taken)
    told.on(TimeFreed, openings.on_time_freed)
    try:
        yield Record(engines, clock, Vault(new_ring()), subscriptions=told, make_id=seeded_ids(plan.seed)), clock
    finally:
        await engines.close()


def _forgetful(engines: Engines) -> None:
    """Nobody waits for the disk: what is lost with a power cut here is a simulation. Nor for a thread: it is alone."""

    def quick(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.execute("PRAGMA secure_delete=OFF")
        cursor.close()
        connection.driver_connection.alone = True

    event.listen(engines.writer.sync_engine, "connect", quick)
    event.listen(engines.reader.sync_engine, "connect", quick)


def _named(wish: Wish) -> int:
    """How many of clinician and hours they had asked for."""
    return bool(wish.clinician_ids) + bool(wish.windows)


def _limits(shape: Shape) -> Limits:
    held = timedelta(minutes=shape.hold_minutes)
    return Limits(a_day=shape.texts_a_day, a_week=shape.texts_a_week, held=held)


class _World:
    """Everything that is not in the record: what people are about to do, and what has been seen."""

    def __init__(self, plan: Plan, record: Record, clock: StillClock) -> None:
        self.plan = plan
        self.record = record
        self.clock = clock
        self.tally = Tally(limits=_limits(plan.shape))
        self.practice = record.make_id(clock.now())
        self.location = ""
        self.services: list[str] = []
        self.clinicians: list[str] = []
        self.waiting: dict[int, _Waiting] = {}
        self.by_client: dict[str, int] = {}
        self.hours: dict[str, Hour] = {}
        self.gaps: dict[str, Gap] = {}
        self._events: list[tuple[datetime, int, Any]] = []
        self._order = count()
        self._next = count(1)
        self._visits = seeded_chance(plan.seed + 77)
        self._taken: set[tuple[int, datetime]] = set()
        self._count_from = clock.now() + timedelta(weeks=WARM_UP_WEEKS)
        self._end = clock.now() + timedelta(weeks=WARM_UP_WEEKS + plan.weeks)
        self._window = SendWindow(zones=(ZONE,))

    @classmethod
    async def set_up(cls, plan: Plan, record: Record, clock: StillClock) -> "_World":
        """A practice with its clinicians, and everything that will be cancelled."""
        world, shape = cls(plan, record, clock), plan.shape
        async with record.write(world.practice, OPERATOR) as tx:
            fields = PracticeFields(
                "Simulated Practice",
                "Lee Office",
                "202-555-0198",
                "+12025550199",
                ZONE,
                daily_cap=shape.texts_a_day,
                weekly_cap=shape.texts_a_week,
                opening_grace_minutes=shape.grace_minutes,
                offer_hold_minutes=HOLDS.get(plan.policy, shape.hold_minutes),
            )
            await create_practice(tx, fields)
            world.location = await add_location(tx, "Main street", ZONE)
            world.clinicians = [await add_clinician(tx, f"Clinician {n}") for n in range(shape.clinicians)]
            world.services = [
                await add_service(tx, ServiceFields(name, VISIT // timedelta(minutes=1)))
                for name in ("Session", "First visit")
            ]
            await save_policy(tx, POLICIES[plan.policy])
        for each in cancellations(shape, plan.seed, plan.weeks + WARM_UP_WEEKS + 6):
            world._taken.add((each.clinician, each.starts_at))
            if each.at < world._end:
                world._at(each.at, each)
        world._at(clock.now(), _DAY)
        return world

    async def run(self) -> None:
        """Until the end."""
        due: datetime | None = None
        while self._events:
            if due is not None and due <= self._events[0][0]:
                self.clock.move_to(due)
                await do_due(self.record, self.practice)
            else:
                at, _, what = heapq.heappop(self._events)
                if at >= self._end:
                    return
                self.clock.move_to(at)
                if not await self._happen(what):
                    continue
            due = await self._look()

    def _at(self, instant: datetime, what: Any) -> None:
        heapq.heappush(self._events, (instant, next(self._order), what))

    async def _happen(self, what: Any) -> bool:
        """Whether the record was touched by it."""
        match what:
            case timedelta():
                await self._morning()
            case Cancellation():
                await self._free(what)
            case _Said():
                return await self._answer(what)
            case str():
                self._oracle(what)
                return False
            case int():
                return await self._leave(what)
        return True

    # --- who joins and leaves -----------------------------------------------------------------------------------

    async def _morning(self) -> None:
        """As many join as keep the list at its length; what was answered is learned now and then."""
        some = [person(self.plan.shape, self.plan.seed, next(self._next)) for _ in range(self._missing())]
        for each in some:
            await self._join(each)
        await learn(self.record, self.practice)
        self._at(self.clock.now() + _DAY, _DAY)

    def _missing(self) -> int:
        return max(0, self.plan.shape.waiting - len(self.waiting))

    async def _join(self, who: Person) -> None:
        now = self.clock.now()
        given = ClientFields("Client", f"No {who.number}")
        clinicians = tuple(self.clinicians[n] for n in who.clinicians)
        async with self.record.write(self.practice, OPERATOR) as tx:
            client_id, point_id = tx.new_id(), tx.new_id()
            row = edits.client_row(tx, client_id, given)
            phone = f"+1{200 + who.number // 10_000 % 800}555{who.number % 10_000:04}"
            point = edits.contact_row(tx, tx.vault.box(row["data_key"]), point_id, client_id, "phone", phone)
            await edits.insert_rows(tx, [row], [point], [])
            agreed = {"contact_point_id": point_id, "channel": Channel.SMS.value, "granted": True, "wording": "form_1"}
            await sim_store.add_consents(tx, [{**agreed, "purpose": "waitlist"}])
            replaces, later = await self._later_visit(tx, who, client_id)
            entry_id = await join(
                tx,
                client_id=client_id,
                service_id=self.services[who.service],
                clinician_ids=clinicians,
                windows=who.windows,
                min_notice_minutes=who.notice_minutes,
                replaces_participation_id=replaces,
            )
        wish = Wish(
            entry_id=entry_id,
            client_id=client_id,
            service_id=self.services[who.service],
            waiting=True,
            joined_at=now,
            clinician_ids=clinicians,
            windows=who.windows,
            min_notice_minutes=who.notice_minutes,
            replaces_at=later,
        )
        self.waiting[who.number] = _Waiting(who, client_id, entry_id, wish)
        self.by_client[client_id] = who.number
        self.tally.people += 1
        self._at(min(now + who.stay, later - timedelta(days=1)) if later else now + who.stay, who.number)

    async def _later_visit(self, tx: Any, who: Person, client_id: str) -> tuple[str | None, datetime | None]:
        """The visit they have already, booked for real, so that a claim frees its time for the next."""
        if who.later_days is None:
            return None, None
        day = self.clock.now().date() + timedelta(days=who.later_days)
        day -= timedelta(days=max(0, day.weekday() - 4))
        for _ in range(20):
            clinician, hour = self._visits.randrange(len(self.clinicians)), self._visits.choice(HOURS)
            start = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(ZONE))
            if (clinician, start) in self._taken:
                continue
            self._taken.add((clinician, start))
            booked = await book(
                tx,
                clinician_id=self.clinicians[clinician],
                service_id=self.services[who.service],
                location_id=self.location,
                client_ids=(client_id,),
                starts_at=start,
                told=False,
            )
            return booked.participation_ids[0], start
        return None, None

    async def _leave(self, number: int) -> bool:
        """They have found something elsewhere, or their own visit has come."""
        gone = self.waiting.pop(number, None)
        if gone is None:
            return False
        self.tally.gone_at[number] = self.clock.now()
        self.tally.passed_by_since.pop(number, None)
        async with self.record.write(self.practice, _CLIENT) as tx:
            await leave(tx, gone.entry_id)
        return True

    # --- openings and offers ------------------------------------------------------------------------------------

    async def _free(self, what: Cancellation) -> None:
        grace = timedelta(minutes=self.plan.shape.grace_minutes)
        async with self.record.write(self.practice, _CLIENT) as tx:
            await open_time(
                tx,
                clinician_id=self.clinicians[what.clinician],
                service_id=self.services[what.service],
                location_id=self.location,
                span=Span(what.starts_at, what.starts_at + VISIT),
                first_wave_at=tx.now + grace,
            )

    async def _look(self) -> datetime | None:
        """What the record has made of it: openings, also those that claims have freed, and offers; texts arrive.

        Returns when something is due next.
        """
        async with self.record.write(self.practice, OPERATOR) as tx:
            await sim_store.texts_arrive(tx)
            opened = await sim_store.openings_made(tx)
            made = await sim_store.offers_made(tx)
            due = await sim_store.next_due(tx)
        for opening in opened:
            if opening.id not in self.hours:
                self._see(opening)
        for offer in made:
            self._asked(offer)
        return due

    def _see(self, opening: sim_store.NewOpening) -> None:
        now = self.clock.now()
        first = now + timedelta(minutes=self.plan.shape.grace_minutes)
        askable = next_open(first, self._window) or first
        hour = Hour(
            freed_at=now,
            askable_at=askable,
            starts_at=opening.starts_at,
            depth=opening.depth,
            counted=now >= self._count_from and opening.starts_at < self._end,
        )
        self.hours[opening.id] = hour
        self.gaps[opening.id] = Gap(
            clinician_id=opening.clinician_id,
            service_id=opening.service_id,
            span=Span(opening.starts_at, opening.starts_at + VISIT),
            zone=ZONE,
            location_id=self.location,
        )
        self.tally.hours.append(hour)
        self._at(askable - timedelta(microseconds=1), opening.id)

    def _oracle(self, opening_id: str) -> None:
        """Who of those whom the time fits would say yes in time, were they asked at once; caps do not count here."""
        hour, gap = self.hours[opening_id], self.gaps[opening_id]
        now = hour.askable_at
        latest = hour.starts_at - timedelta(minutes=SHORTEST_MINUTES)
        if latest <= now:
            return
        found = [each for each in self.waiting.values() if fits(each.wish, gap, now) is None]
        found.sort(key=lambda each: (each.wish.joined_at, each.person.number))
        hour.eligible = [each.person.number for each in found]
        hour.fit = {each.person.number: _named(each.wish) for each in found}
        for each in found:
            said = self._would_say(each, opening_id, now)
            if said is not None and said.yes and said.at <= latest:
                hour.willing.add(each.person.number)
                hour.first_yes_at = min(hour.first_yes_at or said.at, said.at)
        self.tally.passes_by(hour, hour.eligible, now)

    def _would_say(self, who: _Waiting, opening_id: str, at: datetime) -> Answer | None:
        gap = self.gaps[opening_id]
        asked = Offered(
            person=who.person.number,
            opening=f"{gap.clinician_id}:{gap.span.starts_at.isoformat()}",
            asked_at=at + timedelta(seconds=self.plan.behaviour.notice_seconds),
            starts_at=gap.span.starts_at,
            local_hour=at.astimezone(ZoneInfo(ZONE)).hour,
            named=_named(who.wish),
        )
        return answer(self.plan.behaviour, self.plan.seed, asked)

    def _asked(self, offer: sim_store.NewOffer) -> None:
        number = self.by_client[offer.client_id]
        hour, who = self.hours[offer.opening_id], self.waiting.get(number)
        if who is None:
            return
        said = self._would_say(who, offer.opening_id, self.clock.now())
        self.tally.asked(hour, number, self.clock.now(), would_take=said is not None and said.yes)
        if said is not None:
            self._at(said.at, _Said(offer.id, offer.opening_id, number, said))

    # --- answers ------------------------------------------------------------------------------------------------

    async def _answer(self, said: _Said) -> bool:
        hour = self.hours[said.opening_id]
        if said.person not in self.waiting and hour.winner != said.person:
            return False
        if self._knows_it_is_gone(hour, said.answer) and not (said.answer.yes and said.answer.heedless):
            return False
        async with self.record.write(self.practice, _CLIENT) as tx:
            if not said.answer.yes:
                await pass_offer(tx, said.offer_id)
                return True
            outcome = await claim(tx, said.offer_id, via="sms")
        if isinstance(outcome, Won):
            hour.filled_at, hour.winner = self.clock.now(), said.person
            self.waiting.pop(said.person, None)
            self.tally.gone_at[said.person] = self.clock.now()
        else:
            hour.disappointed += 1
        return True

    def _knows_it_is_gone(self, hour: Hour, said: Answer) -> bool:
        """Whether the word that it is gone was there when they read the offer."""
        if hour.filled_at is None:
            return False
        return hour.filled_at + timedelta(seconds=self.plan.behaviour.notice_seconds) <= said.read_at
