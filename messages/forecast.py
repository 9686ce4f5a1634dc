"""What a reminder policy would change in the outbox if it were saved now. Nothing is written.

It asks exactly what re-planning asks (wanted.py, reconcile.py), so the answer is what saving will do. Invariant: the
numbers count planned messages, and nothing counted here leaves at once because of an edit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from messages import plan_store
from messages.reconcile import reconcile
from messages.wanted import setting_of, wanted_touches
from scheduler.appointments import store as appointments
from scheduler.core.record import Reading
from scheduler.reminders.policy import BOOKED_KEY, Policy

CHUNK = 500
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Shift:
    """One planned message that would leave at another time."""

    participation_id: str
    key: str
    before: datetime
    after: datetime


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many planned messages would appear, move, vanish or stay, over so many visits to come.

    `moves` are a few of those that would move, soonest first.
    """

    visits: int = 0
    appear: int = 0
    move: int = 0
    vanish: int = 0
    stay: int = 0
    moves: tuple[Shift, ...] = field(default=())

    @property
    def nothing(self) -> bool:
        """Whether everything planned would stay as it is."""
        return not (self.appear or self.move or self.vanish)


async def forecast(r: Reading, policy: Policy) -> Forecast:
    """What saving `policy` would do to the visits to come."""
    visits = await appointments.active_from(r, r.now)
    appear = move = vanish = stay = 0
    moves: list[Shift] = []
    for start in range(0, len(visits), CHUNK):
        chunk = visits[start : start + CHUNK]
        setting = await setting_of(r, {visit.client_id for visit in chunk}, policy)
        rows = await plan_store.touches(r, [visit.participation_id for visit in chunk])
        for visit in chunk:
            mine = rows.get(visit.participation_id, ())
            wanted = wanted_touches(r, setting, visit, visit.booked_at, booked_notice=False)
            kept = frozenset({BOOKED_KEY})
            changes = reconcile(mine, wanted, revision=visit.revision, now=r.now, kept_keys=kept)
            shifted = [pair for pair in changes.change if pair[1].due_at not in {None, pair[0].due_at}]
            appear += sum(touch.due_at is not None for touch in changes.add) + len(changes.revive)
            move += len(shifted)
            vanish += len(changes.cancel)
            stay += sum(row.state == "pending" for row in mine) - len(shifted) - len(changes.cancel)
            moves += [
                Shift(visit.participation_id, row.key, row.due_at, touch.due_at)
                for row, touch in shifted
                if touch.due_at is not None
            ]
    return Forecast(len(visits), appear, move, vanish, stay, _soonest(moves))


def _soonest(moves: Sequence[Shift]) -> tuple[Shift, ...]:
    return tuple(sorted(moves, key=lambda shift: (shift.after, shift.participation_id))[:SHOWN])
