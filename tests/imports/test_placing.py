"""Rows put together to appointments: groups, repetitions, overlaps, buffers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.appointments.states import ParticipationState
from scheduler.attendance.states import Attendance
from scheduler.calendar.wallclock import Span
from scheduler.imports.columns import Columns, FileKind, recognise
from scheduler.imports.directory import Resolved
from scheduler.imports.placing import Placed, natural_key, place
from scheduler.imports.reasons import Reason
from scheduler.imports.rows import AppointmentRow, Person
from scheduler.imports.words import Status
from scheduler.people.store import Location, Service

NOW = datetime(2026, 9, 30, 16, 0, tzinfo=UTC)
found = recognise(["Client", "Clinician", "Start"], FileKind.APPOINTMENTS)
assert isinstance(found, Columns)
COLUMNS = found
OFFICE = Location("loc", "Office", "America/New_York", True)
TALK = Service("talk", "Talk", 50, 0, 10, 1, "in_person", 15_000, "psychotherapy", True)
GROUP = replace(TALK, id="group", name="Group", capacity=3)


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def row(minutes: int, *, client="ana", clinician="kim", line=2, length: int | None = None, service=TALK, **more):
    start = at(minutes)
    ends_at = None if length is None else start + timedelta(minutes=length)
    values = {"status": Status.BOOKED, "booked_at": None, "cancelled_at": None, "source_id": None, **more}
    made = AppointmentRow(
        line=line,
        person=Person(None, client, "", None),
        clinician=clinician,
        service=None,
        location=None,
        starts_at=start,
        ends_at=ends_at,
        **values,
    )
    return Resolved(made, client, clinician, service, OFFICE)


def placed(*rows: Resolved, known=frozenset(), taken=None) -> Placed:
    return place(rows, COLUMNS, is_known=lambda key, _: key in known, taken=taken or {}, now=NOW)


def reasons(result: Placed) -> list[tuple[int, Reason]]:
    return [(cell.line, cell.reason) for cell in result.left_out]


def test_one_row_is_one_appointment_with_its_buffer():
    (visit,) = placed(row(60)).visits
    assert (visit.starts_at, visit.ends_at) == (at(60), at(110))
    assert visit.taken == Span(at(60), at(120))
    assert (visit.service_id, visit.location_id, visit.zone) == ("talk", "loc", "America/New_York")


def test_visits_back_to_back_are_placed_and_buffers_give_way():
    first, second, third = placed(row(60, line=2), row(110, client="bo", line=3), row(165, client="cy", line=4)).visits
    assert first.taken == Span(at(60), at(110))
    assert second.taken == Span(at(110), at(165))
    assert third.taken == Span(at(165), at(225))


def test_the_later_of_two_overlapping_rows_is_left_out():
    result = placed(row(80, client="bo", line=2), row(60, line=3))
    assert [visit.places[0].client_id for visit in result.visits] == ["ana"]
    assert reasons(result) == [(2, Reason.OVERLAP_IN_FILE)]


def test_of_two_rows_at_one_time_the_earlier_line_is_placed():
    result = placed(row(60, client="bo", line=9), row(60, client="ana", line=3))
    assert [visit.places[0].line for visit in result.visits] == [3]
    assert reasons(result) == [(9, Reason.OVERLAP_IN_FILE)]


def test_what_overlaps_taken_time_is_left_out_and_touching_it_is_not():
    taken = {"kim": [Span(at(0), at(60)), Span(at(110), at(170))]}
    assert reasons(placed(row(60), taken=taken)) == []
    assert placed(row(60), taken=taken).visits[0].taken == Span(at(60), at(110))
    assert reasons(placed(row(59), taken=taken)) == [(2, Reason.OVERLAP)]
    assert reasons(placed(row(61), taken=taken)) == [(2, Reason.OVERLAP)]


def test_other_clinicians_do_not_matter():
    result = placed(row(60, line=2), row(60, clinician="lou", client="bo", line=3))
    assert len(result.visits) == 2


def test_a_group_is_one_appointment_with_several_places():
    rows = [row(60, client=name, line=line, service=GROUP) for line, name in enumerate(("ana", "bo", "cy"), start=2)]
    (visit,) = placed(*rows).visits
    assert [each.client_id for each in visit.places] == ["ana", "bo", "cy"]


def test_a_group_has_no_more_places_than_its_service():
    rows = [row(60, client=name, line=line, service=GROUP) for line, name in enumerate("abcd", start=2)]
    result = placed(*rows)
    assert len(result.visits[0].places) == 3
    assert reasons(result) == [(5, Reason.GROUP_TOO_LARGE)]


def test_a_group_that_overlaps_is_left_out_whole():
    rows = [row(60, client=name, line=line, service=GROUP) for line, name in enumerate("ab", start=2)]
    assert reasons(placed(*rows, taken={"kim": [Span(at(70), at(80))]})) == [(2, Reason.OVERLAP), (3, Reason.OVERLAP)]


def test_the_same_row_twice_is_placed_once():
    result = placed(row(60, line=2), row(60, line=3))
    assert len(result.visits) == 1
    assert reasons(result) == [(3, Reason.TWICE_IN_FILE)]


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.LATE_CANCELLED, Status.CLINICIAN_CANCELLED])
def test_cancelled_rows_take_no_time_and_overlap_nothing(status: Status):
    result = placed(
        row(60, line=2, status=status), row(60, client="bo", line=3), row(70, client="cy", line=4, status=status)
    )
    assert reasons(result) == []
    assert sum(visit.taken is None for visit in result.visits) == 2


def test_known_rows_are_counted_and_do_not_get_in_the_way():
    key = natural_key(row(60), COLUMNS)
    result = placed(row(60), known={key})
    assert (result.visits, result.known, result.left_out) == ((), 1, ())


def test_the_id_of_the_other_program_is_the_key_when_there_is_one():
    assert natural_key(row(60, source_id="A7"), COLUMNS) == "visit plain a7"
    assert natural_key(row(60), COLUMNS) == f"visit kim {at(60).isoformat()} ana"


@pytest.mark.parametrize(
    ("minutes", "status", "state", "attendance"),
    [
        (-60, Status.BOOKED, ParticipationState.BOOKED, Attendance.UNMARKED),
        (-60, Status.SHOW, ParticipationState.BOOKED, Attendance.ARRIVED),
        (-60, Status.ATTENDED, ParticipationState.BOOKED, Attendance.ARRIVED),
        (-60, Status.MISSED, ParticipationState.BOOKED, Attendance.MISSED),
        (-60, Status.CONFIRMED, ParticipationState.CONFIRMED, Attendance.UNMARKED),
        (60, Status.SHOW, ParticipationState.BOOKED, Attendance.UNMARKED),
        (60, Status.MISSED, ParticipationState.BOOKED, Attendance.UNMARKED),
        (60, Status.CONFIRMED, ParticipationState.CONFIRMED, Attendance.UNMARKED),
        (60, Status.LATE_CANCELLED, ParticipationState.LATE_CANCELLED, Attendance.UNMARKED),
        (-60, Status.CLINICIAN_CANCELLED, ParticipationState.CLINICIAN_CANCELLED, Attendance.UNMARKED),
    ],
)
def test_states_of_other_programs_become_ours(minutes, status, state, attendance):
    (visit,) = placed(row(minutes, status=status)).visits
    assert (visit.places[0].state, visit.places[0].attendance) == (state, attendance)


def test_past_visits_count_as_kept_only_when_somebody_attests_it():
    rows = [row(-60, line=2), row(60, client="bo", line=3), row(-180, client="cy", line=4, status=Status.MISSED)]
    result = place(rows, COLUMNS, is_known=lambda *_: False, taken={}, now=NOW, past_took_place=True)
    marks = {visit.places[0].line: visit.places[0].attendance for visit in result.visits}
    assert marks == {2: Attendance.ARRIVED, 3: Attendance.UNMARKED, 4: Attendance.MISSED}
    assert placed(rows[0]).visits[0].places[0].attendance is Attendance.UNMARKED


def test_nothing_was_booked_or_cancelled_in_the_future():
    (visit,) = placed(row(60, booked_at=at(30), cancelled_at=at(40), status=Status.CANCELLED)).visits
    assert visit.places[0].booked_at == NOW
    assert visit.places[0].cancelled_at == NOW
    (past,) = placed(row(-60, booked_at=at(-500))).visits
    assert past.places[0].booked_at == at(-500)


rows_ = st.lists(
    st.tuples(st.integers(0, 60), st.integers(5, 120), st.sampled_from("ab"), st.integers(0, 5), st.booleans()),
    max_size=20,
)
busy_ = st.lists(st.tuples(st.integers(0, 600), st.integers(1, 90)), max_size=5)


@given(rows_, busy_, st.integers(0, 20), st.integers(0, 20))
def test_nothing_that_is_placed_overlaps_and_every_row_is_accounted_for(given_rows, busy, before, after):
    service = replace(TALK, buffer_before_minutes=before, buffer_after_minutes=after)
    group = replace(service, id="group", capacity=2)
    rows = [
        row(
            start * 10, client=f"c{client}", clinician=who, line=line, length=length, service=group if many else service
        )
        for line, (start, length, who, client, many) in enumerate(given_rows, start=2)
    ]
    fixed = [Span(at(start), at(start + length)) for start, length in busy]
    result = placed(*rows, taken={"a": fixed})
    lines = [each.line for visit in result.visits for each in visit.places] + [cell.line for cell in result.left_out]
    assert sorted(lines) == [one.row.line for one in rows]
    for who, others in (("a", fixed), ("b", [])):
        mine = [visit for visit in result.visits if visit.clinician_id == who]
        for index, visit in enumerate(mine):
            assert visit.taken is not None
            assert visit.taken.starts_at <= visit.starts_at
            assert visit.ends_at <= visit.taken.ends_at
            rest = [other.taken for other in mine[index + 1 :] if other.taken is not None]
            assert not any(visit.taken.overlaps(span) for span in [*others, *rest])


@given(rows_)
def test_a_row_is_left_out_only_for_a_reason(given_rows):
    rows = [
        row(start * 10, client=f"c{client}", clinician=who, line=line, length=length)
        for line, (start, length, who, client, _) in enumerate(given_rows, start=2)
    ]
    result = placed(*rows)
    by_line = {one.row.line: one for one in rows}
    for cell in result.left_out:
        mine = by_line[cell.line]
        span = Span(mine.row.starts_at, mine.row.ends_at)
        clash = [
            v
            for v in result.visits
            if v.clinician_id == mine.clinician_id and Span(v.starts_at, v.ends_at).overlaps(span)
        ]
        twins = [one for one in rows if one.client_id == mine.client_id and one.row.starts_at == mine.row.starts_at]
        assert clash or (cell.reason is Reason.TWICE_IN_FILE and len(twins) > 1)
