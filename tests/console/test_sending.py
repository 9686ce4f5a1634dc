"""The sending page: holding and letting go by hand, what others see of it, and how fast numbers speak."""

from datetime import timedelta

import pytest

from messages import pause
from messages.pause import Why
from scheduler.core.actor import OPERATOR
from scheduler.core.record import Record
from scheduler.people import sender_store
from tests.console.conftest import SignIn
from tests.console.visitor import Visitor
from tests.rig.clock import ManualClock
from tests.rig.office import SENDER, Office, local

HELD = "Reminders are held since"
RESUME = "/console/sending/resume"


async def one_due(office: Office, clock: ManualClock) -> None:
    await office.book(await office.client(0), at=local("2026-03-13 14:00"))
    clock.advance(timedelta(days=6))


async def test_a_person_holds_all_reminders_and_lets_them_leave_with_one_press(office: Office, enter: SignIn) -> None:
    desk = await enter("front_desk")
    page = await desk.press("/console/sending/pause", {"reason": "closed"})
    assert page.toast == "Held. No reminder leaves until somebody lets them."
    assert HELD in page
    assert "by Robin Desk" in page
    assert "The practice is closed unexpectedly." in page
    assert HELD in await desk.get("/console/today")
    page = await desk.press(RESUME, {"back": "/console/today"})
    assert page.toast == "Reminders leave again."
    assert HELD not in page
    assert "Let them leave" not in await desk.get("/console/sending")


async def test_the_brake_is_explained_on_the_page_of_the_day_and_in_the_inbox(
    record: Record, office: Office, enter: SignIn
) -> None:
    async with record.write(office.practice_id, OPERATOR) as tx:
        await pause.trip(tx, Why.DUE_SPIKE, count=2400, usual=12)
    desk = await enter("front_desk")
    for path in ("/console/today", "/console/sending"):
        page = await desk.get(path)
        assert "2400 reminders came due at once" in page
        assert "Let them leave" in page
    assert "Reminders are paused" in await desk.get("/console/inbox")


async def test_going_on_without_what_waited(record: Record, office: Office, enter: SignIn, clock: ManualClock) -> None:
    desk = await enter("front_desk")
    await one_due(office, clock)
    async with record.write(office.practice_id, OPERATOR) as tx:
        await pause.trip(tx, Why.CLOCK_JUMP)
    assert "Go on without the 1" in await desk.get("/console/sending")
    page = await desk.press(RESUME, {"leave_out": "yes"})
    assert page.toast == "Reminders leave again, without the 1 that had been waiting."
    assert (await desk.press(RESUME)).toast == "They were leaving already."


@pytest.mark.parametrize("role", ["clinician", "biller", "auditor"])
async def test_nobody_else_holds_or_lets_go(office: Office, enter: SignIn, role: str) -> None:
    person = await enter(role, clinician=office.clinician_ids[0] if role == "clinician" else None)
    assert (await person.post("/console/sending/pause", {"reason": "closed"})).status == 403
    assert (await person.post(RESUME)).status == 403


async def test_who_may_only_look_sees_that_it_is_held_and_no_button(
    record: Record, office: Office, enter: SignIn
) -> None:
    async with record.write(office.practice_id, OPERATOR) as tx:
        await pause.trip(tx, Why.CLOCK_JUMP)
    person = await enter("clinician", clinician=office.clinician_ids[0])
    page = await person.get("/console/today")
    assert HELD in page
    assert "Let them leave" not in page


async def test_a_reason_that_is_none_of_the_list_is_another_reason(office: Office, enter: SignIn) -> None:
    desk = await enter("front_desk")
    page = await desk.press("/console/sending/pause", {"reason": "Ana asked for it"})
    assert "Another reason." in page
    assert "Ana asked" not in page


async def test_the_forecast_counts_and_lists_and_links(office: Office, enter: SignIn) -> None:
    await office.book(await office.client(0), at=local("2026-03-10 14:00"))
    lost = await office.client(1, consents=())
    await office.book(lost, at=local("2026-03-05 14:00"))
    page = await (await enter("front_desk")).get("/console/sending")
    assert "Reminder 1" in page
    assert "1 with a visit in these days" in page
    assert f'href="/console/clients/{lost.id}"' in page


async def test_a_clinician_sees_only_their_own_clients_counted(office: Office, enter: SignIn) -> None:
    mine, other = await office.client(1, consents=()), await office.client(2, consents=())
    await office.book(mine, at=local("2026-03-05 14:00"), clinician=0)
    await office.book(other, at=local("2026-03-05 14:00"), clinician=1)
    page = await (await enter("clinician", clinician=office.clinician_ids[0])).get("/console/sending")
    assert "1 with a visit in these days" in page
    assert other.id not in page


async def owner_with_number(record: Record, office: Office, enter: SignIn) -> Visitor:
    async with record.write(office.practice_id, OPERATOR) as tx:
        await sender_store.add(tx, SENDER, 1)
    return await enter("owner")


async def test_the_rate_of_a_number_is_set(record: Record, office: Office, enter: SignIn) -> None:
    owner = await owner_with_number(record, office, enter)
    page = await owner.press("/console/settings/senders", {"number": SENDER, "rate": "3"})
    assert page.toast == "Saved."
    assert '<option value="3" selected>' in page
    page = await owner.press("/console/settings/senders", {"number": SENDER, "rate": "3"})
    assert page.toast == "Nothing was different, so nothing was changed."


async def test_a_number_is_added_and_no_longer_used(record: Record, office: Office, enter: SignIn) -> None:
    owner = await owner_with_number(record, office, enter)
    page = await owner.press("/console/settings/senders/add", {"number": "(833) 555-0199"})
    assert page.toast == "Texts leave from this number too."
    assert '<option value="3" selected>' in page
    page = await owner.post("/console/settings/senders/add", {"number": "12"})
    assert page.status == 422
    assert "Enter the number with country code" in page
    assert 'value="12"' in page
    page = await owner.press("/console/settings/senders/remove", {"number": "+18335550199"})
    assert page.toast == "No text leaves from that number any more."
    assert (await owner.post("/console/settings/senders/remove", {"number": "+18335550199"})).status == 404
    desk = await enter("front_desk")
    for act in ("add", "remove"):
        assert (await desk.post(f"/console/settings/senders/{act}", {"number": SENDER})).status == 403


@pytest.mark.parametrize(
    ("sent", "status"),
    [({"number": SENDER, "rate": "7"}, 422), ({"number": "+12025550111", "rate": "3"}, 404), ({"number": SENDER}, 400)],
)
async def test_a_rate_nobody_grants_and_a_number_of_nobody(
    record: Record, office: Office, enter: SignIn, sent: dict[str, str], status: int
) -> None:
    owner = await owner_with_number(record, office, enter)
    assert (await owner.post("/console/settings/senders", sent)).status == status
    async with record.read(office.practice_id) as r:
        assert [each.segments_per_second for each in await sender_store.sender_rates(r)] == [1]


async def test_a_practice_without_a_number_is_told_so(office: Office, enter: SignIn) -> None:
    assert "No number is on file." in await (await enter("owner")).get("/console/settings/senders")
