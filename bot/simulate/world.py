"""What happens in the invented practice: people join, give up visits, answer and leave; the product does the rest.

Events of the invented world and what the record says is due next are taken in the order of time; between them nothing
happens, so a year takes minutes. Texts arrive at once; reminders and pages are left out. What would have been possible
is asked of oracle.py when an opening first may be offered. Invariant: the record is changed by the product's own
actions alone.
"""

import heapq
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from bot.simulate import oracle
from bot.simulate.arriving import Founded, Waiting, arrive
from bot.simulate.behaviour import Answer, Behaviour, says_still
from bot.simulate.clock import StillClock
from bot.simulate.losses import Limits
from bot.simulate.noticed import NoticedRecord
from bot.simulate.practice import VISIT, ZONE, Cancellation, Shape, cancellations, person
from bot.simulate.tally import Hour, Tally
from messages.send_rules import SendWindow, next_open
from scheduler.calendar.wallclock import Span
from scheduler.core.actor import OPERATOR, Actor, ActorKind, Via
from scheduler.core.audit import Noted
from scheduler.core.ids import seeded_chance
from scheduler.core.record import Tx
from waitlist.actions.claim import Won, claim
from waitlist.actions.learn import learn
from waitlist.actions.leave import leave
from waitlist.actions.open_time import open_time
from waitlist.actions.pass_offer import pass_offer
from waitlist.actions.stay import stay
from waitlist.due import do_due
from waitlist.matching import Gap
from waitlist.opening_store import Opening, OpeningState

_CLIENT: Final = Actor(ActorKind.CLIENT, "c" * 32, Via.SMS)
_DAY: Final = timedelta(days=1)
_MADE: Final = frozenset({"offer.made", "offer.instead"})
_AFTER: Final = 6
"""So many weeks beyond the end there are visits to be given up, some of them within it."""


@dataclass(frozen=True, slots=True)
class _Said:
    """Somebody is about to answer an offer."""

    offer_id: str
    opening_id: str
    person: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class _SaidWhether:
    """Somebody is about to say whether they still wait."""

    person: int
    stays: bool


