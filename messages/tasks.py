"""Handing something to a person: opening a task, taking it up, closing it.

A task names rows, it holds no words. Invariant: nothing that needs a person is only logged; it is a task until
somebody has dealt with it.
"""

from datetime import datetime
from enum import StrEnum

from messages import task_store as store
from scheduler.core.errors import Conflict, NotFound
from scheduler.core.record import Tx


class TaskKind(StrEnum):
    """Why a person is asked."""

    CRISIS = "crisis"
    OPTED_OUT = "opted_out"
    REPLY = "reply"
    UNDELIVERABLE = "undeliverable"
    WRONG_NUMBER = "wrong_number"
    CALL = "call"
    NO_CHANNEL = "no_channel"
    NOT_UNDERSTOOD = "not_understood"
    MEDIA = "media"
    SENDING_TROUBLE = "sending_trouble"
    NUMBER_FAILS = "number_fails"
    SENDING_PAUSED = "sending_paused"
    OFFER_YES = "offer_yes"
    WEEKLY_MISSED = "weekly_missed"


async def open_task(
    tx: Tx,
    kind: TaskKind,
    *,
    dedupe: str | None = None,
    urgent: bool = False,
    client_id: str | None = None,
    inbound_id: str | None = None,
    message_id: str | None = None,
    participation_id: str | None = None,
    alert_at: datetime | None = None,
) -> str | None:
    """Open a task; None when the one of its dedupe key is still waiting.

    A task of the same key that was closed is opened again, about what is new. With `alert_at` the on-call person is
    alerted from that instant on until somebody acknowledges.
    """
    about = {
        "urgent": urgent,
        "client_id": client_id,
        "inbound_id": inbound_id,
        "message_id": message_id,
        "participation_id": participation_id,
        "alert_at": alert_at,
    }
    task_id: str | None = tx.new_id()
    if not await store.add(tx, {"id": task_id, "kind": kind.value, "dedupe": dedupe, **about}):
        task_id = await store.reopen(tx, dedupe or "", about)
    if task_id is not None:
        tx.note("task.opened", "task", task_id, kind=kind.value, urgent=urgent)
    return task_id


async def acknowledge(tx: Tx, task_id: str) -> bool:
    """Take a task up, so that nobody else is alerted; False when it had been already.

    Raises:
        NotFound: no such task.
    """
    changed = await store.acknowledge(tx, task_id, tx.actor.id)
    if changed:
        tx.note("task.acknowledged", "task", task_id)
    elif await store.task_row(tx, task_id) is None:
        raise NotFound("task", task=task_id)
    return changed


async def done(tx: Tx, task_id: str) -> bool:
    """Close a task; False when it was closed already.

    Raises:
        NotFound: no such task.
    """
    changed = await store.done(tx, task_id, tx.actor.id)
    if changed:
        tx.note("task.done", "task", task_id)
    elif await store.task_row(tx, task_id) is None:
        raise NotFound("task", task=task_id)
    return changed


async def undo_done(tx: Tx, task_id: str) -> None:
    """Open a closed task again: the undo of a hasty click.

    Raises:
        Conflict: `not_done`.
    """
    if not await store.undone(tx, task_id):
        raise Conflict("not_done", task=task_id)
    tx.note("task.reopened", "task", task_id)


async def settled(tx: Tx, dedupe: str) -> bool:
    """Close the task of a key because what it waited for has come; False when there was none waiting."""
    task_id = await store.done_by_dedupe(tx, dedupe)
    if task_id is not None:
        tx.note("task.settled", "task", task_id)
    return task_id is not None
