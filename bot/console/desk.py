"""What every handler of the console works with: who is there, the practice's record, and the frame around a page.

    async with reading(request) as r: ...          # look
    async with writing(request) as tx: ...         # one action, one commit
    return await show(request, "console/today.html", {...})
    return after(request, "/console/today", said("marked", visit_id))

Invariant: the practice and the person come from the session alone, so no request can name another's.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from aiohttp import web

from bot.console import said as saying
from bot.console.places import places_of
from bot.console.said import Said
from bot.console.waiting import counts
from bot.web import pages
from bot.web.keys import VIEWER, Viewer
from scheduler.core.actor import Actor, ActorKind, Via
from scheduler.core.errors import Forbidden
from scheduler.core.record import Reading, Record, Tx

RECORD: Final = web.AppKey("console_record", Record)
HOME: Final = "/console/today"


def viewer_of(request: web.Request) -> Viewer:
    """The signed-in person.

    Raises:
        Forbidden: nobody is signed in; the guard before the console lets nobody come this far.
    """
    viewer: Viewer | None = request.get(VIEWER)
    if viewer is None:
        raise Forbidden("not_signed_in")
    return viewer


def actor_of(request: web.Request) -> Actor:
    """The signed-in person, as actions and access know them."""
    viewer = viewer_of(request)
    return Actor(ActorKind.STAFF, viewer.user_id, Via.CONSOLE, viewer.roles)


@asynccontextmanager
async def reading(request: web.Request) -> AsyncIterator[Reading]:
    """The record of the viewer's practice, to read."""
    async with request.config_dict[RECORD].read(viewer_of(request).practice_id) as r:
        yield r


@asynccontextmanager
async def writing(request: web.Request) -> AsyncIterator[Tx]:
    """One transaction of the viewer in their practice."""
    async with request.config_dict[RECORD].write(viewer_of(request).practice_id, actor_of(request)) as tx:
        yield tx


async def show(
    request: web.Request, template: str, context: Mapping[str, Any], *, part: str = "", status: int = 200
) -> web.Response:
    """A whole page with the numbers beside its places, and what was just done, once.

    `part` is the template of the piece that htmx asks for instead; what was done is then sent to the toasts with it.
    """
    told = saying.told(request)
    async with reading(request) as r:
        waiting = await counts(r, actor_of(request))
    frame = {
        "counts": waiting.by_place,
        "raised": waiting.raised,
        "allowed": places_of(actor_of(request)),
        "told": told,
    }
    full = {**frame, **context}
    if part and pages.is_fragment(request):
        response = pages.page(request, "console/_part.html", {**full, "part": part}, status=status)
    else:
        response = pages.page(request, template, full, status=status)
    if told is not None:
        saying.forget(request, response)
    return response


def after(request: web.Request, where: str, told: Said | None = None) -> web.Response:
    """Lead the browser on after a form, so that reloading does not send it again; `told` is shown there."""
    response = web.Response(status=303, headers={"Location": where})
    if told is not None:
        saying.remember(request, response, told)
    return response


def back_to(wanted: str, otherwise: str = HOME) -> str:
    """Where a form asked to be led back to, if that is a page of the console; else `otherwise`."""
    inside = wanted.startswith("/console/") and "//" not in wanted and "\\" not in wanted and ".." not in wanted
    return wanted if inside and wanted.isprintable() else otherwise
