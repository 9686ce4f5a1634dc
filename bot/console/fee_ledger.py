"""The page /console/fees/ledger: every step ever taken about fees in a range of days, and the same as CSV.

Invariant: the file names clients, so making it is a POST entered in the audit chain; what it sums to is what the page
says.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from aiohttp import web

from bot.auth import account_store
from bot.console.book_of_names import Names, names
from bot.console.desk import actor_of, reading, show, viewer_of, writing
from bot.console.exports import download
from bot.console.fee_words import ENTRY_WORDS, EVENTS, reason_words
from bot.console.fees import HERE as FEES
from bot.console.fees import rights
from bot.export.csv_file import Cell, csv_file
from bot.web import dates
from bot.web.forms import Form, sent_form
from bot.web.keys import CLOCK, Viewer
from bot.web.typed import typed_day
from scheduler import access
from scheduler.actions.note_export import note_export
from scheduler.calendar.wallclock import day_span
from scheduler.core.actor import Actor
from scheduler.core.errors import Invalid
from scheduler.core.record import Reading
from scheduler.fees import store
from scheduler.fees.ledger import EntryKind
from scheduler.fees.store import LedgerLine
from scheduler.people import store as people

HERE: Final = f"{FEES}/ledger"
HEADER: Final = (
    "written_at", "client", "client_number", "visit_at", "clinician", "service", "event", "entry", "amount",
    "effect_on_sum_owed", "currency", "policy_version", "reason", "by", "billable_to_insurer",
)  # fmt: skip


def install_fee_ledger(app: web.Application) -> None:
    """Add the page and the file."""
    app.router.add_get(HERE, show_ledger, name="console.fee_ledger")
    app.router.add_post(f"{HERE}.csv", download_ledger, name="console.fee_ledger_csv")


@dataclass(frozen=True, slots=True)
class Ledger:
    """The lines of a range, with whom and what they speak of."""

    first: date
    last: date
    form: Form
    lines: tuple[LedgerLine, ...]
    clients: dict[str, people.Client]
    staff: dict[str, str]
    book: Names
    currency: str

    def client(self, line: LedgerLine) -> str:
        """The client's name."""
        found = self.clients.get(line.entry.client_id)
        return found.display if found else "No longer on file"


async def show_ledger(request: web.Request) -> web.Response:
    """The lines of a range; this month where nothing else is asked."""
    actor, viewer = actor_of(request), viewer_of(request)
    form = Form({name: request.query.get(name, "")[:20] for name in ("first", "last")})
    async with reading(request) as r:
        ledger = await _ledger(r, actor, viewer, form, today=_today(request))
    context = {
        "form": ledger.form,
        "ledger": ledger,
        "lines": [_row(line, ledger) for line in reversed(ledger.lines)],
        "approved": sum(line.entry.amount_minor for line in ledger.lines if line.entry.kind is EntryKind.APPROVED),
        "waived": sum(line.entry.amount_minor for line in ledger.lines if line.entry.kind is EntryKind.WAIVED),
        "owed": sum(line.effect_minor for line in ledger.lines),
        "currency": ledger.currency,
        **rights(actor),
    }
    return await show(request, "console/fee_ledger.html", context, status=422 if ledger.form.errors else 200)


async def download_ledger(request: web.Request) -> web.Response:
    """The same lines as CSV. Nothing about a visit that an insurer could be billed for."""
    actor, viewer = actor_of(request), viewer_of(request)
    form = await sent_form(request)
    async with writing(request) as tx:
        ledger = await _ledger(tx, actor, viewer, form, today=_today(request))
        if ledger.form.errors:
            raise Invalid("days_unreadable", field="first")
        await note_export(tx, "fee_ledger", rows=len(ledger.lines), first_day=ledger.first, last_day=ledger.last)
    rows = [_cells(line, ledger, viewer) for line in ledger.lines]
    return download(csv_file(HEADER, rows), f"fees-{ledger.first}-{ledger.last}.csv")


async def _ledger(r: Reading, actor: Actor, viewer: Viewer, form: Form, *, today: date) -> Ledger:
    own = await access.own_clinician(r, actor, "fee.read")
    form, first, last = _days(form, today)
    found = await store.ledger(r, day_span(first, viewer.zone).starts_at, day_span(last, viewer.zone).ends_at)
    lines = tuple(line for line in found if own in {None, line.clinician_id})
    shown = {"first": form.value("first", first.isoformat()), "last": form.value("last", last.isoformat())}
    return Ledger(
        first=first,
        last=last,
        form=Form({name: shown[name] or day.isoformat() for name, day in (("first", first), ("last", last))},
                  form.errors),
        lines=lines,
        clients=await people.clients(r, {line.entry.client_id for line in lines}),
        staff={account.id: account.name for account in await account_store.accounts(r)},
        book=await names(r),
        currency=(await people.practice(r)).currency,
    )  # fmt: skip


def _days(form: Form, today: date) -> tuple[Form, date, date]:
    read = {"first": today.replace(day=1), "last": today}
    for name in ("first", "last"):
        day = typed_day(form.value(name)) if form.value(name) else read[name]
        if day is None:
            form = form.with_error(name, "Choose a day from the calendar, or write it like 2026-03-31")
        else:
            read[name] = day
    if read["first"] > read["last"]:
        form = form.with_error("last", "Choose a last day that is not before the first")
    if form.errors:
        return form, today.replace(day=1), today
    return form, read["first"], read["last"]


def _today(request: web.Request) -> date:
    return dates.local(request.config_dict[CLOCK].now(), viewer_of(request).zone).date()


def _row(line: LedgerLine, ledger: Ledger) -> dict[str, Any]:
    entry = line.entry
    return {
        "id": entry.participation_id,
        "at": entry.at,
        "name": ledger.client(line),
        "visit": line.starts_at,
        "clinician": ledger.book.clinician(line.clinician_id),
        "event": EVENTS[entry.event],
        "kind": entry.kind.value,
        "reason": reason_words(entry.kind, entry.reason),
        "who": ledger.staff.get(entry.by_id or "", "Stillon"),
        "amount": entry.amount_minor,
        "effect": line.effect_minor,
    }


def _cells(line: LedgerLine, ledger: Ledger, viewer: Viewer) -> list[Cell]:
    entry, client = line.entry, ledger.clients.get(line.entry.client_id)
    return [
        dates.local(entry.at, viewer.zone).isoformat(sep=" ", timespec="minutes"),
        ledger.client(line),
        client.record_number if client else None,
        dates.local(line.starts_at, viewer.zone).isoformat(sep=" ", timespec="minutes"),
        ledger.book.clinician(line.clinician_id),
        ledger.book.service(line.service_id),
        EVENTS[entry.event],
        ENTRY_WORDS[entry.kind],
        dates.decimal_amount(entry.amount_minor, ledger.currency),
        dates.decimal_amount(line.effect_minor, ledger.currency),
        ledger.currency,
        entry.policy_version,
        reason_words(entry.kind, entry.reason),
        ledger.staff.get(entry.by_id or "", "Stillon"),
        "no",
    ]