class World:
    """Everything that is not in the record: what people are about to do, and what has been seen."""

    def __init__(
        self,
        record: NoticedRecord,
        clock: StillClock,
        founded: Founded,
        *,
        shape: Shape,
        behaviour: Behaviour,
        seed: int,
        warm_up_weeks: int,
        weeks: int,
    ) -> None:
        self.record, self.clock, self.founded = record, clock, founded
        self.shape, self.behaviour, self.seed = shape, behaviour, seed
        held = timedelta(minutes=shape.hold_minutes)
        self.tally = Tally(limits=Limits(a_day=shape.texts_a_day, a_week=shape.texts_a_week, held=held))
        self.waiting = oracle.Crowd()
        self.by_entry: dict[str, int] = {}
        self.hours: dict[str, Hour] = {}
        self.gaps: dict[str, Gap] = {}
        self._events: list[tuple[datetime, int, Any]] = []
        self._order = count()
        self._next = count(1)
        self._visits = seeded_chance(seed + 77)
        self._count_from = clock.now() + timedelta(weeks=warm_up_weeks)
        self._end = clock.now() + timedelta(weeks=warm_up_weeks + weeks)
        self._window = SendWindow(zones=(ZONE,))
        given_up = cancellations(shape, seed, weeks + warm_up_weeks + _AFTER)
        self._taken = {(each.clinician, each.starts_at) for each in given_up}
        for each in given_up:
            self._at(each.at, each)
        self._at(clock.now(), _DAY)

    async def run(self) -> None:
        """Until the end."""
        while self._events:
            due = self.record.due
            if due is not None and due <= self._events[0][0]:
                self.clock.move_to(due)
                await do_due(self.record, self.founded.practice)
            else:
                at, _, what = heapq.heappop(self._events)
                if at >= self._end:
                    return
                self.clock.move_to(at)
                await self._happen(what)
            self._look()

    def _at(self, instant: datetime, what: Any) -> None:
        heapq.heappush(self._events, (instant, next(self._order), what))

    async def _happen(self, what: Any) -> None:
        match what:
            case timedelta():
                await self._morning()
            case Cancellation():
                await self._free(what)
            case _Said():
                await self._answer(what)
            case _SaidWhether():
                await self._say_whether(what)
            case str():
                self._ask_the_oracle(what)
            case int():
                await self._leave(what)

    # --- who joins and leaves -----------------------------------------------------------------------------------

    async def _morning(self) -> None:
        """As many join as keep the list at its length; what was answered is learned now and then."""
        async with self.record.write(self.founded.practice, OPERATOR) as tx:
            while len(self.waiting) < self.shape.waiting:
                await self._join(tx)
        await learn(self.record, self.founded.practice)
        self._at(self.clock.now() + _DAY, _DAY)

    async def _join(self, tx: Tx) -> None:
        who, now = person(self.shape, self.seed, next(self._next)), self.clock.now()
        come = await arrive(tx, self.founded, who, self._taken, self._visits)
        await self.record.subscriptions.deliver(tx)
        self.waiting.add(come)
        self.by_entry[come.entry_id] = who.number
        self.tally.people += 1
        later = come.wish.replaces_at
        self._at(min(now + who.stay, later - _DAY) if later else now + who.stay, who.number)

    async def _leave(self, number: int) -> None:
        """They have found something elsewhere, or their own visit has come."""
        gone = self._gone(number)
        if gone is not None:
            async with self.record.write(self.founded.practice, _CLIENT) as tx:
                await leave(tx, gone.entry_id)

    def _gone(self, number: int) -> Waiting | None:
        """They are off the list; None when they were."""
        gone = self.waiting.pop(number)
        if gone is not None:
            self.tally.gone_at[number] = self.clock.now()
            self.tally.passed_by_since.pop(number, None)
        return gone

    # --- openings and offers ------------------------------------------------------------------------------------

    async def _free(self, what: Cancellation) -> None:
        grace = timedelta(minutes=self.shape.grace_minutes)
        async with self.record.write(self.founded.practice, _CLIENT) as tx:
            await open_time(
                tx,
                clinician_id=self.founded.clinicians[what.clinician],
                service_id=self.founded.services[what.service],
                location_id=self.founded.location,
                span=Span(what.starts_at, what.starts_at + VISIT),
                first_wave_at=tx.now + grace,
            )

    def _look(self) -> None:
        """What the product has made of it: openings, also those that claims have freed, and offers."""
        opened, noted = self.record.noticed()
        for opening in opened:
            if opening.state is OpeningState.OPEN:
                self._see(opening)
        for each in noted:
            if each.action in _MADE:
                self._asked(each)
            elif each.action == "entry.asked_whether" and each.subject_id:
                self._asked_whether(each.subject_id)

    def _see(self, opening: Opening) -> None:
        now = self.clock.now()
        first = now + timedelta(minutes=self.shape.grace_minutes)
        askable = next_open(first, self._window) or first
        hour = Hour(
            freed_at=now,
            askable_at=askable,
            starts_at=opening.starts_at,
            depth=opening.depth,
            counted=now >= self._count_from and opening.starts_at < self._end,
        )
        self.hours[opening.id] = hour
        self.gaps[opening.id] = oracle.gap_of(opening)
        self.tally.hours.append(hour)
        self._at(askable - timedelta(microseconds=1), opening.id)

    def _ask_the_oracle(self, opening_id: str) -> None:
        hour, gap = self.hours[opening_id], self.gaps[opening_id]
        oracle.look(hour, gap, self.waiting, self.behaviour, self.seed)
        self.tally.passes_by(hour, [each for each in hour.eligible if each not in hour.quiet], hour.askable_at)
        if not hour.counted:
            hour.eligible.clear()  # a large practice's would fill the memory

    def _asked(self, made: Noted) -> None:
        """An offer was made."""
        number, now = self.by_entry[made.detail["entry"]], self.clock.now()
        opening_id, who = made.detail["opening"], self.waiting.get(number)
        if who is None or opening_id not in self.hours:
            return
        said = oracle.would_say(who, self.gaps[opening_id], now, self.behaviour, self.seed)
        self.tally.asked(self.hours[opening_id], number, now, would_take=said is not None and said.yes)
        if said is not None:
            self._at(said.at, _Said(made.subject_id or "", opening_id, number, said))

    def _asked_whether(self, entry_id: str) -> None:
        """Somebody is asked whether they still wait."""
        number, now = self.by_entry[entry_id], self.clock.now()
        who = self.waiting.get(number)
        if who is None:
            return
        who.quiet = True
        self.tally.asked_whether(number)
        said = says_still(self.behaviour, self.seed, number, now)
        if said is not None:
            self._at(said.at, _SaidWhether(number, said.yes))

    # --- answers ------------------------------------------------------------------------------------------------

    async def _answer(self, said: _Said) -> None:
        hour, who = self.hours[said.opening_id], self.waiting.get(said.person)
        if who is None and hour.winner != said.person:
            return
        if self._knows_it_is_gone(hour, said.answer) and not (said.answer.yes and said.answer.heedless):
            return
        if who is not None:
            who.quiet = False
        async with self.record.write(self.founded.practice, _CLIENT) as tx:
            if not said.answer.yes:
                await pass_offer(tx, said.offer_id)
                return
            outcome = await claim(tx, said.offer_id, via="sms")
        if isinstance(outcome, Won):
            hour.filled_at, hour.winner = self.clock.now(), said.person
            self._gone(said.person)
        else:
            hour.disappointed += 1

    async def _say_whether(self, said: _SaidWhether) -> None:
        """What a text in answer to the question comes to (bot/conversation/still_waiting.py)."""
        who = self.waiting.get(said.person)
        if who is None or not who.quiet:
            return
        if not said.stays:
            self.tally.left_when_asked += 1
            await self._leave(said.person)
            return
        who.quiet = False
        self.tally.stayed_when_asked += 1
        async with self.record.write(self.founded.practice, _CLIENT) as tx:
            await stay(tx, who.entry_id)

    def _knows_it_is_gone(self, hour: Hour, said: Answer) -> bool:
        """Whether the word that it is gone was there when they read the offer."""
        if hour.filled_at is None:
            return False
        return hour.filled_at + timedelta(seconds=self.behaviour.notice_seconds) <= said.read_at
