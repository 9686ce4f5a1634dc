"""The waitlist: joining, freed time and its offers, and what staff do about them."""

import re
from datetime import date, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from bot.console import waitlist
from bot.web.dates import time_or_day
from messages import consent
from messages.kinds import Channel, Kind, Purpose
from messages.outbox_store import messages_of
from messages.recipients import recipient_for
from scheduler.actions.cancel import cancel
from scheduler.actions.series import start_series
from scheduler.appointments import store as appointments
from scheduler.calendar.series import Series
from scheduler.people import store as people
from scheduler.tables import message, waitlist_entry
from tests.console.conftest import SignIn
from tests.console.visitor import Visitor
from tests.rig.clock import ManualClock
from tests.rig.office import FRONT_DESK, OWNER, Office, local
from waitlist import entry_store, offer_store, opening_store, policy_store
from waitlist.actions.claim import claim
from waitlist.actions.join import join
from waitlist.actions.leave import leave
from waitlist.actions.save_policy import save_policy
from waitlist.due import do_due
from waitlist.matching import WeeklyWindow
from waitlist.week_grid import squares_of, windows_of


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
        (offer,) = await offer_store.offers(r, states=("held",))
    page = await desk.press(f"/console/offers/{offer.id}/take", {})
    assert page.toast == "Booked from the waitlist."
    assert (await desk.press(f"/console/offers/{offer.id}/pass", {})).toast.startswith("Not done")


async def test_who_was_chosen_may_give_up_a_visit_they_have(office: Office, enter: SignIn):
    bob, desk = await office.client(1), await enter("front_desk")
    await office.book(bob, at=local("2026-03-06 14:00"))
    partial = {"HX-Request": "true", "HX-Request-Type": "partial"}
    none = await desk.post("/console/waitlist/new", {"act": "pick"}, **partial)
    assert "Would give up" not in none
    piece = await desk.post("/console/waitlist/new", {"act": "pick", "client": bob.id}, **partial)
    assert "Would give up" in piece
    assert "Fri, Mar 6" in piece


async def test_a_second_wish_for_the_same_is_refused(office: Office, enter: SignIn):
    bob, desk = await office.client(1), await enter("front_desk")
    form = {"client": bob.id, "service": office.service_id, "act": "join", "suits": ["0-morning"]}
    await desk.press("/console/waitlist/new", form)
    page = await desk.post("/console/waitlist/new", form)
    assert page.status == 422
    assert "waits for this service already" in page
    assert 'value="0-morning" checked' in page


async def test_every_field_of_the_form_is_kept(office: Office, enter: SignIn):
    bob, desk = await office.client(1), await enter("front_desk")
    async with office.record.read(office.practice_id) as r:
        place = (await people.locations(r, active_only=True))[0].id
    form = {"client": bob.id, "service": office.service_id, "act": "join", "notice": "120", "suits": ["0-morning"]}
    form |= {"with": [office.clinician_ids[0]], "earliest": "2026-03-09", "latest": "2026-05-01"}
    await desk.press("/console/waitlist/new", {**form, "expires": "2026-06-01", "place": place, "urgency": "promised"})
    async with office.record.read(office.practice_id) as r:
        (entry,) = await entry_store.entries_of(r, bob.id)
    assert (entry.location_id, entry.expires_on, entry.urgency_reason) == (place, date(2026, 6, 1), "promised")
    assert (entry.priority, entry.min_notice_minutes, entry.clinician_ids) == (1, 120, (office.clinician_ids[0],))
    assert (entry.earliest_day, entry.latest_day) == (date(2026, 3, 9), date(2026, 5, 1))
    assert entry.windows == (WeeklyWindow(0, 0, 720),)


async def test_a_wish_that_ends_before_it_begins_and_a_reason_nobody_knows_are_refused(office: Office, enter: SignIn):
    bob, desk = await office.client(1), await enter("front_desk")
    form = {"client": bob.id, "service": office.service_id, "act": "join", "earliest": "2026-03-09"}
    page = await desk.post("/console/waitlist/new", {**form, "expires": "2026-03-08"})
    assert page.status == 422
    page = await desk.post("/console/waitlist/new", {**form, "urgency": "because"})
    assert page.status == 422


