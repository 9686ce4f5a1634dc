"""The inbox's question about a weekly time that is missed: what staff see, what keeping and freeing it do, and undo."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from messages.kinds import Kind
from messages.outbox_store import messages_of
from messages.task_store import live
from scheduler.actions.attend import attend
from scheduler.actions.series import start_series
from scheduler.appointments import series_store
from scheduler.appointments import store as appointments
from scheduler.calendar.series import Series
from scheduler.core.record import Tx
from tests.console.conftest import SignIn
from tests.rig.clock import ManualClock
from tests.rig.office import FRONT_DESK, Known, Office, local
from waitlist import opening_store
from waitlist.opening_store import OpeningKind


@dataclass
class Missing:
    """Ana has missed two of her Thursdays at two."""

    ana: Known
    series_id: str
    task_id: str

    @property
    def free(self) -> str:
        return f"/console/inbox/{self.task_id}/free"


async def begin(tx: Tx, office: Office, who: Known) -> str:
    begun = await start_series(
        tx,
        Series(date(2026, 3, 5), 14 * 60, last_day=date(2026, 4, 30)),
        clinician_id=office.clinician_ids[0],
        service_id=office.service_id,
        location_id=office.location_id,
        client_ids=(who.id,),
    )
    return begun.series_id


@pytest.fixture
async def missing(office: Office, clock: ManualClock) -> Missing:
    ana = await office.client(0)
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        series_id = await begin(tx, office, ana)
        visits = await appointments.upcoming(tx, (ana.id,), tx.now)
    for each in visits[:2]:
        clock.advance_to(each.ends_at)
        async with office.record.write(office.practice_id, FRONT_DESK) as tx:
            await attend(tx, each.participation_id, "missed")
    async with office.record.read(office.practice_id) as r:
        (task,) = await live(r)
    return Missing(ana, series_id, task.id)


async def state(office: Office, missing: Missing) -> tuple[str, int]:
    """Of the series, and how many visits are ahead."""
    async with office.record.read(office.practice_id) as r:
        stored = await series_store.by_id(r, missing.series_id)
        ahead = await appointments.upcoming(r, (missing.ana.id,), r.now)
    assert stored is not None
    return stored.state, len(ahead)


async def test_staff_read_what_happened_and_may_keep_it(office: Office, enter: SignIn, missing: Missing):
    desk = await enter("front_desk")
    page = await desk.get("/console/inbox")
    for words in ("Misses their weekly time", "Thu, Mar 5, 2:00", "Thu, Mar 12, 2:00", "Next: ", "Thu, Mar 19, 2:00"):
        assert words in page
    page = await desk.press(f"/console/inbox/{missing.task_id}/done", {})
    assert page.toast == "Done."
    assert await state(office, missing) == ("active", 7)


async def test_freeing_it_tells_the_client_once_and_opens_the_weekly_time(
    office: Office, enter: SignIn, missing: Missing
):
    page = await (await enter("front_desk")).press(missing.free, {})
    assert page.toast == "The series ends; 7 visits are cancelled."
    assert "Nothing waits for a person" in page
    assert await state(office, missing) == ("ended", 0)
    async with office.record.read(office.practice_id) as r:
        told = [each for each in await messages_of(r, missing.ana.id) if each.kind is Kind.CLINICIAN_CANCELLED]
        (opening,) = await opening_store.openings(r)
    assert [(each.fields.starts_at, each.fields.weekly) for each in told] == [(local("2026-03-19 14:00"), True)]
    assert (opening.kind, opening.starts_at) == (OpeningKind.WEEKLY, local("2026-03-19 14:00"))


async def test_freed_by_mistake_it_goes_on_and_nobody_was_told(
    office: Office, enter: SignIn, missing: Missing, clock: ManualClock
):
    desk = await enter("front_desk")
    await desk.press(missing.free, {})
    page = await desk.press(f"/console/series/{missing.series_id}/resume", {})
    assert page.toast == "The series goes on as it was."
    assert await state(office, missing) == ("active", 7)
    async with office.record.read(office.practice_id) as r:
        waiting = [each.kind for each in await messages_of(r, missing.ana.id) if each.state == "pending"]
        assert await opening_store.openings(r) == ()
    assert not {Kind.CLINICIAN_CANCELLED, Kind.BOOKED} & set(waiting)
    again = await desk.press(f"/console/series/{missing.series_id}/resume", {})
    assert again.toast == "It goes on already."


async def test_after_its_minutes_an_end_is_not_taken_back(
    office: Office, enter: SignIn, missing: Missing, clock: ManualClock
):
    desk = await enter("front_desk")
    await desk.press(missing.free, {})
    clock.advance(timedelta(minutes=16))
    page = await desk.press(f"/console/series/{missing.series_id}/resume", {})
    assert page.toast.startswith("Not done: the end of a series can be taken back for 15 minutes")
    assert await state(office, missing) == ("ended", 0)


async def test_pressed_twice_or_by_a_colleague_nothing_more_is_freed(office: Office, enter: SignIn, missing: Missing):
    colleague = await enter("clinician", clinician=office.clinician_ids[1])
    assert (await colleague.post(missing.free, {})).status == 404
    assert (await colleague.post(f"/console/series/{missing.series_id}/resume", {})).status == 404
    desk = await enter("front_desk")
    await desk.press(missing.free, {})
    assert (await desk.press(missing.free, {})).toast == "Not done: that series has ended already."
    assert await state(office, missing) == ("ended", 0)
