"""Calls: POST /twilio/{practice_id}/voice/answer, /keys and /status, each with ?m=..&a=.. of the message it is.

Who answers hears who is calling and nothing else until a key is pressed; a machine is told only whom to call back. The
keys are words of the same conversation as texts (bot/conversation/speaking.py): 1 is C, 2 is R, 3 is N, 8 is U; 9 ends
calls to the number. While the record is away a key is kept as a text is (spool.py), and they are told that it is noted.
Invariant: nothing is said or done about a visit that is not as it was when the call was placed.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, TypeVar

from aiohttp import web
from multidict import MultiDictProxy

from bot.conversation.speaking import Spoken, speak
from bot.twilio.call_script import HANG_UP, Said, ask, hang_up_after
from bot.twilio.carrier import ACCOUNT, PATIENCE_SECONDS, RECORD, SIGNATURES, require_ours, taken
from bot.twilio.drain import INBOUND, STATUS
from bot.twilio.status import ID
from bot.twilio.voice_words import spoken
from bot.web import dates
from bot.web.typed import typed_number
from messages import consent
from messages.channels.twilio_calls import ENDINGS
from messages.compose import desk_of, language_of, zone_name_of
from messages.consent import StopSource
from messages.delivery_callback import Callback, record_callback
from messages.inbound import Received, receive
from messages.kinds import Channel, Kind, VisitNeed, traits
from messages.send_row_store import SendRow, send_rows
from scheduler.calendar.wallclock import zone_of
from scheduler.core.actor import Actor, ActorKind, Via
from scheduler.core.errors import Conflict, NotFound
from scheduler.core.log import get_logger
from scheduler.core.record import Reading, Tx
from scheduler.people import store as people
from scheduler.people.store import Practice

log = get_logger(__name__)
_T = TypeVar("_T")

ANSWER_PATH: Final = "/twilio/{practice_id}/voice/answer"
KEYS_PATH: Final = "/twilio/{practice_id}/voice/keys"
ENDED_PATH: Final = "/twilio/{practice_id}/voice/status"
TAKE_BACK: Final = "8"
WORDS_OF_KEYS: Final = {"1": "C", "2": "R", "3": "N", TAKE_BACK: "U"}
END_CALLS: Final = "9"
STOP: Final = "STOP"
MOST_KEYS: Final = 12
_MACHINES: Final = ("machine", "unknown")
_OPENINGS: Final = {
    Kind.REMINDER: "reminder",
    Kind.REMINDER_CONFIRMED: "confirmed_already",
    Kind.BOOKED: "reminder",
    Kind.CLINICIAN_CANCELLED: "called_off",
    Kind.RESCHEDULED_BY_STAFF: "now_at",
}
_ANSWERS: Final = {
    Kind.CONFIRMED: "confirmed",
    Kind.CANCELLED: "cancelled",
    Kind.LATE_CANCELLED: "late_cancelled",
    Kind.MOVED: "moved",
    Kind.OFFER_WON: "moved",
    Kind.UNDONE: "undone",
    Kind.TIMES_NONE: "none",
}
_UNDOABLE: Final = frozenset({Kind.CANCELLED, Kind.LATE_CANCELLED})
_CHOICES: Final = frozenset({Kind.TIMES_OFFERED, Kind.TIMES_NEAR})


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is going on: the message it is, to whom, in which words. `turn` counts the keys so far."""

    practice: Practice
    row: SendRow
    language: str
    zone: str
    sid: str
    turn: int

    def say(self, key: str, instant: datetime | None = None, **more: object) -> Said:
        """Words with the practice's own, and an instant by the client's clock."""
        fields: dict[str, object] = {"label": self.practice.label, "phone": self.practice.office_phone, **more}
        if instant is not None:
            fields |= self.moment(instant)
        return Said(spoken(self.language, key, **fields), self.language)

    def moment(self, instant: datetime) -> dict[str, str]:
        """An instant as it is said."""
        zone, locale = zone_of(self.zone), dates.locale_of(self.language, self.practice.region)
        return {
            "day": dates.long_day(instant.astimezone(zone).date(), locale),
            "time": dates.clock_time(instant, zone, locale),
        }

    def next(self, step: str) -> str:
        """Where the next key is posted."""
        attempt = self.row.attempt
        return f"/twilio/{self.practice.id}/voice/keys?m={self.row.id}&a={attempt}&s={step}&n={self.turn + 1}"


