"""The form that puts a client on the waitlist, or changes what they wait for: when it suits, with whom, at what notice.

From the page of a visit it is opened with that visit filled in: the same with the same person, only sooner, and the
visit stays theirs until then. Invariant: nobody is added who is out of the person's reach, and what was typed is never
lost.
"""

from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.console import turn_words
from bot.console.book_of_names import names
from bot.console.desk import actor_of, after, back_to, reading, show, viewer_of, writing
from bot.console.said import Said
from bot.console.search import find
from bot.console.waitlist_consent import agree, texts_to
from bot.console.wish_words import DAYS, PARTS, notice_of
from bot.web.dates import moment
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.pages import is_fragment, page
from bot.web.readable import posted
from bot.web.typed import typed_day_from, typed_number
from scheduler import access, tables
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.calendar.wallclock import local_day
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Reading, Tx
from scheduler.people import store as people
from waitlist import entry_store
from waitlist.actions.change import change
from waitlist.actions.join import join
from waitlist.actions.put_forward import put_forward
from waitlist.entry_store import Entry, EntryState
from waitlist.week_grid import squares_of, windows_of
from waitlist.wishes import Wishes

WRITE: Final = "waitlist.write"
MATCHES: Final = 8
REPLACEABLE: Final = 12
"""So many of their next visits are shown as ones they could give up."""
TEMPLATE: Final = "console/waitlist_join.html"
PIECES: Final = {"find": "console/_waitlist_clients.html", "pick": "console/_waitlist_of_client.html"}
"""What is drawn anew while the form is filled in: who is found, and what depends on the one who was chosen."""
NOTICES: Final = (60, 120, 240, 24 * 60, 48 * 60, 7 * 24 * 60)
AS_IT_IS: Final = "as_it_is"
RHYTHMS: Final = (("weekly", "A time every week"),)
URGENCIES: Final = tuple((key, f"Before the others: {words}") for key, words in turn_words.URGENCIES.items())
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
    "has_passed": "That day has passed; choose a later one",
    "day_unclear": "Enter a day, such as 2026-03-05",
    "hours_make_no_sense": "Choose the hours again",
    "notice_out_of_range": "Choose a notice from the list",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """The form as it was filled in, with the squares and the clinicians that are ticked."""

    form: Form
    client_id: str
    suits: frozenset[str] = frozenset()
    clinicians: tuple[str, ...] = ()

    def refused(self, error: Invalid | Conflict) -> "Sent":
        """The same with what does not fit said at its field."""
        sentence = SENTENCES.get(error.code, "That does not fit; check it and try again")
        return replace(self, form=self.form.with_error(_field(error), sentence))


async def show_join(request: web.Request) -> web.Response:
    """The empty form, for a client if the address names one; filled in for an earlier time, if it names a visit."""
    asked = request.query.get("client", "")
    async with reading(request) as r:
        sooner = await _sooner(request, r)
        waits = await _waits(r, sooner) if sooner else None
        if waits is not None:
            return after(request, f"/console/waitlist/{waits}/change?{request.query_string}")
        context = await _context(request, r, sooner or Sent(EMPTY, asked))
    return await show(request, TEMPLATE, context)


async def take_join(request: web.Request) -> web.Response:
    """Find clients, or add one to the list."""
    sent = await _sent(request)
    if sent.form.value("act") == "join":
        try:
            async with writing(request) as tx:
                await _require_client(request, tx, sent.client_id)
                if sent.form.value("agrees"):
                    await agree(tx, actor_of(request), sent.client_id)
                entry_id = await join(
                    tx,
                    client_id=sent.client_id,
                    service_id=sent.form.value("service"),
                    priority=1 if sent.form.value("urgency") else 0,
                    urgency_reason=sent.form.value("urgency") or None,
                    **_wishes(sent, local_day(tx.now, viewer_of(request).zone)).named(),
                )
            return after(request, back_to(sent.form.value("back"), "/console/waitlist"), Said("joined", entry_id))
        except (Invalid, Conflict) as error:
            sent = sent.refused(error)
    return await _again(request, sent)


