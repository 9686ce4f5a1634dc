"""The page /console/sending: do reminders leave, what the next seven days bring, and who cannot be reached.

Holding and letting go are messages/pause.py's, the forecast week_ahead.py's. Invariant: who reaches only their own
clients sees only these counted and listed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from aiohttp import web

from bot.auth import account_store
from bot.console import phones, waiting
from bot.console.desk import actor_of, after, back_to, reading, show, viewer_of, writing
from bot.console.said import Said
from bot.console.sending_words import REASONS, UNREACHED, held_back_words, held_words
from bot.console.text_preview import preview
from bot.console.touch_words import NAMES
from bot.web.forms import EMPTY, sent_form
from bot.web.keys import SITE, Viewer
from messages import pause, pause_store
from messages.kinds import Kind
from messages.pause import PauseReason
from messages.render import CannotRenderError, Wordings
from messages.unreachable import Unreachable, unreachable
from messages.week_ahead import DAYS, Day, SegmentsOf, Wave, week_ahead
from scheduler import access
from scheduler.core.actor import Actor
from scheduler.core.record import Reading
from scheduler.people import sender_store
from scheduler.people import store as people
from scheduler.people.store import Practice
from scheduler.reminders import store as reminders

HERE: Final = "/console/sending"
SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Held:
    """A pause, as a page shows it."""

    since: datetime
    words: str
    by: str
    due: int


def install_sending(app: web.Application) -> None:
    """Add the page and its acts."""
    app.router.add_get(HERE, show_sending, name="console.sending")
    app.router.add_post(f"{HERE}/pause", pause_all, name="console.sending_pause")
    app.router.add_post(f"{HERE}/resume", resume, name="console.sending_resume")


async def show_sending(request: web.Request) -> web.Response:
    """The page."""
    actor = actor_of(request)
    access.require(actor, "message.read")
    origin = request.config_dict[SITE].origin
    async with reading(request) as r:
        mine = await waiting.clients_in_reach(r, actor, "message.read")
        practice = await people.practice(r)
        own = await reminders.wordings_in_force(r)
        segments = _segments_of(practice, origin, viewer_of(request), own, r.now)
        days = await week_ahead(r, segments, client_ids=mine)
        lost = await unreachable(r, r.now + timedelta(days=DAYS), client_ids=mine)
        context: dict[str, Any] = {
            "held": await held(r),
            "days": [_day_row(each, show_waves=mine is None) for each in days],
            "senders": _senders(practice, await sender_store.sender_rates(r)) if mine is None else (),
            "lost": await _listed(r, actor, lost[:SHOWN]),
            "lost_count": len(lost),
            "reasons": list(REASONS.items()),
            "may_pause": access.may(actor, "message.send"),
            "may_set": access.may(actor, "settings.write"),
            "form": EMPTY,
        }
    return await show(request, "console/sending.html", context)


async def pause_all(request: web.Request) -> web.Response:
    """Hold all reminders from now on."""
    access.require(actor_of(request), "message.send")
    form = await sent_form(request)
    given = form.value("reason")
    reason = PauseReason(given) if given in set(PauseReason) else PauseReason.OTHER
    async with writing(request) as tx:
        done = await pause.pause(tx, reason)
    return after(request, HERE, Said("sending_paused" if done else "sending_paused_already"))


async def resume(request: web.Request) -> web.Response:
    """Let reminders leave again, with or without those that have been waiting."""
    access.require(actor_of(request), "message.send")
    form = await sent_form(request)
    async with writing(request) as tx:
        done = await pause.resume(tx, leave_out=form.value("leave_out") == "yes")
    where = back_to(form.value("back"), HERE)
    if not done.resumed:
        return after(request, where, Said("sending_not_paused"))
    if done.left_out:
        return after(request, where, Said("sending_resumed_without", count=min(done.left_out, 9999)))
    return after(request, where, Said("sending_resumed"))


def _senders(practice: Practice, rates: Sequence[sender_store.SenderRate]) -> list[dict[str, Any]]:
    return [
        {"shown": phones.shown(each.number, practice.region), "segments_per_second": each.segments_per_second}
        for each in rates
    ]


async def held(r: Reading) -> Held | None:
    """The pause that is on, for the pages that show it."""
    found = await pause_store.pause_of(r)
    if found is None:
        return None
    who = await account_store.account(r, found.by_id) if found.by_id else None
    words = held_words(found.why, found.reason, found.count)
    return Held(found.since, words, who.name if who else "", await pause_store.planned_due(r))


def _segments_of(practice: Practice, origin: str, viewer: Viewer, own: Wordings, now: datetime) -> SegmentsOf:
    """How many segments a text of each kind takes, about: by its present wording, in the practice's language."""
    known: dict[Kind, int] = {}
    draw = partial(preview, language=practice.language, practice=practice, origin=origin, own=own)

    def segments(kind: Kind) -> int:
        if kind not in known:
            try:
                known[kind] = draw(kind, starts_at=now.astimezone(viewer.zone)).count
            except CannotRenderError:
                known[kind] = 1
        return known[kind]

    return segments


def _day_row(day: Day, *, show_waves: bool) -> dict[str, Any]:
    by_name: dict[str, int] = {}
    for (kind, _), number in day.kinds.items():
        by_name[NAMES[kind]] = by_name.get(NAMES[kind], 0) + number
    return {
        "day": day.day,
        "texts": day.texts,
        "mails": day.mails,
        "segments": day.segments,
        "names": sorted(by_name.items(), key=lambda pair: (-pair[1], pair[0])),
        "waves": _waves(day) if show_waves else [],
        "late": sum(wave.late for wave in day.waves),
        "held_back": [(held_back_words(reason), number) for reason, number in sorted(day.held_back.items())],
    }


def _waves(day: Day) -> list[dict[str, Any]]:
    """The numbers that need more than a moment for a day's texts."""
    return [_wave(each) for each in day.waves]


def _wave(wave: Wave) -> dict[str, Any]:
    minutes = round((wave.done_at - wave.begins_at).total_seconds() / 60)
    return {"number": wave.number, "texts": wave.texts, "done_at": wave.done_at, "minutes": minutes, "late": wave.late}


async def _listed(r: Reading, actor: Actor, lost: tuple[Unreachable, ...]) -> list[dict[str, Any]]:
    """Who cannot be reached, by reason; names only for those who may see clients."""
    if not access.may(actor, "client.read"):
        return []
    clients = await people.clients(r, {each.client_id for each in lost})
    groups = []
    for why, (words, advice) in UNREACHED.items():
        mine = [each for each in lost if each.why == why]
        if mine:
            rows = [
                {"id": each.client_id, "name": clients[each.client_id].display, "at": each.starts_at}
                for each in mine
                if each.client_id in clients
            ]
            groups.append({"words": words, "advice": advice, "rows": rows})
    return groups
