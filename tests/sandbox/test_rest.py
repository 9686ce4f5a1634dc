"""The Messages resource, driven by the real SDK."""

from datetime import UTC, datetime, timedelta

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.sandbox.conftest import ANA, BEN, OFFICE, SID, TOKEN, SharedSession

pytestmark = pytest.mark.asyncio


async def refused(awaitable):
    with pytest.raises(TwilioRestException) as caught:
        await awaitable
    return caught.value.status, caught.value.code


async def test_a_create_is_queued_and_ends_delivered(line):
    text = await line.text()
    assert (text.status, text.direction, text.to, text.from_) == ("queued", "outbound-api", ANA, OFFICE)
    assert (text.sid[:2], len(text.sid), text.num_segments, text.error_code) == ("SM", 34, "1", None)
    assert text.date_sent is None
    assert text.account_sid == SID
    await line.carrier.idle()
    settled = await line.twilio.messages(text.sid).fetch_async()
    assert settled.status == "delivered"
    assert settled.body == "Lee Office: visit Wed."
    assert abs(settled.date_sent - datetime.now(UTC)) < timedelta(seconds=5)


async def test_works_without_the_host_as_a_path_prefix(line):
    plain = Client(SID, TOKEN, http_client=SharedSession(line.http, line.base, prefix=False))
    assert (await plain.messages.create_async(to=ANA, from_=OFFICE, body="hello")).status == "queued"


async def test_wrong_credentials_are_refused_and_nothing_is_recorded(line):
    stranger = Client(SID, "guess", http_client=SharedSession(line.http, line.base))
    assert await refused(stranger.messages.create_async(to=ANA, from_=OFFICE, body="x")) == (401, 20003)
    assert await refused(stranger.messages("SM1").fetch_async()) == (401, 20003)
    assert len(line.carrier.ledger) == 0


async def test_a_subaccount_sees_its_own_texts_only_and_its_parent_may_act_for_it(open_line):
    line = await open_line(subaccounts=({"sid": "ACsub", "token": "sub-token"},))
    text = await line.text()
    sub = Client("ACsub", "sub-token", http_client=SharedSession(line.http, line.base))
    assert await refused(sub.messages(text.sid).fetch_async()) == (404, 20404)
    assert await sub.messages.list_async() == []
    trespass = Client("ACsub", "sub-token", account_sid=SID, http_client=SharedSession(line.http, line.base))
    assert await refused(trespass.messages(text.sid).fetch_async()) == (401, 20003)
    parent = Client(SID, TOKEN, account_sid="ACsub", http_client=SharedSession(line.http, line.base))
    assert (await parent.messages.create_async(to=ANA, from_=OFFICE, body="x")).account_sid == "ACsub"


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"to": "5550100"}, 400, 21211),
        ({"to": "+0123456789"}, 400, 21211),
        ({"to": ""}, 400, 21604),
        ({"to": "+15550100199"}, 400, 21614),
        ({"to": "+15005550003"}, 400, 21408),
        ({"to": OFFICE}, 400, 21266),
        ({"from_": "+15550109999"}, 400, 21606),
        ({"from_": ""}, 400, 21603),
        ({"body": ""}, 400, 21602),
        ({"body": "x" * 1601}, 400, 21617),
        ({"status_callback": "not a url"}, 400, 21609),
        ({"status_callback": "https://under_scored.example/x"}, 400, 21609),
        ({"validity_period": "0"}, 400, 20001),
        ({"validity_period": "36001"}, 400, 20001),
        ({"schedule_type": "fixed", "send_at": "2026-01-01T00:00:00Z"}, 400, 35118),
    ],
)
async def test_what_is_refused_at_the_door_is_in_no_ledger(open_line, fields, status, code):
    line = await open_line(landlines=frozenset({"+15550100199"}))
    usual = {"to": ANA, "from_": OFFICE, "body": "hello"}
    assert await refused(line.twilio.messages.create_async(**(usual | fields))) == (status, code)
    assert len(line.carrier.ledger) == 0


async def test_a_body_of_1600_letters_is_taken_and_counted(line):
    assert (await line.text(body="x" * 1600)).num_segments == "11"
    assert (await line.text(body="3:00\u202fPM")).num_segments == "1"
    assert (await line.text(body="\u202f" + "x" * 145)).num_segments == "3"
    assert (await line.text(body="€" * 80)).num_segments == "1"
    assert (await line.text(body="€" * 81)).num_segments == "2"


async def test_a_body_can_be_redacted_only_after_the_end(open_line):
    line = await open_line(pace={"queued": 5})
    text = await line.text()
    assert await refused(line.twilio.messages(text.sid).update_async(body="")) == (409, 20009)
    assert await refused(line.twilio.messages(text.sid).delete_async()) == (409, 20009)
    assert (await line.twilio.messages(text.sid).update_async(status="canceled")).status == "canceled"
    assert (await line.twilio.messages(text.sid).update_async(body="")).body == ""
    assert await line.twilio.messages(text.sid).delete_async() is True
    assert await refused(line.twilio.messages(text.sid).fetch_async()) == (404, 20404)
    assert len(line.carrier.ledger) == 1


