"""How often in a row nobody came to a weekly time. Pure.

Only what a person marked counts: a visit nobody marked is neither kept nor missed, so nothing is concluded across it.
Invariant: whoever came, or said beforehand that they would not, begins a new row.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from scheduler.appointments.states import ACTIVE, ParticipationState
from scheduler.attendance.states import Attendance


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody's place in a visit that has begun."""

    starts_at: datetime
    state: ParticipationState
    attendance: Attendance


def missed_in_a_row(past: Sequence[Collection[Place]]) -> tuple[datetime, ...]:
    """When the last visits were that everybody missed whose they were, soonest first; nothing came in between.

    `past` are the visits that have begun, soonest first, each with its places. The newest ones may still be unmarked:
    the row is counted up to the last that is marked. A visit the practice called off is passed over. One that the
    client gave up, however late, is none they stayed away from without a word: it ends the row, as coming does.
    """
    row: list[datetime] = []
    for places in reversed(past):
        expected = [each for each in places if each.state in ACTIVE]
        if not expected:
            if all(each.state is ParticipationState.CLINICIAN_CANCELLED for each in places):
                continue
            break
        marks = {each.attendance for each in expected}
        if marks == {Attendance.MISSED}:
            row.append(expected[0].starts_at)
        elif row or Attendance.UNMARKED not in marks:
            break
    return tuple(reversed(row))
