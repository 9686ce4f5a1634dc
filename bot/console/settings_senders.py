"""The page /console/settings/senders: the numbers texts leave from, how fast each may speak, and further ones.

Invariant: only the rates that carriers grant can be chosen, and the practice's own number is not removed here.
"""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.console import phones
from bot.console.desk import actor_of, after, reading, show, writing
from bot.console.said import Said
from bot.console.settings_form import UNFIT, keep, read_form
from bot.web.forms import EMPTY, Form
from bot.web.typed import typed_number
from scheduler import access
from scheduler.actions.add_sender import add_sender
from scheduler.actions.rate_sender import rate_sender
from scheduler.actions.remove_sender import remove_sender
from scheduler.people import sender_store
from scheduler.people import store as people
from scheduler.people.sender_rate import LOCAL, SHORT_CODE, TOLL_FREE

HERE: Final = "/console/settings/senders"
RATES: Final = (
    (LOCAL, "1 a second: an ordinary number"),
    (TOLL_FREE, "3 a second: a toll-free number"),
    (SHORT_CODE, "100 a second: a short code"),
)


def install_senders(app: web.Application) -> None:
    """Add the page and its acts."""
    app.router.add_get(HERE, show_senders, name="console.settings_senders")
    app.router.add_post(HERE, save, name="console.settings_senders_save")
    app.router.add_post(f"{HERE}/add", add, name="console.settings_senders_add")
    app.router.add_post(f"{HERE}/remove", remove, name="console.settings_senders_remove")


async def show_senders(request: web.Request) -> web.Response:
    """The numbers."""
    access.require(actor_of(request), "settings.write")
    return await _shown(request, EMPTY)


async def save(request: web.Request) -> web.Response:
    """Set the rate of one number."""
    form = await read_form(request)
    rate = typed_number(form.value("rate"))
    if rate is None:
        raise web.HTTPBadRequest
    async with writing(request) as tx:
        changed = await rate_sender(tx, form.value("number"), rate)
    return after(request, HERE, Said("settings_saved" if changed else "nothing_changed"))


async def add(request: web.Request) -> web.Response:
    """Let texts leave from one more number."""
    form = await read_form(request)
    added, form = await keep(request, form, lambda tx: add_sender(tx, form.value("number")), otherwise="number")
    if form.errors:
        return await _shown(request, form, UNFIT)
    return after(request, HERE, Said("sender_added" if added else "nothing_changed"))


async def remove(request: web.Request) -> web.Response:
    """Let no text leave from a further number any more."""
    form = await read_form(request)
    async with writing(request) as tx:
        await remove_sender(tx, form.value("number"))
    return after(request, HERE, Said("sender_removed"))


async def _shown(request: web.Request, form: Form, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    async with reading(request) as r:
        practice = await people.practice(r)
        rates = await sender_store.sender_rates(r)
    senders = [
        {
            "number": each.number,
            "shown": phones.shown(each.number, practice.region),
            "rate": each.segments_per_second,
            "main": each.number == practice.sender,
        }
        for each in rates
    ]
    context = {"senders": senders, "rates": RATES, "form": form}
    return await show(request, "console/settings_senders.html", context, status=status)
