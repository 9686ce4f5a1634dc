"""The page that moves a weekly time: from which visit on, to which day and hour, with whom; then one action.

What is unusual about the first new time is asked about as in any move (`over`), and which of the others cannot move
(`others`). Invariant: visits whose new time is taken or held are named before any of them moves, and keep the old one.
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
from bot.console.series import WRITE, rule_in_words, series_of
from bot.console.times_to_book import AskFirst, ask_first, by_clinician, free_on, wanted_time
from bot.web.dates import short_day
from bot.web.forms import Form, sent_form
from bot.web.keys import Viewer
from bot.web.pages import is_fragment, page
from bot.web.typed import typed_day
from scheduler import access
from scheduler.actions.move import MovedBy
from scheduler.actions.move_series import SeriesMoved, WeeklyTime, at_weekly_time, move_series
from scheduler.appointments import store as appointments
from scheduler.appointments.series_store import StoredSeries
from scheduler.calendar.wallclock import local_day, minute_of_day, to_local, zone_of
from scheduler.core.errors import Conflict, Invalid
from scheduler.core.record import Reading, Tx
from scheduler.people import store as people

NAMED: Final = 6
"""So many days are named; the others are counted."""


class SomeStay(Conflict):
    """Not every visit can move: nothing is moved until somebody has read which."""

    def __init__(self, moved: SeriesMoved) -> None:
        super().__init__("some_stay")
        self.moved = moved

    def sentences(self, viewer: Viewer) -> list[str]:
        """Which visits would keep their old time."""
        left = self.moved.left
        days = ", ".join(short_day(day, viewer.locale) for day in left[:NAMED])
        more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
        how_many = (
            f"Of {self.moved.moved + len(left)} visits, {len(left)} cannot move, since the new time is taken or held"
        )
        return [f"{how_many}: {days}{more}. They would keep their old time."]


async def show_move(request: web.Request) -> web.Response:
    """Free times on the day of the first visit that may move, or of the one asked for."""
    form = Form({"from": request.query.get("from", "")})
    async with reading(request) as r:
        stored = await series_of(request, r)
        context = await _context(request, r, stored, form)
    return await show(request, "console/series_move.html", context)


async def move_rest(request: web.Request) -> web.Response:
    """Show the free times of another day, or move."""
    form = await sent_form(request)
    act = form.value("act")
    if act not in {"move", "over", "others"}:
        return await _times_again(request, form)
    try:
        async with writing(request) as tx:
            stored = await series_of(request, tx)
            moved = await _move(request, tx, stored, form)
            if moved.left and act != "others":
                raise SomeStay(moved)
    except (Invalid, Conflict) as error:
        return await _again(request, form, error)
    return after(request, f"/console/series/{moved.series_id}", Said("series_moved", count=moved.moved))


def _is_over(form: Form) -> bool:
    """Whether somebody was told what is unusual about the first new time: just now, or before the others were named."""
    return form.value("act") == "over" or form.value("over") == "yes"


async def _move(request: web.Request, tx: Tx, stored: StoredSeries, form: Form) -> SeriesMoved:
    from_day = typed_day(form.value("from"))
    if from_day is None:
        raise Invalid("not_of_series", field="from")
    clinician_id, starts_at = wanted_time(form, from_day, stored.clinician_id, viewer_of(request).zone)
    await access.clinician(tx, actor_of(request), clinician_id, WRITE)
    if not _is_over(form):
        await ask_first(tx, service_id=stored.service_id, clinician_id=clinician_id, starts_at=starts_at)
    local = to_local(starts_at, zone_of(stored.zone))
    to = WeeklyTime(local.date(), minute_of_day(local), clinician_id)
    by: MovedBy = "client" if form.value("by") == "client" else "practice"
    return await move_series(tx, stored.id, from_day, to, by=by, over_holds=_is_over(form))


async def _times_again(request: web.Request, form: Form) -> web.Response:
    async with reading(request) as r:
        context = await _context(request, r, await series_of(request, r), form)
    if is_fragment(request):
        return page(request, "console/_move_times.html", context)
    return await show(request, "console/series_move.html", context)


async def _again(request: web.Request, form: Form, error: Invalid | Conflict) -> web.Response:
    held = error.sentences(viewer_of(request)) if isinstance(error, AskFirst | SomeStay) else []
    if not held:
        field = error.field if isinstance(error, Invalid) and error.field in {"day", "from"} else "time"
        form = form.with_error(field, sentence(error))
    async with reading(request) as r:
        context = await _context(request, r, await series_of(request, r), form)
    status = HTTPStatus.CONFLICT if isinstance(error, Conflict) else HTTPStatus.UNPROCESSABLE_ENTITY
    asked = {"held": held, "some_stay": isinstance(error, SomeStay), "over": _is_over(form)}
    return await show(request, "console/series_move.html", {**context, **asked}, status=status)


async def _context(request: web.Request, r: Reading, stored: StoredSeries, form: Form) -> dict[str, Any]:
    actor, viewer, book = actor_of(request), viewer_of(request), await names(r)
    own = await access.own_clinician(r, actor, WRITE)
    clinicians = [each for each in book.working() if own in {None, each.id}]
    visits = await _may_move(r, stored)
    first = _first(visits, form, local_day(r.now, viewer.zone))
    day, clinician_id = day_of(form.value("day"), first), form.value("clinician", stored.clinician_id)
    mine = [each.id for each in clinicians if clinician_id in {"", each.id}]
    times = await free_on(r, day, viewer.zone, service_id=stored.service_id, clinician_ids=mine)
    kept = {"from": first.isoformat(), "day": day.isoformat(), "clinician": clinician_id}
    return {
        "series": stored,
        "clients": list((await people.clients(r, stored.client_ids)).values()),
        "rule": rule_in_words(stored, viewer),
        "names": book,
        "visits": [(each.isoformat(), short_day(each, viewer.locale)) for each in visits],
        "day": day,
        "form": Form({**form.values, **kept}, form.errors),
        "clinicians": [(each.id, each.name) for each in clinicians],
        "times": by_clinician(times, book),
        "picked": form.value("pick"),
        "held": [],
    }


async def _may_move(r: Reading, stored: StoredSeries) -> tuple[date, ...]:
    """The days of the visits to come that stand at the weekly time."""
    following = await appointments.series_from(r, stored.id, local_day(r.now, zone_of(stored.zone)))
    ahead = [each for each in at_weekly_time(stored, following) if each.starts_at > r.now]
    return tuple(each.series_day for each in ahead if each.series_day)


def _first(visits: tuple[date, ...], form: Form, today: date) -> date:
    wanted = typed_day(form.value("from"))
    return wanted if wanted in visits and wanted else next(iter(visits), today)


def install_series_move(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/console/series/{series:[0-9a-f]{32}}/move", show_move, name="series.move")
    app.router.add_post("/console/series/{series:[0-9a-f]{32}}/move", move_rest)
