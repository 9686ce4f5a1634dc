"""The page /console/policies: which reminders a visit gets, how they read, and what an edit would move.

Wording is wordings.py's page. What would move is asked of the planner itself. Invariant: nothing is saved by looking,
and a version somebody else saved meanwhile is never overwritten.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.auth import account_store
from bot.console import plots
from bot.console.desk import actor_of, after, reading, show, viewer_of, writing
from bot.console.said import Said
from bot.console.text_preview import LANGUAGE_NAMES, preview
from bot.console.touch_form import (
    CHANNELS,
    NEW,
    UNITS,
    Row,
    hours_before,
    in_order,
    read_rows,
    rows_of,
    sent_rows,
    words_of,
)
from bot.web import dates
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.keys import CLOCK, SITE, Viewer
from bot.web.typed import typed_number
from messages.forecast import Forecast, forecast
from messages.kinds import Kind
from scheduler import access
from scheduler.actions.save_reminder_policy import save_reminder_policy
from scheduler.appointments import store as appointments
from scheduler.calendar.wallclock import at_minute
from scheduler.core.errors import Conflict
from scheduler.core.record import Reading
from scheduler.people import store as people
from scheduler.people.store import Practice
from scheduler.reminders import store
from scheduler.reminders.planner import plan
from scheduler.reminders.policy import Channel, Days, Policy, Touch
from scheduler.reminders.store import PolicyVersion

HERE: Final = "/console/policies"
UNFIT: Final = HTTPStatus.UNPROCESSABLE_ENTITY
PREVIEWED: Final = (
    (Kind.REMINDER, "A reminder"),
    (Kind.REMINDER_CONFIRMED, "To somebody who confirmed already"),
    (Kind.BOOKED, "Booked too late for the first reminder"),
)
SAMPLE_MINUTE: Final = 15 * 60


def install_policies(app: web.Application) -> None:
    """Add the page, its preview and its saving."""
    app.router.add_get(HERE, show_policies, name="console.policies")
    app.router.add_post(HERE, take, name="console.policies_take")
    app.router.add_post(f"{HERE}/preview", show_preview, name="console.policies_preview")


async def show_policies(request: web.Request) -> web.Response:
    """The policy in force."""
    access.require(actor_of(request), "policy.read")
    async with reading(request) as r:
        newest = await store.newest_version(r)
    return await _shown(request, rows_of(in_order(newest.policy.touches) if newest else ()), EMPTY)


async def show_preview(request: web.Request) -> web.Response:
    """What the policy as typed would be and do: a piece of the page."""
    access.require(actor_of(request), "policy.write")
    form = await sent_form(request)
    return await _shown(request, sent_rows(form), form, part="console/_policy_preview.html", judge=True)


async def take(request: web.Request) -> web.Response:
    """A row more or less, a look at what would move, or saving: whatever button was pressed."""
    access.require(actor_of(request), "policy.write")
    form = await sent_form(request)
    rows, act = sent_rows(form), form.value("act")
    if act == "add":
        return await _shown(request, (*rows, NEW), form, judge=True)
    if act.startswith("remove-"):
        kept = tuple(row for at, row in enumerate(rows) if f"remove-{at}" != act)
        return await _shown(request, kept, Form(), judge=True, based_on=form.value("based_on"))
    if act != "save":
        return await _shown(request, rows, form, judge=True)
    return await _save(request, rows, form)


async def _save(request: web.Request, rows: tuple[Row, ...], form: Form) -> web.Response:
    async with reading(request) as r:
        touches, errors = read_rows(rows, await _keys(r))
        wordings = await store.wordings_in_force(r)
    if errors:
        return await _shown(request, rows, Form(form.values, errors), status=UNFIT, judge=True)
    based_on = form.value("based_on")
    try:
        async with writing(request) as tx:
            version = await save_reminder_policy(tx, in_order(touches), wordings, based_on=typed_number(based_on))
    except Conflict:
        said = "Somebody saved another version meanwhile. Yours is still in the fields: look at both, then save again"
        return await _shown(request, rows, Form(form.values, {"": said}), status=HTTPStatus.CONFLICT, judge=True)
    return after(request, HERE, Said("reminders_saved", count=version))


# --- what is shown ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the page reads from the record."""

    practice: Practice
    versions: tuple[PolicyVersion, ...]
    staff: dict[str, str]
    forecast: Forecast | None
    visits: dict[str, datetime]


