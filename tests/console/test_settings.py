"""Settings: the practice, its places, services and hours, and the checks."""

from datetime import date

import pytest

from bot.console.settings_practice import typed
from scheduler import tables
from scheduler.actions.practice import fields_of
from scheduler.people import hours_store
from scheduler.people import store as people
from tests.console.conftest import SignIn
from tests.console.visitor import FRAGMENT, ORIGIN
from tests.rig.office import Office, local
from waitlist import opening_store

TODAY = date(2026, 3, 4)


async def practice_form(office: Office, **changed: str) -> dict[str, str]:
    async with office.record.read(office.practice_id) as r:
        return {**typed(fields_of(await people.practice(r))), **changed}


async def practice_of(office: Office) -> people.Practice:
    async with office.record.read(office.practice_id) as r:
        return await people.practice(r)


async def test_the_page_leads_to_every_part(office: Office, enter: SignIn):
    page = await (await enter("owner")).get("/console/settings")
    assert page.status == 200
    for where in ("practice", "clinicians/new", "services/new", "locations/new"):
        assert f'href="/console/settings/{where}"' in page
    for where in ("/console/users", "/console/import", "/console/policies/words"):
        assert f'href="{where}"' in page
    assert "Key 1 of the key ring seals all" in page


async def test_the_page_tells_where_the_phone_company_is_to_post(office: Office, enter: SignIn):
    page = await (await enter("owner")).get("/console/settings")
    assert f"{ORIGIN}/twilio/{office.practice_id}/inbound#rc=5&amp;rp=all" in page
    assert "Nobody is named" in page
    on_call = await practice_form(office, alert_email="oncall@practice.example")
    await (await enter("owner")).press("/console/settings/practice", on_call)
    page = await (await enter("owner")).get("/console/settings")
    assert "oncall@practice.example" in page
    assert "Nobody is named" not in page


async def test_the_practice_is_saved_and_an_unchanged_form_changes_nothing(office: Office, enter: SignIn):
    owner = await enter("owner")
    page = await owner.press("/console/settings/practice", await practice_form(office))
    assert page.toast == "Nothing was different, so nothing was changed."
    changed = await practice_form(
        office, label="Oak Office", send_until_minute="00:00", daily_cap="2", plain_letters=""
    )
    page = await owner.press("/console/settings/practice", changed)
    assert page.toast == "Saved."
    saved = await practice_of(office)
    assert (saved.label, saved.send_until_minute, saved.daily_cap, saved.plain_letters) == (
        "Oak Office",
        1440,
        2,
        False,
    )
    assert 'value="00:00"' in await owner.get("/console/settings/practice")


@pytest.mark.parametrize(
    ("changed", "where", "sentence"),
    [
        ({"label": "Lee Therapy"}, "label", "tells anyone who sees the phone"),
        ({"label": "Lee's Eating Disorder C"}, "label", "tells anyone who sees the phone"),
        ({"label": ""}, "label", "There are no words yet"),
        ({"sender": "555"}, "sender", "Enter the number with country code"),
        ({"zone": "Mars/Olympus"}, "zone", "Choose a time zone from the list"),
        ({"daily_cap": "lots"}, "daily_cap", "Enter a whole number"),
        ({"daily_cap": "9"}, "weekly_cap", "at least as many in a week"),
        ({"send_from_minute": "19:30"}, "send_until_minute", "Leave at least two hours"),
        ({"send_from_minute": "noon"}, "send_from_minute", "Enter a time such as 08:00"),
        ({"alert_email": "nobody"}, "alert_email", "Enter an email address"),
        ({"offer_hold_minutes": "1"}, "offer_hold_minutes", "Enter a number from 5 to 1440"),
        ({"stop_mode": "never"}, "stop_mode", "Choose one of the two"),
    ],
)
async def test_what_does_not_fit_is_said_where_it_is_and_kept_as_typed(
    office: Office, enter: SignIn, changed: dict[str, str], where: str, sentence: str
):
    before = await practice_of(office)
    page = await (await enter("owner")).post(
        "/console/settings/practice", await practice_form(office, name="Half typed", **changed)
    )
    assert page.status == 422
    assert "Error: Practice" in page
    assert f'href="#f-{where}"' in page
    assert sentence in page
    assert 'value="Half typed"' in page
    assert await practice_of(office) == before


