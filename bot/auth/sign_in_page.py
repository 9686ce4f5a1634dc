"""The pages /signin, /signin/code, /signin/app and /signout.

Invariant: a page says neither whether an account exists nor which part was wrong.
"""

from http import HTTPStatus

from aiohttp import web

from bot.auth import kept_form
from bot.auth.door import (
    AUTH,
    BACK,
    COOKIE,
    HOME,
    SESSION,
    SIGN_IN,
    halfway,
    let_on,
    see_other,
    wanted_place,
)
from bot.auth.kept_page import KEPT
from bot.auth.second_factor import app_address, picture
from bot.auth.session_store import Session
from bot.auth.sessions import actor_of, close_session
from bot.auth.sign_in import HalfWay, Opened, Wrong, enrolment_secret
from bot.auth.throttle import Wait
from bot.auth.words import WRONG_CODE, WRONG_PASSWORD, wait_sentence
from bot.web import cookies
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.keys import VIEWER
from bot.web.pages import page

CODE, APP = "/signin/code", "/signin/app"


async def show_sign_in(request: web.Request) -> web.Response:
    """The form for address and password, or on to where somebody signed in belongs."""
    if VIEWER in request:
        return see_other(HOME)
    return page(request, "auth/sign_in.html", {"form": EMPTY})


async def take_password(request: web.Request) -> web.Response:
    """The first step."""
    form = await sent_form(request)
    email = form.value("email")
    step = await request.config_dict[AUTH].sign_in.with_password(email, form.value("password"))
    if isinstance(step, HalfWay):
        answer = see_other(CODE)
        let_on(request, answer, step)
        return answer
    return _again(request, "auth/sign_in.html", Form({"email": email}), step, ("email", WRONG_PASSWORD))


async def show_code(request: web.Request) -> web.Response:
    """The form for the code, or the set-up of an app where there is none yet."""
    session = halfway(request)
    if session is None:
        return see_other(SIGN_IN)
    if session.account_state == "invited":
        return see_other(APP)
    return page(request, "auth/code.html", {"form": EMPTY})


async def take_code(request: web.Request) -> web.Response:
    """The second step."""
    session = halfway(request)
    if session is None:
        return see_other(SIGN_IN)
    form = await sent_form(request)
    step = await request.config_dict[AUTH].sign_in.with_code(session, form.value("code"))
    if isinstance(step, Opened):
        answer = see_other(KEPT if cookies.read(request, kept_form.COOKIE) else wanted_place(request))
        cookies.drop(request, answer, BACK)
        let_on(request, answer, step)
        return answer
    return _again(request, "auth/code.html", EMPTY, step, ("code", WRONG_CODE))


async def show_app(request: web.Request) -> web.Response:
    """The picture an authenticator app scans; the same one as long as this half-way session lasts."""
    session = halfway(request)
    if session is None or session.account_state != "invited":
        return see_other(SIGN_IN)
    return page(request, "auth/app.html", {"form": EMPTY, **_app(request, session)})


async def take_app(request: web.Request) -> web.Response:
    """The first code of the app; on success the recovery codes are shown, this once."""
    session = halfway(request)
    if session is None or session.account_state != "invited":
        return see_other(SIGN_IN)
    form = await sent_form(request)
    token = cookies.read(request, COOKIE)
    step = await request.config_dict[AUTH].sign_in.enrol(session, token, form.value("code"))
    if isinstance(step, Opened):
        answer = page(request, "auth/recovery.html", {"codes": step.recovery})
        let_on(request, answer, step)
        return answer
    return _again(request, "auth/app.html", EMPTY, step, ("code", WRONG_CODE), _app(request, session))


async def sign_out(request: web.Request) -> web.Response:
    """End the session, here and in the record."""
    session = request.get(SESSION)
    if session is not None:
        async with request.config_dict[AUTH].record.write(session.practice_id, actor_of(session)) as tx:
            await close_session(tx, session)
    answer = see_other(SIGN_IN)
    cookies.drop(request, answer, COOKIE)
    cookies.drop(request, answer, BACK)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _app(request: web.Request, session: Session) -> dict[str, object]:
    secret = enrolment_secret(request.config_dict[AUTH].record.vault, cookies.read(request, COOKIE))
    groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    return {"picture": picture(app_address(secret, session.email)), "secret": " ".join(groups)}


def _again(
    request: web.Request,
    template: str,
    form: Form,
    step: Wrong | Wait,
    wrong: tuple[str, str],
    more: dict[str, object] | None = None,
) -> web.Response:
    field, words = wrong
    if isinstance(step, Wait):
        told = form.with_error(field, wait_sentence(step))
        answer = page(request, template, {"form": told, **(more or {})}, status=HTTPStatus.TOO_MANY_REQUESTS)
        answer.headers["Retry-After"] = str(step.seconds)
        return answer
    told = form.with_error(field, words)
    return page(request, template, {"form": told, **(more or {})}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