async def _shown(
    request: web.Request,
    rows: tuple[Row, ...],
    form: Form,
    *,
    part: str = "",
    status: HTTPStatus = HTTPStatus.OK,
    judge: bool = False,
    based_on: str = "",
) -> web.Response:
    """The page with these rows. `judge`: say what saving them would change."""
    viewer = viewer_of(request)
    async with reading(request) as r:
        touches, errors = read_rows(rows, await _keys(r))
        seen = await _seen(r, touches if judge and not errors else None)
    newest = seen.versions[0] if seen.versions else None
    sample = _sample(request, viewer)
    local = sample.astimezone(viewer.zone)
    origin = request.config_dict[SITE].origin
    own = newest.wordings if newest else {}
    context: dict[str, Any] = {
        "form": form,
        "rows": rows,
        "units": UNITS,
        "channels": CHANNELS,
        "based_on": based_on or form.value("based_on") or str(newest.policy.version if newest else 0),
        "next_version": (newest.policy.version if newest else 0) + 1,
        "may_write": access.may(actor_of(request), "policy.write"),
        "sample": sample,
        "timeline": _timeline(touches, sample, viewer) if not errors else [],
        "strip": _strip(touches, sample, viewer) if not errors else "",
        "unread": list(errors.values()),
        "forecast": seen.forecast,
        "moves": [
            (seen.visits.get(shift.participation_id), shift) for shift in (seen.forecast.moves if seen.forecast else ())
        ],
        "phones": [
            {"title": words, "kind": kind.value,
             "texts": [preview(kind, language, seen.practice, origin, local, own) for language in LANGUAGE_NAMES]}
            for kind, words in PREVIEWED
        ],
        "practice": seen.practice,
        "window": tuple(_clock(minute, viewer) for minute in (seen.practice.send_from_minute,
                                                              seen.practice.send_until_minute)),
        "versions": [_version(each, seen.staff, viewer) for each in seen.versions],
        "part": part,
    }  # fmt: skip
    return await show(request, "console/policies.html", context, part=part, status=status)


async def _seen(r: Reading, touches: tuple[Touch, ...] | None) -> _Seen:
    versions = await store.versions(r)
    found = None
    if touches is not None:
        number = (versions[0].policy.version if versions else 0) + 1
        found = await forecast(r, Policy(number, in_order(touches)))
    visits = await appointments.visits(r, [shift.participation_id for shift in found.moves] if found else [])
    return _Seen(
        await people.practice(r),
        versions,
        {account.id: account.name for account in await account_store.accounts(r)},
        found,
        {key: visit.starts_at for key, visit in visits.items()},
    )


async def _keys(r: Reading) -> frozenset[str]:
    """Every key any version has had."""
    return frozenset(touch.key for version in await store.versions(r) for touch in version.policy.touches)


def _sample(request: web.Request, viewer: Viewer) -> datetime:
    """An invented visit: Thursday of next week at three."""
    today = dates.local(request.config_dict[CLOCK].now(), viewer.zone).date()
    return at_minute(today + timedelta(days=10 - today.weekday()), SAMPLE_MINUTE, viewer.zone)


def _timeline(touches: tuple[Touch, ...], sample: datetime, viewer: Viewer) -> list[dict[str, str]]:
    """When each touch would leave for the sample visit, as the planner says."""
    planned = plan(
        Policy(1, touches),
        starts_at=sample,
        zone=viewer.zone,
        booked_at=sample - timedelta(days=90),
        channels=(Channel.SMS, Channel.EMAIL, Channel.VOICE),
    )
    return [
        {
            "state": "planned",
            "what": f"Reminder {dict(CHANNELS).get(touch.channel.value, 'by text')}",
            "when": dates.moment(touch.due_at, viewer.zone, viewer.locale),
            "note": "if not confirmed" if touch.only_if_unconfirmed else "",
        }
        for touch in planned
    ]


def _strip(touches: tuple[Touch, ...], sample: datetime, viewer: Viewer) -> Any:
    if not touches:
        return ""
    shown = [plots.Touch(max(hours_before(touch), 0.2), _short(touch), "planned") for touch in in_order(touches)]
    return plots.touch_strip(shown, dates.moment(sample, viewer.zone, viewer.locale))


def _short(touch: Touch) -> str:
    return f"{touch.offset.n} d" if isinstance(touch.offset, Days) else f"{touch.offset.n} h"


def _clock(minute: int, viewer: Viewer) -> str:
    day = datetime(2024, 1, 10, tzinfo=viewer.zone)
    return dates.clock_time(day.replace(hour=minute // 60 % 24, minute=minute % 60), viewer.zone, viewer.locale)


def _version(version: PolicyVersion, staff: dict[str, str], viewer: Viewer) -> dict[str, Any]:
    touches = in_order(version.policy.touches)
    return {
        "number": version.policy.version,
        "who": staff.get(version.made_by or "", "Set up"),
        "at": version.made_at,
        "touches": [
            words_of(each, _clock(each.offset.at_minute, viewer) if isinstance(each.offset, Days) else "")
            for each in touches
        ],
        "worded": len(version.wordings),
    }
