"""The `task` table: what a person has to look at. Opening and closing are tasks.py's.

Invariant: a task is closed by a person (or by what it waited for), never by time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from scheduler.core.record import Reading, Tx, insert_once
from scheduler.tables import task

LIVE = ("open", "acknowledged")


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to look at."""

    id: str
    kind: str
    urgent: bool
    client_id: str | None
    inbound_id: str | None
    message_id: str | None
    participation_id: str | None
    state: str
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    alert_at: datetime | None
    alerts: int
    done_at: datetime | None
    done_by: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many tasks wait, and how many of them are urgent."""

    live: int
    urgent: int


_COLUMNS = tuple(task.c[name] for name in Task.__dataclass_fields__)


async def add(tx: Tx, row: dict[str, Any]) -> bool:
    """Insert an open task; False when one with its dedupe key exists."""
    whole = {"practice_id": tx.practice_id, "state": "open", "opened_at": tx.now, "alerts": 0, **row}
    return await insert_once(tx, task, [whole]) == 1


async def reopen(tx: Tx, dedupe: str, values: dict[str, Any]) -> str | None:
    """Open the done task of a dedupe key again, about what is new; its id, or None when it is not done."""
    fresh = {
        "state": "open",
        "opened_at": tx.now,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "done_at": None,
        "done_by": None,
        "alerts": 0,
        **values,
    }
    found = await tx.conn.execute(
        update(task)
        .where(task.c.practice_id == tx.practice_id, task.c.dedupe == dedupe, task.c.state == "done")
        .values(fresh)
        .returning(task.c.id)
    )
    task_id: str | None = found.scalar_one_or_none()
    return task_id


async def acknowledge(tx: Tx, task_id: str, by_id: str | None) -> bool:
    """From open to acknowledged; no alert follows any more."""
    return await _change(
        tx, task_id, ("open",), {"state": "acknowledged", "acknowledged_at": tx.now, "acknowledged_by": by_id}
    )


async def done(tx: Tx, task_id: str, by_id: str | None) -> bool:
    """From open or acknowledged to done."""
    return await _change(tx, task_id, LIVE, {"state": "done", "done_at": tx.now, "done_by": by_id})


async def undone(tx: Tx, task_id: str) -> bool:
    """From done back to open: the undo of a hasty click."""
    return await _change(tx, task_id, ("done",), {"state": "open", "done_at": None, "done_by": None})


async def done_by_dedupe(tx: Tx, dedupe: str) -> str | None:
    """Close the live task of a dedupe key, because what it waited for has come; its id."""
    found = await tx.conn.execute(
        update(task)
        .where(task.c.practice_id == tx.practice_id, task.c.dedupe == dedupe, task.c.state.in_(LIVE))
        .values(state="done", done_at=tx.now, alert_at=None)
        .returning(task.c.id)
    )
    task_id: str | None = found.scalar_one_or_none()
    return task_id


async def alerted(tx: Tx, task_id: str, next_at: datetime | None) -> bool:
    """Count an alert of an open task and set the next; False when somebody has acknowledged it meanwhile."""
    c = task.c
    found = await tx.conn.execute(
        update(task)
        .where(c.practice_id == tx.practice_id, c.id == task_id, c.state == "open")
        .values(alerts=c.alerts + 1, alert_at=next_at)
    )
    return found.rowcount == 1


async def _change(tx: Tx, task_id: str, origins: Collection[str], values: dict[str, Any]) -> bool:
    found = await tx.conn.execute(
        update(task)
        .where(task.c.practice_id == tx.practice_id, task.c.id == task_id, task.c.state.in_(origins))
        .values(alert_at=None, **values)
    )
    return found.rowcount == 1


# --- reading ----------------------------------------------------------------------------------------------------


async def task_row(r: Reading, task_id: str) -> Task | None:
    """One task of this practice."""
    wanted = select(*_COLUMNS).where(task.c.practice_id == r.practice_id, task.c.id == task_id)
    row = (await r.conn.execute(wanted)).first()
    return None if row is None else Task(*row)


async def answered_at(r: Reading, dedupe: str) -> datetime | None:
    """When a person closed the task of a key; None while it waits, when it settled itself, and when there is none."""
    c = task.c
    wanted = select(c.done_at).where(
        c.practice_id == r.practice_id, c.dedupe == dedupe, c.state == "done", c.done_by.is_not(None)
    )
    found: datetime | None = (await r.conn.execute(wanted)).scalar_one_or_none()
    return found


async def live(r: Reading, limit: int = 200) -> tuple[Task, ...]:
    """What waits: urgent first, the oldest first among equals."""
    wanted = select(*_COLUMNS).where(task.c.practice_id == r.practice_id, task.c.state.in_(LIVE))
    rows = await r.conn.execute(wanted.order_by(task.c.urgent.desc(), task.c.opened_at, task.c.id).limit(limit))
    return tuple(Task(*row) for row in rows)


async def live_among(r: Reading, dedupe_keys: Collection[str]) -> frozenset[str]:
    """Which of these keys have a task that waits."""
    wanted = select(task.c.dedupe).where(
        task.c.practice_id == r.practice_id, task.c.dedupe.in_(sorted(dedupe_keys)), task.c.state.in_(LIVE)
    )
    return frozenset((await r.conn.execute(wanted)).scalars())


async def of_client(r: Reading, client_id: str, limit: int = 50) -> tuple[Task, ...]:
    """A client's tasks, newest first, done ones included."""
    wanted = select(*_COLUMNS).where(task.c.practice_id == r.practice_id, task.c.client_id == client_id)
    rows = await r.conn.execute(wanted.order_by(task.c.opened_at.desc(), task.c.id).limit(limit))
    return tuple(Task(*row) for row in rows)


async def recently_done(r: Reading, since: datetime, limit: int = 50) -> tuple[Task, ...]:
    """What was closed since an instant, newest first."""
    wanted = select(*_COLUMNS).where(
        task.c.practice_id == r.practice_id, task.c.state == "done", task.c.done_at >= since
    )
    rows = await r.conn.execute(wanted.order_by(task.c.done_at.desc(), task.c.id).limit(limit))
    return tuple(Task(*row) for row in rows)


async def waiting(r: Reading) -> Waiting:
    """The numbers beside "Inbox"."""
    wanted = (
        select(task.c.urgent, func.count())
        .where(task.c.practice_id == r.practice_id, task.c.state.in_(LIVE))
        .group_by(task.c.urgent)
    )
    counts: dict[bool, int] = {bool(row[0]): int(row[1]) for row in await r.conn.execute(wanted)}
    return Waiting(sum(counts.values()), counts.get(True, 0))


async def due_alerts(r: Reading) -> tuple[Task, ...]:
    """Open tasks whose on-call person is to be alerted now."""
    wanted = select(*_COLUMNS).where(
        task.c.practice_id == r.practice_id, task.c.state == "open", task.c.alert_at <= r.now
    )
    return tuple(Task(*row) for row in await r.conn.execute(wanted.order_by(task.c.alert_at, task.c.id)))
