"""Whole files into the record, on both engines."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import func, select

from messages import plan
from scheduler import tables
from scheduler.actions.move import move
from scheduler.appointments import store as appointments
from scheduler.calendar import store as calendar
from scheduler.calendar.availability import DayException
from scheduler.calendar.wallclock import Span
from scheduler.core.actor import OPERATOR
from scheduler.core.record import Record, Subscriptions
from scheduler.events import VisitsImported
from scheduler.imports.apply_appointments import compare_appointments, on_record, resolve, write_visits
from scheduler.imports.columns import FileKind, Product
from scheduler.imports.decoding import Unreadable
from scheduler.imports.directory import Clients, Directory
from scheduler.imports.import_store import opened, sealed_clients
from scheduler.imports.opening import Opened, open_file
from scheduler.imports.reasons import Reason
from scheduler.imports.report import Options, Outcome, Phase, Report
from scheduler.imports.rows import AppointmentRow, Habits
from scheduler.imports.run import run_import
from scheduler.imports.values import DateOrder
from scheduler.people import store as people
from scheduler.people.hours_store import week_in_force
from tests.rig.world import ZONE, World, local, make_world

CLIENTS = (
    "Client ID,First name,Last name,What name do they go by?,Date of birth,Mobile phone,Home phone,Text OK,"
    "Email,Email OK,Billing type,Client status\n"
    "1042,Ana,Torres,Annie,6/15/1984,(206) 555-0143,206-555-0144,Yes,ana@mail.example,No,Self-pay,Active\n"
    "1043,Bo,Kim,,1/2/90,206 555 0145,,No,bo@mail.example,Yes,State Medicaid,Active\n"
    "1044,Cy,Ng,,,,,,,,,Inactive\n"
)
VISITS = (
    "Client,Clinician,Date,Start,End,Service,Status\n"
    "Ana Torres,Dr. Holloway,3/2/2026,9:00 AM,9:50 AM,Session,Show\n"
    "Bo Kim,Dr. Holloway,3/2/2026,10:00 AM,10:50 AM,Session,No Show\n"
    "Ana Torres,Holloway,3/3/2026,9:00 AM,9:50 AM,Session,Late Canceled\n"
    "Ana Torres,Dr. Holloway,3/9/2026,9:00 AM,9:50 AM,Session,Show\n"
    "Bo Kim,Dr. Renner,3/10/2026,9:00 AM,,Session,Confirmed\n"
    "Ana Torres,Dr. Renner,3/11/2026,2:00 PM,3:00 PM,Group,Scheduled\n"
    "Bo Kim,Dr. Renner,3/11/2026,2:00 PM,3:00 PM,Group,Scheduled\n"
)


@pytest.fixture
def subscriptions() -> Subscriptions:
    told = Subscriptions()
    told.on(VisitsImported, plan.on_imported)
    return told


@pytest.fixture
async def world(record: Record) -> World:
    return await make_world(record)


async def load(world: World, text: str | bytes, *, kind: FileKind | None = None, **options: Any) -> Report:
    raw = text.encode() if isinstance(text, str) else text
    return await run_import(world.record, world.practice_id, OPERATOR, raw, kind=kind, options=Options(**options))


async def dump(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the audit chain, which says that somebody looked."""
    found = {}
    async with world.read() as r:
        for table in tables.metadata.sorted_tables:
            if not table.name.startswith("audit_"):
                rows = await r.conn.execute(select(table))
                found[table.name] = sorted((tuple(map(str, row)) for row in rows), key=str)
    return found


async def count(world: World, table: str, *conditions: Any) -> int:
    async with world.read() as r:
        chosen = tables.metadata.tables[table]
        return int((await r.conn.execute(select(func.count()).select_from(chosen).where(*conditions))).scalar_one())


def complaints(cells: Sequence[Any]) -> list[tuple[int, str, Reason]]:
    return [(cell.line, cell.column, cell.reason) for cell in cells]


async def find(world: World, text: str, *, archived: bool = False) -> people.Client:
    async with world.read() as r:
        (found,) = await people.search_clients(r, text, archived=archived)
    return found


# --- clients ----------------------------------------------------------------------------------------------------


