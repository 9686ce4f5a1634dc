"""The day: what its rows say, and what its buttons do."""

from datetime import timedelta

from scheduler.appointments import store as appointments
from tests.console.conftest import SignIn
from tests.rig.clock import ManualClock
from tests.rig.office import Office, local


async def test_the_day_shows_its_visits_and_free_times(office: Office, enter: SignIn):
    ana = await office.client(0)
    await office.book(ana, at=local("2026-03-04 14:00"))
    page = await (await enter("front_desk")).get("/console/today")
    assert page.status == 200
    assert ana.who.family in page
    assert "Not confirmed" in page
    assert "9:00\u00a0AM" not in page
    one = await (await enter("front_desk")).get(f"/console/today?clinician={office.clinician_ids[0]}")
    assert "Free until 2:00" in one


async def test_marking_and_taking_back(office: Office, enter: SignIn, clock: ManualClock):
    ana = await office.client(0)
    booked = await office.book(ana, at=local("2026-03-04 10:30"))
    desk, visit = await enter("front_desk"), f"/console/visits/{booked.participation_ids[0]}"
    page = await desk.press(f"{visit}/mark", {"to": "arrived", "back": "/console/today"})
    assert page.toast == "Marked as arrived."
    clock.advance(timedelta(minutes=30))
    await desk.press(f"{visit}/mark", {"to": "started", "back": "/console/today"})
    page = await desk.press(f"{visit}/unmark", {"back": "/console/today"})
    assert "Arrived" in page
    async with office.record.read(office.practice_id) as r:
        found = await appointments.visit(r, booked.participation_ids[0])
    assert found.attendance == "arrived"
    assert found.started_at is None
    assert found.arrived_at == local("2026-03-04 10:00")
