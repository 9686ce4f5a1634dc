"""The page /console/waitlist/policy: by which terms freed times are offered, and what other terms would do.

The preview is worked out by the rules that size waves (waitlist/preview.py). Invariant: a version is never edited;
saving makes a new one, and a version somebody else saved meanwhile is never overwritten.
"""

from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.auth import account_store
from bot.console.days import minute_of
from bot.console.desk import actor_of, after, reading, show, writing
from bot.console.said import Said
from bot.console.wish_words import DAYS
from bot.web.forms import Form, sent_form
from bot.web.readable import posted
from bot.web.typed import typed_number
from scheduler import access
from scheduler.core.errors import Conflict, Invalid
from scheduler.core.record import Reading
from waitlist import entry_store, policy_store, preview, report_store
from waitlist.actions.save_policy import save_policy
from waitlist.policy import BOUNDS, Policy, policy_of

HERE: Final = "/console/waitlist/policy"
UNFIT: Final = HTTPStatus.UNPROCESSABLE_ENTITY
LIMITS: Final = (
    ("fill_within_minutes", "A time should be taken within so many minutes", ""),
    ("fill_chance_percent", "with this chance, in per cent", ""),
    ("disappointed_percent", "Most yeses in vain for 100 filled times", "Fewer are asked at once, the smaller it is."),
    ("stop_before_minutes", "Nobody is asked nearer than so many minutes to the visit", ""),
    ("quiet_after", "After so many offers in a row without an answer, ask whether they still wait",
     "One text instead of further offers: fewer texts, fewer times filled. 0: never; whoever rests is asked again."),
    ("quiet_days", "Without an answer to that, tell staff after so many days", "Their place is kept."),
    ("ask_after_missed", "After so many visits of a weekly time missed in a row, ask whether to keep it",
     "A task for you; nothing is taken from anybody by itself. 0: never."),
    ("offers_a_day", "Most unanswered offers a day", "To one person; the last is kept for a time within a day."),
)  # fmt: skip
WEIGHTS: Final = (
    ("waited", "Each day since joining", ""),
    ("unasked", "Each day without an offer", ""),
    ("lost", "An offer somebody else took", "Five times that for a yes that came second."),
    ("silent", "Taken off for an offer left without an answer", "Four at the most."),
    ("urgency", "Put forward by staff, each step", ""),
    ("fit", "Just the clinician and the hours they named", "Half of it for one of both."),
)
MODES: Final = (
    ("waves", "As many as a quick yes needs", "Few while there is time, more when there is not."),
    ("one", "One after another", ""),
    ("everybody", "Everybody it fits", "The first yes has it."),
)
ACCEPTS: Final = (
    ("auto", "The time is booked at once", ""),
    ("approve", "Somebody here approves it first", "The time is kept for them for an hour, and a task is opened."),
    ("call", "They are asked to call", "The time is kept for them for an hour."),
)


def install_waitlist_policy(app: web.Application) -> None:
    """Add the page, its preview and its saving."""
    app.router.add_get(HERE, show_policy, name="console.policies_waitlist")
    app.router.add_post(HERE, save, name="console.policies_waitlist_save")
    app.router.add_post(f"{HERE}/preview", show_preview, name="console.policies_waitlist_preview")


async def show_policy(request: web.Request) -> web.Response:
    """The terms in force, in a form for those who may make others."""
    access.require(actor_of(request), "policy.read")
    async with reading(request) as r:
        form = Form(values_of(await policy_store.policy(r)))
    return await _shown(request, form)


async def show_preview(request: web.Request) -> web.Response:
    """What the terms as typed would do: a piece of the page."""
    access.require(actor_of(request), "policy.write")
    return await _shown(request, await _sent(request), part="console/_waitlist_policy_preview.html")


async def save(request: web.Request) -> web.Response:
    """Put the terms as typed in force."""
    access.require(actor_of(request), "policy.write")
    form = await _sent(request)
    policy, form = read_policy(form)
    if policy is None:
        return await _shown(request, form, status=UNFIT)
    try:
        async with writing(request) as tx:
            based_on = typed_number(form.value("based_on"))
            saved = await save_policy(tx, policy.terms(), based_on=based_on)
    except Conflict:
        said = "Somebody saved other terms meanwhile. Yours are still in the fields: look at both, then save again"
        return await _shown(request, form.with_error("", said), status=HTTPStatus.CONFLICT)
    if saved.taken_up:
        return after(request, HERE, Said("waitlist_policy_saved_for_quiet", count=saved.taken_up))
    return after(request, HERE, Said("waitlist_policy_saved", count=saved.policy.version))


