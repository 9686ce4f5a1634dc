"""The page that puts a client on the waitlist, and shows and changes what they wait for.

It is reached from the times of a visit ("None of these work?") and from the word that one was moved later or given up.
A link is not an identity, so people and places are not named here: "the same person", "anybody I have seen". What
makes sense is waitlist/wishes.py's to say. Invariant: what was filled in is never lost, and nothing but a POST writes.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from babel import Locale
from babel.dates import format_timedelta, get_day_names

from bot.links.opened import RECORD, Gone, Opened, acting, in_one_line, show
from bot.links.visit import NOTHING_MORE
from bot.links.words import say
from bot.web.dates import short_day
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.readable import posted
from bot.web.typed import typed_day_from, typed_number
from messages import consent
from messages.kinds import Channel, Purpose
from messages.recipients import recipient_for
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.calendar.wallclock import DAYS_PER_WEEK, local_day
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Reading, Tx
from scheduler.people import store as people
from scheduler.people.store import Service
from waitlist import entry_store
from waitlist.actions.change import change
from waitlist.actions.join import join
from waitlist.actions.leave import leave
from waitlist.actions.pause import pause
from waitlist.entry_store import Entry, EntryState
from waitlist.week_grid import PARTS, squares_of, windows_of
from waitlist.wishes import Wishes

WORDING: Final = "waitlist_page"
NOTICES: Final = (0, 60, 240, 24 * 60, 48 * 60)
REST: Final = timedelta(weeks=2)
FIELDS: Final = {
    "latest_day": "latest",
    "expires_on": "expires",
    "windows": "suits",
    "min_notice_minutes": "notice",
}
"""The fields of the page, by what the action calls them."""
WRONG: Final = {
    "day_unclear": "list.wrong.day",
    "has_passed": "list.wrong.passed",
    "ends_before_it_begins": "list.wrong.order",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the link's visit lets somebody wish for, and the entry that waits already.

    `other_way`: the same by video, or in person, where the practice has it. `seen`: the clinicians they have seen.
    """

    visit: Visit
    entry: Entry | None
    other_way: Service | None
    modality: str
    seen: tuple[str, ...]
    clinicians: int
    places: int

    @property
    def ahead(self) -> bool:
        """Whether there is a visit that could be given up for an earlier one."""
        return self.visit.is_active


async def show_wish(request: web.Request, opened: Opened) -> web.Response:
    """The form, as it was filled in before where somebody waits already."""
    async with request.app[RECORD].read(opened.practice_id) as r:
        asked = await _asked(r, opened)
    entry = asked.entry
    form = Form(_values(asked, entry)) if entry else EMPTY
    return _form(request, opened, asked, form, squares_of(entry.windows) if entry else frozenset())


async def do_wish(request: web.Request, opened: Opened) -> web.Response:
    """Put them on the list, or keep what they wait for from now on."""
    form = await sent_form(request)
    suits = frozenset(str(each) for each in (await posted(request)).getall("suits", ()))
    async with request.app[RECORD].read(opened.practice_id) as r:
        asked = await _asked(r, opened)
    try:
        async with acting(request, opened) as tx:
            asked = await _asked(tx, opened)
            await _agree(tx, opened)
            await _keep(tx, opened, asked, form, suits)
            reached = await recipient_for(tx, opened.client.id, Channel.SMS, Purpose.WAITLIST) is not None
    except (Invalid, Conflict) as error:
        return _form(request, opened, asked, _refused(opened, form, error), suits)
    return _done(request, opened, "listed" if reached else "listed_silent")


async def do_leave(request: web.Request, opened: Opened) -> web.Response:
    """Take them off the list."""
    async with acting(request, opened) as tx:
        asked = await _asked(tx, opened)
        if asked.entry is not None:
            await leave(tx, asked.entry.id)
    return _done(request, opened, "unlisted")


async def do_rest(request: web.Request, opened: Opened) -> web.Response:
    """Let the entry rest for two weeks, or take it up again."""
    async with acting(request, opened) as tx:
        asked = await _asked(tx, opened)
        if asked.entry is not None:
            rests = asked.entry.paused_until is not None and asked.entry.paused_until > tx.now
            await pause(tx, asked.entry.id, None if rests else tx.now + REST)
    return await show_wish(request, opened)


ACTS: Final = {"list": do_wish, "unlist": do_leave, "rest": do_rest}
VIEWS: Final = {"list": show_wish}


async def _asked(r: Reading, opened: Opened) -> Asked:
    visit = await appointments.visit(r, opened.link.participation_id or "")
    if visit is None:
        raise NotFound("participation")
    service = await people.service(r, visit.service_id)
    if service is None or not service.active:
        raise Gone
    other = await _other_way(r, service)
    mine = {service.id, other.id} if other else {service.id}
    waiting = [each for each in await entry_store.entries_of(r, opened.client.id) if each.state is EntryState.WAITING]
    working = {each.id for each in await people.clinicians(r, active_only=True)}
    seen = {each.clinician_id for each in await appointments.visits_of(r, opened.client.id)} & working
    return Asked(
        visit,
        next((each for each in waiting if each.service_id in mine), None),
        other,
        service.modality,
        tuple(sorted(seen)),
        len(working),
        len(await people.locations(r, active_only=True)),
    )


async def _other_way(r: Reading, service: Service) -> Service | None:
    """The service that is the same by video, or in person."""
    alike = (service.duration_minutes, service.capacity)
    for each in await people.services(r, active_only=True):
        if each.modality != service.modality and (each.duration_minutes, each.capacity) == alike:
            return each
    return None


