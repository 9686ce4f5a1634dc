"""WhatsApp on a real line: templates outside the client's 24 hours, free words inside them, texts where it fails."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from bot.sandbox.faults import Faults
from bot.sandbox.inbound import take_in
from messages import consent, whatsapp_store
from messages.gap_repair import GapRepair
from messages.kinds import Channel, Kind, Purpose
from messages.limits import Limits
from messages.opt_out_scope import scope_of
from messages.recipients import every_way, reachable, recipient_for
from messages.settle import Settler
from messages.whatsapp import Terms, content_variables, is_open, to_register
from messages.whatsapp_terms import end_whatsapp, write_by_whatsapp
from scheduler import tables
from scheduler.core.actor import OPERATOR
from scheduler.core.errors import Invalid
from scheduler.core.record import Record
from scheduler.people import store as people
from tests.conversation.line import ACCOUNT, PUBLIC, TOKEN, Exchange, OnTheLine, exchange, open_line
from tests.conversation.scene import local
from tests.rig.clock import ManualClock

SENDER = "+12025552000"
REMINDER = "Lee Office: visit Tue, Mar 10, 12:30 PM. Reply C to confirm, R to change, N if you can't. LINK STOP=opt out"


@pytest.fixture
async def exchanged(record: Record, clock: ManualClock) -> AsyncIterator[Exchange]:
    async with exchange(record, clock) as joined:
        yield joined


@pytest.fixture
async def line(record: Record, clock: ManualClock, exchanged: Exchange) -> OnTheLine:
    opened = await open_line(record, clock, exchanged, SENDER)
    await opened.write_by_whatsapp()
    return opened


async def ana(line: OnTheLine, *, language: str | None = None, visit: bool = True) -> tuple[str, str]:
    """A client who asked for WhatsApp, and her number there; her visit is on Tuesday."""
    client = await line.client(language=language)
    await line.agree_to_whatsapp(client)
    if visit:
        await line.book(client, "03-10 12:30")
    await line.work()
    line.unread(await line.number_of(client))
    return client, f"whatsapp:{await line.number_of(client)}"


async def reminded(line: OnTheLine) -> None:
    """The reminder of three days before leaves, and what becomes of it has been heard."""
    line.clock.advance_to(local("03-07 10:00"))
    await line.work()
    await line.exchange.carrier.idle()
    await line.work()


async def ends(line: OnTheLine) -> list[tuple[str, str, str | None, int | None]]:
    """Kind, channel, reason and error code of what was planned and tried, oldest first."""
    m = tables.message.c
    async with line.record.read(line.practice) as r:
        wanted = select(m.kind, m.channel, m.reason, m.error_code).where(m.state != "pending", m.kind == "reminder")
        return [tuple(row) for row in await r.conn.execute(wanted.order_by(m.id))]


async def test_a_reminder_is_an_approved_template_filled_with_times_and_a_link(line: OnTheLine) -> None:
    client, chat = await ana(line)
    await reminded(line)
    assert line.unread(chat) == [REMINDER]
    assert line.unread(await line.number_of(client)) == []
    (entry,) = line.exchange.carrier.ledger.find(to=chat)
    assert entry.params["ContentSid"].startswith("HX")
    assert "Body" not in entry.params
    assert set(entry.params) == {
        "To", "From", "ContentSid", "ContentVariables", "ValidityPeriod", "StatusCallback",
    }  # fmt: skip
    assert '"1": "Tue, Mar 10", "2": "12:30 PM"' in entry.params["ContentVariables"]


async def test_what_she_answers_there_is_the_same_conversation_and_answered_there(line: OnTheLine) -> None:
    client, chat = await ana(line)
    await reminded(line)
    line.unread(chat)
    await line.text(chat, "C")
    assert line.unread(chat) == ["Lee Office: confirmed, Tue, Mar 10, 12:30 PM. See you then."]
    await line.text(chat, "actually can we do 4 instead?")
    (offered,) = line.unread(chat)
    assert offered.startswith("Lee Office: Tue, Mar 10, 4:00 PM is free.")
    await line.text(chat, "1")
    assert line.unread(chat)[0].startswith("Lee Office: moved to Tue, Mar 10, 4:00 PM")
    assert await line.upcoming(client) == ["03-10 16:00 confirmed"]
    assert line.unread(await line.number_of(client)) == []


async def test_within_a_day_of_her_own_message_words_are_free(line: OnTheLine) -> None:
    _, chat = await ana(line)
    line.clock.advance_to(local("03-06 18:00"))
    await line.text(chat, "thanks!")
    await reminded(line)
    assert line.unread(chat) == [REMINDER]
    (entry,) = line.exchange.carrier.ledger.find(to=chat)
    assert "ContentSid" not in entry.params
    assert entry.params["Body"].startswith("Lee Office: visit")


async def test_without_a_template_in_her_language_it_goes_by_text(line: OnTheLine) -> None:
    client, chat = await ana(line, language="vi")
    await reminded(line)
    assert line.unread(chat) == []
    (text,) = line.unread(await line.number_of(client))
    assert text.startswith("Lee Office: lich hen T3 10/3, 12:30.")
    assert await ends(line) == [("reminder", "whatsapp", "no_template", None), ("reminder", "sms", None, None)]


async def test_free_words_out_of_time_are_refused_by_the_carrier_and_go_by_text(line: OnTheLine) -> None:
    """The window is the carrier's to judge: its clock may differ from ours."""
    client, chat = await ana(line)
    line.clock.advance_to(local("03-06 18:00"))
    await line.text(chat, "thanks!")
    for text in line.exchange.carrier.texts.newest(sender=chat):
        text.created_at -= timedelta(hours=24)  # by its clock she wrote longer ago
    await reminded(line)
    assert line.unread(chat) == []
    assert line.unread(await line.number_of(client)) == [REMINDER]
    assert [(channel, code) for _, channel, _, code in await ends(line)] == [("whatsapp", 63016), ("sms", None)]


