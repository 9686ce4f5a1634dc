"""The carrier's webhooks: proven, stored once, answered at once; a forged one changes nothing."""

import asyncio
import io
from urllib.parse import urlencode

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import text
from twilio.request_validator import RequestValidator

from bot.people_first import PeopleFirst
from bot.twilio.carrier import PEOPLE
from scheduler.core.record import Record
from tests.links.conftest import ACCOUNT, TOKEN, settings, site, subscriptions
from tests.rig.office import Office

__all__ = ["settings", "site", "subscriptions"]
ORIGIN = "http://localhost:8080"


def text_of(office: Office, **changes: str) -> dict[str, str]:
    return {
        "MessageSid": "SM" + "2" * 32,
        "AccountSid": ACCOUNT,
        "From": "+12065550142",
        "To": "+12025550199",
        "Body": "ok see you then \u202f ",
        "NumMedia": "0",
        "Empty": "",
        **changes,
    }


def signed(path: str, fields: dict[str, str], token: str = TOKEN) -> dict[str, str]:
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(ORIGIN + path, fields)}


async def rows(record: Record, table: str) -> int:
    async with record.read("") as r:
        return int((await r.conn.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def test_a_signed_text_is_stored_once_and_answered_with_nothing(
    site: TestClient, office: Office, record: Record
) -> None:
    path, fields = f"/twilio/{office.practice_id}/inbound", text_of(office)
    for _ in range(2):
        answer = await site.post(path, data=fields, headers=signed(path, fields))
        assert answer.status == 200
        assert answer.content_type == "text/xml"
        assert (await answer.text()).endswith("<Response/>")
    assert await rows(record, "inbound") == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Twilio-Signature": ""},
        {"X-Twilio-Signature": "AAAA"},
        {"X-Twilio-Signature": "\u00e9\u00e9"},
        signed("/twilio/x/inbound", {}),
    ],
)
async def test_a_forged_text_changes_nothing(
    site: TestClient, office: Office, record: Record, headers: dict[str, str]
) -> None:
    before = await rows(record, "audit_entry")
    answer = await site.post(f"/twilio/{office.practice_id}/inbound", data=text_of(office), headers=headers)
    assert answer.status == 403
    assert await rows(record, "inbound") == 0
    assert await rows(record, "audit_entry") == before


async def test_changed_fields_another_account_or_another_token_are_refused(
    site: TestClient, office: Office, record: Record
) -> None:
    path, fields = f"/twilio/{office.practice_id}/inbound", text_of(office)
    tampered = {**fields, "Body": "STOP"}
    assert (await site.post(path, data=tampered, headers=signed(path, fields))).status == 403
    foreign = text_of(office, AccountSid="AC" + "9" * 32)
    assert (await site.post(path, data=foreign, headers=signed(path, foreign))).status == 403
    assert (await site.post(path, data=fields, headers=signed(path, fields, "another-token"))).status == 403
    nobody = text_of(office, From="")
    assert (await site.post(path, data=nobody, headers=signed(path, nobody))).status == 403
    assert await rows(record, "inbound") == 0


async def test_an_unknown_practice_is_not_found_and_get_is_not_allowed(site: TestClient, office: Office) -> None:
    path, fields = f"/twilio/{'f' * 32}/inbound", text_of(office)
    assert (await site.post(path, data=fields, headers=signed(path, fields))).status == 404
    status = f"/twilio/{'f' * 32}/status?m={'a' * 32}&a=1"
    assert (await site.post(status, data=fields, headers=signed(status, fields))).status == 404
    assert (await site.get(f"/twilio/{office.practice_id}/inbound")).status == 405


async def test_a_body_over_the_limit_or_of_another_kind_is_refused(
    site: TestClient, office: Office, record: Record
) -> None:
    path = f"/twilio/{office.practice_id}/inbound"
    large = text_of(office, Body="x" * 2_000_000)
    sent = io.BytesIO(urlencode(large).encode())
    headers = {**signed(path, large), "Content-Type": "application/x-www-form-urlencoded"}
    assert (await site.post(path, data=sent, headers=headers)).status in {403, 413}
    assert (await site.post(path, data=b"\xff\xfe", headers=signed(path, {}))).status == 403
    assert (await site.post(path, json={"From": "+12065550142"}, headers=signed(path, {}))).status == 403
    assert await rows(record, "inbound") == 0


@pytest.mark.parametrize("query", ["", "?m=&a=", "?m=nothing&a=x", f"?m={'a' * 32}&a=1", f"?m={'a' * 32}&a={'9' * 50}"])
async def test_a_callback_about_nothing_we_sent_is_taken_quietly(
    site: TestClient, office: Office, record: Record, query: str
) -> None:
    path = f"/twilio/{office.practice_id}/status{query}"
    fields = text_of(office, MessageStatus="delivered", ErrorCode="abc")
    answer = await site.post(path, data=fields, headers=signed(path, fields))
    assert answer.status == 204
    assert await rows(record, "delivery") == 0


async def test_a_stop_is_obeyed_before_it_is_answered(site: TestClient, office: Office, record: Record) -> None:
    path, fields = f"/twilio/{office.practice_id}/inbound", text_of(office, Body="Stop")
    assert (await site.post(path, data=fields, headers=signed(path, fields))).status == 200
    async with record.read(office.practice_id) as r:
        stopped = (await r.conn.execute(text("SELECT channel FROM opt_out WHERE stopped"))).scalars().all()
    assert sorted(stopped) == ["sms", "whatsapp"]


@pytest.fixture
def people(site: TestClient) -> PeopleFirst:
    assert site.app is not None
    return site.app[PEOPLE]


async def post(site: TestClient, office: Office, **changes: str) -> int:
    path, fields = f"/twilio/{office.practice_id}/inbound", text_of(office, **changes)
    return (await site.post(path, data=fields, headers=signed(path, fields))).status


async def test_a_text_is_looked_at_when_nobody_waits_at_a_page(
    site: TestClient, office: Office, record: Record, people: PeopleFirst
) -> None:
    with people.waiting():
        posted = asyncio.ensure_future(post(site, office))
        done, _ = await asyncio.wait([posted], timeout=0.1)
        assert not done
        with people.waiting():
            pass
        done, _ = await asyncio.wait([posted], timeout=0.02)
        assert not done
        assert await rows(record, "inbound") == 0
    assert await posted == 200
    assert await rows(record, "inbound") == 1


async def test_a_text_is_not_held_back_for_long(
    site: TestClient, office: Office, record: Record, people: PeopleFirst, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_moment", 0.02)
    with people.waiting():
        assert await post(site, office) == 200
    assert await rows(record, "inbound") == 1


@pytest.mark.parametrize("said", [{"Body": "Stop"}, {"Body": "pare", "OptOutType": "STOP"}])
async def test_a_stop_gives_way_to_nobody(
    site: TestClient, office: Office, record: Record, people: PeopleFirst, said: dict[str, str]
) -> None:
    with people.waiting():
        async with asyncio.timeout(0.9):  # the moment for which others are held back is longer
            assert await post(site, office, **said) == 200
    assert await rows(record, "inbound") == 1
