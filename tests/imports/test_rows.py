"""Whole files to rows."""

import io
from datetime import UTC, date, datetime
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.imports.columns import FileKind, HeaderProblems
from scheduler.imports.decoding import UnreadableFileError
from scheduler.imports.opening import Opened, Row, kind_of, open_file
from scheduler.imports.reasons import BadCell, Reason
from scheduler.imports.rows import AppointmentRow, BadRow, ClientRow, Habits, HoursRow, PassedOver, Person
from scheduler.imports.values import DateOrder
from scheduler.imports.words import Status

NEW_YORK = ZoneInfo("America/New_York")
US = Habits(DateOrder.MONTH_FIRST, "US", NEW_YORK, {"westside": ZoneInfo("America/Los_Angeles")}, date(2026, 9, 30))
UK = Habits(DateOrder.DAY_FIRST, "GB", ZoneInfo("Europe/London"), {}, date(2026, 9, 30))


def rows(text: str, kind: FileKind, habits: Habits = US) -> list[Row]:
    opened = open_file(text.encode(), kind)
    assert isinstance(opened, Opened), opened
    return list(opened.rows(habits))


def client(text: str, habits: Habits = US) -> ClientRow:
    (row,) = rows(text, FileKind.CLIENTS, habits)
    assert isinstance(row, ClientRow), row
    return row


def appointment(text: str, habits: Habits = US) -> AppointmentRow:
    (row,) = rows(text, FileKind.APPOINTMENTS, habits)
    assert isinstance(row, AppointmentRow), row
    return row


def hours(text: str) -> HoursRow:
    (row,) = rows(text, FileKind.AVAILABILITY)
    assert isinstance(row, HoursRow), row
    return row


def bad(text: str, kind: FileKind, habits: Habits = US) -> list[tuple[int, str, Reason]]:
    (row,) = rows(text, kind, habits)
    assert isinstance(row, BadRow), row
    return [(cell.line, cell.column, cell.reason) for cell in row.cells]


def test_a_client_of_simplepractice():
    row = client(
        "Client ID,First name,Last name,What name do they go by?,Date of birth,Mobile phone,Text OK,Email,Email OK,"
        "Billing type,Client status\n"
        "1042,Ana,Lee,Annie,6/15/1984,(202) 555-0143,Yes,ana@mail.example,No,Self-pay,Active\n"
    )
    assert row == ClientRow(
        line=2,
        person=Person("1042", "Ana", "Lee", date(1984, 6, 15)),
        preferred="Annie",
        phones=("+12025550143",),
        emails=("ana@mail.example",),
        language=None,
        zone=None,
        payer="self",
        archived=False,
        text_ok=True,
        email_ok=False,
    )


def test_a_client_of_therapynotes():
    row = client(
        'Patient Name,DOB,Mobile Phone,Home Phone,Email,Primary Insurer Name,Status\n"Lee, Ana",06/15/84,202-555-0143,'
        "2025550144,,AETNA (60054),Inactive\n"
    )
    assert row.person == Person(None, "Ana", "Lee", date(1984, 6, 15))
    assert row.phones == ("+12025550143", "+12025550144")
    assert (row.payer, row.archived, row.text_ok) == ("insurance", True, None)


def test_a_client_of_jane():
    row = client(
        "Patient Number,Patient GUID,Prefix,First Name,Preferred First Name,Middle Name,Last Name,Email,Home Phone,"
        "Mobile Phone,Work Phone,Birth Date,Sex\n"
        "7,b2c9,Ms,Ana,Annie,Q,Lee,ana@mail.example; ana2@mail.example,,2025550143,2025550143,1984-06-15,F\n"
    )
    assert row.person == Person("7", "Ana", "Lee", date(1984, 6, 15))
    assert row.phones == ("+12025550143",)
    assert row.emails == ("ana@mail.example", "ana2@mail.example")


