"""Headers of the three programs, and plain ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.imports.columns import (
    NAMES,
    Columns,
    Field,
    FileKind,
    HeaderProblems,
    Product,
    guess_kind,
    recognise,
    squeezed,
)


def header(line: str) -> list[str]:
    return line.split(",")


SIMPLEPRACTICE_APPOINTMENTS = header(
    "Date of Service,Client,Clinician,Billing Code,Primary Insurance,Secondary Insurance,Rate per Unit,Units,"
    "Total Fee,Client Payment Status,Charge,Uninvoiced,Paid,Unpaid,Insurance Payment Status,Charge,Paid,Unpaid"
)
JANE_APPOINTMENTS = header(
    "id,location_name,start_at,end_at,patient_guid,patient_number,patient_prefix,patient_first_name,"
    "patient_preferred_name,patient_last_name,treatment_name,staff_member_name,break,insurance_state,state,"
    "first_visit,chart_status,notes_text,booked_at,arrived_at,booked_online,archived_at,no_show_at,"
    "cancelled_at,cancelled_reason,referral_source"
)
THERAPYNOTES_APPOINTMENTS = header(
    "Type,Date,Appointment Type,Service Code,Service Description,Clinician Name,Clinician NPI,Last Name,"
    "First Name,DOB,Location,Units,Rate,Note Status,Start Time,End Time"
)
SIMPLEPRACTICE_CLIENTS = header(
    "Client ID,First name,Last name,What name do they go by?,Date of birth,Mobile phone,Text OK,Email,"
    "Email OK,Billing type,Client status,Primary clinician"
)
JANE_CLIENTS = header(
    "Patient Number,Patient GUID,Prefix,First Name,Preferred First Name,Middle Name,Last Name,Email,"
    "Home Phone,Mobile Phone,Work Phone,Birth Date,Sex,City"
)
THERAPYNOTES_CLIENTS = header("Patient Name,DOB,Mobile Phone,Home Phone,Email,Primary Insurer Name,Status")


def columns(headers: list[str], kind: FileKind) -> Columns:
    found = recognise(headers, kind)
    assert isinstance(found, Columns), found
    return found


def named(found: Columns) -> dict[Field, str]:
    return {name: found.headers[at] for name, at in found.at.items()}


def test_simplepractice_appointments():
    found = columns(SIMPLEPRACTICE_APPOINTMENTS, FileKind.APPOINTMENTS)
    assert found.product is Product.SIMPLEPRACTICE
    assert named(found) == {
        Field.DATE: "Date of Service",
        Field.FULL_NAME: "Client",
        Field.CLINICIAN: "Clinician",
        Field.SERVICE: "Billing Code",
    }
    assert found.ignored.count("Charge") == 2


def test_jane_appointments():
    found = columns(JANE_APPOINTMENTS, FileKind.APPOINTMENTS)
    assert found.product is Product.JANE
    assert named(found) == {
        Field.SOURCE_ID: "id",
        Field.LOCATION: "location_name",
        Field.START: "start_at",
        Field.END: "end_at",
        Field.RECORD_NUMBER: "patient_number",
        Field.FIRST_NAME: "patient_first_name",
        Field.PREFERRED_NAME: "patient_preferred_name",
        Field.LAST_NAME: "patient_last_name",
        Field.SERVICE: "treatment_name",
        Field.CLINICIAN: "staff_member_name",
        Field.IS_BREAK: "break",
        Field.STATUS: "state",
        Field.BOOKED_AT: "booked_at",
        Field.ARRIVED_AT: "arrived_at",
        Field.MISSED_AT: "no_show_at",
        Field.CANCELLED_AT: "cancelled_at",
    }


def test_therapynotes_appointments():
    found = columns(THERAPYNOTES_APPOINTMENTS, FileKind.APPOINTMENTS)
    assert found.product is Product.THERAPYNOTES
    names = named(found)
    assert names[Field.CLINICIAN] == "Clinician Name"
    assert names[Field.SERVICE] == "Appointment Type"
    assert names[Field.START] == "Start Time"
    assert names[Field.BIRTH_DATE] == "DOB"


def test_simplepractice_clients():
    found = columns(SIMPLEPRACTICE_CLIENTS, FileKind.CLIENTS)
    assert found.product is Product.SIMPLEPRACTICE
    assert set(found.at) == {
        Field.RECORD_NUMBER,
        Field.FIRST_NAME,
        Field.LAST_NAME,
        Field.PREFERRED_NAME,
        Field.BIRTH_DATE,
        Field.MOBILE_PHONE,
        Field.TEXT_OK,
        Field.EMAIL,
        Field.EMAIL_OK,
        Field.PAYER,
        Field.CLIENT_STATUS,
    }
    assert found.ignored == ("Primary clinician",)


def test_jane_clients():
    found = columns(JANE_CLIENTS, FileKind.CLIENTS)
    assert found.product is Product.JANE
    assert named(found)[Field.RECORD_NUMBER] == "Patient Number"
    assert named(found)[Field.PREFERRED_NAME] == "Preferred First Name"
    assert {Field.MOBILE_PHONE, Field.HOME_PHONE, Field.WORK_PHONE} <= set(found.at)


def test_therapynotes_clients():
    found = columns(THERAPYNOTES_CLIENTS, FileKind.CLIENTS)
    assert found.product is Product.THERAPYNOTES
    assert named(found)[Field.FULL_NAME] == "Patient Name"


def test_hours():
    found = columns(["Clinician", "Weekday", "Start", "End", "Office"], FileKind.AVAILABILITY)
    assert found.product is Product.PLAIN
    assert named(found)[Field.LOCATION] == "Office"


@pytest.mark.parametrize(
    "written", ["Date of Birth", "date_of_birth", "DATE-OF-BIRTH*", " Date  of birth: ", "dateOfBirth"]
)
def test_case_blanks_and_punctuation_do_not_matter(written: str):
    assert columns([written, "Name"], FileKind.CLIENTS).at[Field.BIRTH_DATE] == 0


def test_the_closer_name_wins_and_the_other_is_ignored():
    found = columns(["Name", "Patient GUID", "Patient Number"], FileKind.CLIENTS)
    assert named(found)[Field.RECORD_NUMBER] == "Patient Number"
    assert found.ignored == ("Patient GUID",)


def test_two_columns_of_the_same_name_are_ambiguous():
    found = recognise(["First name", "Last name", "E-mail", "email", "E mail"], FileKind.CLIENTS)
    assert isinstance(found, HeaderProblems)
    assert [(a.field, a.headers) for a in found.ambiguous] == [(Field.EMAIL, ("E-mail", "email", "E mail"))]


@pytest.mark.parametrize(
    ("kind", "headers", "missing"),
    [
        (FileKind.CLIENTS, ["First name", "Phone"], [Field.LAST_NAME]),
        (FileKind.CLIENTS, ["Phone"], [Field.FIRST_NAME, Field.LAST_NAME]),
        (FileKind.APPOINTMENTS, ["Client", "Date", "Start"], [Field.CLINICIAN]),
        (FileKind.APPOINTMENTS, ["Client", "Clinician"], [Field.START]),
        (FileKind.APPOINTMENTS, ["Last name", "Clinician", "Date"], [Field.FIRST_NAME]),
        (FileKind.AVAILABILITY, ["Clinician", "Start", "End"], [Field.WEEKDAY]),
        (FileKind.AVAILABILITY, ["Clinician", "Weekday", "Start"], [Field.END]),
    ],
)
def test_what_is_missing_is_named(kind: FileKind, headers: list[str], missing: list[Field]):
    found = recognise(headers, kind)
    assert isinstance(found, HeaderProblems)
    assert [m.field for m in found.missing] == missing
    assert all(m.any_of for m in found.missing)


def test_a_file_without_a_header_names_nothing_of_its_first_client():
    found = recognise(["Ana", "Lee", "+12025550123"], FileKind.CLIENTS)
    assert isinstance(found, HeaderProblems)
    assert "Ana" not in repr(found)


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        (SIMPLEPRACTICE_APPOINTMENTS, FileKind.APPOINTMENTS),
        (JANE_APPOINTMENTS, FileKind.APPOINTMENTS),
        (THERAPYNOTES_APPOINTMENTS, FileKind.APPOINTMENTS),
        (SIMPLEPRACTICE_CLIENTS, FileKind.CLIENTS),
        (JANE_CLIENTS, FileKind.CLIENTS),
        (THERAPYNOTES_CLIENTS, FileKind.CLIENTS),
        (["Clinician", "Day", "From", "To"], FileKind.AVAILABILITY),
        (["Colour", "Shape"], None),
    ],
)
def test_the_kind_is_guessed_from_the_header(headers: list[str], kind: FileKind | None):
    assert guess_kind(headers) is kind


@given(st.permutations(JANE_APPOINTMENTS))
def test_the_order_of_the_columns_does_not_matter(headers: list[str]):
    assert named(columns(headers, FileKind.APPOINTMENTS)) == named(columns(JANE_APPOINTMENTS, FileKind.APPOINTMENTS))


@pytest.mark.parametrize("kind", list(FileKind))
def test_every_name_leads_to_its_field(kind: FileKind):
    # Where two fields share a name, the first in the table has it; that must be on purpose and so is listed here.
    shared = {"kind", "day"} if kind is FileKind.AVAILABILITY else {"status"}
    for name, aliases in NAMES[kind].items():
        for alias in aliases:
            others = [
                f for f, names in NAMES[kind].items() if f is not name and squeezed(alias) in map(squeezed, names)
            ]
            assert not others or alias in shared, (name, alias, others)


@given(st.lists(st.text(max_size=10), max_size=12), st.sampled_from(FileKind))
def test_no_header_is_too_strange(headers: list[str], kind: FileKind):
    found = recognise(headers, kind)
    if isinstance(found, Columns):
        assert len(set(found.at.values())) == len(found.at)
