"""The page /console/marks: who came and who missed, for all visits that nobody has marked yet, written down at once.

Nothing is chosen beforehand: "everybody else came" is a person's word, given by its own button. Invariant: a visit
that is neither ticked nor covered by that word stays unmarked.
"""

from typing import Any, Final

from aiohttp import web

from bot.console import day_rows
from bot.console.book_of_names import names
from bot.console.day_rows import Shown
from bot.console.desk import actor_of, after, reading, show, writing
from bot.console.said import Said
from bot.web.forms import Form, sent_form
from scheduler import access
from scheduler.actions.attend import Marked, attend
from scheduler.appointments.store import Visit
from scheduler.attendance import store as attendance
from scheduler.attendance.states import Attendance
from scheduler.core.actor import Actor
from scheduler.core.record import Reading
from scheduler.people import store as people

MARK: Final = "attendance.mark"
PLACE: Final = "/console/marks"
AT_ONCE: Final = 100
_MEANT: Final = {"came": Attendance.ARRIVED, "missed": Attendance.MISSED}


async def show_marks(request: web.Request) -> web.Response:
    """Everything that is over and unmarked, the oldest first."""
    async with reading(request) as r:
        context = await _context(r, actor_of(request))
    return await show(request, "console/marks.html", context)


async def mark_many(request: web.Request) -> web.Response:
    """Mark what was ticked; with that button, everybody else who was listed as having come."""
    form = await sent_form(request)
    others = _MEANT["came"] if form.value("act") == "others_came" else None
    async with writing(request) as tx:
        done = [
            await attend(tx, each.participation_id, to)
            for each in await _unmarked(tx, actor_of(request))
            if (to := _meant(form, each, others)) is not None
        ]
    count = sum(isinstance(each, Marked) for each in done)
    return after(request, PLACE, Said("marked_many", count=count) if count else Said("marked_none"))


def _meant(form: Form, visit: Visit, others: Attendance | None) -> Attendance | None:
    """What the form says of a visit; nothing of one that it did not list."""
    if f"listed-{visit.participation_id}" not in form.values:
        return None
    return _MEANT.get(form.value(visit.participation_id), others)


async def _unmarked(r: Reading, actor: Actor) -> tuple[Visit, ...]:
    own = await access.own_clinician(r, actor, MARK)
    return await attendance.unmarked(r, clinician_id=own, limit=AT_ONCE)


async def _context(r: Reading, actor: Actor) -> dict[str, Any]:
    visits = await _unmarked(r, actor)
    clients = await people.clients(r, {each.client_id for each in visits})
    shown = Shown(await names(r), clients, r.now, False, True, False)
    return {"rows": [day_rows.visit_row(each, shown) for each in visits], "most": AT_ONCE}


def install_marks(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get(PLACE, show_marks, name="marks")
    app.router.add_post(PLACE, mark_many, name="marks.save")
