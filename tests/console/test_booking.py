"""Booking, over holds too, moving, and series."""

from datetime import date, timedelta

import pytest

from scheduler.actions.hold import hold
from scheduler.actions.practice import set_week
from scheduler.appointments import store as appointments
from scheduler.calendar import store as calendar
from scheduler.calendar.open_times import OpenTime
from tests.console.conftest import SignIn
from tests.rig.clock import ManualClock
from tests.rig.office import FRONT_DESK, Office, local


def _form(office: Office, *clients: str, **more: str) -> dict:
    return {
        "client": list(clients),
        "service": office.service_id,
        "clinician": office.clinician_ids[0],
        "location": office.location_id,
        "day": "2026-03-05",
        "pick": "other",
        "time": "14:00",
        "act": "book",
        **more,
    }


async def test_a_typed_time_is_booked(office: Office, enter: SignIn):
    ana = await office.client(0)
    desk = await enter("front_desk")
    page = await desk.press("/console/book", _form(office, ana.id))
    assert page.toast == "Booked."
    assert ana.who.family in page
    async with office.record.read(office.practice_id) as r:
        (visit,) = await appointments.visits_of(r, ana.id)
    assert visit.starts_at == local("2026-03-05 14:00")


async def test_a_taken_time_is_refused_and_nothing_typed_is_lost(office: Office, enter: SignIn):
    ana, bob = await office.client(0), await office.client(1)
    await office.book(ana, at=local("2026-03-05 14:00"))
    page = await (await enter("front_desk")).post("/console/book", _form(office, bob.id, until="2026-06-01"))
    assert page.status == 409
    assert "That time is taken" in page
    assert f'value="{bob.id}" checked' in page
    assert 'value="2026-06-01"' in page
    assert "<title>Error: " in page


async def test_booking_over_a_waitlist_hold_says_so_first(office: Office, enter: SignIn, clock: ManualClock):
    ana, at = await office.client(0), local("2026-03-05 14:00")
    time = OpenTime(office.clinician_ids[0], office.location_id, at, at + timedelta(minutes=50))
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await hold(
            tx, holder_id="a" * 32, kind="offer", service_id=office.service_id, times=(time,),
            expires_at=clock.now() + timedelta(minutes=30),
        )  # fmt: skip
    desk = await enter("front_desk")
    page = await desk.post("/console/book", _form(office, ana.id))
    assert page.status == 409
    assert "offered to a waitlisted client until 10:30" in page
    async with office.record.read(office.practice_id) as r:
        assert await appointments.visits_of(r, ana.id) == ()
    page = await desk.press("/console/book", _form(office, ana.id, act="over"))
    assert page.toast == "Booked."
    async with office.record.read(office.practice_id) as r:
        assert await calendar.holds_of(r, "a" * 32) == ()


async def test_a_series_is_booked_and_ended(office: Office, enter: SignIn):
    ana = await office.client(0)
    desk = await enter("front_desk")
    page = await desk.press("/console/book", _form(office, ana.id, repeat="1", until="2026-04-09"))
    assert page.toast == "Booked 6 visits of the series."
    assert "Every week on Thursday" in page
    series = page.text.partition("/console/series/")[2][:32]
    page = await desk.press(f"/console/series/{series}/end", {"day": "2026-03-20"})
    assert page.toast == "The series ends; 3 visits are cancelled."


async def _a_series(office: Office, desk) -> str:
    """Thursdays at two from March 5 to April 9, of client 0; the address of its page."""
    ana = await office.client(0)
    page = await desk.press("/console/book", _form(office, ana.id, repeat="1", until="2026-04-09"))
    return f"/console/series/{page.text.partition('/console/series/')[2][:32]}"


def _friday(**more: str) -> dict:
    return {
        "act": "move", "from": "2026-03-12", "day": "2026-03-13", "pick": "other", "time": "3 pm", "by": "practice",
        **more,
    }  # fmt: skip