async def test_clients_come_in_with_everything_the_file_says(world: World) -> None:
    report = await load(world, CLIENTS)
    assert (report.outcome, report.new, report.known, report.bad) == (Outcome.IMPORTED, 3, 0, ())
    assert report.source is not None
    assert (report.source.kind, report.source.product) == (FileKind.CLIENTS, Product.SIMPLEPRACTICE)
    ana = await find(world, "torres")
    assert (ana.first, ana.preferred, ana.birth_date, ana.record_number) == ("Ana", "Annie", date(1984, 6, 15), "1042")
    bo = await find(world, "5550145")
    assert (bo.last, bo.payer, bo.birth_date) == ("Kim", "medicaid", date(1990, 1, 2))
    async with world.read() as r:
        points = await people.contact_points(r, ana.id)
        assert [(p.kind, p.value) for p in points] == [
            ("phone", "+12065550143"),
            ("phone", "+12065550144"),
            ("email", "ana@mail.example"),
        ]
        agreed = await people.consents(r, [p.id for p in points])
    assert [(c.contact_point_id, c.channel, c.purpose, c.granted, c.how, c.wording) for c in agreed.values()] == [
        (points[0].id, "sms", "reminders", True, "import", "import_column")
    ]


async def test_clients_nobody_plans_with_come_in_archived(world: World) -> None:
    await load(world, CLIENTS)
    assert (await find(world, "ng", archived=True)).state == "archived"


async def test_the_same_clients_twice_change_nothing(world: World) -> None:
    await load(world, CLIENTS)
    before = await dump(world)
    report = await load(world, CLIENTS)
    assert (report.outcome, report.new, report.known) == (Outcome.IMPORTED, 0, 3)
    assert await dump(world) == before


async def test_clients_without_numbers_are_known_again_too(world: World) -> None:
    plain = "Name,DOB,Phone\nAna Torres,6/15/1984,2065550143\nBo Kim,,2065550145\nCy Ng,,\n"
    assert (await load(world, plain)).new == 3
    reordered = "Phone,DOB,First name,Last name\n206-555-0143,06/15/84,ANA,torres\n(206) 555-0145,,Bo,Kim\n"
    report = await load(world, reordered)
    assert (report.new, report.known) == (0, 2)


async def test_a_client_on_file_with_the_number_is_known(world: World) -> None:
    await world.client("Ana", "Torres", record_number="1042")
    report = await load(world, CLIENTS)
    assert (report.new, report.known) == (2, 1)


async def test_a_client_twice_in_one_file_comes_in_once(world: World) -> None:
    report = await load(world, CLIENTS + CLIENTS.splitlines()[1] + "\n")
    assert report.new == 3
    assert complaints(report.left_out) == [(5, "Last name", Reason.TWICE_IN_FILE)]


async def test_nothing_of_a_bad_file_comes_in(world: World) -> None:
    before = await dump(world)
    report = await load(world, CLIENTS + "1045,Di,Wu,,2/30/1990,12,,,,,,\n")
    assert (report.outcome, report.bad_rows) == (Outcome.BAD_ROWS, 1)
    assert complaints(report.bad) == [
        (5, "Date of birth", Reason.NO_SUCH_DATE),
        (5, "Mobile phone", Reason.PHONE_NOT_ASSIGNED),
    ]
    assert await dump(world) == before


async def test_bad_rows_can_be_skipped(world: World) -> None:
    report = await load(world, CLIENTS + "1045,Di,Wu,,2/30/1990,,,,,,,\n", skip_bad=True)
    assert (report.outcome, report.new, report.bad_rows) == (Outcome.IMPORTED, 3, 1)


async def test_a_dry_run_writes_nothing_and_says_what_would_be(world: World) -> None:
    before = await dump(world)
    report = await load(world, CLIENTS, dry_run=True)
    assert (report.outcome, report.new) == (Outcome.DRY_RUN, 3)
    assert await dump(world) == before
    assert (await load(world, CLIENTS + ",,,,,,,,,,,x\n", dry_run=True)).outcome is Outcome.BAD_ROWS