async def show_change(request: web.Request) -> web.Response:
    """What somebody waits for, as it may be changed."""
    async with reading(request) as r:
        entry = await _entry(request, r)
        sent, sooner = _sent_before(entry), await _sooner(request, r)
        if sooner is not None and sooner.client_id == entry.client_id:
            sent = replace(sent, form=Form({**sent.form.values, "replaces": sooner.form.value("replaces")}))
        context = await _context(request, r, sent, entry)
    return await show(request, TEMPLATE, context)


async def take_change(request: web.Request) -> web.Response:
    """Keep other wishes, and another turn; the time they have waited stays theirs."""
    sent = await _sent(request)
    try:
        async with writing(request) as tx:
            entry = await _entry(request, tx)
            own = await access.own_clinician(tx, actor_of(request), WRITE)
            wishes = _wishes(sent, local_day(tx.now, viewer_of(request).zone))
            if own is not None:  # whom they could not tick, they did not take away
                others = [each for each in entry.clinician_ids if each != own]
                wishes = replace(wishes, clinician_ids=(*others, *wishes.clinician_ids))
            done = await change(tx, entry.id, wishes)
            if done and sent.form.value("urgency") != _urgency(entry):
                await put_forward(tx, entry.id, sent.form.value("urgency") or None)
        said = "entry_changed" if done else "not_waiting"
        return after(request, f"/console/waitlist/{entry.id}", Said(said))
    except (Invalid, Conflict) as error:
        sent = sent.refused(error)
    return await _again(request, sent)


def sooner_than(visit: Visit, *, weekly: bool = False) -> str:
    """The address of the form, filled in for an earlier time than this visit's, or another time every week."""
    return f"/console/waitlist/new?visit={visit.participation_id}{'&rhythm=weekly' if weekly else ''}"


async def _sooner(request: web.Request, r: Reading) -> Sent | None:
    """What the address wishes: a time before the visit it names, which stays theirs until then; None: it names none.

    Raises:
        Forbidden, NotFound: as `access.participation`.
    """
    asked = request.query.get("visit", "")
    if not asked:
        return None
    visit = await access.participation(r, actor_of(request), asked, WRITE)
    values = {
        "service": visit.service_id,
        "replaces": visit.participation_id,
        "rhythm": "weekly" if request.query.get("rhythm") == "weekly" else "",
        "back": f"/console/visits/{visit.participation_id}",
    }
    return Sent(Form(values), visit.client_id, clinicians=(visit.clinician_id,))


async def _waits(r: Reading, sent: Sent) -> str | None:
    """The entry of somebody who waits for the same already."""
    wanted = sent.form.value("service"), sent.form.value("rhythm") == "weekly"
    for entry in await entry_store.entries_of(r, sent.client_id):
        if entry.state is EntryState.WAITING and (entry.service_id, entry.weekly) == wanted:
            return entry.id
    return None


async def _again(request: web.Request, sent: Sent) -> web.Response:
    async with reading(request) as r:
        entry = await _entry(request, r) if "entry" in request.match_info else None
        context = await _context(request, r, sent, entry)
    if is_fragment(request):
        return page(request, PIECES.get(sent.form.value("act"), PIECES["find"]), context)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if sent.form.errors else HTTPStatus.OK
    return await show(request, TEMPLATE, context, status=status)


async def _entry(request: web.Request, r: Reading) -> Entry:
    """The entry of the address, if its client is within reach.

    Raises:
        Forbidden, NotFound: as `access.thing`.
    """
    await access.thing(r, actor_of(request), tables.waitlist_entry, request.match_info["entry"], WRITE)
    entry = await entry_store.entry(r, request.match_info["entry"])
    if entry is None:
        raise NotFound("waitlist_entry")
    return entry


async def _sent(request: web.Request) -> Sent:
    form, posts = await sent_form(request), await posted(request)
    suits = frozenset(each for each in posts.getall("suits", ()) if isinstance(each, str))
    clinicians = tuple(each for each in posts.getall("with", ()) if isinstance(each, str))
    return Sent(form, form.value("client"), suits, clinicians)