async def test_a_weekly_time_is_moved_from_one_visit_on(office: Office, enter: SignIn):
    desk = await enter("front_desk")
    series = await _a_series(office, desk)
    form = await desk.get(f"{series}/move?from=2026-03-12")
    assert "Free on Thursday, March 12" in form
    assert '<option value="2026-03-12" selected>' in form
    page = await desk.press(f"{series}/move", _friday())
    assert page.toast.startswith("Moved 5 visits.")
    assert "Every week on Friday" in page
    old = await desk.get(series)
    assert "ended" in old
    assert "Move the weekly time" not in old


async def test_which_visits_would_keep_their_old_time_is_said_first(office: Office, enter: SignIn):
    desk = await enter("front_desk")
    series = await _a_series(office, desk)
    await office.book(await office.client(1), at=local("2026-03-20 15:00"))
    page = await desk.post(f"{series}/move", _friday())
    assert page.status == 409
    assert "Of 5 visits, 1 cannot move, since the new time is taken or held: Thu, Mar 19." in page
    assert "Every week on Thursday" in await desk.get(series)
    page = await desk.press(f"{series}/move", _friday(act="others"))
    assert page.toast.startswith("Moved 4 visits.")
    assert "Thu, Mar 19" in page


async def test_what_is_held_of_a_weekly_time_is_asked_about_first_and_the_others_holds_are_kept(
    office: Office, enter: SignIn, clock: ManualClock
):
    desk = await enter("front_desk")
    series = await _a_series(office, desk)
    length, until = timedelta(minutes=50), clock.now() + timedelta(minutes=30)
    for holder, at in (("a" * 32, local("2026-03-13 15:00")), ("b" * 32, local("2026-03-20 15:00"))):
        time = OpenTime(office.clinician_ids[0], office.location_id, at, at + length)
        async with office.record.write(office.practice_id, FRONT_DESK) as tx:
            await hold(
                tx, holder_id=holder, kind="offer", service_id=office.service_id, times=(time,), expires_at=until
            )
    page = await desk.post(f"{series}/move", _friday())
    assert "offered to a waitlisted client until 10:30" in page
    assert "Move it anyway" in page
    page = await desk.post(f"{series}/move", _friday(act="over"))
    assert "1 cannot move, since the new time is taken or held: Thu, Mar 19." in page
    assert '<input type="hidden" name="over" value="yes">' in page
    page = await desk.press(f"{series}/move", _friday(act="others", over="yes"))
    assert page.toast.startswith("Moved 4 visits.")
    async with office.record.read(office.practice_id) as r:
        assert await calendar.holds_of(r, "a" * 32) == ()
        assert len(await calendar.holds_of(r, "b" * 32)) == 1


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"from": ""}, "Choose a visit of the series"),
        ({"from": "2026-03-13"}, "Choose a visit of the series"),
        ({"day": "2026-03-20"}, "past the next visit of the series"),
        ({"day": "soon"}, "Choose a day"),
        ({"time": "half past"}, "Choose a free time"),
        ({"time": "2 pm", "day": "2026-03-12"}, "the time it has already"),
    ],
)
async def test_what_cannot_be_a_move_of_a_weekly_time_is_said(office: Office, enter: SignIn, typed: dict, why: str):
    desk = await enter("front_desk")
    series = await _a_series(office, desk)
    page = await desk.post(f"{series}/move", _friday(**typed))
    assert page.status == 422
    assert why in page
    assert "Every week on Thursday" in await desk.get(series)


async def test_another_clinicians_weekly_time_is_not_moved_by_a_clinician(office: Office, enter: SignIn):
    series = await _a_series(office, await enter("front_desk"))
    other = await enter("clinician", clinician=office.clinician_ids[1])
    assert (await other.get(f"{series}/move")).status in {403, 404}
    assert (await other.post(f"{series}/move", _friday())).status in {403, 404}


