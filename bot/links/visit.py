"""The pages of a visit's link: confirm, can't make it, pick another time, undo.

GET shows, POST acts, and every act is one action in one transaction. What was done is shown in answer to the POST,
because a move kills the very link it was asked for by. Invariant: nothing shown here says who, why or with whom.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from aiohttp import web

from bot.links.echo import tell_cancelled, tell_moved
from bot.links.opened import RECORD, Opened, acting, day_and_time, in_one_line, show
from bot.web import dates
from bot.web.readable import posted
from bot.web.typed import typed_instant
from messages import links
from scheduler.actions.cancel import Cancelled, cancel
from scheduler.actions.confirm import Confirmed, confirm
from scheduler.actions.move import Moved, move
from scheduler.actions.restore import Restored, restore
from scheduler.appointments import store
from scheduler.appointments.states import UNDO_MINUTES, ParticipationState
from scheduler.appointments.store import Visit
from scheduler.calendar.open_times import OpenTime, open_times
from scheduler.calendar.slots import Slot, choose_three
from scheduler.calendar.wallclock import zone_of
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Reading, Tx

SHOWN = 6
SOONEST = timedelta(hours=2)
REACH = timedelta(days=21)
NOTHING_MORE = {
    "rhythm": "",
    "kept": "",
    "late_hours": "",
    "undo": "",
    "undo_until": "",
    "pick": "",
    "list": "",
    "list_says": "",
    "day": "",
    "time": "",
    "zone": "",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A visit as its link finds it. `late_hours`: the window, if giving the visit up now would be late, else ''."""

    visit: Visit
    late_hours: str


async def show_visit(request: web.Request, opened: Opened) -> web.Response:
    """What the reminder asked: confirm, or one of the other ways. A cancelled visit shows its undo."""
    asked = await _asked(request, opened)
    visit = asked.visit
    if not visit.is_active:
        return _cancelled(request, opened, visit, late=visit.state is ParticipationState.LATE_CANCELLED)
    return show(
        request,
        opened,
        "confirm",
        {
            **day_and_time(opened, visit.starts_at, visit.zone),
            "confirmed": visit.state is ParticipationState.CONFIRMED,
            "action": opened.address("confirm"),
            "cannot": opened.address("cannot"),
            "pick": opened.address("times"),
            "chat": opened.address("chat"),
        },
    )


async def show_cannot(request: web.Request, opened: Opened) -> web.Response:
    """The step before a cancellation."""
    asked = await _asked(request, opened)
    if not asked.visit.is_active:
        return await show_visit(request, opened)
    return show(
        request,
        opened,
        "cannot",
        {
            **day_and_time(opened, asked.visit.starts_at, asked.visit.zone),
            "late_hours": asked.late_hours,
            "action": opened.address("cannot"),
            "pick": opened.address("times"),
            "keep": opened.address(),
        },
    )


async def show_times(request: web.Request, opened: Opened) -> web.Response:
    """Other open times, nearest first. Showing them holds nothing."""
    async with request.app[RECORD].read(opened.practice_id) as r:
        visit = await _visit(r, opened)
        if not visit.is_active:
            return await show_visit(request, opened)
        times = await _other_times(r, visit)
        late_hours = await _late_hours(r, visit)
    options = [
        {"value": time.starts_at.isoformat(), **day_and_time(opened, time.starts_at, visit.zone)} for time in times
    ]
    return show(
        request,
        opened,
        "pick",
        {
            "when": in_one_line(opened, visit.starts_at),
            "options": options,
            "action": opened.address("times"),
            "more": "",
            "list": opened.address("list"),
            "keep": opened.address(),
            "late_hours": late_hours,
        },
    )


async def do_confirm(request: web.Request, opened: Opened) -> web.Response:
    """Confirm the visit."""
    async with acting(request, opened) as tx:
        visit = await _visit(tx, opened)
        outcome = await confirm(tx, visit.participation_id)
    if not isinstance(outcome, Confirmed):
        return await show_visit(request, opened)
    return _done(request, opened, "confirmed", visit.starts_at, visit.zone)


async def do_cancel(request: web.Request, opened: Opened) -> web.Response:
    """Give the visit up. A late one is asked once more first: it may cost something."""
    late_was_said = (await posted(request)).get("late") == "yes"
    async with acting(request, opened) as tx:
        visit = await _visit(tx, opened)
        if visit.is_active and await _late_hours(tx, visit) and not late_was_said:
            outcome = None
        else:
            outcome = await cancel(tx, visit.participation_id, by="client")
        if isinstance(outcome, Cancelled):
            await tell_cancelled(tx, opened, visit, outcome)
    if outcome is None:
        return await show_cannot(request, opened)
    late = isinstance(outcome, Cancelled) and outcome.late
    async with request.app[RECORD].read(opened.practice_id) as r:
        return _cancelled(request, opened, await _visit(r, opened), late=late, hours=await store.late_window_hours(r))