async def test_consent_the_importer_attests_counts_where_the_file_is_silent(world: World) -> None:
    plain = "Name,Phone,Email\nAna Torres,2065550143,ana@mail.example\n"
    await load(world, plain)
    assert await count(world, "consent") == 0
    other = "Name,Phone,Email\nBo Kim,2065550145,bo@mail.example\n"
    await load(world, other, agreed=frozenset({"sms"}))
    assert await count(world, "consent", tables.consent.c.wording == "import_attested") == 1
    told_no = "Name,Phone,Text OK\nCy Ng,2065550147,No\n"
    await load(world, told_no, agreed=frozenset({"sms", "email"}))
    assert await count(world, "consent") == 1


async def test_a_name_of_nothing_visible_is_refused(world: World) -> None:
    report = await load(world, "First name,Last name\n\u200b,\u200b\n")
    assert complaints(report.bad) == [(2, "First name", Reason.EMPTY)]


async def test_windows_files_come_in_with_their_letters(world: World) -> None:
    report = await load(world, "Name;Phone\r\nZoë Müller;2065550143\r\n".encode("cp1252"))
    assert report.source is not None
    assert report.source.encoding == "Windows-1252"
    assert (await find(world, "muller")).first == "Zoë"


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_files_that_cannot_be_read_say_why(world: World) -> None:
    assert (await load(world, b"PK\x03\x04")).unreadable is Unreadable.SPREADSHEET
    broken = await load(world, 'Name,Phone\nAna Torres,2065550143\nBo Kim,"2065550145\n')
    assert (broken.outcome, broken.unreadable, broken.unreadable_line) == (Outcome.UNREADABLE, Unreadable.QUOTES, 3)
    assert await count(world, "client") == 0
    assert (await load(world, "a,b\n1,2\n")).outcome is Outcome.UNKNOWN_KIND
    refused = await load(world, "Phone,Email\n2065550143,a@b.example\n", kind=FileKind.CLIENTS)
    assert refused.outcome is Outcome.HEADER
    assert refused.problem == (
        'No column for the first name: it could be called "First name", "Legal first name", "Client first name" or '
        '"Patient first name". No column for the last name: it could be called "Last name", "Legal last name", '
        '"Client last name" or "Patient last name". Nothing was imported.'
    )
    twice = await load(world, "Name,Phone,phone\nAna Torres,1,2\n", kind=FileKind.CLIENTS)
    assert twice.problem == "Several columns mean the same: Phone, phone. Nothing was imported."
    assert broken.problem is not None
    assert "(line 3)" in broken.problem


async def test_a_report_never_repeats_what_the_file_held(world: World) -> None:
    report = await load(world, "Name,Phone,DOB\nQuillon Zarvanek,55501,31/31/1990\n")
    assert "Quillon" not in repr(report)
    assert "55501" not in repr(report)


async def test_progress_is_told(world: World) -> None:
    heard: list[tuple[Phase, int, int]] = []
    raw = CLIENTS.encode()
    await run_import(world.record, world.practice_id, OPERATOR, raw, progress=lambda *said: heard.append(said))
    assert heard == [(Phase.READING, 4, 5), (Phase.WRITING, 3, 3)]


async def test_an_import_is_on_the_audit_trail(world: World) -> None:
    await load(world, CLIENTS)
    async with world.read() as r:
        c = tables.audit_entry.c
        wanted = select(c.action, c.detail).where(c.action.contains("import")).order_by(c.seq)
        rows = (await r.conn.execute(wanted)).all()
    assert [row.action for row in rows] == ["client.imported"] * 3 + ["import.finished"]
    assert rows[-1].detail == {"kind": "clients", "new": 3, "known": 0, "bad": 0, "left_out": 0}


# --- appointments -----------------------------------------------------------------------------------------------


async def all_visits(world: World) -> tuple[appointments.Visit, ...]:
    async with world.read() as r:
        return await appointments.visits_between(r, datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))


async def test_past_visits_without_a_status_are_unmarked_unless_attested(world: World) -> None:
    await load(world, CLIENTS)
    line = "Client,Clinician,Date of service,Service\nAna Torres,Dr. Holloway,03/02/2026 09:00,Session\n"
    await load(world, line)
    other = line.replace("03/02/2026 09:00", "03/02/2026 10:00")
    assert (await load(world, other, past_took_place=True)).new == 1
    assert [visit.attendance for visit in await all_visits(world)] == ["unmarked", "arrived"]


