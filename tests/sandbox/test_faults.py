"""Each fault does what it says, and the ledger knows the truth."""

import asyncio
import itertools
import json

import aiohttp
import pytest
from pydantic import ValidationError
from twilio.base.exceptions import TwilioRestException, TwilioServiceException

from bot.sandbox.chance import Chance
from bot.sandbox.faults import FaultPlan, Faults
from tests.sandbox.conftest import ANA, BEN, SID, TOKEN

pytestmark = pytest.mark.asyncio

URL = f"/2010-04-01/Accounts/{SID}/Messages.json"


async def raw_create(line, **more):
    """A create without the SDK, to see the bare answer."""
    form = {"To": ANA, "From": "+15550100001", "Body": "hello", **more}
    headers = {"Authorization": aiohttp.encode_basic_auth(SID, TOKEN)}
    async with line.http.post(line.base + URL, data=form, headers=headers) as answer:
        return answer.status, answer.headers, await answer.text()


async def failing(line):
    with pytest.raises(TwilioRestException) as caught:
        await line.text()
    return caught.value.status, caught.value.code


async def test_rate_limited_with_and_without_retry_after(line):
    line.faults(rate_limited=1)
    assert await failing(line) == (429, 20429)
    status, headers, _ = await raw_create(line)
    assert (status, headers.get("Retry-After")) == (429, None)
    line.faults(rate_limited=1, retry_after_seconds=3)
    status, headers, body = await raw_create(line)
    assert (status, headers.get("Retry-After"), json.loads(body)["code"]) == (429, "3", 20429)
    assert len(line.carrier.ledger) == 0


async def test_refused_connections_leave_nothing_behind(line):
    line.faults(refused=1)
    with pytest.raises(aiohttp.ClientError):
        await line.text()
    assert len(line.carrier.ledger) == 0


async def test_an_error_before_accepting_leaves_nothing_behind(line):
    line.faults(error_before=1, error_status=500)
    assert await failing(line) == (500, 20500)
    assert len(line.carrier.ledger) == 0


async def test_an_error_after_accepting_hides_a_text_that_arrives(line):
    line.faults(error_after=1)
    assert (await failing(line))[0] == 503
    await line.carrier.idle()
    [entry] = line.carrier.ledger.find()
    assert (entry.answer, entry.params["Body"]) == ("error", "Lee Office: visit Wed.")
    [found] = await line.twilio.messages.list_async(to=ANA)
    assert (found.sid, found.status) == (entry.sid, "delivered")
    assert line.practice.statuses[-1] == "delivered"


async def test_a_reset_after_accepting_hides_a_text_that_arrives(line):
    line.faults(reset_after=1)
    with pytest.raises(aiohttp.ClientError):
        await line.text()
    await line.carrier.idle()
    assert [entry.answer for entry in line.carrier.ledger.find()] == ["reset"]
    assert (await line.twilio.messages.list_async(to=ANA))[0].status == "delivered"


async def test_a_hanging_answer_comes_late_and_the_text_is_sent_meanwhile(line):
    line.faults(hang_after=1, hang_seconds=30)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await line.text()
    await line.carrier.idle()
    assert [entry.answer for entry in line.carrier.ledger.find()] == ["late"]
    assert line.practice.statuses[-1] == "delivered"
    line.faults(hang_after=1, hang_seconds=0.05)
    assert (await line.text()).status == "queued"


async def test_a_success_that_is_not_json(line):
    line.faults(not_json=1)
    with pytest.raises(json.JSONDecodeError):
        await line.text()
    status, headers, body = await raw_create(line)
    assert (status, headers["Content-Type"][:9], body[:5]) == (201, "text/html", "<!doc")
    assert len(line.carrier.ledger) == 2


async def test_errors_as_rfc_9457_documents(line):
    line.faults(problem_json=1, rate_limited=1)
    with pytest.raises(TwilioServiceException) as caught:
        await line.text()
    assert (caught.value.status, caught.value.code) == (429, 20429)


async def test_a_script_decides_before_chance_does(line):
    line.faults(script=("error_before", "none", "error_after"))
    assert (await failing(line))[0] == 503
    await line.text()
    assert (await failing(line))[0] == 503
    await line.text()
    assert [entry.answer for entry in line.carrier.ledger.find()] == ["201", "error", "201"]