async def answer(request: web.Request) -> web.Response:
    """Somebody, or something, has picked up."""
    fields = await _proven(request)
    try:
        call = await _in_time(_call(request, fields))
    except _Away:
        return _twiml(_in_two_languages("sorry"))
    by = fields.get("AnsweredBy", "human").casefold()
    if call is None or by == "fax":
        return _twiml(HANG_UP)
    if by.startswith(_MACHINES):
        return _twiml(hang_up_after(call.say("voicemail")))
    return _twiml(ask(call.say("greeting"), call.next("hear"), call.say("goodbye")))


async def keys(request: web.Request) -> web.Response:
    """A key was pressed: the message is said, or what it asks for is done, or kept for when the record is back."""
    fields = await _proven(request)
    try:
        return await _in_time(_pressed(request, fields))
    except _Away:
        return _twiml(await _kept(request, fields))


async def _pressed(request: web.Request, fields: MultiDictProxy[str]) -> web.Response:
    call = await _call(request, fields)
    if call is None or call.turn > MOST_KEYS:
        return _twiml(HANG_UP)
    digit, step = fields.get("Digits", "")[:1], request.query.get("s", "")
    if step != "hear" and digit == END_CALLS:  # before all else: it holds whatever became of the visit
        return _twiml(await _end_calls(request, call))
    if not _as_it_was(call.row) and digit != TAKE_BACK:
        return _twiml(hang_up_after(call.say("changed")))
    words = digit if step == "pick" and digit.isdecimal() else WORDS_OF_KEYS.get(digit)
    if step == "hear" or words is None:
        return _twiml(_menu(call))
    return _twiml(await _deal_with(request, call, words))


async def status(request: web.Request) -> web.Response:
    """How the call ended; a message left on a machine has not reached the client yet."""
    fields = await _proven(request)
    word = fields.get("CallStatus", "").casefold()[:40]
    by_machine = fields.get("AnsweredBy", "").casefold().startswith(_MACHINES)
    message_id = request.query.get("m", "")
    callback = Callback(
        message_id=message_id if ID.fullmatch(message_id) else "",
        attempt=typed_number(request.query.get("a", "")) or 0,
        sid=fields.get("CallSid", "")[:64],
        status="sent" if by_machine and word == "completed" else ENDINGS.get(word, word),
    )
    await taken(request, STATUS, asdict(callback), lambda tx: record_callback(tx, callback))
    return web.Response(status=204)


class _Away(Exception):
    """The record does not answer in the time a caller waits."""


async def _in_time(work: Awaitable[_T]) -> _T:
    """What comes of it.

    Raises:
        _Away: the record did not answer; what was under way has changed nothing.
    """
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await work
    except (web.HTTPException, NotFound):
        raise
    except Exception as error:
        log.exception("webhook.record_away", error=type(error).__name__)
        raise _Away from None


async def _kept(request: web.Request, fields: MultiDictProxy[str]) -> str:
    """Keep a key as the word it stands for, to be dealt with and answered by text; else say that we are sorry."""
    digit, step = fields.get("Digits", "")[:1], request.query.get("s", "")
    word = STOP if digit == END_CALLS else WORDS_OF_KEYS.get(digit) if step == "act" else None
    if word is None or not fields.get("To"):
        return _in_two_languages("sorry")
    sid = f"voice:{fields.get('CallSid', '')[:64]}:{typed_number(request.query.get('n', '')) or 0}"
    said = Received(sid=sid[:64], sender=fields.get("To", ""), body=word, via="voice")
    raw = asdict(said)
    del raw["received_at"]
    await taken(request, INBOUND, raw, lambda tx: receive(tx, said))
    return _in_two_languages("kept")


def _in_two_languages(key: str) -> str:
    """Without the record nobody knows whose language it is."""
    return hang_up_after(*(Said(spoken(language, key), language) for language in ("en", "es")))


async def _proven(request: web.Request) -> MultiDictProxy[str]:
    """The fields of a post that is the carrier's.

    Raises:
        web.HTTPForbidden: not the carrier's, or another account's.
    """
    fields = await request.app[SIGNATURES].form_of(request)
    if fields.get("AccountSid") != request.app[ACCOUNT]:
        raise web.HTTPForbidden
    return fields


