"""Where a visit stands and what its row offers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.console.days import day_of, minute_of
from bot.console.standing import before_this_mark, marks, may_restore, standing
from scheduler.appointments.states import ParticipationState
from scheduler.appointments.store import Visit
from scheduler.attendance.states import Attendance
from tests.rig.office import local

NOON = local("2026-03-04 12:00")
VISIT = Visit(
    "p", "a", "c", "k", "s", "l", None, NOON, NOON + timedelta(minutes=50), "America/New_York", "booked", 1,
    ParticipationState.BOOKED, NOON - timedelta(days=9), None, None, None, 0, False, "unmarked", None, None, None, None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("at", "changes", "expected"),
    [
        ("2026-03-01 12:00", {}, ("booked", "")),
        ("2026-03-03 12:00", {}, ("unconfirmed_soon", "")),
        ("2026-03-03 12:00", {"state": ParticipationState.CONFIRMED}, ("confirmed", "")),
        ("2026-03-04 12:09", {"state": ParticipationState.CONFIRMED}, ("confirmed", "")),
        ("2026-03-04 12:10", {"state": ParticipationState.CONFIRMED}, ("late", "Late, 10 min")),
        ("2026-03-04 12:50", {}, ("unmarked", "")),
        ("2026-03-04 12:50", {"attendance": "missed"}, ("missed", "")),
        ("2026-03-04 12:50", {"state": ParticipationState.LATE_CANCELLED}, ("late_cancelled", "")),
    ],
)
def test_standing(at: str, changes: dict, expected: tuple[str, str]):
    assert standing(replace(VISIT, **changes), local(at)) == expected


@pytest.mark.parametrize(
    ("at", "attendance", "expected"),
    [
        ("2026-03-03 23:00", "unmarked", []),
        ("2026-03-04 08:00", "unmarked", ["arrived", "started"]),
        ("2026-03-04 12:05", "unmarked", ["arrived", "started", "missed"]),
        ("2026-03-05 09:00", "unmarked", ["arrived", "missed"]),
        ("2026-03-04 12:05", "arrived", ["started"]),
        ("2026-03-04 12:05", "started", ["stopped"]),
        ("2026-03-04 12:05", "stopped", []),
        ("2026-03-04 12:30", "missed", ["arrived"]),
    ],
)
def test_marks(at: str, attendance: str, expected: list[str]):
    assert list(marks(replace(VISIT, attendance=attendance), local(at))) == expected


def test_taking_back_a_start_keeps_the_arrival():
    arrived = NOON - timedelta(minutes=5)
    started = replace(VISIT, attendance="started", arrived_at=arrived, started_at=NOON)
    assert before_this_mark(started) == ((Attendance.UNMARKED, None), (Attendance.ARRIVED, arrived))
    assert before_this_mark(replace(started, arrived_at=None)) == ((Attendance.UNMARKED, None),)


def test_a_cancellation_can_be_restored_for_a_quarter_of_an_hour():
    said = NOON - timedelta(hours=3)
    gone = replace(VISIT, state=ParticipationState.CANCELLED, cancelled_at=said)
    assert may_restore(gone, said + timedelta(minutes=15))
    assert not may_restore(gone, said + timedelta(minutes=15, seconds=1))


@pytest.mark.parametrize(
    ("text", "minute"),
    [("14:30", 870), ("2:30 pm", 870), ("2 PM", 840), ("1430", 870), ("12 a.m.", 0), ("25:00", None), ("", None)],
)
def test_times_as_people_type_them(text: str, minute: int | None):
    assert minute_of(text) == minute


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_a_day_that_makes_no_sense_is_the_usual_one(text: str):
    assert day_of(text, NOON.date()) == NOON.date()
