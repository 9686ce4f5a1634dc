"""What the buttons on a client's page do: fields, numbers, consent, "asked to stop", the fee policy, putting away.

Invariant: each is one action in one transaction, on a client within reach and on contact points that are theirs.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.console.client import asked_of, client_page, meant_by, needs_form, show_client
from bot.console.client_words import LANGUAGES, PAYERS, PURPOSES, WORDING, sentence
from bot.console.clients import field_of, read_fields
from bot.console.desk import actor_of, after, reading, show, writing
from bot.console.said import Said
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.keys import SITE
from bot.web.typed import typed_number
from messages import consent, links, whatsapp_store
from messages.consent import StopSource
from messages.kinds import Channel
from messages.recipients import CHANNEL_OF_KIND
from scheduler import access
from scheduler.actions.clients import (
    NewContact,
    add_contact_point,
    archive_client,
    edit_client,
    prefer_contact_point,
    remove_contact_point,
    unarchive_client,
)
from scheduler.actions.fee_policy import accept_fee_policy
from scheduler.actions.read_client import read_client
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Tx
from scheduler.people import store as people
from scheduler.people.store import Client, ContactPoint

WRITE: Final = "client.write"
LINK_LASTS: Final = timedelta(days=14)
UNFIT: Final = HTTPStatus.UNPROCESSABLE_ENTITY


async def edit_form(request: web.Request) -> web.Response:
    """The client's fields, to change."""
    async with writing(request) as tx:
        client = await _client(request, tx)
        await read_client(tx, client.id)
    return await _edit_page(request, client, EMPTY)


async def edit(request: web.Request) -> web.Response:
    """Save the fields, or show what does not fit."""
    form = await sent_form(request)
    async with reading(request) as r:
        client = await access.client(r, actor_of(request), request.match_info["client"], WRITE)
        given, form = read_fields(form, r.now.date())
    if form.errors:
        return await _edit_page(request, client, form, status=UNFIT)
    try:
        async with writing(request) as tx:
            changed = await edit_client(tx, (await _client(request, tx)).id, given)
    except (Invalid, Conflict) as error:
        return await _edit_page(request, client, form.with_error(field_of(error), sentence(error)), status=UNFIT)
    return after(request, _page(request), Said("client_saved" if changed else "nothing_changed"))


async def archive(request: web.Request) -> web.Response:
    """Put the client away."""
    try:
        async with writing(request) as tx:
            client = await _client(request, tx)
            await archive_client(tx, client.id)
    except Conflict as error:
        return await _refused(request, EMPTY.with_error("archive", sentence(error)), HTTPStatus.CONFLICT)
    return after(request, _page(request), Said("archived", client.id))


async def unarchive(request: web.Request) -> web.Response:
    """Take the client back."""
    async with writing(request) as tx:
        await unarchive_client(tx, (await _client(request, tx)).id)
    return after(request, _page(request), Said("unarchived"))


async def add_point(request: web.Request) -> web.Response:
    """One more number or address."""
    form = await sent_form(request)
    contact = NewContact(form.value("kind"), form.value("value").strip(), form.value("role", "client"))
    try:
        async with writing(request) as tx:
            await add_contact_point(tx, (await _client(request, tx)).id, contact)
    except (Invalid, Conflict) as error:
        return await _refused(request, form.with_error("value", sentence(error)), UNFIT)
    return after(request, _page(request), Said("contact_added"))


async def remove_point(request: web.Request) -> web.Response:
    """Use a number or address no more."""
    return await _with_point(request, "contact_removed", lambda tx, point: remove_contact_point(tx, point.id))


async def restore_point(request: web.Request) -> web.Response:
    """Somebody has checked a number that was put aside: use it again, once consent is on record anew."""

    async def take_back(tx: Tx, point: ContactPoint) -> object:
        return await add_contact_point(tx, point.client_id, NewContact(point.kind, point.value, point.role))

    return await _with_point(request, "contact_back", take_back)


async def prefer_point(request: web.Request) -> web.Response:
    """Try a number or address first."""
    return await _with_point(request, "contact_first", lambda tx, point: prefer_contact_point(tx, point.id))


async def stop_point(request: web.Request) -> web.Response:
    """The client asked, in whatever way, to be left alone there."""

    async def stop(tx: Tx, point: ContactPoint) -> object:
        return await consent.stop_contact(tx, point.id, CHANNEL_OF_KIND[point.kind], StopSource.STAFF)

    return await _with_point(request, "stopped_texts", stop)