async def test_withdrawing_a_freed_time(office: Office, enter: SignIn, freed: None):
    desk = await enter("front_desk")
    async with office.record.read(office.practice_id) as r:
        (opening,) = await opening_store.openings(r)
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
        (offer,) = await offer_store.offers(r, states=("held",))
    desk = await enter("front_desk")
    await desk.press(f"/console/offers/{offer.id}/take", {})
    clock.advance(timedelta(minutes=1))
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        late = await join(tx, client_id=dov.id, service_id=office.service_id)
    assert "Asked, and took it, 1 in turn with" in await desk.get(f"/console/waitlist/{asked}")
    assert "Did not fit: wants other hours" in await desk.get(f"/console/waitlist/{mondays}")
    assert "One time was over before they joined" in await desk.get(f"/console/waitlist/{late}")
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
        (offer,) = await offer_store.offers(r, states=("held",))
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
        (opening,) = await opening_store.openings(r)
    desk = await enter("front_desk")
    assert (await desk.press(f"/console/openings/{opening.id}/ask", {"entry": behind})).toast == "Asked."
    again = await desk.press(f"/console/openings/{opening.id}/ask", {"entry": behind})
    assert again.toast.startswith("Not done")
    async with office.record.read(office.practice_id) as r:
        assert {each.client_id for each in await offer_store.offers(r, states=("held",))} == {bob.id, cleo.id}


def test_touching_squares_are_one_stretch():
    assert windows_of({"1-morning", "1-afternoon", "2-evening"}) == (
        WeeklyWindow(1, 0, 1020),
        WeeklyWindow(2, 1020, 1440),
    )
    assert windows_of(set()) == ()
    assert squares_of(windows_of({"1-morning", "1-afternoon", "2-evening"})) == {
        "1-morning", "1-afternoon", "2-evening",
    }  # fmt: skip


POLICY = {
    "mode": "waves",
    "near_hours": "4",
    "near_mode": "everybody",
    "accept": "approve",
    "day": ["0", "1", "2", "3", "4"],
    "desk_from": "09:00",
    "desk_until": "17:00",
    "fill_within_minutes": "15",
    "fill_chance_percent": "80",
    "disappointed_percent": "15",
    "stop_before_minutes": "30",
    "offers_a_day": "3",
    "quiet_after": "4",
    "ask_after_missed": "3",
    "quiet_days": "7",
    "waited": "3",
    "unasked": "8",
    "lost": "8",
    "silent": "16",
    "urgency": "100",
    "fit": "10",
}
TERMS = "/console/waitlist/policy"


async def test_terms_are_previewed_and_saved_as_a_version_that_is_not_overwritten(office: Office, enter: SignIn):
    owner = await enter("owner")
    page = await owner.get(TERMS)
    assert "The standard terms are in force" in page
    partial = {"HX-Request": "true", "HX-Request-Type": "partial"}
    everybody = await owner.post(f"{TERMS}/preview", {**POLICY, "mode": "everybody"}, **partial)
    assert '<span class="num">20</span> asked at once' in everybody
    alone = await owner.post(f"{TERMS}/preview", {**POLICY, "mode": "one", "near_hours": "0"}, **partial)
    assert '<span class="num">20</span> asked at once' not in alone
    page = await owner.press(TERMS, {**POLICY, "based_on": "0"})
    assert page.toast.startswith("Saved as version 1")
    assert "approved by staff" in page
    async with office.record.read(office.practice_id) as r:
        policy = await policy_store.policy(r)
    assert (policy.accept, policy.near_hours, policy.desk_days) == ("approve", 4, 0b0011111)
    assert policy.ask_after_missed == 3
    page = await owner.post(TERMS, {**POLICY, "based_on": "0"})
    assert page.status == 409


async def test_the_terms_page_says_who_rests_no_more_by_them(office: Office, enter: SignIn, clock: ManualClock):
    bob, owner = await office.client(1), await enter("owner")
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await save_policy(tx, {"quiet_after": 3})
        entry_id = await join(tx, client_id=bob.id, service_id=office.service_id)
        e = waitlist_entry.c
        here = (e.practice_id == office.practice_id, e.id == entry_id)
        await tx.conn.execute(update(waitlist_entry).where(*here).values(unanswered=3, asked_whether_at=tx.now))
    assert "client rests" not in await owner.get(TERMS)
    seen = await owner.post(f"{TERMS}/preview", {**POLICY, "quiet_after": "0"})
    assert '<strong class="num">1</strong> client rests' in seen
    page = await owner.press(TERMS, {**POLICY, "quiet_after": "0", "based_on": "1"})
    assert page.toast == "Saved. Asked about times again: 1 who had gone quiet."
    async with office.record.read(office.practice_id) as r:
        (found,) = await entry_store.entries(r)
    assert not found.is_quiet