def test_a_british_client():
    row = client("Name,DOB,Mobile\nAna Lee,03/04/1990,07400 123456\n", UK)
    assert row.person.birth_date == date(1990, 4, 3)
    assert row.phones == ("+447400123456",)


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("Phone", "555-1234", Reason.PHONE_NOT_ASSIGNED),
        ("Phone", "(202) 555-0143 ext 5", Reason.PHONE_EXTENSION),
        ("Phone", "call mum", Reason.NOT_A_PHONE),
        ("Phone", "2.03E+09", Reason.SPREADSHEET_NUMBER),
        ("Phone", "911", Reason.PHONE_NOT_ASSIGNED),
        ("Email", "ana@", Reason.NOT_AN_EMAIL),
        ("Email", "ana@mail.example, bo", Reason.NOT_AN_EMAIL),
        ("DOB", "2/30/1984", Reason.NO_SUCH_DATE),
        ("DOB", "soon", Reason.NOT_A_DATE),
        ("DOB", "1/1/2030", Reason.BIRTH_IN_FUTURE),
        ("Time zone", "Mars/Olympus", Reason.UNKNOWN_ZONE),
        ("Status", "hibernating", Reason.UNKNOWN_STATUS),
        ("Text OK", "perhaps", Reason.NOT_YES_OR_NO),
    ],
)
def test_each_bad_cell_of_a_client_is_named(column: str, cell: str, reason: Reason):
    assert bad(f'First name,Last name,{column}\nAna,Lee,"{cell}"\n', FileKind.CLIENTS) == [(2, column, reason)]


def test_numbers_a_spreadsheet_touched_lightly_are_still_read():
    assert client("Name,Phone\nAna Lee,2025550143.0\n").phones == ("+12025550143",)
    assert client("Name,Phone\nAna Lee,'+12025550143\n").phones == ("+12025550143",)


def test_all_bad_cells_of_a_row_are_named_at_once():
    found = bad("Name,Phone,Email,DOB\nAna Lee,1,x,y\n", FileKind.CLIENTS)
    assert [column for _, column, _ in found] == ["Phone", "Email", "DOB"]


def test_a_client_without_a_name_is_refused():
    assert bad("First name,Last name,Phone\n,,2025550143\n", FileKind.CLIENTS) == [(2, "Last name", Reason.EMPTY)]
    assert bad("Record number,Name\n7,\n", FileKind.CLIENTS) == [(2, "Name", Reason.EMPTY)]


def test_a_name_too_long_is_refused():
    found = bad(f"First name,Last name\n{'x' * 100},{'y' * 30}\n", FileKind.CLIENTS)
    assert found == [(2, "Last name", Reason.TOO_MANY_CHARACTERS)]


def test_more_cells_than_columns_are_refused():
    assert bad("First name,Last name\nAna,Lee,oops\n", FileKind.CLIENTS) == [(2, "Last name", Reason.TOO_MANY_CELLS)]


def test_fewer_cells_than_columns_are_empty_ones():
    assert client("First name,Last name,Phone\nAna,Lee\n").phones == ()


JANE = (
    "id,location_name,start_at,end_at,patient_guid,patient_number,patient_first_name,patient_last_name,treatment_name,"
    "staff_member_name,break,state,booked_at,arrived_at,archived_at,no_show_at,cancelled_at\n"
)


def test_an_appointment_of_jane():
    row = appointment(
        JANE + "1,TTG,2026-07-02 10:00,2026-07-02 10:50,b2c9,7,Ana,Lee,Individual Counselling,Gabriella Evans,false,"
        "arrived,2026-07-01,2026-07-02,,,\n"
    )
    assert row == AppointmentRow(
        line=2,
        source_id="1",
        person=Person("7", "Ana", "Lee", None),
        clinician="Gabriella Evans",
        service="Individual Counselling",
        location="TTG",
        starts_at=datetime(2026, 7, 2, 14, 0, tzinfo=UTC),
        ends_at=datetime(2026, 7, 2, 14, 50, tzinfo=UTC),
        status=Status.ATTENDED,
        booked_at=datetime(2026, 7, 1, 4, 0, tzinfo=UTC),
        cancelled_at=None,
    )


