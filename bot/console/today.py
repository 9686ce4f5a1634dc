"""The page /console/today: one day as rows, and beside it what wants a hand: marks, confirmations, openings, texts.

Invariant: a clinician's own account sees their own day and their own clients here, nobody else's.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from bot.console import day_rows, sending, waiting
from bot.console.book_of_names import Names, names
from bot.console.day_rows import FreeRow, Row, Shown
from bot.console.days import day_of
from bot.console.desk import actor_of, after, reading, show, viewer_of
from bot.console.places import first_place
from bot.console.task_words import TASK_WORDS, TaskWords
from bot.console.touch_words import what
from messages import outbox_store
from messages.tasks import TaskKind
from scheduler import access
from scheduler.appointments import store as appointments
from scheduler.appointments.states import ParticipationState
from scheduler.appointments.store import Visit
from scheduler.attendance import store as attendance
from scheduler.calendar import store as calendar
from scheduler.calendar.open_times import windows_of
from scheduler.calendar.wallclock import Span, day_span, local_day
from scheduler.core.actor import Actor
from scheduler.core.record import Reading
from scheduler.people import reach_store
from scheduler.people import store as people
from scheduler.people.store import Clinician
from waitlist import offer_store, opening_store
from waitlist.offer_store import OfferState

AHEAD: Final = timedelta(hours=48)
SENDING: Final = timedelta(hours=12)
UNMARKED_SHOWN: Final = 30
_LOUD: Final = frozenset({TaskKind.CRISIS, TaskKind.UNDELIVERABLE, TaskKind.SENDING_TROUBLE, TaskKind.SENDING_PAUSED})


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose day: `clinician_id` None for everybody's; `own` is the only one within reach, None for all."""

    day: date
    clinician_id: str | None
    own: str | None

    def address(self, day: date | None = None) -> str:
        """This page for another day."""
        asked = {"day": (day or self.day).isoformat()} | ({"clinician": self.clinician_id} if self.clinician_id else {})
        return f"/console/today?{urlencode(asked)}"


@dataclass(frozen=True, slots=True)
class Opening:
    """Freed time on its way to somebody."""

    id: str
    starts_at: datetime
    clinician: str
    offered_to: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Leaving:
    """A message about to leave."""

    at: datetime
    what: str
    who: str
    href: str


@dataclass(frozen=True, slots=True)
class Loud:
    """Somebody in distress, or a message that reached nobody."""

    id: str
    words: TaskWords
    who: str
    at: datetime
    nobody_yet: bool


async def show_today(request: web.Request) -> web.Response:
    """The day asked for, today's otherwise. Those who may not see days are led to where they belong."""
    actor = actor_of(request)
    if not access.may(actor, "day.read"):
        return after(request, first_place(actor))
    async with reading(request) as r:
        context = await _context(request, r, actor)
    return await show(request, "console/today.html", context, part="console/_today_board.html")


async def go_home(request: web.Request) -> web.Response:
    """From /console to the day."""
    return after(request, "/console/today")


async def _context(request: web.Request, r: Reading, actor: Actor) -> dict[str, Any]:
    zone = viewer_of(request).zone
    book = await names(r)
    scope = await _scope(request, r, actor, book)
    today = local_day(r.now, zone)
    span = day_span(scope.day, zone)
    visits = await appointments.visits_between(r, span.starts_at, span.ends_at, clinician_id=scope.clinician_id)
    unmarked = await attendance.unmarked(r, clinician_id=scope.clinician_id, limit=UNMARKED_SHOWN)
    asked = await _unconfirmed(r, scope)
    clients = await people.clients(r, {visit.client_id for visit in (*visits, *unmarked, *asked)})
    shown = Shown(
        book, clients, r.now, scope.clinician_id is not None,
        access.may(actor, "attendance.mark"), access.may(actor, "appointment.write"),
    )  # fmt: skip
    rows: list[Row] = [each.in_list for each in day_rows.visit_rows(visits, shown)]
    rows += await _held(r, scope, span, shown)
    free = await _free(r, scope, span, shown)
    if shown.one:
        rows += [each for of_one in free.values() for each in of_one]
    return {
        "scope": scope,
        "rows": day_rows.in_order(rows, r.now if scope.day == today else None),
        "expected": sum(visit.is_active for visit in visits),
        "confirmed": sum(visit.state is ParticipationState.CONFIRMED for visit in visits),
        "clinicians": _choices(book, scope),
        "somebody_works": bool(book.working()),
        "one": shown.one,
        "is_today": scope.day == today,
        "day": scope.day,
        "earlier": scope.address(scope.day - timedelta(days=1)),
        "later": scope.address(scope.day + timedelta(days=1)),
        "back": scope.address(),
        "may_write": shown.may_write,
        "free": {} if shown.one else {book.clinician(each): found for each, found in free.items() if found},
        "unmarked": [day_rows.visit_row(visit, shown) for visit in unmarked if visit not in visits],
        "unconfirmed": [day_rows.visit_row(visit, shown) for visit in asked],
        "openings": await _openings(r, actor, scope, book),
        "leaving": await _leaving(r, actor),
        "held": await sending.held(r) if access.may(actor, "message.read") else None,
        "may_pause": access.may(actor, "message.send"),
        "urgent_ones": await _loud(r, actor),
    }


