"""Writing to the office on the page behind a link: the same conversation as by text, answered on the page.

Nothing earlier is shown: whoever holds the link sees what they wrote just now and what is said to it. What takes a
visit away or moves it is told to the number on file as well, with its undo. Invariant: the page speaks for the link's
client alone, and only as long as the link lives.
"""

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
from messages import links
from messages.aloud import answer_words
from messages.inbound import is_pressing
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
    Kind.NEXT_VISIT: ("C", "R", "N"),
    Kind.KEPT: ("R", "N"),
    Kind.UNSURE: ("L", "N"),
    Kind.WISH_FREE: ("1", "2"),
}
"""Letters that answer what was said last, as buttons."""


_NOTICE: Final = Answer(Kind.CRISIS_NOTICE, NO_PARTICULARS, None)


async def show_chat(request: web.Request, opened: Opened) -> web.Response:
    """An empty page to write on."""
    return _page(request, opened, said="", lines=[], keys=("C", "R", "N"), action=opened.address("chat"))


async def do_chat(request: web.Request, opened: Opened) -> web.Response:
    """Deal with what was written, and show what is said to it."""
    form = await posted(request)
    words = str(form.get("key") or form.get("words", "")).strip()[:LONGEST]
    if not words:
        return await show_chat(request, opened)
    try:
        async with request.app[RECORD].write(opened.practice_id, opened.actor) as tx:
            await still_alive(tx, opened)
            spoken = await _spoken(tx, opened, words)
            lines = await _lines(tx, opened, spoken)
            action = await _goes_on(tx, opened)
    except Conflict:
        return show(request, opened, "again", {"back": opened.address("chat")}, status=409)
    keys = _keys(spoken.answers[-1]) if spoken and spoken.answers else ()
    return _page(request, opened, said=words, lines=lines, keys=keys, action=action)


def _page(
    request: web.Request, opened: Opened, *, said: str, lines: list[str], keys: tuple[str, ...], action: str
) -> web.Response:
    context = {"said": said, "lines": lines, "keys": keys, "action": action, "longest": LONGEST}
    return show(request, opened, "chat", context)


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


async def _lines(tx: Tx, opened: Opened, spoken: Spoken | None) -> list[str]:
    if spoken is None:
        return [say(opened.language, "chat.call", phone=opened.practice.office_phone)]
    wordings = await reminders.wordings_in_force(tx)
    lines = [
        answer_words(
            opened.practice,
            each.kind,
            each.particulars,
            each.starts_at,
            language=each.language or opened.language,
            zone=opened.zone,
            today=local_day(tx.now, opened.zone),
            wordings=wordings,
        )
        for each in spoken.answers
    ]
    return lines or [say(opened.language, "chat.noted")]


def _keys(answer: Answer) -> tuple[str, ...]:
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
