"""Calls on a real line: the local carrier rings, a person or a machine answers, keys are pressed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from bot.sandbox import calls
from bot.sandbox.call import Call
from messages import consent
from messages.consent import grant
from messages.kinds import Channel, Kind, Purpose
from messages.outbox import Draft, enqueue
from messages.recipients import recipient_for
from scheduler import tables
from scheduler.actions.cancel import cancel
from scheduler.appointments import store as appointments
from scheduler.core.actor import OPERATOR
from scheduler.core.record import Record
from scheduler.people import store as people
from tests.conversation.line import ACCOUNT, PUBLIC, TOKEN, Exchange, OnTheLine, exchange, open_line
from tests.conversation.scene import FRONT, local
from tests.rig.clock import ManualClock

SENDER = "+12025552000"


@dataclass
class Ringing:
    """Somebody who agreed to calls, their visit, and the call about it."""

    line: OnTheLine
    client: str
    number: str
    visit: str

    @property
    def call(self) -> Call:
        return list(self.line.exchange.carrier.calls.values())[-1]

    @property
    def heard(self) -> list[str]:
        """What was said to them, in order, once."""
        return list(dict.fromkeys(words for who, words in self.call.heard if who == "practice"))

    async def answers(self, by: str = "human") -> list[str]:
        await calls.answer(self.line.exchange.carrier, self.call, by=by)
        return self.heard

    async def presses(self, *digits: str) -> str:
        """The last thing said after these keys."""
        for digit in digits:
            await calls.press(self.line.exchange.carrier, self.call, digit)
        await self.line.work()
        return self.heard[-1]

    async def message(self, kind: Kind = Kind.REMINDER) -> tuple[str, str | None]:
        """State and carrier's word of the newest call."""
        m = tables.message.c
        async with self.line.record.read(self.line.practice) as r:
            wanted = select(m.state, m.provider_status).where(m.channel == "voice", m.kind == kind.value)
            return tuple((await r.conn.execute(wanted.order_by(m.created_at.desc()))).first())


async def ring(
    line: OnTheLine, *, when: str = "03-10 12:30", language: str | None = None, email: bool = False
) -> Ringing:
    client = await line.client(language=language)
    number = await line.number_of(client)
    visit = await line.book(client, when)
    async with line.record.write(line.practice, OPERATOR) as tx:
        (point,) = await people.contact_points(tx, client)
        await grant(tx, point.id, Channel.VOICE, "reminders", wording="test", how="form")
        found = await appointments.visit(tx, visit)
        to = await recipient_for(tx, client, Channel.VOICE, Purpose.REMINDERS)
        assert to is not None
        draft = Draft(
            kind=Kind.REMINDER,
            channel=Channel.VOICE,
            to=to.id,
            dedupe=f"call:{visit}",
            participation_id=visit,
            revision=found.revision,
        )
        assert await enqueue(tx, draft)
    await line.work()
    return Ringing(line, client, number, visit)


@pytest.fixture
async def exchanged(record: Record) -> AsyncIterator[Exchange]:
    async with exchange(record) as joined:
        yield joined


@pytest.fixture
async def line(record: Record, clock: ManualClock, exchanged: Exchange) -> OnTheLine:
    return await open_line(record, clock, exchanged, SENDER)


async def test_nothing_is_told_before_a_key_is_pressed(line: OnTheLine) -> None:
    ringing = await ring(line)
    assert ringing.call.status == "ringing"
    assert await ringing.message() == ("sent", "queued")
    assert await ringing.answers() == [
        "Hello. This is a call from Lee Office. To hear your message, please press any key.",
    ]


async def test_one_confirms(line: OnTheLine) -> None:
    ringing = await ring(line)
    await ringing.answers()
    menu = await ringing.presses("5")
    assert menu.startswith("You are expected on Tuesday, March 10, at 12:30")
    assert "press 3" in menu
    assert (await ringing.presses("1")).startswith("Thank you. Tuesday, March 10, at 12:30")
    assert await line.upcoming(ringing.client) == ["03-10 12:30 confirmed"]
    assert ringing.call.status == "completed"
    assert await ringing.message() == ("sent", "delivered")
    assert all("Lee Office: confirmed" not in text for text in line.unread(ringing.number))


async def test_three_cancels_is_told_by_text_too_and_eight_takes_it_back(line: OnTheLine) -> None:
    ringing = await ring(line)
    await ringing.answers()
    line.unread(ringing.number)
    said = await ringing.presses("1", "3")
    assert said.startswith("Thank you for telling us. Tuesday, March 10, at 12:30")
    assert await line.upcoming(ringing.client) == []
    (text,) = line.unread(ringing.number)
    assert text.startswith("Lee Office: thank you for telling us. Tue, Mar 10, 12:30 PM is cancelled.")
    assert (await ringing.presses("8")).startswith("It is taken back.")
    assert await line.upcoming(ringing.client) == ["03-10 12:30 booked"]


async def test_two_offers_real_times_by_key(line: OnTheLine) -> None:
    ringing = await ring(line)
    await ringing.answers()
    offered = await ringing.presses("1", "2")
    assert offered.count("press") == 3
    assert offered.endswith("To keep what you have, just hang up.")
    assert (await ringing.presses("2")).startswith("You are now expected on Monday, March 9, at 12:30")
    assert await line.upcoming(ringing.client) == ["03-09 12:30 confirmed"]


