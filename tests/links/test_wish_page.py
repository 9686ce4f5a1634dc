"""The page that puts a client on the waitlist, through HTTP, on both engines."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import update

from messages.kinds import Channel, Purpose
from messages.recipients import recipient_for
from scheduler.actions.practice import add_location, add_service
from scheduler.people.practice_fields import ServiceFields
from scheduler.tables import waitlist_entry
from tests.links.conftest import TUESDAY, Behind
from tests.rig.clock import ManualClock
from tests.rig.office import OWNER, Office, local
from waitlist import entry_store
from waitlist.matching import WeeklyWindow


async def entries(office: Office) -> tuple[entry_store.Entry, ...]:
    async with office.record.read(office.practice_id) as r:
        return await entry_store.entries(r, states=tuple(entry_store.EntryState))


async def test_no_time_suits_so_one_says_what_would(behind, office: Office) -> None:
    link: Behind = await behind()
    async with office.record.write(office.practice_id, OWNER) as tx:
        await add_location(tx, "Second floor", "America/New_York")
    assert f"/l/{link.token}/list" in (await link.get("times"))[1]
    status, page = await link.press(
        "list", page="list", suits="1-morning", latest="2026-03-20", earliest="2026-03-05", notice="240",
        expires="2026-04-01", where="same", **{"with": "same", "gives": "yes"},
    )  # fmt: skip
    assert (status, "You are on the list" in page, "We text you" in page) == (200, True, True)
    (entry,) = await entries(office)
    assert entry.windows == (WeeklyWindow(1, 0, 720),)
    assert entry.clinician_ids == office.clinician_ids[:1]
    assert entry.location_id == office.location_id
    assert (entry.earliest_day, entry.latest_day, entry.expires_on) == (
        date(2026, 3, 5), date(2026, 3, 20), date(2026, 4, 1),
    )  # fmt: skip
    assert (entry.min_notice_minutes, entry.replaces_at) == (240, TUESDAY)


async def test_asking_for_times_is_agreeing_to_those_texts(behind, office: Office) -> None:
    office_client = await office.client(1, consents=())
    booked = await office.book(office_client, at=local("2026-03-10 11:00"))
    link: Behind = await behind()
    silent = Behind(office, office_client, booked, link.token, link.site)
    silent = await silent.again()
    async with office.record.read(office.practice_id) as r:
        assert await recipient_for(r, office_client.id, Channel.SMS, Purpose.WAITLIST) is None
    await silent.press("list", page="list")
    async with office.record.read(office.practice_id) as r:
        assert await recipient_for(r, office_client.id, Channel.SMS, Purpose.WAITLIST) is not None
    assert await silent.texts("waitlist_joined") == 1


async def test_whose_texts_are_stopped_is_told_so(behind) -> None:
    link: Behind = await behind()
    await link.stop()
    link = await link.again()
    _, page = await link.press("list", page="list")
    assert "no number we may text" in page


async def test_what_somebody_waits_for_can_be_seen_changed_paused_and_left(behind, office: Office) -> None:
    link: Behind = await behind()
    await link.press("list", page="list", suits="4-evening", gives="no", **{"with": "any"})
    joined = (await entries(office))[0]
    assert (joined.clinician_ids, joined.replaces_participation_id) == ((), None)
    _, page = await link.get("list")
    assert re.search(r'value="4-evening" checked', page)
    assert re.search(r'name="gives" value="no" checked', page)
    await link.press("list", page="list", suits="2-morning", gives="yes", **{"with": "same"})
    (changed,) = await entries(office)
    assert (changed.id, changed.joined_at, changed.windows[0].weekday) == (joined.id, joined.joined_at, 2)
    assert changed.clinician_ids == office.clinician_ids[:1]
    await link.press("rest", page="list")
    assert (await entries(office))[0].paused_until is not None
    assert "Paused until" in (await link.get("list"))[1]
    await link.press("rest", page="list")
    assert (await entries(office))[0].paused_until is None
    _, page = await link.press("unlist", page="list")
    assert "off the list" in page
    assert [each.state for each in await entries(office)] == ["left"]


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("latest", "2026-03-03", "has passed"),
        ("expires", "2020-01-01", "has passed"),
        ("latest", "next week", "Choose a day"),
        ("notice", "99999999", "Please check"),
        ("notice", "soon", "Please check"),
    ],
)
async def test_a_mistake_is_named_and_loses_nothing(behind, office: Office, field: str, typed: str, said: str) -> None:
    link: Behind = await behind()
    form = {"suits": "3-afternoon", "with": "any", "earliest": "2026-03-04", field: typed}
    status, page = await link.press("list", page="list", **form)
    assert (status, said in page) == (422, True)
    assert 'value="3-afternoon" checked' in page
    assert 'value="any" checked' in page
    assert await entries(office) == ()


async def test_the_same_by_video_may_be_waited_for(behind, office: Office) -> None:
    async with office.record.write(office.practice_id, OWNER) as tx:
        video = await add_service(tx, ServiceFields("Video", 50, capacity=2, modality="telehealth"))
    link: Behind = await behind()
    await link.press("list", page="list", how="telehealth")
    assert [each.service_id for each in await entries(office)] == [video]


async def test_the_page_names_nobody_and_no_place(behind, office: Office) -> None:
    async with office.record.write(office.practice_id, OWNER) as tx:
        await add_location(tx, "Second floor", "America/New_York")
    link: Behind = await behind()
    _, page = await link.get("list")
    who = link.client.who
    for secret in (who.given, who.family, "Clinician", "Session", "floor", "<script"):
        assert secret not in page


async def test_whoever_moves_later_may_ask_for_an_earlier_time(behind, office: Office) -> None:
    link: Behind = await behind()
    status, page = await link.press("times", page="times", option="2026-03-11T19:00:00+00:00")
    assert (status, "earlier time" in page) == (200, True)
    token = re.search(r'href="/l/(\w{22})/list"', page)
    assert token is not None
    again = Behind(office, link.client, link.booked, token.group(1), link.site)
    await again.press("list", page="list")
    (entry,) = await entries(office)
    assert entry.replaces_at == (await link.visit()).starts_at


async def test_whoever_moves_earlier_is_not_asked(behind) -> None:
    link: Behind = await behind()
    _, page = await link.press("times", page="times", option="2026-03-10T15:00:00+00:00")
    assert "Moved and confirmed" in page
    assert "/list" not in page


async def test_a_visit_that_is_given_up_can_be_waited_for(behind, office: Office, clock: ManualClock) -> None:
    link: Behind = await behind()
    _, page = await link.press("cannot", page="cannot")
    assert f"/l/{link.token}/list" in page
    clock.advance(timedelta(minutes=1))
    await link.press("list", page="list")
    (entry,) = await entries(office)
    assert entry.replaces_participation_id is None


async def test_a_press_on_a_page_is_a_sign_of_life_and_looking_at_it_is_not(behind, office: Office) -> None:
    """Who had left the question unanswered whether they still wait is offered times again."""
    link: Behind = await behind()
    await link.press("list", page="list")
    async with office.record.write(office.practice_id, OWNER) as tx:
        e = waitlist_entry
        await tx.conn.execute(
            update(e).where(e.c.practice_id == office.practice_id).values(asked_whether_at=tx.now, unanswered=4)
        )
    await link.get("list")
    assert (await entries(office))[0].is_quiet
    await link.press("confirm")
    (found,) = await entries(office)
    assert (found.is_quiet, found.unanswered) == (False, 0)