async def test_terms_out_of_their_bounds_are_not_saved(office: Office, enter: SignIn):
    owner = await enter("owner")
    page = await owner.post(TERMS, {**POLICY, "offers_a_day": "0", "desk_until": "08:00"})
    assert page.status == 422
    assert "Enter a whole number from 1 to 20" in page
    assert "Choose the days and hours" in page
    async with office.record.read(office.practice_id) as r:
        assert (await policy_store.policy(r)).version == 0


async def test_a_yes_that_staff_approve_is_an_inbox_task_and_is_booked_from_the_board(
    office: Office, enter: SignIn, freed: None, clock: ManualClock
):
    bob, desk = await office.client(1), await enter("front_desk")
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await save_policy(tx, {"accept": "approve"})
        await join(tx, client_id=bob.id, service_id=office.service_id)
    clock.advance(timedelta(hours=1))
    await do_due(office.record, office.practice_id)
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        (offer,) = await offer_store.offers(tx, states=("held",))
        await claim(tx, offer.id, via="sms")
    assert "Said yes to a freed time" in await desk.get("/console/inbox")
    assert "said yes" in await desk.get("/console/waitlist")
    page = await desk.press(f"/console/offers/{offer.id}/take", {})
    assert page.toast == "Booked from the waitlist."


async def test_of_two_yeses_the_board_says_for_whom_the_time_is_kept_and_who_is_next_in_line(
    office: Office, enter: SignIn, freed: None, clock: ManualClock
):
    bob, cleo, desk = await office.client(1), await office.client(2), await enter("front_desk")
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await save_policy(tx, {"accept": "call", "mode": "everybody"})
        for client in (bob, cleo):
            await join(tx, client_id=client.id, service_id=office.service_id)
    clock.advance(timedelta(hours=1))
    await do_due(office.record, office.practice_id)
    for client in (cleo, bob):
        async with office.record.write(office.practice_id, FRONT_DESK) as tx:
            (offer,) = await offer_store.offers(tx, client_ids=(client.id,), states=("held",))
            await claim(tx, offer.id, via="sms")
    board = (await desk.get("/console/waitlist")).text
    lines = [re.sub(r"<[^>]+>", "", each) for each in re.findall(r'<div class="offer-line">.*?</p>', board, re.DOTALL)]
    assert len(lines) == 2
    assert f"{cleo.who.family} said yes" in unescape(lines[0])
    assert "the time is kept until" in lines[0]
    assert f"after {cleo.who.given} {cleo.who.family}, and knows to be next in line" in unescape(lines[1])


async def test_the_report_says_how_people_are_reminded_and_why_somebody_was_not_asked(
    office: Office, enter: SignIn, freed: None, clock: ManualClock
):
    bob, silent, mondays = await office.client(1), await office.client(2, consents=()), await office.client(3)
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        for client, windows in ((bob, ()), (silent, ()), (mondays, (WeeklyWindow(0, 0, 1440),))):
            await join(tx, client_id=client.id, service_id=office.service_id, windows=windows)
    clock.advance(timedelta(hours=1))
    await do_due(office.record, office.practice_id)
    clock.advance(timedelta(days=15))
    desk = await enter("front_desk")
    page = await desk.get("/console/waitlist/report?month=2026-03-01")
    assert "By how they are reminded" in page
    assert "By text" in page
    assert "Cannot be texted" in page
    assert "None of 1 freed times fitted" in page
    assert "3, 2 of them never" in page
    assert page.text.count("joined then, never asked") == 2
    assert "asked then" in page


async def test_a_weekly_time_is_waited_for_and_shown_as_one(office: Office, enter: SignIn):
    bob, desk = await office.client(1), await enter("front_desk")
    form = {"client": bob.id, "service": office.service_id, "act": "join", "rhythm": "weekly"}
    page = await desk.press("/console/waitlist/new", form)
    assert "Session every week with" in page
    async with office.record.read(office.practice_id) as r:
        (entry,) = await entry_store.entries_of(r, bob.id)
    assert entry.weekly