async def test_a_visit_is_moved(office: Office, enter: SignIn):
    ana = await office.client(0)
    booked = await office.book(ana, at=local("2026-03-05 14:00"))
    desk, visit = await enter("front_desk"), f"/console/visits/{booked.participation_ids[0]}"
    assert "Free on Thursday, March 5" in await desk.get(f"{visit}/move")
    page = await desk.press(
        f"{visit}/move", {"act": "move", "day": "2026-03-06", "pick": "other", "time": "3 pm", "by": "client"}
    )
    assert "Moved." in page.toast
    assert "Friday, March 6, 3:00" in page
    assert "Confirmed" in page


async def test_a_time_that_clocks_skip_is_refused(office: Office, enter: SignIn):
    ana = await office.client(0)
    page = await (await enter("front_desk")).post(
        "/console/book", _form(office, ana.id, day="2026-03-08", time="02:30")
    )
    assert page.status == 422
    assert "Clocks go forward" in page


async def test_the_week_and_the_day_by_clinician(office: Office, enter: SignIn):
    ana = await office.client(0)
    await office.book(ana, at=local("2026-03-05 14:00"))
    desk = await enter("front_desk")
    for address in ("/console/week?day=2026-03-05", f"/console/week?clinician={office.clinician_ids[0]}"):
        page = await desk.get(address)
        assert page.status == 200
        assert ana.who.family in page
        assert "Book " in page


async def test_a_day_that_was_cleared_is_asked_for_and_not_taken_for_today(office: Office, enter: SignIn):
    ana = await office.client(0)
    desk = await enter("front_desk")
    page = await desk.post("/console/book", _form(office, ana.id, day=""))
    assert page.status == 422
    assert "Choose a day" in page
    booked = await office.book(ana, at=local("2026-03-05 14:00"))
    move = f"/console/visits/{booked.participation_ids[0]}/move"
    page = await desk.post(move, {"day": "", "pick": "other", "time": "10:00", "act": "move"})
    assert page.status == 422
    assert "Choose a day" in page
    async with office.record.read(office.practice_id) as r:
        (visit,) = await appointments.visits_of(r, ana.id)
    assert visit.starts_at == local("2026-03-05 14:00")


async def test_a_time_picked_before_the_day_was_changed_is_not_booked(office: Office, enter: SignIn):
    ana = await office.client(0)
    pick = f"{local('2026-03-05 14:00').isoformat()}|{office.clinician_ids[0]}|{office.location_id}"
    desk = await enter("front_desk")
    page = await desk.post("/console/book", _form(office, ana.id, day="2026-03-06", pick=pick))
    assert page.status == 422
    assert "The time picked was of another day" in page
    assert "Friday, March 6" in page
    page = await desk.press("/console/book", _form(office, ana.id, day="2026-03-05", pick=pick))
    assert page.toast == "Booked."


async def test_a_series_is_not_ended_from_a_day_that_was_cleared(office: Office, enter: SignIn):
    ana = await office.client(0)
    desk = await enter("front_desk")
    started = await desk.post("/console/book", _form(office, ana.id, repeat="1", until="2026-04-30"))
    page = await desk.post(f"{started.location}/end", {"day": ""})
    assert page.status == 422
    assert "Nothing was cancelled" in page
    async with office.record.read(office.practice_id) as r:
        visits = await appointments.visits_of(r, ana.id)
    assert len(visits) > 5
    assert {visit.state.value for visit in visits} == {"booked"}


@pytest.mark.parametrize(("day", "time"), [("2026-03-05", "02:00"), ("2026-03-05", "23:30"), ("2026-03-08", "14:00")])
async def test_a_time_outside_the_hours_is_asked_about_and_then_booked(
    office: Office, enter: SignIn, day: str, time: str
):
    ana = await office.client(0)
    desk = await enter("front_desk")
    page = await desk.post("/console/book", _form(office, ana.id, day=day, time=time))
    assert page.status == 409
    assert "outside the clinician" in page
    assert "Book it anyway" in page
    assert f'value="{time}"' in page
    async with office.record.read(office.practice_id) as r:
        assert await appointments.visits_of(r, ana.id) == ()
    page = await desk.press("/console/book", _form(office, ana.id, day=day, time=time, act="over"))
    assert page.toast == "Booked."


