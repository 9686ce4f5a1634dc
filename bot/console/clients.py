"""The pages of all clients: the list with its search, and adding one.

One client's page is client.py's. Invariant: names come in bodies and pages, never in addresses or titles.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.console import phones
from bot.console.client_words import AGREED, LANGUAGES, PAYERS, STATEMENT, WORDING, sentence
from bot.console.desk import actor_of, after, reading, show, writing
from bot.console.on_file import Alike, alike
from bot.console.said import Said
from bot.console.search import ON_THE_PAGE, READ, find
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.typed import typed_day
from messages import consent
from messages.kinds import Channel
from scheduler import access
from scheduler.actions.clients import NewContact, add_client, normalised
from scheduler.core.errors import Conflict, Invalid
from scheduler.core.record import Tx
from scheduler.people import store as people
from scheduler.people.client_fields import ClientFields, checked

WRITE: Final = "client.write"
NEWEST: Final = 25
FITTING: Final = ClientFields("A", "B")


async def show_clients(request: web.Request) -> web.Response:
    """The newest clients, and the search."""
    return await _list(request, "", archived=False)


async def search_clients(request: web.Request) -> web.Response:
    """The clients that fit what was typed."""
    form = await sent_form(request)
    return await _list(request, form.value("name").strip(), archived=form.value("archived") == "yes")


async def new_client(request: web.Request) -> web.Response:
    """The empty form."""
    access.require(actor_of(request), WRITE)
    return await _form(request, EMPTY)


async def add(request: web.Request) -> web.Response:
    """Add a client with the numbers given, or show what does not fit, or who seems to be on file already."""
    form = await sent_form(request)
    access.require(actor_of(request), WRITE)
    contacts = [NewContact(kind, form.value(kind).strip()) for kind in ("phone", "email") if form.value(kind).strip()]
    async with reading(request) as r:
        region = (await people.practice(r)).region
        given, form = read_fields(form, r.now.date())
    for contact in contacts:
        form = form.check(contact.kind, partial(normalised, contact, region), sentence)
    if form.errors:
        return await _form(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if form.value("act") != "anyway":
        async with reading(request) as r:
            known = await alike(r, given, contacts)
        if known:
            return await _form(request, form, status=HTTPStatus.CONFLICT, known=known)
    try:
        async with writing(request) as tx:
            client_id = await add_client(tx, given, contacts)
            await _agreed(tx, client_id, form.value("agreed"))
    except (Invalid, Conflict) as error:
        form = form.with_error(field_of(error), sentence(error))
        return await _form(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return after(request, f"/console/clients/{client_id}", Said("client_added"))


async def _agreed(tx: Tx, client_id: str, how: str) -> None:
    """Write down that a new client agreed to reminders by text, if they were asked and have a number."""
    if how not in dict(AGREED):
        return
    for point in await people.contact_points(tx, client_id):
        if point.kind == "phone":
            await consent.grant(tx, point.id, Channel.SMS, "reminders", wording=WORDING, how=how)


def read_fields(form: Form, today: date) -> tuple[ClientFields, Form]:
    """The fields of a client's form, and the form with everything in them that does not fit, all at once."""
    text: Callable[[str], str] = lambda name: form.value(name).strip()  # noqa: E731 -- a word for what follows
    given = ClientFields(
        text("first"),
        text("last"),
        preferred=text("preferred") or None,
        birth_date=typed_day(text("birth_date")),
        record_number=text("record_number") or None,
        language=text("language") or None,
        zone=text("zone") or None,
        payer=text("payer") or "self",
    )
    judged = form
    if text("birth_date") and given.birth_date is None:
        judged = judged.with_error("birth_date", "Enter a date, such as 1984-07-09")
    return given, _judged(judged, given, today)


def _judged(form: Form, given: ClientFields, today: date) -> Form:
    while True:
        try:
            checked(given, today)
        except Invalid as error:
            # One error is raised at a time; a value known to fit takes its place, so that the next one is found too.
            name = field_of(error)
            form = form.with_error(name, sentence(error))
            given = replace(given, **{name: getattr(FITTING, name)})
        else:
            return form


def field_of(error: Invalid | Conflict) -> str:
    """The field of the form that an error belongs to."""
    if error.code == "record_number_taken":
        return "record_number"
    return (error.field if isinstance(error, Invalid) else None) or "first"


async def _form(request: web.Request, form: Form, status: int = 200, *, known: Sequence[Alike] = ()) -> web.Response:
    words = {"payers": PAYERS, "languages": LANGUAGES, "agreed": AGREED, "statement": STATEMENT}
    context = {"form": form, "known": known, **words}
    return await show(request, "console/client_new.html", context, status=status)


async def _list(request: web.Request, text: str, *, archived: bool) -> web.Response:
    actor = actor_of(request)
    async with reading(request) as r:
        access.require(actor, READ)
        found = await find(r, actor, text, ON_THE_PAGE if text else NEWEST, archived=archived)
        points = await people.contact_points_of(r, [each.id for each in found])
        region = (await people.practice(r)).region
    numbers = {
        client_id: next((phones.shown(each.value, region) for each in of_client if each.kind == "phone"), "")
        for client_id, of_client in points.items()
    }
    context = {
        "found": found,
        "phone_of": numbers,
        "q": text,
        "archived": archived,
        "most": ON_THE_PAGE,
        "may_write": access.may(actor, WRITE),
    }
    return await show(request, "console/clients.html", context, part="console/_clients_board.html")


def install_clients(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/console/clients", show_clients, name="clients")
    app.router.add_post("/console/clients/search", search_clients, name="clients.search")
    app.router.add_get("/console/clients/new", new_client, name="clients.new")
    app.router.add_post("/console/clients/new", add)
