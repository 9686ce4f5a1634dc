"""The page that puts a client on the waitlist: what they wait for, when it suits, and how much notice they need.

Invariant: nobody is added who is out of the person's reach, and what was typed is never lost.
"""

from datetime import date
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.console.book_of_names import names
from bot.console.days import day_of
from bot.console.desk import actor_of, after, reading, show, viewer_of, writing
from bot.console.said import Said
from bot.console.search import find
from bot.console.wish_words import DAYS, PARTS
from bot.web.dates import moment
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.pages import is_fragment, page
from bot.web.readable import posted
from scheduler import access
from scheduler.appointments import store as appointments
from scheduler.core.errors import Conflict, Invalid
from scheduler.core.record import Reading, Tx
from scheduler.people import store as people
from waitlist.actions.join import join
from waitlist.week_grid import windows_of

WRITE: Final = "waitlist.write"
MATCHES: Final = 8
NOTICES: Final = (("60", "1 hour"), ("120", "2 hours"), ("240", "4 hours"), ("1440", "1 day"), ("2880", "2 days"))
RHYTHMS: Final = (("weekly", "A time every week"),)
URGENCIES: Final = (
    ("clinical", "Before the others: needs it clinically"),
    ("promised", "Before the others: it was promised"),
    ("long_wait", "Before the others: has waited too long"),
)
FIELDS: Final = {
    "latest_day": "latest",
    "windows": "suits",
    "min_notice_minutes": "notice",
    "expires_on": "expires",
    "urgency_reason": "urgency",
}
"""The fields of the form, by what the action calls them."""
SENTENCES: Final = {
    "client_needed": "Choose a client",
    "waits_already": "This client waits for this service already",
    "visit_is_over": "That visit is over or cancelled; choose another, or none",
    "ends_before_it_begins": "Choose a last day that is not before the first",
    "hours_make_no_sense": "Choose the hours again",
    "notice_out_of_range": "Choose a notice from the list",
}


async def show_join(request: web.Request) -> web.Response:
    """The empty form, for a client if the address names one."""
    asked = request.query.get("client", "")
    async with reading(request) as r:
        context = await _context(request, r, EMPTY, asked, set())
    return await show(request, "console/waitlist_join.html", context)


async def take_join(request: web.Request) -> web.Response:
    """Find clients, or add one to the list."""
    form = await sent_form(request)
    sent = await posted(request)
    suits = {str(each) for each in sent.getall("suits", ()) if isinstance(each, str)}
    clinicians = [str(each) for each in sent.getall("with", ()) if isinstance(each, str)]
    client_id = form.value("client")
    if form.value("act") == "join":
        try:
            async with writing(request) as tx:
                await _require_client(request, tx, client_id)
                entry_id = await join(
                    tx,
                    client_id=client_id,
                    service_id=form.value("service"),
                    clinician_ids=clinicians,
                    windows=windows_of(suits),
                    earliest_day=_day(form, "earliest"),
                    latest_day=_day(form, "latest"),
                    min_notice_minutes=_number(form.value("notice")),
                    priority=1 if form.value("urgency") else 0,
                    urgency_reason=form.value("urgency") or None,
                    location_id=form.value("place") or None,
                    expires_on=_day(form, "expires"),
                    replaces_participation_id=form.value("replaces") or None,
                    weekly=form.value("rhythm") == "weekly",
                )
            return after(request, "/console/waitlist", Said("joined", entry_id))
        except (Invalid, Conflict) as error:
            form = form.with_error(
                _field(error), SENTENCES.get(error.code, "That does not fit; check it and try again")
            )
    async with reading(request) as r:
        context = await _context(request, r, form, client_id, suits, clinicians)
    if is_fragment(request):
        return page(request, "console/_waitlist_clients.html", context)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return await show(request, "console/waitlist_join.html", context, status=status)


async def _require_client(request: web.Request, tx: Tx, client_id: str) -> None:
    """Pass only a chosen client within reach.

    Raises:
        Invalid: none was chosen.
        NotFound: as `access.client`.
    """
    if not client_id:
        raise Invalid("client_needed", field="client")
    await access.client(tx, actor_of(request), client_id, WRITE)


def _field(error: Invalid | Conflict) -> str:
    if isinstance(error, Conflict):
        return "replaces" if error.code == "visit_is_over" else "client"
    return FIELDS.get(error.field or "", error.field or "client")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _day(form: Form, name: str) -> date | None:
    found = day_of(form.value(name), date.min)
    return None if found == date.min else found


async def _context(
    request: web.Request, r: Reading, form: Form, client_id: str, suits: set[str], clinicians: list[str] | None = None
) -> dict[str, Any]:
    actor, viewer = actor_of(request), viewer_of(request)
    own = await access.own_clinician(r, actor, WRITE)
    book = await names(r)
    chosen = [await access.client(r, actor, client_id, WRITE)] if client_id else []
    words = form.value("find").strip()
    found = await find(r, actor, words, MATCHES) if words else ()
    ahead = await appointments.upcoming(r, (client_id,), r.now) if client_id else ()
    return {
        "form": form,
        "chosen": chosen,
        "matches": [each for each in found if each.id != client_id],
        "searched": bool(words),
        "services": [(each.id, each.name) for each in sorted(book.offered(), key=lambda each: each.capacity > 1)],
        "clinicians": [each for each in book.working() if own in {None, each.id}],
        "chosen_clinicians": clinicians or [],
        "days": DAYS,
        "parts": PARTS,
        "suits": suits,
        "notices": NOTICES,
        "rhythms": RHYTHMS,
        "urgencies": URGENCIES,
        "places": [(each.id, each.name) for each in await people.locations(r, active_only=True)],
        "replaceable": [
            (each.participation_id, moment(each.starts_at, viewer.zone, viewer.locale))
            for each in ahead[:12]
            if own in {None, each.clinician_id}
        ],
    }


def install_join(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/console/waitlist/new", show_join, name="waitlist.new")
    app.router.add_post("/console/waitlist/new", take_join)