async def test_who_has_left_the_list_can_still_be_asked_about(office: Office, enter: SignIn):
    bob, desk = await office.client(1), await enter("front_desk")
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        entry = await join(tx, client_id=bob.id, service_id=office.service_id)
        await leave(tx, entry)
    page = await desk.get(f"/console/clients/{bob.id}")
    assert f"/console/waitlist/{entry}" in page
    assert "left; since" in page


async def test_who_has_gone_quiet_is_shown_explained_and_taken_up_again(
    office: Office, enter: SignIn, freed: None, clock: ManualClock
):
    bob, desk = await office.client(1), await enter("front_desk")
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        entry_id = await join(tx, client_id=bob.id, service_id=office.service_id)
        there = waitlist_entry.c.id == entry_id
        asked = update(waitlist_entry).where(waitlist_entry.c.practice_id == office.practice_id, there)
        await tx.conn.execute(asked.values(asked_whether_at=tx.now, unanswered=4))
    clock.advance(timedelta(hours=1))
    await do_due(office.record, office.practice_id)
    assert "Asked whether they still wait" in await desk.get("/console/waitlist")
    clock.advance(timedelta(days=7))
    page = await desk.get(f"/console/waitlist/{entry_id}")
    assert "No answer to 4 offers" in page
    assert "and the question whether they still wait" in page
    page = await desk.press(f"/console/waitlist/{entry_id}/rest", {"back": f"/console/waitlist/{entry_id}"})
    assert page.toast == "Waits again."
    assert "No answer to" not in page


async def offer_to_bob(office: Office, clock: ManualClock) -> str:
    """Bob waits, and is offered Ana's time; the offer."""
    bob = await office.client(1)
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await join(tx, client_id=bob.id, service_id=office.service_id)
    clock.advance(timedelta(hours=1))
    await do_due(office.record, office.practice_id)
    async with office.record.read(office.practice_id) as r:
        (offer,) = await offer_store.offers(r, states=("held",))
    return offer.id


async def test_a_yes_pressed_by_mistake_is_taken_back(office: Office, enter: SignIn, freed: None, clock: ManualClock):
    offer_id, desk = await offer_to_bob(office, clock), await enter("front_desk")
    page = await desk.press(f"/console/offers/{offer_id}/take", {})
    assert f"/console/offers/{offer_id}/undo" in page  # in the toast, and in the list of what was settled
    assert "1 h after it was freed" in page
    page = await desk.press(f"/console/offers/{offer_id}/undo", {})
    assert page.toast.startswith("Taken back")
    async with office.record.read(office.practice_id) as r:
        (entry,) = await entry_store.entries(r)
        offer = await offer_store.offer_by_id(r, offer_id)
        visit = await appointments.visit(r, offer.participation_id or "")
        told = {each.kind: each.state for each in await messages_of(r, entry.client_id)}
    assert (entry.state, offer.state, visit) == ("waiting", "withdrawn", None)
    assert "undone" not in told  # nothing was heard of the yes, so nothing is said of its end
    assert told["offer_won"] == "cancelled"
    again = await desk.press(f"/console/offers/{offer_id}/undo", {})
    assert again.toast.startswith("Not done: it is not booked from the waitlist any more")


