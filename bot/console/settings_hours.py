"""The page of one clinician: /console/settings/clinicians/...: name, weekly hours, and the days that differ.

Reading the rows of the form is week_form.py's. Invariant: hours that close over booked visits leave them standing, and
the page says how many there are.
"""

from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from babel import Locale
from babel.dates import get_day_names

from bot.console.desk import actor_of, after, reading, show, viewer_of, writing
from bot.console.said import Said
from bot.console.settings_form import UNFIT, keep, read_form
from bot.console.settings_words import refusal
from bot.console.week_form import (
    EXCEPTION_KINDS,
    WindowRow,
    exception_words,
    read_exceptions,
    read_week,
    sent_week,
    week_rows,
)
from bot.web import dates
from bot.web.forms import EMPTY, Form
from bot.web.keys import CLOCK, Viewer
from bot.web.typed import typed_day
from scheduler import access
from scheduler.actions.practice import add_clinician, add_exception, edit_clinician, remove_exception, set_week
from scheduler.appointments import store as appointments
from scheduler.calendar.availability import DayException
from scheduler.calendar.wallclock import Span, at_minute, day_span, zone_of
from scheduler.core.errors import Invalid, NotFound
from scheduler.core.record import Reading, Tx
from scheduler.people import hours_store
from scheduler.people import store as people
from scheduler.people.hours_store import ListedException
from waitlist.actions.offer_hours import offer_hours

SETTINGS: Final = "/console/settings"
NEW: Final = f"{SETTINGS}/clinicians/new"
ONE: Final = SETTINGS + "/clinicians/{id:[0-9a-f]{32}}"


def install_hours(app: web.Application) -> None:
    """Add the page and its acts."""
    app.router.add_get(NEW, show_new, name="console.settings_clinician_new")
    app.router.add_post(NEW, add, name="console.settings_clinician_add")
    app.router.add_get(ONE, show_clinician, name="console.settings_clinician")
    app.router.add_post(ONE, save, name="console.settings_clinician_save")
    app.router.add_post(f"{ONE}/week", save_week, name="console.settings_week")
    app.router.add_post(f"{ONE}/days", add_days, name="console.settings_days")
    app.router.add_post(f"{ONE}/days/{{day:[0-9a-f]{{32}}}}/remove", remove_day, name="console.settings_day_remove")


async def show_new(request: web.Request) -> web.Response:
    """The form for a clinician who is not on file yet."""
    return await _new_page(request, EMPTY)


async def add(request: web.Request) -> web.Response:
    """Add a clinician, then lead to their hours."""
    form = await read_form(request)
    clinician_id, form = await keep(request, form, lambda tx: add_clinician(tx, form.value("name")), otherwise="name")
    if form.errors:
        return await _new_page(request, form, UNFIT)
    return after(request, f"{SETTINGS}/clinicians/{clinician_id}", Said("clinician_saved"))


async def show_clinician(request: web.Request) -> web.Response:
    """One clinician."""
    return await _shown(request, EMPTY)


async def save(request: web.Request) -> web.Response:
    """Save name and whether they can be booked."""
    form, who = await read_form(request), request.match_info["id"]
    name, active = form.value("name"), form.value("active") == "yes"
    _, form = await keep(request, form, lambda tx: edit_clinician(tx, who, name=name, active=active), otherwise="name")
    if form.errors:
        return await _shown(request, form, status=UNFIT)
    return after(request, _here(request), Said("clinician_saved"))


async def save_week(request: web.Request) -> web.Response:
    """Save the weekly hours from a day on."""
    form = await read_form(request)
    rows = sent_week(form)
    async with reading(request) as r:
        places, only = await _places(r)
    hours, errors = read_week(rows, frozenset(places), only)
    form = Form(form.values, errors)
    first = _first_day(request, form)
    if first is None:
        form = form.with_error("first_day", "Choose today or a later day")
    if form.errors or first is None:
        return await _shown(request, form, week=rows, status=UNFIT)
    try:
        async with writing(request) as tx:
            await set_week(tx, request.match_info["id"], hours, first)
    except Invalid as error:
        weekday = int(error.ids.get("weekday") or 0)
        form = form.with_error(f"d{weekday}-0-from", refusal(error))
        return await _shown(request, form, week=rows, status=UNFIT)
    return after(request, _here(request), Said("hours_saved"))


async def add_days(request: web.Request) -> web.Response:
    """Let one day, or a range of them, differ from the week."""
    form, who = await read_form(request), request.match_info["id"]
    async with reading(request) as r:
        places, only = await _places(r)
    wanted, form = read_exceptions(form, _today(request), frozenset(places), only)
    if form.errors:
        return await _shown(request, form, about="days", status=UNFIT)

    async def add_all(tx: Tx) -> int:
        for exception in wanted:
            await add_exception(tx, who, exception)
        return sum([await _offered(tx, who, exception, form.value("offer")) for exception in wanted])

    offered, form = await keep(request, form, add_all, otherwise="day")
    if form.errors:
        return await _shown(request, form, about="days", status=UNFIT)
    said = Said("day_saved_offered", count=offered) if offered else Said("day_saved")
    return after(request, f"{_here(request)}#days", said)