async def test_reads_can_fail_while_creates_work(line):
    text = await line.text()
    line.faults(read_error=1)
    with pytest.raises(TwilioRestException) as caught:
        await line.twilio.messages(text.sid).fetch_async()
    assert caught.value.status == 503
    await line.text()


async def test_the_list_lags_and_a_fetch_does_not(open_line, clock):
    line = await open_line(time=clock)
    line.faults(list_lag_seconds=(5, 5))
    text = await line.text()
    assert await line.twilio.messages.list_async(to=ANA) == []
    assert (await line.twilio.messages(text.sid).fetch_async()).sid == text.sid
    clock.advance(4.9)
    assert await line.twilio.messages.list_async(to=ANA) == []
    clock.advance(0.2)
    assert [one.sid for one in await line.twilio.messages.list_async(to=ANA)] == [text.sid]


async def test_a_smart_encoded_body_is_listed_with_look_alikes(line):
    line.faults(smart_encoded=1)
    await line.text(body="It\u2019s yours \u2013 3:00\u202fPM\u2026")
    [found] = await line.twilio.messages.list_async(to=ANA)
    assert (found.body, found.num_segments) == ("It's yours - 3:00 PM...", "1")
    assert next(line.carrier.ledger.find()).params["Body"] == "It\u2019s yours \u2013 3:00\u202fPM\u2026"
    line.faults()
    asked = await line.twilio.messages.create_async(to=BEN, from_="+15550100001", body="\u2019", smart_encoded=True)
    assert asked.body == "'"


@pytest.mark.parametrize("code", [30003, 30005, 30006, 30007])
async def test_chosen_numbers_do_not_receive(line, code):
    line.faults(undelivered_numbers={ANA: code})
    text = await line.text(ANA)
    other = await line.text(BEN)
    await line.carrier.idle()
    settled = await line.twilio.messages(text.sid).fetch_async()
    assert (settled.status, settled.error_code) == ("undelivered", code)
    assert (await line.twilio.messages(other.sid).fetch_async()).status == "delivered"
    [told] = [one for one in line.practice.callbacks if one["MessageStatus"] == "undelivered"]
    assert (told["ErrorCode"], told["To"]) == (str(code), ANA)


async def test_a_share_of_all_texts_does_not_arrive(line):
    line.faults(undelivered=1, undelivered_code=30007)
    text = await line.text()
    await line.carrier.idle()
    assert (await line.twilio.messages(text.sid).fetch_async()).error_code == 30007


async def test_a_text_past_its_validity_fails_and_is_not_sent(open_line, clock):
    line = await open_line(time=clock)
    line.faults(queue_seconds=1200)
    text = await line.text(validity_period=600)
    await clock.until_asleep()
    assert (await line.twilio.messages(text.sid).fetch_async()).status == "queued"
    clock.advance(600)
    await line.carrier.idle()
    settled = await line.twilio.messages(text.sid).fetch_async()
    assert (settled.status, settled.error_code, settled.date_sent) == ("failed", 30036, None)
    assert line.practice.statuses == ["failed"]


async def test_a_sender_takes_its_segments_one_after_another(open_line, clock):
    line = await open_line(sender_rate=1, time=clock, pace={"queued": 0, "sending": 0, "sent": 0})
    texts = [await line.text(), await line.text(body="x" * 161), await line.text()]

    async def statuses():
        return [(await line.twilio.messages(one.sid).fetch_async()).status for one in texts]

    assert await statuses() == ["delivered", "queued", "queued"]
    clock.advance(1)
    assert await statuses() == ["delivered", "delivered", "queued"]
    clock.advance(1)
    assert await statuses() == ["delivered", "delivered", "queued"]
    clock.advance(1)
    assert await statuses() == ["delivered"] * 3


async def test_a_queue_of_more_than_ten_hours_is_full(open_line):
    line = await open_line(sender_rate=0.0001)
    await asyncio.gather(*(line.text() for _ in range(4)))
    assert await failing(line) == (429, 21611)


async def test_callbacks_are_lost_or_doubled(line):
    line.faults(callback_lost=1)
    await line.text()
    await line.carrier.idle()
    assert line.practice.posts == []
    line.faults(callback_doubled=1, callback_copies=3)
    await line.text()
    await line.carrier.idle()
    assert line.practice.statuses == [status for status in ("sending", "sent", "delivered") for _ in range(3)]