async def _call(request: web.Request, fields: MultiDictProxy[str]) -> Call | None:
    """The call a post is about; None when its address names none of ours."""
    message_id, attempt = request.query.get("m", ""), typed_number(request.query.get("a", ""))
    practice_id = await require_ours(request)
    if not ID.fullmatch(message_id):
        return None
    async with request.app[RECORD].read(practice_id) as r:
        return await _of_message(r, message_id, attempt, fields, typed_number(request.query.get("n", "")) or 0)


async def _of_message(
    r: Reading, message_id: str, attempt: int | None, fields: MultiDictProxy[str], turn: int
) -> Call | None:
    row = next(iter(await send_rows(r, (message_id,))), None)
    if row is None or row.channel is not Channel.VOICE or row.attempt != attempt or row.kind not in _OPENINGS:
        return None
    practice = await people.practice(r)
    desk = desk_of(practice, {}, "")
    language = language_of(desk, row).partition("_")[0]
    return Call(practice, row, language, zone_name_of(desk, row), fields.get("CallSid", "")[:64], turn)


def _as_it_was(row: SendRow) -> bool:
    """Whether the visit is as it was when the call was placed, and the number may still be spoken to about it."""
    if row.visit is None or row.address is None or row.opted_out or (row.person and not row.person.current):
        return False
    wanted = traits(row.kind).visit is not VisitNeed.GONE
    return row.visit.active == wanted and row.revision in {None, row.visit.revision}


def _menu(call: Call) -> str:
    visit = call.row.visit
    opening = _OPENINGS[call.row.kind]
    if opening == "reminder" and visit is not None and visit.confirmed:
        opening = "confirmed_already"
    said = call.say(opening, visit.starts_at if visit else None)
    menu = call.say("menu_gone" if opening == "called_off" else "menu")
    return ask(Said(f"{said.words} {menu.words}", call.language), call.next("act"), call.say("goodbye"))


async def _end_calls(request: web.Request, call: Call) -> str:
    async with request.app[RECORD].write(call.practice.id, _caller(call)) as tx:
        await consent.stop(tx, call.row.address or "", Channel.VOICE, StopSource.KEYWORD)
    return hang_up_after(call.say("stopped"))


async def _deal_with(request: web.Request, call: Call, words: str) -> str:
    try:
        async with request.app[RECORD].write(call.practice.id, _caller(call)) as tx:
            heard = await _heard(tx, call, words)
    except Conflict:
        return hang_up_after(call.say("goodbye"))
    return _reply(call, heard)


async def _heard(tx: Tx, call: Call, words: str) -> Spoken:
    return await speak(
        tx,
        words,
        client_id=call.row.client_id or "",
        number=call.row.address or "",
        via="voice",
        about=call.row.participation_id,
        key=f"{call.sid}:{call.turn}",
    )


def _caller(call: Call) -> Actor:
    return Actor(ActorKind.CLIENT, call.row.client_id, Via.VOICE)


def _reply(call: Call, heard: Spoken) -> str:
    """What came of it, said in the call."""
    if not heard.answers:
        return hang_up_after(call.say("office"))
    last = heard.answers[-1]
    if last.kind in _CHOICES:
        return _offer(call, last.particulars.options)
    key = _ANSWERS.get(last.kind)
    if key is None:
        return hang_up_after(call.say("office"))
    about = last.particulars.starts_at or last.starts_at
    said = call.say(key, about, hours=last.particulars.late_hours)
    if last.kind in _UNDOABLE:
        return ask(said, call.next("act"), call.say("goodbye"), times=1)
    return hang_up_after(said)


def _offer(call: Call, options: tuple[datetime, ...]) -> str:
    lines = [call.say("option", each, number=number).words for number, each in enumerate(options, start=1)]
    if call.row.visit is not None and call.row.visit.active:
        lines.append(call.say("keep").words)
    return ask(Said(" ".join(lines), call.language), call.next("pick"), call.say("goodbye"))


def _twiml(words: str) -> web.Response:
    return web.Response(text=words, content_type="text/xml", charset="utf-8")


def install_voice(app: web.Application) -> None:
    """Add the steps of a call."""
    app.router.add_post(ANSWER_PATH, answer, name="twilio_voice_answer")
    app.router.add_post(KEYS_PATH, keys, name="twilio_voice_keys")
    app.router.add_post(ENDED_PATH, status, name="twilio_voice_status")
