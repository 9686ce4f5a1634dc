"""The page of one client: their visits, how they are reached and whether they agreed, what was sent, the fee policy.

Opening it is entered in the audit chain. Acts are client_acts.py's. Invariant: nobody sees it but through
`scheduler.access`, and no part of the record is read before the entry is made.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.console import day_rows, phones
from bot.console.book_of_names import names
from bot.console.client_words import (
    BY_CHANNEL,
    CHANNEL_NAMES,
    HOW,
    LANGUAGES,
    OWN_WAY,
    PAYERS,
    POINT_STATES,
    PURPOSE_WORDS,
    PURPOSES,
    ROLES,
    STATEMENT,
    STATEMENTS,
)
from bot.console.day_rows import Shown, VisitRow
from bot.console.desk import actor_of, show, writing
from bot.console.stop_words import StopLine, stop_line
from bot.console.touch_words import note_of, state_of, what
from bot.console.wish_words import wish_of
from bot.web.forms import EMPTY, Form
from messages import consent_store, outbox_store, whatsapp_store
from messages.consent import StopSource
from messages.consent_store import OptOut
from messages.kinds import Channel
from messages.opt_out_scope import scope_of
from messages.outbox_store import Message
from messages.recipients import CHANNEL_OF_KIND
from scheduler import access
from scheduler.actions.read_client import ClientRecord, read_client
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.calendar.wallclock import local_day, zone_of
from scheduler.core.actor import Actor
from scheduler.core.record import Reading
from scheduler.fees import store as fees
from scheduler.people import store as people
from scheduler.people.store import Consent, ContactPoint, Practice
from waitlist import entry_store
from waitlist.entry_store import EntryState
from waitlist.explain import BACK

READ, WRITE = "client.read", "client.write"
PAST_SHOWN, AHEAD_SHOWN = 20, 6
MESSAGES_READ, PLANNED_SHOWN, SENT_SHOWN = 300, 3, 10


@dataclass(frozen=True, slots=True)
class Sent:
    """Messages of a client: those to come (and how many more), those that left, those that did not."""

    planned: list[dict[str, Any]]
    more_planned: int
    gone: list[dict[str, Any]]
    dropped: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Agreed:
    """Whether one purpose was agreed to; `line` says when and how, empty when it was never asked.

    `statement` is what staff read out; `written_only`: it takes a signed form.
    """

    purpose: str
    name: str
    granted: bool
    line: str
    statement: str
    written_only: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """One number or address with everything that decides whether anything goes there."""

    id: str
    kind: str
    shown: str
    whose: str
    state: str
    trouble: str
    channel: Channel
    channel_name: str
    stopped_at: datetime | None
    agreed: tuple[Agreed, ...]
    history: tuple[Consent, ...]
    stops: tuple[StopLine, ...]


async def show_client(request: web.Request) -> web.Response:
    """The record of one client."""
    return await client_page(request, request.match_info["client"])


async def client_page(
    request: web.Request, client_id: str, *, form: Form = EMPTY, link: str = "", status: int = 200
) -> web.Response:
    """The page, with a form that did not fit or a link to hand on, if there is one."""
    actor = actor_of(request)
    async with writing(request) as tx:
        await access.client(tx, actor, client_id, READ)
        record = await read_client(tx, client_id)
        context = await _context(tx, actor, record)
    return await show(request, "console/client.html", {**context, "form": form, "link": link}, status=status)


async def _context(r: Reading, actor: Actor, record: ClientRecord) -> dict[str, Any]:
    client = record.client
    visits = await _in_reach(r, actor, await appointments.visits_of(r, client.id))
    book = await names(r)
    shown = Shown(book, {client.id: client}, r.now, False, False, False)
    ahead = [visit for visit in visits if visit.ends_at > r.now]
    past = [visit for visit in visits if visit.ends_at <= r.now]
    versions = await fees.fee_policies(r)
    return {
        "client": client,
        "reach": await _reach(r, record),
        "ahead": [_visit_row(visit, shown) for visit in ahead[:AHEAD_SHOWN]],
        "more_ahead": max(0, len(ahead) - AHEAD_SHOWN),
        "past": [_visit_row(visit, shown) for visit in reversed(past[-PAST_SHOWN:])],
        "more_past": max(0, len(past) - PAST_SHOWN),
        "sent": await _sent(r, actor, client.id),
        "entries": [
            (entry, wish_of(entry, book)) for entry in await entry_store.entries_of(r, client.id)
            if entry.state == EntryState.WAITING or entry.joined_at > r.now - BACK
        ],
        "policy": versions[0] if versions else None,
        "accepted": await fees.acceptances(r, client.id),
        "may_write": access.may(actor, WRITE) and client.state == "active",
        "may_archive": access.may(actor, WRITE),
        "may_book": access.may(actor, "appointment.write") and client.state == "active",
        "may_wait": access.may(actor, "waitlist.write") and client.state == "active",
        "may_see_visits": access.may(actor, "day.read"),
        "payer": dict(PAYERS).get(client.payer, client.payer),
        "language": dict(LANGUAGES).get(client.language or "", client.language or ""),
        "roles": ROLES,
        "how": HOW,
        "purpose_words": PURPOSE_WORDS,
        "by_channel": BY_CHANNEL,
    }  # fmt: skip


async def _in_reach(r: Reading, actor: Actor, visits: tuple[Visit, ...]) -> list[Visit]:
    """A clinician who knows the client sees their own visits with them, not a colleague's."""
    own = await access.own_clinician(r, actor, READ)
    return [visit for visit in visits if own in {None, visit.clinician_id}]