@pytest.mark.parametrize(
    ("state", "stamps", "expected"),
    [
        ("booked", ",,,,", Status.BOOKED),
        ("booked", ",2026-07-02,,,", Status.ATTENDED),
        ("archived", ",,2026-07-02,2026-07-02,", Status.MISSED),
        ("archived", ",,2026-07-02,,2026-07-01", Status.CANCELLED),
        ("no_show", ",,,,", Status.MISSED),
    ],
)
def test_jane_tells_outcomes_by_state_and_by_stamps(state: str, stamps: str, expected: Status):
    line = f"1,TTG,2026-07-02 10:00,2026-07-02 10:50,b,7,Ana,Lee,Talk,Gabriella Evans,false,{state}{stamps}\n"
    (row,) = rows(JANE.replace("booked_at,", "") + line, FileKind.APPOINTMENTS)
    assert isinstance(row, AppointmentRow)
    assert row.status is expected


@pytest.mark.parametrize(("brk", "state"), [("true", "booked"), ("false", "archived"), ("false", "rescheduled")])
def test_breaks_and_deleted_rows_are_passed_over(brk: str, state: str):
    line = f"1,TTG,2026-07-02 10:00,2026-07-02 10:50,b,7,Ana,Lee,Talk,G. Evans,{brk},{state},,,,,\n"
    assert rows(JANE + line, FileKind.APPOINTMENTS) == [PassedOver(2)]


def test_an_appointment_of_simplepractice():
    row = appointment(
        "Date of Service,Client,Clinician,Billing Code,Rate per Unit,Units,Charge,Paid,Charge,Paid\n"
        '10/06/2025 12:00,"Jacob, JJ, or Jake Kelly",Edison Jaquez,90837 ,160.0 ,1 ,38.0,38.0,122.0,30.85\n'
    )
    assert row.starts_at == datetime(2025, 10, 6, 16, 0, tzinfo=UTC)
    assert row.ends_at is None
    assert row.service == "90837"
    assert (row.person.first, row.person.last) == ("Jacob, JJ, or Jake", "Kelly")
    assert row.status is Status.BOOKED


def test_an_appointment_of_therapynotes():
    row = appointment(
        "Type,Date,Start Time,End Time,Service Code,Clinician Name,Last Name,First Name,DOB,Location\n"
        "Appointment,7/2/2026,3:00 PM,3:50 PM,90834,Dr. Kim,Lee,Ana,6/15/1984,Westside\n"
    )
    assert row.starts_at == datetime(2026, 7, 2, 22, 0, tzinfo=UTC)
    assert row.ends_at == datetime(2026, 7, 2, 22, 50, tzinfo=UTC)
    assert row.person.birth_date == date(1984, 6, 15)


PLAIN = "Client,Clinician,Date,Start,End,Duration,Status\nAna Lee,Dr. Kim,"