async def test_appointments_come_in_with_their_states(world: World) -> None:
    await load(world, CLIENTS)
    report = await load(world, VISITS)
    assert (report.outcome, report.new, report.left_out) == (Outcome.IMPORTED, 7, ())
    found = [(v.starts_at, v.state.value, v.attendance) for v in await all_visits(world)]
    assert sorted(found) == sorted(
        [
            (local("2026-03-02", "09:00"), "booked", "arrived"),
            (local("2026-03-02", "10:00"), "booked", "missed"),
            (local("2026-03-03", "09:00"), "late_cancelled", "unmarked"),
            (local("2026-03-09", "09:00"), "booked", "unmarked"),
            (local("2026-03-10", "09:00"), "confirmed", "unmarked"),
            (local("2026-03-11", "14:00"), "booked", "unmarked"),
            (local("2026-03-11", "14:00"), "booked", "unmarked"),
        ]
    )
    assert await count(world, "appointment") == 6
    assert await count(world, "busy") == 5


async def test_the_same_appointments_twice_change_nothing(world: World) -> None:
    await load(world, CLIENTS)
    await load(world, VISITS)
    before = await dump(world)
    report = await load(world, VISITS)
    assert (report.outcome, report.new, report.known, report.left_out) == (Outcome.IMPORTED, 0, 7, ())
    assert await dump(world) == before


async def test_an_imported_appointment_that_was_moved_stays_moved(world: World) -> None:
    await load(world, CLIENTS)
    await load(world, VISITS)
    (visit,) = [v for v in await all_visits(world) if v.starts_at == local("2026-03-09", "09:00")]
    async with world.write() as tx:
        await move(tx, visit.appointment_id, starts_at=local("2026-03-09", "11:00"), by="practice")
    report = await load(world, VISITS)
    assert (report.new, report.known) == (0, 7)


async def test_an_appointment_already_booked_by_hand_is_known(world: World) -> None:
    ana = await world.client("Ana", "Torres")
    await world.book(ana, local("2026-03-09", "09:00"))
    line = "Client,Clinician,Date,Start\nAna Torres,Dr. Holloway,3/9/2026,9:00 AM\n"
    report = await load(world, line, default_service_id=world.session)
    assert (report.new, report.known) == (0, 1)


async def test_overlaps_are_told_and_left_out_and_the_rest_comes_in(world: World) -> None:
    ana = await world.client("Ana", "Torres")
    await world.book(ana, local("2026-03-09", "09:00"))
    await world.client("Bo", "Kim")
    report = await load(
        world,
        "Client,Clinician,Date,Start,Service\n"
        "Bo Kim,Dr. Holloway,3/9/2026,9:30 AM,Session\n"
        "Bo Kim,Dr. Holloway,3/9/2026,11:00 AM,Session\n"
        "Ana Torres,Dr. Holloway,3/9/2026,11:20 AM,Session\n"
        "Ana Torres,Dr. Holloway,3/9/2026,11:50 AM,Session\n",
    )
    assert (report.outcome, report.new) == (Outcome.IMPORTED, 2)
    assert complaints(report.left_out) == [(2, "Start", Reason.OVERLAP), (4, "Start", Reason.OVERLAP_IN_FILE)]


async def test_imported_time_is_taken_with_its_buffers(world: World) -> None:
    await world.client("Ana", "Torres")
    line = "Client,Clinician,Date,Start,Service\nAna Torres,Dr. Holloway,3/9/2026,9:00 AM,Session\n"
    await load(world, line)
    async with world.read() as r:
        day = local("2026-03-09", "00:00"), local("2026-03-10", "00:00")
        taken = await calendar.busy_between(r, world.clinician, *day)
    assert taken == (Span(local("2026-03-09", "09:00"), local("2026-03-09", "10:00")),)


async def test_rows_that_name_nobody_stop_the_file(world: World) -> None:
    report = await load(
        world,
        "Client,Clinician,Date,Start,Service,Location\nNobody Here,Dr. Who,3/9/2026,9:00 AM,Massage,Attic\n",
    )
    assert report.outcome is Outcome.BAD_ROWS
    assert complaints(report.bad) == [
        (2, "Client", Reason.UNKNOWN_CLIENT),
        (2, "Clinician", Reason.UNKNOWN_CLINICIAN),
        (2, "Service", Reason.UNKNOWN_SERVICE),
        (2, "Location", Reason.UNKNOWN_LOCATION),
    ]


