"""The inbox: what needs a person, urgent first, with the text, who it may be from, what was asked, and what fits.

Clients are written to in closed texts only, so there is no box to write in: the acts here are acts on visits, which
send their own texts, and a number to call. Invariant: a text's cancellation counts from when the text came.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from bot.console import phones, standing, waiting
from bot.console.book_of_names import Names, names
from bot.console.desk import actor_of, after, back_to, reading, show, writing
from bot.console.missed_series import Missed, what_was_missed
from bot.console.said import Said
from bot.console.task_words import TASK_WORDS, UNTOLD, UNTOLD_CANCELLED, TaskWords
from bot.console.touch_words import NAMES
from bot.web.forms import sent_form
from messages import inbound_store, outbox_store, task_store, tasks
from messages.inbound_store import Inbound
from messages.task_store import Task
from messages.tasks import TaskKind
from scheduler import access, tables
from scheduler.actions.cancel import Cancelled, cancel
from scheduler.actions.confirm import Confirmed, confirm
from scheduler.appointments import store as appointments
from scheduler.appointments.states import ParticipationState
from scheduler.appointments.store import Visit
from scheduler.core.actor import Actor
from scheduler.core.errors import NotFound
from scheduler.core.record import Reading, Tx
from scheduler.people import store as people
from scheduler.people.store import Client

WORK: Final = "inbox.work"
PLACE: Final = "/console/inbox"
LATELY: Final = timedelta(hours=24)
VISITS_SHOWN: Final = 3
WITHOUT_VISITS: Final = frozenset(
    {
        TaskKind.WRONG_NUMBER,
        TaskKind.NO_CHANNEL,
        TaskKind.NUMBER_FAILS,
        TaskKind.SENDING_TROUBLE,
        TaskKind.SENDING_PAUSED,
        TaskKind.WEEKLY_MISSED,
    }
)
"""What is about how somebody is reached, or about a whole series, not about a visit."""


CAME: Final = {
    "whatsapp": "By WhatsApp.",
    "voice": "By keys in a call.",
    "chat": "On the page behind their link.",
}
"""How words came that did not come by text."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """A visit the text may be about, and what may be done to it."""

    visit: Visit
    who: str
    detail: str
    state: str
    word: str
    may_confirm: bool
    may_change: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to look at."""

    task: Task
    words: TaskWords
    who: str
    client_id: str | None
    also: tuple[str, ...]
    text: str
    at: datetime
    asked: str
    asked_about: datetime | None
    call: tuple[str, ...]
    fitting: tuple[Fitting, ...]
    may_acknowledge: bool
    came: str
    missed: Missed | None

    @property
    def meaning(self) -> str:
        """What happened and what is wanted, as far as the visit and the text tell."""
        if self.task.kind != TaskKind.CALL or self.task.inbound_id or not self.fitting:
            return self.words.meaning
        called_off = self.fitting[0].visit.state is ParticipationState.CLINICIAN_CANCELLED
        return UNTOLD_CANCELLED if called_off else UNTOLD


async def show_inbox(request: web.Request) -> web.Response:
    """Everything that waits, and what was done in the last day."""
    actor = actor_of(request)
    async with reading(request) as r:
        found = await waiting.tasks(r, actor)
        book = await names(r)
        region = (await people.practice(r)).region
        texts = await inbound_store.inbound_rows(r, {each.inbound_id for each in found if each.inbound_id})
        items = [await _item(r, actor, each, texts, book, region) for each in found]
        done = await _done_lately(r, actor)
    return await show(
        request,
        "console/inbox.html",
        {"items": items, "done": done, "back": PLACE},
        part="console/_inbox_board.html",
    )


async def acknowledge(request: web.Request) -> web.Response:
    """Somebody is on it: nobody else is alerted."""
    async with writing(request) as tx:
        task = await _task(request, tx)
        await tasks.acknowledge(tx, task.id)
    return after(request, PLACE, Said("acknowledged"))


