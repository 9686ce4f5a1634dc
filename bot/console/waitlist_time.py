"""The page that offers a time to the waitlist which nobody gave up.

Invariant: nothing that was typed is lost, and only calendars within the person's reach can be chosen.
"""

from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.console.book_of_names import names
from bot.console.days import minute_of
from bot.console.desk import RECORD, actor_of, after, reading, show, viewer_of, writing
from bot.console.said import Said
from bot.web.forms import Form, sent_form
from bot.web.typed import typed_day
from scheduler import access
from scheduler.calendar.wallclock import at_minute, local_day, zone_of
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Reading, Tx
from scheduler.people import store as people
from waitlist.actions.offer_time import offer_time

WRITE: Final = "waitlist.write"
HERE: Final = "/console/waitlist/time"
RHYTHMS: Final = (("1", "Every week from then on"), ("2", "Every two weeks from then on"))
SENTENCES: Final = {
    "day_unclear": ("day", "Enter a day, such as 2026-03-05"),
    "time_unclear": ("time", "Enter a time, such as 14:30"),
    "too_soon": ("time", "That starts too soon for anybody to answer and come; choose a later time"),
    "time_taken": ("time", "A visit is booked then; choose another time, or move the visit first"),
    "offered_already": ("time", "That time is being offered already"),
}
"""The field at fault and what to do, by what the action objects to."""


async def show_time(request: web.Request) -> web.Response:
    """The empty form."""
    now = request.config_dict[RECORD].clock.now()
    return await _shown(request, Form({"day": local_day(now, viewer_of(request).zone).isoformat()}))


async def take_time(request: web.Request) -> web.Response:
    """Put the time up."""
    form = await sent_form(request)
    try:
        async with writing(request) as tx:
            await _offer(request, tx, form)
    except (Invalid, Conflict) as error:
        name, sentence = SENTENCES.get(error.code, ("time", "That does not fit; check it and try again"))
        return await _shown(request, form.with_error(name, sentence), HTTPStatus.UNPROCESSABLE_ENTITY)
    return after(request, "/console/waitlist", Said("offered"))


async def _offer(request: web.Request, tx: Tx, form: Form) -> None:
    clinician = await access.clinician(tx, actor_of(request), form.value("clinician"), WRITE)
    places = await people.locations(tx, active_only=True)
    place = next((each for each in places if each.id == form.value("place")), places[0] if places else None)
    if place is None:
        raise NotFound("location")
    day, minute = typed_day(form.value("day")), minute_of(form.value("time"))
    if day is None:
        raise Invalid("day_unclear", field="day")
    if minute is None:
        raise Invalid("time_unclear", field="time")
    rhythms = {key: int(key) for key, _ in RHYTHMS}
    await offer_time(
        tx,
        clinician_id=clinician.id,
        service_id=form.value("service"),
        location_id=place.id,
        starts_at=at_minute(day, minute, zone_of(place.zone)),
        every_weeks=rhythms.get(form.value("rhythm")),
    )


async def _shown(request: web.Request, form: Form, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    access.require(actor_of(request), WRITE)
    async with reading(request) as r:
        context = {**await _choices(request, r), "form": form}
    return await show(request, "console/waitlist_time.html", context, status=status)


async def _choices(request: web.Request, r: Reading) -> dict[str, Any]:
    book, own = await names(r), await access.own_clinician(r, actor_of(request), WRITE)
    return {
        "clinicians": [(each.id, each.name) for each in book.working() if own in {None, each.id}],
        "services": [(each.id, each.name) for each in sorted(book.offered(), key=lambda each: each.capacity > 1)],
        "places": [(each.id, each.name) for each in await people.locations(r, active_only=True)],
        "rhythms": RHYTHMS,
    }


def install_time(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get(HERE, show_time, name="waitlist.time")
    app.router.add_post(HERE, take_time, name="opening.make")
