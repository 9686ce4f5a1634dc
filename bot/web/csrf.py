"""Whether a request that would change something was made from a page of ours, by this browser.

Two checks, both needed. Where it comes from: `Sec-Fetch-Site` must say same-origin; a browser too old to send it is
judged by `Origin`, which may be `null`, since our pages send no referrer. And what it knows: a token, the session's
for staff, for others one kept in a cookie that no page of another site can set or read.
Client links, webhooks and the API are outside this, by the list of paths given to `check_forms`: they carry proofs of
their own. Invariant: safe methods pass unchecked, and so must never write.
"""

import hmac
import secrets

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.web import cookies
from bot.web.keys import SITE, VIEWER, Viewer
from bot.web.readable import posted
from scheduler.core.errors import Forbidden

FIELD = "csrf"
HEADER = "X-CSRF-Token"
COOKIE = "form"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ANONYMOUS = web.RequestKey("anonymous_csrf", str)


def from_own_page(request: web.Request) -> bool:
    """Whether the browser says so, or is too old to say. `same-site` is not enough: neighbours are strangers."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin", "null")
    return origin in {"null", request.config_dict[SITE].origin}


def token_of(request: web.Request) -> str:
    """The token that forms of this page carry."""
    viewer: Viewer | None = request.get(VIEWER)
    if viewer is not None:
        return viewer.csrf
    known: str = request.get(_ANONYMOUS) or cookies.read(request, COOKIE)
    if not known:
        known = secrets.token_urlsafe(32)
    request[_ANONYMOUS] = known
    return known


async def require_own_form(request: web.Request) -> None:
    """Let the request pass or refuse it.

    Raises:
        Forbidden: it comes from elsewhere, or its token is missing or another session's.
    """
    given = request.headers.get(HEADER) or str((await posted(request)).get(FIELD, ""))
    viewer = request.get(VIEWER)
    expected = viewer.csrf if viewer else cookies.read(request, COOKIE)
    known = bool(expected) and hmac.compare_digest(given.encode(errors="replace"), expected.encode())
    if not (known and from_own_page(request)):
        raise Forbidden("form_not_ours")


def check_forms(outside: tuple[str, ...]) -> Middleware:
    """The middleware that checks every unsafe request but those whose path starts with one of `outside`."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        unknown = request.match_info.http_exception is not None
        if request.method not in SAFE and not unknown and not request.path.startswith(outside):
            await require_own_form(request)
        return await handler(request)

    return check


@web.middleware
async def remember_token(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Hand out the cookie of a page that was shown with a form to somebody not signed in."""
    response = await handler(request)
    token = request.get(_ANONYMOUS)
    if token and token != cookies.read(request, COOKIE) and not response.prepared:
        cookies.put(request, response, COOKIE, token, max_age=None)
    return response
