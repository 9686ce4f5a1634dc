"""A clinician is away: who is booked, how each would be told, what one press does, and whom it leaves to be called."""

import re
from datetime import date

from messages import outbox_store
from messages.kinds import Kind
from scheduler.appointments import store as appointments
from scheduler.calendar.open_times import windows_of
from scheduler.people import hours_store
from tests.console.conftest import SignIn
from tests.rig.clock import ManualClock
from tests.rig.office import Office, local

AWAY = "/console/away"
DAY = "2026-03-05"


def _asked(office: Office, **more: str) -> dict[str, str]:
    return {"clinician": office.clinician_ids[0], "day": DAY, **more}


def _address(office: Office, **more: str) -> str:
    return AWAY + "?" + "&".join(f"{name}={value}" for name, value in _asked(office, **more).items())


async def _states(office: Office, *visits: str) -> list[str]:
    async with office.record.read(office.practice_id) as r:
        found = await appointments.visits(r, visits)
    return [str(found[each].state) for each in visits]


async def test_looking_shows_who_is_booked_and_how_each_would_be_told_and_changes_nothing(
    office: Office, enter: SignIn
):
    ana, bob = await office.client(0), await office.client(1, consents=())
    first = await office.book(ana, at=local(f"{DAY} 10:00"))
    second = await office.book(bob, at=local(f"{DAY} 14:00"))
    other = await office.book(await office.client(2), at=local(f"{DAY} 14:00"), clinician=1)
    page = await (await enter("front_desk")).get(_address(office))
    assert page.status == 200
    assert f'name="visit" value="{first.participation_ids[0]}" checked' in page
    assert "Told by text" in page
    assert "To be called" in page
    assert other.participation_ids[0] not in page
    every = [*first.participation_ids, *second.participation_ids, *other.participation_ids]
    assert await _states(office, *every) == ["booked"] * 3


async def test_one_press_closes_the_day_cancels_what_is_ticked_and_lists_whom_to_call(office: Office, enter: SignIn):
    ana, bob, cleo = await office.client(0), await office.client(1, consents=()), await office.client(2)
    told = await office.book(ana, at=local(f"{DAY} 10:00"))
    called = await office.book(bob, at=local(f"{DAY} 14:00"))
    kept = await office.book(cleo, at=local(f"{DAY} 16:00"))
    desk = await enter("front_desk")
    ticked = [told.participation_ids[0], called.participation_ids[0]]
    page = await desk.press(AWAY, {**_asked(office), "close": "yes", "visit": ticked})
    assert page.toast.startswith("Cancelled by the practice: 2.")
    assert await _states(office, *ticked, kept.participation_ids[0]) == [
        "clinician_cancelled", "clinician_cancelled", "booked",
    ]  # fmt: skip
    async with office.record.read(office.practice_id) as r:
        about = await outbox_store.messages_about(r, ticked)
        assert [each.kind for each in about[ticked[0]] if each.state == "pending"] == [Kind.CLINICIAN_CANCELLED]
        (closing,) = await hours_store.exceptions_from(r, date(2026, 3, 5), clinician_id=office.clinician_ids[0])
        assert closing.exception.closed
        assert not await windows_of(r, office.clinician_ids[0], local(f"{DAY} 09:00"), local(f"{DAY} 17:00"))
    assert "These hours are closed already." in page
    assert kept.participation_ids[0] in page
    task = re.search(r'action="/console/inbox/([0-9a-f]{32})/done"', page.text)
    assert task is not None
    assert "To be called" in page
    page = await desk.press(f"/console/inbox/{task[1]}/done", {"back": _address(office)})
    assert page.toast == "Done."
    assert "To be called" not in page


async def test_some_hours_call_off_only_what_they_touch_and_may_be_opened_again(
    office: Office, enter: SignIn, clock: ManualClock
):
    ana, bob = await office.client(0), await office.client(1)
    morning = await office.book(ana, at=local(f"{DAY} 10:00"))
    running = await office.book(bob, at=local(f"{DAY} 13:30"))
    desk, hours = await enter("front_desk"), {"from": "14:00", "until": "16:00"}
    page = await desk.get(_address(office, **hours))
    assert running.participation_ids[0] in page
    assert morning.participation_ids[0] not in page
    page = await desk.press(AWAY, {**_asked(office, **hours), "close": "yes"})
    assert page.toast == "The hours are closed."
    assert await _states(office, running.participation_ids[0]) == ["booked"]
    closing = re.search(r'name="closing" value="([0-9a-f]{32})"', page.text)
    assert closing is not None
    page = await desk.press(f"{AWAY}/open", {**_asked(office, **hours), "closing": closing[1]})
    assert page.toast == "The day is like its weekday again."
    async with office.record.read(office.practice_id) as r:
        assert not await hours_store.exceptions_from(r, date(2026, 3, 5), clinician_id=office.clinician_ids[0])


async def test_a_longer_closing_takes_the_place_of_a_shorter_one(office: Office, enter: SignIn):
    desk = await enter("front_desk")
    for until in ("12:00", "15:00", "13:00"):
        await desk.press(AWAY, {**_asked(office, **{"from": "09:00", "until": until}), "close": "yes"})
    async with office.record.read(office.practice_id) as r:
        (closing,) = await hours_store.exceptions_from(r, date(2026, 3, 5), clinician_id=office.clinician_ids[0])
    assert (closing.exception.start_minute, closing.exception.end_minute) == (9 * 60, 15 * 60)


async def test_what_does_not_fit_is_said_and_changes_nothing(office: Office, enter: SignIn):
    ana = await office.client(0)
    theirs = await office.book(ana, at=local(f"{DAY} 10:00"), clinician=1)
    desk = await enter("front_desk")
    assert (await desk.press(AWAY, _asked(office))).toast == "Nothing was ticked, so nothing was changed."
    page = await desk.post(AWAY, {**_asked(office), "day": "2026-03-01", "close": "yes"})
    assert page.status == 422
    assert "Choose a day that is not over" in page
    visit = theirs.participation_ids[0]
    assert (await desk.post(AWAY, {**_asked(office), "close": "yes", "visit": visit})).status == 404
    assert await _states(office, visit) == ["booked"]
    assert (await desk.post(f"{AWAY}/open", {**_asked(office), "closing": visit})).status == 404


async def test_a_clinician_calls_off_their_own_days_alone(office: Office, enter: SignIn):
    theirs = await office.book(await office.client(0), at=local(f"{DAY} 10:00"))
    colleague = await enter("clinician", clinician=office.clinician_ids[1])
    assert (await colleague.get(_address(office))).status == 404
    assert (await colleague.post(AWAY, {**_asked(office), "visit": theirs.participation_ids[0]})).status == 404
    assert await _states(office, theirs.participation_ids[0]) == ["booked"]
    mine = await colleague.get(AWAY)
    assert mine.status == 200
    assert "Clinician 1" not in mine
