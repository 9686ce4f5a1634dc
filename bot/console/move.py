"""The page that moves a visit: free times to pick from, or one typed in; then one action.

Invariant: whoever holds the time is named before it is taken from them, and the old time stays theirs until the new
one is booked.
"""

from datetime import date
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.console.book_of_names import names
from bot.console.booking_words import sentence
from bot.console.days import day_of
from bot.console.desk import actor_of, after, reading, show, viewer_of, writing
from bot.console.said import Said
from bot.console.times_to_book import AskFirst, ask_first, by_clinician, free_on, wanted_time
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.pages import is_fragment, page
from scheduler import access
from scheduler.actions.move import move
from scheduler.appointments.store import Visit
from scheduler.calendar.wallclock import local_day
from scheduler.core.errors import Conflict, Invalid
from scheduler.core.record import Reading
from scheduler.people import store as people

WRITE: Final = "appointment.write"


async def show_move(request: web.Request) -> web.Response:
    """Free times on the visit's day, or on the day asked for."""
    async with reading(request) as r:
        visit = await access.participation(r, actor_of(request), request.match_info["visit"], WRITE)
        if not visit.is_active or visit.starts_at <= r.now:
            why = "not_already_started" if visit.is_active else "not_cancelled"
            return after(request, f"/console/visits/{visit.participation_id}", Said(why))
        day = day_of(request.query.get("day", ""), local_day(visit.starts_at, viewer_of(request).zone))
        context = await _context(request, r, visit, day, visit.clinician_id, EMPTY)
    return await show(request, "console/move.html", context)


async def move_visit(request: web.Request) -> web.Response:
    """Show the free times of another day, or move."""
    form = await sent_form(request)
    act = form.value("act")
    if act not in {"move", "over"}:
        return await _times_again(request, form)
    try:
        async with writing(request) as tx:
            visit = await access.participation(tx, actor_of(request), request.match_info["visit"], WRITE)
            zone = viewer_of(request).zone
            clinician_id, starts_at = wanted_time(form, local_day(visit.starts_at, zone), visit.clinician_id, zone)
            await access.clinician(tx, actor_of(request), clinician_id, WRITE)
            if act != "over":
                await ask_first(
                    tx,
                    service_id=visit.service_id,
                    clinician_id=clinician_id,
                    starts_at=starts_at,
                    client_ids=(visit.client_id,),
                    moved=visit.appointment_id,
                )
            await move(
                tx,
                visit.appointment_id,
                starts_at=starts_at,
                by="client" if form.value("by") == "client" else "practice",
                clinician_id=clinician_id,
                over_holds=act == "over",
            )
    except (Invalid, Conflict) as error:
        return await _again(request, form, error)
    return after(request, f"/console/visits/{request.match_info['visit']}", Said("moved"))


async def _times_again(request: web.Request, form: Form) -> web.Response:
    async with reading(request) as r:
        visit = await access.participation(r, actor_of(request), request.match_info["visit"], WRITE)
        day = day_of(form.value("day"), local_day(visit.starts_at, viewer_of(request).zone))
        context = await _context(request, r, visit, day, form.value("clinician"), form)
    if is_fragment(request):
        return page(request, "console/_move_times.html", context)
    return await show(request, "console/move.html", context)


async def _again(request: web.Request, form: Form, error: Invalid | Conflict) -> web.Response:
    viewer = viewer_of(request)
    held = error.sentences(viewer) if isinstance(error, AskFirst) else []
    if not held:
        form = form.with_error(
            "day" if isinstance(error, Invalid) and error.field == "day" else "time", sentence(error)
        )
    async with reading(request) as r:
        visit = await access.participation(r, actor_of(request), request.match_info["visit"], WRITE)
        day = day_of(form.value("day"), local_day(visit.starts_at, viewer.zone))
        context = await _context(request, r, visit, day, form.value("clinician"), form)
    status = HTTPStatus.CONFLICT if isinstance(error, Conflict) else HTTPStatus.UNPROCESSABLE_ENTITY
    return await show(request, "console/move.html", {**context, "held": held}, status=status)


async def _context(
    request: web.Request, r: Reading, visit: Visit, day: date, clinician_id: str, form: Form
) -> dict[str, Any]:
    actor, book = actor_of(request), await names(r)
    own = await access.own_clinician(r, actor, WRITE)
    clinicians = [each for each in book.working() if own in {None, each.id}]
    client = (await people.clients(r, (visit.client_id,)))[visit.client_id]
    mine = [each.id for each in clinicians if clinician_id in {"", each.id}]
    times = await free_on(r, day, viewer_of(request).zone, service_id=visit.service_id, clinician_ids=mine)
    return {
        "visit": visit,
        "client": client,
        "old_day": local_day(visit.starts_at, viewer_of(request).zone),
        "follow": f"/console/series/{visit.series_id}/move?from={local_day(visit.starts_at, viewer_of(request).zone)}"
        if visit.series_id
        else "",
        "day": day,
        "form": Form({**form.values, "day": day.isoformat(), "clinician": clinician_id}, form.errors),
        "clinicians": [(each.id, each.name) for each in clinicians],
        "any_clinician": "Any clinician" if len(clinicians) > 1 else "",
        "names": book,
        "times": by_clinician(times, book),
        "picked": form.value("pick"),
        "held": [],
    }


def install_move(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/console/visits/{visit:[0-9a-f]{32}}/move", show_move, name="visit.move")
    app.router.add_post("/console/visits/{visit:[0-9a-f]{32}}/move", move_visit)