@pytest.mark.parametrize(
    ("code", "agreed", "stopped"), [(63003, False, False), (63014, True, True), (63032, True, False)]
)
async def test_who_is_not_there_or_blocks_us_gets_texts_and_the_number_stays_good(
    line: OnTheLine, code: int, agreed: bool, stopped: bool
) -> None:
    client, chat = await ana(line)
    line.exchange.carrier.set_faults(Faults(undelivered_numbers={chat: code}))
    await reminded(line)
    assert line.unread(await line.number_of(client)) == [REMINDER]
    async with line.record.read(line.practice) as r:
        (point,) = await people.contact_points(r, client)
        given = await people.consents(r, [point.id])
        assert point.state == "active"
        assert given[point.id, "whatsapp", "reminders"].granted is agreed
        assert await consent.is_stopped(r, point.value_ix, Channel.WHATSAPP) is stopped
        assert not await consent.is_stopped(r, point.value_ix, Channel.SMS)


async def test_where_nobody_agreed_to_texts_a_person_is_asked(line: OnTheLine) -> None:
    client = await line.client(reminders=False, waitlist=False, language="vi")
    await line.agree_to_whatsapp(client)
    await line.book(client, "03-10 12:30")
    await reminded(line)
    assert ("undeliverable", False) in await line.tasks()
    assert line.unread(await line.number_of(client)) == []


async def test_a_stop_there_ends_all_texts_is_confirmed_once_and_start_takes_it_back(line: OnTheLine) -> None:
    client, chat = await ana(line)
    await line.text(chat, "STOP")
    assert line.unread(chat) == [
        "Lee Office: you will get no more texts from us. Reply START to get them again. Questions: 555-555-0100"
    ]
    await reminded(line)
    assert line.unread(chat) == line.unread(await line.number_of(client)) == []
    async with line.record.read(line.practice) as r:
        (point,) = await people.contact_points(r, client)
        assert [await consent.is_stopped(r, point.value_ix, way) for way in (Channel.WHATSAPP, Channel.SMS)] == [
            True
        ] * 2
        assert not await consent.is_stopped(r, point.value_ix, Channel.VOICE)
    await line.text(chat, "START")
    assert line.unread(chat)[0].startswith("Lee Office: texts are on again")
    async with line.record.read(line.practice) as r:
        # What it had ended beside itself comes back with it (opt_out_scope.py).
        assert list((await reachable(r, (client,), Purpose.REMINDERS))[client]) == [Channel.WHATSAPP, Channel.SMS]


