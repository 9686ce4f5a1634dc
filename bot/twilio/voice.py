"""Calls: POST /twilio/{practice_id}/voice/answer, /keys and /status, each with ?m=..&a=.. of the message it is.

Who answers hears who is calling and nothing else until a key is pressed; a machine is told only whom to call back. The
keys are words of the same conversation as texts (bot/conversation/speaking.py): 1 is C, 2 is R, 3 is N, 8 is U; 9 ends
calls to the number. Invariant: nothing is said or done about a visit that is not as it was when the call was placed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import web
from multidict import MultiDictProxy

from bot.conversation.speaking import Spoken, speak
from bot.twilio.call_script import HANG_UP, Said, ask, hang_up_after
from bot.twilio.carrier import ACCOUNT, RECORD, SIGNATURES, require_ours
from bot.twilio.status import ID
from bot.twilio.voice_words import spoken
from bot.web import dates
from bot.web.typed import typed_number
from messages import consent, send_store
from messages.channels.twilio_calls import ENDINGS
from messages.compose import desk_of, language_of, zone_name_of
from messages.consent import StopSource
from messages.delivery_callback import Callback, record_callback
from messages.kinds import Channel, Kind, VisitNeed, traits
from messages.send_store import SendRow
from scheduler.calendar.wallclock import zone_of
from scheduler.core.actor import CARRIER, Actor, ActorKind, Via
from scheduler.core.errors import Conflict
from scheduler.core.record import Reading, Tx
from scheduler.people import store as people
from scheduler.people.store import Practice

ANSWER_PATH: Final = "/twilio/{practice_id}/voice/answer"
KEYS_PATH: Final = "/twilio/{practice_id}/voice/keys"
STATUS_PATH: Final = "/twilio/{practice_id}/voice/status"
TAKE_BACK: Final = "8"
WORDS_OF_KEYS: Final = {"1": "C", "2": "R", "3": "N", TAKE_BACK: "U"}
END_CALLS: Final = "9"
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
        zone, locale = zone_of(self.zone), f"{self.language}_{self.practice.region}"
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
    call = await _call(request, fields)
    by = fields.get("AnsweredBy", "human").casefold()
    if call is None or by == "fax":
        return _twiml(HANG_UP)
    if by.startswith(_MACHINES):
        return _twiml(hang_up_after(call.say("voicemail")))
    return _twiml(ask(call.say("greeting"), call.next("hear"), call.say("goodbye")))


async def keys(request: web.Request) -> web.Response:
    """A key was pressed: the message is said, or what it asks for is done."""
    fields = await _proven(request)
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
    practice_id = await require_ours(request)
    async with request.app[RECORD].write(practice_id, CARRIER) as tx:
        await record_callback(tx, callback)
    return web.Response(status=204)


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
    row = next(iter(await send_store.send_rows(r, (message_id,))), None)
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
    return Actor(ActorKind.CLIENT, call.row.client_id, Via.SMS)


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
    app.router.add_post(STATUS_PATH, status, name="twilio_voice_status")
