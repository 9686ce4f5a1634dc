"""Importing at the console: tried out first, then all of a file or only its good rows; nothing twice."""

import pytest
from aiohttp import FormData

from bot.console.import_desk import KEPT_SECONDS, MOST_FILES, ImportDesk, Stage
from bot.console.imports import DESK
from scheduler.audit_store import Narrowed, leaf
from scheduler.core.actor import OPERATOR, Actor, ActorKind, Via
from scheduler.imports.report import Options
from scheduler.people import store as people
from tests.console.conftest import SignIn
from tests.console.visitor import FRAGMENT, PRESSED, Answer, Visitor, _answer
from tests.rig.canary import canary
from tests.rig.clock import ManualClock
from tests.rig.office import FRONT_DESK, Office

ANA, BOB = canary(0), canary(1)
HEADER = "First name,Last name,Date of birth,Mobile phone,Shoe size\n"


def row(who=ANA, *, born: str = "", phone: str = "") -> str:
    return f'"{who.given}","{who.family}",{born or f"{who.birth_date:%m/%d/%Y}"},{phone or who.phone},44\n'


GOOD = HEADER + row(ANA) + row(BOB)
HALF_GOOD = HEADER + row(ANA) + row(BOB, born="13/13/1980", phone="12")


async def bring(visitor: Visitor, text: str | bytes, **fields: str) -> Answer:
    """Bring a file and wait until it was tried out; the page it leads to."""
    form = FormData({"csrf": visitor.csrf, **fields})
    form.add_field("file", text if isinstance(text, bytes) else text.encode(), filename="people.csv")
    sent = await _answer(
        await visitor.client.post(
            "/console/import", data=form, headers=PRESSED, allow_redirects=False, cookies=visitor._mine
        )
    )
    if sent.status != 303:
        return sent
    await visitor.client.app[DESK].rest()
    page = await visitor.get(sent.location)
    page.location = sent.location
    return page


async def press(visitor: Visitor, path: str, **fields: str) -> Answer:
    sent = await visitor.post(path, fields)
    assert sent.status == 303, sent.text[:500]
    await visitor.client.app[DESK].rest()
    return await visitor.get(sent.location)


async def names(office: Office) -> list[str]:
    async with office.record.read(office.practice_id) as r:
        return sorted(client.last for client in await people.search_clients(r, ""))


async def test_a_file_is_tried_out_then_imported_and_a_second_time_changes_nothing(office: Office, enter: SignIn):
    desk = await enter("front_desk")
    page = await bring(desk, GOOD)
    assert "2 clients would be new." in page
    assert "Clients, UTF-8" in page
    assert "Not used: Shoe size." in page
    assert await names(office) == []
    page = await press(desk, f"{page.location}/apply")
    assert "Imported 2 clients." in page
    assert await names(office) == sorted([ANA.family, BOB.family])
    page = await bring(desk, GOOD)
    assert "Nothing would change: 2 clients of this file were on file already." in page
    assert "/apply" not in page


async def test_bad_rows_are_named_by_line_column_and_reason_and_may_be_left_out(office: Office, enter: SignIn):
    desk = await enter("front_desk")
    page = await bring(desk, HALF_GOOD)
    assert "<strong>1 row has mistakes.</strong>" in page
    assert "1 client would be new." in page
    assert '<th scope="row" class="num">3</th><td>Date of birth</td>' in page
    assert "<td>Mobile phone</td>" in page
    assert "13/13/1980" not in page, "no page repeats what a cell held"
    listed = await desk.get(f"{page.location}/problems.csv")
    assert [line.split(",")[:2] for line in listed.text.splitlines()[1:]] == [
        ['"3"', '"Date of birth"'],
        ['"3"', '"Mobile phone"'],
    ]
    page = await press(desk, f"{page.location}/apply", skip_bad="yes")
    assert "Imported 1 client." in page
    assert "1 row with mistakes left out." in page
    assert await names(office) == [ANA.family]


async def test_without_leaving_bad_rows_out_nothing_of_the_file_is_imported(office: Office, enter: SignIn):
    desk = await enter("front_desk")
    page = await bring(desk, HALF_GOOD)
    page = await press(desk, f"{page.location}/apply")
    assert "nothing was imported" in page
    assert await names(office) == []


async def test_a_file_can_be_thrown_away(office: Office, enter: SignIn):
    desk = await enter("front_desk")
    page = await bring(desk, GOOD)
    await press(desk, f"{page.location}/forget")
    assert (await desk.get(page.location)).status == 404
    assert (await desk.post(f"{page.location}/apply")).status == 404
    assert await names(office) == []


async def test_an_import_is_entered_under_whoever_brought_the_file(office: Office, enter: SignIn):
    desk = await enter("front_desk")
    page = await bring(desk, GOOD)
    await press(desk, f"{page.location}/apply")
    async with office.record.read(office.practice_id) as r:
        found = (await leaf(r, Narrowed(actor_id=desk.user_id, actions=("import.",)))).entries
    assert [(entry.action, entry.via, entry.detail["new"]) for entry in found] == [("import.finished", "import", 2)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The file is empty"),
        (b"PK\x03\x04 a spreadsheet", "This is a spreadsheet, not a CSV file"),
        ("colour,size\nred,9\n", "names no columns we know"),
        (HEADER + '"Ana,"x"y,1\n', "A quotation mark is opened and never closed"),
    ],
)
async def test_a_file_that_cannot_be_read_is_said_and_changes_nothing(
    office: Office, enter: SignIn, text: str | bytes, sentence: str
):
    page = await bring(await enter("front_desk"), text)
    assert sentence in page
    assert "/apply" not in page
    assert await names(office) == []