async def test_a_stop_by_text_ends_whatsapp_too(line: OnTheLine) -> None:
    client, chat = await ana(line)
    await line.text(await line.number_of(client), "stop")
    line.unread(await line.number_of(client))
    await reminded(line)
    assert line.unread(chat) == line.unread(await line.number_of(client)) == []


@pytest.mark.parametrize(("minute", "calls_end"), [(59, False), (60, True)])
async def test_from_the_day_of_the_rule_on_one_stop_ends_calls_too(
    line: OnTheLine, clock: ManualClock, minute: int, calls_end: bool
) -> None:
    """The day is the practice's: 2027-01-31 begins at five in the morning of Greenwich."""
    client = await line.client()
    clock.jump(datetime(2027, 1, 31, 4, tzinfo=UTC) + timedelta(minutes=minute) - clock.now())
    await line.text(await line.number_of(client), "stop")
    async with line.record.read(line.practice) as r:
        (point,) = await people.contact_points(r, client)
        stopped = {way for way in Channel if await consent.is_stopped(r, point.value_ix, way)}
    assert stopped == {Channel.SMS, Channel.WHATSAPP} | ({Channel.VOICE} if calls_end else set())
    confirmations = [text for text in line.unread(await line.number_of(client)) if "no more texts" in text]
    assert len(confirmations) <= 1


async def test_distress_there_is_answered_there_and_alerts(line: OnTheLine) -> None:
    _, chat = await ana(line)
    await line.text(chat, "i want to die")
    (notice,) = line.unread(chat)
    assert "988" in notice
    assert ("crisis", True) in await line.tasks()


async def test_it_is_off_until_the_practice_says_that_it_knows(record: Record, clock: ManualClock) -> None:
    async with exchange(record, clock) as exchanged:
        line = await open_line(record, clock, exchanged, SENDER)
        client = await line.client()
        await line.agree_to_whatsapp(client)
        await line.book(client, "03-10 12:30")
        async with record.write(line.practice, OPERATOR) as tx:
            with pytest.raises(Invalid, match="risk_not_known"):
                await write_by_whatsapp(tx, SENDER, {}, knows_the_risk=False)
        await line.work()
        line.unread(await line.number_of(client))
        await reminded(line)
        assert line.unread(await line.number_of(client)) == [REMINDER]
        # What comes in all the same is heard, and answered by text.
        await line.text(f"whatsapp:{await line.number_of(client)}", "C")
        assert line.unread(await line.number_of(client))[0].startswith("Lee Office: confirmed")


async def test_switched_off_what_waits_goes_by_text(line: OnTheLine) -> None:
    client, chat = await ana(line)
    async with line.record.write(line.practice, OPERATOR) as tx:
        assert await end_whatsapp(tx)
        assert not await end_whatsapp(tx)
    await reminded(line)
    assert line.unread(chat) == []
    assert line.unread(await line.number_of(client)) == [REMINDER]


async def test_offers_never_go_there(line: OnTheLine) -> None:
    client, _ = await ana(line)
    async with line.record.write(line.practice, OPERATOR) as tx:
        (point,) = await people.contact_points(tx, client)
        await consent.grant(tx, point.id, Channel.WHATSAPP, "waitlist", wording="test", how="form")
        assert await recipient_for(tx, client, Channel.WHATSAPP, Purpose.WAITLIST) is None
        assert [way for way, _ in await every_way(tx, client, Purpose.WAITLIST)] == [Channel.SMS]


async def test_what_came_while_nobody_listened_is_fetched_as_a_chat(line: OnTheLine) -> None:
    client, chat = await ana(line)
    take_in(line.exchange.carrier, phone=chat, to=f"whatsapp:{SENDER}", body="N")  # its webhook was lost
    ways = line.exchange.ways()
    repair = GapRepair(line.record, ways[Channel.SMS], ways[Channel.WHATSAPP])
    assert (await repair.run(line.practice), await repair.run(line.practice)) == (1, 0)
    await line.work()
    assert await line.upcoming(client) == []
    assert line.unread(chat)[0].startswith("Lee Office: thank you for telling us.")


