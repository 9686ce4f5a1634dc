"""Joins the pieces of this package to an application, in the one order that works.

Invariant: problems are told outermost, so that an error in any other layer still becomes a page with all headers.
"""

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.web.assets import load_assets
from bot.web.csrf import check_forms, remember_token
from bot.web.headers import secure
from bot.web.keys import ASSETS, CLOCK, SITE, Site
from bot.web.pages import install_templates
from bot.web.problems import tell_problems
from bot.web.theme import choose
from scheduler.core.clock import Clock

BODY_LIMIT = 1024 * 1024
"""Bytes; an import page raises it for itself."""


def middlewares(session: Middleware | None, *, outside: tuple[str, ...]) -> list[Middleware]:
    """The middlewares, outermost first. `session` finds the viewer; forms under `outside` are not checked here."""
    found = [session] if session else []
    return [tell_problems, remember_token, *found, check_forms(outside)]


def install_web(app: web.Application, *, origin: str, clock: Clock) -> None:
    """Give the application assets, templates and headers. `origin` is the public address, without a path."""
    app[SITE] = Site(origin)
    app[CLOCK] = clock
    app[ASSETS] = load_assets()
    install_templates(app)
    app.on_response_prepare.append(secure)
    app.router.add_get("/static/{name}", app[ASSETS].serve, name="static")
    app.router.add_post("/console/theme", choose, name="theme")
