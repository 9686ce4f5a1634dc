"""Writing to the office on the page behind a link: the same conversation as by text, answered on the page.

Nothing earlier is shown: whoever holds the link sees what they wrote just now and what is said to it. A post is
answered with the address of that page (303), so that reloading it says nothing twice. What takes a visit away or moves
it is told to the number on file as well, with its undo. Invariant: the page speaks for the link's client alone, and
only as long as the link lives.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from aiohttp import web

from bot.conversation import said_store
from bot.conversation.crisis import alarm_without_number
from bot.conversation.speaking import Spoken, speak
from bot.conversation.turn import Answer
from bot.links.opened import RECORD, Opened, show, still_alive
from bot.links.words import say
from bot.web.readable import posted
from messages import inbound as texts
from messages import links
from messages.aloud import answer_words
from messages.inbound import is_pressing
from messages.inbound_store import Inbound
from messages.kinds import Kind
from messages.particulars import NO_PARTICULARS
from scheduler.appointments import store as appointments
from scheduler.calendar.wallclock import local_day
from scheduler.core.errors import Conflict
from scheduler.core.record import Reading, Tx
from scheduler.people import store as people
from scheduler.people.store import ContactPoint
from scheduler.reminders import store as reminders

VIA: Final = "chat"
LONGEST: Final = 480
MOST_AN_HOUR: Final = 30
_HOUR: Final = timedelta(hours=1)
KEYS: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.CANCELLED: ("U", "R"),
    Kind.LATE_CANCELLED: ("U", "R"),
    Kind.MOVED: ("U",),
    Kind.OFFER_WON: ("U",),
    Kind.OFFER_UNCLEAR: ("A", "P"),
    Kind.NEXT_VISIT: ("C", "R", "N"),
    Kind.KEPT: ("R", "N"),
    Kind.UNSURE: ("L", "N"),
    Kind.WISH_FREE: ("1", "2"),
}
"""Letters that answer what was said last, as buttons."""


_NOTICE: Final = Answer(Kind.CRISIS_NOTICE, NO_PARTICULARS, None)
JUST_NOW: Final = timedelta(minutes=10)
"""What was said can be seen again for so long, by reloading."""
_ID: Final = re.compile(r"[0-9a-f]{32}")
CALL, NOTICE = "call", "notice"


async def show_chat(request: web.Request, opened: Opened) -> web.Response:
    """A page to write on; just after something was written, that and what is said to it."""
    here, told = opened.address("chat"), request.query.get("told", "")
    async with request.app[RECORD].read(opened.practice_id) as r:
        if told in {CALL, NOTICE}:
            lines = await _lines(r, opened, (_NOTICE,) if told == NOTICE else None)
            return _page(request, opened, said="", lines=lines, keys=(), action=here)
        inbound = await _just_said(r, opened, request.query.get("said", ""))
        if inbound is None:
            return _page(request, opened, said="", lines=[], keys=("C", "R", "N"), action=here)
        said = tuple(map(Answer.from_json, inbound.answers))
        lines = await _lines(r, opened, said)
    return _page(request, opened, said=inbound.body, lines=lines, keys=_keys(said), action=here)


async def _just_said(r: Reading, opened: Opened, inbound_id: str) -> Inbound | None:
    """What was written on this client's page within the last minutes."""
    inbound = await texts.read(r, inbound_id) if _ID.fullmatch(inbound_id) else None
    if inbound is None or inbound.via != VIA or inbound.client_id not in {None, opened.client.id}:
        return None
    return inbound if r.now - inbound.received_at <= JUST_NOW else None


async def do_chat(request: web.Request, opened: Opened) -> web.Response:
    """Deal with what was written, and lead to the page that shows what is said to it."""
    form = await posted(request)
    words = str(form.get("key") or form.get("words", "")).strip()[:LONGEST]
    if not words:
        return await show_chat(request, opened)
    try:
        async with request.app[RECORD].write(opened.practice_id, opened.actor) as tx:
            await still_alive(tx, opened)
            spoken = await _spoken(tx, opened, words)
            action = await _goes_on(tx, opened)
            lines = await _lines(tx, opened, spoken.answers if spoken else None)
    except Conflict:
        return show(request, opened, "again", {"back": opened.address("chat")}, status=409)
    if not action:  # the link is dead for good, so this is the last it shows
        return _page(request, opened, said=words, lines=lines, keys=(), action="")
    raise web.HTTPSeeOther(f"{action}?{_where(spoken)}")