async def _agree(tx: Tx, opened: Opened) -> None:
    """Asking to be told of times is agreeing to those texts, at the number the link came to or else their own."""
    points = [each for each in await people.contact_points(tx, opened.client.id) if each.kind == "phone"]
    usable = [each for each in points if each.state == "active"]
    known = [each for each in usable if each.id == opened.link.contact_point_id]
    for point in known or usable[:1]:
        await consent.grant(
            tx, point.id, Channel.SMS, Purpose.WAITLIST, wording=WORDING, how="link", language=opened.language
        )


async def _keep(tx: Tx, opened: Opened, asked: Asked, form: Form, suits: frozenset[str]) -> None:
    wishes = _wishes(asked, form, suits, local_day(tx.now, opened.zone))
    if asked.entry is not None:
        await change(tx, asked.entry.id, wishes)
        return
    other = asked.other_way is not None and form.value("how") == asked.other_way.modality
    service_id = asked.other_way.id if asked.other_way and other else asked.visit.service_id
    await join(tx, client_id=opened.client.id, service_id=service_id, **wishes.named())


def _wishes(asked: Asked, form: Form, suits: frozenset[str], today: date) -> Wishes:
    """What was filled in.

    Raises:
        Invalid: a day that cannot be read or has passed, or a notice that is none of the choices.
    """
    notice = typed_number(form.value("notice", "0"))
    if notice is None:
        raise Invalid("notice_out_of_range", field="min_notice_minutes")
    gives_up = asked.ahead and form.value("gives", "yes") == "yes"
    before = asked.entry.replaces_participation_id if asked.entry and not asked.ahead else None
    return Wishes(
        clinician_ids=_clinicians(asked, form.value("with", "same")),
        windows=windows_of(suits),
        earliest_day=typed_day_from(form.value("earliest"), "earliest", None),
        latest_day=typed_day_from(form.value("latest"), "latest", today),
        min_notice_minutes=notice,
        location_id=asked.visit.location_id if asked.places > 1 and form.value("where", "same") == "same" else None,
        expires_on=typed_day_from(form.value("expires"), "expires", today),
        replaces_participation_id=asked.visit.participation_id if gives_up else before,
        weekly=form.value("rhythm") == "weekly",
    )


def _clinicians(asked: Asked, choice: str) -> tuple[str, ...]:
    if asked.clinicians < 2 or choice == "any":  # noqa: PLR2004 -- of one there is nothing to choose
        return ()
    return asked.seen if choice == "seen" and asked.seen else (asked.visit.clinician_id,)


def _values(asked: Asked, entry: Entry) -> dict[str, str]:
    """An entry as the fields show it."""
    same = entry.clinician_ids == (asked.visit.clinician_id,)
    values = {
        "with": "any" if not entry.clinician_ids else "same" if same else "seen",
        "where": "same" if entry.location_id else "any",
        "notice": str(entry.min_notice_minutes),
        "rhythm": "weekly" if entry.weekly else "once",
        "gives": "yes" if entry.replaces_participation_id == asked.visit.participation_id else "no",
    }
    days = {"earliest": entry.earliest_day, "latest": entry.latest_day, "expires": entry.expires_on}
    return values | {name: day.isoformat() for name, day in days.items() if day}


def _refused(opened: Opened, form: Form, error: Invalid | Conflict) -> Form:
    name = FIELDS.get(error.field or "", error.field or "suits") if isinstance(error, Invalid) else "gives"
    return form.with_error(name, say(opened.language, WRONG.get(error.code, "list.wrong.other")))


def _form(request: web.Request, opened: Opened, asked: Asked, form: Form, suits: frozenset[str]) -> web.Response:
    entry, now = asked.entry, request.app[RECORD].clock.now()
    rests = entry.paused_until if entry and entry.paused_until and entry.paused_until > now else None
    context = {
        "form": form,
        "suits": suits,
        "days": _day_names(opened),
        "parts": [key for key, _, _ in PARTS],
        "who": _who(asked),
        "how": [asked.modality, asked.other_way.modality] if asked.other_way and entry is None else [],
        "where": ["same", "any"] if asked.places > 1 else [],
        "notices": _notices(opened, form.value("notice")),
        "gives": in_one_line(opened, asked.visit.starts_at) if asked.ahead else "",
        "waits": entry is not None,
        "rests": short_day(local_day(rests, opened.zone), opened.locale) if rests else "",
        "action": opened.address("list"),
        "leave": opened.address("unlist"),
        "rest": opened.address("rest"),
        "back": opened.address(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return show(request, opened, "list", context, status=status)


def _who(asked: Asked) -> list[str]:
    """How the clinicians may be chosen, nobody being named."""
    if asked.clinicians < 2:  # noqa: PLR2004 -- of one there is nothing to choose
        return []
    return ["same", *(["seen"] if len(asked.seen) > 1 else []), "any"]


def _day_names(opened: Opened) -> list[str]:
    names: Any = get_day_names("abbreviated", locale=Locale.parse(opened.locale))
    return [str(names[day]) for day in range(DAYS_PER_WEEK)]


def _notices(opened: Opened, present: str) -> list[tuple[str, str]]:
    own = typed_number(present) or 0
    minutes = sorted({*NOTICES, own})
    return [(str(each), _duration(each, opened)) for each in minutes]


def _duration(minutes: int, opened: Opened) -> str:
    if not minutes:
        return say(opened.language, "list.notice.none")
    return format_timedelta(timedelta(minutes=minutes), threshold=1, locale=Locale.parse(opened.locale))


def _done(request: web.Request, opened: Opened, what: str) -> web.Response:
    return show(request, opened, "done", {**NOTHING_MORE, "what": what})
