"""A visit's page: what may be done, what was sent, who did what; cancelling from when it was said; the undo."""

from datetime import timedelta

from scheduler.actions.fee_policy import accept_fee_policy, save_fee_policy
from scheduler.appointments import store as appointments
from tests.console.conftest import SignIn
from tests.rig.clock import ManualClock
from tests.rig.office import OWNER, Office, local


async def test_the_page_tells_what_is_planned_and_what_happened(office: Office, enter: SignIn):
    ana = await office.client(0)
    booked = await office.book(ana, at=local("2026-03-12 14:00"))
    desk = await enter("front_desk")
    page = await desk.get(f"/console/visits/{booked.participation_ids[0]}")
    assert page.status == 200
    assert "Reminder by text" in page
    assert "Visit booked" in page
    assert "<title>Visit" in page


async def test_a_call_written_down_later_counts_from_when_it_came(office: Office, enter: SignIn, clock: ManualClock):
    ana = await office.client(0)
    booked = await office.book(ana, at=local("2026-03-05 14:00"))
    desk, visit = await enter("front_desk"), f"/console/visits/{booked.participation_ids[0]}"
    clock.advance(timedelta(hours=8))  # 6 PM, less than a day before
    page = await desk.press(f"{visit}/cancel", {"by": "client", "day": "2026-03-04", "time": "11:00"})
    assert page.toast.startswith("Cancelled. The time goes")
    async with office.record.read(office.practice_id) as r:
        found = await appointments.visit(r, booked.participation_ids[0])
    assert found.cancelled_at == local("2026-03-04 11:00")
    assert found.state == "cancelled"


async def test_a_late_cancellation_shows_its_fee_and_is_undone(office: Office, enter: SignIn, clock: ManualClock):
    ana = await office.client(0)
    async with office.record.write(office.practice_id, OWNER) as tx:
        version = await save_fee_policy(tx, window_hours=48, mode="percent", value=50, grace_misses=0, text="Half.")
        await accept_fee_policy(tx, ana.id, version)
    clock.advance(timedelta(minutes=1))
    booked = await office.book(ana, at=local("2026-03-05 14:00"))
    desk, visit = await enter("front_desk"), f"/console/visits/{booked.participation_ids[0]}"
    page = await desk.press(f"{visit}/cancel", {"by": "client"})
    assert page.toast == "Cancelled, and noted as late."
    assert "$75.00" in page
    assert "Fee proposed" in page
    page = await desk.press(f"{visit}/restore", {"back": f"{visit}"})
    assert page.toast == "The visit stands again."


async def test_what_comes_too_late_is_said(office: Office, enter: SignIn, clock: ManualClock):
    ana = await office.client(0)
    booked = await office.book(ana, at=local("2026-03-05 14:00"))
    desk, visit = await enter("front_desk"), f"/console/visits/{booked.participation_ids[0]}"
    await desk.press(f"{visit}/cancel", {"by": "practice"})
    clock.advance(timedelta(minutes=16))
    page = await desk.press(f"{visit}/restore", {})
    assert page.toast.startswith("Not done: a cancellation can be taken back for 15 minutes.")
    page = await desk.press(f"{visit}/mark", {"to": "arrived"})
    assert page.toast == "Not done: the visit is cancelled."
    assert (await desk.post(f"{visit}/mark", {"to": "nonsense"})).status == 422


async def test_an_act_leads_back_only_into_the_console(office: Office, enter: SignIn):
    ana = await office.client(0)
    booked = await office.book(ana, at=local("2026-03-05 14:00"))
    desk, visit = await enter("front_desk"), f"/console/visits/{booked.participation_ids[0]}"
    for elsewhere in ("https://elsewhere.example/console/", "//elsewhere.example", "/console/../x", "/console/\\x"):
        assert (await desk.post(f"{visit}/confirm", {"back": elsewhere})).location == visit
    assert (await desk.post(f"{visit}/confirm", {"back": "/console/inbox"})).location == "/console/inbox"


async def test_a_form_of_another_site_is_refused(office: Office, enter: SignIn):
    ana = await office.client(0)
    booked = await office.book(ana, at=local("2026-03-05 14:00"))
    desk, visit = await enter("front_desk"), f"/console/visits/{booked.participation_ids[0]}"
    assert (await desk.post(f"{visit}/confirm", {}, **{"Sec-Fetch-Site": "cross-site"})).status == 403
    desk.csrf = "x" * 43
    assert (await desk.post(f"{visit}/confirm", {})).status == 403


async def test_a_toast_is_made_of_our_words_only(office: Office, enter: SignIn):
    desk = await enter("front_desk")
    for carried in ("nonsense", "arrived.<script>", "booked_series.1.2.3", "x" * 500):
        page = await desk.get("/console/today", Cookie=f"stillon-session={desk.token}; stillon-said={carried}")
        assert page.toast == ""


async def test_who_cannot_be_told_that_we_cancelled_is_to_be_called_and_nothing_else_is_claimed(
    office: Office, enter: SignIn
):
    reached, not_reached = await office.client(0), await office.client(1, consents=())
    desk = await enter("front_desk")
    for who, clinician, words in (
        (reached, 0, "Cancelled by the practice. The client is told."),
        (not_reached, 1, "Cancelled by the practice. They cannot be told in writing: call them."),
    ):
        booked = await office.book(who, at=local("2026-03-05 14:00"), clinician=clinician)
        page = await desk.press(f"/console/visits/{booked.participation_ids[0]}/cancel", {"by": "practice"})
        assert page.toast == words
    inbox = await desk.get("/console/inbox")
    assert "They do not know yet that we had to cancel" in inbox
    digits = not_reached.who.phone.removeprefix("+1")
    shown = f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"
    assert f'<span class="num">{shown}</span>' in inbox
    assert "tel:" not in inbox  # nobody's number is an address


async def test_the_day_of_a_visit_is_one_press_away_for_those_who_see_days(office: Office, enter: SignIn):
    booked = await office.book(await office.client(0), at=local("2026-03-05 14:00"))
    for role, sees in (("front_desk", True), ("biller", False)):
        page = await (await enter(role)).get(f"/console/visits/{booked.participation_ids[0]}")
        assert page.status == 200
        assert ('href="/console/today?day=2026-03-05"' in page) is sees