@pytest.mark.parametrize(
    ("cells", "start", "end"),
    [
        ("9/30/2026,3:00 PM,3:50 PM,", "19:00", "19:50"),
        ("9/30/2026,3:00 PM,,50", "19:00", "19:50"),
        ("9/30/2026,3:00 - 3:50 PM,,", "19:00", "19:50"),
        ("9/30/2026,13:00-13:50,,", "17:00", "17:50"),
        ("9/30/2026 3:00 PM,,,50 min", "19:00", "19:50"),
        ("9/30/2026,9/30/2026 3:00 PM,9/30/2026 3:50 PM,", "19:00", "19:50"),
        (",2026-09-30T15:00:00-04:00,2026-09-30T15:50:00-04:00,", "19:00", "19:50"),
        ("9/30/2026,15:00,,", "19:00", None),
    ],
)
def test_dates_and_times_in_one_cell_or_several(cells: str, start: str, end: str | None):
    row = appointment(PLAIN + cells + ",\n")
    assert f"{row.starts_at:%Y-%m-%d %H:%M}" == f"2026-09-30 {start}"
    assert (row.ends_at and f"{row.ends_at:%H:%M}") == end


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ("9/31/2026,3:00 PM,,", "Date", Reason.NO_SUCH_DATE),
        ("30/9/2026,3:00 PM,,", "Date", Reason.NO_SUCH_DATE),
        ("9/30/2026,3,,", "Start", Reason.NOT_A_DATE),
        ("9/30/2026,,,", "Start", Reason.EMPTY),
        (",3:00 PM,,", "Date", Reason.EMPTY),
        (",,,", "Date", Reason.EMPTY),
        ("3/8/2026,2:30 AM,,", "Start", Reason.CLOCK_GAP),
        ("9/30/2026,3:00 PM,2:00 PM,", "End", Reason.END_BEFORE_START),
        ("9/30/2026,3:00 PM,3:00 PM,", "End", Reason.END_BEFORE_START),
        ("9/30/2026,3:00 PM,10/2/2026 3:00 PM,", "End", Reason.TOO_LONG),
        ("9/30/2026,3:00 PM,,ages", "Duration", Reason.NOT_A_NUMBER),
    ],
)
def test_each_bad_cell_of_an_appointment_is_named(cells: str, column: str, reason: Reason):
    assert (2, column, reason) in bad(PLAIN + cells + ",\n", FileKind.APPOINTMENTS)


def test_a_start_in_the_fold_is_its_first_occurrence():
    row = appointment(PLAIN + "11/1/2026,1:30 AM,,,\n")
    assert row.starts_at == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_a_start_with_an_offset_needs_no_clock():
    row = appointment(PLAIN + ",2026-03-08T02:30:00-05:00,,,\n")
    assert row.starts_at == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


def test_an_unknown_status_is_refused():
    found = bad(PLAIN + "9/30/2026,3:00 PM,,,LOCKED\n", FileKind.APPOINTMENTS)
    assert found == [(2, "Status", Reason.UNKNOWN_STATUS)]


def test_an_appointment_needs_client_and_clinician():
    found = bad("Client,Clinician,Date\n,,9/30/2026 3:00 PM\n", FileKind.APPOINTMENTS)
    assert found == [(2, "Client", Reason.EMPTY), (2, "Clinician", Reason.EMPTY)]


def test_weekly_hours():
    row = hours("Clinician,Weekday,Start,End,Office,Valid from\nDr. Kim,Mon-Thu,9:00 AM,5:00 PM,Main,9/1/2026\n")
    assert row == HoursRow(2, "Dr. Kim", "Main", (0, 1, 2, 3), None, False, 540, 1020, date(2026, 9, 1), None)


def test_hours_in_one_cell_and_up_to_midnight():
    row = hours("Clinician,Day,Start,End\nDr. Kim,Fri,9am - 5pm,\n")
    assert (row.start_minute, row.end_minute) == (540, 1020)
    for end in ("24:00", "12:00 AM", "midnight"):
        assert hours(f"Clinician,Day,Start,End\nDr. Kim,Fri,18:00,{end}\n").end_minute == 1440


def test_a_closed_day_needs_no_times():
    row = hours("Clinician,Date,Type,Start,End\nDr. Kim,11/26/2026,Closed,,\n")
    assert (row.day, row.closed, row.start_minute, row.end_minute) == (date(2026, 11, 26), True, 0, 1440)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Clinician,Weekday,Start,End\nDr. Kim,Someday,9:00,17:00\n", (2, "Weekday", Reason.NOT_A_WEEKDAY)),
        ("Clinician,Weekday,Start,End\nDr. Kim,,9:00,17:00\n", (2, "Weekday", Reason.EMPTY)),
        ("Clinician,Weekday,Start,End\nDr. Kim,Mon,17:00,9:00\n", (2, "End", Reason.END_BEFORE_START)),
        ("Clinician,Weekday,Start,End\nDr. Kim,Mon,9:00,\n", (2, "End", Reason.EMPTY)),
        ("Clinician,Weekday,Start,End\nDr. Kim,Mon,9,17:00\n", (2, "Start", Reason.TIME_WITHOUT_HALF)),
        ("Clinician,Weekday,Start,End\n,Mon,9:00,17:00\n", (2, "Clinician", Reason.EMPTY)),
        ("Clinician,Weekday,Date,Type,Start,End\nDr. Kim,Mon,,Closed,,\n", (2, "Date", Reason.EMPTY)),
        ("Clinician,Date,Type,Start,End\nDr. Kim,11/26/2026,Perhaps,,\n", (2, "Type", Reason.NOT_YES_OR_NO)),
    ],
)
def test_each_bad_cell_of_hours_is_named(text: str, expected: tuple[int, str, Reason]):
    assert expected in bad(text, FileKind.AVAILABILITY)


