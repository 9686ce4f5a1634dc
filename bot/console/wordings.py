"""The pages /console/policies/words: every text a practice may word itself, as clients read it, and its editing.

What may be said is judged by messages/wording.py. Saving makes a new version of the reminder policy with the same
touches. Invariant: a wording with a problem is never saved.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.console.desk import actor_of, after, reading, show, viewer_of, writing
from bot.console.policies import HERE as POLICIES
from bot.console.said import Said
from bot.console.text_preview import LANGUAGE_NAMES, Preview, country_of, preview, standard_words
from bot.console.touch_words import NAMES
from bot.web import dates
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.keys import CLOCK, SITE
from bot.web.typed import typed_number
from messages.kinds import Kind, traits
from messages.render import CannotRenderError
from messages.wording import required_placeholders, usable_placeholders, validate_wording
from scheduler import access
from scheduler.actions.save_reminder_policy import save_reminder_policy
from scheduler.calendar.wallclock import at_minute
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.people import store as people
from scheduler.people.store import Practice
from scheduler.reminders import store
from scheduler.reminders.store import Wordings

HERE: Final = f"{POLICIES}/words"
ONE: Final = HERE + "/{kind:[a-z_]+}"
EDITABLE: Final = tuple(kind for kind in Kind if traits(kind).editable)
PLACEHOLDER_WORDS: Final = {
    "label": "your short name",
    "date": "day of the visit",
    "time": "time of the visit",
    "other_date": "day of the other visit",
    "other_time": "time of the other visit",
    "deadline": "until when the offer holds",
    "link": "our link",
    "office_phone": "your office phone",
}
WHEN: Final = {
    Kind.ENROLMENT: "Once, when a number first agrees to texts.",
    Kind.WAITLIST_JOINED: "When a client is put on the waitlist.",
    Kind.BOOKED: "After booking, where the first reminder would come too late.",
    Kind.REMINDER: "As the reminders say, until the client confirms.",
    Kind.REMINDER_CONFIRMED: "In place of a reminder, once the client has confirmed.",
    Kind.OFFER: "When freed time is offered from the waitlist.",
    Kind.STILL_WAITING: "Instead of a further offer, when several were left without an answer.",
    Kind.OFFER_EXPIRED: "When an offer ran out.",
    Kind.OFFER_WITHDRAWN: "When an offered time is booked by hand.",
    Kind.CLINICIAN_CANCELLED: "When the practice calls a visit off.",
    Kind.RESCHEDULED_BY_STAFF: "When the practice moves a visit.",
    Kind.CRISIS_NOTICE: "Once, when a text may come from somebody in distress.",
    Kind.INBOX_AUTO: "When a text is handed to a person.",
    Kind.QUESTION_POINTER: "When a client asks something only a person can answer.",
}
UNFIT: Final = HTTPStatus.UNPROCESSABLE_ENTITY


def install_wordings(app: web.Application) -> None:
    """Add the list, the editor, its preview and its saving."""
    app.router.add_get(HERE, show_all, name="console.words")
    app.router.add_get(ONE, show_one, name="console.words_one")
    app.router.add_post(ONE, save, name="console.words_save")
    app.router.add_post(f"{ONE}/preview", show_preview, name="console.words_preview")


def name_of(kind: Kind) -> str:
    """What the list calls a text; two of them are both reminders elsewhere."""
    return "Reminder, once confirmed" if kind is Kind.REMINDER_CONFIRMED else NAMES[kind]


async def show_all(request: web.Request) -> web.Response:
    """Every text that may be worded, in each language."""
    access.require(actor_of(request), "policy.read")
    practice, own = await _practice_and_words(request)
    texts = [
        {
            "kind": kind.value,
            "name": name_of(kind),
            "when": WHEN.get(kind, ""),
            "own": bool(own.get(kind)),
            "previews": _previews(request, kind, practice, own),
        }
        for kind in EDITABLE
    ]
    context = {"texts": texts, "practice": practice, "may_write": access.may(actor_of(request), "policy.write")}
    return await show(request, "console/wordings.html", context)


async def show_one(request: web.Request) -> web.Response:
    """One text, to word."""
    access.require(actor_of(request), "policy.write")
    return await _shown(request, EMPTY)


async def show_preview(request: web.Request) -> web.Response:
    """The words as typed, on phones, with what is wrong with them: a piece of the page."""
    access.require(actor_of(request), "policy.write")
    return await _shown(request, await sent_form(request), part="console/_wording_preview.html")


async def save(request: web.Request) -> web.Response:
    """Put the words as typed in force; an empty field goes back to Stillon's own words."""
    access.require(actor_of(request), "policy.write")
    kind, form = _kind(request), await sent_form(request)
    practice, own = await _practice_and_words(request)
    typed = _typed(form, kind, practice)
    judged = _judged(form, kind, typed, practice)
    if judged.errors:
        return await _shown(request, judged, status=UNFIT)
    kept = {key: dict(texts) for key, texts in own.items() if key != kind.value}
    wanted = {**kept, kind.value: typed} if typed else kept
    based_on = form.value("based_on")
    try:
        async with writing(request) as tx:
            newest = await store.newest_version(tx)
            touches = newest.policy.touches if newest else ()
            version = await save_reminder_policy(tx, touches, wanted, based_on=typed_number(based_on))
    except Conflict:
        said = "Somebody saved another version meanwhile. Your words are still here: look at both, then save again"
        return await _shown(request, form.with_error("", said), status=HTTPStatus.CONFLICT)
    except Invalid:
        return await _shown(request, form.with_error("", "These words are too long to keep"), status=UNFIT)
    return after(request, HERE, Said("reminders_saved", count=version))


