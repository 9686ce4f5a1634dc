"""Who keeps missing a weekly time: staff are asked whether to keep it for them, and nothing else happens by itself.

Subscribers of the scheduler's events. The row is counted by scheduler/attendance/missed_row.py (pure), how long it
must be is a term of the waitlist's policy, since what may be freed is a weekly time others wait for. Staff free it on
the task (bot/console/missed_series.py). Invariant: no visit ahead is touched here.
"""

from datetime import datetime, timedelta

from messages import task_store
from messages.tasks import TaskKind, open_task, settled
from scheduler.appointments import store as appointments
from scheduler.attendance import store as attendance
from scheduler.attendance.missed_row import missed_in_a_row
from scheduler.core.record import Reading, Tx
from scheduler.events import AttendanceMarked, SeriesEnded
from waitlist import policy_store

LOOKED_BACK = timedelta(weeks=52)


async def on_attendance(tx: Tx, event: AttendanceMarked) -> None:
    """Ask, once the row is as long as the practice wants it; take the question back when a mark is corrected."""
    visit = await appointments.visit(tx, event.participation_id)
    if visit is None or visit.series_id is None:
        return
    wanted = (await policy_store.policy(tx)).ask_after_missed
    key = task_key(visit.series_id)
    missed = await missed_since_asked(tx, visit.series_id)
    if not wanted or len(missed) < wanted:
        await settled(tx, key)
    elif await appointments.series_appointments(tx, visit.series_id, tx.now):
        await open_task(
            tx, TaskKind.WEEKLY_MISSED, dedupe=key, client_id=visit.client_id, participation_id=visit.participation_id
        )


async def on_series_ended(tx: Tx, event: SeriesEnded) -> None:
    """There is nothing left to keep."""
    await settled(tx, task_key(event.series_id))


async def missed_since_asked(r: Reading, series_id: str) -> tuple[datetime, ...]:
    """The visits missed in a row up to now, but those that staff knew of when they last said to keep the time."""
    answered = await task_store.answered_at(r, task_key(series_id))
    row = missed_in_a_row(await attendance.begun_of_series(r, series_id, r.now - LOOKED_BACK))
    return tuple(each for each in row if answered is None or each > answered)


def task_key(series_id: str) -> str:
    """One question for each series."""
    return f"weekly_missed:{series_id}"
