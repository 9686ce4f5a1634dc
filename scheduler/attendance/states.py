"""The states of a session record: did the visit take place, and what may follow what.

Here lives the table. Marking is an action's; minutes and codes are units.py's.

The one invariant: "unmarked" is a state of its own. Nothing here turns it into shown or missed, only a person
does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Attendance(StrEnum):
    """What is known about a visit's taking place."""

    UNMARKED = "unmarked"
    ARRIVED = "arrived"
    STARTED = "started"
    STOPPED = "stopped"
    MISSED = "missed"


class Mark(StrEnum):
    """What staff may tap on the board."""

    ARRIVE = "arrive"
    START = "start"
    STOP = "stop"
    MISS = "miss"
    REOPEN = "reopen"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Transition:
    """One allowed change; a correction takes back a mark that was wrong."""

    origin: Attendance
    mark: Mark
    target: Attendance
    correction: bool = False


_A = Attendance

TRANSITIONS: Final[tuple[Transition, ...]] = (
    Transition(_A.UNMARKED, Mark.ARRIVE, _A.ARRIVED),
    # Telehealth has no waiting room: a session may start without an arrival.
    Transition(_A.UNMARKED, Mark.START, _A.STARTED),
    Transition(_A.UNMARKED, Mark.MISS, _A.MISSED),
    Transition(_A.ARRIVED, Mark.START, _A.STARTED),
    Transition(_A.STARTED, Mark.STOP, _A.STOPPED),
    # Marked as missed, then the door opens: late is not missed.
    Transition(_A.MISSED, Mark.ARRIVE, _A.ARRIVED, correction=True),
    Transition(_A.MISSED, Mark.START, _A.STARTED, correction=True),
    Transition(_A.ARRIVED, Mark.MISS, _A.MISSED, correction=True),
    Transition(_A.STOPPED, Mark.REOPEN, _A.STARTED, correction=True),
    *(
        Transition(origin, Mark.CLEAR, _A.UNMARKED, correction=True)
        for origin in (_A.ARRIVED, _A.STARTED, _A.STOPPED, _A.MISSED)
    ),
)

ATTENDED: Final = frozenset({_A.ARRIVED, _A.STARTED, _A.STOPPED})
"""States that say the client came."""