def _kind(request: web.Request) -> Kind:
    found = next((kind for kind in EDITABLE if kind.value == request.match_info["kind"]), None)
    if found is None:
        raise NotFound("wording")
    return found


def _typed(form: Form, kind: Kind, practice: Practice) -> dict[str, str]:
    """The practice's own words by language; what is empty or Stillon's own is left out."""
    words = {language: " ".join(form.value(f"words_{language}").split(" ")).strip() for language in LANGUAGE_NAMES}
    return {
        language: text for language, text in words.items() if text and text != standard_words(kind, language, practice)
    }


def _judged(form: Form, kind: Kind, typed: Mapping[str, str], practice: Practice) -> Form:
    for language in LANGUAGE_NAMES:
        problems = _problems(kind, language, typed, practice)
        if problems:
            form = form.with_error(f"words_{language}", " ".join(problems))
    return form


def _problems(kind: Kind, language: str, typed: Mapping[str, str], practice: Practice) -> list[str]:
    """What is wrong with the practice's own words in a language; its absence is nothing wrong."""
    if language not in typed:
        return []
    found = validate_wording(kind, typed[language], language, country=country_of(practice))
    return [problem.sentence for problem in found]


async def _practice_and_words(request: web.Request) -> tuple[Practice, Wordings]:
    async with reading(request) as r:
        return await people.practice(r), await store.wordings_in_force(r)


def _previews(request: web.Request, kind: Kind, practice: Practice, own: Wordings) -> list[Preview | None]:
    """The text in each language; None where its words cannot be filled in yet."""
    zone = viewer_of(request).zone
    today = dates.local(request.config_dict[CLOCK].now(), zone).date()
    starts_at = at_minute(today + timedelta(days=10 - today.weekday()), 15 * 60, zone).astimezone(zone)
    origin = request.config_dict[SITE].origin
    return [_preview(kind, language, practice, origin, starts_at, own) for language in LANGUAGE_NAMES]


def _preview(
    kind: Kind, language: str, practice: Practice, origin: str, starts_at: datetime, own: Wordings
) -> Preview | None:
    try:
        return preview(kind, language, practice, origin, starts_at, own)
    except CannotRenderError:
        return None


async def _shown(
    request: web.Request, form: Form, *, part: str = "", status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    kind = _kind(request)
    async with reading(request) as r:
        practice = await people.practice(r)
        newest = await store.newest_version(r)
    own: Wordings = newest.wordings if newest else {}
    standard = {language: standard_words(kind, language, practice) for language in LANGUAGE_NAMES}
    mine = own.get(kind.value, {})
    filled = form
    if not form.values:
        filled = Form({f"words_{language}": mine.get(language) or words for language, words in standard.items()})
    typed = _typed(filled, kind, practice)
    judged = _judged(Form(filled.values, form.errors), kind, typed, practice)
    drawn = _previews(request, kind, practice, {**own, kind.value: typed})
    context: dict[str, Any] = {
        "form": filled if not form.errors else judged,
        "problems": [_problems(kind, language, typed, practice) for language in LANGUAGE_NAMES],
        "kind": kind.value,
        "name": name_of(kind),
        "when": WHEN.get(kind, ""),
        "languages": [(language, words, standard[language]) for language, words in LANGUAGE_NAMES.items()],
        "previews": drawn,
        "practice": practice,
        "placeholders": [(f"{{{name}}}", PLACEHOLDER_WORDS[name], name in required_placeholders(kind))
                         for name in usable_placeholders(kind)],
        "opt_out": traits(kind).carries_opt_out,
        "based_on": form.value("based_on") or str(newest.policy.version if newest else 0),
        "own": bool(mine),
        "part": part,
    }  # fmt: skip
    return await show(request, "console/wording.html", context, part=part, status=status)
