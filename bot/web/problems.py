"""What went wrong, told to whoever is there: a page, a piece of a page for htmx, or problem+json for a program.

Exceptions of ours become an HTTP status here and nowhere else. Unknown ones become a quiet page with a number that
stands in the log beside the exception's type and place, never its text. Invariant: no answer repeats what was sent.
"""

import secrets
import traceback
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.web.access_log import route_of
from bot.web.pages import is_fragment, page
from scheduler.core.errors import Conflict, Forbidden, Invalid, Misconfigured, NotFound, StillonError, Unavailable

_log = structlog.get_logger("stillon.web")
LINK_PATH = "/l/"
STATUS: dict[type[StillonError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Conflict: HTTPStatus.CONFLICT,
    Forbidden: HTTPStatus.FORBIDDEN,
    Misconfigured: HTTPStatus.SERVICE_UNAVAILABLE,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Words:
    """What happened, and what is unchanged or what to do."""

    title: str
    text: str


WORDS = {
    400: Words("That request could not be read", "Nothing was changed. Go back and try again."),
    403: Words(
        "That could not be done from here",
        "Nothing was changed. Either this page was open for too long, or your role does not include this. "
        "Open the page again; if it stays, ask the owner of your practice.",
    ),
    404: Words("There is nothing here", "It may have moved, or the address may be incomplete."),
    405: Words("That is not how this page works", "Nothing was changed."),
    409: Words(
        "This has changed in the meantime",
        "Somebody else was quicker, or it was already decided. Nothing was changed. Look again and decide anew.",
    ),
    413: Words("That is too large", "Nothing was saved. Send a smaller file, or split it in two."),
    422: Words("Something in there does not fit", "Nothing was changed. Check what you entered and try again."),
    429: Words("Too many tries", "Nothing was changed. Wait a few minutes and try again."),
    500: Words(
        "Something broke on our side",
        "What you were doing may not have been saved; look before you repeat it. "
        "If it happens again, tell whoever runs this installation the number below.",
    ),
    503: Words("Not available just now", "Nothing was changed. Try again in a minute."),
}


@web.middleware
async def tell_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever is raised below into an answer. The outermost middleware."""
    try:
        return await handler(request)
    except StillonError as error:
        _log.info("refused", code=error.code, route=route_of(request))
        return _answer(request, _status_of(error), error.code)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        return _from_library(request, error)
    except Exception as error:  # noqa: BLE001 -- the last resort; what it was is in the log, without its text
        incident = secrets.token_hex(4)
        _log.error(
            "incident", incident=incident, kind=type(error).__name__, trace=_place(error), route=route_of(request)
        )
        return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, "incident", incident=incident)


def _from_library(request: web.Request, error: web.HTTPException) -> web.Response:
    response = _answer(request, HTTPStatus(error.status), "http")
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in error.headers:
            response.headers[name] = error.headers[name]
    return response


def _status_of(error: StillonError) -> HTTPStatus:
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)


def _place(error: Exception) -> str:
    """File and line of the innermost frame: source code of ours or a library's, so safe to write down."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else "unknown"


def _answer(request: web.Request, status: HTTPStatus, code: str, *, incident: str = "") -> web.Response:
    words = WORDS.get(status, WORDS[400 if status < HTTPStatus.INTERNAL_SERVER_ERROR else 500])
    if _is_program(request):
        body = {"title": words.title, "status": status.value, "code": code, "incident": incident}
        return web.json_response(
            {name: value for name, value in body.items() if value},
            status=status,
            content_type="application/problem+json",
        )
    context = {"words": words, "incident": incident}
    if is_fragment(request):
        return _told_in_place(page(request, "web/problem_toast.html", context, status=status))
    if status == HTTPStatus.NOT_FOUND and request.path.startswith(LINK_PATH):
        # A mistyped link looks exactly like a dead one.
        return page(request, "links/gone.html", status=status)
    return page(request, "web/problem.html", context, status=status)


def _is_program(request: web.Request) -> bool:
    return request.path.startswith("/api/") or "json" in request.headers.get("Accept", "")


def _told_in_place(response: web.Response) -> web.Response:
    """Send it to the toasts, since htmx swaps error bodies too, and leave what was on the page alone."""
    response.headers["HX-Retarget"] = "#toasts"
    response.headers["HX-Reswap"] = "innerHTML"
    return response
