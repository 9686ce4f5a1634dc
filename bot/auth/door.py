"""The middleware that finds out who is there, and keeps everybody else out of the console.

Invariant: a page under one of PROTECTED is reached with an open session only; what its holder may do there is asked
of `scheduler.access` by the page.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.auth.kept_form import keep_what_was_typed
from bot.auth.session_store import Session
from bot.auth.sessions import ABSOLUTE, HALFWAY, OPEN, find_session, viewer_of
from bot.auth.set_up import SetUp
from bot.auth.sign_in import HalfWay, Opened, SignIn
from bot.web import cookies
from bot.web.keys import VIEWER
from scheduler.core.clock import Clock
from scheduler.core.record import Record

COOKIE: Final = "session"
PROTECTED: Final = ("/console", "/account")
SIGN_IN: Final = "/signin"
HOME: Final = "/console/today"
BACK: Final = "back"
BACK_LASTS: Final = 600
_PLACE: Final = re.compile(r"/(?:console|account)(?:/[a-zA-Z0-9_-]{1,40}){0,5}")


@dataclass(frozen=True, slots=True)
class Auth:
    """What the pages of this package work with. `clock` keeps real time."""

    record: Record
    sign_in: SignIn
    set_up: SetUp
    clock: Clock


AUTH: Final = web.AppKey("auth", Auth)
SESSION: Final = web.RequestKey("session", Session)


@web.middleware
async def know_viewer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find the session of a request, then let it pass or send it to the door."""
    token = cookies.read(request, COOKIE)
    if token and not request.path.startswith("/static/"):
        auth = request.config_dict[AUTH]
        session = await find_session(auth.record, token, auth.clock.now())
        if session is not None:
            request[SESSION] = session
            if session.state == OPEN:
                request[VIEWER] = viewer_of(session)
    if VIEWER not in request and is_protected(request.path):
        answer = to_the_door(request)
        if token:
            await keep_what_was_typed(request, answer, request.config_dict[AUTH].record, token)
        return answer
    return await handler(request)


def is_protected(path: str) -> bool:
    """Whether a path is of the console or one's account, not merely spelt alike."""
    return any(path == root or path.startswith(f"{root}/") for root in PROTECTED)


def to_the_door(request: web.Request) -> web.Response:
    """To the sign-in page; a fragment's answer tells htmx to lead the whole page there."""
    if request.headers.get("HX-Request") == "true":
        answer = web.Response(status=401, headers={"HX-Redirect": SIGN_IN})
        wanted = _path_of(request.headers.get("HX-Current-URL", ""))
    else:
        answer = web.Response(status=303, headers={"Location": SIGN_IN})
        wanted = request.path if request.method == "GET" else ""
    if _PLACE.fullmatch(wanted) and wanted != HOME:
        cookies.put(request, answer, BACK, wanted, max_age=BACK_LASTS)
    return answer


def _path_of(address: str) -> str:
    """The path of an address that a browser names; none where it is no address."""
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def wanted_place(request: web.Request) -> str:
    """Where somebody was on the way to when the door was shut, without what they asked there; else the day."""
    wanted = cookies.read(request, BACK)
    return wanted if _PLACE.fullmatch(wanted) else HOME


def halfway(request: web.Request) -> Session | None:
    """The session of somebody who has given the password only."""
    session = request.get(SESSION)
    return session if session is not None and session.state != OPEN else None


def let_on(request: web.Request, response: web.StreamResponse, step: HalfWay | Opened) -> None:
    """Give the browser its new session; the old id is worth nothing from now on."""
    lasts = HALFWAY if isinstance(step, HalfWay) else ABSOLUTE
    cookies.put(request, response, COOKIE, step.token, max_age=int(lasts.total_seconds()))


def see_other(where: str) -> web.Response:
    """Lead the browser on after a form, so that reloading does not send it again."""
    return web.Response(status=303, headers={"Location": where})