async def done(request: web.Request) -> web.Response:
    """It is dealt with."""
    form = await sent_form(request)
    async with writing(request) as tx:
        task = await _task(request, tx)
        await tasks.done(tx, task.id)
    return after(request, back_to(form.value("back"), PLACE), Said("task_done", task.id))


async def reopen(request: web.Request) -> web.Response:
    """It was not, after all."""
    async with writing(request) as tx:
        task = await _task(request, tx)
        await tasks.undo_done(tx, task.id)
    return after(request, PLACE, Said("task_reopened"))


async def confirm_from_text(request: web.Request) -> web.Response:
    """The text says that they come: confirm the visit, and the task is done."""
    async with writing(request) as tx:
        task = await _task(request, tx)
        visit = await _visit(request, tx)
        done_ = await confirm(tx, visit.participation_id)
        if isinstance(done_, Confirmed):
            await tasks.done(tx, task.id)
    return after(request, PLACE, Said("confirmed" if isinstance(done_, Confirmed) else f"not_{done_.reason}"))


async def cancel_from_text(request: web.Request) -> web.Response:
    """The text says that they do not come: cancel from when it arrived, with the text as evidence."""
    async with writing(request) as tx:
        task = await _task(request, tx)
        visit = await _visit(request, tx)
        text = await inbound_store.inbound_row(tx, task.inbound_id) if task.inbound_id else None
        done_ = await cancel(
            tx,
            visit.participation_id,
            by="client",
            received_at=text.received_at if text else None,
            inbound_id=text.id if text else None,
            words=text.body if text else None,
        )
        if isinstance(done_, Cancelled):
            await tasks.done(tx, task.id)
    if not isinstance(done_, Cancelled):
        return after(request, PLACE, Said(f"not_{done_.reason}"))
    return after(request, PLACE, Said("cancelled_late" if done_.late else "cancelled", visit.participation_id))


async def _task(request: web.Request, tx: Tx) -> Task:
    """The task, if it is within reach.

    Raises:
        Forbidden, NotFound: as `access.thing`.
    """
    task_id = request.match_info["task"]
    await access.thing(tx, actor_of(request), tables.task, task_id, WORK)
    found = await task_store.task_row(tx, task_id)
    if found is None:
        raise NotFound("task", task=task_id)
    return found


async def _visit(request: web.Request, tx: Tx) -> Visit:
    form = await sent_form(request)
    return await access.participation(tx, actor_of(request), form.value("visit"), "appointment.write")


async def _item(r: Reading, actor: Actor, task: Task, texts: Mapping[str, Inbound], book: Names, region: str) -> Item:
    text = texts.get(task.inbound_id or "")
    points = await people.contact_points_at(r, text.sender_ix) if text else ()
    client_ids = list(dict.fromkeys([*([task.client_id] if task.client_id else []), *(p.client_id for p in points)]))
    clients = await people.clients(r, client_ids)
    who, also = _from(task, client_ids, clients, text, region)
    asked, asked_about = await _asked(r, task, client_ids, text)
    return Item(
        task,
        TASK_WORDS[TaskKind(task.kind)],
        who,
        task.client_id or (client_ids[0] if len(client_ids) == 1 else None),
        also,
        text.body if text else "",
        text.received_at if text else task.opened_at,
        asked,
        asked_about,
        await _call(r, task, client_ids, text, region),
        await _fitting(r, actor, task, client_ids, clients, book),
        task.state == "open" and task.urgent,
        CAME.get(text.via or "", "") if text else "",
        await what_was_missed(r, actor, task),
    )


def _from(
    task: Task, client_ids: list[str], clients: Mapping[str, Client], text: Inbound | None, region: str
) -> tuple[str, tuple[str, ...]]:
    """Who it is from, as far as the number says, and who else it may be."""
    called = [clients[each].display for each in client_ids if each in clients]
    named = clients.get(task.client_id or "")
    if named is not None:
        return named.display, tuple(each for each in called if each != named.display)
    if len(called) > 1:
        return " or ".join(called), ()
    if called:
        return called[0], ()
    return (phones.shown(text.sender, region) if text else "The practice"), ()


