"""Somebody may be in distress, or reminders are held: the on-call person is mailed until somebody acknowledges.

The inbox shows it at once; this is the second path for when nobody is looking. The mail says that there is something
to look at and nothing else. Invariant: an open urgent task with an alert time is never forgotten, only acknowledged.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from messages import outbox, pause_store, task_store
from messages.crash_points import reach
from messages.kinds import Channel, Kind
from messages.outbox import Address, Draft
from messages.particulars import Particulars
from messages.task_store import Task
from messages.tasks import TaskKind
from scheduler.core.actor import WORKER
from scheduler.core.log import get_logger
from scheduler.core.record import Record, Tx
from scheduler.people import store as people

log = get_logger(__name__)

AGAIN: Final = (timedelta(minutes=5), timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=15))
"""How long after each alert the next follows; from then on the last of these."""
MOST_COUNTED: Final = 10_000


async def alert_due(record: Record, practice_id: str, *, fallback: str | None) -> int:
    """Alert for every task whose time has come; returns how many. `fallback` is the operator's address."""
    async with record.read(practice_id) as r:
        due = await task_store.due_alerts(r)
    for task in due:
        async with record.write(practice_id, WORKER) as tx:
            await _alert(tx, task, fallback)
    return len(due)


async def _alert(tx: Tx, task: Task, fallback: str | None) -> None:
    pause = AGAIN[min(task.alerts, len(AGAIN) - 1)]
    if not await task_store.alerted(tx, task.id, tx.now + pause):
        return
    address = (await people.practice(tx)).alert_email or fallback
    tx.note("task.alerted", "task", task.id, alerts=task.alerts + 1, mailed=address is not None)
    if address is None:
        log.error("alert.nobody_to_mail", task_id=task.id)
        return
    await outbox.enqueue(tx, await _mail(tx, task, address))
    reach("alert.queued")


async def _mail(tx: Tx, task: Task, address: str) -> Draft:
    """The mail about a task; what is held is not called distress."""
    draft = Draft(
        kind=Kind.CRISIS_ALERT,
        channel=Channel.EMAIL,
        to=Address(address),
        dedupe=f"alert:{task.id}:{task.alerts + 1}",
    )
    if task.kind != TaskKind.SENDING_PAUSED:
        return draft
    count = await pause_store.planned_due(tx) or await pause_store.planned_waiting(tx, MOST_COUNTED)
    return replace(draft, kind=Kind.ENGINE_ALERT, fields=Particulars(count=max(count, 1)))
