"""The page /console/fees/policy: the fee policy in force, an example of what it does, and new versions of it.

The example is worked out by the very rules that propose fees. Invariant: a version is never edited; saving makes a new
one, which binds only who accepts it.
"""

from dataclasses import asdict, dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.auth import account_store
from bot.console.amounts import read_amount, typed_amount
from bot.console.desk import actor_of, after, reading, show, viewer_of
from bot.console.fee_words import REFUSALS
from bot.console.said import Said
from bot.console.settings_form import UNFIT, keep, read_form
from bot.web import dates
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.keys import CLOCK, Viewer
from bot.web.typed import typed_number
from scheduler import access
from scheduler.actions.fee_policy import HIGHEST_AMOUNT, LONGEST_TEXT, LONGEST_WINDOW_HOURS, MOST_GRACE, save_fee_policy
from scheduler.calendar.wallclock import at_minute
from scheduler.core.errors import Conflict, Forbidden, Invalid
from scheduler.fees import store
from scheduler.fees.rules import (
    FULL_PER_CENT,
    Amount,
    ClientFacts,
    FeeEvent,
    FeeEventKind,
    FeePolicy,
    PayerClass,
    PerCent,
    Proposal,
    propose,
)
from scheduler.fees.store import FeePolicyVersion
from scheduler.people import store as people
from scheduler.people.store import Service

HERE: Final = "/console/fees/policy"
START: Final = {"window_hours": "24", "mode": "percent", "value": "50", "grace_misses": "1", "text": ""}


@dataclass(frozen=True, slots=True)
class Terms:
    """A policy as typed, readable but not yet a version. `value` is per cent or minor units."""

    window_hours: int
    mode: str
    value: int
    grace_misses: int
    text: str


def install_fee_policy(app: web.Application) -> None:
    """Add the page, its example and its saving."""
    app.router.add_get(HERE, show_policy, name="console.fee_policy")
    app.router.add_post(HERE, save, name="console.fee_policy_save")
    app.router.add_post(f"{HERE}/example", show_example, name="console.fee_policy_example")


async def show_policy(request: web.Request) -> web.Response:
    """The version in force, in a form for those who may make another."""
    return await _shown(request, EMPTY)


async def show_example(request: web.Request) -> web.Response:
    """What the policy as typed would do: a piece of the page, or the page with everything still in its fields."""
    access.require(actor_of(request), "policy.write")
    return await _shown(request, await sent_form(request), part="console/_fee_example.html")


async def save(request: web.Request) -> web.Response:
    """Put the policy as typed in force."""
    form = await read_form(request, "policy.write")
    async with reading(request) as r:
        currency = (await people.practice(r)).currency
    terms, form = read_terms(form, currency)
    if terms is None:
        return await _shown(request, form, status=UNFIT)
    given = asdict(terms)
    version, form = await keep(request, form, lambda tx: save_fee_policy(tx, **given), otherwise="text", say=_words)
    if version is None:
        return await _shown(request, form, status=UNFIT)
    return after(request, HERE, Said("fee_policy_saved", count=version))


def read_terms(form: Form, currency: str) -> tuple[Terms | None, Form]:
    """The policy of a form, or the form with what does not fit."""
    mode = form.value("mode")
    if mode not in {"percent", "amount"}:
        form = form.with_error("mode", REFUSALS["mode_unknown"])
    window, form = _number(form, "window_hours", LONGEST_WINDOW_HOURS)
    grace, form = _number(form, "grace_misses", MOST_GRACE)
    if mode == "amount":
        value = read_amount(form.value("value"), currency)
        if value is None or value > HIGHEST_AMOUNT:
            form = form.with_error("value", f"Enter an amount such as {typed_amount(7500, currency)}")
    else:
        value, form = _number(form, "value", FULL_PER_CENT)
    if not 0 < len(form.value("text").strip()) <= LONGEST_TEXT:
        form = form.with_error("text", REFUSALS["text_length"])
    if form.errors or window is None or grace is None or value is None:
        return None, form
    return Terms(window, mode, value, grace, form.value("text").strip()), form


