"""The pages of one location and of one service: /console/settings/locations/... and /console/settings/services/...

Clinicians have hours and a page of their own (settings_hours.py). Invariant: nothing is deleted; what is put out of use
is offered no more, and its visits stand.
"""

from http import HTTPStatus
from typing import Any, Final
from zoneinfo import available_timezones

from aiohttp import web

from bot.console.amounts import read_amount, typed_amount
from bot.console.desk import actor_of, after, reading, show
from bot.console.said import Said
from bot.console.settings_form import UNFIT, keep, read_form
from bot.console.settings_words import CODE_FAMILIES, MODALITIES
from bot.web.forms import EMPTY, Form
from bot.web.typed import typed_number
from scheduler import access
from scheduler.actions.practice import add_location, add_service, edit_location, edit_service
from scheduler.core.errors import NotFound
from scheduler.core.record import Tx
from scheduler.people import store as people
from scheduler.people.practice_fields import ServiceFields

SETTINGS: Final = "/console/settings"
LOCATION: Final = SETTINGS + "/locations/{id:new|[0-9a-f]{32}}"
SERVICE: Final = SETTINGS + "/services/{id:new|[0-9a-f]{32}}"
_SERVICE_NUMBERS: Final = ("duration_minutes", "buffer_before_minutes", "buffer_after_minutes", "capacity")
_NEW_SERVICE: Final = {
    "duration_minutes": "50", "buffer_before_minutes": "0", "buffer_after_minutes": "10", "capacity": "1",
    "modality": "in_person", "code_family": "psychotherapy", "active": "yes",
}  # fmt: skip


def install_places(app: web.Application) -> None:
    """Add both pages."""
    app.router.add_get(LOCATION, show_location, name="console.settings_location")
    app.router.add_post(LOCATION, save_location, name="console.settings_location_save")
    app.router.add_get(SERVICE, show_service, name="console.settings_service")
    app.router.add_post(SERVICE, save_service, name="console.settings_service_save")


async def show_location(request: web.Request) -> web.Response:
    """One place, or a new one."""
    return await _location_page(request, EMPTY)


async def save_location(request: web.Request) -> web.Response:
    """Save the place."""
    form, place_id = await read_form(request), request.match_info["id"]
    name, zone, active = form.value("name"), form.value("zone"), form.value("active") == "yes"

    async def save(tx: Tx) -> None:
        if place_id == "new":
            await add_location(tx, name, zone)
        else:
            await edit_location(tx, place_id, name=name, zone=zone, active=active)

    _, form = await keep(request, form, save, otherwise="zone")
    if form.errors:
        return await _location_page(request, form, UNFIT)
    return after(request, f"{SETTINGS}#locations", Said("location_saved"))


async def _location_page(request: web.Request, form: Form, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    access.require(actor_of(request), "settings.write")
    place_id = request.match_info["id"]
    async with reading(request) as r:
        found = None if place_id == "new" else await people.location(r, place_id)
        practice = await people.practice(r)
    if found is None and place_id != "new":
        raise NotFound("location")
    values = {"zone": practice.zone, "active": "yes"}
    if found is not None:
        values = {"name": found.name, "zone": found.zone, "active": "yes" if found.active else ""}
    context = {
        "form": form if form.values else Form(values),
        "title": found.name if found else "New location",
        "action": f"{SETTINGS}/locations/{place_id}",
        "new": found is None,
        "zones": sorted(available_timezones()),
    }
    return await show(request, "console/settings_location.html", context, status=status)


async def show_service(request: web.Request) -> web.Response:
    """One service, or a new one."""
    return await _service_page(request, EMPTY)


async def save_service(request: web.Request) -> web.Response:
    """Save the service. Booked visits keep their times."""
    form, service_id = await read_form(request), request.match_info["id"]
    async with reading(request) as r:
        currency = (await people.practice(r)).currency
    given, form = _read_service(form, currency, new=service_id == "new")
    if given is None:
        return await _service_page(request, form, UNFIT)
    fields = given

    async def save(tx: Tx) -> None:
        if service_id == "new":
            await add_service(tx, fields)
        else:
            await edit_service(tx, service_id, fields)

    _, form = await keep(request, form, save, otherwise="name", fields={"fee_minor": "fee"})
    if form.errors:
        return await _service_page(request, form, UNFIT)
    return after(request, f"{SETTINGS}#services", Said("service_saved"))


def _read_service(form: Form, currency: str, *, new: bool) -> tuple[ServiceFields | None, Form]:
    numbers: dict[str, int] = {}
    for name in _SERVICE_NUMBERS:
        typed = typed_number(form.value(name))
        if typed is None:
            form = form.with_error(name, "Enter a whole number")
        else:
            numbers[name] = typed
    fee = read_amount(form.value("fee") or "0", currency)
    if fee is None:
        form = form.with_error("fee", f"Enter an amount such as {typed_amount(15000, currency)}")
    if form.errors or fee is None:
        return None, form
    given = ServiceFields(
        name=form.value("name"),
        modality=form.value("modality"),
        code_family=form.value("code_family"),
        fee_minor=fee,
        active=new or form.value("active") == "yes",
        offers_seats=form.value("offers_seats") == "yes",
        **numbers,
    )
    return given, form


async def _service_page(request: web.Request, form: Form, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    access.require(actor_of(request), "settings.write")
    service_id = request.match_info["id"]
    async with reading(request) as r:
        found = None if service_id == "new" else await people.service(r, service_id)
        currency = (await people.practice(r)).currency
    if found is None and service_id != "new":
        raise NotFound("service")
    values: dict[str, Any] = dict(_NEW_SERVICE)
    if found is not None:
        values = {name: str(getattr(found, name)) for name in _SERVICE_NUMBERS}
        values |= {"name": found.name, "modality": found.modality, "code_family": found.code_family}
        values |= {"fee": typed_amount(found.fee_minor, currency), "active": "yes" if found.active else ""}
        values |= {"offers_seats": "yes" if found.offers_seats else ""}
    context = {
        "form": form if form.values else Form(values),
        "title": found.name if found else "New service",
        "action": f"{SETTINGS}/services/{service_id}",
        "new": found is None,
        "currency": currency,
        "modalities": MODALITIES,
        "code_families": CODE_FAMILIES,
    }
    return await show(request, "console/settings_service.html", context, status=status)