async def show_unsent(request: web.Request, opened: Opened) -> web.Response:
    """The page once more with the words that could not be sent from it, so that nobody has to type them again."""
    words = str((await posted(request)).get("words", ""))[:LONGEST]
    here = opened.address("chat")
    return _page(request, opened, said="", lines=[], keys=("C", "R", "N"), action=here, unsent=words)


def _where(spoken: Spoken | None) -> str:
    if spoken is None:
        return f"told={CALL}"
    return f"said={spoken.inbound_id}" if spoken.inbound_id else f"told={NOTICE}"


def _page(
    request: web.Request,
    opened: Opened,
    *,
    said: str,
    lines: list[str],
    keys: tuple[str, ...],
    action: str,
    unsent: str = "",
) -> web.Response:
    context = {"said": said, "lines": lines, "keys": keys, "action": action, "longest": LONGEST, "fresh": not lines}
    return show(request, opened, "chat", context | {"unsent": unsent}, status=409 if unsent else 200)


async def _phone(r: Reading, opened: Opened) -> ContactPoint | None:
    """The number the link was sent to; for a mailed one the client's first that is in use."""
    points = [point for point in await people.contact_points(r, opened.client.id) if point.state == "active"]
    phones = [point for point in points if point.kind == "phone"]
    sent_to = [point for point in phones if point.id == opened.link.contact_point_id]
    return next(iter(sent_to or phones), None)


async def _spoken(tx: Tx, opened: Opened, words: str) -> Spoken | None:
    """What is said to the words; None where they are to call instead. Distress and STOP are heard however much came."""
    phone = await _phone(tx, opened)
    if phone is None:
        alarmed = await alarm_without_number(tx, opened.client.id, words)
        return Spoken("alerted", (_NOTICE,)) if alarmed else None
    if not is_pressing(words) and await _too_many(tx, phone):
        return None
    return await speak(tx, words, client_id=opened.client.id, number=phone.value, via=VIA)


async def _too_many(r: Reading, phone: ContactPoint) -> bool:
    return await said_store.heard_by(r, phone.value_ix, VIA, r.now - _HOUR) >= MOST_AN_HOUR


async def _lines(r: Reading, opened: Opened, answers: Sequence[Answer] | None) -> list[str]:
    """What is said, in words; None: they are to call instead."""
    if answers is None:
        return [say(opened.language, "chat.call", phone=opened.practice.office_phone)]
    wordings = await reminders.wordings_in_force(r)
    lines = [
        answer_words(
            opened.practice,
            each.kind,
            each.particulars,
            each.starts_at,
            language=each.language or opened.language,
            zone=opened.zone,
            today=local_day(r.now, opened.zone),
            wordings=wordings,
        )
        for each in answers
    ]
    return lines or [say(opened.language, "chat.noted")]


def _keys(answers: Sequence[Answer]) -> tuple[str, ...]:
    if not answers:
        return ()
    answer = answers[-1]
    if answer.kind in {Kind.TIMES_OFFERED, Kind.TIMES_NEAR}:
        return (*(str(number) for number in range(1, len(answer.particulars.options) + 1)), "R")
    return KEYS.get(answer.kind, ())


async def _goes_on(tx: Tx, opened: Opened) -> str:
    """Where the next words are sent; '' when the link is dead for good. A move makes a new one, as it kills the old."""
    if await links.look_up(tx, opened.token) is not None:
        return opened.address("chat")
    visit = await appointments.visit(tx, opened.link.participation_id or "")
    phone = await _phone(tx, opened)
    moved = visit is not None and visit.is_active and visit.revision != opened.link.revision
    if visit is None or phone is None or not moved:
        return ""
    made = await links.make(
        tx,
        links.Purpose.VISIT,
        client_id=opened.client.id,
        expires_at=visit.starts_at,
        contact_point_id=phone.id,
        participation_id=visit.participation_id,
        revision=visit.revision,
    )
    return f"{links.path_of(made.token)}/chat"


ACTS = {"chat": do_chat}
VIEWS = {"chat": show_chat}
