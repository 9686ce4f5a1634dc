"""The page of one visit: where it stands, what may be done, what was sent and answered, who changed what, the fee.

It opens part of a client's record, so it is entered in the audit chain. Its buttons are visit_acts.py's and move.py's.
Invariant: messages, fees and the trail are shown only to those whose role includes them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from markupsafe import Markup

from bot.auth import account_store as accounts
from bot.console import day_rows, plots, standing
from bot.console.audit_words import ACTOR_KINDS, WAYS, details, happened
from bot.console.book_of_names import names
from bot.console.day_rows import Shown
from bot.console.desk import actor_of, show, viewer_of, writing
from bot.console.touch_words import note_of, state_of, what
from bot.console.waitlist_join import sooner_than
from bot.web.dates import moment, money
from messages import inbound_store, outbox_store, task_store
from messages.kinds import MessageClass, traits
from messages.outbox_store import Message
from scheduler import access, audit_store
from scheduler.actions.read_client import read_client
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.attendance.units import CodeFamily, Suggestion, suggest_code
from scheduler.calendar.wallclock import local_day, zone_of
from scheduler.core.actor import Actor
from scheduler.core.audit import Entry
from scheduler.core.record import Reading
from scheduler.fees import store as fees
from scheduler.fees.ledger import EntryKind
from scheduler.people import store as people
from waitlist import entry_store
from waitlist.entry_store import EntryState

READ = "client.read"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what happened."""

    at: datetime
    what: str
    who: str
    note: str = ""


async def show_visit(request: web.Request) -> web.Response:
    """One visit."""
    actor = actor_of(request)
    async with writing(request) as tx:
        visit = await access.participation(tx, actor, request.match_info["visit"], READ)
        await read_client(tx, visit.client_id)
        context = await _context(request, tx, actor, visit)
    return await show(request, "console/visit.html", context, part="console/_visit_board.html")


async def _context(request: web.Request, r: Reading, actor: Actor, visit: Visit) -> dict[str, Any]:
    book = await names(r)
    others = [each for each in await appointments.visits_of_appointment(r, visit.appointment_id) if each != visit]
    clients = await people.clients(r, {visit.client_id, *(each.client_id for each in others)})
    may_write = access.may(actor, "appointment.write")
    shown = Shown(book, clients, r.now, False, access.may(actor, "attendance.mark"), may_write)
    messages = await _messages(r, actor, visit)
    currency = (await people.practice(r)).currency
    fee = await _fee(r, actor, visit)
    alone = not any(each.is_active for each in others)
    return {
        "v": day_rows.visit_row(visit, shown),
        "visit": visit,
        "day": local_day(visit.starts_at, viewer_of(request).zone),
        "client": clients[visit.client_id],
        "others": [day_rows.visit_row(each, shown) for each in others],
        "service": book.service(visit.service_id),
        "clinician": book.clinician(visit.clinician_id),
        "location": book.location(visit.location_id),
        "may_change": may_write and standing.may_change(visit, r.now),
        "earlier": await _earlier(r, actor, visit) if alone else None,
        "may_see_messages": access.may(actor, "message.read"),
        "messages": [
            {
                "state": state_of(each),
                "what": what(each.kind, each.channel),
                "at": each.sent_at or each.due_at,
                "note": note_of(each),
            }
            for each in messages
        ],
        "strip": _strip(request, r, visit, messages),
        "replies": await _replies(r, actor, visit),
        "cancel_words": await appointments.cancel_words(r, visit.participation_id) if not visit.is_active else None,
        "fee": fee,
        "currency": currency,
        "session": _session(visit, book.services[visit.service_id].code_family),
        "trail": await _trail(request, r, visit, currency, [each["id"] for each in fee]),
        "back": f"/console/visits/{visit.participation_id}",
        "undo_minutes": standing.UNDO // timedelta(minutes=1),
    }


async def _earlier(r: Reading, actor: Actor, visit: Visit) -> tuple[str, str] | None:
    """Where this client is put on the list for a time before this visit, or stands on it, and in which words.

    None for a visit of today or the past: nothing could be had before it.
    """
    today = local_day(r.now, zone_of(visit.zone))
    if not visit.is_active or local_day(visit.starts_at, zone_of(visit.zone)) <= today:
        return None
    if not access.may(actor, "waitlist.write"):
        return None
    for entry in await entry_store.entries_of(r, visit.client_id):
        if entry.state is EntryState.WAITING and entry.replaces_participation_id == visit.participation_id:
            return f"/console/waitlist/{entry.id}", "On the list for an earlier time"
    return sooner_than(visit), "Wants an earlier time"


