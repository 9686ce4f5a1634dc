"""The clients as a model: they read their phones, answer in their own words and time, tap links, say STOP and START.

They do what people do, some of it at the worst moment. Nothing here writes the record except as a page behind a link
would: through the link, by the same actions. Invariant: a person only knows what a phone has received.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.links.echo import tell_cancelled, tell_moved
from bot.links.opened import Opened
from messages import consent, links
from messages.consent import StopSource
from messages.kinds import Channel
from scheduler.actions.cancel import Cancelled, cancel
from scheduler.actions.confirm import confirm
from scheduler.actions.move import move
from scheduler.actions.restore import restore
from scheduler.appointments import store as appointments
from scheduler.calendar.open_times import open_times
from scheduler.core.errors import Conflict, Invalid
from scheduler.core.ids import Chance
from scheduler.core.record import Record, Tx
from scheduler.people import store as people
from tests.simulation.carrier import START_WORDS, SimCarrier, Taken
from tests.simulation.eye import Eye, certain, one
from tests.simulation.journal import Journal
from tests.simulation.loop import LoopClock
from tests.simulation.practice import Person, Practice
from tests.simulation.watch import Watch
from waitlist.actions.claim import Won, claim
from waitlist.actions.pass_offer import pass_offer

_LINK: Final = re.compile(r"https://lee\.example/l/([0-9A-Za-z]{22})")
_MOST_AT_ONCE: Final = 3

CONFIRM: Final = ("C", "c", "Yes", "ok", "confirm", "I'll be there", "👍", "sí", "C please", "1")
CANNOT: Final = ("N", "n", "can't make it", "I can't come", "no puedo ir", "N sorry")
OTHER_TIME: Final = ("R", "r", "can we reschedule?", "R please")
LATE: Final = ("running 10 minutes late", "late 15 min")
STOPS: Final = ("STOP", "stop", "Stop", "UNSUBSCRIBE", "please stop texting me")
PLAIN_STOPS: Final = frozenset({"stop", "unsubscribe"})
STARTS: Final = ("START", "unstop", "start")
ODD: Final = (
    "ok thanks!!",
    "who is this",
    "🌵🌵",
    "asdf",
    "is parking free?",
    "HELP",
    "",
    "cancel",
    "R2",
    "C2",
    "7",
    "N N",
)
THANKS: Final = ("thanks", "Thank you!", "gracias")
CRISIS: Final = ("I want to kill myself",)
NUMBERS: Final = ("1", "2", "3", "1", "2", "4", "none of these", "keep", "R", "1 2")
TAKE: Final = ("A", "a", "yes", "I'll take it", "A please")
PASS: Final = ("P", "pass", "no thanks")
UNDO: Final = ("U", "u", "undo")

_VISIT_KINDS: Final = frozenset({"booked", "reminder", "reminder_confirmed", "rescheduled_by_staff", "visit_or_stop"})
_OF_A_VISIT: Final = (
    *(("confirm", 28), ("cannot", 18), ("other_time", 9), ("late", 3), ("thanks", 3), ("odd", 5), ("stop", 4)),
    *(("crisis", 1), ("link", 20), ("nothing", 9)),
)
_OF_AN_OFFER: Final = (("take", 38), ("pass", 14), ("link", 24), ("cannot", 4), ("stop", 4), ("nothing", 16))
_START_OF: Final = (
    "SELECT a.starts_at FROM participation p JOIN appointment a ON a.practice_id = p.practice_id "
    "AND a.id = p.appointment_id WHERE p.id = :id"
)
_UNDOABLE: Final = frozenset({"cancelled", "late_cancelled", "moved", "offer_won"})


@dataclass
class Public:
    """Everybody who has a phone."""

    practice: Practice
    record: Record
    clock: LoopClock
    carrier: SimCarrier
    chance: Chance
    journal: Journal
    eye: Eye
    watch: Watch
    late_hours: int = 24
    gone: bool = False

    async def reads(self, taken: Taken) -> None:
        """A phone has got a text; whoever holds it may answer."""
        holders = self.practice.at(taken.to)
        row = await one(self.eye, "SELECT kind, participation_id, offer_id FROM message WHERE id = :id", id=taken.ref)
        if row is None or not holders:
            return
        person = self.chance.choice(holders)
        if person.busy_with >= _MOST_AT_ONCE:
            return
        answer = self._answer(row["kind"])
        if answer is None:
            return
        person.busy_with += 1
        try:
            await self.clock.until(await self._when(row, answer))
            await self._does(person, answer, taken.body)
        finally:
            person.busy_with -= 1

    def _answer(self, kind: str) -> str | None:
        """A word for what they do about it; None when they do nothing."""
        if kind in _VISIT_KINDS:
            return self._pick(_OF_A_VISIT)
        if kind in {"times_offered", "which_visit", "still_waiting"}:
            return self._pick((("number", 70), ("odd", 6), ("stop", 2), ("nothing", 22)))
        if kind == "offer":
            return self._pick(_OF_AN_OFFER)
        if kind in _UNDOABLE:
            return self._pick((("undo", 14), ("thanks", 6), ("other_time", 5), ("nothing", 75)))
        return self._pick((("thanks", 6), ("stop", 2), ("odd", 4), ("nothing", 88)))

    def _pick(self, weighed: tuple[tuple[str, int], ...]) -> str | None:
        words, weights = zip(*weighed, strict=True)
        word: str = self.chance.choices(words, weights)[0]
        return None if word == "nothing" else word

    async def _when(self, row: dict[str, object], answer: str) -> datetime:
        """Soon, as a rule; and now and then just around a deadline."""
        now = self.clock.now()
        usual = now + timedelta(seconds=self.chance.choice([20, 90, 600, 3000, 9000]) * self.chance.uniform(0.5, 1.5))
        edge: datetime | None = None
        if answer in {"cannot", "link"} and row["participation_id"] and self.chance.random() < 0.35:
            visit = await one(self.eye, _START_OF, id=row["participation_id"])
            edge = certain(visit["starts_at"]) - timedelta(hours=self.late_hours) if visit else None
        if row["offer_id"] and answer in {"take", "link"}:
            usual = now + timedelta(seconds=self.chance.uniform(10, 1500))
            if self.chance.random() < 0.35:
                offer = await one(self.eye, "SELECT expires_at FROM offer WHERE id = :id", id=row["offer_id"])
                edge = certain(offer["expires_at"]) if offer else None
        if edge is not None and edge > now:
            return max(now, edge + timedelta(seconds=self.chance.uniform(-40, 40)))
        return usual

    async def _does(self, person: Person, answer: str, body: str) -> None:
        if self.gone:
            return
        if answer == "link":
            await self._taps(person, body)
            return
        words = {
            "confirm": CONFIRM, "cannot": CANNOT, "other_time": OTHER_TIME, "late": LATE, "thanks": THANKS, "odd": ODD,
            "stop": STOPS, "crisis": CRISIS, "number": NUMBERS, "take": TAKE, "pass": PASS, "undo": UNDO,
        }[answer]  # fmt: skip
        text = self.chance.choice(words)
        self.texts(person, text)
        if self.chance.random() < 0.12:
            self.texts(person, text)
        if answer == "stop":
            await self._may_start_again(person)

    def texts(self, person: Person, text: str) -> None:
        """Somebody texts the practice."""
        if not text or self.gone:
            return
        sent = self.carrier.text_from(person.phone, text)
        self.journal.say(f"client {person.number}", f"texts {text!r}")
        for each in self.practice.at(person.phone):
            if text.casefold() in PLAIN_STOPS and each.stop_sid is None:
                each.stop_sid = sent.sid
            elif text.casefold() in START_WORDS:
                each.stop_sid = each.stopped_at = None

    async def _may_start_again(self, person: Person) -> None:
        for _ in range(self.chance.choice([0, 1, 1])):
            await self.clock.sleep(self.chance.uniform(20, 4000))
            self.texts(person, self.chance.choice((*ODD, *CONFIRM, *CANNOT)))
        if self.chance.random() < 0.6:
            await self.clock.sleep(self.chance.uniform(60, 40 * 3600))
            self.texts(person, self.chance.choice(STARTS))

    # --- behind a link ----------------------------------------------------------------------------------------

    async def _taps(self, person: Person, body: str) -> None:
        found = _LINK.search(body)
        if found is None:
            return
        token = found.group(1)
        await self.act_behind(person, token)
        if self.chance.random() < 0.5:  # the page is still open, and tapped once more; or found again in the evening
            late = self.chance.random() < 0.5
            await self.clock.sleep(self.chance.uniform(3600, 30 * 3600) if late else self.chance.uniform(0.2, 900))
            if not self.gone:
                await self.act_behind(person, token)

    async def act_behind(self, person: Person, token: str) -> None:
        """What the pages of bot/links do when somebody presses a button there."""
        practice_id = await links.practice_of(self.record, token)
        if practice_id is None:
            return
        async with self.record.read(practice_id) as r:
            found = await links.look_up(r, token)
            client = await people.client(r, found.client_id) if found else None
            practice = await people.practice(r)
        if found is None or client is None:
            self.journal.say(f"client {person.number}", "opens a dead link")
            return
        opened = Opened(token, practice_id, found, practice, client)
        try:
            async with self.record.write(practice_id, opened.actor) as tx:
                if await links.look_up(tx, token) is None:
                    return
                await self.watch.link_opened(found.id)
                did = await (self._of_offer(tx, opened) if found.offer_id else self._of_visit(tx, opened, person))
        except (Conflict, Invalid) as refused:
            if found.offer_id:
                raise
            did = f"refused: {refused.code}"  # the page shows the open times again
        self.journal.say(f"client {person.number}", f"by link: {did}")
        if did == "stopped":
            for each in self.practice.at(person.phone):
                each.stopped_at = self.clock.now()

    async def _of_offer(self, tx: Tx, opened: Opened) -> str:
        if self.chance.random() < 0.75:
            outcome = await claim(tx, opened.link.offer_id or "", via="link")
            if isinstance(outcome, Won) and not outcome.again:
                await self.watch.offer_won(opened.link.offer_id or "", tx.now)
        else:
            outcome = await pass_offer(tx, opened.link.offer_id or "")
        return f"{type(outcome).__name__}"

    async def _of_visit(self, tx: Tx, opened: Opened, person: Person) -> str:
        visit = await appointments.visit(tx, opened.link.participation_id or "")
        if visit is None:
            return "preferences"
        act = self.chance.choice(["confirm", "confirm", "cancel", "move", "stop"] if visit.is_active else ["undo"])
        if act == "confirm":
            await confirm(tx, visit.participation_id)
        elif act == "undo":
            return f"undo {type(await restore(tx, visit.participation_id)).__name__}"
        elif act == "cancel":
            outcome = await cancel(tx, visit.participation_id, by="client")
            if isinstance(outcome, Cancelled):
                await tell_cancelled(tx, opened, visit, outcome)
        elif act == "move":
            found = await open_times(
                tx, clinician_ids=[visit.clinician_id], service_id=visit.service_id,
                earliest=tx.now + timedelta(hours=2), latest=tx.now + timedelta(days=9), limit=30,
            )  # fmt: skip
            other = [time for time in found if time.starts_at != visit.starts_at]
            if other and visit.starts_at > tx.now:
                moved = await move(tx, visit.appointment_id, starts_at=self.chance.choice(other).starts_at, by="client")
                await tell_moved(tx, opened, visit, moved)
        elif self.chance.random() < 0.3:
            for point in await people.contact_points(tx, opened.client.id):
                if point.kind == "phone" and point.value == person.phone:
                    await consent.stop_contact(tx, point.id, Channel.SMS, StopSource.LINK)
                    return "stopped"
        return act
