"""The page /console/away: a clinician is ill or away, so their hours are closed and what is booked then is called off.

First it shows, changing nothing, who is booked in those hours and how each would be told; one press then closes the
hours and cancels those that are ticked. Afterwards it lists who was told, and whom somebody still has to call.
Invariant: a clinician's own account reaches its own days alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.console import day_rows, phones, standing, waiting
from bot.console.book_of_names import Names, names
from bot.console.day_rows import Shown, VisitRow
from bot.console.desk import RECORD, actor_of, after, reading, show, viewer_of, writing
from bot.console.said import Said
from bot.console.touch_words import WAYS, state_of
from bot.console.week_form import CLOSED_DAY, CLOSED_HOURS, exception_words, read_exceptions
from bot.web.dates import clock_time
from bot.web.forms import Form, sent_form
from bot.web.readable import posted
from messages import outbox_store
from messages.kinds import Kind, Purpose
from messages.outbox_store import Message
from messages.recipients import reachable
from messages.tasks import TaskKind
from scheduler import access
from scheduler.actions.call_off import CalledOff, call_off
from scheduler.actions.practice import remove_exception
from scheduler.appointments import store as appointments
from scheduler.appointments.states import ParticipationState
from scheduler.appointments.store import Visit
from scheduler.calendar.availability import DayException
from scheduler.calendar.wallclock import Span, at_minute, day_span, local_day
from scheduler.core.errors import NotFound
from scheduler.core.record import Reading
from scheduler.people import hours_store
from scheduler.people import store as people

WRITE: Final = "appointment.write"
PLACE: Final = "/console/away"
FIELDS: Final = ("clinician", "day", "last_day", "from", "until")
AT_ONCE: Final = 200
"""So many visits are shown, and called off, at once; a press for more would keep everybody else waiting."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A visit in those hours. `told` is how the client would hear of it, empty if a person has to call `numbers`."""

    v: VisitRow
    told: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """A visit that was called off: `state` of its notice, or the open task and `numbers` to call."""

    v: VisitRow
    state: str
    task_id: str
    numbers: tuple[str, ...]


async def show_away(request: web.Request) -> web.Response:
    """The form, and what is booked in the hours it names."""
    asked = {name: request.query.get(name, "") for name in FIELDS}
    return await _page(request, Form(asked), HTTPStatus.OK)


async def call_off_visits(request: web.Request) -> web.Response:
    """Close the hours and cancel what is ticked, or show what does not fit."""
    form, sent = await sent_form(request), await posted(request)
    ticked = [str(each) for each in sent.getall("visit", ())][:AT_ONCE]
    away, form = _away(request, form)
    if form.errors:
        return await _page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    async with writing(request) as tx:
        clinician = await access.clinician(tx, actor_of(request), form.value("clinician"), WRITE)
        done = await call_off(tx, clinician.id, away if form.value("close") == "yes" else (), ticked)
    return after(request, _address(form), _said(done, closed=form.value("close") == "yes"))


async def open_again(request: web.Request) -> web.Response:
    """They come after all: the closed hours are open again. What was called off stays called off."""
    form = await sent_form(request)
    async with writing(request) as tx:
        clinician = await access.clinician(tx, actor_of(request), form.value("clinician"), WRITE)
        listed = await hours_store.exceptions_from(tx, _today(request), clinician_id=clinician.id)
        found = next((each for each in listed if each.id == form.value("closing") and each.exception.closed), None)
        if found is None:
            raise NotFound("exception")
        await remove_exception(tx, found.id)
    return after(request, _address(form), Said("day_removed"))


def _said(done: CalledOff, *, closed: bool) -> Said:
    if done.cancelled:
        return Said("called_off_many", count=len(done.cancelled))
    return Said("away_closed" if closed else "away_nothing")


def _address(form: Form) -> str:
    return f"{PLACE}?{urlencode({name: form.value(name) for name in FIELDS if form.value(name)})}"


def _today(request: web.Request) -> date:
    return local_day(request.config_dict[RECORD].clock.now(), viewer_of(request).zone)


def _away(request: web.Request, form: Form) -> tuple[list[DayException], Form]:
    """The closed minutes that the form means, one row for each day; all day where no hour is named."""
    values = {**form.values, "kind": CLOSED_HOURS if form.value("from") or form.value("until") else CLOSED_DAY}
    if values["kind"] == CLOSED_HOURS:
        values |= {"from": form.value("from") or "00:00", "until": form.value("until") or "00:00"}
    away, judged = read_exceptions(Form(values), _today(request), frozenset(), "")
    return away, Form(form.values, judged.errors)


async def _page(request: web.Request, form: Form, status: HTTPStatus) -> web.Response:
    actor = actor_of(request)
    async with reading(request) as r:
        own = await access.own_clinician(r, actor, WRITE)
        book = await names(r)
        clinicians = [each for each in book.working() if own in {None, each.id}]
        chosen = form.value("clinician") or (clinicians[0].id if len(clinicians) == 1 else "")
        form = Form({**form.values, "clinician": chosen, "day": form.value("day") or _today(request).isoformat()})
        away, form = _away(request, form) if chosen else ([], form)
        found: dict[str, Any] = {}
        if away:
            clinician = await access.clinician(r, actor, chosen, WRITE)
            found = await _found(request, r, clinician.id, away, book)
    context = {
        "form": form,
        "clinicians": [(each.id, each.name) for each in clinicians],
        "today": _today(request),
        "fields": {name: form.value(name) for name in FIELDS if form.value(name)},
        "back": _address(form),
        "booked": [],
        "more": 0,
        "gone": [],
        "closings": [],
        "shut": False,
        "undo_minutes": standing.UNDO // timedelta(minutes=1),
        "chosen": book.clinician(chosen) if away else "",
        **found,
    }
    return await show(request, "console/away.html", context, status=status)


