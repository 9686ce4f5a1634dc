"""What the waitlist did with the hours given up before the demo began: who was asked, took it, or answered too late.

Written row by row at the instants at which it would have happened, since nothing of the past is texted. Whoever waits
in here has left the list when the demo begins. Invariant: a time is taken by nobody who has a visit then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bot.demo.past import PastClock
from bot.demo.practice import Office
from scheduler.actions.book import book
from scheduler.actions.confirm import confirm
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.calendar.wallclock import Span
from scheduler.core.actor import OPERATOR
from scheduler.core.errors import Conflict
from scheduler.core.ids import Chance
from scheduler.core.record import Record, Tx
from scheduler.people import store as people
from waitlist import edit_store, reach_store
from waitlist.actions.open_time import open_time
from waitlist.entry_store import EntryState
from waitlist.offer_store import OfferState
from waitlist.opening_store import UNSETTLED, OpeningState
from waitlist.wishes import Wishes

AT_ONCE: Final = (1, 2, 2, 3, 4)
TAKEN, IN_VAIN = 0.82, 0.15
ANSWERED_AFTER: Final = (2, 3, 4, 4, 6, 7, 9, 12, 18, 35)  # minutes
HELD: Final = timedelta(minutes=40)
GRACE, SOONEST = timedelta(minutes=2), timedelta(hours=3)
WAITED: Final = (3, 6, 9, 14, 20, 33)  # days
WAITING: Final = 9


@dataclass(slots=True)
class Filling:
    """One telling: those who wait, in turn, as client and entry."""

    record: Record
    clock: PastClock
    practice_id: str
    office: Office
    chance: Chance
    people: Sequence[str]
    waiting: list[tuple[str, str]] = field(default_factory=list)

    async def tell(self, given_up: Sequence[Visit]) -> None:
        """Each of these times, given up now, is offered one after another, and most of them are taken."""
        for visit in given_up:
            if visit.starts_at - self.clock.now() > SOONEST:
                await self._one(visit)

    async def end(self, at: datetime) -> None:
        """Nobody of them waits any more."""
        self.clock.set(at)
        async with self.record.write(self.practice_id, OPERATOR) as tx:
            for _, entry_id in self.waiting:
                await edit_store.set_entry_state(tx, entry_id, EntryState.WAITING, EntryState.LEFT)
        self.waiting.clear()

    async def _one(self, visit: Visit) -> None:
        self.clock.set(self.clock.now() + GRACE)
        async with self.record.write(self.practice_id, OPERATOR) as tx:
            await self._join(tx)
            asked = self.waiting[: self.chance.choice(AT_ONCE)]
            opening_id, offers = await _offered(tx, visit, asked)
        if opening_id is None:
            return
        self.waiting = [*self.waiting[len(asked) :], *asked]
        taken = self.chance.random() < TAKEN
        self.clock.set(self.clock.now() + (timedelta(minutes=self.chance.choice(ANSWERED_AFTER)) if taken else HELD))
        async with self.record.write(self.practice_id, OPERATOR) as tx:
            winner = await self._win(tx, visit, opening_id, offers) if taken else None
            if winner is None:
                await _run_out(tx, opening_id)
            else:
                self.waiting = [each for each in self.waiting if each[0] != winner]

    async def _join(self, tx: Tx) -> None:
        """So many wait at any time, each for some days already."""
        known = {client_id for client_id, _ in self.waiting}
        fresh = [each for each in self.people if each not in known]
        for client_id in self.chance.sample(fresh, max(0, WAITING - len(self.waiting))):
            entry_id = tx.new_id()
            row = {"id": entry_id, "client_id": client_id, "service_id": self.office.session, "priority": 0}
            joined_at = tx.now - timedelta(days=self.chance.choice(WAITED))
            wishes = Wishes().columns()
            await edit_store.add_entry(tx, {**row, "urgency_reason": None, "joined_at": joined_at, **wishes})
            tx.note("entry.joined", "waitlist_entry", entry_id, client=client_id, priority=0)
            self.waiting.append((client_id, entry_id))

    async def _win(self, tx: Tx, visit: Visit, opening_id: str, offers: dict[str, tuple[str, str]]) -> str | None:
        """Who took it, if anybody of those could come; the others are told in vain at times."""
        busy = await reach_store.clients_with_a_visit(tx, visit.starts_at, visit.ends_at)
        free = [each for each in offers.items() if each[1][0] not in busy]
        if not free:
            return None
        offer_id, (client_id, entry_id) = free[0]
        place = await _book(tx, visit, client_id)
        if place is None:
            return None
        await edit_store.end_offer(tx, offer_id, OfferState.HELD, OfferState.CLAIMED, place)
        await edit_store.set_entry_state(tx, entry_id, EntryState.WAITING, EntryState.FILLED)
        await edit_store.set_opening_state(tx, opening_id, UNSETTLED, OpeningState.FILLED)
        lost = await edit_store.end_held(tx, opening_id, OfferState.WITHDRAWN)
        await edit_store.give_credit(tx, list(lost.values()))
        for other in lost:
            if self.chance.random() < IN_VAIN:
                await edit_store.note_in_vain(tx, other)
        await appointments.mark_filled(tx, visit.participation_id)
        tx.note("offer.claimed", "offer", offer_id, participation=place, via="sms")
        tx.note("opening.filled", "opening", opening_id, offer=offer_id)
        return client_id


async def _offered(
    tx: Tx, visit: Visit, asked: Sequence[tuple[str, str]]
) -> tuple[str | None, dict[str, tuple[str, str]]]:
    """The opening, and by their ids the offers with whose they are."""
    opening_id = await open_time(
        tx,
        clinician_id=visit.clinician_id,
        service_id=visit.service_id,
        location_id=visit.location_id,
        span=Span(visit.starts_at, visit.ends_at),
        freed_participation_id=visit.participation_id,
    )
    offers: dict[str, tuple[str, str]] = {}
    rows: list[dict[str, Any]] = []
    for place, (client_id, entry_id) in enumerate(asked, start=1):
        points = [each for each in await people.contact_points(tx, client_id) if each.kind == "phone"]
        if not points or opening_id is None:
            continue
        offer_id = tx.new_id()
        offers[offer_id] = (client_id, entry_id)
        row = {"id": offer_id, "opening_id": opening_id, "entry_id": entry_id, "client_id": client_id}
        turn = {"place": place, "among": WAITING, "points": 120 - 7 * place}
        rows.append({**row, **turn, "contact_point_id": points[0].id, "expires_at": tx.now + HELD})
    if rows and opening_id:
        await edit_store.add_offers(tx, rows)
        await edit_store.plan_wave(tx, opening_id, None)
    return (opening_id if rows else None), offers


async def _book(tx: Tx, visit: Visit, client_id: str) -> str | None:
    try:
        async with tx.attempt():
            booked = await book(
                tx,
                clinician_id=visit.clinician_id,
                service_id=visit.service_id,
                location_id=visit.location_id,
                client_ids=(client_id,),
                starts_at=visit.starts_at,
                told=False,
            )
    except Conflict:
        return None
    await confirm(tx, booked.participation_ids[0])
    return booked.participation_ids[0]


async def _run_out(tx: Tx, opening_id: str) -> None:
    silent = await edit_store.end_held(tx, opening_id, OfferState.EXPIRED)
    await edit_store.note_answer(tx, list(silent.values()), answered=False)
    await edit_store.set_opening_state(tx, opening_id, UNSETTLED, OpeningState.EXPIRED)
    tx.note("opening.expired", "opening", opening_id, reason="expired")