async def test_a_visit_that_would_run_over_the_end_of_the_hours_is_asked_about_when_it_is_moved(
    office: Office, enter: SignIn
):
    ana = await office.client(0)
    booked = await office.book(ana, at=local("2026-03-05 14:00"))
    desk = await enter("front_desk")
    where = f"/console/visits/{booked.participation_ids[0]}/move"
    sent = {"day": "2026-03-05", "pick": "other", "time": "16:30", "clinician": office.clinician_ids[0]}
    page = await desk.post(where, {**sent, "act": "move"})
    assert (page.status, "Move it anyway" in page) == (409, True)
    assert (await desk.press(where, {**sent, "act": "over"})).toast.startswith("Moved.")


async def test_a_clinician_without_hours_on_record_is_booked_by_hand(office: Office, enter: SignIn):
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await set_week(tx, office.clinician_ids[0], (), date(2026, 1, 1))
    page = await (await enter("front_desk")).press("/console/book", _form(office, (await office.client(0)).id))
    assert page.toast == "Booked."


async def test_all_that_is_left_to_choose_is_said_at_once(office: Office, enter: SignIn):
    desk = await enter("front_desk")
    nothing = await desk.post("/console/book", {"act": "book", "day": "2026-03-05"})
    assert nothing.status == 422
    assert "Choose a client" in nothing
    assert "Choose a free time" in nothing
    typed = await desk.post("/console/book", {"act": "book", "day": "2026-03-05", "time": "14:00"})
    assert "Choose a clinician" in typed


async def test_a_client_who_has_another_visit_then_is_asked_about(office: Office, enter: SignIn):
    ana = await office.client(0)
    first = await office.book(ana, at=local("2026-03-05 14:00"), clinician=1)
    desk = await enter("front_desk")
    page = await desk.post("/console/book", _form(office, ana.id, time="14:30"))
    assert page.status == 409
    assert "This client has another visit at that time" in page
    assert "Book it anyway" in page
    page = await desk.press("/console/book", _form(office, ana.id, time="14:30", act="over"))
    assert page.toast == "Booked."
    # Moving a visit within its own time asks nothing: it gives that time up.
    move = f"/console/visits/{first.participation_ids[0]}/move"
    moved = {"act": "move", "pick": "other", "day": "2026-03-05", "time": "15:30", "by": "client"}
    assert (await desk.press(move, moved)).toast.startswith("Moved.")
    again = await desk.post(move, {**moved, "time": "14:15"})
    assert "This client has another visit at that time" in again


async def test_a_time_picked_and_another_typed_is_asked_about(office: Office, enter: SignIn):
    ana = await office.client(0)
    pick = f"{local('2026-03-05 10:00').isoformat()}|{office.clinician_ids[0]}|{office.location_id}"
    desk = await enter("front_desk")
    page = await desk.post("/console/book", _form(office, ana.id, pick=pick, time="14:00"))
    assert page.status == 422
    assert "One time was picked and another typed" in page
    assert (await desk.press("/console/book", _form(office, ana.id, pick=pick, time=""))).toast == "Booked."
    async with office.record.read(office.practice_id) as r:
        (visit,) = await appointments.visits_of(r, ana.id)
    assert visit.starts_at == local("2026-03-05 10:00")


async def test_a_cancelled_visit_has_no_page_to_move_it(office: Office, enter: SignIn):
    gone = await office.book(await office.client(0), at=local("2026-03-05 14:00"))
    desk = await enter("front_desk")
    visit = f"/console/visits/{gone.participation_ids[0]}"
    await desk.press(f"{visit}/cancel", {"by": "client"})
    page = await desk.get(f"{visit}/move")
    assert (page.status, page.location) == (303, visit)
