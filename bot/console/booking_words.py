"""What the pages that book and move say. Words only.

Invariant: a sentence says what happened and what to do, never whom a taken time belongs to.
"""

from typing import Final

from scheduler.core.errors import Conflict, Invalid

OTHER: Final = "other"
ANY: Final = "Any clinician"
REPEATS: Final = (("1", "Every week"), ("2", "Every two weeks"), ("4", "Every four weeks"))

DAY_NEEDED: Final = "Choose a day, or write it like 2026-03-31"
_SENTENCES: Final = {
    "client_needed": "Choose a client",
    "client_twice": "Each client can have one place in a visit",
    "over_capacity": "This service has fewer places than that; choose fewer clients or another service",
    "start_in_the_past": "Choose a time that is still to come",
    "same_time": "That is the time it has already",
    "time_taken": "That time is taken, or too close to another visit. Choose another",
    "time_needed": "Choose a free time, or enter one such as 14:30",
    "day_needed": DAY_NEEDED,
    "time_of_another_day": "The time picked was of another day. These are the times of the day you chose",
    "two_times": "One time was picked and another typed. Pick “Another time”, or empty that field",
    "time_skipped": "Clocks go forward on that day, so that time does not exist; choose another",
    "clinician_needed": "Choose a clinician",
    "service_needed": "Choose a service",
    "until_before_first": "Choose a last day that is not before the first visit",
    "not_of_series": "Choose a visit of the series that is still at its weekly time",
    "further_than_rhythm": "That is past the next visit of the series; choose a day nearer to the old one",
    "series_fully_taken": "Every one of those times is taken; choose another time",
    "not_booked": "This visit was cancelled meanwhile",
    "already_started": "This visit has begun",
    "moved_meanwhile": "Somebody has moved this visit meanwhile; look at it afresh",
}


CLIENT_ELSEWHERE: Final = "This client has another visit at that time. Look whether it is the same one."
OUTSIDE_HOURS: Final = (
    "This is outside the clinician's hours, or runs over their end. Look at the morning and afternoon once more."
)


def sentence(error: Invalid | Conflict) -> str:
    """What to say about a refusal."""
    return _SENTENCES.get(error.code, "That does not fit; check it and try again")


def held_sentence(kind: str, until: str) -> str:
    """What booking over a hold would do; `until` is a clock time."""
    if kind == "offer":
        return (
            f"This time is being offered to a waitlisted client until {until}. "
            "Booking it withdraws the offer and tells them."
        )
    return (
        f"A client is choosing this time by text until {until}. "
        "Booking it takes that choice away; they are told if they pick it."
    )