async def _scope(request: web.Request, r: Reading, actor: Actor, book: Names) -> Scope:
    today = local_day(r.now, viewer_of(request).zone)
    own = await access.own_clinician(r, actor, "day.read")
    wanted = request.query.get("clinician", "")
    chosen = wanted if wanted in book.clinicians else None
    return Scope(day_of(request.query.get("day", ""), today), own if own is not None else chosen, own)


def _choices(book: Names, scope: Scope) -> tuple[Clinician, ...]:
    """Whose days there are to choose from; none where there is no choice."""
    working = book.working()
    return working if scope.own is None and len(working) > 1 else ()


async def _unconfirmed(r: Reading, scope: Scope) -> tuple[Visit, ...]:
    ahead = await appointments.visits_between(r, r.now, r.now + AHEAD, clinician_id=scope.clinician_id)
    return tuple(visit for visit in ahead if visit.state is ParticipationState.BOOKED)


async def _held(r: Reading, scope: Scope, span: Span, shown: Shown) -> list[Row]:
    """The times that are kept for somebody."""
    found: list[Row] = []
    for clinician_id in _shown_clinicians(scope, shown):
        found += day_rows.hold_rows(await calendar.holds_over(r, clinician_id, span.starts_at, span.ends_at), shown)
    return found


async def _free(r: Reading, scope: Scope, span: Span, shown: Shown) -> dict[str, list[FreeRow]]:
    """The free times from now on, by clinician, for those who may book them."""
    if span.ends_at <= r.now or not shown.may_write:
        return {}
    found = {}
    for clinician_id in _shown_clinicians(scope, shown):
        windows = await windows_of(r, clinician_id, span.starts_at, span.ends_at - timedelta(minutes=1))
        taken = await calendar.busy_between(r, clinician_id, span.starts_at, span.ends_at)
        found[clinician_id] = day_rows.free_rows(clinician_id, windows, taken, max(next_quarter(r.now), span.starts_at))
    return found


def next_quarter(instant: datetime) -> datetime:
    """The next full quarter of an hour: nobody books 1:12 PM."""
    quarter = timedelta(minutes=15)
    return instant + (datetime.min.replace(tzinfo=instant.tzinfo) - instant) % quarter


def _shown_clinicians(scope: Scope, shown: Shown) -> list[str]:
    return [each.id for each in shown.names.working() if scope.clinician_id in {None, each.id}]


async def _openings(r: Reading, actor: Actor, scope: Scope, book: Names) -> list[Opening]:
    if not access.may(actor, "waitlist.write"):
        return []
    found = [each for each in await opening_store.openings(r) if scope.clinician_id in {None, each.clinician_id}]
    held = {each.opening_id: each for each in await offer_store.offers(r, states=(OfferState.HELD,))}
    clients = await people.clients(r, {held[each.id].client_id for each in found if each.id in held})
    return [
        Opening(
            each.id,
            each.starts_at,
            book.clinician(each.clinician_id),
            clients[held[each.id].client_id].display if each.id in held else "",
            held[each.id].expires_at if each.id in held else None,
        )
        for each in found
    ]


async def _leaving(r: Reading, actor: Actor) -> list[Leaving]:
    if not access.may(actor, "message.read"):
        return []
    own = await access.own_clinician(r, actor, "message.read")
    mine = None if own is None else await reach_store.clients_seen_by(r, own)
    due = [
        each
        for each in await outbox_store.waiting_between(r, r.now - AHEAD, r.now + SENDING, 40)
        if each.client_id and (mine is None or each.client_id in mine)
    ]
    clients = await people.clients(r, {each.client_id for each in due if each.client_id})
    return [
        Leaving(
            max(each.due_at, r.now),
            what(each.kind, each.channel),
            clients[each.client_id].display if each.client_id in clients else "",
            f"/console/visits/{each.participation_id}"
            if each.participation_id
            else f"/console/clients/{each.client_id}",
        )
        for each in due
    ]


async def _loud(r: Reading, actor: Actor) -> list[Loud]:
    """What may raise its voice here: distress, and messages that reached nobody."""
    if not access.may(actor, "inbox.work"):
        return []
    found = [task for task in await waiting.tasks(r, actor) if TaskKind(task.kind) in _LOUD]
    clients = await people.clients(r, {task.client_id for task in found if task.client_id})
    return [
        Loud(
            task.id,
            TASK_WORDS[TaskKind(task.kind)],
            clients[task.client_id].display if task.client_id in clients else "An unknown number",
            task.opened_at,
            task.state == "open",
        )
        for task in found
    ]


def install_today(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/console", go_home, name="console")
    app.router.add_get("/console/today", show_today, name="today")
