"""The page /console/settings/practice: the practice itself, its texts, its waitlist and its alerts.

What fits is people/practice_fields.py's to say, what a label may disclose messages/wording.py's. Invariant: nothing
typed is lost when something does not fit, and a label that names a field of care is never saved.
"""

from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import available_timezones

from aiohttp import web

from bot.console.client_words import LANGUAGES
from bot.console.desk import actor_of, after, reading, show
from bot.console.said import Said
from bot.console.settings_form import UNFIT, keep, read_form
from bot.console.settings_words import LOCALES, with_current
from bot.console.touch_form import clock_of, minute_of
from bot.web.forms import EMPTY, Form
from bot.web.typed import typed_number
from messages.wording import lint_label
from scheduler import access
from scheduler.actions.practice import edit_practice, fields_of
from scheduler.calendar.wallclock import MINUTES_PER_DAY
from scheduler.people import store as people
from scheduler.people.practice_fields import CRISIS_COUNTRIES, PracticeFields

HERE: Final = "/console/settings/practice"
WORDS: Final = ("name", "label", "office_phone", "sender", "zone", "email_from", "locale", "region", "currency",
                "language", "stop_mode", "crisis_country", "alert_email", "alert_phone", "second_email", "second_phone",
                "subdivision")  # fmt: skip
OPTIONAL: Final = ("email_from", "alert_email", "alert_phone", "second_email", "second_phone", "subdivision")
CHECKS: Final = ("plain_letters", "strict_hours", "follow_ups")
NUMBERS: Final = ("daily_cap", "weekly_cap", "opening_grace_minutes", "offer_hold_minutes", "late_cancel_hours")
COUNTRY_WORDS: Final = {
    "US": "United States: 911, 988", "CA": "Canada: 911, 988", "GB": "United Kingdom: 999", "IE": "Ireland",
    "AU": "Australia: 000", "NZ": "New Zealand",
}  # fmt: skip
STOP_MODES: Final = (
    ("carrier", "The phone company confirms STOP", "Twilio's default: it answers STOP, START and HELP itself."),
    (
        "ours",
        "Stillon confirms STOP",
        "For accounts where Twilio switched its own STOP filter off (redaction).",
    ),
)


def install_practice_settings(app: web.Application) -> None:
    """Add the page and its saving."""
    app.router.add_get(HERE, show_practice, name="console.settings_practice")
    app.router.add_post(HERE, save, name="console.settings_practice_save")


async def show_practice(request: web.Request) -> web.Response:
    """Everything about the practice, in a form."""
    return await _shown(request, EMPTY)


async def save(request: web.Request) -> web.Response:
    """Save what was changed."""
    form = await read_form(request)
    async with reading(request) as r:
        before = fields_of(await people.practice(r))
    given, form = read_practice(form, before)
    if form.errors:
        return await _shown(request, form, status=UNFIT)
    edited, form = await keep(request, form, lambda tx: edit_practice(tx, given), otherwise="name")
    if edited is None:
        return await _shown(request, form, status=UNFIT)
    return after(request, "/console/settings", Said("settings_saved" if edited.changed else "nothing_changed"))


def read_practice(form: Form, before: PracticeFields) -> tuple[PracticeFields, Form]:
    """The fields of a form over those in force, and the form with what cannot be read."""
    changed: dict[str, Any] = {name: form.value(name).strip() for name in WORDS if name in form.values}
    for name in OPTIONAL:
        changed[name] = changed.get(name) or None
    for name in NUMBERS:
        typed = typed_number(form.value(name))
        if typed is None:
            form = form.with_error(name, "Enter a whole number")
        else:
            changed[name] = typed
    for name in ("send_from_minute", "send_until_minute"):
        minute = minute_of(form.value(name))
        if minute is None:
            form = form.with_error(name, "Enter a time such as 08:00")
        else:
            # The end of a day is its midnight; the beginning of the window never is meant by it.
            changed[name] = MINUTES_PER_DAY if minute == 0 and name == "send_until_minute" else minute
    changed |= {name: form.value(name) == "yes" for name in CHECKS}
    problems = lint_label(form.value("label").strip())
    if problems:
        form = form.with_error("label", " ".join(problem.sentence for problem in problems))
    return replace(before, **changed), form


async def _shown(request: web.Request, form: Form, *, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    access.require(actor_of(request), "settings.write")
    async with reading(request) as r:
        fields = fields_of(await people.practice(r))
    filled = form if form.values else Form(typed(fields))
    context = {
        "form": filled,
        "zones": sorted(available_timezones()),
        "locales": with_current(LOCALES, fields.locale),
        "countries": [(code, COUNTRY_WORDS[code]) for code in sorted(CRISIS_COUNTRIES)],
        "languages": LANGUAGES,
        "stop_modes": STOP_MODES,
    }
    return await show(request, "console/settings_practice.html", context, status=status)


def typed(fields: PracticeFields) -> dict[str, str]:
    """The fields as the form shows them."""
    shown = {name: getattr(fields, name) or "" for name in WORDS}
    shown |= {name: str(getattr(fields, name)) for name in NUMBERS}
    shown["send_from_minute"] = clock_of(fields.send_from_minute)
    shown["send_until_minute"] = clock_of(fields.send_until_minute % MINUTES_PER_DAY)
    shown |= {name: "yes" if getattr(fields, name) else "" for name in CHECKS}
    return shown