async def _found(
    request: web.Request, r: Reading, clinician_id: str, away: Sequence[DayException], book: Names
) -> dict[str, Any]:
    zone = viewer_of(request).zone
    visits = await _visits(r, clinician_id, away, zone)
    ahead = [each for each in visits if each.is_active and each.starts_at > r.now]
    called = [each for each in visits if each.state is ParticipationState.CLINICIAN_CANCELLED]
    clients = await people.clients(r, {each.client_id for each in visits})
    shown = Shown(book, clients, r.now, True, False, True)
    listed = await hours_store.exceptions_from(r, _today(request), clinician_id=clinician_id)
    closings = [each for each in listed if each.exception.closed]
    return {
        "booked": await _booked(r, ahead[:AT_ONCE], shown),
        "more": max(0, len(ahead) - AT_ONCE),
        "gone": await _gone(request, r, called[:AT_ONCE], shown),
        "closings": [
            {"id": each.id, "day": each.exception.day, "words": _closing_words(request, each.exception)}
            for each in closings
        ],
        "shut": all(_shut(each, [one.exception for one in closings]) for each in away),
    }


def _closing_words(request: web.Request, closing: DayException) -> str:
    viewer = viewer_of(request)
    ends = [at_minute(closing.day, minute, viewer.zone) for minute in (closing.start_minute, closing.end_minute)]
    first, last = (clock_time(each, viewer.zone, viewer.locale) for each in ends)
    return exception_words(closing, (first, last))


async def _visits(r: Reading, clinician_id: str, away: Sequence[DayException], zone: ZoneInfo) -> list[Visit]:
    """What begins or goes on in those minutes."""
    shut = [
        Span(at_minute(each.day, each.start_minute, zone), at_minute(each.day, each.end_minute, zone)) for each in away
    ]
    first, last = day_span(away[0].day, zone), day_span(away[-1].day, zone)
    found = await appointments.visits_between(r, first.starts_at, last.ends_at, clinician_id=clinician_id)
    return [visit for visit in found if any(span.overlaps(Span(visit.starts_at, visit.ends_at)) for span in shut)]


def _shut(away: DayException, closings: Iterable[DayException]) -> bool:
    """Whether those minutes are closed already."""
    return any(
        each.day == away.day and each.start_minute <= away.start_minute and each.end_minute >= away.end_minute
        for each in closings
    )


async def _booked(r: Reading, visits: Sequence[Visit], shown: Shown) -> list[Booked]:
    reach = await reachable(r, {each.client_id for each in visits}, Purpose.REMINDERS)
    numbers = await _numbers(r, {each.client_id for each in visits})
    rows = day_rows.visit_rows(visits, shown)
    ways = [next(iter(reach[each.client_id]), None) for each in visits]
    return [
        Booked(row, f"by {WAYS[way]}" if way else "", () if way else numbers.get(visit.client_id, ()))
        for visit, row, way in zip(visits, rows, ways, strict=True)
    ]


async def _gone(request: web.Request, r: Reading, visits: Sequence[Visit], shown: Shown) -> list[Gone]:
    about = await outbox_store.messages_about(r, [each.participation_id for each in visits])
    numbers = await _numbers(r, {each.client_id for each in visits})
    may_work = access.may(actor_of(request), "inbox.work")
    tasks = {
        each.participation_id: each.id
        for each in (await waiting.tasks(r, actor_of(request)) if may_work else ())
        if each.kind in {TaskKind.CALL, TaskKind.UNDELIVERABLE} and each.participation_id
    }
    return [
        Gone(
            row,
            _notice(about.get(visit.participation_id, ())),
            tasks.get(visit.participation_id, ""),
            numbers.get(visit.client_id, ()),
        )
        for visit, row in zip(visits, day_rows.visit_rows(visits, shown), strict=True)
    ]


def _notice(messages: Iterable[Message]) -> str:
    """Where the notice stands, as a chip's key; empty when there is none."""
    told = [each for each in messages if each.kind is Kind.CLINICIAN_CANCELLED]
    return state_of(told[-1]) if told else ""


async def _numbers(r: Reading, client_ids: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    region = (await people.practice(r)).region
    return {
        client_id: tuple(phones.shown(each.value, region) for each in points if _to_call(each))
        for client_id, points in (await people.contact_points_of(r, list(client_ids))).items()
    }


def _to_call(point: people.ContactPoint) -> bool:
    return point.kind == "phone" and point.state == "active"


def install_away(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get(PLACE, show_away, name="away")
    app.router.add_post(PLACE, call_off_visits, name="away.call_off")
    app.router.add_post(f"{PLACE}/open", open_again, name="away.open")