async def _asked(r: Reading, task: Task, client_ids: list[str], text: Inbound | None) -> tuple[str, datetime | None]:
    """What had been sent last before the text, or what could not be delivered."""
    if task.message_id:
        row = await outbox_store.message_row(r, task.message_id)
        return (NAMES[row.kind], row.fields.starts_at) if row else ("", None)
    if text is None or not client_ids:
        return "", None
    sent = [
        each
        for client_id in client_ids
        for each in await outbox_store.messages_of(r, client_id, 20)
        if each.sent_at and each.sent_at <= text.received_at and each.inbound_id is None
    ]
    newest = max(sent, key=lambda each: each.sent_at or each.due_at, default=None)
    if newest is None:
        return "", None
    about = newest.fields.starts_at
    if about is None and newest.participation_id:
        visit = await appointments.visit(r, newest.participation_id)
        about = visit.starts_at if visit else None
    return NAMES[newest.kind], about


async def _call(r: Reading, task: Task, client_ids: list[str], text: Inbound | None, region: str) -> tuple[str, ...]:
    """Numbers to call: the one the text came from, else those on record; never one that is somebody else's."""
    if text is not None and task.kind != TaskKind.WRONG_NUMBER:
        return (phones.shown(text.sender, region),)
    found = await people.contact_points_of(r, client_ids)
    return tuple(
        phones.shown(each.value, region)
        for of_one in found.values()
        for each in of_one
        if each.kind == "phone" and each.state == "active"
    )


async def _fitting(
    r: Reading, actor: Actor, task: Task, client_ids: list[str], clients: Mapping[str, Client], book: Names
) -> tuple[Fitting, ...]:
    """The visit the task names, else the next ones of whoever it may be from."""
    if not access.may(actor, "appointment.write") or not client_ids or TaskKind(task.kind) in WITHOUT_VISITS:
        return ()
    own = await access.own_clinician(r, actor, "appointment.write")
    named = await appointments.visit(r, task.participation_id) if task.participation_id else None
    visits = [named] if named is not None else list(await appointments.upcoming(r, client_ids, r.now))[:VISITS_SHOWN]
    found = []
    for visit in visits:
        if own not in {None, visit.clinician_id}:
            continue
        state, word = standing.standing(visit, r.now)
        found.append(
            Fitting(
                visit,
                clients[visit.client_id].display if len(client_ids) > 1 and visit.client_id in clients else "",
                book.clinician(visit.clinician_id),
                state,
                word,
                # Nobody who may be in distress is taken at their word by a quick press.
                standing.may_confirm(visit, r.now) and task.kind != TaskKind.CRISIS,
                standing.may_change(visit, r.now),
            )
        )
    return tuple(found)


async def _done_lately(r: Reading, actor: Actor) -> list[dict[str, Any]]:
    own = await access.own_clinician(r, actor, WORK)
    found = await task_store.recently_done(r, r.now - LATELY)
    if own is not None:
        reach = await waiting.clients_in_reach(r, actor, WORK)
        found = tuple(each for each in found if reach is None or each.client_id in reach)
    clients = await people.clients(r, {each.client_id for each in found if each.client_id})
    return [
        {
            "id": each.id,
            "what": TASK_WORDS[TaskKind(each.kind)].what,
            "who": clients[each.client_id].display if each.client_id in clients else "",
            "at": each.done_at,
        }
        for each in found
    ]


def install_inbox(app: web.Application) -> None:
    """Add the routes."""
    at = "/console/inbox/{task:[0-9a-f]{32}}"
    app.router.add_get(PLACE, show_inbox, name="inbox")
    app.router.add_post(f"{at}/acknowledge", acknowledge, name="inbox.acknowledge")
    app.router.add_post(f"{at}/done", done, name="inbox.done")
    app.router.add_post(f"{at}/reopen", reopen, name="inbox.reopen")
    app.router.add_post(f"{at}/confirm", confirm_from_text, name="inbox.confirm")
    app.router.add_post(f"{at}/cancel", cancel_from_text, name="inbox.cancel")
