"""What to change in the outbox so that it holds the touches a visit should have: a pure function.

Touches are told apart by their key, whatever channel they took, because a person reminded by mail has been reminded.
Invariant: a touch of a revision that was ever on its way is never added again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from messages.kinds import Channel, Kind

LEFT: Final = frozenset({"intent", "unknown", "sent", "failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedTouch:
    """A touch a visit should have. `due_at` is inside the send window; None when there is no such time."""

    key: str
    kind: Kind
    channel: Channel
    contact_point_id: str
    address_ix: bytes = field(repr=False)
    due_at: datetime | None
    useful_until: datetime
    only_if_unconfirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchRow:
    """A touch the outbox holds, in whatever state."""

    id: str
    key: str
    revision: int
    channel: Channel
    contact_point_id: str | None
    state: str
    attempt: int
    due_at: datetime
    useful_until: datetime
    only_if_unconfirmed: bool

    @property
    def has_left(self) -> bool:
        """Whether it may have reached somebody; a cancelled row that was tried counts, to be on the safe side."""
        return self.state in LEFT or (self.state == "cancelled" and self.attempt > 0)


@dataclass(frozen=True, slots=True)
class Changes:
    """What to do. `change` and `revive` pair a row with the touch it is to carry."""

    add: tuple[WantedTouch, ...] = ()
    change: tuple[tuple[TouchRow, WantedTouch], ...] = ()
    revive: tuple[tuple[TouchRow, WantedTouch], ...] = ()
    cancel: tuple[TouchRow, ...] = ()
    superseded: tuple[TouchRow, ...] = ()


def reconcile(
    rows: Sequence[TouchRow],
    wanted: Sequence[WantedTouch],
    *,
    revision: int,
    now: datetime,
    kept_keys: frozenset[str] = frozenset(),
) -> Changes:
    """The changes that lead from the rows of one visit to what is wanted at `now` for its present `revision`.

    What is wanted for a time that has passed is not added, so an edit never makes a text leave at once; a row that
    waits for it stays. `kept_keys` are touches that stay although nothing wants them (the notice of a booking).
    """
    superseded = tuple(row for row in rows if row.revision != revision and row.state == "pending")
    present: dict[str, list[TouchRow]] = {}
    for row in rows:
        if row.revision == revision:
            present.setdefault(row.key, []).append(row)
    by_key = {touch.key: touch for touch in wanted}
    parts = [_for_touch(present.get(key, []), touch, now) for key, touch in by_key.items()]
    unwanted = [
        row
        for key, group in present.items()
        if key not in by_key and key not in kept_keys
        for row in group
        if row.state == "pending"
    ]
    return Changes(
        add=tuple(touch for part in parts for touch in part.add),
        change=tuple(pair for part in parts for pair in part.change),
        revive=tuple(pair for part in parts for pair in part.revive),
        cancel=(*unwanted, *(row for part in parts for row in part.cancel)),
        superseded=superseded,
    )


def _for_touch(rows: Sequence[TouchRow], touch: WantedTouch, now: datetime) -> Changes:
    if any(row.has_left for row in rows):
        return Changes()
    if touch.due_at is None:  # kept as a cancelled row, so that its absence has a recorded reason
        return Changes() if rows else Changes(add=(touch,))
    if touch.due_at < now:
        return Changes()
    waiting = [row for row in rows if row.state == "pending"]
    same = next((row for row in waiting if row.channel is touch.channel), None)
    others = tuple(row for row in waiting if row is not same)
    if same is not None:
        return Changes(change=((same, touch),) if _differs(same, touch) else (), cancel=others)
    resting = next((row for row in rows if row.state == "cancelled" and row.channel is touch.channel), None)
    if resting is not None:
        return Changes(revive=((resting, touch),), cancel=others)
    return Changes(add=(touch,), cancel=others)


def _differs(row: TouchRow, touch: WantedTouch) -> bool:
    return (row.due_at, row.useful_until, row.contact_point_id, row.only_if_unconfirmed) != (
        touch.due_at,
        touch.useful_until,
        touch.contact_point_id,
        touch.only_if_unconfirmed,
    )