def _visit_row(visit: Visit, shown: Shown) -> tuple[Visit, VisitRow]:
    return visit, day_rows.visit_row(visit, shown)


async def _reach(r: Reading, record: ClientRecord) -> list[Reach]:
    practice = await people.practice(r)
    chats = await whatsapp_store.terms(r) is not None
    points = [point for point in record.contact_points if point.state != "removed"]
    return [await _one(r, point, record, practice, chats=chats) for point in points]


async def _one(r: Reading, point: ContactPoint, record: ClientRecord, practice: Practice, *, chats: bool) -> Reach:
    channel = CHANNEL_OF_KIND[point.kind]
    said = await consent_store.opt_outs_at(r, point.value_ix)
    opted_out = next((each for each in said if each.channel == channel), None)
    region = practice.region
    return Reach(
        point.id,
        point.kind,
        phones.shown(point.value, region),
        dict(ROLES).get(point.role, point.role),
        point.state,
        POINT_STATES.get(point.state, ""),
        channel,
        CHANNEL_NAMES[channel.value],
        opted_out.at if opted_out and opted_out.stopped else None,
        tuple(
            _agreed(point, purpose, name, record, practice)
            for purpose, name in PURPOSES
            if asked_of(point, purpose, chats=chats)
        ),
        await people.consent_history(r, point.id),
        tuple(_stop(each, practice) for each in said if each.source != StopSource.WITH_ANOTHER or not each.stopped),
    )


def _agreed(point: ContactPoint, purpose: str, name: str, record: ClientRecord, practice: Practice) -> Agreed:
    channel = CHANNEL_OF_KIND[point.kind]
    found = record.consents.get((point.id, *meant_by(purpose, channel)))
    return Agreed(
        purpose,
        name if purpose in OWN_WAY else f"{name} by {'text' if channel is Channel.SMS else 'email'}",
        bool(found and found.granted),
        HOW.get(found.how, "") if found else "",
        STATEMENTS.get(purpose, STATEMENT),
        needs_form(purpose, practice),
    )


def _stop(said: OptOut, practice: Practice) -> StopLine:
    day = local_day(said.at, zone_of(practice.zone))
    return stop_line(said, scope_of(Channel(said.channel), day, practice.region))


def asked_of(point: ContactPoint, purpose: str, *, chats: bool) -> bool:
    """Whether a purpose can be agreed to here: calls by phones, changes by those who act for the client.

    `chats`: the practice writes by WhatsApp.
    """
    if purpose == "changes":
        return point.role != "client" and point.kind == "phone"
    if purpose == "whatsapp":
        return chats and point.kind == "phone"
    return purpose != "calls" or point.kind == "phone"


def needs_form(purpose: str, practice: Practice) -> bool:
    """Whether only a signed form will do: no privacy agreement covers WhatsApp in the US (rules.md A7)."""
    return purpose == "whatsapp" and practice.region == "US"


def meant_by(purpose: str, channel: Channel) -> tuple[str, str]:
    """The channel and purpose of a consent that the page calls by one word: calls are reminders by voice."""
    if purpose in {"calls", "whatsapp"}:
        return ("voice" if purpose == "calls" else "whatsapp", "reminders")
    return (channel.value, purpose)


async def _sent(r: Reading, actor: Actor, client_id: str) -> Sent | None:
    """What was sent lately, what is planned next, and what was not sent and why; None for roles without messages."""
    if not access.may(actor, "message.read"):
        return None
    found = await outbox_store.messages_of(r, client_id, MESSAGES_READ)
    planned = [each for each in reversed(found) if each.state == "pending"]
    dropped = [each for each in found if each.state == "cancelled"]
    gone = [each for each in found if each.state not in {"pending", "cancelled"}]
    return Sent(
        [_line(each) for each in planned[:PLANNED_SHOWN]],
        max(0, len(planned) - PLANNED_SHOWN),
        [_line(each) for each in gone[:SENT_SHOWN]],
        [_line(each) for each in dropped[:SENT_SHOWN]],
    )


def _line(message: Message) -> dict[str, Any]:
    return {
        "state": state_of(message),
        "what": what(message.kind, message.channel),
        "when": message.sent_at or message.due_at,
        "note": note_of(message),
        "about": message.fields.starts_at,
        "href": f"/console/visits/{message.participation_id}" if message.participation_id else "",
    }
