"""The page that books: who, what, with whom, and when; once or as a series.

Free times are shown to pick from; any other time may be typed, since staff are not bound by the hours clients see.
A time that somebody holds, or that lies outside the hours, is booked only after saying so. Invariant: what was typed
is never lost, and a time is booked by one action that the database may still refuse.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.console.book_of_names import Names, names
from bot.console.booking_words import ANY, OTHER, REPEATS, sentence
from bot.console.days import clock_field, day_of, minute_of
from bot.console.desk import RECORD, actor_of, after, reading, show, viewer_of, writing
from bot.console.said import Said
from bot.console.search import find
from bot.console.times_to_book import (
    AskFirst,
    ask_first,
    by_clinician,
    free_on,
    needed_day,
    same_day,
    same_time,
    typed_time,
)
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.pages import is_fragment, page
from bot.web.readable import posted
from bot.web.typed import typed_instant
from scheduler import access
from scheduler.actions.book import book
from scheduler.actions.series import start_series
from scheduler.calendar.open_times import OpenTime
from scheduler.calendar.series import Series
from scheduler.calendar.wallclock import local_day, minute_of_day, to_local, zone_of
from scheduler.core.errors import Conflict, Invalid
from scheduler.core.record import Reading, Tx
from scheduler.people import store as people
from scheduler.people.store import Client

WRITE: Final = "appointment.write"
MATCHES: Final = 8
LONGEST_SEARCH: Final = 80


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a form asks for, as far as it is filled in."""

    client_ids: tuple[str, ...]
    find: str
    service_id: str
    clinician_id: str
    location_id: str
    day: date
    day_typed: str
    pick: str
    time: str
    repeat: str
    until: str
    over: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A time with a clinician at a place: what is to be booked."""

    clinician_id: str
    location_id: str
    starts_at: datetime


async def show_booking(request: web.Request) -> web.Response:
    """The form, as far as the address fills it in: client, clinician, service, day, or an instant."""
    asked = request.query
    async with reading(request) as r:
        access.require(actor_of(request), WRITE)
        today = local_day(r.now, viewer_of(request).zone)
        book_ = await names(r)
        wanted = Wanted(
            (asked["client"],) if "client" in asked else (),
            "",
            asked.get("service", ""),
            asked.get("clinician", ""),
            "",
            day_of(asked.get("day", ""), today),
            "",
            "",
            "",
            "",
            "",
            over=False,
        )
        at = typed_instant(asked.get("at", ""))
        if at is not None:
            local = to_local(at, viewer_of(request).zone)
            wanted = replace(wanted, day=local.date(), time=clock_field(minute_of_day(local)), pick=OTHER)
        context = await _context(request, r, book_, _completed(wanted, book_), EMPTY)
    return await show(request, "console/booking.html", context)


async def book_visit(request: web.Request) -> web.Response:
    """Find clients, show free times, or book, as the button says."""
    form, wanted = await _read(request)
    act = form.value("act")
    if act == "book" or wanted.over:
        return await _book(request, form, wanted)
    async with reading(request) as r:
        book_ = await names(r)
        context = await _context(request, r, book_, _completed(wanted, book_), form)
    if is_fragment(request):
        return page(request, f"console/_booking_{'clients' if act == 'find' else 'times'}.html", context)
    return await show(request, "console/booking.html", context)


async def _book(request: web.Request, form: Form, wanted: Wanted) -> web.Response:
    actor = actor_of(request)
    access.require(actor, WRITE)
    form = _unfilled(form, wanted)
    if form.errors:
        return await _shown_again(request, form, wanted, [], HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        async with writing(request) as tx:
            book_ = await names(tx)
            wanted = _completed(wanted, book_)
            place = _place(wanted, book_, viewer_of(request).zone)
            await access.clinician(tx, actor, place.clinician_id, WRITE)
            await _within_reach(request, tx, wanted)
            if not wanted.over:
                await ask_first(
                    tx,
                    service_id=wanted.service_id,
                    clinician_id=place.clinician_id,
                    starts_at=place.starts_at,
                    client_ids=wanted.client_ids,
                )
            if wanted.repeat in dict(REPEATS):
                return await _series(request, tx, wanted, place)
            booked = await book(
                tx,
                clinician_id=place.clinician_id,
                service_id=wanted.service_id,
                location_id=place.location_id,
                client_ids=wanted.client_ids,
                starts_at=place.starts_at,
                over_holds=wanted.over,
            )
        return after(request, f"/console/visits/{booked.participation_ids[0]}", Said("booked"))
    except (Invalid, Conflict) as error:
        return await _again(request, form, wanted, error)


def _unfilled(form: Form, wanted: Wanted) -> Form:
    """The form with all that is left to choose, said at once."""
    typed = wanted.pick in {"", OTHER}
    missing = {
        "client_needed": not wanted.client_ids,
        "clinician_needed": typed and bool(wanted.time) and not wanted.clinician_id,
        "time_needed": typed and not wanted.time,
    }
    for code in (each for each, true in missing.items() if true):
        form = form.with_error(code.removesuffix("_needed"), sentence(Invalid(code)))
    return form


async def _series(request: web.Request, tx: Tx, wanted: Wanted, place: Place) -> web.Response:
    local = to_local(place.starts_at, await _zone(tx, place.location_id))
    last = None
    if wanted.until.strip():
        last = day_of(wanted.until, date.min)
        if last < local.date():
            raise Invalid("until_before_first", field="until")
    rule = Series(local.date(), minute_of_day(local), every_weeks=int(wanted.repeat), last_day=last)
    done = await start_series(
        tx,
        rule,
        clinician_id=place.clinician_id,
        service_id=wanted.service_id,
        location_id=place.location_id,
        client_ids=wanted.client_ids,
    )
    return after(request, f"/console/series/{done.series_id}", Said("booked_series", count=len(done.booked)))


async def _again(request: web.Request, form: Form, wanted: Wanted, error: Invalid | Conflict) -> web.Response:
    """The form as it was filled in, with what does not fit; a time to be asked about is asked about."""
    held = error.sentences(viewer_of(request)) if isinstance(error, AskFirst) else []
    if not held:
        field = (error.field if isinstance(error, Invalid) else None) or "time"
        form = form.with_error({"starts_at": "time"}.get(field, field), sentence(error))
    status = HTTPStatus.CONFLICT if isinstance(error, Conflict) else HTTPStatus.UNPROCESSABLE_ENTITY
    return await _shown_again(request, form, wanted, held, status)


async def _shown_again(
    request: web.Request, form: Form, wanted: Wanted, held: Sequence[str], status: HTTPStatus
) -> web.Response:
    async with reading(request) as r:
        book_ = await names(r)
        context = await _context(request, r, book_, _completed(wanted, book_), form)
    return await show(request, "console/booking.html", {**context, "held": held}, status=status)


async def _read(request: web.Request) -> tuple[Form, Wanted]:
    form = await sent_form(request)
    sent = await posted(request)
    today = local_day(viewer_now(request), viewer_of(request).zone)
    chosen = tuple(dict.fromkeys(str(each) for each in sent.getall("client", ()) if isinstance(each, str)))
    return form, Wanted(
        chosen,
        form.value("find").strip()[:LONGEST_SEARCH],
        form.value("service"),
        form.value("clinician"),
        form.value("location"),
        day_of(form.value("day"), today),
        form.value("day", today.isoformat()),
        form.value("pick"),
        form.value("time"),
        form.value("repeat"),
        form.value("until"),
        over=form.value("act") == "over",
    )


def viewer_now(request: web.Request) -> datetime:
    """The instant of the record's clock."""
    return request.config_dict[RECORD].clock.now()


