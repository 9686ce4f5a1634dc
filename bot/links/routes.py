"""Which page a link opens, by its purpose. Anything that does not fit the purpose is a dead link.

GET  /l/{token}            the page
GET  /l/{token}/{view}     a step: cannot, times, list, preferences, stop, chat
POST /l/{token}/{act}      an act: confirm, cannot, times, undo (of a visit, or a claim), list, unlist, rest,
                           claim, pass, preferences, stop, chat
"""

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.links import chat, offer, preferences, visit, wish
from bot.links.claims import CLAIMS, claims_of
from bot.links.misses import Misses
from bot.links.nonce import is_from_our_page
from bot.links.opened import MISSES, OPENINGS, RECORD, Gone, Opened, gone, open_link, openings_of, show
from bot.people_first import PeopleFirst
from bot.web.csrf import from_own_page
from bot.web.readable import posted
from messages.links import Purpose
from scheduler.core.errors import NotFound
from scheduler.core.record import Record

PEOPLE = web.AppKey("links_people", PeopleFirst)
Act = Callable[[web.Request, Opened], Awaitable[web.StreamResponse]]
"""What a POST behind a link does."""

PAGES = {
    Purpose.VISIT: visit.show_visit,
    Purpose.OFFER: offer.show_offer,
    Purpose.PREFERENCES: preferences.show_preferences,
}
VIEWS = {
    Purpose.VISIT: visit.VIEWS | wish.VIEWS | chat.VIEWS,
    Purpose.OFFER: chat.VIEWS,
    Purpose.PREFERENCES: preferences.VIEWS | chat.VIEWS,
}
ACTS = {
    Purpose.VISIT: visit.ACTS | wish.ACTS | chat.ACTS,
    Purpose.OFFER: offer.ACTS | chat.ACTS,
    Purpose.PREFERENCES: preferences.ACTS | chat.ACTS,
}


def install_links(app: web.Application, record: Record, people: PeopleFirst) -> None:
    """Give the application the client pages."""
    app[RECORD] = record
    app[MISSES] = Misses(record.clock)
    app[PEOPLE] = people
    app[OPENINGS] = openings_of(record)
    app[CLAIMS] = claims_of(record)
    app.router.add_get("/l/{token}", _dead_is_one_page(_open), name="link")
    app.router.add_get("/l/{token}/{view}", _dead_is_one_page(_view), name="link_view")
    app.router.add_post("/l/{token}/{act}", _dead_is_one_page(_act), name="link_act")


async def _open(request: web.Request) -> web.StreamResponse:
    opened = await open_link(request)
    return await PAGES[Purpose(opened.link.purpose)](request, opened)


async def _view(request: web.Request) -> web.StreamResponse:
    opened = await open_link(request)
    view = VIEWS[Purpose(opened.link.purpose)].get(request.match_info["view"])
    if view is None:
        raise Gone
    return await view(request, opened)


async def _act(request: web.Request) -> web.StreamResponse:
    with request.app[PEOPLE].waiting():
        return await _pressed(request)


async def _pressed(request: web.Request) -> web.StreamResponse:
    opened = await open_link(request)
    act = ACTS[Purpose(opened.link.purpose)].get(request.match_info["act"])
    if act is None:
        raise Gone
    record = request.app[RECORD]
    if not await is_from_our_page(request, record.vault, opened.link.id, record.clock.now()):
        return await _not_from_our_page(request, opened, act)
    return await act(request, opened)


async def _not_from_our_page(request: web.Request, opened: Opened, act: Act) -> web.StreamResponse:
    """Nothing is done: the page was shown too long ago, or another site posts. What was typed on ours is not lost."""
    if act is chat.do_chat and from_own_page(request) and (await posted(request)).get("words"):
        return await chat.show_unsent(request, opened)
    return show(request, opened, "again", {"back": opened.address()}, status=409)


def _dead_is_one_page(handler: Handler) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except (Gone, NotFound):
            return gone(request)

    return handle