async def test_of_many_settled_times_the_last_are_listed_and_what_may_be_taken_back(
    office: Office, enter: SignIn, freed: None, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(waitlist, "SETTLED_LISTED", 0)
    offer_id, desk = await offer_to_bob(office, clock), await enter("front_desk")
    await desk.press(f"/console/offers/{offer_id}/take", {})
    page = await desk.get("/console/waitlist")
    assert "1 h after it was freed" in page
    assert "And 1 more" not in page
    clock.advance(timedelta(minutes=16))
    page = await desk.get("/console/waitlist")
    assert "1 filled" in page
    assert "1 h after it was freed" not in page
    assert "And 1 more; the report counts all of them." in page


async def test_who_heard_that_it_is_theirs_hears_that_it_is_not(
    office: Office, enter: SignIn, freed: None, clock: ManualClock
):
    offer_id, desk = await offer_to_bob(office, clock), await enter("front_desk")
    await desk.press(f"/console/offers/{offer_id}/take", {})
    async with office.record.write(office.practice_id, OWNER) as tx:
        m = message.c
        won = (m.practice_id == office.practice_id, m.kind == "offer_won")
        await tx.conn.execute(update(message).where(*won).values(state="sent", intent_at=tx.now, sent_at=tx.now))
    clock.advance(timedelta(minutes=14))
    await desk.press(f"/console/offers/{offer_id}/undo", {})
    async with office.record.read(office.practice_id) as r:
        (entry,) = await entry_store.entries(r)
        kinds = [each.kind for each in await messages_of(r, entry.client_id)]
    assert "undone" in kinds


async def test_after_its_minutes_a_yes_is_not_taken_back(
    office: Office, enter: SignIn, freed: None, clock: ManualClock
):
    offer_id, desk = await offer_to_bob(office, clock), await enter("front_desk")
    await desk.press(f"/console/offers/{offer_id}/take", {})
    clock.advance(timedelta(minutes=16))
    assert f"/console/offers/{offer_id}/undo" not in await desk.get("/console/waitlist")
    page = await desk.press(f"/console/offers/{offer_id}/undo", {})
    assert page.toast.startswith("Not done: that can be taken back for 15 minutes")


async def test_what_somebody_waits_for_is_changed_and_the_place_kept(office: Office, enter: SignIn, clock: ManualClock):
    bob, desk = await office.client(1), await enter("front_desk")
    after_four = (WeeklyWindow(2, 16 * 60, 18 * 60),)
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        entry_id = await join(tx, client_id=bob.id, service_id=office.service_id, windows=after_four)
    clock.advance(timedelta(days=1))
    here = f"/console/waitlist/{entry_id}/change"
    page = await desk.get(here)
    assert 'value="2-afternoon" checked' in page
    assert f'action="{here}"' in page
    assert 'action="/console/waitlist/new"' in await desk.get("/console/waitlist/new")
    kept = {"suits": ["2-afternoon", "2-evening"], "notice": "2880", "latest": "2026-04-01", "urgency": "promised"}
    page = await desk.press(here, {**kept, "with": [office.clinician_ids[0]]})
    assert page.toast == "Saved. Their place is what it was."
    assert "put first (it was promised)" in page
    async with office.record.read(office.practice_id) as r:
        changed = await entry_store.entry(r, entry_id)
    assert changed.windows == after_four  # finer than the grid, and its squares were left as they were
    assert (changed.min_notice_minutes, changed.latest_day, changed.priority) == (2880, date(2026, 4, 1), 1)
    assert r.now - changed.joined_at == timedelta(days=1)
    page = await desk.post(here, {**kept, "expires": "2026-01-01", "suits": ["3-morning"]})
    assert page.status == 422
    assert "That day has passed" in page
    assert 'value="3-morning" checked' in page
    await desk.press(here, {"suits": ["3-morning"]})
    async with office.record.read(office.practice_id) as r:
        changed = await entry_store.entry(r, entry_id)
    assert (squares_of(changed.windows), changed.priority, changed.clinician_ids) == ({"3-morning"}, 0, ())


async def test_a_clinician_takes_no_colleague_from_a_wish(office: Office, enter: SignIn):
    bob = await office.client(1)
    await office.book(bob, at=local("2026-03-06 14:00"))
    both = tuple(office.clinician_ids[:2])
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        entry_id = await join(tx, client_id=bob.id, service_id=office.service_id, clinician_ids=both)
    own = await enter("clinician", clinician=both[0])
    await own.press(f"/console/waitlist/{entry_id}/change", {})
    async with office.record.read(office.practice_id) as r:
        assert (await entry_store.entry(r, entry_id)).clinician_ids == (both[1],)


async def test_a_time_nobody_gave_up_is_offered(office: Office, enter: SignIn, clock: ManualClock):
    desk = await enter("front_desk")
    here, day = "/console/waitlist/time", "2026-03-05"
    form = {"clinician": office.clinician_ids[0], "service": office.service_id, "day": day, "time": "14:00"}
    ana = await office.client(0)
    await office.book(ana, at=local("2026-03-05 14:00"))
    refused = {
        "A visit is booked then": form,
        "Enter a time": {**form, "time": "late"},
        "Enter a day": {**form, "day": ""},
        "starts too soon": {**form, "day": "2026-02-01"},
    }
    for words, sent in refused.items():
        page = await desk.post(here, sent)
        assert (page.status, words in page) == (422, True), words
        assert f'value="{sent["time"]}"' in page
    page = await desk.press(here, {**form, "time": "16:00", "rhythm": "2"})
    assert page.toast == "On its way to the waitlist."
    assert "every 2 weeks from then on" in page
    page = await desk.post(here, {**form, "time": "16:00"})
    assert "being offered already" in page


async def test_those_a_time_is_not_for_are_grouped_by_the_reason(
    office: Office, enter: SignIn, freed: None, clock: ManualClock
):
    people_ = [await office.client(number) for number in (1, 2, 3)]
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        for each in people_:
            await join(tx, client_id=each.id, service_id=office.service_id, windows=windows_of({"0-morning"}))
    async with office.record.read(office.practice_id) as r:
        (opening,) = await opening_store.openings(r)
    desk = await enter("front_desk")
    here = f"/console/openings/{opening.id}/turns"
    assert here in await desk.get("/console/waitlist")
    page = await desk.get(here)
    assert page.text.count("<dt>Wants other") == 1
    for each in people_:
        assert each.who.family in page


def test_a_time_of_another_day_is_never_shown_without_its_day():
    now, zone = local("2026-03-05 20:00"), ZoneInfo("America/New_York")
    assert time_or_day(local("2026-03-05 21:30"), now, zone, "en_US").endswith("PM")
    assert time_or_day(local("2026-03-05 21:30"), now, zone, "en_US").startswith("9:30")
    assert time_or_day(local("2026-03-06 08:00"), now, zone, "en_US").startswith("Fri, Mar 6, 8:00")


async def sooner(office: Office, desk: Visitor, visit: str, *extra: str) -> dict[str, str]:
    """What the form for an earlier time has filled in, as the page of a visit leads to it."""
    page = await desk.get(f"/console/visits/{visit}")
    assert f"/console/waitlist/new?visit={visit}" in page
    form = await desk.get(f"/console/waitlist/new?visit={visit}")
    chosen = {
        name: re.findall(rf'name="{name}" value="([^"]*)" checked', form.text)
        or re.findall(rf'<select id="f-{name}".*?<option value="([^"]*)" selected', form.text, re.DOTALL)
        for name in ("client", "service", "with", "replaces", *extra)
    }
    assert all(len(each) == 1 for each in chosen.values()), chosen
    back = re.findall(r'name="back" value="([^"]*)"', form.text)[-1]
    return {"act": "join", "back": back, **{name: each[0] for name, each in chosen.items()}}


async def test_who_was_booked_later_than_they_liked_waits_for_something_earlier(office: Office, enter: SignIn):
    bob, desk = await office.client(1), await enter("front_desk")
    form = {"client": bob.id, "service": office.service_id, "clinician": office.clinician_ids[0], "act": "book"}
    page = await desk.press("/console/book", {**form, "pick": "other", "day": "2026-04-01", "time": "10:00"})
    assert (page.toast, "Wants an earlier time" in page) == ("Booked.", True)
    async with office.record.read(office.practice_id) as r:
        (visit,) = await appointments.upcoming(r, (bob.id,), r.now)
    filled = await sooner(office, desk, visit.participation_id)
    page = await desk.press("/console/waitlist/new", filled)
    assert page.toast == "On the waitlist."
    async with office.record.read(office.practice_id) as r:
        (entry,) = await entry_store.entries_of(r, bob.id)
    assert (entry.replaces_participation_id, entry.service_id) == (visit.participation_id, office.service_id)
    assert entry.clinician_ids == (visit.clinician_id,)
    assert "On the list for an earlier time" in page
    assert f"/console/waitlist/{entry.id}" in page


async def test_who_waits_already_only_says_which_visit_would_go(office: Office, enter: SignIn):
    bob, desk = await office.client(1), await enter("front_desk")
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        entry = await join(tx, client_id=bob.id, service_id=office.service_id, windows=(WeeklyWindow(0, 0, 720),))
    visit = (await office.book(bob, at=local("2026-04-01 10:00"))).participation_ids[0]
    led = await desk.get(f"/console/waitlist/new?visit={visit}")
    assert (led.status, led.location) == (303, f"/console/waitlist/{entry}/change?visit={visit}")
    page = await desk.get(led.location)
    assert re.search(rf'value="{visit}" selected', page.text)
    await desk.press(f"/console/waitlist/{entry}/change", {"suits": "0-morning", "replaces": visit})
    async with office.record.read(office.practice_id) as r:
        (kept,) = await entry_store.entries_of(r, bob.id)
    assert (kept.id, kept.replaces_participation_id, len(kept.windows)) == (entry, visit, 1)


async def test_their_agreement_is_asked_where_they_join(office: Office, enter: SignIn):
    bob, desk = await office.client(1, consents=("reminders",)), await enter("front_desk")
    visit = (await office.book(bob, at=local("2026-04-01 10:00"))).participation_ids[0]
    form = await desk.get(f"/console/waitlist/new?visit={visit}")
    assert "Agrees to texts about open times" in form
    await desk.press("/console/waitlist/new", {**await sooner(office, desk, visit), "agrees": "yes"})
    async with office.record.read(office.practice_id) as r:
        assert await recipient_for(r, bob.id, Channel.SMS, Purpose.WAITLIST) is not None
        assert [each.kind for each in await messages_of(r, bob.id)].count(Kind.WAITLIST_JOINED) == 1
    assert "Agrees to texts" not in await desk.get(f"/console/waitlist/new?client={bob.id}")


async def test_who_does_not_agree_waits_without_texts_and_who_said_stop_is_not_asked(office: Office, enter: SignIn):
    bob, cleo = [await office.client(number, consents=("reminders",)) for number in (1, 2)]
    desk = await enter("front_desk")
    await desk.press("/console/waitlist/new", {"client": bob.id, "service": office.service_id, "act": "join"})
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        assert await recipient_for(tx, bob.id, Channel.SMS, Purpose.WAITLIST) is None
        await consent.stop(tx, cleo.who.phone, Channel.SMS, consent.StopSource.STAFF)
    form = await desk.get(f"/console/waitlist/new?client={cleo.id}")
    assert ("Agrees to texts" in form, "Nobody can text them" in form) == (False, True)
    joining = {"client": cleo.id, "service": office.service_id, "act": "join", "agrees": "yes"}
    await desk.press("/console/waitlist/new", joining)
    async with office.record.read(office.practice_id) as r:
        assert await recipient_for(r, cleo.id, Channel.SMS, Purpose.WAITLIST) is None


async def test_a_clinician_cannot_write_down_an_agreement_by_joining(office: Office, enter: SignIn):
    bob = await office.client(1, consents=("reminders",))
    clinician = await enter("clinician", clinician=office.clinician_ids[0])
    await office.book(bob, at=local("2026-04-01 10:00"))
    joining = {"client": bob.id, "service": office.service_id, "act": "join", "agrees": "yes"}
    assert (await clinician.post("/console/waitlist/new", joining)).status == 403
    async with office.record.read(office.practice_id) as r:
        assert await entry_store.entries_of(r, bob.id) == ()


async def test_a_visit_of_today_and_one_of_two_people_offer_nothing_earlier(office: Office, enter: SignIn):
    bob, cleo, desk = await office.client(1), await office.client(2), await enter("front_desk")
    today = (await office.book(bob, at=local("2026-03-04 16:00"))).participation_ids[0]
    both = (await office.book(bob, cleo, at=local("2026-04-01 10:00"))).participation_ids[0]
    for visit in (today, both):
        assert "earlier time" not in await desk.get(f"/console/visits/{visit}")


async def test_from_its_series_somebody_waits_for_another_weekly_time(office: Office, enter: SignIn):
    bob, desk = await office.client(1), await enter("front_desk")
    rule = Series(date(2026, 3, 5), 10 * 60)
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        begun = await start_series(
            tx, rule, clinician_id=office.clinician_ids[0], service_id=office.service_id,
            location_id=office.location_id, client_ids=(bob.id,),
        )  # fmt: skip
        visit = (await appointments.upcoming(tx, (bob.id,), tx.now))[0].participation_id
    assert f"/console/waitlist/new?visit={visit}&amp;rhythm=weekly" in await desk.get(
        f"/console/series/{begun.series_id}"
    )
    form = await desk.get(f"/console/waitlist/new?visit={visit}&rhythm=weekly")
    assert re.search(r'value="weekly" selected', form.text)
    assert re.search(rf'value="{visit}" selected', form.text)
