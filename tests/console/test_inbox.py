"""The inbox: what is shown of a text, and what its buttons do."""

from datetime import timedelta

import pytest

from messages.inbound import Received, receive
from messages.tasks import TaskKind, open_task
from scheduler.appointments import store as appointments
from scheduler.core.actor import CARRIER
from tests.console.conftest import SignIn
from tests.rig.clock import ManualClock
from tests.rig.office import Known, Office, local


async def _text(office: Office, who: Known, body: str, *, urgent: bool = False, via: str | None = None) -> str:
    """A text of theirs that was handed to staff; the task's id."""
    async with office.record.write(office.practice_id, CARRIER) as tx:
        inbound_id = await receive(tx, Received(sid=f"SM{who.id}", sender=who.who.phone, body=body, via=via))
        kind = TaskKind.CRISIS if urgent else TaskKind.REPLY
        return await open_task(tx, kind, client_id=who.id, inbound_id=inbound_id, urgent=urgent)


@pytest.fixture
async def ana(office: Office) -> Known:
    return await office.client(0)


async def test_a_text_is_shown_with_what_fits_it(office: Office, enter: SignIn, ana: Known):
    await office.book(ana, at=local("2026-03-05 14:00"))
    await _text(office, ana, "might be a bit late tomorrow?")
    page = await (await enter("front_desk")).get("/console/inbox")
    assert "might be a bit late tomorrow?" in page
    assert ana.who.family in page
    assert "Thu, Mar 5, 2:00" in page


@pytest.mark.parametrize(
    ("via", "came"),
    [("whatsapp", "By WhatsApp."), ("voice", "By keys in a call."), ("chat", "On the page behind their link.")],
)
async def test_words_that_did_not_come_by_text_say_how(office: Office, enter: SignIn, ana: Known, via: str, came: str):
    await _text(office, ana, "is there parking?", via=via)
    assert came in await (await enter("front_desk")).get("/console/inbox")


async def test_a_cancellation_counts_from_when_the_text_came(
    office: Office, enter: SignIn, ana: Known, clock: ManualClock
):
    booked = await office.book(ana, at=local("2026-03-05 14:00"))
    task = await _text(office, ana, "can't make it tomorrow")
    clock.advance(timedelta(hours=12))
    desk = await enter("front_desk")
    page = await desk.press(f"/console/inbox/{task}/cancel", {"visit": booked.participation_ids[0]})
    assert page.toast == "Cancelled. The time goes to the waitlist."
    assert "Nothing waits for a person" in page
    async with office.record.read(office.practice_id) as r:
        visit = await appointments.visit(r, booked.participation_ids[0])
        assert await appointments.cancel_words(r, visit.participation_id) == "can't make it tomorrow"
    assert visit.state == "cancelled"


async def test_distress_is_acknowledged_and_done(office: Office, enter: SignIn, ana: Known):
    task = await _text(office, ana, "i dont see the point anymore", urgent=True)
    desk = await enter("front_desk")
    page = await desk.get("/console/today")
    assert "May be in distress" in page
    page = await desk.press(f"/console/inbox/{task}/acknowledge", {})
    assert "somebody is on it" in page
    assert "I am on it" not in page
    page = await desk.press(f"/console/inbox/{task}/done", {})
    assert page.toast == "Done."
    page = await desk.press(f"/console/inbox/{task}/reopen", {})
    assert "May be in distress" in page