async def test_callbacks_come_out_of_order(line):
    line.faults(callback_reordered=0.5, callback_held_seconds=0.4, seed=3)
    for _ in range(6):
        await line.text()
    await line.carrier.idle()
    journeys = [
        [one["MessageStatus"] for one in line.practice.callbacks if one["MessageSid"] == text.sid]
        for text in line.carrier.texts
    ]
    assert all(sorted(one) == ["delivered", "sending", "sent"] for one in journeys)
    assert any(one != ["sending", "sent", "delivered"] for one in journeys)


async def test_a_callback_comes_before_the_create_is_answered(line):
    line.faults(callback_early=1)
    text = await line.text()
    assert line.practice.statuses == ["sent"]
    assert line.practice.callbacks[0]["MessageSid"] == text.sid
    assert text.status == "queued"
    await line.carrier.idle()
    assert line.practice.statuses == ["sent", "delivered"]


async def test_strange_words_and_fields(line):
    line.faults(unknown_status=1, unknown_fields=1, foreign_account=1)
    await line.text()
    await line.carrier.idle()
    assert line.practice.statuses[::2] == ["handed_over"] * 3
    assert all(one["AccountSid"] != SID and one["ChannelWeather"] for one in line.practice.callbacks)
    await line.reply("C")
    assert line.practice.inbound[0]["MessageMood"] == ""
    assert line.practice.inbound[0]["AccountSid"] == line.practice.callbacks[0]["AccountSid"]
    assert "channel_weather" in (await raw_create(line))[2]


async def test_an_inbound_text_is_posted_twice_under_one_sid(line):
    line.faults(inbound_doubled=1)
    await line.reply("C")
    first, second = line.practice.inbound
    assert first["MessageSid"] == second["MessageSid"]
    token = "I-Twilio-Idempotency-Token"
    assert first.headers[token] == second.headers[token] != ""
    assert len(await line.twilio.messages.list_async(from_=ANA)) == 1


async def test_the_same_seed_strikes_the_same_way():
    def struck(seed: int, **more: float) -> list[str]:
        plan = FaultPlan(Faults(seed=seed, error_after=0.3, **more))
        return [plan.trouble() for _ in range(200)]

    assert struck(5) == struck(5)
    assert struck(5) != struck(6)
    assert 30 < struck(5).count("error_after") < 90
    with_more = struck(5, rate_limited=0.2)
    alone = struck(5)
    # Another fault being on takes its own strikes and moves none of these before its first.
    until = with_more.index("rate_limited")
    assert with_more[:until] == alone[:until]


async def test_chance_is_even_and_below_one():
    draws = [Chance(9).draw("x"), *(Chance(seed).draw("x") for seed in range(2000))]
    assert all(0 <= one < 1 for one in draws)
    assert 0.45 < sum(draws) / len(draws) < 0.55
    chance = Chance(1)
    assert len({chance.draw("y") for _ in range(100)}) == 100
    assert all(2 <= chance.between("z", 2, 3) < 3 for _ in range(100))


@pytest.mark.parametrize("wrong", [{"refused": 1.2}, {"refused": -0.1}, {"error_status": 404}, {"typo": 1},
                                   {"callback_copies": 1}, {"script": ("explode",)}])  # fmt: skip
async def test_faults_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValidationError):
        Faults(**wrong)


async def test_nothing_accepted_is_missing_under_all_faults_at_once(line):
    line.faults(rate_limited=0.2, error_before=0.1, error_after=0.1, reset_after=0.1, not_json=0.1, refused=0.1)
    outcomes = await asyncio.gather(*(line.text(body=f"n{n}") for n in range(60)), return_exceptions=True)
    await line.carrier.idle()
    accepted = {entry.params["Body"]: entry for entry in line.carrier.ledger.find()}
    for number, outcome in enumerate(outcomes):
        if not isinstance(outcome, Exception):
            assert accepted[f"n{number}"].sid == outcome.sid
        if isinstance(outcome, TwilioRestException) and outcome.status == 429:
            assert f"n{number}" not in accepted
    listed = await line.twilio.messages.list_async(to=ANA)
    assert {one.sid for one in listed} == {entry.sid for entry in accepted.values()}
    assert {"201", "error", "reset", "not_json"} == {entry.answer for entry in accepted.values()}
    assert [entry.seq for entry in line.carrier.ledger.find()] == list(
        itertools.islice(itertools.count(1), len(accepted))
    )
