"""The page /console/settings/whatsapp: whether the practice writes by WhatsApp, from where, by which templates.

It shows the words to have approved, because outside a client's own 24 hours nothing else may be said there. Invariant:
it is off until somebody has said that they know what WhatsApp does not promise.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.console.desk import actor_of, after, reading, show, writing
from bot.console.said import Said
from bot.console.settings_form import UNFIT, keep, read_form
from bot.console.touch_words import NAMES
from bot.web.forms import EMPTY, Form
from messages import whatsapp_store
from messages.catalog import LANGUAGE_NAMES, language_of, template
from messages.kinds import Kind
from messages.render import Wordings
from messages.whatsapp import VARIABLES, Terms, to_register
from messages.whatsapp_terms import end_whatsapp, write_by_whatsapp
from scheduler import access
from scheduler.people import store as people
from scheduler.people.store import Practice
from scheduler.reminders import store as reminders

HERE: Final = "/console/settings/whatsapp"
CALLED: Final[dict[Kind, str]] = {
    **NAMES,
    Kind.REMINDER_CONFIRMED: "Reminder, once confirmed",
}


def install_whatsapp(app: web.Application) -> None:
    """Add the page, its saving, and switching it off."""
    app.router.add_get(HERE, show_whatsapp, name="console.settings_whatsapp")
    app.router.add_post(HERE, save, name="console.settings_whatsapp_save")
    app.router.add_post(f"{HERE}/end", end, name="console.settings_whatsapp_end")


async def show_whatsapp(request: web.Request) -> web.Response:
    """How it is set up, and the words to have approved."""
    return await _shown(request, EMPTY)


async def save(request: web.Request) -> web.Response:
    """Write by WhatsApp from now on, in this way."""
    form = await read_form(request)
    number, knows = form.value("number").strip(), form.value("knows") == "yes"
    _, form = await keep(
        request,
        form,
        lambda tx: write_by_whatsapp(tx, number, _templates(form), knows_the_risk=knows),
        otherwise="number",
    )
    if form.errors:
        return await _shown(request, form, status=UNFIT)
    return after(request, HERE, Said("whatsapp_on"))


async def end(request: web.Request) -> web.Response:
    """Write no more that way."""
    access.require(actor_of(request), "settings.write")
    async with writing(request) as tx:
        ended = await end_whatsapp(tx)
    return after(request, HERE, Said("whatsapp_off" if ended else "nothing_changed"))


def _templates(form: Form) -> dict[tuple[Kind, str], str]:
    asked = {(kind, language): form.value(_name(kind, language)).strip() for kind, language in _every()}
    return {key: sid for key, sid in asked.items() if sid}


def _every() -> list[tuple[Kind, str]]:
    return [(kind, language) for language, _ in LANGUAGE_NAMES for kind in VARIABLES]


def _name(kind: Kind, language: str) -> str:
    return f"{kind.value}-{language}"


async def _shown(request: web.Request, form: Form, *, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    access.require(actor_of(request), "settings.write")
    async with reading(request) as r:
        practice = await people.practice(r)
        terms = await whatsapp_store.terms(r)
        words = await reminders.wordings_in_force(r)
    context = {
        "form": form if form.values else Form(_typed(terms)),
        "on": terms is not None,
        "in_the_us": practice.region == "US",
        "languages": [
            {
                "code": code,
                "name": name,
                "first": code in {"en", language_of(practice.language)},
                "templates": [_line(kind, code, practice, words) for kind in VARIABLES],
            }
            for code, name in LANGUAGE_NAMES
        ],
    }
    return await show(request, "console/settings_whatsapp.html", context, status=status)


def _typed(terms: Terms | None) -> Mapping[str, str]:
    if terms is None:
        return {}
    sids = {_name(kind, language): sid for (kind, language), sid in terms.templates.items()}
    return {"number": terms.number, "knows": "yes", **sids}


def _line(kind: Kind, language: str, practice: Practice, wordings: Wordings) -> dict[str, Any]:
    words = wordings.get(kind, {}).get(language) or template(f"{kind}.sms", language) or ""
    return {
        "name": _name(kind, language),
        "called": CALLED[kind],
        "words": to_register(kind, words, label=practice.label, office_phone=practice.office_phone),
    }
