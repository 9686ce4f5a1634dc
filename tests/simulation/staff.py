"""The staff as a model: they book, move, cancel, mark, change rules and people, often just when a text is about to go.

Invariant: everything is done through the actions the console calls; a refusal is shown to them and nothing else.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from messages import consent
from messages.consent import StopSource
from messages.kinds import Channel
from messages.pause import PauseReason, pause, resume
from messages.tasks import acknowledge, done
from scheduler.actions.attend import attend
from scheduler.actions.book import book
from scheduler.actions.cancel import cancel
from scheduler.actions.clients import NewContact, add_contact_point, remove_contact_point
from scheduler.actions.confirm import confirm
from scheduler.actions.fees import approve_fee, reverse_fee, waive_fee
from scheduler.actions.move import move
from scheduler.actions.move_series import WeeklyTime, at_weekly_time, move_series
from scheduler.actions.restore import restore
from scheduler.actions.save_reminder_policy import save_reminder_policy
from scheduler.appointments import series_store
from scheduler.appointments import store as appointments
from scheduler.calendar.open_times import open_times
from scheduler.core.errors import StillonError
from scheduler.core.ids import Chance
from scheduler.core.record import Record, Tx
from scheduler.people import store as people
from tests.simulation.engines import DatabaseFault
from tests.simulation.eye import Eye, Row, certain, one
from tests.simulation.journal import Journal
from tests.simulation.loop import LoopClock
from tests.simulation.practice import BILLER, FRONT, POLICIES, ZONE, Person, Practice
from waitlist.actions.join import join
from waitlist.actions.leave import leave

_OPENS, _CLOSES = 8, 18


@dataclass
class Staff:
    """The front desk, and the biller."""

    practice: Practice
    record: Record
    clock: LoopClock
    chance: Chance
    journal: Journal
    eye: Eye
    busyness: float = 1.0

    async def work(self) -> None:
        """A week of acts in office hours."""
        while True:
            await self.clock.sleep(self.chance.expovariate(self.busyness / 3600))
            local = self.clock.now().astimezone(ZONE)
            if local.weekday() < 5 and _OPENS <= local.hour < _CLOSES:
                await self.act()

    async def disturb(self) -> None:
        """Now and then, something at the worst moment: about a text just falling due, one in doubt, or an offer out."""
        while True:
            await self.clock.sleep(self.chance.uniform(0.3, 4) * 3600)
            worst = self.chance.random()
            if worst < 0.25:
                if await self._held_offers():
                    await self._try(self._book_over)
                continue
            row = await one(self.eye, _IN_DOUBT if worst < 0.5 else _NEXT, p=self.practice.id)
            if row is None:
                continue
            wait = (certain(row["due_at"]) - self.clock.now()).total_seconds()
            late = self.chance.uniform(-0.3, 1.2) if self.chance.random() < 0.5 else self.chance.uniform(1, 45)
            await self.clock.sleep(max(0.0, wait) + late)
            await self._race(row)

    async def strike(self) -> None:
        """An act about somebody whose text is just about to be posted."""
        rows = await self.eye.rows(_ABOUT_TO_LEAVE, p=self.practice.id)
        if rows:
            row = self.chance.choice(rows)
            await self.clock.sleep(self.chance.uniform(0, 1.5))
            await self._race(row)

    async def mark(self) -> None:
        """Visits that are over are marked, most of them; and fees are decided."""
        while True:
            await self.clock.sleep(6 * 3600)
            await self._mark_past()
            await self._decide_fees()

    async def look_in(self) -> None:
        """The inbox is looked at every other hour, by day and by night; most of what is there is dealt with."""
        while True:
            await self.clock.sleep(self.chance.uniform(0.3, 2) * 3600)
            for row in await self.eye.rows(
                "SELECT id, state FROM task WHERE practice_id = :p AND state <> 'done' ORDER BY opened_at, id",
                p=self.practice.id,
            ):
                await self._try(lambda row=row: self._deal_with(row))  # type: ignore[misc]

    async def _deal_with(self, row: Row) -> str:
        async with self.record.write(self.practice.id, FRONT) as tx:
            if row["state"] == "open" and self.chance.random() < 0.8:
                await acknowledge(tx, row["id"])
                return f"takes task {row['id'][-6:]} up"
            await done(tx, row["id"])
        return f"closes task {row['id'][-6:]}"

    async def act(self) -> None:
        """Something that happens at a front desk."""
        acts: list[tuple[Callable[[], Awaitable[str]], int]] = [
            (self._book, 5), (self._move, 4), (self._cancel, 6), (self._confirm, 1), (self._restore, 2),
            (self._edit_policy, 1), (self._join, 4), (self._leave, 1), (self._consent, 1), (self._new_phone, 1),
            (self._stop, 1), (self._pause, 2), (self._move_series, 1),
        ]  # fmt: skip
        each, weights = zip(*acts, strict=True)
        await self._try(self.chance.choices(each, weights)[0])

    async def _try(self, act: Callable[[], Awaitable[str]]) -> None:
        try:
            said = await act()
        except StillonError as refused:
            said = f"{getattr(act, '__name__', 'act').strip('_')} refused: {refused.code}"
        self.journal.say("staff", said)

    # --- visits -----------------------------------------------------------------------------------------------

    async def _visits_ahead(self) -> list[Row]:
        return await self.eye.rows(
            "SELECT p.id, p.appointment_id, p.client_id, p.state, p.attendance, a.starts_at FROM participation p "
            "JOIN appointment a ON a.practice_id = p.practice_id AND a.id = p.appointment_id "
            "WHERE p.practice_id = :p AND p.state IN ('booked', 'confirmed') ORDER BY a.starts_at, p.id",
            p=self.practice.id,
        )

    async def _ahead(self) -> Row | None:
        now = self.clock.now()
        found = [row for row in await self._visits_ahead() if certain(row["starts_at"]) > now]
        near = [row for row in found if certain(row["starts_at"]) < now + timedelta(days=3)]
        return self.chance.choice(near or found) if found else None

    async def _time(self, tx: Tx, *, soon: bool = False) -> tuple[str, datetime] | None:
        reach = timedelta(days=2 if soon else 9)
        found = await open_times(
            tx, clinician_ids=self.practice.clinicians, service_id=self.practice.service,
            earliest=tx.now + timedelta(hours=1), latest=tx.now + reach, limit=60,
            step_minutes=self.chance.choice([5, 30]),
        )  # fmt: skip
        if not found:
            return None
        chosen = self.chance.choice(found)
        return chosen.clinician_id, chosen.starts_at

    async def _held_offers(self) -> list[Row]:
        return await self.eye.rows(
            "SELECT b.clinician_id, o.starts_at FROM busy b JOIN opening o ON o.practice_id = b.practice_id "
            "AND o.id = b.holder_id WHERE b.practice_id = :p AND b.kind = 'offer' ORDER BY o.starts_at, b.id",
            p=self.practice.id,
        )

    async def _book(self) -> str:
        person = self.chance.choice(self.practice.people)
        async with self.record.write(self.practice.id, FRONT) as tx:
            time = await self._time(tx)
            if time is None:
                return "finds no time"
            await self._book_at(tx, person, time)
        return f"books client {person.number} at {time[1]}"

    async def _book_over(self) -> str:
        """For somebody on the phone, over an offer that nobody has answered yet."""
        person = self.chance.choice(self.practice.people)
        row = self.chance.choice(await self._held_offers())
        time = row["clinician_id"], certain(row["starts_at"])
        async with self.record.write(self.practice.id, FRONT) as tx:
            await self._book_at(tx, person, time, over_holds=True)
        return f"books client {person.number} over an offer at {time[1]}"

    async def _book_at(self, tx: Tx, person: Person, time: tuple[str, datetime], *, over_holds: bool = False) -> None:
        await book(
            tx,
            clinician_id=time[0],
            service_id=self.practice.service,
            location_id=self.practice.location,
            client_ids=(person.id,),
            starts_at=time[1],
            told=self.chance.random() < 0.7,
            over_holds=over_holds,
        )

    async def _move(self, row: Row | None = None) -> str:
        row = row or await self._ahead()
        if row is None:
            return "has nothing to move"
        async with self.record.write(self.practice.id, FRONT) as tx:
            time = await self._time(tx)
            if time is None:
                return "finds no time"
            await move(
                tx, row["appointment_id"], starts_at=time[1], clinician_id=time[0],
                by=self.chance.choice(["practice", "client"]),
            )  # fmt: skip
        return f"moves {row['id'][-6:]} to {time[1]}"

    async def _move_series(self) -> str:
        rows = await self.eye.rows(
            "SELECT id FROM series WHERE practice_id = :p AND state = 'active' ORDER BY id", p=self.practice.id
        )
        if not rows:
            return "has no series to move"
        async with self.record.write(self.practice.id, FRONT) as tx:
            stored = await series_store.by_id(tx, self.chance.choice(rows)["id"])
            assert stored is not None
            following = await appointments.series_from(tx, stored.id, tx.now.astimezone(ZONE).date())
            usual = at_weekly_time(stored, following)
            ahead = [each.series_day for each in usual if each.starts_at > tx.now and each.series_day]
            if not ahead:
                return "has no visit of a series to move"
            day = self.chance.choice(ahead)
            to = WeeklyTime(day + timedelta(days=self.chance.choice([-1, 0, 1])), 60 * self.chance.randint(9, 17),
                            self.chance.choice(self.practice.clinicians))  # fmt: skip
            moved = await move_series(tx, stored.id, day, to, by=self.chance.choice(["practice", "client"]))
        return f"moves the series {stored.id[-6:]} from {day} on: {moved.moved} visits, {len(moved.left)} stay"

    async def _cancel(self, row: Row | None = None) -> str:
        row = row or await self._ahead()
        if row is None:
            return "has nothing to cancel"
        by = self.chance.choice(["practice", "client", "client"])
        async with self.record.write(self.practice.id, FRONT) as tx:
            outcome = await cancel(tx, row["id"], by=by)
        said = f"cancels {row['id'][-6:]} for the {by}: {outcome}"
        if self.chance.random() < 0.25:
            self.journal.say("staff", said)
            await self.clock.sleep(self.chance.uniform(30, 800))
            return await self._restore([row["id"]])
        return said

    async def _confirm(self, row: Row | None = None) -> str:
        row = row or await self._ahead()
        if row is None:
            return "has nothing to confirm"
        async with self.record.write(self.practice.id, FRONT) as tx:
            await confirm(tx, row["id"])
        return f"confirms {row['id'][-6:]}"

    async def _restore(self, cancelled: Sequence[str] = ()) -> str:
        gone = cancelled or await self._cancelled()
        if not gone:
            return "has nothing to restore"
        async with self.record.write(self.practice.id, FRONT) as tx:
            outcome = await restore(tx, self.chance.choice(gone))
        return f"restores: {outcome}"

    async def _cancelled(self) -> list[str]:
        gone = await self.eye.rows(
            "SELECT id FROM participation WHERE practice_id = :p AND cancelled_at IS NOT NULL "
            "ORDER BY cancelled_at DESC, id LIMIT 2",
            p=self.practice.id,
        )
        return [row["id"] for row in gone]

    async def _mark_past(self) -> None:
        now = self.clock.now()
        for row in await self._visits_ahead():
            over = certain(row["starts_at"]) + timedelta(minutes=50) <= now
            if not over or self.chance.random() < (0.2 if row["attendance"] == "unmarked" else 0.9):
                continue
            await self._try(lambda row=row: self._mark(row))  # type: ignore[misc]

    async def _mark(self, row: Row) -> str:
        to = self.chance.choice(["arrived", "started", "missed", "missed"])
        async with self.record.write(self.practice.id, FRONT) as tx:
            outcome = await attend(tx, row["id"], to)
        return f"marks {row['id'][-6:]} {to}: {type(outcome).__name__}"

    async def _decide_fees(self) -> None:
        for row in await self.eye.rows(
            "SELECT participation_id, max(step) AS step FROM fee_entry WHERE practice_id = :p "
            "GROUP BY participation_id ORDER BY participation_id",
            p=self.practice.id,
        ):
            if self.chance.random() < 0.3:
                await self._try(lambda row=row: self._decide(row))  # type: ignore[misc]

    async def _decide(self, row: Row) -> str:
        act = self.chance.choice(["approve", "waive", "reverse"])
        async with self.record.write(self.practice.id, BILLER) as tx:
            if act == "approve":
                await approve_fee(tx, row["participation_id"], seen_step=row["step"])
            elif act == "waive":
                await waive_fee(tx, row["participation_id"], reason="goodwill")
            else:
                await reverse_fee(tx, row["participation_id"], reason="wrong_decision")
        return f"fee: {act}"

    # --- rules and people -------------------------------------------------------------------------------------

    async def _edit_policy(self) -> str:
        async with self.record.write(self.practice.id, FRONT) as tx:
            version = await save_reminder_policy(tx, self.chance.choice(POLICIES), {})
        return f"saves reminder policy {version}"

    async def _join(self) -> str:
        person = self.chance.choice(self.practice.people)
        async with self.record.write(self.practice.id, FRONT) as tx:
            ahead = await appointments.upcoming(tx, (person.id,), tx.now)
            replaces = ahead[-1].participation_id if ahead and self.chance.random() < 0.6 else None
            await join(
                tx, client_id=person.id, service_id=self.practice.service, priority=self.chance.choice([0, 1]),
                replaces_participation_id=replaces,
            )  # fmt: skip
        return f"puts client {person.number} on the waitlist"

    async def _leave(self) -> str:
        waiting = await self.eye.rows(
            "SELECT id FROM waitlist_entry WHERE practice_id = :p AND state = 'waiting' ORDER BY id", p=self.practice.id
        )
        if not waiting:
            return "has nobody waiting"
        async with self.record.write(self.practice.id, FRONT) as tx:
            await leave(tx, self.chance.choice(waiting)["id"])
        return "takes somebody off the waitlist"

    async def _consent(self, client_id: str | None = None, *, give: bool | None = None) -> str:
        wanted = client_id or self.chance.choice(self.practice.people).id
        give = self.chance.random() < 0.6 if give is None else give
        async with self.record.write(self.practice.id, FRONT) as tx:
            points = [point for point in await people.contact_points(tx, wanted) if point.kind == "phone"]
            for point in points:
                for purpose in self.chance.choice([("reminders",), ("waitlist",), ("reminders", "waitlist")]):
                    if give:
                        await consent.grant(tx, point.id, Channel.SMS, purpose, wording="desk-1", how="verbal")
                    else:
                        await consent.withdraw(tx, point.id, Channel.SMS, purpose, wording="desk-1", how="verbal")
        return f"records consent {'given' if give else 'withdrawn'}"

    async def _new_phone(self, client_id: str | None = None) -> str:
        known = [each for each in self.practice.people if each.id == client_id]
        person = known[0] if known else self.chance.choice(self.practice.people)
        number = f"+1202555{2000 + int(person.phone[-4:]) % 1000}"
        async with self.record.write(self.practice.id, FRONT) as tx:
            for point in await people.contact_points(tx, person.id):
                if point.kind == "phone":
                    await remove_contact_point(tx, point.id)
            made = await add_contact_point(tx, person.id, NewContact("phone", number))
            for purpose in ("reminders", "waitlist"):
                await consent.grant(tx, made, Channel.SMS, purpose, wording="desk-1", how="verbal")
        person.phone = number
        person.stop_sid = person.stopped_at = None
        return f"files a new number for client {person.number}"

    async def _stop(self, client_id: str | None = None) -> str:
        wanted = client_id or self.chance.choice(self.practice.people).id
        async with self.record.write(self.practice.id, FRONT) as tx:
            points = [point for point in await people.contact_points(tx, wanted) if point.kind == "phone"]
            for point in points:
                await consent.stop_contact(tx, point.id, Channel.SMS, StopSource.STAFF)
        for person in self.practice.people:
            if person.phone in {point.value for point in points}:
                person.stopped_at = self.clock.now()
        return "records that somebody wants no texts"

    async def _pause(self) -> str:
        """Something looks wrong: planned texts are held back, and let go again after a while."""
        async with self.record.write(self.practice.id, FRONT) as tx:
            paused = await pause(tx, PauseReason.WRONG_TEXTS)
        if paused:
            await self.clock.sleep(self.chance.choice([600, 4 * 3600, 16 * 3600]) * self.chance.uniform(0.5, 1.5))
            await self.resume(leave_out=self.chance.random() < 0.3)
        return "held planned texts back for a while"

    async def resume(self, *, leave_out: bool) -> None:
        """Planned texts leave again, however often it has to be tried."""
        while True:
            try:
                async with self.record.write(self.practice.id, FRONT) as tx:
                    await resume(tx, leave_out=leave_out)
            except DatabaseFault:
                continue
            return

    async def _race(self, row: Row) -> None:
        client_id = row["client_id"]
        about_client: list[tuple[Callable[[], Awaitable[str]], int]] = [
            (lambda: self._stop(client_id), 2),
            (lambda: self._consent(client_id, give=False), 1),
            (lambda: self._new_phone(client_id), 1),
        ]
        visit = await one(
            self.eye, "SELECT id, appointment_id FROM participation WHERE id = :id", id=row["participation_id"]
        )
        if visit is not None:
            about_client += [
                (lambda: self._move(visit), 4),
                (lambda: self._cancel(visit), 4),
                (lambda: self._confirm(visit), 2),
                (self._edit_policy, 1),
            ]
        acts, weights = zip(*about_client, strict=True)
        await self._try(self.chance.choices(acts, weights)[0])


_NEXT = """
SELECT id, participation_id, client_id, due_at FROM message
WHERE practice_id = :p AND state = 'pending' AND client_id IS NOT NULL ORDER BY due_at, id LIMIT 1
"""
_IN_DOUBT = """
SELECT id, participation_id, client_id, due_at FROM message
WHERE practice_id = :p AND (state = 'unknown' OR state = 'pending' AND (attempt > 0 OR touch IS NULL))
AND client_id IS NOT NULL ORDER BY due_at, id LIMIT 1
"""
_ABOUT_TO_LEAVE = """
SELECT id, participation_id, client_id FROM message
WHERE practice_id = :p AND state = 'intent' AND client_id IS NOT NULL
ORDER BY due_at, id
"""
