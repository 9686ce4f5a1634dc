"""The state tables, walked exhaustively."""

from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from scheduler.appointments.states import (
    ACTIVE,
    TRANSITIONS,
    Act,
    CancelledBy,
    ParticipationState,
    cancel_class,
    may_undo,
    next_state,
)
from scheduler.attendance import states as attendance
from scheduler.attendance.states import ATTENDED, Attendance, Mark
from scheduler.calendar.wallclock import to_utc

S = ParticipationState
NOW = datetime(2026, 9, 30, 16, 30, tzinfo=UTC)

ALLOWED = {
    (S.BOOKED, Act.CONFIRM): S.CONFIRMED,
    (S.BOOKED, Act.CANCEL): S.CANCELLED,
    (S.BOOKED, Act.CANCEL_LATE): S.LATE_CANCELLED,
    (S.BOOKED, Act.CLINICIAN_CANCEL): S.CLINICIAN_CANCELLED,
    (S.BOOKED, Act.MOVE_BY_CLIENT): S.CONFIRMED,
    (S.BOOKED, Act.MOVE_BY_PRACTICE): S.BOOKED,
    (S.CONFIRMED, Act.CANCEL): S.CANCELLED,
    (S.CONFIRMED, Act.CANCEL_LATE): S.LATE_CANCELLED,
    (S.CONFIRMED, Act.CLINICIAN_CANCEL): S.CLINICIAN_CANCELLED,
    (S.CONFIRMED, Act.MOVE_BY_CLIENT): S.CONFIRMED,
    (S.CONFIRMED, Act.MOVE_BY_PRACTICE): S.BOOKED,
}


@pytest.mark.parametrize(("state", "act"), list(product(S, [a for a in Act if a is not Act.UNDO])))
def test_every_state_and_act_has_the_answer_of_the_table(state: ParticipationState, act: Act):
    assert next_state(state, act) == ALLOWED.get((state, act))


def test_no_change_is_listed_twice():
    assert len({(t.origin, t.act, t.target) for t in TRANSITIONS}) == len(TRANSITIONS)


UNDOABLE = {(S.CONFIRMED, S.BOOKED)} | set(
    product((S.CANCELLED, S.LATE_CANCELLED, S.CLINICIAN_CANCELLED), (S.BOOKED, S.CONFIRMED))
)


@pytest.mark.parametrize(("state", "restore"), list(product(S, S)))
def test_undo_restores_what_was_there_and_nothing_else(state: ParticipationState, restore: ParticipationState):
    allowed = (state, restore) in UNDOABLE
    assert may_undo(state, restore, changed_at=NOW, now=NOW + timedelta(minutes=15)) is allowed
    assert not may_undo(state, restore, changed_at=NOW, now=NOW + timedelta(minutes=15, seconds=1))


def test_undo_is_not_asked_of_next_state():
    with pytest.raises(ValueError, match="may_undo"):
        next_state(S.CANCELLED, Act.UNDO)


def test_the_client_is_expected_only_when_booked_or_confirmed():
    assert {S.BOOKED, S.CONFIRMED} == ACTIVE


@pytest.mark.parametrize(
    ("before_start", "window", "expected"),
    [
        (timedelta(hours=24), 24, S.CANCELLED),
        (timedelta(hours=24, microseconds=-1), 24, S.LATE_CANCELLED),
        (timedelta(hours=24, microseconds=1), 24, S.CANCELLED),
        (timedelta(0), 24, S.LATE_CANCELLED),
        (timedelta(minutes=-10), 24, S.LATE_CANCELLED),
        (timedelta(0), 0, S.CANCELLED),
        (timedelta(seconds=-1), 0, S.LATE_CANCELLED),
        (timedelta(hours=30), 48, S.LATE_CANCELLED),
    ],
)
def test_late_is_less_than_the_window_before_the_start(before_start, window, expected):
    assert cancel_class(NOW - before_start, NOW, window, CancelledBy.CLIENT) is expected


def test_the_window_is_elapsed_hours_also_when_the_clock_jumps():
    zone = ZoneInfo("America/New_York")
    sunday_noon = to_utc(datetime(2026, 3, 8, 12, 0), zone)
    saturday_noon = to_utc(datetime(2026, 3, 7, 12, 0), zone)
    # From Saturday noon to Sunday noon only 23 hours pass that weekend.
    assert cancel_class(saturday_noon, sunday_noon, 24, CancelledBy.CLIENT) is S.LATE_CANCELLED
    an_hour_earlier = saturday_noon - timedelta(hours=1)
    assert cancel_class(an_hour_earlier, sunday_noon, 24, CancelledBy.CLIENT) is S.CANCELLED


def test_the_practice_is_never_late():
    assert cancel_class(NOW, NOW, 24, CancelledBy.PRACTICE) is S.CLINICIAN_CANCELLED


A = Attendance
MARKS = {
    (A.UNMARKED, Mark.ARRIVE): A.ARRIVED,
    (A.UNMARKED, Mark.START): A.STARTED,
    (A.UNMARKED, Mark.MISS): A.MISSED,
    (A.ARRIVED, Mark.START): A.STARTED,
    (A.ARRIVED, Mark.MISS): A.MISSED,
    (A.ARRIVED, Mark.CLEAR): A.UNMARKED,
    (A.STARTED, Mark.STOP): A.STOPPED,
    (A.STARTED, Mark.CLEAR): A.UNMARKED,
    (A.STOPPED, Mark.REOPEN): A.STARTED,
    (A.STOPPED, Mark.CLEAR): A.UNMARKED,
    (A.MISSED, Mark.ARRIVE): A.ARRIVED,
    (A.MISSED, Mark.START): A.STARTED,
    (A.MISSED, Mark.CLEAR): A.UNMARKED,
}


def test_the_marks_are_those_of_the_table():
    assert {(t.origin, t.mark): t.target for t in attendance.TRANSITIONS} == MARKS


def test_whatever_was_marked_can_be_taken_back_to_unmarked():
    assert {t.origin for t in attendance.TRANSITIONS if t.target is A.UNMARKED} == set(A) - {A.UNMARKED}


def test_a_stopped_session_cannot_become_missed_in_one_tap():
    assert not [t for t in attendance.TRANSITIONS if (t.origin, t.target) == (A.STOPPED, A.MISSED)]
    assert A.MISSED not in ATTENDED
    assert A.UNMARKED not in ATTENDED
