"""Somebody may be in distress, or reminders are held: the on-call person is alerted until somebody acknowledges.

The inbox shows it at once; this is the second path for when nobody is looking: mail, for distress a text as well, and a
second person when the first does not take it up. An alert says that there is something to look at and nothing else.
Invariant: an open urgent task with an alert time is never forgotten, only acknowledged.
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
from scheduler.people.store import Practice

log = get_logger(__name__)

AGAIN: Final = (timedelta(minutes=5), timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=15))
"""How long after each alert the next follows; from then on the last of these."""
ALONE: Final = 1
"""So many alerts go to the on-call person alone."""
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
    practice = await people.practice(tx)
    ways = ways_of(practice, task.kind, task.alerts, fallback)
    texted = sum(channel is Channel.SMS for channel, _ in ways)
    tx.note("task.alerted", "task", task.id, alerts=task.alerts + 1, mailed=texted < len(ways), texted=texted > 0)
    if not ways:
        log.error("alert.nobody_to_mail", task_id=task.id)
        return
    words = await _words(tx, task)
    for place, (channel, address) in enumerate(ways):
        dedupe = f"alert:{task.id}:{task.alerts + 1}" + (f":{place}" if place else "")
        await outbox.enqueue(tx, replace(words, channel=channel, to=Address(address), dedupe=dedupe))
    reach("alert.queued")


def ways_of(
    practice: Practice, kind: TaskKind | str, alerts: int, fallback: str | None
) -> tuple[tuple[Channel, str], ...]:
    """Whom to alert now, and how, after so many alerts.

    The on-call person by mail and, when somebody may be in distress, by text as well; who has not taken it up by the
    second alert is joined by the next person.
    """
    first, second = practice.alert_email or fallback, practice.second_email
    distress = kind == TaskKind.CRISIS
    wanted = [
        (Channel.EMAIL, first),
        (Channel.SMS, practice.alert_phone if distress else None),
        (Channel.EMAIL, second if alerts >= ALONE else None),
        (Channel.SMS, practice.second_phone if distress and alerts >= ALONE else None),
    ]
    return tuple(dict.fromkeys((channel, address) for channel, address in wanted if address is not None))


async def _words(tx: Tx, task: Task) -> Draft:
    """What the alert is; what is held is not called distress."""
    draft = Draft(kind=Kind.CRISIS_ALERT, channel=Channel.EMAIL, to=Address(""), dedupe="")
    if task.kind != TaskKind.SENDING_PAUSED:
        return draft
    count = await pause_store.planned_due(tx) or await pause_store.planned_waiting(tx, MOST_COUNTED)
    return replace(draft, kind=Kind.ENGINE_ALERT, fields=Particulars(count=max(count, 1)))
