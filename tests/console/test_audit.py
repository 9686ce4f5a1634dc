"""The audit page: who did what, in words; narrowed, leafed through, and checked for tampering."""

import re

from sqlalchemy import update

from scheduler import tables
from scheduler.actions.cancel import cancel
from scheduler.actions.clients import edit_client
from scheduler.core.actor import Actor, ActorKind, Via
from scheduler.people.client_fields import ClientFields
from tests.console.conftest import SignIn
from tests.console.visitor import FRAGMENT, Answer, Visitor
from tests.rig.office import FRONT_DESK, Office, local


async def booked_and_cancelled(office: Office) -> str:
    ana = await office.client(0)
    booked = await office.book(ana, at=local("2026-03-05 14:00"))
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await cancel(tx, booked.participation_ids[0], by="client")
    return booked.participation_ids[0]


async def test_what_happened_stands_there_in_words(office: Office, enter: SignIn):
    visit = await booked_and_cancelled(office)
    page = await (await enter("owner")).get("/console/audit")
    assert page.status == 200
    for words in (
        "Visit booked",
        "Visit cancelled",
        "Booking notice by text planned",
        "Practice set up",
        "Client added",
    ):
        assert words in page, words
    assert f'href="/console/visits/{visit}"' in page
    assert "Thu, Mar 5" in page


async def test_who_did_it_is_named_and_how_they_came(office: Office, enter: SignIn):
    ana, owner = await office.client(0), await enter("owner")
    person = Actor(ActorKind.STAFF, owner.user_id, Via.CONSOLE, frozenset({"owner"}))
    async with office.record.write(office.practice_id, person) as tx:
        await edit_client(tx, ana.id, ClientFields(ana.who.given, ana.who.family, language="es"))
    page = await owner.get("/console/audit?group=clients")
    row = page.text[page.text.index("Client edited") :]
    assert "Robin Desk" in row[:600]
    assert "(console)" in row[:600]
    assert "changed birth date, language" in row[:200]


async def test_narrowing_by_what_who_and_when(office: Office, enter: SignIn):
    await booked_and_cancelled(office)
    owner = await enter("owner")
    assert "Visit booked" not in await owner.get("/console/audit?group=settings")
    assert "Practice set up" in await owner.get("/console/audit?group=settings")
    assert "Visit booked" not in await owner.get("/console/audit?who=carrier")
    assert "Nothing was entered that fits" in await owner.get("/console/audit?first=2027-01-01")
    assert "Visit booked" in await owner.get("/console/audit?first=2026-03-04&last=2026-03-04")
    assert "Visit booked" not in await owner.get("/console/audit?last=2026-03-03")
    assert "Visit booked" in await owner.get(f"/console/audit?who={FRONT_DESK.id}")


async def test_a_day_that_is_none_is_said_and_narrows_nothing(office: Office, enter: SignIn):
    await booked_and_cancelled(office)
    page = await (await enter("owner")).get("/console/audit?first=yesterday")
    assert "Choose a day from the calendar" in page
    assert "Visit booked" in page


async def test_leafing_back_and_forth_shows_every_entry_once(office: Office, enter: SignIn):
    ana, owner = await office.client(0), await enter("owner")
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        for number in range(120):
            tx.note("series.extended", "series", None, booked=number)
    newest = await owner.get("/console/audit?group=visits")
    second = await owner.get(leaf_of(newest, "next"))
    third = await owner.get(leaf_of(second, "next"))
    seen = [int(number) for page in (newest, second, third) for number in re.findall(r"booked (\d+)<", page.text)]
    assert seen == list(range(119, 0, -1))
    assert 'rel="next"' not in third
    assert 'rel="prev"' not in newest
    assert rows_of(await owner.get(leaf_of(third, "prev"))) == rows_of(second)
    assert rows_of(await owner.get(leaf_of(second, "prev"))) == rows_of(newest)
    assert (await owner.get("/console/audit?before=x")).status == 422
    assert ana.who.family not in third


def leaf_of(page: Answer, which: str) -> str:
    found = re.search(rf'href="([^"]+)" rel="{which}"', page.text)
    assert found is not None
    return found[1].replace("&amp;", "&")


def rows_of(page: Answer) -> list[str]:
    return re.findall(r"booked \d+<", page.text)


async def test_the_chain_is_checked_and_tampering_is_said(office: Office, enter: SignIn):
    await booked_and_cancelled(office)
    auditor = await enter("auditor")
    assert "entries fit together" in await auditor.get("/console/audit/chain", **FRAGMENT)
    assert "entries fit together" in await auditor.get("/console/audit?chain=now")
    await tamper(office)
    page = await auditor.get("/console/audit/chain", **FRAGMENT)
    assert "Entry 2 does not fit" in page
    assert "changed after it was written" in page


async def tamper(office: Office) -> None:
    t = tables.audit_entry
    async with office.record.engines.writer.begin() as conn:
        if conn.dialect.name == "sqlite":
            names = (
                await conn.exec_driver_sql(
                    "SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='audit_entry'"
                )
            ).scalars()
            for name in list(names):
                await conn.exec_driver_sql(f'DROP TRIGGER "{name}"')
        else:
            await conn.exec_driver_sql("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        await conn.execute(update(t).where(t.c.seq == 2).values(action="practice.improved"))


async def test_the_auditor_reads_it_without_names_or_ways_into_the_record(office: Office, enter: SignIn):
    visit = await booked_and_cancelled(office)
    page = await (await enter("auditor")).get("/console/audit")
    assert "Visit booked" in page
    assert f"/console/visits/{visit}" not in page
    assert "/console/clients/" not in page


async def test_looking_changes_nothing(office: Office, enter: SignIn):
    owner: Visitor = await enter("owner")
    first = await owner.get("/console/audit/chain")
    await owner.get("/console/audit")
    assert (await owner.get("/console/audit/chain")).text == first.text
