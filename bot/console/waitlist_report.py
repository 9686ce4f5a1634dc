"""The page /console/waitlist/report: what the waitlist filled, how soon, what came back, and whether it was fair.

Counting is waitlist/figures.py's. Invariant: every share is shown with what it is a share of.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web
from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_currency

from bot.console import waiting
from bot.console.book_of_names import Names, names
from bot.console.days import day_of
from bot.console.desk import actor_of, reading, show, viewer_of
from messages.kinds import Channel, Purpose
from messages.recipients import reachable
from scheduler import access
from scheduler.calendar.wallclock import day_span, local_day
from scheduler.core.record import Reading
from scheduler.people import store as people
from waitlist import entry_store, report_store
from waitlist.explain import Why, explain
from waitlist.figures import Figures, Line, Part, figures
from waitlist.report_store import Waited

HERE: Final = "/console/waitlist/report"
WRITE: Final = "waitlist.write"
EXPLAINED: Final = 20
CHANNELS: Final = (Channel.WHATSAPP, Channel.SMS, Channel.EMAIL, Channel.VOICE)
REMINDED: Final = {
    "": "Not reminded",
    Channel.SMS: "By text",
    Channel.EMAIL: "By mail",
    Channel.WHATSAPP: "By WhatsApp",
    Channel.VOICE: "By call",
}
QUARTERS: Final = ("Longest waiting quarter", "Second", "Third", "Shortest waiting quarter")


async def show_report(request: web.Request) -> web.Response:
    """A month's figures; the month of the day in the address, or this one."""
    actor, viewer = actor_of(request), viewer_of(request)
    async with reading(request) as r:
        today = local_day(r.now, viewer.zone)
        first = day_of(request.query.get("month", ""), today).replace(day=1)
        before, after = (first - timedelta(days=1)).replace(day=1), _next_month(first)
        found = await _figures(r, actor, first, viewer.zone)
        book, practice = await names(r), await people.practice(r)
        reach = {each.id: each for each in await waiting.entries(r, actor)}
        unasked = [each for each in found.unasked if each.entry_id in reach]
        context: dict[str, Any] = {
            "f": found,
            "month": _month(first, viewer.locale),
            "before": before,
            "month_before": _month(before, viewer.locale),
            "after": after if after <= today else None,
            "month_after": _month(after, viewer.locale),
            "recovered": format_currency(found.recovered_minor / 100, practice.currency, locale=practice.locale),
            "groups": _groups(found, book, practice.language),
            "unasked": await _unasked(r, unasked),
            "never": sum(each.last_offered_at is None for each in unasked),
        }
    return await show(request, "console/waitlist_report.html", context)


async def _figures(r: Reading, actor: Any, first: date, zone: ZoneInfo) -> Figures:
    start, end = day_span(first, zone).starts_at, day_span(_next_month(first), zone).starts_at
    own = await access.own_clinician(r, actor, WRITE)
    freed = [each for each in await report_store.freed(r, start, end) if own in {None, each.clinician_id}]
    mine = {each.id for each in freed}
    made = [each for each in await report_store.made(r, start, end) if each.opening_id in mine]
    reached = await _reached(r, {each.client_id for each in made})
    return figures(freed, made, await report_store.waited(r, end), r.now, reached)


async def _reached(r: Reading, client_ids: Collection[str]) -> dict[str, str]:
    """By which channel each client is reminded; offers leave by text, whatever it is."""
    ways = await reachable(r, client_ids, Purpose.REMINDERS)
    return {client_id: next((each for each in CHANNELS if each in way), "") for client_id, way in ways.items()}


async def _unasked(r: Reading, found: Sequence[Waited]) -> list[tuple[Waited, str, str]]:
    """Who was not asked for long, and why: the first of them in a sentence each."""
    ids = [each.client_id for each in found]
    clients, ways = await people.clients(r, ids), await reachable(r, ids, Purpose.WAITLIST)
    rows = []
    for number, each in enumerate(found):
        why = "" if number >= EXPLAINED else await _why(r, each, may_be_texted=Channel.SMS in ways[each.client_id])
        rows.append((each, clients[each.client_id].display, why))
    return rows


async def _why(r: Reading, waited: Waited, *, may_be_texted: bool) -> str:
    if not may_be_texted:
        return "Cannot be texted: no number that may be, no consent, or stopped"
    entry = await entry_store.entry(r, waited.entry_id)
    told = await explain(r, entry) if entry else ()
    fitted = sum(each.why not in {Why.MISFIT, Why.JOINED_LATER} for each in told)
    if not told:
        return "No time of their service was freed in two months"
    return f"{fitted} of {len(told)} freed times fitted" if fitted else f"None of {len(told)} freed times fitted"


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _month(first: date, locale: str) -> str:
    """Such as November 2026."""
    return format_skeleton("yMMMM", first, locale=Locale.parse(locale))


def _groups(found: Figures, book: Names, language: str) -> list[tuple[str, list[tuple[str, Part, Part]]]]:
    """The lines of the fairness report, by what they are grouped by."""
    return [
        ("By time waited", _named(found.quarters, {str(n): words for n, words in enumerate(QUARTERS)})),
        ("By clinician", _named(found.clinicians, {each.name: book.clinician(each.name) for each in found.clinicians})),
        ("By how they are reminded", _named(found.channels, REMINDED)),
        ("By language", _named(found.languages, {each.name: _spoken(each.name, language) for each in found.languages})),
    ]


def _spoken(code: str, practice: str) -> str:
    """The name of a language; of whom none is on file, the practice's own."""
    name = Locale.parse(code or practice).get_display_name("en") or code
    return name if code else f"{name}, as nothing else is on file"


def _named(lines: Sequence[Line], words: dict[str, str]) -> list[tuple[str, Part, Part]]:
    return [(words.get(each.name, each.name), each.offers, each.fills) for each in lines]


def install_waitlist_report(app: web.Application) -> None:
    """Add the page."""
    app.router.add_get(HERE, show_report, name="waitlist.report")
