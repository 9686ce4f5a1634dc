"""How often in a row a weekly time was missed."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.appointments.states import ParticipationState
from scheduler.attendance.missed_row import Place, missed_in_a_row
from scheduler.attendance.states import Attendance

FIRST = datetime(2026, 3, 3, 15, tzinfo=UTC)
MARKS = {
    "m": (ParticipationState.BOOKED, Attendance.MISSED),
    "c": (ParticipationState.CONFIRMED, Attendance.STOPPED),
    "a": (ParticipationState.BOOKED, Attendance.ARRIVED),
    "u": (ParticipationState.BOOKED, Attendance.UNMARKED),
    "x": (ParticipationState.CANCELLED, Attendance.UNMARKED),
    "l": (ParticipationState.LATE_CANCELLED, Attendance.UNMARKED),
    "p": (ParticipationState.CLINICIAN_CANCELLED, Attendance.UNMARKED),
}


def past(story: str) -> list[list[Place]]:
    """Weeks by letter; a slash divides the places of one week."""
    weeks = story.split()
    return [
        [Place(FIRST + timedelta(weeks=number), *MARKS[letter]) for letter in week.split("/")]
        for number, week in enumerate(weeks)
    ]


@pytest.mark.parametrize(
    ("story", "weeks"),
    [
        ("", []),
        ("m", [0]),
        ("c m m", [1, 2]),
        ("m m c", []),
        ("m c m", [2]),
        ("m a", []),
        ("m m u", [0, 1]),  # the last is not marked yet
        ("m u m", [2]),  # nobody said what became of the one between
        ("m x m", [2]),  # who says that they will not come is in touch
        ("m l m", [2]),
        ("m m l", []),
        ("m p m", [0, 2]),  # the practice was away
        ("p p", []),
        ("m/m m/m", [0, 1]),
        ("m/m m/c", []),  # one of the couple came
        ("m/m m/u", [0]),
        ("m/x m/x", [0, 1]),  # whoever was still expected
        ("m/p m", [0, 1]),
    ],
)
def test_a_row_is_what_people_marked_and_nothing_in_between(story: str, weeks: list[int]):
    assert missed_in_a_row(past(story)) == tuple(FIRST + timedelta(weeks=each) for each in weeks)
