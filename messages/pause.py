"""Holding back a practice's planned texts, and letting them leave again.

A pause holds reminders and other planned touches. Answers, notices, alerts and offers still leave: somebody waits for
them. Paused by a person, or by the brake (brake.py) when something is clearly wrong; resumed by a person only.
Invariant: while a pause is on, no claim takes a planned text, and none is dropped for being late.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from messages import brake_store, outbox, tasks
from messages import pause_store as store
from messages.clock_watch import ClockWatch
from messages.pause_store import PLANNED
from messages.tasks import TaskKind
from scheduler.core.bell import Work
from scheduler.core.record import Tx

__all__ = [
    "PLANNED",
    "PauseReason",
    "Resumed",
    "SendingState",
    "Why",
    "clock_moved",
    "pause",
    "resume",
    "sending_state",
    "trip",
]

TASK: Final = "sending:paused"
"""The dedupe key of the task that asks a person to look."""
LEFT_OUT: Final = "left_out_after_pause"
AT_ONCE: Final = 500


class Why(StrEnum):
    """What brought a pause about."""

    BY_HAND = "by_hand"
    CLOCK_JUMP = "clock_jump"
    DUE_SPIKE = "due_spike"
    RESTORED = "restored"


class PauseReason(StrEnum):
    """What a person may give as the reason of a pause: a closed list, so that no name gets into the audit."""

    WRONG_TEXTS = "wrong_texts"
    CLOSED = "closed"
    CHANGING = "changing"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SendingState:
    """What may leave now."""

    planned_paused: bool


@dataclass(frozen=True, slots=True)
class Resumed:
    """How resuming went. `left_out` planned texts were taken back because they had waited too long."""

    resumed: bool
    left_out: int = 0


async def sending_state(tx: Tx, watch: ClockWatch | None = None) -> SendingState:
    """Asked in the transaction of each claim: one look by primary key.

    With `planned_paused` the claim takes only messages of a priority below `PLANNED`; the others stay as they are.
    With the process's `watch`, a clock that was moved since the brake's last look pauses here and now.
    """
    if watch is not None and watch.moved(tx.practice_id) is not None:
        await clock_moved(tx, watch)
    return SendingState(planned_paused=await store.is_paused(tx))


async def clock_moved(tx: Tx, watch: ClockWatch) -> bool:
    """The clock was moved ahead: hold planned texts, unless this is the demo; tells whether that was new."""
    demo = (await brake_store.memory(tx)).demo
    new = not demo and await trip(tx, Why.CLOCK_JUMP, count=await store.planned_due(tx))
    tx.after_commit.append(lambda: watch.noted(tx.practice_id))
    return new


async def pause(tx: Tx, reason: PauseReason) -> bool:
    """A person holds back all planned texts; False when they were held already."""
    paused = await store.set_paused(tx, Why.BY_HAND.value, reason=reason.value)
    if paused:
        tx.note("sending.paused", "practice", tx.practice_id, why=Why.BY_HAND.value, reason=reason.value)
    return paused


async def trip(tx: Tx, why: Why, *, count: int | None = None, usual: int | None = None) -> bool:
    """The brake holds back all planned texts, and a person is asked and alerted; False when they were held already."""
    if not await store.set_paused(tx, why.value, count=count, usual=usual):
        return False
    tx.note("sending.paused", "practice", tx.practice_id, why=why.value, count=count, usual=usual)
    await tasks.open_task(tx, TaskKind.SENDING_PAUSED, dedupe=TASK, urgent=True, alert_at=tx.now)
    return True


async def resume(tx: Tx, *, leave_out: bool) -> Resumed:
    """A person lets planned texts leave again. `leave_out`: those that are due by now are taken back for good.

    What waits now is expected from here on: the brake does not pull again for it.
    """
    if not await store.set_resumed(tx):
        return Resumed(resumed=False)
    left_out = await _leave_out(tx) if leave_out else 0
    await brake_store.accept(tx, await store.planned_due(tx))
    await tasks.settled(tx, TASK)
    tx.note("sending.resumed", "practice", tx.practice_id, left_out=left_out)
    tx.wake(Work.PLANNED)
    return Resumed(resumed=True, left_out=left_out)


async def _leave_out(tx: Tx) -> int:
    due = tuple(await store.planned_due_ids(tx))
    parts = (due[start : start + AT_ONCE] for start in range(0, len(due), AT_ONCE))
    return sum([await outbox.cancel_ids(tx, part, LEFT_OUT) for part in parts])
