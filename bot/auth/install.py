"""Joins this package to an application: its routes, and what they work with.

Invariant: `clock` is real time even in a demo, whose record lives by another.
"""

from aiohttp import web

from bot.auth import account_page, kept_page, setup_page, sign_in_page, users_page
from bot.auth.door import AUTH, Auth
from bot.auth.passwords import Passwords
from bot.auth.set_up import SetUp
from bot.auth.sign_in import SignIn
from scheduler.core.clock import Clock
from scheduler.core.record import Record


def install_auth(app: web.Application, record: Record, *, clock: Clock, passwords: Passwords | None = None) -> None:
    """Add the pages of signing in, setting up, one's account and who may sign in."""
    chosen = passwords or Passwords()
    app[AUTH] = Auth(record, SignIn(record, chosen, clock), SetUp(record, chosen, clock), clock)
    app.add_routes(
        [
            web.get("/signin", sign_in_page.show_sign_in, name="auth.sign_in"),
            web.post("/signin", sign_in_page.take_password),
            web.get("/signin/code", sign_in_page.show_code, name="auth.code"),
            web.post("/signin/code", sign_in_page.take_code),
            web.get("/signin/app", sign_in_page.show_app, name="auth.app"),
            web.post("/signin/app", sign_in_page.take_app),
            web.post("/signout", sign_in_page.sign_out, name="auth.sign_out"),
            web.get("/setup/{token}", setup_page.show, name="auth.setup"),
            web.post("/setup/{token}", setup_page.take),
            web.get("/account", account_page.show, name="auth.account"),
            web.get("/account/here", account_page.here),
            web.get("/account/kept", kept_page.show, name="auth.kept"),
            web.post("/account/keep", kept_page.keep),
            web.post("/account/password", account_page.take_password),
            web.post("/account/sessions", account_page.end_others),
            web.get("/console/users", users_page.show, name="auth.users"),
            web.post("/console/users", users_page.invite),
            web.post("/console/users/{user}/roles", users_page.change_roles),
            web.post("/console/users/{user}/reset", users_page.reset),
            web.post("/console/users/{user}/disable", users_page.disable),
            web.post("/console/users/{user}/enable", users_page.enable),
        ]
    )