def _sent_before(entry: Entry) -> Sent:
    """An entry as the form shows it."""
    days = {"earliest": entry.earliest_day, "latest": entry.latest_day, "expires": entry.expires_on}
    values = {
        "service": entry.service_id,
        "rhythm": "weekly" if entry.weekly else "",
        "notice": str(entry.min_notice_minutes or ""),
        "place": entry.location_id or "",
        "replaces": entry.replaces_participation_id or "",
        "urgency": _urgency(entry),
        **{name: day.isoformat() for name, day in days.items() if day},
    }
    return Sent(Form(values), entry.client_id, squares_of(entry.windows), entry.clinician_ids)


def _urgency(entry: Entry) -> str:
    """The turn of an entry as the form calls it; staff may have put it first, or last, without a reason once."""
    return entry.urgency_reason or (AS_IT_IS if entry.priority else "")


def _wishes(sent: Sent, today: date) -> Wishes:
    """What was filled in.

    Raises:
        Invalid: a day that cannot be read or has passed; `field` says which.
    """
    form = sent.form
    return Wishes(
        clinician_ids=sent.clinicians,
        windows=windows_of(sent.suits),
        earliest_day=typed_day_from(form.value("earliest"), "earliest", None),
        latest_day=typed_day_from(form.value("latest"), "latest", today),
        min_notice_minutes=typed_number(form.value("notice")) or 0,
        location_id=form.value("place") or None,
        expires_on=typed_day_from(form.value("expires"), "expires", today),
        replaces_participation_id=form.value("replaces") or None,
        weekly=form.value("rhythm") == "weekly",
    )


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


async def _context(request: web.Request, r: Reading, sent: Sent, entry: Entry | None = None) -> dict[str, Any]:
    actor, viewer = actor_of(request), viewer_of(request)
    own = await access.own_clinician(r, actor, WRITE)
    book = await names(r)
    client_id = entry.client_id if entry else sent.client_id
    chosen = [await access.client(r, actor, client_id, WRITE)] if client_id else []
    words = sent.form.value("find").strip()
    found = await find(r, actor, words, MATCHES) if words else ()
    ahead = await appointments.upcoming(r, (client_id,), r.now) if client_id else ()
    notices = sorted({*NOTICES, typed_number(sent.form.value("notice")) or NOTICES[0]})
    return {
        "form": sent.form,
        "entry": entry,
        "chosen": chosen,
        "matches": [each for each in found if each.id != client_id],
        "searched": bool(words),
        "services": [(each.id, each.name) for each in sorted(book.offered(), key=lambda each: each.capacity > 1)],
        "service": book.service(entry.service_id) if entry else "",
        "clinicians": [each for each in book.working() if own in {None, each.id}],
        "chosen_clinicians": sent.clinicians,
        "days": DAYS,
        "parts": PARTS,
        "suits": sent.suits,
        "notices": [(str(each), notice_of(each)) for each in notices],
        "rhythms": RHYTHMS,
        "urgencies": [*URGENCIES, *([(AS_IT_IS, "As it is")] if entry and _urgency(entry) == AS_IT_IS else [])],
        "places": [(each.id, each.name) for each in await people.locations(r, active_only=True)],
        "replaceable": [
            (each.participation_id, moment(each.starts_at, viewer.zone, viewer.locale))
            for number, each in enumerate(ahead)
            if own in {None, each.clinician_id}
            and (number < REPLACEABLE or each.participation_id == sent.form.value("replaces"))
        ],
        "texts": await texts_to(r, actor, client_id) if client_id and entry is None else None,
    }


def install_join(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/console/waitlist/new", show_join, name="waitlist.new")
    app.router.add_post("/console/waitlist/new", take_join)
    app.router.add_get("/console/waitlist/{entry:[0-9a-f]{32}}/change", show_change, name="waitlist.change")
    app.router.add_post("/console/waitlist/{entry:[0-9a-f]{32}}/change", take_change)
