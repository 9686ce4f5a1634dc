"""Texts from phones: the webhook, keywords, TwiML, giving up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.base.exceptions import TwilioRestException

from bot.sandbox.keywords import HELP_REPLY, START_REPLY, STOP_REPLY, STOP_WORDS, keyword
from bot.sandbox.twiml import Reply, read_answer
from bot.sandbox.webhooks import Limits, limits_of
from tests.sandbox.conftest import ANA, BEN, OFFICE, SID

pytestmark = pytest.mark.asyncio


def shown(line, phone=ANA):
    """Bodies on a phone, oldest first."""
    return [text.body for text in line.carrier.texts.with_phone(phone)][::-1]


async def test_a_reply_reaches_the_practice_with_twilios_fields(line):
    answer = await line.reply("C please")
    [posted] = line.practice.inbound
    assert posted.fields["MessageSid"] == posted["SmsSid"] == posted["SmsMessageSid"] == answer["sid"]
    assert (posted["From"], posted["To"], posted["Body"]) == (ANA, OFFICE, "C please")
    assert (posted["NumMedia"], posted["NumSegments"], posted["AccountSid"]) == ("0", "1", SID)
    assert (posted["ApiVersion"], posted["SmsStatus"]) == ("2010-04-01", "received")
    assert posted.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
    assert len(posted.headers["I-Twilio-Idempotency-Token"]) == 36
    assert answer["received"]["status"] == 200
    assert answer["received"]["answered_at"] >= answer["received"]["posted_at"]


async def test_inbound_texts_are_in_the_list_for_whoever_missed_them(line):
    await line.reply("C")
    [found] = await line.twilio.messages.list_async(to=OFFICE)
    assert (found.direction, found.status, found.from_, found.body) == ("inbound", "received", ANA, "C")
    assert found.date_sent is not None
    await line.twilio.messages(found.sid).update_async(body="")
    assert (await line.twilio.messages(found.sid).fetch_async()).body == ""


async def test_an_empty_response_sends_nothing_and_a_message_is_delivered(line):
    await line.reply("hello")
    assert shown(line) == ["hello"]
    line.practice.will_answer(text="<Response><Message>See you &amp; thanks</Message></Response>")
    await line.reply("C")
    await line.carrier.idle()
    assert shown(line) == ["hello", "C", "See you & thanks"]
    [entry] = line.carrier.ledger.find()
    assert (entry.answer, entry.params["To"], entry.params["From"]) == ("twiml", ANA, OFFICE)
    [found] = await line.twilio.messages.list_async(to=ANA)
    assert found.direction == "outbound-reply"


async def test_nonsense_from_the_webhook_is_an_alert_not_a_text(line):
    line.practice.will_answer(text="<Response><Message>unclosed")
    line.practice.will_answer(text="{}", content_type="application/json")
    line.practice.will_answer(text="<!DOCTYPE x [<!ENTITY a 'b'>]><Response/>")
    for body in ("a", "b", "c"):
        await line.reply(body)
    assert [alert.code for alert in line.carrier.alerts] == [12100, 12300, 12100]
    assert shown(line) == ["a", "b", "c"]


async def test_read_answer_knows_the_shapes_of_twiml():
    assert read_answer("text/xml", " ").replies == ()
    assert read_answer("text/plain; charset=utf-8", "hi").replies == (Reply("hi"),)
    nested = "<Response><Message to='+1' from='+2' statusCallback='http://x'><Body>hi</Body></Message></Response>"
    assert read_answer("application/xml", nested).replies == (Reply("hi", "+1", "+2", "http://x"),)
    two = "<?xml version='1.0'?><Response><Message>a</Message><Message>b</Message></Response>"
    assert [reply.body for reply in read_answer("text/xml", two).replies] == ["a", "b"]
    assert read_answer("text/xml", "<Other/>").error_code == 12100


@pytest.mark.parametrize("word", [*sorted(STOP_WORDS), "stop", " Stop \n", "oPtOuT"])
async def test_stop_words_block_the_pair_and_are_passed_on(line, word):
    await line.reply(word)
    assert shown(line) == [word, STOP_REPLY]
    assert line.practice.inbound[0]["Body"] == word
    assert "OptOutType" not in line.practice.inbound[0].fields
    with pytest.raises(TwilioRestException) as caught:
        await line.text(ANA)
    assert (caught.value.status, caught.value.code) == (400, 21610)
    assert len(line.carrier.ledger) == 0
    await line.text(BEN)


@pytest.mark.parametrize("words", ["stop please", "STOP.", "please stop", "unsubscribe me", "C", ""])
async def test_other_words_block_nothing(line, words):
    await line.reply(words)
    await line.text(ANA)
    assert keyword(words) is None


@pytest.mark.parametrize("word", ["START", "yes", "Unstop"])
async def test_start_words_take_the_block_away(line, word):
    await line.reply("STOP")
    await line.reply("STOP")
    await line.reply(word)
    assert shown(line) == ["STOP", STOP_REPLY, "STOP", word, START_REPLY]
    await line.text(ANA)


async def test_a_yes_from_someone_who_never_left_is_only_passed_on(line):
    await line.reply("YES")
    assert shown(line) == ["YES"]
    assert [one["Body"] for one in line.practice.inbound] == ["YES"]


async def test_help_is_answered(line):
    await line.reply("info")
    assert shown(line) == ["info", HELP_REPLY]


async def test_the_carriers_own_replies_are_in_no_list(line):
    await line.reply("STOP")
    assert [one.body for one in await line.twilio.messages.list_async()] == ["STOP"]


async def test_with_advanced_opt_out_the_webhook_learns_the_type(open_line):
    line = await open_line(opt_out_handling="advanced", sender={"messaging_service_sid": "MGone"})
    for word in ("stop", "start", "help", "C"):
        await line.reply(word)
    types = [one.fields.get("OptOutType") for one in line.practice.inbound]
    assert types == ["STOP", "START", "HELP", None]
    assert {one["MessagingServiceSid"] for one in line.practice.inbound} == {"MGone"}


async def test_a_service_is_blocked_whole(open_line):
    line = await open_line(sender={"messaging_service_sid": "MGone"})
    await line.reply("STOP")
    with pytest.raises(TwilioRestException) as caught:
        await line.twilio.messages.create_async(to=ANA, messaging_service_sid="MGone", body="hello")
    assert caught.value.code == 21610


async def test_when_the_practice_handles_stop_the_carrier_keeps_out_of_it(open_line):
    line = await open_line(opt_out_handling="off")
    await line.reply("STOP")
    assert shown(line) == ["STOP"]
    await line.text(ANA)


async def test_a_twiml_reply_to_a_blocked_phone_is_refused(line):
    line.practice.will_answer(text="<Response><Message>ok, stopped</Message></Response>")
    await line.reply("STOP")
    assert shown(line) == ["STOP", STOP_REPLY]
    assert [alert.code for alert in line.carrier.alerts] == [21610]


async def test_an_error_of_the_webhook_is_not_retried_by_default(line):
    line.practice.will_answer(status=500)
    answer = await line.reply("C")
    assert (len(line.practice.inbound), answer["received"]["attempts"]) == (1, 1)
    assert answer["received"]["error_code"] == 11200
    assert [alert.code for alert in line.carrier.alerts] == [11200]


async def test_the_fragment_asks_for_more_patience(open_line):
    line = await open_line(fragment="#rc=3&rp=all")
    line.practice.will_answer(status=503)
    line.practice.will_hang_up()
    answer = await line.reply("C")
    assert answer["received"]["attempts"] == 3
    assert answer["received"]["error_code"] is None
    tokens = {one.headers["I-Twilio-Idempotency-Token"] for one in line.practice.inbound}
    assert (len(line.practice.inbound), len(tokens)) == (3, 1)
    assert len({one["MessageSid"] for one in line.practice.inbound}) == 1


async def test_a_slow_webhook_is_given_up(open_line):
    line = await open_line(fragment="#tt=200")
    line.practice.will_answer(wait=1)
    answer = await line.reply("C")
    assert answer["received"]["error_code"] == 11205
    line = await open_line(fragment="#rt=150&rc=1&rp=rt")
    line.practice.will_answer(wait=1)
    answer = await line.reply("C")
    assert (answer["received"]["attempts"], answer["received"]["error_code"]) == (2, None)


async def test_an_unreachable_webhook_is_tried_twice_and_then_the_fallback(open_line, practice):
    nowhere = "http://127.0.0.1:9/inbound"
    line = await open_line(sender={"inbound_url": nowhere})
    answer = await line.reply("C")
    assert (answer["received"]["attempts"], answer["received"]["error_code"]) == (2, 11205)
    line = await open_line(sender={"inbound_url": nowhere, "fallback_url": practice.base + "/inbound/spare"})
    answer = await line.reply("C")
    assert answer["received"]["error_code"] is None
    [posted] = line.practice.inbound
    assert (posted.path, posted["ErrorCode"], posted["ErrorUrl"]) == ("/inbound/spare", "11205", nowhere)


async def test_a_text_to_a_number_without_a_webhook_is_only_recorded(open_line):
    line = await open_line(senders=())
    answer = await line.reply("C")
    assert answer["received"]["attempts"] == 0
    assert shown(line) == ["C"]


async def test_media_are_announced(line):
    await line.reply("look", media=["https://media.example/1"])
    [posted] = line.practice.inbound
    assert (posted["NumMedia"], posted["MediaUrl0"]) == ("1", "https://media.example/1")
    assert posted["MediaContentType0"] == "image/jpeg"
    assert posted["MessageSid"].startswith("MM")


async def test_the_usual_limits_and_the_overrides():
    assert limits_of("https://x.example/a?b=c") == ("https://x.example/a?b=c", Limits())
    address, limits = limits_of("https://x.example/a#rc=9&rp=ct,5xx,odd&ct=2000&rt=4000&tt=99999")
    assert address == "https://x.example/a"
    assert limits == Limits(5, frozenset({"ct", "5xx"}), 2, 4, 15)


@given(st.text(max_size=40))
async def test_no_fragment_breaks_the_limits(fragment):
    limits = limits_of("https://x.example/#" + fragment)[1]
    assert 0 <= limits.retries <= 5
    assert limits.total <= 15


@given(st.text(max_size=60), st.sampled_from(["text/xml", "text/plain", "application/json", ""]))
async def test_no_answer_of_a_webhook_raises(body, content_type):
    for answer in (read_answer(content_type, body), read_answer("text/xml", f"<Response>{body}</Response>")):
        assert answer.error_code is None or not answer.replies
