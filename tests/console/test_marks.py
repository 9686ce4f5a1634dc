"""Attendance of many visits at once: what is ticked is marked, what is left open is not, unless a person says so."""

from datetime import timedelta

from scheduler.appointments import store as appointments
from tests.console.conftest import SignIn
from tests.rig.clock import ManualClock
from tests.rig.office import Office, local

MARKS = "/console/marks"


async def _past(office: Office, clock: ManualClock) -> list[str]:
    """Three visits that are over, the last one a colleague's."""
    visits = []
    for number, (hour, clinician) in enumerate(((14, 0), (15, 0), (14, 1))):
        booked = await office.book(await office.client(number), at=local(f"2026-03-04 {hour}:00"), clinician=clinician)
        visits.append(booked.participation_ids[0])
    clock.advance(timedelta(days=1))
    return visits


async def _states(office: Office, visits: list[str]) -> list[str]:
    async with office.record.read(office.practice_id) as r:
        found = await appointments.visits(r, visits)
    return [found[each].attendance for each in visits]


def _form(visits: list[str], **ticked: str) -> dict[str, str]:
    return {f"listed-{each}": "yes" for each in visits} | ticked


async def test_what_is_ticked_is_marked_and_the_rest_stays_open(office: Office, enter: SignIn, clock: ManualClock):
    visits = await _past(office, clock)
    desk = await enter("front_desk")
    assert "Mark several" in await desk.get("/console/today")
    page = await desk.press(MARKS, _form(visits, **{visits[0]: "came", visits[1]: "missed"}))
    assert page.toast.startswith("Marked: 2.")
    assert await _states(office, visits) == ["arrived", "missed", "unmarked"]
    assert (await desk.press(MARKS, _form(visits))).toast == "Nothing was ticked, so nothing was marked."
    page = await desk.press(MARKS, _form(visits, act="others_came"))
    assert await _states(office, visits) == ["arrived", "missed", "arrived"]
    assert "Every visit that is over is marked." in page


async def test_only_what_was_listed_and_is_ones_own_is_marked(office: Office, enter: SignIn, clock: ManualClock):
    visits = await _past(office, clock)
    clinician = await enter("clinician", clinician=office.clinician_ids[0])
    assert visits[2] not in await clinician.get(MARKS)
    await clinician.press(MARKS, _form([visits[0], visits[2]], act="others_came"))
    assert await _states(office, visits) == ["arrived", "unmarked", "unmarked"]
