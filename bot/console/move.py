"""The page that moves a visit: free times to pick from, or one typed in; then one action.

Invariant: whoever holds the time is named before it is taken from them, and the old time stays theirs until the new
one is booked.
"""

from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.console.book_of_names import names
from bot.console.booking import STEP_MINUTES, by_clinician
from bot.console.booking_words import OTHER, held_sentence, sentence
from bot.console.days import day_of, minute_of
from bot.console.desk import actor_of, after, reading, show, viewer_of, writing
from bot.console.said import Said
from bot.web.dates import clock_time
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.pages import is_fragment, page
from scheduler import access
from scheduler.actions.book import with_buffers
from scheduler.actions.move import move
from scheduler.appointments.store import Visit
from scheduler.calendar import store as calendar
from scheduler.calendar.open_times import OpenTime, open_times
from scheduler.calendar.store import Hold
from scheduler.calendar.wallclock import Span, at_minute, day_span, is_gap, local_day, zone_of
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Reading, Tx
from scheduler.people import store as people

WRITE: Final = "appointment.write"


async def show_move(request: web.Request) -> web.Response:
    """Free times on the visit's day, or on the day asked for."""
    async with reading(request) as r:
        visit = await access.participation(r, actor_of(request), request.match_info["visit"], WRITE)
        day = day_of(request.query.get("day", ""), local_day(visit.starts_at, viewer_of(request).zone))
        context = await _context(request, r, visit, day, visit.clinician_id, EMPTY)
    return await show(request, "console/move.html", context)


async def move_visit(request: web.Request) -> web.Response:
    """Show the free times of another day, or move."""
    form = await sent_form(request)
    act = form.value("act")
    if act not in {"move", "over"}:
        return await _times_again(request, form)
    held: tuple[Hold, ...] = ()
    try:
        async with writing(request) as tx:
            visit = await access.participation(tx, actor_of(request), request.match_info["visit"], WRITE)
            clinician_id, starts_at = _wanted(form, visit, viewer_of(request).zone.key)
            await access.clinician(tx, actor_of(request), clinician_id, WRITE)
            if act != "over":
                held = await _holds(tx, visit, clinician_id, starts_at)
                if held:
                    raise Conflict("time_held")
            await move(
                tx,
                visit.appointment_id,
                starts_at=starts_at,
                by="client" if form.value("by") == "client" else "practice",
                clinician_id=clinician_id,
                over_holds=act == "over",
            )
    except (Invalid, Conflict) as error:
        return await _again(request, form, error, held)
    return after(request, f"/console/visits/{request.match_info['visit']}", Said("moved"))


def _wanted(form: Form, visit: Visit, zone_name: str) -> tuple[str, datetime]:
    pick = form.value("pick")
    if pick and pick != OTHER:
        at, _, clinician_id = pick.partition("|")
        try:
            starts_at = datetime.fromisoformat(at)
        except ValueError:
            raise Invalid("time_needed", field="time") from None
        if starts_at.tzinfo is None:
            raise Invalid("time_needed", field="time")
        return clinician_id, starts_at
    minute, zone = minute_of(form.value("time")), zone_of(visit.zone or zone_name)
    if minute is None:
        raise Invalid("time_needed", field="time")
    day = day_of(form.value("day"), local_day(visit.starts_at, zone))
    if is_gap(datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute), zone):
        raise Invalid("time_skipped", field="time")
    return form.value("clinician") or visit.clinician_id, at_minute(day, minute, zone)


async def _holds(tx: Tx, visit: Visit, clinician_id: str, starts_at: datetime) -> tuple[Hold, ...]:
    service = await people.service(tx, visit.service_id)
    if service is None:
        raise NotFound("service")
    span = with_buffers(Span(starts_at, starts_at + timedelta(minutes=service.duration_minutes)), service)
    return await calendar.holds_over(tx, clinician_id, span.starts_at, span.ends_at)


async def _times_again(request: web.Request, form: Form) -> web.Response:
    async with reading(request) as r:
        visit = await access.participation(r, actor_of(request), request.match_info["visit"], WRITE)
        day = day_of(form.value("day"), local_day(visit.starts_at, viewer_of(request).zone))
        context = await _context(request, r, visit, day, form.value("clinician"), form)
    if is_fragment(request):
        return page(request, "console/_move_times.html", context)
    return await show(request, "console/move.html", context)


async def _again(
    request: web.Request, form: Form, error: Invalid | Conflict, held: tuple[Hold, ...]
) -> web.Response:
    viewer = viewer_of(request)
    if not held:
        form = form.with_error("time", sentence(error))
    async with reading(request) as r:
        visit = await access.participation(r, actor_of(request), request.match_info["visit"], WRITE)
        day = day_of(form.value("day"), local_day(visit.starts_at, viewer.zone))
        context = await _context(request, r, visit, day, form.value("clinician"), form)
    context["held"] = [
        held_sentence(each.kind, clock_time(each.expires_at, viewer.zone, viewer.locale)) for each in held
    ]
    status = HTTPStatus.CONFLICT if isinstance(error, Conflict) else HTTPStatus.UNPROCESSABLE_ENTITY
    return await show(request, "console/move.html", context, status=status)


async def _context(
    request: web.Request, r: Reading, visit: Visit, day: date, clinician_id: str, form: Form
) -> dict[str, Any]:
    actor, book = actor_of(request), await names(r)
    own = await access.own_clinician(r, actor, WRITE)
    clinicians = [each for each in book.working() if own in {None, each.id}]
    client = (await people.clients(r, (visit.client_id,)))[visit.client_id]
    mine = [each.id for each in clinicians if clinician_id in {"", each.id}]
    times = await _free(request, r, visit, day, mine)
    return {
        "visit": visit,
        "client": client,
        "old_day": local_day(visit.starts_at, viewer_of(request).zone),
        "day": day,
        "form": Form({**form.values, "day": day.isoformat(), "clinician": clinician_id}, form.errors),
        "clinicians": [(each.id, each.name) for each in clinicians],
        "any_clinician": "Any clinician" if len(clinicians) > 1 else "",
        "names": book,
        "times": by_clinician(times, book),
        "picked": form.value("pick"),
        "held": [],
    }


async def _free(
    request: web.Request, r: Reading, visit: Visit, day: date, clinician_ids: list[str]
) -> tuple[OpenTime, ...]:
    span = day_span(day, viewer_of(request).zone)
    earliest = max(span.starts_at, r.now)
    if earliest >= span.ends_at:
        return ()
    return await open_times(
        r,
        clinician_ids=clinician_ids,
        service_id=visit.service_id,
        earliest=earliest,
        latest=span.ends_at,
        step_minutes=STEP_MINUTES,
    )


def install_move(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/console/visits/{visit:[0-9a-f]{32}}/move", show_move, name="visit.move")
    app.router.add_post("/console/visits/{visit:[0-9a-f]{32}}/move", move_visit)