async def change_consent(request: web.Request) -> web.Response:
    """Write down that the client agreed to a purpose, or no longer does."""
    form = await sent_form(request)
    purpose, given = form.value("purpose"), form.value("to") == "grant"
    how = form.value("how") if form.value("how") in {"form", "verbal"} else "verbal"
    if purpose not in dict(PURPOSES):
        raise Invalid("purpose_unknown", field="purpose")

    async def change(tx: Tx, point: ContactPoint) -> None:
        chats = await whatsapp_store.terms(tx) is not None
        unwritten = given and how != "form" and needs_form(purpose, await people.practice(tx))
        if not asked_of(point, purpose, chats=chats) or unwritten:
            raise Invalid("purpose_unknown", field="purpose")
        channel, about = meant_by(purpose, CHANNEL_OF_KIND[point.kind])
        record = consent.grant if given else consent.withdraw
        await record(tx, point.id, Channel(channel), about, wording=WORDING, how=how)

    return await _with_point(request, "consent_given" if given else "consent_taken", change)


async def accept_policy(request: web.Request) -> web.Response:
    """Write down that the client accepted a version of the fee policy."""
    form = await sent_form(request)
    how = "verbal" if form.value("how") == "verbal" else "signed"
    version = typed_number(form.value("version"))
    if version is None:
        raise NotFound("fee_policy")
    async with writing(request) as tx:
        client = await _client(request, tx)
        await accept_fee_policy(tx, client.id, version, how=how)
    return after(request, _page(request), Said("policy_accepted"))


async def preferences_link(request: web.Request) -> web.Response:
    """Make a link to the client's own preferences; the answer shows it, once."""
    async with writing(request) as tx:
        client = await _client(request, tx)
        made = await links.make(tx, links.Purpose.PREFERENCES, client_id=client.id, expires_at=tx.now + LINK_LASTS)
    address = request.config_dict[SITE].origin + links.path_of(made.token)
    return await client_page(request, client.id, link=address)


async def _with_point(
    request: web.Request, said: str, act: Callable[[Tx, ContactPoint], Awaitable[object]]
) -> web.Response:
    async with writing(request) as tx:
        client = await _client(request, tx)
        point = await people.contact_point(tx, request.match_info["point"])
        if point is None or point.client_id != client.id:
            raise NotFound("contact_point", contact_point=request.match_info["point"])
        await act(tx, point)
    return after(request, _page(request), Said(said))


async def _client(request: web.Request, tx: Tx) -> Client:
    return await access.client(tx, actor_of(request), request.match_info["client"], WRITE)


def _page(request: web.Request) -> str:
    return f"/console/clients/{request.match_info['client']}"


async def _refused(request: web.Request, form: Form, status: HTTPStatus) -> web.Response:
    return await client_page(request, request.match_info["client"], form=form, status=status)


async def _edit_page(request: web.Request, client: Client, form: Form, status: int = 200) -> web.Response:
    context = {"client": client, "form": form, "payers": PAYERS, "languages": LANGUAGES}
    return await show(request, "console/client_edit.html", context, status=status)


def install_client(app: web.Application) -> None:
    """Add the routes of one client's page and its buttons."""
    at, point = "/console/clients/{client:[0-9a-f]{32}}", "points/{point:[0-9a-f]{32}}"
    app.router.add_get(at, show_client, name="client")
    app.router.add_get(f"{at}/edit", edit_form, name="client.edit")
    app.router.add_post(f"{at}/edit", edit)
    app.router.add_post(f"{at}/archive", archive, name="client.archive")
    app.router.add_post(f"{at}/unarchive", unarchive, name="client.unarchive")
    app.router.add_post(f"{at}/points", add_point, name="client.points")
    app.router.add_post(f"{at}/{point}/remove", remove_point, name="client.point.remove")
    app.router.add_post(f"{at}/{point}/restore", restore_point, name="client.point.restore")
    app.router.add_post(f"{at}/{point}/prefer", prefer_point, name="client.point.prefer")
    app.router.add_post(f"{at}/{point}/stop", stop_point, name="client.point.stop")
    app.router.add_post(f"{at}/{point}/consent", change_consent, name="client.point.consent")
    app.router.add_post(f"{at}/accept", accept_policy, name="client.accept")
    app.router.add_post(f"{at}/link", preferences_link, name="client.link")