async def _messages(r: Reading, actor: Actor, visit: Visit) -> tuple[Message, ...]:
    if not access.may(actor, "message.read"):
        return ()
    return (await outbox_store.messages_about(r, (visit.participation_id,))).get(visit.participation_id, ())


def _strip(request: web.Request, r: Reading, visit: Visit, messages: tuple[Message, ...]) -> Markup:
    """The touches drawn against the visit; nothing when there are none."""
    viewer = viewer_of(request)
    touches = [
        plots.Touch(_hours(visit.starts_at - (each.sent_at or each.due_at)), _ahead(visit, each), state_of(each))
        for each in messages
        if traits(each.kind).message_class is MessageClass.TOUCH
    ]
    if not touches:
        return Markup("")
    now = _hours(visit.starts_at - r.now) if visit.starts_at > r.now else 0.0
    return plots.touch_strip(touches, moment(visit.starts_at, viewer.zone, viewer.locale), now_hours_before=now)


def _hours(gap: timedelta) -> float:
    return max(0.0, gap / timedelta(hours=1))


def _ahead(visit: Visit, message: Message) -> str:
    hours = round(_hours(visit.starts_at - (message.sent_at or message.due_at)))
    return f"{round(hours / 24)} d" if hours >= 36 else f"{hours} h"  # noqa: PLR2004 -- from here on people say days


async def _replies(r: Reading, actor: Actor, visit: Visit) -> list[dict[str, Any]]:
    """What the client wrote that led to a task about this visit."""
    if not access.may(actor, "message.read"):
        return []
    about = [
        each.inbound_id
        for each in await task_store.of_client(r, visit.client_id)
        if each.participation_id == visit.participation_id and each.inbound_id
    ]
    found = await inbound_store.inbound_rows(r, about)
    return [{"at": each.received_at, "text": each.body} for each in found.values()]


async def _fee(r: Reading, actor: Actor, visit: Visit) -> list[dict[str, Any]]:
    if not access.may(actor, "fee.read"):
        return []
    return [
        {
            "id": each.id,
            "state": {EntryKind.NOT_CHARGED: "skipped"}.get(each.kind, each.kind.value),
            "kind": each.kind.value,
            "amount": each.amount_minor,
            "at": each.at,
            "reason": (each.reason or "").replace("_", " "),
            "version": each.policy_version,
        }
        for each in reversed(await fees.history(r, visit.participation_id))
    ]


def _session(visit: Visit, family: str) -> dict[str, Any] | None:
    """How long the session took, and the code its minutes would fit; a suggestion, never a decision."""
    if not (visit.started_at and visit.stopped_at):
        return None
    minutes = (visit.stopped_at - visit.started_at) // timedelta(minutes=1)
    known = family in set(CodeFamily)
    suggested = suggest_code(CodeFamily(family), minutes) if known else None
    return {"minutes": minutes, "why": suggested.why if isinstance(suggested, Suggestion) else ""}


async def _trail(request: web.Request, r: Reading, visit: Visit, currency: str, fee_ids: Collection[str]) -> list[Line]:
    """Who did what to this visit, newest first."""
    # What befalls the appointment is told of each place in it as well, so the place's entries are the whole story.
    entries = [
        *await audit_store.about(r, "participation", (visit.participation_id,)),
        *await audit_store.about(r, "fee_entry", fee_ids),
    ]
    staff = {each.id: each.name for each in await accounts.accounts(r)}
    locale = viewer_of(request).locale
    return [
        Line(
            entry.at,
            happened(entry),
            who_of(entry, staff),
            details(_told(entry.detail), lambda minor: money(minor, currency, locale)),
        )
        for entry in sorted(entries, key=lambda each: each.seq, reverse=True)
    ]


def _told(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the page does not say already in its heading."""
    return {name: value for name, value in detail.items() if name != "fee_event"}


def who_of(entry: Entry, staff: Mapping[str, str]) -> str:
    """Who did it, and by which way: Robin Desk, console; the client, text."""
    name = staff.get(entry.actor_id or "") if entry.actor_kind == "staff" else None
    who = name or ACTOR_KINDS.get(entry.actor_kind, entry.actor_kind)
    way = WAYS.get(entry.via, entry.via)
    return who if entry.actor_kind == "system" else f"{who}, {way}"


def install_visit(app: web.Application) -> None:
    """Add the route."""
    app.router.add_get("/console/visits/{visit:[0-9a-f]{32}}", show_visit, name="visit")