async def test_columns_that_are_missing_are_named(enter: SignIn):
    page = await bring(await enter("front_desk"), "Date,Start\n3/4/2026,10:00\n", kind="appointments")
    assert "Columns it would need" in page
    assert "clinician" in page


async def test_choosing_no_file_is_said_and_the_choices_are_kept(office: Office, enter: SignIn):
    desk = await enter("front_desk")
    page = await desk.post("/console/import", {"kind": "clients", "agreed_sms": "yes"})
    assert page.status == 422
    assert "Choose a CSV file" in page
    assert '<option value="clients" selected>' in page
    assert 'name="agreed_sms" value="yes" checked' in page
    page = await bring(desk, GOOD, service="0" * 32)
    assert page.status == 422
    assert "Choose from the list" in page


async def test_consent_is_attested_by_the_tick_and_not_without_it(office: Office, enter: SignIn):
    desk = await enter("front_desk")
    page = await bring(desk, HEADER + row(ANA))
    await press(desk, f"{page.location}/apply")
    page = await bring(desk, HEADER + row(BOB), agreed_sms="yes")
    await press(desk, f"{page.location}/apply")
    async with office.record.read(office.practice_id) as r:
        clients = {client.last: client.id for client in await people.search_clients(r, "")}
        points = {last: await people.contact_points(r, client_id) for last, client_id in clients.items()}
        agreed = {last: await people.consents(r, [each.id for each in mine]) for last, mine in points.items()}
    assert agreed[ANA.family] == {}
    assert {key[1:] for key in agreed[BOB.family]} >= {("sms", "reminders")}


async def test_a_file_is_reached_by_nobody_but_who_brought_it(enter: SignIn):
    first, second = await enter("front_desk"), await enter("owner")
    page = await bring(first, GOOD)
    assert (await second.get(page.location)).status == 404
    assert (await second.post(f"{page.location}/apply")).status == 404


async def test_while_something_goes_on_the_page_asks_for_itself_again(enter: SignIn):
    desk = await enter("front_desk")
    page = await bring(desk, GOOD)
    job = desk.client.app[DESK]._jobs[page.location.rsplit("/", 1)[1]]
    job.stage, job.done, job.whole = Stage.IMPORTING, 1200, 20_000
    part = await desk.get(page.location, **FRAGMENT)
    assert "<html" not in part
    assert 'hx-trigger="every 1s"' in part
    assert "1,200 of 20,000" in part
    assert 'width="6"' in part
    job.stage = Stage.BROKEN
    part = await desk.get(page.location, **FRAGMENT)
    assert "Something broke on our side" in part
    assert "hx-trigger" not in part


# ---- the desk -------------------------------------------------------------------------------------------------------


async def test_files_are_let_go_after_half_an_hour_and_beyond_a_handful(office: Office, clock: ManualClock):
    desk = ImportDesk(office.record)
    jobs = []
    for _ in range(MOST_FILES + 1):
        jobs.append(desk.bring(FRONT_DESK, office.practice_id, GOOD.encode(), None, Options()))
        await desk.rest()
        clock.advance(1)
    assert desk.find(FRONT_DESK, office.practice_id, jobs[0].id) is None
    assert desk.find(FRONT_DESK, office.practice_id, jobs[-1].id) is jobs[-1]
    clock.advance(KEPT_SECONDS + 1)
    assert desk.find(FRONT_DESK, office.practice_id, jobs[-1].id) is None


async def test_a_file_is_let_go_of_once_it_is_imported_and_never_shown(office: Office):
    desk = ImportDesk(office.record)
    job = desk.bring(FRONT_DESK, office.practice_id, GOOD.encode(), None, Options())
    await desk.rest()
    assert ANA.family not in repr(job)
    assert desk.take_in(job, FRONT_DESK, skip_bad=False)
    assert not desk.take_in(job, FRONT_DESK, skip_bad=False), "one press is enough"
    await desk.rest()
    assert (job.stage, job.raw) == (Stage.DONE, b"")


async def test_trouble_is_told_and_the_file_can_be_brought_again(office: Office):
    desk = ImportDesk(office.record)
    nobody = Actor(ActorKind.STAFF, "0" * 32, Via.IMPORT)
    job = desk.bring(nobody, "f" * 32, GOOD.encode(), None, Options())
    await desk.rest()
    assert job.stage is Stage.BROKEN
    again = desk.bring(OPERATOR, office.practice_id, GOOD.encode(), None, Options())
    await desk.rest()
    assert again.stage is Stage.TRIED


async def test_a_file_touches_no_disk(enter: SignIn, monkeypatch: pytest.MonkeyPatch):
    """The library lays what is longer than a megabyte into a file of its own, in the clear."""
    desk = await enter("front_desk")
    monkeypatch.setattr("tempfile.SpooledTemporaryFile.write", _no_disk)
    assert "2 clients would be new." in await bring(desk, GOOD)


def _no_disk(*_: object) -> None:
    raise AssertionError("a file was written")
