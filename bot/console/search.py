"""The one search: clients by name, birth date or the end of a number.

A name is sent in a form's body, never in an address, so that no history or log can hold it. Nothing is opened here
but what a list shows. Invariant: nobody out of reach is found.
"""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from bot.console.desk import actor_of, reading, show
from bot.web.forms import sent_form
from bot.web.pages import is_fragment, page
from scheduler import access
from scheduler.core.actor import Actor
from scheduler.core.record import Reading
from scheduler.people import store as people
from scheduler.people.store import Client

READ: Final = "client.read"
IN_THE_BAR: Final = 8
ON_THE_PAGE: Final = 50


async def find(r: Reading, actor: Actor, text: str, limit: int, *, archived: bool = False) -> Sequence[Client]:
    """The clients within reach that every word fits; the newest for no words at all.

    Raises:
        Forbidden: the roles lack `client.read`.
    """
    own = await access.own_clinician(r, actor, READ)
    return await people.search_clients(r, text, limit, archived=archived, seen_by=own)


async def search(request: web.Request) -> web.Response:
    """Answer the bar's search with a short list."""
    text = (await sent_form(request)).value("q").strip()
    async with reading(request) as r:
        access.require(actor_of(request), READ)
        found = (
            await find(r, actor_of(request), text, IN_THE_BAR if is_fragment(request) else ON_THE_PAGE) if text else ()
        )
    if is_fragment(request):
        return page(request, "console/_found.html", {"found": found, "q": text})
    return await show(request, "console/search.html", {"found": found, "q": text})


def install_search(app: web.Application) -> None:
    """Add the route."""
    app.router.add_post("/console/search", search, name="search")