def _completed(wanted: Wanted, book_: Names) -> Wanted:
    """Choices that leave nothing to choose are made."""
    services, locations = book_.offered(), [each for each in book_.locations.values() if each.active]
    alone = [each for each in services if each.capacity == 1] or services
    service = wanted.service_id if wanted.service_id in book_.services else (alone[0].id if alone else "")
    location = wanted.location_id if wanted.location_id in book_.locations else (locations[0].id if locations else "")
    return replace(wanted, service_id=service, location_id=location)


def _place(wanted: Wanted, book_: Names, zone: ZoneInfo) -> Place:
    """The time that was picked or typed.

    Raises:
        Invalid: nothing was picked, a day or time that is none, a time of another day, or one that clocks skip.
    """
    if wanted.service_id not in book_.services:
        raise Invalid("service_needed", field="service")
    if wanted.pick and wanted.pick != OTHER:
        picked = _picked(wanted.pick)
        same_day(wanted.day_typed, picked.starts_at, zone)
        same_time(wanted.time, picked.starts_at, zone)
        return picked
    if wanted.clinician_id not in book_.clinicians:
        raise Invalid("clinician_needed", field="clinician")
    return Place(wanted.clinician_id, wanted.location_id, typed_time(needed_day(wanted.day_typed), wanted.time, zone))