async def test_a_button_counts_as_what_it_sends_and_a_name_is_not_kept(line: OnTheLine) -> None:
    client, chat = await ana(line)
    path = f"/twilio/{line.practice}/inbound"
    fields = {
        "MessageSid": "SM" + "b" * 32, "AccountSid": ACCOUNT, "From": chat, "To": f"whatsapp:{SENDER}", "NumMedia": "0",
        "Body": "I will be there", "ButtonText": "I will be there", "ButtonPayload": "C", "ProfileName": "Ana Ruiz",
    }  # fmt: skip
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + path, fields)
    url = f"http://127.0.0.1:{line.exchange.service.port}{path}"
    async with line.exchange.session.post(url, data=fields, headers={"X-Twilio-Signature": signature}) as answer:
        assert answer.status == 200
    await line.work()
    assert await line.upcoming(client) == ["03-10 12:30 confirmed"]


@pytest.mark.parametrize("told", [True, False])
async def test_a_doubt_is_settled_by_a_callback_or_a_person_and_never_sent_again(line: OnTheLine, told: bool) -> None:
    client, chat = await ana(line)
    faults = Faults(error_after=1.0) if told else Faults(error_after=1.0, callback_lost=1.0)
    line.exchange.carrier.set_faults(faults)
    await reminded(line)
    settler = Settler(line.record, line.exchange.ways(), Limits())
    for _ in range(3):
        line.clock.advance(timedelta(minutes=2))
        await settler.run(line.practice)
        await line.work()
    assert len(list(line.exchange.carrier.ledger.find(to=chat))) == 1
    assert line.unread(await line.number_of(client)) == []
    m = tables.message.c
    async with line.record.read(line.practice) as r:
        (state,) = (
            await r.conn.execute(select(m.state).where(m.channel == "whatsapp", m.state != "pending"))
        ).scalars()
    assert state == ("sent" if told else "failed")
    assert (("undeliverable", False) in await line.tasks()) is not told


async def test_the_terms_are_read_back_as_they_were_put(line: OnTheLine) -> None:
    terms = Terms("+12025550188", {(Kind.REMINDER, "es"): "HX" + "a" * 32})
    async with line.record.write(line.practice, OPERATOR) as tx:
        await whatsapp_store.put(tx, terms)
        assert await whatsapp_store.terms(tx) == terms
        with pytest.raises(Invalid, match="template_unknown"):
            await write_by_whatsapp(tx, SENDER, {(Kind.REMINDER, "en"): "SM1"}, knows_the_risk=True)
        with pytest.raises(Invalid, match="template_unknown"):
            await write_by_whatsapp(tx, SENDER, {(Kind.OFFER, "en"): "HX" + "a" * 32}, knows_the_risk=True)


def test_the_window_and_the_variables() -> None:
    now = local("03-04 10:00")
    assert is_open(now - timedelta(hours=23, minutes=59), now)
    assert not is_open(now - timedelta(hours=24), now)
    assert not is_open(None, now)
    assert content_variables(("Tue, Mar 10", "12:30")) == '{"1": "Tue, Mar 10", "2": "12:30"}'
    words = to_register(
        Kind.REMINDER, "{label}: {date} at {time}. {link} Or {office_phone}.", label="Lee", office_phone="5"
    )
    assert words == "Lee: {{1}} at {{2}}. {{3}} Or 5."


@pytest.mark.parametrize(
    ("heard", "day", "country", "ends"),
    [
        (Channel.SMS, "2026-11-22", "US", {Channel.SMS, Channel.WHATSAPP}),
        (Channel.SMS, "2027-01-30", "US", {Channel.SMS, Channel.WHATSAPP}),
        (Channel.SMS, "2027-01-31", "US", {Channel.SMS, Channel.WHATSAPP, Channel.VOICE}),
        (Channel.VOICE, "2027-01-30", "US", {Channel.VOICE}),
        (Channel.VOICE, "2027-01-31", "US", {Channel.SMS, Channel.WHATSAPP, Channel.VOICE}),
        (Channel.SMS, "2027-01-31", "CA", {Channel.SMS, Channel.WHATSAPP}),
        (Channel.EMAIL, "2027-06-01", "US", {Channel.EMAIL}),
    ],
)
def test_what_a_stop_ends_by_the_day_it_is_said(heard: Channel, day: str, country: str, ends: set[Channel]) -> None:
    found = scope_of(heard, local(day[5:]).replace(year=int(day[:4])).date(), country)
    assert found.ends == ends
    assert found.purposes == {Purpose.REMINDERS, Purpose.WAITLIST}