async def test_a_time_the_clock_skips_is_refused(world: World) -> None:
    await world.client("Ana", "Torres")
    line = "Client,Clinician,Date,Start,Service\nAna Torres,Dr. Holloway,3/8/2026,2:30 AM,Session\n"
    assert complaints((await load(world, line)).bad) == [(2, "Start", Reason.CLOCK_GAP)]


async def test_reminders_of_visits_to_come_are_planned_and_nobody_is_told(world: World) -> None:
    await load(world, CLIENTS)
    await load(world, VISITS)
    async with world.read() as r:
        c = tables.message.c
        rows = (await r.conn.execute(select(c.kind, c.touch, c.state, c.due_at))).all()
    assert rows
    assert {row.kind for row in rows if row.state == "pending"} <= {"reminder", "reminder_confirmed"}
    assert all(row.due_at > world.record.clock.now() for row in rows if row.state == "pending")
    assert await count(world, "fee_entry") == 0


async def test_a_time_taken_between_comparing_and_writing_is_left_out(world: World) -> None:
    ana, bo = await world.client("Ana", "Torres"), await world.client("Bo", "Kim")
    text = (
        "Client,Clinician,Date,Start,Service\n"
        "Ana Torres,Dr. Holloway,3/9/2026,9:00 AM,Session\n"
        "Ana Torres,Dr. Holloway,3/9/2026,11:00 AM,Session\n"
    )
    file = open_file(text.encode(), FileKind.APPOINTMENTS)
    assert isinstance(file, Opened)
    habits = Habits(DateOrder.MONTH_FIRST, "US", ZONE, {}, date(2026, 3, 4))
    rows = [row for row in file.rows(habits) if isinstance(row, AppointmentRow)]
    async with world.read() as r:
        directory = Directory(await people.clinicians(r), await people.services(r), await people.locations(r))
        resolved, _ = resolve(rows, directory, Clients(opened(r, await sealed_clients(r))), file.columns)
        placed = compare_appointments(r, resolved, file.columns, await on_record(r, resolved))
    await world.book(bo, local("2026-03-09", "09:00"))
    async with world.write() as tx:
        left_out = await write_visits(tx, placed.visits, file.columns)
    assert complaints(left_out) == [(2, "Start", Reason.OVERLAP)]
    async with world.write() as tx:
        assert len(await write_visits(tx, placed.visits, file.columns)) == 2
    found = [(v.starts_at, v.client_id) for v in await all_visits(world)]
    assert found == [(local("2026-03-09", "09:00"), bo), (local("2026-03-09", "11:00"), ana)]


# --- hours ------------------------------------------------------------------------------------------------------

HOURS = "Clinician,Weekday,Start,End\nDr. Holloway,Mon-Wed,10:00 AM,6:00 PM\nDr. Holloway,Fri,9am - 1pm,\n"
DAYS_OFF = "Clinician,Date,Type,Start,End\nDr. Holloway,3/16/2026,Closed,,\nDr. Renner,3/14/2026,Open,9:00,12:00\n"


async def test_hours_of_a_file_become_the_week_from_today_on(world: World) -> None:
    report = await load(world, HOURS)
    assert (report.outcome, report.new) == (Outcome.IMPORTED, 2)
    async with world.read() as r:
        week = await week_in_force(r, world.clinician, date(2026, 3, 9))
        before = await week_in_force(r, world.clinician, date(2026, 3, 2))
        other = await week_in_force(r, world.colleague, date(2026, 3, 9))
    assert [(h.weekday, h.start_minute, h.end_minute) for h in week] == [
        (0, 600, 1080),
        (1, 600, 1080),
        (2, 600, 1080),
        (4, 540, 780),
    ]
    assert len(before) == len(other) == 5


@pytest.mark.parametrize("text", [HOURS, DAYS_OFF])
async def test_the_same_hours_twice_change_nothing_also_on_a_later_day(world: World, text: str, clock: Any) -> None:
    await load(world, text)
    before = await dump(world)
    clock.advance(timedelta(days=3))
    report = await load(world, text)
    assert (report.new, report.known) == (0, 2)
    assert await dump(world) == before