def values_of(policy: Policy) -> dict[str, str]:
    """The terms as the fields show them."""
    terms = policy.terms()
    numbers = {**{name: terms[name] for name, _, _ in LIMITS}, **terms["weights"], "near_hours": policy.near_hours}
    return {
        **{name: str(number) for name, number in numbers.items()},
        "mode": policy.mode.value,
        "near_mode": policy.near_mode.value,
        "refit": "1" if policy.refit else "",
        "accept": policy.accept.value,
        "desk_from": _clock(policy.desk_from_minute),
        "desk_until": _clock(policy.desk_until_minute),
        "days": ",".join(str(day) for day in range(len(DAYS)) if policy.desk_days >> day & 1),
        "based_on": str(policy.version),
    }


def read_policy(form: Form) -> tuple[Policy | None, Form]:
    """The terms of a form, or the form with what does not fit."""
    numbers: dict[str, int] = {}
    for name in (*(name for name, _, _ in (*LIMITS, *WEIGHTS)), "near_hours"):
        low, high = BOUNDS[name]
        number = typed_number(form.value(name), high)
        if number is None or number < low:
            form = form.with_error(name, f"Enter a whole number from {low} to {high}")
        else:
            numbers[name] = number
    from_minute, until_minute = minute_of(form.value("desk_from")), minute_of(form.value("desk_until"))
    days = sum(1 << int(day) for day in form.value("days").split(",") if day)
    if from_minute is None or until_minute is None or from_minute >= until_minute or not days:
        form = form.with_error("desk_until", "Choose the days and hours in which somebody is at the desk")
    if form.errors or from_minute is None or until_minute is None:
        return None, form
    weights = {name: numbers.pop(name) for name, _, _ in WEIGHTS}
    desk = {"desk_days": days, "desk_from_minute": from_minute, "desk_until_minute": until_minute}
    modes = {name: form.value(name) for name in ("mode", "near_mode", "accept")}
    try:
        refit = int(form.value("refit") == "1")
        return policy_of({**numbers, **desk, **modes, "refit": refit, "weights": weights}, 0), form
    except (Invalid, ValueError):
        return None, form.with_error("mode", "Choose one of these")


async def _sent(request: web.Request) -> Form:
    form = await sent_form(request)
    ticked = sorted({str(day) for day in (await posted(request)).getall("day", ()) if str(day) in "0123456"})
    return Form({**form.values, "days": ",".join(day for day in ticked if day)})


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}" if minute < 24 * 60 else "23:59"


async def _shown(
    request: web.Request, form: Form, *, part: str = "", status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    policy, judged = read_policy(form)
    async with reading(request) as r:
        versions = await policy_store.versions(r)
        staff = {account.id: account.name for account in await account_store.accounts(r)}
        seen = await _preview(r, policy) if policy else None
    context: dict[str, Any] = {
        "form": form,
        "seen": seen,
        "unread": list(judged.errors.values()) if policy is None else [],
        "versions": [(each, staff.get(each.made_by or "", "Set up")) for each in versions],
        "limits": LIMITS,
        "weights": WEIGHTS,
        "modes": MODES,
        "near_modes": [(key, words) for key, words, _ in MODES],
        "accepts": ACCEPTS,
        "days": DAYS,
        "chosen_days": set(form.value("days").split(",")),
        "may_write": access.may(actor_of(request), "policy.write"),
        "part": part,
    }
    return await show(request, "console/waitlist_policy.html", context, part=part, status=status)


async def _preview(r: Reading, policy: Policy) -> dict[str, Any]:
    curve = await policy_store.curve(r)
    began = await report_store.began(r, r.now - preview.MONTH)
    return {
        "leads": preview.at_leads(policy, curve),
        "past": preview.past(began, policy, curve),
        "taken_up": await entry_store.resting_despite(r, policy.quiet_after),
    }