async def test_nine_ends_calls_and_leaves_texts(line: OnTheLine) -> None:
    ringing = await ring(line)
    await ringing.answers()
    assert await ringing.presses("1", "9") == "We will not call this number again. Goodbye."
    async with line.record.read(line.practice) as r:
        (point,) = await people.contact_points(r, ringing.client)
        assert await consent.is_stopped(r, point.value_ix, Channel.VOICE)
        assert not await consent.is_stopped(r, point.value_ix, Channel.SMS)
        assert await recipient_for(r, ringing.client, Channel.VOICE, Purpose.REMINDERS) is None


@pytest.mark.parametrize("by", ["machine_end_beep", "machine_start", "unknown"])
async def test_a_machine_is_told_only_whom_to_call_back(line: OnTheLine, by: str) -> None:
    ringing = await ring(line)
    assert await ringing.answers(by) == ["Hello. This is Lee Office. Please call us back at 555-555-0100. Thank you."]
    assert ringing.call.status == "completed"
    assert await ringing.message() == ("sent", "sent")  # left a message, reached nobody yet


async def test_a_fax_hears_nothing(line: OnTheLine) -> None:
    assert await (await ring(line)).answers("fax") == []


async def test_who_declines_is_reached_another_way(line: OnTheLine) -> None:
    ringing = await ring(line)
    line.unread(ringing.number)
    await calls.end(line.exchange.carrier, ringing.call, "no-answer")
    await line.work()
    assert await ringing.message() == ("failed", "undelivered")
    (text,) = line.unread(ringing.number)
    assert text.startswith("Lee Office: visit Tue, Mar 10, 12:30 PM.")


async def test_a_visit_that_changed_meanwhile_is_not_spoken_of(line: OnTheLine) -> None:
    ringing = await ring(line)
    await ringing.answers()
    async with line.record.write(line.practice, FRONT) as tx:
        await cancel(tx, ringing.visit, by="practice", told=False)
    assert await ringing.presses("1") == "This has changed since we called. Please call 555-555-0100."


async def test_in_spanish(line: OnTheLine) -> None:
    ringing = await ring(line, language="es")
    assert (await ringing.answers())[0].startswith("Hola. Le llamamos de Lee Office.")
    assert (await ringing.presses("1")).startswith("Le esperamos el martes, 10 de marzo")
    assert (await ringing.presses("1")).startswith("Gracias. martes, 10 de marzo")


async def test_a_key_the_carrier_posts_twice_counts_once(line: OnTheLine) -> None:
    ringing = await ring(line)
    await ringing.answers()
    await ringing.presses("1")
    action = ringing.call.gather
    await ringing.presses("3")
    await line.text(ringing.number, "U")
    line.clock.advance(60)
    fields = {"CallSid": ringing.call.sid, "AccountSid": ACCOUNT, "Digits": "3"}
    path = action.removeprefix(PUBLIC)
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + path, fields)
    url = f"http://127.0.0.1:{line.exchange.service.port}{path}"
    async with line.exchange.session.post(url, data=fields, headers={"X-Twilio-Signature": signature}) as answer:
        assert answer.status == 200
        assert "Goodbye" in await answer.text()
    assert await line.upcoming(ringing.client) == ["03-10 12:30 booked"]


@pytest.mark.parametrize("step", ["answer", "keys", "status"])
async def test_a_forged_step_does_nothing(line: OnTheLine, step: str) -> None:
    ringing = await ring(line)
    url = f"http://127.0.0.1:{line.exchange.service.port}/twilio/{line.practice}/voice/{step}?m=x&a=1"
    async with line.exchange.session.post(url, data={"Digits": "3", "AccountSid": ACCOUNT}) as answer:
        assert answer.status == 403
    assert await line.upcoming(ringing.client) == ["03-10 12:30 booked"]


async def test_a_call_about_nothing_of_ours_is_hung_up(line: OnTheLine) -> None:
    await ring(line)
    path = f"/twilio/{line.practice}/voice/answer?m={'a' * 32}&a=1"
    fields = {"CallSid": "CA1", "AccountSid": ACCOUNT}
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + path, fields)
    url = f"http://127.0.0.1:{line.exchange.service.port}{path}"
    async with line.exchange.session.post(url, data=fields, headers={"X-Twilio-Signature": signature}) as answer:
        assert (answer.status, await answer.text()) == (
            200,
            '<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>',
        )


async def test_calls_keep_to_the_send_window(line: OnTheLine) -> None:
    line.clock.advance_to(local("03-04 21:00"))
    client = await line.client()
    async with line.record.write(line.practice, OPERATOR) as tx:
        (point,) = await people.contact_points(tx, client)
        await grant(tx, point.id, Channel.VOICE, "reminders", wording="test", how="form")
    visit = await line.book(client, "03-06 12:30")
    async with line.record.write(line.practice, OPERATOR) as tx:
        draft = Draft(
            kind=Kind.REMINDER, channel=Channel.VOICE, to=point.id, dedupe="night", participation_id=visit, revision=1
        )
        await enqueue(tx, draft)
    await line.work()
    assert not line.exchange.carrier.calls