async def test_places_are_added_renamed_and_put_out_of_use(office: Office, enter: SignIn):
    owner = await enter("owner")
    page = await owner.post("/console/settings/locations/new", {"name": "Annex", "zone": "Mars/Olympus"})
    assert page.status == 422
    assert 'value="Annex"' in page
    page = await owner.press("/console/settings/locations/new", {"name": "Annex", "zone": "America/Chicago"})
    assert page.toast == "Location saved."
    async with office.record.read(office.practice_id) as r:
        annex = next(place for place in await people.locations(r) if place.name == "Annex")
    await owner.press(f"/console/settings/locations/{annex.id}", {"name": "Annexe", "zone": annex.zone})
    async with office.record.read(office.practice_id) as r:
        found = await people.location(r, annex.id)
    assert found is not None
    assert (found.name, found.active) == ("Annexe", False)
    assert "Not in use" in await owner.get("/console/settings")


SERVICE = {"name": "Group", "duration_minutes": "90", "buffer_before_minutes": "0", "buffer_after_minutes": "10",
           "capacity": "8", "fee": "65", "modality": "in_person", "code_family": "none"}  # fmt: skip


async def test_services_are_added_and_edited(office: Office, enter: SignIn):
    owner = await enter("owner")
    page = await owner.press("/console/settings/services/new", SERVICE)
    assert "90 min, $65.00, up to 8" in page
    async with office.record.read(office.practice_id) as r:
        group = next(each for each in await people.services(r) if each.name == "Group")
    assert 'value="65.00"' in await owner.get(f"/console/settings/services/{group.id}")
    await owner.press(f"/console/settings/services/{group.id}", {**SERVICE, "fee": "$70.50", "active": "yes"})
    async with office.record.read(office.practice_id) as r:
        found = await people.service(r, group.id)
    assert found is not None
    assert (found.fee_minor, found.active) == (7050, True)


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"duration_minutes": "2"}, "duration_minutes"),
        ({"duration_minutes": "an hour"}, "duration_minutes"),
        ({"fee": "a lot"}, "fee"),
        ({"fee": "999999999"}, "fee"),
        ({"modality": "telepathy"}, "modality"),
        ({"code_family": "none of them"}, "code_family"),
        ({"name": " "}, "name"),
    ],
)
async def test_a_service_that_does_not_fit_is_said(enter: SignIn, changed: dict[str, str], where: str):
    page = await (await enter("owner")).post("/console/settings/services/new", {**SERVICE, **changed})
    assert page.status == 422
    assert f'href="#f-{where}"' in page


async def test_a_clinician_is_added_and_given_hours(office: Office, enter: SignIn):
    owner = await enter("owner")
    assert (await owner.post("/console/settings/clinicians/new", {"name": ""})).status == 422
    page = await owner.press("/console/settings/clinicians/new", {"name": "Iris Marsh"})
    async with office.record.read(office.practice_id) as r:
        iris = next(each for each in await people.clinicians(r) if each.name == "Iris Marsh")
    here = f"/console/settings/clinicians/{iris.id}"
    assert f'action="{here}/week"' in page
    week = {"d1-0-from": "09:00", "d1-0-until": "12:00", "d1-1-from": "13:00", "d1-1-until": "17:00", "d4-0-from": "",
            "d4-0-until": "", "first_day": "2026-03-04"}  # fmt: skip
    page = await owner.press(f"{here}/week", week)
    assert page.toast.startswith("Weekly hours saved.")
    async with office.record.read(office.practice_id) as r:
        hours = await hours_store.week_in_force(r, iris.id, TODAY)
    assert [(each.weekday, each.start_minute, each.end_minute) for each in hours] == [(1, 540, 720), (1, 780, 1020)]
    page = await owner.press(here, {"name": "Iris M. Marsh"})
    assert "Iris M. Marsh" in page


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"d0-1-from": "11:00", "d0-1-until": "13:00"}, "Two times of this day overlap"),
        ({"d0-0-until": "08:00"}, "Enter a beginning and an end after it"),
        ({"first_day": "2026-03-03"}, "Choose today or a later day"),
        ({"first_day": "soon"}, "Choose today or a later day"),
    ],
)
async def test_hours_that_do_not_fit_are_said_and_kept_as_typed(
    office: Office, enter: SignIn, changed: dict[str, str], sentence: str
):
    here = f"/console/settings/clinicians/{office.clinician_ids[0]}"
    week = {"d0-0-from": "09:05", "d0-0-until": "12:00", "first_day": "2026-03-04", **changed}
    page = await (await enter("owner")).post(f"{here}/week", week)
    assert page.status == 422
    assert sentence in page
    assert 'value="09:05"' in page
    async with office.record.read(office.practice_id) as r:
        assert len(await hours_store.week_in_force(r, office.clinician_ids[0], TODAY)) == 5


