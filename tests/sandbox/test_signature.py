"""Signatures, judged by Twilio's own validator."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from bot.sandbox.signature import HEADER, SETTINGS_HEADER, sign, signature_headers
from tests.sandbox.conftest import TOKEN

letters = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@given(letters, st.lists(st.tuples(letters, letters), max_size=8), letters)
def test_we_sign_as_the_sdk_does(token, fields, path):
    url = "https://practice.example/" + path
    form = dict(fields)
    assert sign(token, url, form.items()) == RequestValidator(token).compute_signature(url, form)
    by_sha256 = RequestValidator(token).compute_signature(url, form, "HMAC_SHA256")
    assert sign(token, url, form.items(), shared_key=True) == by_sha256


@pytest.mark.asyncio
async def test_every_post_is_signed_over_its_configured_address(open_line):
    public = "https://office.example"
    line = await open_line(sender={"inbound_url": public + "/inbound?p=1#rc=2"}, routes={})
    line.carrier.reconfigure({"routes": {public: line.practice.base}})
    await line.reply("C \u202f ok ")
    await line.twilio.messages.create_async(to="+15550100101", from_="+15550100001", body="x",
                                            status_callback=public + "/status?m=%20a&b")  # fmt: skip
    await line.carrier.idle()
    assert len(line.practice.posts) == 4
    for posted in line.practice.posts:
        url = posted.url.replace(line.practice.base, public)
        assert RequestValidator(TOKEN).validate(url, posted.fields, posted.headers[HEADER])
        assert not RequestValidator(TOKEN).validate(posted.url, posted.fields, posted.headers[HEADER])


@pytest.mark.parametrize(
    ("habit", "valid"),
    [("plain", True), ("with_port", True), ("without_port", True), ("wrong_scheme", False), ("garbage", False),
     ("second_token", False), ("shared_key", False)],
)  # fmt: skip
@pytest.mark.parametrize("url", ["https://a.example/x", "https://a.example:443/x", "http://a.example:8080/x"])
def test_odd_signatures(habit, valid, url):
    form = {"Body": "C", "From": "+1"}
    made = signature_headers(habit, url, form.items(), token="one", second_token="two")
    assert RequestValidator("one").validate(url, form, made[HEADER]) is valid
    if habit == "second_token":
        assert RequestValidator("two").validate(url, form, made[HEADER])
    if habit == "shared_key":
        settings = made[SETTINGS_HEADER]
        assert settings.endswith("algorithm=HMAC_SHA256")
        assert RequestValidator("one").compute_signature(url, form, "HMAC_SHA256") == made[HEADER]
    if habit in {"with_port", "without_port"} and url == "https://a.example/x" and habit == "with_port":
        assert made[HEADER] != sign("one", url, form.items())


def test_a_missing_signature_is_no_header_at_all():
    assert signature_headers("missing", "https://a.example/", [], token="one", second_token=None) == {}


@pytest.mark.asyncio
async def test_the_habit_is_followed_on_the_wire(line):
    line.faults(signature="missing")
    await line.reply("C")
    line.faults(signature="garbage", signature_share=0)
    await line.reply("C")
    first, second = line.practice.inbound
    assert HEADER not in first.headers
    assert RequestValidator(TOKEN).validate(second.url, second.fields, second.headers[HEADER])


@pytest.mark.asyncio
async def test_a_subaccounts_webhooks_are_signed_with_its_token(open_line):
    line = await open_line(subaccounts=({"sid": "ACsub", "token": "sub-token"},), sender={"account_sid": "ACsub"})
    await line.reply("C")
    [posted] = line.practice.inbound
    assert posted["AccountSid"] == "ACsub"
    assert RequestValidator("sub-token").validate(posted.url, posted.fields, posted.headers[HEADER])
