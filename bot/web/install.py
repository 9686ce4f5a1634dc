"""Joins the pieces of this package to an application, in the one order that works.

Invariant: problems are told outermost, so that an error in any other layer still becomes a page with all headers.
"""

from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.web.assets import load_assets
from bot.web.csrf import check_forms, remember_token
from bot.web.headers import secure
from bot.web.keys import CLOCK, SITE, Site
from bot.web.problems import tell_problems
from bot.web.readable import plain_address
from bot.web.theme import choose
from scheduler.core.clock import Clock


def middlewares(
    session: Middleware, *, outside: tuple[str, ...], large: Mapping[str, int] | None = None
) -> list[Middleware]:
    """The middlewares, outermost first.

    Args:
        session: finds the viewer; `bot.auth.door.know_viewer`.
        outside: beginnings of paths whose unsafe requests carry a proof of their own and are not checked as forms.
        large: paths that take more than a megabyte, with their limit in bytes.
    """
    return [tell_problems, plain_address, widen(large or {}), remember_token, session, check_forms(outside)]


def widen(large: Mapping[str, int]) -> Middleware:
    """The middleware that lets some paths take larger bodies than the library's one megabyte."""

    @web.middleware
    async def limit(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in large:
            request = request.clone(client_max_size=large[request.path])
        return await handler(request)

    return limit


def install_web(app: web.Application, *, origin: str, clock: Clock) -> None:
    """Give the application its files and headers. `origin` is the public address, without a path."""
    app[SITE] = Site(origin)
    app[CLOCK] = clock
    app.on_response_prepare.append(secure)
    app.router.add_get("/static/{name}", load_assets().serve, name="static")
    app.router.add_post("/console/theme", choose, name="theme")