async def test_days_away_say_which_visits_still_stand(office: Office, enter: SignIn):
    await office.book(await office.client(0), at=local("2026-03-06 14:00"))
    owner, here = await enter("owner"), f"/console/settings/clinicians/{office.clinician_ids[0]}"
    page = await owner.press(f"{here}/days", {"kind": "closed_day", "day": "2026-03-05", "last_day": "2026-03-06"})
    assert page.toast.startswith("Saved. Visits already booked on that day stay")
    assert page.text.count("Away all day") == 3, "two days, and the choice of the form"
    assert "1 visit is still booked then" in page
    async with office.record.read(office.practice_id) as r:
        listed = await hours_store.exceptions_from(r, TODAY, clinician_id=office.clinician_ids[0])
    page = await owner.press(f"{here}/days/{listed[0].id}/remove")
    assert page.toast == "The day is like its weekday again."
    assert (await owner.post(f"{here}/days/{listed[0].id}/remove")).status == 404


async def test_a_day_that_does_not_fit_is_said(office: Office, enter: SignIn):
    owner, here = await enter("owner"), f"/console/settings/clinicians/{office.clinician_ids[0]}"
    page = await owner.post(
        f"{here}/days", {"kind": "extra_hours", "day": "2026-03-07", "from": "10:00", "until": "9:00"}
    )
    assert page.status == 422
    assert "Enter a beginning and an end after it" in page
    twice = {"kind": "closed_day", "day": "2026-03-05"}
    await owner.press(f"{here}/days", twice)
    page = await owner.post(f"{here}/days", twice)
    assert page.status == 422
    assert "remove it first" in page


async def test_extra_hours_may_be_offered_to_the_waitlist(office: Office, enter: SignIn):
    owner, here = await enter("owner"), f"/console/settings/clinicians/{office.clinician_ids[0]}"
    hours = {"kind": "extra_hours", "day": "2026-03-07", "from": "10:00", "until": "13:00"}
    page = await owner.press(f"{here}/days", {**hours, "offer": office.service_id})
    assert page.toast.startswith("Saved. Times on their way to the waitlist: ")
    async with office.record.read(office.practice_id) as r:
        found = await opening_store.openings(r)
    assert page.toast.endswith(f"{len(found)}.")
    assert {each.starts_at.date() for each in found} == {date(2026, 3, 7)}
    page = await owner.press(f"{here}/days", {**hours, "day": "2026-03-08"})
    assert page.toast.startswith("Saved. Visits")


async def test_what_is_not_there_is_not_found(enter: SignIn):
    owner = await enter("owner")
    for part in ("locations", "services", "clinicians"):
        assert (await owner.get(f"/console/settings/{part}/{'0' * 32}")).status == 404
    for part, sent in (
        ("locations", {"name": "x", "zone": "UTC"}),
        ("services", SERVICE),
        ("clinicians", {"name": "x"}),
    ):
        assert (await owner.post(f"/console/settings/{part}/{'0' * 32}", sent)).status == 404


async def test_the_checks_say_that_all_is_well_or_what_is_not(office: Office, enter: SignIn):
    booked = await office.book(await office.client(0), at=local("2026-03-06 14:00"))
    owner = await enter("owner")
    part = await owner.get("/console/settings/checks", **FRAGMENT)
    assert "no double bookings" in part
    assert "no double bookings" in await owner.get("/console/settings?checks=now")
    async with office.record.engines.writer.begin() as conn:
        t = tables.busy
        await conn.execute(t.delete().where(t.c.appointment_id == booked.appointment_id))
    part = await owner.get("/console/settings/checks", **FRAGMENT)
    assert "A booked visit takes no time in the calendar." in part
    assert booked.appointment_id in part
