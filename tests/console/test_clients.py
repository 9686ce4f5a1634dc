"""Finding, adding and changing clients, and the record of one."""

from sqlalchemy import func, select

from scheduler import tables
from tests.console.conftest import SignIn
from tests.console.visitor import FRAGMENT
from tests.rig.office import Office, local


async def test_a_client_is_found_by_name_birth_date_and_number(office: Office, enter: SignIn):
    ana, bob = await office.client(0), await office.client(1)
    desk = await enter("front_desk")
    for words in (ana.who.family, ana.who.phone[-4:], ana.who.birth_date.isoformat()):
        page = await desk.post("/console/clients/search", {"name": words})
        assert ana.who.given in page
        assert bob.who.given not in page
    quick = await desk.post("/console/search", {"q": ana.who.family[:5]}, **FRAGMENT)
    assert f"/console/clients/{ana.id}" in quick
    assert "<html" not in quick


async def test_the_record_is_entered_in_the_audit_chain(office: Office, enter: SignIn):
    ana = await office.client(0)
    await office.book(ana, at=local("2026-03-05 14:00"))
    desk = await enter("front_desk")
    page = await desk.get(f"/console/clients/{ana.id}")
    assert page.status == 200
    assert ana.who.family in page
    assert ana.who.family not in page.text.partition("</title>")[0]
    async with office.record.read(office.practice_id) as r:
        rows = await r.conn.execute(select(tables.audit_entry).where(tables.audit_entry.c.action == "client.read"))
        (entry,) = rows.mappings().all()
    assert (entry["actor_id"], entry["subject_id"]) == (desk.user_id, ana.id)


async def test_adding_a_client(office: Office, enter: SignIn):
    desk = await enter("front_desk")
    wrong = await desk.post("/console/clients/new", {"first": "Zoe", "phone": "12"})
    assert wrong.status == 422
    assert "Enter a phone number with area code" in wrong
    assert 'value="Zoe"' in wrong
    page = await desk.press("/console/clients/new", {"first": "Zoe", "last": "Quist", "phone": "(202) 555-0142"})
    assert page.toast == "Client added."
    assert "(202) 555-0142" in page


async def test_everything_that_does_not_fit_is_said_at_once(office: Office, enter: SignIn):
    desk = await enter("front_desk")
    typed = {"birth_date": "1984-02-30", "zone": "Nowhere", "phone": "202 555 0142 ext 4", "email": "nobody"}
    wrong = await desk.post("/console/clients/new", typed)
    assert wrong.status == 422
    for sentence in (
        "Enter a first or a last name",
        "Enter a date, such as 1984-07-09",
        "Choose a time zone from the list",
        "Leave the extension out",
        "Enter an email address",
    ):
        assert sentence in wrong
    for name in ("zone", "phone", "email"):
        assert f'value="{typed[name]}"' in wrong
    ana = await office.client(0)
    edited = await desk.post(f"/console/clients/{ana.id}/edit", {"birth_date": "2199-01-01", "payer": "king"})
    assert edited.status == 422
    assert "Enter a birth date that is not in the future" in edited
    assert "Choose who pays from the list" in edited


async def _count(office: Office) -> int:
    async with office.record.read(office.practice_id) as r:
        return int(await r.conn.scalar(select(func.count()).select_from(tables.client)) or 0)


async def test_whoever_seems_to_be_on_file_is_shown_before_they_are_added_again(office: Office, enter: SignIn):
    ana = await office.client(0)
    desk, before = await enter("front_desk"), await _count(office)
    typed = {"first": ana.who.given.upper(), "last": ana.who.family, "phone": "(202) 555-0142"}
    page = await desk.post("/console/clients/new", typed)
    assert page.status == 409
    assert f"/console/clients/{ana.id}" in page
    assert "the same name" in page
    assert 'value="(202) 555-0142"' in page
    shared = {"first": "Zoe", "last": "Quist", "phone": ana.who.phone}
    page = await desk.post("/console/clients/new", shared)
    assert "the same number or address" in page
    assert await _count(office) == before
    page = await desk.press("/console/clients/new", {**shared, "act": "anyway"})
    assert page.toast == "Client added."
    assert await _count(office) == before + 1


async def test_another_birth_date_tells_people_of_one_name_apart(office: Office, enter: SignIn):
    ana = await office.client(0)
    typed = {"first": ana.who.given, "last": ana.who.family, "birth_date": "2001-02-03"}
    assert (await (await enter("front_desk")).press("/console/clients/new", typed)).toast == "Client added."


async def test_consent_is_written_down_with_the_new_client_if_they_were_asked(office: Office, enter: SignIn):
    desk = await enter("front_desk")
    page = await desk.press(
        "/console/clients/new", {"first": "Zoe", "last": "Quist", "phone": "(202) 555-0142", "agreed": "verbal"}
    )
    assert "agreed, " in page
    page = await desk.press(
        "/console/clients/new", {"first": "Yan", "last": "Quist", "phone": "(202) 555-0143", "agreed": "nonsense"}
    )
    assert "agreed, " not in page