async def _offered(tx: Tx, clinician_id: str, extra: DayException, service_id: str) -> int:
    """How many times of extra hours go to the waitlist, as visits of a service; none if none was chosen."""
    place = await people.location(tx, extra.location_id or "")
    if extra.closed or not service_id or place is None:
        return 0
    zone = zone_of(place.zone)
    hours = Span(at_minute(extra.day, extra.start_minute, zone), at_minute(extra.day, extra.end_minute, zone))
    return await offer_hours(tx, clinician_id=clinician_id, service_id=service_id, location_id=place.id, hours=hours)


async def remove_day(request: web.Request) -> web.Response:
    """Let a day be like its weekday again."""
    access.require(actor_of(request), "settings.write")
    async with writing(request) as tx:
        await remove_exception(tx, request.match_info["day"])
    return after(request, f"{_here(request)}#days", Said("day_removed"))


def _here(request: web.Request) -> str:
    return f"{SETTINGS}/clinicians/{request.match_info['id']}"


def _today(request: web.Request) -> date:
    return dates.local(request.config_dict[CLOCK].now(), viewer_of(request).zone).date()


def _first_day(request: web.Request, form: Form) -> date | None:
    today = _today(request)
    first = typed_day(form.value("first_day")) if form.value("first_day") else today
    return first if first is not None and first >= today else None


async def _places(r: Reading) -> tuple[dict[str, str], str]:
    """Places in use by id, and the one to take where there is but one."""
    places = {place.id: place.name for place in await people.locations(r, active_only=True)}
    return places, next(iter(places)) if len(places) == 1 else ""


async def _new_page(request: web.Request, form: Form, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    access.require(actor_of(request), "settings.write")
    return await show(request, "console/settings_clinician_new.html", {"form": form}, status=status)


async def _shown(
    request: web.Request,
    form: Form,
    *,
    week: tuple[tuple[WindowRow, ...], ...] | None = None,
    about: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    """The page. `week` are the rows as typed; `about` says which form the errors belong to."""
    access.require(actor_of(request), "settings.write")
    viewer, today = viewer_of(request), _today(request)
    async with reading(request) as r:
        clinician = await people.clinician(r, request.match_info["id"])
        if clinician is None:
            raise NotFound("clinician")
        hours = await hours_store.week_in_force(r, clinician.id, today)
        listed = await hours_store.exceptions_from(r, today, clinician_id=clinician.id)
        counts = {each.id: await _booked_on(r, each, viewer) for each in listed}
        places, only = await _places(r)
        services = [(each.id, each.name) for each in await people.services(r, active_only=True)]
    names = get_day_names("wide", locale=Locale.parse(viewer.locale))
    own = {"name": clinician.name, "active": "yes" if clinician.active else ""}
    context: dict[str, Any] = {
        "clinician": clinician,
        "form": form,
        "about": about or ("week" if week is not None else "own"),
        "own_form": form if form.values and week is None and about != "days" else Form(own),
        "day_form": form if about == "days" else Form({"kind": "closed_day"}),
        "week": [(names[day], rows) for day, rows in enumerate(week or week_rows(hours))],
        "places": list(places.items()),
        "only": only,
        "first_day": form.value("first_day") if week is not None else today.isoformat(),
        "days": [_day(each, viewer, places, counts[each.id]) for each in listed],
        "kinds": EXCEPTION_KINDS,
        "services": services,
    }
    return await show(request, "console/settings_clinician.html", context, status=status)


async def _booked_on(r: Reading, listed: ListedException, viewer: Viewer) -> int:
    """Visits that stand in the minutes a clinician is away."""
    if not listed.exception.closed:
        return 0
    day = day_span(listed.exception.day, viewer.zone)
    visits = await appointments.visits_between(r, day.starts_at, day.ends_at, clinician_id=listed.clinician_id)
    shut = range(listed.exception.start_minute, listed.exception.end_minute)
    return sum(visit.is_active and _minute(visit.starts_at, viewer) in shut for visit in visits)


def _minute(instant: datetime, viewer: Viewer) -> int:
    local = dates.local(instant, viewer.zone)
    return local.hour * 60 + local.minute


def _day(listed: ListedException, viewer: Viewer, places: dict[str, str], booked: int) -> dict[str, Any]:
    exception = listed.exception
    ends = (_clock(exception.start_minute, viewer), _clock(exception.end_minute, viewer))
    return {
        "id": listed.id,
        "day": exception.day,
        "words": exception_words(exception, ends),
        "closed": exception.closed,
        "place": places.get(exception.location_id or "", ""),
        "booked": booked,
    }


def _clock(minute: int, viewer: Viewer) -> str:
    at = datetime(2024, 1, 10, minute // 60 % 24, minute % 60, tzinfo=viewer.zone)
    return dates.clock_time(at, viewer.zone, viewer.locale)
