"""The brake: a moved clock or far too much at once holds reminders, and only reminders, until a person resumes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from messages import pause, pause_store
from messages.brake import Brake
from messages.clock_watch import ClockWatch
from messages.kinds import Channel, Kind
from messages.outbox import Address, Draft, enqueue
from messages.pause import PauseReason, Why
from scheduler import tables
from scheduler.core.actor import OPERATOR
from scheduler.core.record import Record
from tests.rig.clock import ManualClock
from tests.rig.office import OWNER, Office

HOURS = timedelta(hours=1)


class Yard:
    """A practice whose outbox is filled by hand, and the brake that looks at it."""

    def __init__(self, record: Record, clock: ManualClock, practice_id: str) -> None:
        self.record, self.clock, self.practice_id = record, clock, practice_id
        self.watch = ClockWatch(clock)
        self.brake = Brake(record, self.watch)
        self._made = 0

    async def touches(self, count: int, due_at: datetime) -> None:
        async with self.record.write(self.practice_id, OPERATOR) as tx:
            await tx.conn.execute(tables.message.insert(), [self._row(due_at) for _ in range(count)])

    def _row(self, due_at: datetime) -> dict[str, object]:
        self._made += 1
        return {
            "practice_id": self.practice_id, "id": f"{self._made:032x}", "kind": "reminder", "channel": "sms",
            "fields": {}, "dedupe": f"made:{self._made}", "priority": 9, "due_at": due_at, "state": "pending",
            "useful_until": due_at + timedelta(days=1), "attempt": 0, "looks": 0, "created_at": self.clock.now(),
        }  # fmt: skip

    async def all_sent(self) -> None:
        m = tables.message.c
        async with self.record.write(self.practice_id, OPERATOR) as tx:
            await tx.conn.execute(
                update(tables.message)
                .where(m.state == "pending", m.due_at <= tx.now)
                .values(state="sent", sent_at=tx.now)
            )

    async def look(self) -> str | None:
        """The brake looks, as it does before each round; says why planned texts are held, if they are."""
        assert await self.brake.run(self.practice_id) == 0
        return await self.why()

    async def why(self) -> str | None:
        async with self.record.read(self.practice_id) as r:
            found = await pause_store.pause_of(r)
        return found.why if found else None

    async def hours(self, count: int) -> None:
        for _ in range(count):
            self.clock.advance(HOURS)
            await self.look()

    async def open_tasks(self) -> Sequence[tuple[str, str]]:
        async with self.record.read(self.practice_id) as r:
            rows = await r.conn.execute(select(tables.task.c.kind, tables.task.c.state))
        return [(row.kind, row.state) for row in rows]

    async def resume(self, *, leave_out: bool = False) -> pause.Resumed:
        async with self.record.write(self.practice_id, OWNER) as tx:
            return await pause.resume(tx, leave_out=leave_out)


@pytest.fixture
def yard(record: Record, clock: ManualClock, office: Office) -> Yard:
    return Yard(record, clock, office.practice_id)


async def test_a_wave_that_was_planned_yesterday_leaves(yard: Yard) -> None:
    await yard.look()
    await yard.touches(10_000, yard.clock.now() + timedelta(hours=24, minutes=10))
    await yard.hours(24)
    yard.clock.advance(timedelta(minutes=11))
    assert await yard.look() is None
    await yard.hours(2)  # it takes its time to leave, which is no accident either
    assert await yard.why() is None


async def test_everything_due_at_once_by_mistake_is_held_and_a_person_is_asked(yard: Yard) -> None:
    await yard.look()
    await yard.hours(1)
    await yard.touches(1001, yard.clock.now())
    yard.clock.advance(1)
    assert await yard.look() == Why.DUE_SPIKE
    async with yard.record.read(yard.practice_id) as r:
        found = await pause_store.pause_of(r)
    assert found is not None
    assert (found.count, found.usual, found.by_id) == (1001, 0, None)
    assert await yard.open_tasks() == [("sending_paused", "open")]


async def test_what_is_usual_for_a_practice_may_come_unplanned(yard: Yard) -> None:
    """A practice whose busiest hour had 400 may have 2,000 at once before anybody is asked."""
    await yard.look()
    await yard.touches(400, yard.clock.now() + timedelta(hours=2, minutes=5))
    await yard.hours(4)
    await yard.all_sent()
    await yard.hours(24)
    await yard.touches(2000, yard.clock.now())
    yard.clock.advance(1)
    assert await yard.look() is None
    await yard.touches(1, yard.clock.now())
    yard.clock.advance(1)
    assert await yard.look() == Why.DUE_SPIKE


async def test_a_wave_does_not_hide_an_accident_of_its_size(yard: Yard) -> None:
    await yard.look()
    await yard.touches(3000, yard.clock.now() + timedelta(hours=3))
    await yard.hours(3)
    assert await yard.look() is None
    await yard.touches(15_001, yard.clock.now())
    yard.clock.advance(1)
    assert await yard.look() == Why.DUE_SPIKE


@pytest.mark.parametrize("by", [timedelta(minutes=11), HOURS, timedelta(days=30)])
async def test_a_clock_moved_ahead_is_noticed_before_anything_leaves(yard: Yard, by: timedelta) -> None:
    await yard.look()
    await yard.touches(3, yard.clock.now() + timedelta(days=2))
    yard.clock.jump(by)
    assert await yard.look() == Why.CLOCK_JUMP
    assert await yard.open_tasks() == [("sending_paused", "open")]


async def test_the_claim_itself_notices_a_clock_that_was_moved_since_the_last_look(yard: Yard) -> None:
    await yard.look()
    yard.clock.jump(timedelta(days=30))
    async with yard.record.write(yard.practice_id, OPERATOR) as tx:
        state = await pause.sending_state(tx, yard.watch)
    assert state.planned_paused
    assert await yard.why() == Why.CLOCK_JUMP


async def test_a_step_that_could_not_be_written_down_is_told_again(yard: Yard) -> None:
    await yard.look()
    yard.clock.jump(timedelta(days=30))
    with pytest.raises(RuntimeError):
        async with yard.record.write(yard.practice_id, OPERATOR) as tx:
            assert (await pause.sending_state(tx, yard.watch)).planned_paused
            raise RuntimeError
    assert await yard.why() is None
    assert await yard.look() == Why.CLOCK_JUMP


@pytest.mark.parametrize("by", [timedelta(minutes=-10), -HOURS, timedelta(days=-365), timedelta(minutes=9)])
async def test_a_clock_moved_back_or_mended_by_minutes_holds_nothing(yard: Yard, by: timedelta) -> None:
    await yard.look()
    yard.clock.jump(by)
    assert await yard.look() is None
    await yard.hours(3)
    assert await yard.why() is None


async def test_a_clock_that_runs_ten_times_too_fast_is_noticed(yard: Yard) -> None:
    await yard.look()
    seen = []
    for _ in range(120):
        yard.clock.advance(1)
        yard.clock.jump(timedelta(seconds=9))
        seen.append(await yard.look())
    assert seen[-1] == Why.CLOCK_JUMP
    assert seen[60] is None  # nine minutes ahead by then, which a mended clock may be


async def test_a_clock_moved_ahead_while_nobody_worked_is_noticed_by_what_comes_due(yard: Yard) -> None:
    """Another process starts after the step; a month of a small practice is more than a weekend of it."""
    await yard.look()
    for day in range(30):
        await yard.touches(10, yard.clock.now() + timedelta(days=day, hours=1))
    yard.clock.jump(timedelta(days=30))
    after = Yard(yard.record, yard.clock, yard.practice_id)
    assert await after.look() == Why.DUE_SPIKE


async def test_a_weekend_without_a_worker_needs_nobody(yard: Yard) -> None:
    await yard.look()
    for hour in range(60):
        await yard.touches(10, yard.clock.now() + timedelta(hours=hour, minutes=20))
    await yard.hours(1)
    yard.clock.jump(timedelta(hours=60))
    after = Yard(yard.record, yard.clock, yard.practice_id)
    assert await after.look() is None


async def test_the_demo_whose_time_is_moved_on_purpose_is_never_held(yard: Yard) -> None:
    async with yard.record.write(yard.practice_id, OPERATOR) as tx:
        await tx.conn.execute(update(tables.practice).values(demo=True))
    await yard.look()
    await yard.touches(5000, yard.clock.now() + timedelta(days=29))
    yard.clock.jump(timedelta(days=30))
    assert await yard.look() is None


async def test_only_a_person_resumes_and_what_waits_is_expected_from_then_on(yard: Yard) -> None:
    await yard.look()
    await yard.touches(1500, yard.clock.now())
    yard.clock.advance(1)
    assert await yard.look() == Why.DUE_SPIKE
    await yard.hours(5)
    assert await yard.why() == Why.DUE_SPIKE
    assert await yard.resume() == pause.Resumed(resumed=True)
    assert await yard.open_tasks() == [("sending_paused", "done")]
    assert await yard.look() is None
    await yard.hours(2)
    assert await yard.why() is None
    assert await yard.resume() == pause.Resumed(resumed=False)


async def test_resuming_without_what_waited_takes_it_back_for_good_and_keeps_the_rest(yard: Yard) -> None:
    await yard.look()
    await yard.touches(1200, yard.clock.now())
    await yard.touches(7, yard.clock.now() + timedelta(days=1))
    yard.clock.advance(1)
    await yard.look()
    assert await yard.resume(leave_out=True) == pause.Resumed(resumed=True, left_out=1200)
    async with yard.record.read(yard.practice_id) as r:
        states = (await r.conn.execute(select(tables.message.c.state, tables.message.c.reason))).all()
    assert sorted({tuple(row) for row in states}, key=str) == [("cancelled", pause.LEFT_OUT), ("pending", None)]
    assert sum(row.state == "pending" for row in states) == 7


async def test_a_person_pauses_and_nobody_is_alerted(yard: Yard) -> None:
    async with yard.record.write(yard.practice_id, OWNER) as tx:
        assert await pause.pause(tx, PauseReason.WRONG_TEXTS)
        assert not await pause.pause(tx, PauseReason.CLOSED)
    async with yard.record.read(yard.practice_id) as r:
        found = await pause_store.pause_of(r)
    assert found is not None
    assert (found.why, found.reason, found.by_id) == ("by_hand", "wrong_texts", OWNER.id)
    assert await yard.open_tasks() == []


async def test_the_alert_is_due_at_once(yard: Yard) -> None:
    await yard.look()
    yard.clock.jump(timedelta(days=1))
    await yard.look()
    async with yard.record.read(yard.practice_id) as r:
        rows = (await r.conn.execute(select(tables.task.c.alert_at, tables.task.c.urgent))).all()
    assert [tuple(row) for row in rows] == [(yard.clock.now(), True)]


async def test_what_answers_somebody_is_not_counted(yard: Yard) -> None:
    await yard.look()
    async with yard.record.write(yard.practice_id, OPERATOR) as tx:
        for number in range(3):
            draft = Draft(
                kind=Kind.CRISIS_NOTICE, channel=Channel.SMS, to=Address("+12025550123"), dedupe=f"reply:{number}"
            )
            await enqueue(tx, draft)
        assert await pause_store.planned_due(tx) == 0
