"""The page of one fee: its evidence, every step so far, and the decisions that are open to its reader.

Opening it shows what the client wrote, so it is entered in the audit chain. Invariant: every act is one action in one
transaction, checked against the step its actor saw.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.auth import account_store
from bot.console.desk import actor_of, after, reading, show, viewer_of, writing
from bot.console.fee_words import ENTRY_WORDS, REFUSALS, REVERSE_REASONS, WAIVE_REASONS, reason_words
from bot.console.fees import HERE, lines_of, rights
from bot.console.said import Said
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.typed import typed_number
from scheduler import access
from scheduler.actions.fees import approve_fee, reverse_fee, waive_fee
from scheduler.actions.propose_fee import propose_again
from scheduler.actions.read_client import read_client
from scheduler.actions.reopen_fee import reopen_fee
from scheduler.appointments import store as appointments
from scheduler.core.errors import Invalid, NotFound
from scheduler.core.record import Reading
from scheduler.fees import store
from scheduler.fees.ledger import EntryKind, may_follow
from scheduler.fees.store import FeeEntry
from scheduler.people import store as people

CASE: Final = HERE + "/{visit:[0-9a-f]{32}}"


def install_fee_case(app: web.Application) -> None:
    """Add the page and its acts."""
    app.router.add_get(CASE, show_case, name="console.fee")
    app.router.add_post(f"{CASE}/approve", approve, name="console.fee_approve")
    app.router.add_post(f"{CASE}/waive", waive, name="console.fee_waive")
    app.router.add_post(f"{CASE}/reverse", reverse, name="console.fee_reverse")
    app.router.add_post(f"{CASE}/propose", judge_again, name="console.fee_propose")
    app.router.add_post(f"{CASE}/undo", undo, name="console.fee_undo")


async def show_case(request: web.Request) -> web.Response:
    """One fee."""
    return await _shown(request, EMPTY, "")


async def approve(request: web.Request) -> web.Response:
    """Approve what is proposed."""
    form, visit_id = await sent_form(request), await _visit_id(request, "fee.approve")
    async with writing(request) as tx:
        await approve_fee(tx, visit_id, seen_step=_step(form))
    return after(request, HERE, Said("fee_approved", visit_id))


async def waive(request: web.Request) -> web.Response:
    """Let what is proposed go, with a reason."""
    form, visit_id = await sent_form(request), await _visit_id(request, "fee.waive")
    try:
        async with writing(request) as tx:
            await waive_fee(
                tx, visit_id, reason=form.value("reason"), note=form.value("note") or None, seen_step=_step(form)
            )
    except Invalid as error:
        return await _shown(request, _refused(form, error), "waive")
    return after(request, HERE, Said("fee_waived", visit_id))


async def reverse(request: web.Request) -> web.Response:
    """Take a decision back, with a reason."""
    form, visit_id = await sent_form(request), await _visit_id(request, "fee.approve")
    try:
        async with writing(request) as tx:
            await reverse_fee(
                tx, visit_id, reason=form.value("reason"), note=form.value("note") or None, seen_step=_step(form)
            )
    except Invalid as error:
        return await _shown(request, _refused(form, error), "reverse")
    return after(request, f"{HERE}/{visit_id}", Said("fee_reversed"))


async def judge_again(request: web.Request) -> web.Response:
    """Have the rules look at the visit anew."""
    form, visit_id = await sent_form(request), await _visit_id(request, "fee.propose")
    try:
        async with writing(request) as tx:
            entry = await propose_again(
                tx, visit_id, medicaid_override=form.value("override") == "yes", note=form.value("note") or None
            )
    except Invalid as error:
        return await _shown(request, _refused(form, error), "propose")
    return after(request, f"{HERE}/{visit_id}", Said(f"fee_{entry.kind.value}"))


async def undo(request: web.Request) -> web.Response:
    """Put a fee just approved or waived back among those to decide."""
    visit_id = await _visit_id(request, "fee.approve")
    async with writing(request) as tx:
        await reopen_fee(tx, visit_id)
    return after(request, HERE, Said("fee_reopened"))


async def _visit_id(request: web.Request, permission: str) -> str:
    """The visit of the request, within reach of a permission."""
    async with reading(request) as r:
        visit = await access.participation(r, actor_of(request), request.match_info["visit"], permission)
    return visit.participation_id


def _step(form: Form) -> int | None:
    return typed_number(form.value("step"))


def _refused(form: Form, error: Invalid) -> Form:
    field = {"reason_unknown": "reason"}.get(error.code, error.field or "note")
    return form.with_error(field, REFUSALS[error.code])


async def _shown(request: web.Request, form: Form, about: str) -> web.Response:
    """The page; `about` is the act whose form did not fit."""
    actor, visit_id = actor_of(request), request.match_info["visit"]
    async with writing(request) as tx:
        await access.participation(tx, actor, visit_id, "fee.read")
        entries = await store.history(tx, visit_id)
        if not entries:
            raise NotFound("fee", participation=visit_id)
        await read_client(tx, entries[-1].client_id)
        cases = await store.cases(tx, client_id=entries[-1].client_id)
        (line,) = await lines_of(
            tx, viewer_of(request), [case for case in cases if case.entry.participation_id == visit_id]
        )
        context: dict[str, Any] = {
            "line": line,
            "steps": await _steps(tx, entries),
            "words": await appointments.cancel_words(tx, visit_id),
            "currency": (await people.practice(tx)).currency,
        }
    newest = entries[-1].kind
    context |= {
        "form": form,
        "about": about,
        "waive_reasons": [(key.value, words) for key, words in WAIVE_REASONS.items()],
        "reverse_reasons": [(key.value, words) for key, words in REVERSE_REASONS.items()],
        "open_acts": _open_acts(newest, rights(actor)),
        **rights(actor),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return await show(request, "console/fee_case.html", context, status=status)


def _open_acts(newest: EntryKind, held: Mapping[str, bool]) -> frozenset[str]:
    """What may be done next, by whoever looks."""
    found = set()
    if held["may_approve"] and may_follow(newest, EntryKind.APPROVED):
        found.add("approve")
    if held["may_waive"] and may_follow(newest, EntryKind.WAIVED):
        found.add("waive")
    if held["may_approve"] and newest in {EntryKind.APPROVED, EntryKind.WAIVED}:
        found.add("reverse")
    if held["may_propose"] and newest in {EntryKind.NOT_CHARGED, EntryKind.REVERSED}:
        found.add("propose")
    return frozenset(found)


async def _steps(r: Reading, entries: tuple[FeeEntry, ...]) -> list[dict[str, Any]]:
    staff = {account.id: account.name for account in await account_store.accounts(r)}
    return [
        {
            "kind": entry.kind.value,
            "what": ENTRY_WORDS[entry.kind],
            "amount": entry.amount_minor,
            "reason": reason_words(entry.kind, entry.reason),
            "note": entry.note or "",
            "who": staff.get(entry.by_id or "", "Stillon"),
            "at": entry.at,
        }
        for entry in entries
    ]
