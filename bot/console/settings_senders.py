"""The page /console/settings/senders: the numbers texts leave from, and how fast each may speak.

Invariant: only the rates that carriers grant can be chosen.
"""

from typing import Final

from aiohttp import web

from bot.console import phones
from bot.console.desk import actor_of, after, reading, show, writing
from bot.console.said import Said
from bot.web.forms import sent_form
from bot.web.typed import typed_number
from scheduler import access
from scheduler.actions.rate_sender import rate_sender
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
    """Add the page and its saving."""
    app.router.add_get(HERE, show_senders, name="console.settings_senders")
    app.router.add_post(HERE, save, name="console.settings_senders_save")


async def show_senders(request: web.Request) -> web.Response:
    """The numbers."""
    access.require(actor_of(request), "settings.write")
    async with reading(request) as r:
        region = (await people.practice(r)).region
        rates = await sender_store.sender_rates(r)
    shown = [{"number": each.number, "shown": phones.shown(each.number, region), "rate": each.segments_per_second}
             for each in rates]  # fmt: skip
    return await show(request, "console/settings_senders.html", {"senders": shown, "rates": RATES})


async def save(request: web.Request) -> web.Response:
    """Set the rate of one number."""
    access.require(actor_of(request), "settings.write")
    form = await sent_form(request)
    rate = typed_number(form.value("rate"))
    if rate is None:
        raise web.HTTPBadRequest
    async with writing(request) as tx:
        changed = await rate_sender(tx, form.value("number"), rate)
    return after(request, HERE, Said("settings_saved" if changed else "nothing_changed"))