async def do_undo(request: web.Request, opened: Opened) -> web.Response:
    """Take a cancellation back."""
    async with acting(request, opened) as tx:
        visit = await _visit(tx, opened)
        outcome = await restore(tx, visit.participation_id)
    if not isinstance(outcome, Restored):
        return await show_visit(request, opened)
    return _done(request, opened, "undone", visit.starts_at, visit.zone)


async def do_move(request: web.Request, opened: Opened) -> web.Response:
    """Move to a chosen time, if it is still open; else show what is open now."""
    wanted = typed_instant(str((await posted(request)).get("option", "")))
    try:
        async with acting(request, opened) as tx:
            visit = await _visit(tx, opened)
            moved = wanted if wanted and await _is_open(tx, visit, wanted) else None
            if moved is not None:
                outcome = await move(tx, visit.appointment_id, starts_at=moved, by="client")
                await tell_moved(tx, opened, visit, outcome)
                earlier = await _wish_for_earlier(tx, opened, outcome)
    except (Conflict, Invalid):
        moved = None
    if moved is None:
        return await show_times(request, opened)
    return _done(request, opened, "moved", moved, visit.zone, earlier)


ACTS = {"confirm": do_confirm, "cannot": do_cancel, "times": do_move, "undo": do_undo}
VIEWS = {"cannot": show_cannot, "times": show_times}


async def _asked(request: web.Request, opened: Opened) -> Asked:
    async with request.app[RECORD].read(opened.practice_id) as r:
        visit = await _visit(r, opened)
        return Asked(visit, await _late_hours(r, visit))


async def _visit(r: Reading, opened: Opened) -> Visit:
    visit = await store.visit(r, opened.link.participation_id or "")
    if visit is None:
        raise NotFound("participation")
    return visit


async def _late_hours(r: Reading, visit: Visit) -> str:
    hours = await store.late_window_hours(r)
    return str(hours) if r.now > visit.starts_at - timedelta(hours=hours) else ""


async def _other_times(r: Reading, visit: Visit) -> Sequence[OpenTime]:
    found = await open_times(
        r,
        clinician_ids=[visit.clinician_id],
        service_id=visit.service_id,
        earliest=r.now + SOONEST,
        latest=max(visit.starts_at, r.now) + REACH,
        limit=400,
    )
    by_start = {time.starts_at: time for time in found}
    slots = [Slot(time.starts_at, time.ends_at, time.location_id) for time in found]
    chosen = choose_three(slots, visit.starts_at, zone_of(visit.zone), count=SHOWN)
    return [by_start[slot.starts_at] for slot in chosen]


async def _is_open(r: Reading, visit: Visit, wanted: datetime) -> bool:
    found = await open_times(
        r,
        clinician_ids=[visit.clinician_id],
        service_id=visit.service_id,
        earliest=max(wanted, r.now + timedelta(minutes=1)),
        latest=wanted + timedelta(minutes=1),
    )
    return any(time.starts_at == wanted for time in found)


async def _wish_for_earlier(tx: Tx, opened: Opened, moved: Moved) -> dict[str, str]:
    """Where somebody who moved to a later time may ask for an earlier one; the link that moved it is dead by now."""
    if moved.after <= moved.before:
        return {}
    visit = await store.visit(tx, opened.link.participation_id or "")
    made = await links.make(
        tx,
        links.Purpose.VISIT,
        client_id=opened.client.id,
        expires_at=moved.after,
        contact_point_id=opened.link.contact_point_id,
        participation_id=opened.link.participation_id,
        revision=visit.revision if visit else None,
    )
    return {"list": f"{links.path_of(made.token)}/list", "list_says": "list.earlier"}


def _done(
    request: web.Request,
    opened: Opened,
    what: str,
    starts_at: datetime,
    zone: str,
    more: Mapping[str, str] = MappingProxyType({}),
) -> web.Response:
    shown = {**day_and_time(opened, starts_at, zone), "what": what, **more}
    return show(request, opened, "done", {**NOTHING_MORE, **shown})


def _cancelled(
    request: web.Request, opened: Opened, visit: Visit, *, late: bool, hours: int | None = None
) -> web.Response:
    until = (visit.cancelled_at or visit.starts_at) + timedelta(minutes=UNDO_MINUTES)
    possible = visit.cancelled_at is not None and request.app[RECORD].clock.now() <= until
    undo = {"undo": opened.address("undo"), "undo_until": dates.clock_time(until, opened.zone, opened.locale)}
    return show(
        request,
        opened,
        "done",
        {
            **NOTHING_MORE,
            **day_and_time(opened, visit.starts_at, visit.zone),
            "what": "cancelled",
            "list": opened.address("list"),
            "list_says": "list.tell",
            "late_hours": str(hours) if late and hours else "",
            **(undo if possible else {}),
        },
    )
