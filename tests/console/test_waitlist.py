"""The waitlist: joining, freed time and its offers, and what staff do about them."""

from datetime import timedelta

import pytest

from bot.console.waitlist_join import windows_of
from scheduler.actions.cancel import cancel
from tests.console.conftest import SignIn
from tests.rig.clock import ManualClock
from tests.rig.office import FRONT_DESK, Office, local
from waitlist import store
from waitlist.actions.join import join
from waitlist.actions.save_policy import save_policy
from waitlist.due import do_due
from waitlist.matching import WeeklyWindow


@pytest.fixture
async def freed(office: Office, clock: ManualClock) -> None:
    """Ana's Thursday at two is freed."""
    ana = await office.client(0)
    booked = await office.book(ana, at=local("2026-03-05 14:00"))
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await cancel(tx, booked.participation_ids[0], by="client")


async def test_joining_and_taking_the_offer(office: Office, enter: SignIn, freed: None, clock: ManualClock):
    bob, desk = await office.client(1), await enter("front_desk")
    form = {"client": bob.id, "service": office.service_id, "suits": ["3-afternoon", "4-morning"], "act": "join"}
    page = await desk.press("/console/waitlist/new", form)
    assert page.toast == "On the waitlist."
    assert "Thu afternoon, Fri morning" in page
    clock.advance(timedelta(hours=1))
    await do_due(office.record, office.practice_id)
    page = await desk.get("/console/waitlist")
    assert f"<strong>{bob.who.given}" in page.text.replace("&#39;", "'") or bob.who.family in page
    assert "They said yes" in page
    async with office.record.read(office.practice_id) as r:
        (offer,) = await store.offers(r, states=("held",))
    page = await desk.press(f"/console/offers/{offer.id}/take", {})
    assert page.toast == "Booked from the waitlist."
    assert (await desk.press(f"/console/offers/{offer.id}/pass", {})).toast.startswith("Not done")


async def test_a_second_wish_for_the_same_is_refused(office: Office, enter: SignIn):
    bob, desk = await office.client(1), await enter("front_desk")
    form = {"client": bob.id, "service": office.service_id, "act": "join", "suits": ["0-morning"]}
    await desk.press("/console/waitlist/new", form)
    page = await desk.post("/console/waitlist/new", form)
    assert page.status == 422
    assert "waits for this service already" in page
    assert 'value="0-morning" checked' in page


async def test_withdrawing_a_freed_time(office: Office, enter: SignIn, freed: None):
    desk = await enter("front_desk")
    async with office.record.read(office.practice_id) as r:
        (opening,) = await store.openings(r)
    page = await desk.press(f"/console/openings/{opening.id}/withdraw", {})
    assert page.toast.startswith("Withdrawn")
    assert "Taken back" in page


async def test_staff_see_why_somebody_was_asked_or_not(office: Office, enter: SignIn, freed: None, clock: ManualClock):
    bob, cleo, dov = [await office.client(number) for number in (1, 2, 3)]
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        asked = await join(tx, client_id=bob.id, service_id=office.service_id)
        mondays = await join(tx, client_id=cleo.id, service_id=office.service_id, windows=(WeeklyWindow(0, 0, 1440),))
    clock.advance(timedelta(hours=1))
    await do_due(office.record, office.practice_id)
    async with office.record.read(office.practice_id) as r:
        (offer,) = await store.offers(r, states=("held",))
    desk = await enter("front_desk")
    await desk.press(f"/console/offers/{offer.id}/take", {})
    clock.advance(timedelta(minutes=1))
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        late = await join(tx, client_id=dov.id, service_id=office.service_id)
    assert "Asked, and took it, 1 in turn with" in await desk.get(f"/console/waitlist/{asked}")
    assert "Did not fit: wants other hours" in await desk.get(f"/console/waitlist/{mondays}")
    assert "Joined when it was over" in await desk.get(f"/console/waitlist/{late}")
    page = await desk.get("/console/waitlist/report")
    assert "1 of 1" in page
    assert "Longest waiting quarter" in page
    assert "No time was freed in this month" in await desk.get("/console/waitlist/report?month=2026-01-01")


async def test_who_was_passed_over_sees_how_many_came_before(
    office: Office, enter: SignIn, freed: None, clock: ManualClock
):
    bob, cleo = [await office.client(number) for number in (1, 2)]
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await save_policy(tx, {"mode": "one"})
        await join(tx, client_id=bob.id, service_id=office.service_id, priority=1)
        behind = await join(tx, client_id=cleo.id, service_id=office.service_id)
    clock.advance(timedelta(hours=1))
    await do_due(office.record, office.practice_id)
    desk = await enter("front_desk")
    assert "Fits, and comes 1 in turn" in await desk.get(f"/console/waitlist/{behind}")
    async with office.record.read(office.practice_id) as r:
        (offer,) = await store.offers(r, states=("held",))
    await desk.press(f"/console/offers/{offer.id}/take", {})
    page = await desk.get(f"/console/waitlist/{behind}")
    assert "it was taken when 1 was asked, each with 100 points or more; theirs were 0" in page


async def test_staff_can_ask_somebody_out_of_turn(office: Office, enter: SignIn, freed: None, clock: ManualClock):
    bob, cleo = [await office.client(number) for number in (1, 2)]
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await save_policy(tx, {"mode": "one"})
        await join(tx, client_id=bob.id, service_id=office.service_id, priority=1)
        behind = await join(tx, client_id=cleo.id, service_id=office.service_id)
    clock.advance(timedelta(hours=1))
    await do_due(office.record, office.practice_id)
    async with office.record.read(office.practice_id) as r:
        (opening,) = await store.openings(r)
    desk = await enter("front_desk")
    assert (await desk.press(f"/console/openings/{opening.id}/ask", {"entry": behind})).toast == "Asked."
    again = await desk.press(f"/console/openings/{opening.id}/ask", {"entry": behind})
    assert again.toast.startswith("Not done")
    async with office.record.read(office.practice_id) as r:
        assert {each.client_id for each in await store.offers(r, states=("held",))} == {bob.id, cleo.id}


def test_touching_squares_are_one_stretch():
    assert windows_of({"1-morning", "1-afternoon", "2-evening"}) == (
        WeeklyWindow(1, 0, 1020),
        WeeklyWindow(2, 1020, 1440),
    )
    assert windows_of(set()) == ()
