"""The page /console/fees: what waits for a decision with its evidence, what was decided, and what was not charged.

One case is fee_case.py's page, the ledger fee_ledger.py's, the policy fee_policy.py's. Invariant: nothing here decides;
a clinician sees the fees of their own visits only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from aiohttp import web

from bot.auth import account_store
from bot.console.book_of_names import Names, names
from bot.console.desk import actor_of, reading, show, viewer_of
from bot.console.fee_words import EVENTS, HOW_ACCEPTED, HOW_CANCELLED, NO_FEE, WAIVE_REASONS, before_start, reason_words
from bot.web import dates
from bot.web.forms import EMPTY
from bot.web.keys import Viewer
from scheduler import access
from scheduler.core.actor import Actor
from scheduler.core.record import Reading
from scheduler.fees import store
from scheduler.fees.ledger import EntryKind, FeeEventWord
from scheduler.fees.rules import Caution, NoFeeReason, caution
from scheduler.fees.store import Acceptance, FeeCase
from scheduler.people import store as people

HERE: Final = "/console/fees"
TABS: Final[dict[str, tuple[str, frozenset[EntryKind]]]] = {
    "decide": ("To decide", frozenset({EntryKind.PROPOSED})),
    "decided": ("Decided", frozenset({EntryKind.APPROVED, EntryKind.WAIVED})),
    "none": ("Not charged", frozenset({EntryKind.NOT_CHARGED, EntryKind.REVERSED})),
}
MOST: Final = 500
_CAUTIONS: Final = {
    Caution.MEDICARE_SAME_FOR_ALL: "Medicare: charge only if the same policy holds for everybody.",
    Caution.MEDICAID_OVERRIDE: "Medicaid: proposed although it is blocked by default; see the note.",
}


def install_fees(app: web.Application) -> None:
    """Add the page."""
    app.router.add_get(HERE, show_fees, name="console.fees")


@dataclass(frozen=True, slots=True)
class Line:
    """One case as it is listed, and the first part of its own page. Amounts in minor units."""

    id: str
    client_id: str
    name: str = field(repr=False)
    step: int
    kind: EntryKind
    event: str
    late: bool
    starts_at: datetime
    clinician: str
    service: str
    amount: int
    evidence: tuple[str, ...]
    policy: str
    caution: str
    reason: str
    advice: str
    own_mark: bool
    decided_by: str
    decided_at: datetime
    medicaid: bool


async def show_fees(request: web.Request) -> web.Response:
    """The queue, or one of the two lists beside it."""
    actor = actor_of(request)
    shown = request.query.get("show", "decide")
    shown = shown if shown in TABS else "decide"
    async with reading(request) as r:
        own = await access.own_clinician(r, actor, "fee.read")
        found = [case for case in await store.cases(r, limit=MOST) if own in {None, case.clinician_id}]
        mine = [case for case in found if case.entry.kind in TABS[shown][1]]
        lines = await lines_of(r, viewer_of(request), mine)
        practice = await people.practice(r)
        policies = await store.fee_policies(r)
    context = {
        "shown": shown,
        "tabs": [(key, words, sum(case.entry.kind in kinds for case in found)) for key, (words, kinds) in TABS.items()],
        "lines": lines,
        "total": sum(line.amount for line in lines),
        "currency": practice.currency,
        "policy": policies[0] if policies else None,
        "waive_reasons": [(key.value, words) for key, words in WAIVE_REASONS.items()],
        "form": EMPTY,
        **rights(actor),
    }
    return await show(request, "console/fees.html", context)


def rights(actor: Actor) -> dict[str, bool]:
    """What a page of fees may offer its reader."""
    return {
        "may_approve": access.may(actor, "fee.approve"),
        "may_waive": access.may(actor, "fee.waive"),
        "may_propose": access.may(actor, "fee.propose"),
        "may_set_policy": access.may(actor, "policy.write"),
        "may_open_visits": access.may(actor, "day.read"),
        "may_open_clients": access.may(actor, "client.read"),
    }


async def lines_of(r: Reading, viewer: Viewer, cases: Iterable[FeeCase]) -> list[Line]:
    """Cases in words, in the order given."""
    listed = tuple(cases)
    book = await names(r)
    clients = await people.clients(r, {case.entry.client_id for case in listed})
    accepted = {client_id: await store.acceptances(r, client_id) for client_id in clients}
    staff = {account.id: account.name for account in await account_store.accounts(r)}
    return [_line(case, viewer, book, clients, accepted, staff) for case in listed]


def _line(
    case: FeeCase,
    viewer: Viewer,
    book: Names,
    clients: Mapping[str, people.Client],
    accepted: Mapping[str, tuple[Acceptance, ...]],
    staff: Mapping[str, str],
) -> Line:
    entry = case.entry
    client = clients.get(entry.client_id)
    no_fee = NO_FEE.get(NoFeeReason(entry.reason)) if entry.kind is EntryKind.NOT_CHARGED and entry.reason else None
    return Line(
        id=entry.participation_id,
        client_id=entry.client_id,
        name=client.display if client else "No longer on file",
        step=entry.step,
        kind=entry.kind,
        event=EVENTS[entry.event],
        late=entry.event is FeeEventWord.LATE_CANCEL,
        starts_at=case.starts_at,
        clinician=book.clinician(case.clinician_id),
        service=book.service(case.service_id),
        amount=entry.amount_minor,
        evidence=_evidence(case, staff),
        policy=_policy(case, accepted.get(entry.client_id, ()), viewer),
        caution=_caution(case),
        reason=no_fee[0] if no_fee else reason_words(entry.kind, entry.reason),
        advice=no_fee[1] if no_fee else "",
        own_mark=case.marked_by is not None and case.marked_by == viewer.user_id,
        decided_by=staff.get(entry.by_id or "", "Stillon"),
        decided_at=entry.at,
        medicaid=case.payer == "medicaid",
    )


def _evidence(case: FeeCase, staff: Mapping[str, str]) -> tuple[str, ...]:
    if case.entry.event is FeeEventWord.LATE_CANCEL and case.cancelled_at is not None:
        minutes = int((case.starts_at - case.cancelled_at).total_seconds() // 60)
        return (before_start(minutes), HOW_CANCELLED.get(case.cancelled_via or "", case.cancelled_via or ""))
    marked = staff.get(case.marked_by or "")
    return (f"marked by {marked}",) if marked else ("marked on the board",)


def _policy(case: FeeCase, accepted: tuple[Acceptance, ...], viewer: Viewer) -> str:
    version = case.entry.policy_version
    mine = next((each for each in accepted if each.version == version), None)
    if version is None:
        return "no policy"
    if mine is None:
        return f"policy {version}, not accepted"
    day = dates.full_date(dates.local(mine.accepted_at, viewer.zone).date(), viewer.locale)
    return f"policy {version}, {HOW_ACCEPTED[mine.how]} {day}"


def _caution(case: FeeCase) -> str:
    found = caution(case.payer)
    if found is Caution.MEDICAID_OVERRIDE and case.entry.kind is not EntryKind.PROPOSED:
        return ""
    return _CAUTIONS[found] if found else ""
