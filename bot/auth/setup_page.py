"""The page behind a one-time address: /setup/{token}.

Invariant: opening it changes nothing; a dead address is one answer whatever killed it.
"""

from dataclasses import replace
from http import HTTPStatus
from typing import Final
from zoneinfo import available_timezones

from aiohttp import web

from bot.auth.door import AUTH, HOME, let_on, see_other
from bot.auth.passwords import check_password
from bot.auth.people import DEMO, FIRST_OWNER, checked_email, checked_name
from bot.auth.set_up import Open
from bot.auth.sign_in import HalfWay
from bot.auth.sign_in_page import APP
from bot.auth.words import DIFFERENT, sentence
from bot.web.forms import Form, sent_form
from bot.web.pages import page
from messages.wording import lint_label
from scheduler.core.errors import Invalid, NotFound
from scheduler.people.practice_fields import PracticeFields, checked_practice

COMMON_ZONES: Final = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
    "America/Anchorage", "Pacific/Honolulu", "America/Toronto", "Europe/London", "Australia/Sydney",
)  # fmt: skip
FITTING: Final = PracticeFields("Practice", "Lee Office", "555-555-0100", "+15555550100", "UTC")
LABEL_TELLS: Final = (
    "This name would tell others what kind of office it is, or does not fit a text; "
    "choose a neutral one, such as Lee Office"
)


async def show(request: web.Request) -> web.Response:
    """What the address is for, as a form."""
    try:
        opened = await request.config_dict[AUTH].set_up.look(request.match_info["token"])
    except NotFound:
        return _gone(request)
    return _shown(request, opened, Form({"zone": COMMON_ZONES[0]}), HTTPStatus.OK)


async def take(request: web.Request) -> web.Response:
    """The form, once."""
    set_up = request.config_dict[AUTH].set_up
    try:
        opened = await set_up.look(request.match_info["token"])
        if opened.purpose == DEMO:
            entered = see_other(HOME)
            let_on(request, entered, await set_up.enter_demo(opened))
            return entered
        form = _judged(opened, await sent_form(request))
        if form.errors:
            return _shown(request, opened, form, HTTPStatus.UNPROCESSABLE_ENTITY)
        step = await _done(request, opened, form)
    except NotFound:
        return _gone(request)
    answer = see_other(APP)
    let_on(request, answer, step)
    return answer


async def _done(request: web.Request, opened: Open, form: Form) -> HalfWay:
    set_up = request.config_dict[AUTH].set_up
    password = form.value("password")
    if opened.purpose != FIRST_OWNER:
        return await set_up.choose_password(opened, password)
    practice = None if opened.token.practice_id else _practice(form)
    return await set_up.make_owner(
        opened, email=form.value("email"), name=form.value("person"), password=password, practice=practice
    )


def _judged(opened: Open, form: Form) -> Form:
    """The form with every error at once, in the order of its fields."""
    email = opened.email or form.value("email")
    if opened.purpose == FIRST_OWNER:
        if opened.token.practice_id is None:
            form = _judged_practice(form)
        form = form.check("person", lambda: checked_name(form.value("person")), sentence)
        form = form.check("email", lambda: checked_email(form.value("email")), sentence)
    form = form.check("password", lambda: check_password(form.value("password"), email=email), sentence)
    if form.value("password") != form.value("again"):
        form = form.with_error("again", DIFFERENT)
    return form


def _judged_practice(form: Form) -> Form:
    given = _practice(form)
    while True:
        try:
            checked_practice(given)
            break
        except Invalid as error:
            # One error is raised at a time; a field known to fit takes its place, so that the next one is found too.
            field = error.field or "name"
            form = form.with_error(field, sentence(error))
            given = replace(given, **{field: getattr(FITTING, field)})
    if "label" not in form.errors and lint_label(form.value("label")):
        form = form.with_error("label", LABEL_TELLS)
    return form


def _practice(form: Form) -> PracticeFields:
    given = form.value
    sender = "".join(sign for sign in given("sender") if sign.isdigit() or sign == "+")
    return PracticeFields(given("name"), given("label"), given("office_phone"), sender, given("zone"))


def _shown(request: web.Request, opened: Open, form: Form, status: HTTPStatus) -> web.Response:
    others = sorted(zone for zone in available_timezones() if "/" in zone and zone not in COMMON_ZONES)
    zones = [(zone, zone.replace("_", " ")) for zone in (*COMMON_ZONES, *others)]
    context = {"opened": opened, "form": form, "zones": zones, "asks_practice": opened.token.practice_id is None}
    return page(request, "auth/setup.html", context, status=status)


def _gone(request: web.Request) -> web.Response:
    return page(request, "auth/setup_gone.html", status=HTTPStatus.NOT_FOUND)