async def test_a_text_without_a_receipt_can_be_redacted_an_hour_later(line):
    line.faults(no_receipt=1)
    text = await line.text()
    await line.carrier.idle()
    assert (await line.twilio.messages(text.sid).fetch_async()).status == "sent"
    assert await refused(line.twilio.messages(text.sid).update_async(body="")) == (409, 20009)
    line.carrier.clock.advance(timedelta(hours=1))
    assert (await line.twilio.messages(text.sid).update_async(body="")).body == ""


async def test_only_emptying_and_cancelling_are_updates(line):
    text = await line.text()
    await line.carrier.idle()
    assert await refused(line.twilio.messages(text.sid).update_async(body="new words")) == (400, 20001)
    assert await refused(line.twilio.messages(text.sid).update_async(status="delivered")) == (400, 20001)
    assert await refused(line.twilio.messages(text.sid).update_async(status="canceled")) == (409, 30409)


async def test_the_list_is_filtered_and_newest_first(line):
    first = await line.text(ANA, "one")
    await line.text(BEN, "two")
    third = await line.text(ANA, "three")
    await line.carrier.idle()
    found = await line.twilio.messages.list_async(to=ANA)
    assert [one.sid for one in found] == [third.sid, first.sid]
    assert [one.body for one in await line.twilio.messages.list_async()] == ["three", "two", "one"]
    assert len(await line.twilio.messages.list_async(from_=OFFICE, to=BEN)) == 1
    assert await line.twilio.messages.list_async(from_="+15550109999") == []


async def test_the_list_knows_days_and_instants(line):
    await line.text(ANA, "old")
    await line.carrier.idle()
    line.carrier.clock.advance(timedelta(days=2))
    await line.text(ANA, "new")
    await line.carrier.idle()
    now = line.carrier.clock.now()

    async def bodies(**query):
        return [one.body for one in await line.twilio.messages.list_async(to=ANA, **query)]

    assert await bodies(date_sent_after=now - timedelta(hours=1)) == ["new"]
    assert await bodies(date_sent_before=now - timedelta(hours=1)) == ["old"]
    assert await bodies(date_sent=now.date()) == ["new"]
    assert await bodies(date_sent_after=str((now - timedelta(days=2)).date())) == ["new", "old"]
    assert await bodies(date_sent_before=str((now - timedelta(days=2)).date())) == ["old"]
    assert await bodies(date_sent_after=now + timedelta(hours=1)) == []


async def test_a_just_accepted_text_is_found_by_its_time_before_it_was_sent(open_line):
    line = await open_line(pace={"queued": 5})
    text = await line.text()
    found = await line.twilio.messages.list_async(to=ANA, date_sent_after=datetime.now(UTC) - timedelta(minutes=1))
    assert [one.sid for one in found] == [text.sid]


async def test_pages_show_every_text_once_although_new_ones_arrive(line):
    sids = [(await line.text(body=str(n))).sid for n in range(7)]
    page = await line.twilio.messages.page_async(to=ANA, page_size=3)
    seen = [one.sid for one in page]
    await line.text(body="a late one")
    while (following := await page.next_page_async()) is not None:
        page = following
        seen += [one.sid for one in page]
    assert seen == sids[::-1]
    assert len(await line.twilio.messages.list_async(page_size=2)) == 8
    assert len(await line.twilio.messages.list_async(limit=5, page_size=2)) == 5


async def test_a_messaging_service_accepts_first_and_counts_segments_later(open_line):
    line = await open_line(sender={"messaging_service_sid": "MGone"})
    text = await line.twilio.messages.create_async(to=ANA, messaging_service_sid="MGone", body="hello")
    assert (text.status, text.num_segments, text.from_) == ("accepted", "0", None)
    await line.carrier.idle()
    settled = await line.twilio.messages(text.sid).fetch_async()
    assert (settled.status, settled.num_segments, settled.from_) == ("delivered", "1", OFFICE)
    unknown = line.twilio.messages.create_async(to=ANA, messaging_service_sid="MGtwo", body="hello")
    assert await refused(unknown) == (400, 21603)


async def test_a_scheduled_text_waits_and_can_be_cancelled(open_line, clock):
    line = await open_line(sender={"messaging_service_sid": "MGone"}, time=clock)
    later = clock.now() + timedelta(hours=1)
    text = await line.twilio.messages.create_async(
        to=ANA, messaging_service_sid="MGone", body="hello", schedule_type="fixed", send_at=later
    )
    assert text.status == "scheduled"
    assert (await line.twilio.messages(text.sid).update_async(status="canceled")).status == "canceled"
    due = await line.twilio.messages.create_async(
        to=ANA, messaging_service_sid="MGone", body="hello", schedule_type="fixed", send_at=later
    )
    clock.advance(3599)
    assert (await line.twilio.messages(due.sid).fetch_async()).status == "scheduled"
    clock.advance(2)
    assert (await line.twilio.messages(due.sid).fetch_async()).status != "scheduled"