def test_line_numbers_survive_line_breaks_in_cells_and_titles_above_the_header():
    found = rows('Client list\n\nName,Note\nAna Lee,"one\ntwo"\n,x\nBo Kim,y\n', FileKind.CLIENTS)
    assert [(type(row), row.line) for row in found] == [(ClientRow, 4), (BadRow, 6), (ClientRow, 7)]


def test_a_file_without_a_header_is_refused_without_repeating_it():
    found = open_file(b"Ana,Lee,+12025550143\nBo,Kim,+12025550144\n", FileKind.CLIENTS)
    assert isinstance(found, HeaderProblems)
    assert "Ana" not in repr(found)


def test_the_kind_of_a_file_is_found_below_its_title():
    assert kind_of(b"Hours of autumn\nClinician,Day,From,To\nDr. Kim,Mon,9:00,17:00\n") is FileKind.AVAILABILITY
    assert kind_of(b"a,b\n1,2\n") is None


def test_a_file_of_separators_is_empty():
    with pytest.raises(UnreadableFileError):
        open_file(b",,,\n,,\n", FileKind.CLIENTS)


def test_rows_say_nothing_personal_in_repr():
    shown = repr(client("Name,Phone,Email,DOB,Preferred name\nAna Lee,2025550143,ana@mail.example,6/15/84,Annie\n"))
    for personal in ("Ana", "Lee", "5550143", "mail.example", "1984", "Annie"):
        assert personal not in shown


def test_reasons_read_as_the_end_of_a_sentence():
    assert BadCell(2, "Phone", Reason.NOT_A_PHONE).words == "is not a phone number"


def test_a_header_alone_is_a_file_without_rows():
    assert rows("Name,Phone\n", FileKind.CLIENTS) == []


any_cell = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)


@given(st.lists(st.lists(any_cell, min_size=1, max_size=9), min_size=1, max_size=6), st.sampled_from(FileKind))
@settings(deadline=None)
def test_no_cell_is_too_strange(table: list[list[str]], kind: FileKind):
    header = {
        FileKind.CLIENTS: "Name,Phone,Email,DOB,Status,Text OK,Time zone,Payer",
        FileKind.APPOINTMENTS: "Client,Clinician,Date,Start,End,Duration,Status,Booked at",
        FileKind.AVAILABILITY: "Clinician,Weekday,Date,Start,End,Type,Valid from,Valid until",
    }[kind]
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in table]
    found = rows("\n".join([header, *quoted]) + "\n", kind)
    assert len(found) == sum(any(cell.strip() for cell in row) for row in table)


@pytest.mark.slow
def test_a_hundred_thousand_clients_are_read_in_seconds():
    out = io.StringIO()
    out.write("Client ID,First name,Last name,Date of birth,Mobile phone,Email,Status\n")
    for n in range(100_000):
        out.write(
            f"{n},Given{n},Family{n},{n % 12 + 1}/{n % 28 + 1}/1984,20255501{n % 100:02d},c{n}@m.example,Active\n"
        )
    raw = out.getvalue().encode()
    begun = perf_counter()
    opened = open_file(raw, FileKind.CLIENTS)
    assert isinstance(opened, Opened)
    assert opened.lines == 100_002
    assert sum(isinstance(row, ClientRow) for row in opened.rows(US)) == 100_000
    assert perf_counter() - begun < 20
