"""The web application: every edge that speaks HTTP, joined once.

Invariant: whatever is added here passes the same middlewares: problems told without detail, headers, the viewer, forms.
"""

from aiohttp import web

from bot.auth.door import know_viewer
from bot.auth.install import install_auth
from bot.console.routes import install_console
from bot.health import install_health
from bot.links.routes import install_links
from bot.people_first import PeopleFirst
from bot.settings import Settings
from bot.twilio.routes import install_webhooks
from bot.web.install import install_web, middlewares
from scheduler.core.clock import Clock, SystemClock
from scheduler.core.record import Record

OUTSIDE_FORM_CHECKS = ("/twilio/", "/l/", "/demo/")
"""Paths whose POSTs carry proofs of their own: a signature, a page nonce, a shared secret."""
LARGE = {"/console/import": 64 * 1024 * 1024}
"""Bytes a path takes where a megabyte is too little: files of 100,000 rows."""


def create_app(
    settings: Settings, record: Record, *, auth_clock: Clock | None = None, people: PeopleFirst | None = None
) -> web.Application:
    """The application over an opened record.

    `auth_clock` keeps real time, also where the record's is moved. `people`: told who waits at a page, where a worker
    of the same process gives way to them.
    """
    app = web.Application(middlewares=middlewares(know_viewer, outside=OUTSIDE_FORM_CHECKS, large=LARGE))
    install_web(app, origin=settings.public_url, clock=record.clock)
    install_auth(app, record, clock=auth_clock or SystemClock())
    install_console(app, record)
    people = people or PeopleFirst()
    install_links(app, record, people)
    install_webhooks(app, record, settings, people)
    install_health(app, record)
    app.router.add_get("/", _home, name="home")
    return app


async def _home(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPSeeOther("/console/today")
