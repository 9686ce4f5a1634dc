"""What a button about a visit does: one action, one commit, and back to the page it was pressed on.

Here live marking, confirming, cancelling and taking back; moving has a page of its own (move.py). What an action
refuses is said on the page it was asked from. Invariant: no visit is reached but through `scheduler.access`.
"""

from datetime import datetime
from typing import Final

from aiohttp import web

from bot.console.days import day_of, minute_of
from bot.console.desk import actor_of, after, back_to, reading, viewer_of, writing
from bot.console.said import Said
from bot.console.standing import before_this_mark
from bot.web.forms import sent_form
from messages import outbox_store
from messages.kinds import Kind
from scheduler import access
from scheduler.actions.attend import Marked, attend
from scheduler.actions.cancel import By, Cancelled, cancel
from scheduler.actions.confirm import Confirmed, confirm
from scheduler.actions.restore import Restored, restore
from scheduler.appointments.store import Visit
from scheduler.attendance.states import Attendance
from scheduler.calendar.wallclock import at_minute, local_day
from scheduler.core.errors import Conflict, Invalid
from scheduler.core.record import Tx

MARK: Final = "attendance.mark"
WRITE: Final = "appointment.write"


async def mark(request: web.Request) -> web.Response:
    """Arrived, started, stopped, missed."""
    form = await sent_form(request)
    try:
        to = Attendance(form.value("to"))
    except ValueError:
        raise Invalid("mark_unknown", field="to") from None
    async with writing(request) as tx:
        visit = await _visit(request, tx, MARK)
        marked = await attend(tx, visit.participation_id, to)
    if isinstance(marked, Marked):
        return _back(request, form.value("back"), Said(to.value, visit.participation_id))
    return _back(request, form.value("back"), Said(f"not_{marked.reason}"))


async def unmark(request: web.Request) -> web.Response:
    """Take the last mark back: the visit stands as it did before it."""
    form = await sent_form(request)
    async with writing(request) as tx:
        visit = await _visit(request, tx, MARK)
        for target, at in before_this_mark(visit):
            done = await attend(tx, visit.participation_id, target, at=at)
            if not isinstance(done, Marked):
                raise Conflict("not_unmarked", participation=visit.participation_id)
    return _back(request, form.value("back"), Said("unmarked"))


async def confirm_visit(request: web.Request) -> web.Response:
    """The client said that they will come."""
    form = await sent_form(request)
    async with writing(request) as tx:
        visit = await _visit(request, tx, WRITE)
        done = await confirm(tx, visit.participation_id)
    said = Said("confirmed") if isinstance(done, Confirmed) else Said(f"not_{done.reason}")
    return _back(request, form.value("back"), said)


async def cancel_visit(request: web.Request) -> web.Response:
    """Cancel for the client (from when they said so) or for the practice."""
    form = await sent_form(request)
    by: By = "practice" if form.value("by") == "practice" else "client"
    async with writing(request) as tx:
        visit = await _visit(request, tx, WRITE)
        received_at = _received(request, form.value("day"), form.value("time"), tx.now) if by == "client" else None
        done = await cancel(tx, visit.participation_id, by=by, received_at=received_at)
    if not isinstance(done, Cancelled):
        return _back(request, form.value("back"), Said(f"not_{done.reason}"))
    code = "cancelled_late" if done.late else "cancelled"
    if by == "practice":
        code = "called_off" if await _is_told(request, visit) else "called_off_untold"
    return _back(request, form.value("back"), Said(code, visit.participation_id))


async def _is_told(request: web.Request, visit: Visit) -> bool:
    """Whether something is on its way to tell the client that the practice cancelled."""
    async with reading(request) as r:
        about = await outbox_store.messages_about(r, (visit.participation_id,))
    return any(each.kind is Kind.CLINICIAN_CANCELLED for each in about.get(visit.participation_id, ()))


async def restore_visit(request: web.Request) -> web.Response:
    """Undo a cancellation within its minutes."""
    form = await sent_form(request)
    async with writing(request) as tx:
        visit = await _visit(request, tx, WRITE)
        done = await restore(tx, visit.participation_id)
    said = Said("restored") if isinstance(done, Restored) else Said(f"not_{done.reason}")
    return _back(request, form.value("back"), said)


async def _visit(request: web.Request, tx: Tx, permission: str) -> Visit:
    return await access.participation(tx, actor_of(request), request.match_info["visit"], permission)


def _received(request: web.Request, day: str, time: str, now: datetime) -> datetime:
    """When the words reached the practice: now, unless both fields say otherwise; never the future."""
    zone = viewer_of(request).zone
    minute = minute_of(time)
    if minute is None:
        return now
    return min(now, at_minute(day_of(day, local_day(now, zone)), minute, zone))


def _back(request: web.Request, wanted: str, said: Said) -> web.Response:
    visit_page = f"/console/visits/{request.match_info['visit']}"
    return after(request, back_to(wanted, visit_page), said)


def install_visit_acts(app: web.Application) -> None:
    """Add the routes."""
    at = "/console/visits/{visit:[0-9a-f]{32}}"
    app.router.add_post(f"{at}/mark", mark, name="visit.mark")
    app.router.add_post(f"{at}/unmark", unmark, name="visit.unmark")
    app.router.add_post(f"{at}/confirm", confirm_visit, name="visit.confirm")
    app.router.add_post(f"{at}/cancel", cancel_visit, name="visit.cancel")
    app.router.add_post(f"{at}/restore", restore_visit, name="visit.restore")