async def test_hours_with_dates_are_added_and_known_again(world: World) -> None:
    text = (
        "Clinician,Weekday,Start,End,Valid from,Valid until\n"
        "Dr. Holloway,Sat,10:00,14:00,4/1/2026,4/30/2026\n"
        "Dr. Holloway,Sun,10:00,14:00,,4/30/2026\n"
    )
    await load(world, text)
    before = await dump(world)
    async with world.read() as r:
        assert len(await week_in_force(r, world.clinician, date(2026, 4, 6))) == 7
    assert (await load(world, text)).known == 2
    assert await dump(world) == before


async def test_days_that_differ_come_in(world: World) -> None:
    await load(world, DAYS_OFF)
    async with world.read() as r:
        off = await calendar.day_exceptions(r, world.clinician, date(2026, 3, 1), date(2026, 3, 31))
        extra = await calendar.day_exceptions(r, world.colleague, date(2026, 3, 1), date(2026, 3, 31))
    assert off == (DayException(date(2026, 3, 16), closed=True),)
    assert extra == (DayException(date(2026, 3, 14), False, 540, 720, world.location),)


async def test_hours_that_overlap_stop_the_file(world: World) -> None:
    report = await load(world, HOURS + "Dr. Holloway,Tue,5:00 PM,8:00 PM\n")
    assert report.outcome is Outcome.BAD_ROWS
    assert complaints(report.bad) == [(4, "Start", Reason.OVERLAP_IN_FILE)]


# --- size -------------------------------------------------------------------------------------------------------


def many_clients(number: int) -> str:
    lines = [f"{n},Given{n},Family{n},6/15/1984,20655501{n % 100:02d},Yes" for n in range(number)]
    return "Client ID,First name,Last name,DOB,Mobile phone,Text OK\n" + "\n".join(lines) + "\n"


def many_visits(number: int, clients: int) -> str:
    """Visits of two clinicians, eight a day, from 2016 on: a few weeks of them still to come."""
    day = date(2026, 4, 1)
    lines = []
    for n in range(number):
        who, slot, back = n % 2, n // 2 % 8, n // 16
        on = day - timedelta(days=back)
        clinician = ("Dr. Holloway", "Dr. Renner")[who]
        lines.append(
            f"{n % clients},{clinician},{on.month}/{on.day}/{on.year},{9 + slot}:00,{9 + slot}:50,Session,Show"
        )
    return "Client ID,Clinician,Date,Start,End,Service,Status\n" + "\n".join(lines) + "\n"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("engine_name", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
async def test_twenty_thousand_appointments_come_in_and_a_second_time_change_nothing(world: World) -> None:
    number = 20_000
    assert (await load(world, many_clients(1_000))).new == 1_000
    text = many_visits(number, 1_000)
    begun = perf_counter()
    report = await load(world, text)
    took = perf_counter() - begun
    assert (report.new, report.left_out) == (number, ())
    begun = perf_counter()
    again = await load(world, text)
    assert (again.new, again.known) == (0, number)
    assert perf_counter() - begun < took
    assert await count(world, "appointment") == number


async def test_a_total_under_a_list_is_no_client(world: World) -> None:
    lines = "First name,Last name,Email\nAna,Torres,\nTotal,,\nTotal: 2,,\nTotal,Recall,\nGrand total,,17\n"
    report = await load(world, lines)
    assert (report.outcome, report.new) == (Outcome.BAD_ROWS, 0)
    assert complaints(report.bad) == [(at, "First name", Reason.TOTAL_LINE) for at in (3, 4)] + [
        (6, "First name", Reason.TOTAL_LINE),
        (6, "Email", Reason.NOT_AN_EMAIL),
    ]
    report = await load(world, lines, skip_bad=True)
    assert (report.outcome, report.new) == (Outcome.IMPORTED, 2)


async def test_two_columns_of_one_name_are_named_not_called_unknown(world: World) -> None:
    report = await load(world, "First name,Last name,Mobile phone,Mobile phone\nAna,Torres,1,2\n")
    assert report.problem is not None
    assert "Several columns mean the same: Mobile phone, Mobile phone." in report.problem
