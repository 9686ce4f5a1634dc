"""The states of a participation (one client's place in an appointment) and what may follow what.

Here live the table and the rule that says when a cancellation is late. Writing a state is an action's, and it
does so with `WHERE state = :from`, so that this table is enforced by the database as well.

The one invariant: every change of a participation's state is a row of TRANSITIONS.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

UNDO_MINUTES: Final = 15


class ParticipationState(StrEnum):
    """Where a client's place in an appointment stands."""

    BOOKED = "booked"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    LATE_CANCELLED = "late_cancelled"
    CLINICIAN_CANCELLED = "clinician_cancelled"


class Act(StrEnum):
    """What may be done to a participation."""

    CONFIRM = "confirm"
    CANCEL = "cancel"
    CANCEL_LATE = "cancel_late"
    CLINICIAN_CANCEL = "clinician_cancel"
    MOVE_BY_CLIENT = "move_by_client"
    MOVE_BY_PRACTICE = "move_by_practice"
    UNDO = "undo"


class CancelledBy(StrEnum):
    """On whose behalf a cancellation happens; the front desk writing down a client's call is the client."""

    CLIENT = "client"
    PRACTICE = "practice"


@dataclass(frozen=True, slots=True)
class Transition:
    """One allowed change. `within_minutes` limits it to so many minutes after the change it undoes."""

    origin: ParticipationState
    act: Act
    target: ParticipationState
    within_minutes: int | None = None


_S = ParticipationState
_CANCELS = (
    (Act.CANCEL, _S.CANCELLED),
    (Act.CANCEL_LATE, _S.LATE_CANCELLED),
    (Act.CLINICIAN_CANCEL, _S.CLINICIAN_CANCELLED),
)

TRANSITIONS: Final[tuple[Transition, ...]] = (
    Transition(_S.BOOKED, Act.CONFIRM, _S.CONFIRMED),
    *(Transition(origin, act, target) for origin in (_S.BOOKED, _S.CONFIRMED) for act, target in _CANCELS),
    # A client who picks another time has said they are coming; a practice that moves a visit has to ask
    # again.
    *(Transition(origin, Act.MOVE_BY_CLIENT, _S.CONFIRMED) for origin in (_S.BOOKED, _S.CONFIRMED)),
    *(Transition(origin, Act.MOVE_BY_PRACTICE, _S.BOOKED) for origin in (_S.BOOKED, _S.CONFIRMED)),
    Transition(_S.CONFIRMED, Act.UNDO, _S.BOOKED, UNDO_MINUTES),
    *(
        Transition(origin, Act.UNDO, target, UNDO_MINUTES)
        for _, origin in _CANCELS
        for target in (_S.BOOKED, _S.CONFIRMED)
    ),
)
"""Every allowed change. An undo has two targets because it restores the state from before the change."""

ACTIVE: Final = frozenset({_S.BOOKED, _S.CONFIRMED})
"""States in which the client is expected."""


def next_state(state: ParticipationState, act: Act) -> ParticipationState | None:
    """The state after an act other than undo, or None when the act is not allowed in this state."""
    if act is Act.UNDO:
        raise ValueError("undo needs the state to restore: use may_undo")
    return next((t.target for t in TRANSITIONS if t.origin is state and t.act is act), None)


def may_undo(state: ParticipationState, restore: ParticipationState, *, changed_at: datetime, now: datetime) -> bool:
    """Whether the last change, made at `changed_at`, may still be taken back to `restore` at `now` (inclusive)."""
    return any(
        t.origin is state and t.act is Act.UNDO and t.target is restore and _within(t, changed_at, now)
        for t in TRANSITIONS
    )


def cancel_class(received_at: datetime, starts_at: datetime, window_hours: int, by: CancelledBy) -> ParticipationState:
    """The state a cancellation leads to.

    The practice's own cancellation is never the client's fault. A client's is late when it was received less
    than `window_hours` elapsed hours before the start; exactly on the deadline is in time. Both instants are
    aware UTC, so a change of the clock between them does not shorten or stretch the window. `received_at` is
    when the words reached us, not when they were processed.
    """
    if by is CancelledBy.PRACTICE:
        return ParticipationState.CLINICIAN_CANCELLED
    late = received_at > starts_at - timedelta(hours=window_hours)
    return ParticipationState.LATE_CANCELLED if late else ParticipationState.CANCELLED


def _within(transition: Transition, changed_at: datetime, now: datetime) -> bool:
    limit = transition.within_minutes
    return limit is None or now - changed_at <= timedelta(minutes=limit)
