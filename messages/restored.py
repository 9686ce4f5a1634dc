"""After a backup was put back: the record does not know what has left since, so nothing leaves again by itself.

Planned texts are held until a person has looked; what was to answer somebody at once is taken back, and what was under
way is looked up by settle.py as ever. What clients wrote since, STOP before all, is fetched by gap_repair.py.
Invariant: no message that was due by now leaves without a person having said so.
"""

from dataclasses import dataclass
from typing import Final

from messages import outbox, pause, pause_store
from messages.pause import Why
from scheduler.core.record import Tx

TAKEN_BACK: Final = "record_restored"


@dataclass(frozen=True, slots=True)
class Held:
    """`planned` texts are due and held, further ones may come due; so many `answers` will not be said again."""

    planned: int
    answers: int


async def hold_after_restore(tx: Tx) -> Held:
    """Hold what may have left already, and ask a person to look. Harmless a second time."""
    planned = await pause_store.planned_due(tx)
    await pause.trip(tx, Why.RESTORED, count=planned)
    return Held(planned, await outbox.cancel_due_answers(tx, TAKEN_BACK))
