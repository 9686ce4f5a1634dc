"""Counts and rates with their denominators."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.appointments.states import ParticipationState as State
from scheduler.attendance.states import Attendance
from scheduler.reports.rates import (
    CANCELLED,
    LONGEST_LEAD,
    WEEKDAYS,
    Outcome,
    VisitFact,
    count,
    lead_bucket,
    outcome,
    summarise,
)

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
START = datetime(2026, 9, 30, 16, 30, tzinfo=UTC)


def visit(state=State.BOOKED, attendance=Attendance.UNMARKED, starts_at=START, lead=timedelta(days=7), who="a", **more):
    return VisitFact(state, attendance, starts_at, starts_at - lead, who, **more)


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (visit(attendance=Attendance.ARRIVED), Outcome.ATTENDED),
        (visit(attendance=Attendance.STARTED), Outcome.ATTENDED),
        (visit(State.CONFIRMED, Attendance.STOPPED), Outcome.ATTENDED),
        (visit(State.CONFIRMED, Attendance.MISSED), Outcome.MISSED),
        (visit(), Outcome.UNMARKED),
        (visit(starts_at=NOW + timedelta(hours=1)), Outcome.UPCOMING),
        (visit(starts_at=NOW), Outcome.UNMARKED),
        (visit(State.CANCELLED), Outcome.CLIENT_CANCELLED),
        (visit(State.CANCELLED, starts_at=NOW + timedelta(days=1)), Outcome.CLIENT_CANCELLED),
        (visit(State.LATE_CANCELLED), Outcome.CLIENT_CANCELLED_LATE),
        (visit(State.CLINICIAN_CANCELLED), Outcome.CLINICIAN_CANCELLED),
    ],
)
def test_every_visit_has_one_outcome(fact: VisitFact, expected: Outcome):
    assert outcome(fact, NOW) is expected


def test_rates_name_both_numbers_and_the_denominator():
    facts = (
        [visit(attendance=Attendance.STOPPED)] * 6
        + [visit(attendance=Attendance.MISSED)] * 2
        + [visit(State.LATE_CANCELLED, filled_after_cancel=True), visit(State.LATE_CANCELLED, waived=True)]
        + [visit(State.CANCELLED, filled_after_cancel=True)] * 3
        + [visit(State.CLINICIAN_CANCELLED)]
        + [visit()] * 2
        + [visit(starts_at=NOW + timedelta(days=1), moved=2)]
    )
    overall = summarise(facts, ZONE, NOW).overall
    assert overall.counts.visits == 17
    assert (overall.no_show_rate.part, overall.no_show_rate.whole) == (2, 10)
    assert overall.no_show_rate.per_cent == 20
    assert "unmarked ones are left out" in overall.no_show_rate.denominator
    assert (overall.late_cancel_rate.part, overall.late_cancel_rate.whole) == (2, 10)
    assert overall.lost_rate.per_cent == 40
    assert (overall.clinician_cancel_rate.part, overall.clinician_cancel_rate.whole) == (1, 16)
    assert (overall.filled_rate.part, overall.filled_rate.whole) == (4, 6)
    assert (overall.unmarked_rate.part, overall.unmarked_rate.whole) == (2, 10)
    assert (overall.counts.moved, overall.counts.waived) == (1, 1)


def test_with_nothing_to_divide_by_there_is_no_rate():
    overall = summarise([], ZONE, NOW).overall
    assert overall.no_show_rate.per_cent is None
    assert overall.counts.visits == 0


def test_a_restored_visit_does_not_count_as_filled():
    assert count([visit(filled_after_cancel=True)], NOW).filled == 0


def test_weekdays_are_those_of_the_zone():
    late_tuesday = datetime(2026, 9, 30, 1, 0, tzinfo=UTC)
    report = summarise([visit(starts_at=late_tuesday)], ZONE, NOW)
    assert [g.key for g in report.by_weekday] == list(WEEKDAYS)
    assert [g.key for g in report.by_weekday if g.counts.visits] == ["tuesday"]


@pytest.mark.parametrize(
    ("lead", "bucket"),
    [
        (timedelta(hours=23, minutes=59), "under_1_day"),
        (timedelta(days=1), "1_to_3_days"),
        (timedelta(days=4), "4_to_7_days"),
        (timedelta(days=8), "8_to_14_days"),
        (timedelta(days=15), "15_to_30_days"),
        (timedelta(days=31), LONGEST_LEAD),
        (timedelta(days=-2), "under_1_day"),
    ],
)
def test_lead_times_fall_into_buckets(lead: timedelta, bucket: str):
    assert lead_bucket(visit(lead=lead)) == bucket


facts_ = st.lists(
    st.builds(
        visit,
        st.sampled_from(State),
        st.sampled_from(Attendance),
        st.datetimes(datetime(2026, 9, 1), datetime(2026, 11, 1), timezones=st.just(UTC)),
        st.timedeltas(timedelta(0), timedelta(days=60)),
        st.sampled_from(["a", "b", "c"]),
        filled_after_cancel=st.booleans(),
        waived=st.booleans(),
        moved=st.integers(0, 2),
    )
)


@given(facts_)
def test_every_grouping_adds_up_to_the_whole(facts: list[VisitFact]):
    report = summarise(facts, ZONE, NOW)
    assert report.overall.counts.visits == len(facts)
    for groups in (report.by_clinician, report.by_weekday, report.by_lead_time):
        for field in ("visits", "due", "missed", "client_cancelled_late", "filled", "waived", "unmarked"):
            assert sum(getattr(g.counts, field) for g in groups) == getattr(report.overall.counts, field)


@given(facts_)
def test_no_rate_leaves_the_range_of_a_share(facts: list[VisitFact]):
    group = summarise(facts, ZONE, NOW).overall
    for name in ("no_show", "late_cancel", "lost", "clinician_cancel", "filled", "unmarked"):
        rate = getattr(group, f"{name}_rate")
        assert 0 <= rate.part <= rate.whole


def test_the_cancelled_outcomes_are_those_of_cancelled_states():
    cancelled = {outcome(visit(s), NOW) for s in (State.CANCELLED, State.LATE_CANCELLED, State.CLINICIAN_CANCELLED)}
    assert cancelled == CANCELLED
