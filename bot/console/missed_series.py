"""The inbox's question whether to keep a weekly time for somebody who misses it: what happened, and freeing it.

Keeping it is closing the task (inbox.py); freeing it ends the series by the action that any end goes through, and is
taken back like any end, by its undo. Invariant: nothing is freed but by somebody who may change that calendar.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from aiohttp import web

from bot.console.desk import actor_of, after, writing
from bot.console.said import Said
from bot.console.series import series_of
from messages import task_store, tasks
from messages.task_store import Task
from messages.tasks import TaskKind
from scheduler import access, tables
from scheduler.actions.series import end_series, resume_series
from scheduler.appointments import series_store
from scheduler.appointments import store as appointments
from scheduler.appointments.series_store import StoredSeries
from scheduler.calendar.wallclock import local_day, zone_of
from scheduler.core.actor import Actor
from scheduler.core.errors import Conflict, NotFound
from scheduler.core.record import Reading, Tx
from waitlist.missed_series import missed_since_asked

INBOX: Final = "/console/inbox"
WRITE: Final = "appointment.write"


@dataclass(frozen=True, slots=True)
class Missed:
    """What staff decide by. `next_at`: their next visit at that time, if one is booked; `may_free`: by this person."""

    series_id: str
    times: tuple[datetime, ...]
    next_at: datetime | None
    may_free: bool


async def what_was_missed(r: Reading, actor: Actor, task: Task) -> Missed | None:
    """The row a task is about; None when it is about something else, or the series has ended."""
    stored = await _series_of(r, task)
    if stored is None:
        return None
    ahead = await appointments.series_appointments(r, stored.id, r.now)
    own = await access.own_clinician(r, actor, WRITE) if access.may(actor, WRITE) else ""
    return Missed(
        stored.id,
        await missed_since_asked(r, stored.id),
        ahead[0].starts_at if ahead else None,
        own in {None, stored.clinician_id},
    )


async def free(request: web.Request) -> web.Response:
    """End the series from its next visit on; the task is done."""
    async with writing(request) as tx:
        task = await _task(request, tx)
        stored = await _series_of(tx, task)
        if stored is None:
            return after(request, INBOX, Said("not_series_over"))
        await access.clinician(tx, actor_of(request), stored.clinician_id, WRITE)
        await tasks.done(tx, task.id)
        ended = await end_series(tx, stored.id, await _from_day(tx, stored))
    return after(request, INBOX, Said("series_ended", stored.id, len(ended)))


async def resume(request: web.Request) -> web.Response:
    """Take the end of a series back, within the minutes in which its cancellations can be."""
    async with writing(request) as tx:
        stored = await series_of(request, tx)
        said = await _resumed(tx, stored)
    return after(request, f"/console/series/{stored.id}", said)


async def _resumed(tx: Tx, stored: StoredSeries) -> Said:
    ended_at = await series_store.ended_at(tx, stored.id)
    if stored.state != "ended" or ended_at is None:
        return Said("not_series_stands")
    try:
        await resume_series(tx, stored.id, ended_at)
    except Conflict:
        return Said("not_series_back")
    return Said("series_resumed")


async def _from_day(tx: Tx, stored: StoredSeries) -> date:
    zone = zone_of(stored.zone)
    ahead = await appointments.series_appointments(tx, stored.id, tx.now)
    return local_day(ahead[0].starts_at if ahead else tx.now + timedelta(days=1), zone)


async def _series_of(r: Reading, task: Task) -> StoredSeries | None:
    if task.kind != TaskKind.WEEKLY_MISSED:
        return None
    visit = await appointments.visit(r, task.participation_id or "")
    stored = await series_store.by_id(r, visit.series_id) if visit and visit.series_id else None
    return stored if stored is not None and stored.state == "active" else None


async def _task(request: web.Request, tx: Tx) -> Task:
    """The task, if it is within reach.

    Raises:
        Forbidden, NotFound: as `access.thing`.
    """
    task_id = request.match_info["task"]
    await access.thing(tx, actor_of(request), tables.task, task_id, "inbox.work")
    found = await task_store.task_row(tx, task_id)
    if found is None:
        raise NotFound("task", task=task_id)
    return found


def install_missed_series(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_post("/console/inbox/{task:[0-9a-f]{32}}/free", free, name="inbox.free")
    app.router.add_post("/console/series/{series:[0-9a-f]{32}}/resume", resume, name="series.resume")