def _number(form: Form, name: str, high: int) -> tuple[int | None, Form]:
    number = typed_number(form.value(name).strip().removesuffix("%"), high)
    if number is not None:
        return number, form
    return None, form.with_error(name, REFUSALS["number_out_of_range"].format(low=0, high=high))


def _words(error: Invalid | Conflict) -> str:
    return REFUSALS[error.code].format(**error.ids)


async def _shown(
    request: web.Request, form: Form, *, part: str = "", status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    actor, viewer = actor_of(request), viewer_of(request)
    if not (access.may(actor, "fee.read") or access.may(actor, "policy.read")):
        raise Forbidden("not_permitted", permission="fee.read")
    async with reading(request) as r:
        practice = await people.practice(r)
        versions = await store.fee_policies(r)
        services = await people.services(r, active_only=True)
        staff = {account.id: account.name for account in await account_store.accounts(r)}
    filled = form if form.values else Form(_values(versions[0], practice.currency) if versions else START)
    terms, judged = read_terms(filled, practice.currency)
    context: dict[str, Any] = {
        "form": filled,
        "versions": [_version(each, staff, practice.currency, viewer) for each in versions],
        "example": _example(terms, services, request) if terms else None,
        "unread": list(judged.errors.values()) if not terms and form.values else [],
        "currency": practice.currency,
        "may_write": access.may(actor, "policy.write"),
        "part": part,
    }
    return await show(request, "console/fee_policy.html", context, part=part, status=status)


def _values(version: FeePolicyVersion, currency: str) -> dict[str, str]:
    value = typed_amount(version.value, currency) if version.mode == "amount" else str(version.value)
    return {
        "window_hours": str(version.window_hours),
        "mode": version.mode,
        "value": value,
        "grace_misses": str(version.grace_misses),
        "text": version.text,
    }


def _version(version: FeePolicyVersion, staff: dict[str, str], currency: str, viewer: Viewer) -> dict[str, Any]:
    charge = f"{version.value}%" if version.mode == "percent" else dates.money(version.value, currency, viewer.locale)
    free = {0: "no free miss", 1: "the first is free"}.get(version.grace_misses, f"{version.grace_misses} are free")
    return {
        "number": version.version,
        "summary": f"Within {version.window_hours} hours, {charge}, {free}",
        "text": version.text,
        "who": staff.get(version.made_by or "", "Set up"),
        "at": version.made_at,
    }


def _example(terms: Terms, services: tuple[Service, ...], request: web.Request) -> dict[str, Any]:
    """What would happen, said by the rules themselves, for a visit on Thursday of next week at three."""
    zone = viewer_of(request).zone
    today = dates.local(request.config_dict[CLOCK].now(), zone).date()
    starts_at = at_minute(today + timedelta(days=10 - today.weekday()), 15 * 60, zone)
    charge = PerCent(terms.value) if terms.mode == "percent" else Amount(terms.value)
    policy = FeePolicy(1, terms.window_hours, charge, charge, terms.grace_misses)
    missed = [(service, _fee(policy, FeeEvent(FeeEventKind.MISSED, starts_at, None, service.fee_minor), terms))
              for service in services]  # fmt: skip
    return {
        "starts_at": starts_at,
        "deadline": starts_at - timedelta(hours=terms.window_hours),
        "window_hours": terms.window_hours,
        "grace": terms.grace_misses,
        "lines": [{"service": service.name, "price": service.fee_minor, "fee": fee} for service, fee in missed],
    }


def _fee(policy: FeePolicy, event: FeeEvent, terms: Terms) -> int:
    """The fee for somebody whose free ones are used up."""
    accepted = event.starts_at - timedelta(days=365)
    client = ClientFacts(PayerClass.SELF_PAY, policy.version, accepted, earlier_events=terms.grace_misses)
    judged = propose(policy, event, client)
    return judged.amount_minor if isinstance(judged, Proposal) else 0
