"""The day: what its rows say, and what its buttons do."""

from datetime import timedelta

from aiohttp.test_utils import TestClient

from bot.console.today import next_quarter
from scheduler.appointments import store as appointments
from scheduler.core.record import Record
from tests.console.conftest import SignIn
from tests.console.visitor import sign_in
from tests.rig.clock import ManualClock
from tests.rig.office import Office, local, open_office


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


async def test_a_visit_nobody_marked_is_asked_about_until_somebody_has(
    office: Office, enter: SignIn, clock: ManualClock
):
    ana, bob = await office.client(0), await office.client(1)
    booked = await office.book(ana, at=local("2026-03-04 14:00"))
    missed = await office.book(bob, at=local("2026-03-04 16:00"))
    clock.advance(timedelta(days=1))
    desk = await enter("front_desk")
    page = await desk.get("/console/today")
    assert "Not marked yet" in page
    assert "Came" in page
    await desk.press(f"/console/visits/{missed.participation_ids[0]}/mark", {"to": "missed", "back": "/console/today"})
    page = await desk.press(
        f"/console/visits/{booked.participation_ids[0]}/mark", {"to": "arrived", "back": "/console/today"}
    )
    assert "Not marked yet" not in page
    async with office.record.read(office.practice_id) as r:
        found = await appointments.visit(r, booked.participation_ids[0])
    assert (found.attendance, found.arrived_at) == ("arrived", None)  # when it was is not made up


async def test_what_leaves_next_is_shown(office: Office, enter: SignIn):
    ana = await office.client(0)
    await office.book(ana, at=local("2026-03-06 12:00"))
    page = await (await enter("front_desk")).get("/console/today")
    assert "by text" in page.text.partition("Going out next")[2]


def test_free_times_begin_at_a_quarter():
    assert next_quarter(local("2026-03-04 13:12")) == local("2026-03-04 13:15")
    assert next_quarter(local("2026-03-04 13:15")) == local("2026-03-04 13:15")


async def test_a_practice_without_clinicians_is_led_to_add_one(record: Record, client: TestClient):
    empty = await open_office(record, clinicians=0)
    for role, offered in (("owner", True), ("front_desk", False)):
        page = await (await sign_in(record, client, empty.practice_id, ManualClock(), role)).get("/console/today")
        assert "No clinician is on file yet" in page
        assert ("/console/settings/clinicians/new" in page) is offered