def _picked(pick: str) -> Place:
    parts = pick.split("|")
    at = typed_instant(parts[0])
    if len(parts) != 3 or at is None:  # noqa: PLR2004 -- an instant, a clinician, a place
        raise Invalid("time_needed", field="time")
    return Place(parts[1], parts[2], at)


async def _within_reach(request: web.Request, tx: Tx, wanted: Wanted) -> None:
    for client_id in wanted.client_ids:
        await access.client(tx, actor_of(request), client_id, "client.read")


async def _zone(r: Reading, location_id: str) -> ZoneInfo:
    location = await people.location(r, location_id)
    return zone_of(location.zone if location else (await people.practice(r)).zone)


# --- what the form shows ----------------------------------------------------------------------------------------


async def _context(request: web.Request, r: Reading, book_: Names, wanted: Wanted, form: Form) -> dict[str, Any]:
    actor = actor_of(request)
    access.require(actor, WRITE)
    own = await access.own_clinician(r, actor, WRITE)
    clinicians = [each for each in book_.working() if own in {None, each.id}]
    times = await free_on(
        r,
        wanted.day,
        viewer_of(request).zone,
        service_id=wanted.service_id,
        clinician_ids=[each.id for each in clinicians if wanted.clinician_id in {"", each.id}],
    )
    chosen = [await access.client(r, actor, client_id, "client.read") for client_id in wanted.client_ids]
    picked = _matching(wanted, times, request)
    return {
        "form": Form(
            {
                **form.values,
                "service": wanted.service_id,
                "clinician": wanted.clinician_id or (own or ""),
                "location": wanted.location_id,
                "day": wanted.day.isoformat(),
                "time": wanted.time if picked in {"", OTHER} else "",
                "find": wanted.find,
            },
            form.errors,
        ),
        "chosen": chosen,
        "matches": await _matches(request, r, wanted, chosen),
        "searched": bool(wanted.find),
        "may_add": access.may(actor, "client.write"),
        "services": [(each.id, f"{each.name}, {each.duration_minutes} min") for each in book_.offered()],
        "clinicians": [(each.id, each.name) for each in clinicians],
        "any_clinician": ANY if own is None and len(clinicians) > 1 else "",
        "locations": [(each.id, each.name) for each in book_.locations.values() if each.active],
        "times": by_clinician(times, book_),
        "picked": picked,
        "day": wanted.day,
        "repeats": REPEATS,
        "held": [],
    }


async def _matches(request: web.Request, r: Reading, wanted: Wanted, chosen: Sequence[Client]) -> list[Client]:
    if not wanted.find:
        return []
    found = await find(r, actor_of(request), wanted.find, MATCHES)
    return [each for each in found if each.id not in {one.id for one in chosen}]


def _matching(wanted: Wanted, times: Sequence[OpenTime], request: web.Request) -> str:
    """What is picked: as sent, or the free time that an address named."""
    if wanted.pick and wanted.pick != OTHER:
        return wanted.pick
    minute = minute_of(wanted.time)
    for each in times:
        local = to_local(each.starts_at, viewer_of(request).zone)
        if minute is not None and minute_of_day(local) == minute and wanted.clinician_id == each.clinician_id:
            return pick_of(each)
    return OTHER if wanted.time else ""


def pick_of(time: OpenTime) -> str:
    """A free time as the value of its button."""
    return f"{time.starts_at.isoformat()}|{time.clinician_id}|{time.location_id}"


def install_booking(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/console/book", show_booking, name="book")
    app.router.add_post("/console/book", book_visit)
