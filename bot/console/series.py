"""The page of a series: its rule in words, the visits to come, the days that could not be booked, and its end.

Invariant: ending a series goes through one action, which tells each client once.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.console import day_rows
from bot.console.book_of_names import names
from bot.console.booking_words import DAY_NEEDED
from bot.console.day_rows import Shown
from bot.console.desk import actor_of, after, reading, show, viewer_of, writing
from bot.console.said import Said
from bot.console.waitlist_join import sooner_than
from bot.web.dates import clock_time
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.keys import Viewer
from bot.web.typed import typed_day
from scheduler import access
from scheduler.actions.series import end_series
from scheduler.appointments import series_store
from scheduler.appointments import store as appointments
from scheduler.appointments.series_store import StoredSeries
from scheduler.calendar.series import occurrences
from scheduler.calendar.wallclock import at_minute, local_day, zone_of
from scheduler.core.errors import NotFound
from scheduler.core.record import Reading
from scheduler.people import store as people

WRITE: Final = "appointment.write"
SHOWN: Final = 12


async def show_series(request: web.Request) -> web.Response:
    """One series."""
    return await _shown(request, EMPTY)


async def end(request: web.Request) -> web.Response:
    """Cancel the visits from a day on."""
    form = await sent_form(request)
    day = typed_day(form.value("day"))
    if day is None:
        # No day stands in for one that cannot be read: it would cancel visits nobody meant.
        return await _shown(request, form.with_error("day", DAY_NEEDED), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    async with writing(request) as tx:
        stored = await series_of(request, tx)
        ended = await end_series(tx, stored.id, max(local_day(tx.now, zone_of(stored.zone)), day))
    return after(request, f"/console/series/{stored.id}", Said("series_ended", stored.id, len(ended)))


async def _shown(request: web.Request, form: Form, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    async with reading(request) as r:
        stored = await series_of(request, r)
        context = await _context(request, r, stored)
    return await show(request, "console/series.html", {**context, "form": form}, status=status)


async def series_of(request: web.Request, r: Reading) -> StoredSeries:
    """The series, if its clinician's calendar is within reach.

    Raises:
        Forbidden, NotFound: as `access.clinician`.
    """
    access.require(actor_of(request), WRITE)
    stored = await series_store.by_id(r, request.match_info["series"])
    if stored is None:
        raise NotFound("series", series=request.match_info["series"])
    await access.clinician(r, actor_of(request), stored.clinician_id, WRITE)
    return stored


async def _context(request: web.Request, r: Reading, stored: StoredSeries) -> dict[str, Any]:
    book, zone, viewer = await names(r), zone_of(stored.zone), viewer_of(request)
    clients = await people.clients(r, stored.client_ids)
    today = local_day(r.now, zone)
    shown = Shown(book, clients, r.now, True, False, False)
    known = await appointments.series_days(r, stored.id)
    missing = [
        each.day for each in occurrences(stored.rule, zone, first=today, last=stored.booked_until)
        if each.day not in known and each.starts_at > r.now
    ]  # fmt: skip
    ahead = [
        (visit, day_rows.visit_row(visit, shown))
        for appointment in (await appointments.series_appointments(r, stored.id, r.now))[:SHOWN]
        for visit in await appointments.visits_of_appointment(r, appointment.id)
    ]
    may_wait = len(stored.client_ids) == 1 and access.may(actor_of(request), "waitlist.write")
    return {
        "series": stored,
        "another": sooner_than(ahead[0][0], weekly=True) if may_wait and ahead else "",
        "clients": [clients[each] for each in stored.client_ids if each in clients],
        "rule": rule_in_words(stored, viewer),
        "clinician": book.clinician(stored.clinician_id),
        "service": book.service(stored.service_id),
        "ahead": ahead,
        "missing": missing,
        "tomorrow": today + timedelta(days=1),
        "ended": stored.state == "ended",
    }


def rule_in_words(stored: StoredSeries, viewer: Viewer) -> str:
    """How often, on which day, when."""
    zone = zone_of(stored.zone)
    first = at_minute(stored.rule.first_day, stored.rule.minute, zone)
    every = "Every week" if stored.rule.every_weeks == 1 else f"Every {stored.rule.every_weeks} weeks"
    return f"{every} on {first.astimezone(zone):%A}, {clock_time(first, zone, viewer.locale)}"


def install_series(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/console/series/{series:[0-9a-f]{32}}", show_series, name="series")
    app.router.add_post("/console/series/{series:[0-9a-f]{32}}/end", end, name="series.end")
