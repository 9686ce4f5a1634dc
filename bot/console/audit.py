"""The page /console/audit: what was done, by whom and by which way, newest first, and whether the chain holds.

What an entry says is audit_words.py's. Invariant: reading the audit changes nothing, and shows a name only to those
who may see it anyway.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from bot.auth import account_store
from bot.console.audit_words import ACTOR_KINDS, GROUPS, WAYS, details, group_of, happened
from bot.console.desk import actor_of, reading, show, viewer_of
from bot.web import dates
from bot.web.forms import Form
from bot.web.keys import Viewer
from bot.web.pages import page
from bot.web.typed import typed_day, typed_number
from messages import outbox_store
from messages.outbox_store import Message
from scheduler import access, audit_store
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.audit_store import Narrowed
from scheduler.calendar.wallclock import day_span
from scheduler.core import audit
from scheduler.core.actor import Actor
from scheduler.core.audit import Entry
from scheduler.core.errors import Invalid
from scheduler.core.record import Reading
from scheduler.people import store as people

HERE: Final = "/console/audit"
SIZE: Final = 50
_SUBJECT_WORDS: Final = {
    "participation": "Visit",
    "appointment": "Appointment",
    "client": "Client",
    "user_account": "Account",
    "reminder_policy": "Reminder policy",
    "fee_policy": "Fee policy",
    "fee_entry": "Fee",
    "waitlist_entry": "Waitlist",
    "contact_point": "Number or address",
    "inbound": "Text",
}
_PAGES: Final = {
    "user_account": ("/console/users", "users.write"),
    "reminder_policy": ("/console/policies", "policy.read"),
    "fee_policy": ("/console/fees/policy", "fee.read"),
    "waitlist_entry": ("/console/waitlist", "waitlist.write"),
    "opening": ("/console/waitlist", "waitlist.write"),
    "offer": ("/console/waitlist", "waitlist.write"),
    "task": ("/console/inbox", "inbox.work"),
    "practice": ("/console/settings", "settings.write"),
    "clinician": ("/console/settings", "settings.write"),
    "location": ("/console/settings", "settings.write"),
    "service": ("/console/settings", "settings.write"),
}


def install_audit(app: web.Application) -> None:
    """Add the page and the state of the chain."""
    app.router.add_get(HERE, show_audit, name="console.audit")
    app.router.add_get(f"{HERE}/chain", show_chain, name="console.audit_chain")


async def show_audit(request: web.Request) -> web.Response:
    """A page of entries, narrowed as the query says."""
    actor, viewer = actor_of(request), viewer_of(request)
    access.require(actor, "audit.read")
    form = Form({name: request.query.get(name, "")[:40] for name in ("about", "who", "group", "first", "last", "id")})
    form, narrowed = _narrowed(form, viewer)
    async with reading(request) as r:
        before, after = _number(request, "before"), _number(request, "after")
        found = await audit_store.leaf(r, narrowed, before=before, after=after, size=SIZE)
        known = await _known(r, actor, found.entries)
        staff = await account_store.accounts(r)
        chain = await _verified(r) if request.query.get("chain") else None
    context = {
        "form": form,
        "rows": [_row(entry, known, viewer) for entry in found.entries],
        "groups": [(key, words) for key, words, _ in GROUPS],
        "people": [(account.id, account.name) for account in staff]
        + [(kind, words) for kind, words in ACTOR_KINDS.items() if kind != "staff"],
        "newer": _leaf_url(form, "after", found.entries[0].seq) if found.newer and found.entries else "",
        "older": _leaf_url(form, "before", found.entries[-1].seq) if found.older and found.entries else "",
        "filtered": any(form.values.values()),
        "chain": chain,
    }
    return await show(request, "console/audit.html", context)


async def show_chain(request: web.Request) -> web.Response:
    """Walk the whole chain and say whether it holds: a piece of the page."""
    access.require(actor_of(request), "audit.read")
    async with reading(request) as r:
        chain = await _verified(r)
    return page(request, "console/_audit_chain.html", {"chain": chain})


async def _verified(r: Reading) -> audit.ChainReport:
    return await audit.verify(r.conn, r.vault.audit_key, r.practice_id)


def _narrowed(form: Form, viewer: Viewer) -> tuple[Form, Narrowed]:
    """What the filter asks for. A day that is none is said, and narrows nothing."""
    form, first = _day(form, "first")
    form, last = _day(form, "last")
    who = form.value("who")
    return form, Narrowed(
        subject=form.value("about"),
        subject_id=form.value("id"),
        actor_kind=who if who in ACTOR_KINDS else "",
        actor_id="" if who in ACTOR_KINDS else who,
        actions=group_of(form.value("group")),
        since=day_span(first, viewer.zone).starts_at if first else None,
        until=day_span(last, viewer.zone).ends_at if last else None,
    )


def _day(form: Form, name: str) -> tuple[Form, date | None]:
    if not form.value(name):
        return form, None
    day = typed_day(form.value(name))
    if day is None:
        form = form.with_error(name, "Choose a day from the calendar, or write it like 2026-03-31")
    return form, day


def _number(request: web.Request, name: str) -> int | None:
    given = request.query.get(name, "")
    if not given:
        return None
    number = typed_number(given)
    if number is None:
        raise Invalid("number_unreadable", field=name)
    return number


def _leaf_url(form: Form, side: str, seq: int) -> str:
    kept = {name: value for name, value in form.values.items() if value}
    return f"{HERE}?{urlencode({**kept, side: seq})}"


@dataclass(frozen=True, slots=True)
class _Known:
    """What the entries of one page speak of."""

    actor: Actor
    staff: Mapping[str, str]
    visits: Mapping[str, Visit]
    by_appointment: Mapping[str, Visit]
    messages: Mapping[str, Message]
    clients: Mapping[str, people.Client]
    clinicians: Mapping[str, str]
    currency: str


async def _known(r: Reading, actor: Actor, entries: Iterable[Entry]) -> _Known:
    listed = tuple(entries)
    messages = await outbox_store.messages_by_id(r, _ids(listed, "message"))
    places = {message.participation_id for message in messages.values() if message.participation_id}
    places |= {str(entry.detail["participation"]) for entry in listed if entry.detail.get("participation")}
    visits = await appointments.visits(r, sorted(places | _ids(listed, "participation")))
    by_appointment = {
        appointment_id: next(iter(await appointments.visits_of_appointment(r, appointment_id)), None)
        for appointment_id in sorted(_ids(listed, "appointment"))
    }
    wanted = _ids(listed, "client") | {str(entry.detail["client"]) for entry in listed if entry.detail.get("client")}
    own = await access.own_clinician(r, actor, "client.read") if access.may(actor, "client.read") else ""
    return _Known(
        actor=actor,
        staff={account.id: account.name for account in await account_store.accounts(r)},
        visits=visits,
        by_appointment={key: visit for key, visit in by_appointment.items() if visit is not None},
        messages=messages,
        clients=await people.clients(r, wanted) if own is None else {},
        clinicians={each.id: each.name for each in await people.clinicians(r)},
        currency=(await people.practice(r)).currency,
    )


def _ids(entries: Iterable[Entry], subject: str) -> set[str]:
    return {entry.subject_id for entry in entries if entry.subject == subject and entry.subject_id}


def _row(entry: Entry, known: _Known, viewer: Viewer) -> dict[str, Any]:
    message = known.messages.get(entry.subject_id or "") if entry.subject == "message" else None
    about, href = _about(entry, known, viewer)
    return {
        "seq": entry.seq,
        "at": entry.at,
        "day": dates.local(entry.at, viewer.zone).date(),
        "what": happened(entry, (message.kind, message.channel) if message else None),
        "detail": details(entry.detail, lambda minor: dates.money(minor, known.currency, viewer.locale)),
        "who": _who(entry, known),
        "way": WAYS.get(entry.via, entry.via),
        "about": about,
        "href": href,
    }


def _who(entry: Entry, known: _Known) -> str:
    name = known.staff.get(entry.actor_id or "")
    return name or ACTOR_KINDS.get(entry.actor_kind, entry.actor_kind)


def _about(entry: Entry, known: _Known, viewer: Viewer) -> tuple[str, str]:
    """What the entry is about, in words, and where that can be seen by those who may."""
    visit = _visit_of(entry, known)
    if visit is not None:
        when = dates.moment(visit.starts_at, viewer.zone, viewer.locale)
        href = f"/console/visits/{visit.participation_id}" if access.may(known.actor, "day.read") else ""
        return f"{when}, {known.clinicians.get(visit.clinician_id, '')}", href
    client = known.clients.get(str(entry.detail.get("client") or entry.subject_id or ""))
    if client is not None:
        return client.display, f"/console/clients/{client.id}"
    words = known.staff.get(entry.subject_id or "") or known.clinicians.get(entry.subject_id or "")
    words = words or _SUBJECT_WORDS.get(entry.subject, entry.subject.replace("_", " ").capitalize())
    if entry.subject in {"reminder_policy", "fee_policy"} and entry.subject_id:
        words = f"{words}, version {entry.subject_id}"
    where, permission = _PAGES.get(entry.subject, ("", "practice.read"))
    return words, where if access.may(known.actor, permission) else ""


def _visit_of(entry: Entry, known: _Known) -> Visit | None:
    if entry.subject == "appointment":
        return known.by_appointment.get(entry.subject_id or "")
    message = known.messages.get(entry.subject_id or "") if entry.subject == "message" else None
    of_message = message.participation_id if message else None
    subject = entry.subject_id if entry.subject == "participation" else None
    return known.visits.get(str(entry.detail.get("participation") or of_message or subject or ""))
