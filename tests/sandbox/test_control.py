"""Steering the carrier while it runs, what it remembers, and the demo's time."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError
from twilio.base.exceptions import TwilioRestException

from bot.sandbox.config import SandboxConfig
from tests.sandbox.conftest import ANA, BEN, OFFICE

pytestmark = pytest.mark.asyncio


async def call(line, method, path, body=None):
    async with line.http.request(method, line.base + path, json=body) as answer:
        words = await answer.text()
        return answer.status, json.loads(words) if answer.content_type == "application/json" else words


async def test_faults_are_merged_shown_and_cleared(line):
    assert (await call(line, "POST", "/control/faults", {"rate_limited": 1, "seed": 9}))[0] == 200
    status, now = await call(line, "POST", "/control/faults", {"callback_lost": 0.5})
    assert (status, now["rate_limited"], now["callback_lost"], now["seed"]) == (200, 1, 0.5, 9)
    with pytest.raises(TwilioRestException):
        await line.text()
    assert (await call(line, "DELETE", "/control/faults"))[1]["rate_limited"] == 0
    await line.text()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/control/faults", {"refused": 2}),
        ("/control/faults", {"typo": 1}),
        ("/control/faults", [1]),
        ("/control/inbound", {"phone": ANA}),
        ("/control/phones", {"number": "555", "title": "x"}),
        ("/control/opt-outs", {}),
        ("/phones/texts", {"phone": ANA, "to": OFFICE, "body": "  "}),
    ],
)
async def test_orders_that_make_no_sense_change_nothing(line, path, body):
    before = line.carrier.texts.version, line.carrier.plan.faults
    status, words = await call(line, "POST", path, body)
    assert status == 422
    assert words
    assert (line.carrier.texts.version, line.carrier.plan.faults) == before


async def test_a_form_from_a_foreign_page_is_refused(line):
    async with line.http.post(line.base + "/phones/texts", data={"phone": ANA, "to": OFFICE, "body": "N"}) as answer:
        assert answer.status == 415
    async with line.http.post(
        line.base + "/control/faults", data="{", headers={"Content-Type": "application/json"}
    ) as answer:
        assert answer.status == 422
    assert len(line.carrier.texts) == 0


async def test_the_ledger_holds_every_parameter_and_can_be_narrowed(line):
    await line.text(ANA, "one", validity_period=600, smart_encoded=False)
    await line.text(BEN, "two")
    await line.text(ANA, "three")
    _, found = await call(line, "GET", "/control/ledger")
    assert found["count"] == 3
    assert found["entries"][0]["params"] == {
        "To": ANA,
        "From": OFFICE,
        "Body": "one",
        "StatusCallback": line.status_url,
        "ValidityPeriod": "600",
        "SmartEncoded": "false",
    }

    async def count(query):
        return (await call(line, "GET", "/control/ledger?" + query))[1]["count"]

    assert await count("to=%2B15550100101") == 2
    assert await count("body=tw") == 1
    assert await count("callback=m%3Dabc") == 3
    assert await count("since=2") == 1
    assert await count("since=nonsense") == 3
    _, cut = await call(line, "GET", "/control/ledger?limit=1")
    assert (cut["count"], len(cut["entries"])) == (3, 1)
    assert cut["entries"][0]["arrived"] <= cut["entries"][0]["accepted"]


async def test_the_ledger_file_has_the_line_before_the_answer_is_out(open_line, tmp_path):
    path = tmp_path / "deep" / "ledger.jsonl"
    line = await open_line(ledger_path=path)
    text = await line.text()
    [entry] = [json.loads(raw) for raw in path.read_text().splitlines()]
    assert (entry["sid"], entry["params"]["To"], entry["answer"]) == (text.sid, ANA, "201")
    line.faults(script=("reset_after",))
    with pytest.raises(aiohttp.ClientError):
        await line.text()
    assert [json.loads(raw)["answer"] for raw in path.read_text().splitlines()] == ["201", "reset"]
    again = await open_line(ledger_path=path)
    await again.text()
    assert len(path.read_text().splitlines()) == 3


async def test_inbound_and_alerts_can_be_read_back(line):
    line.practice.will_answer(status=500)
    answer = await line.reply("C")
    await line.reply("N", BEN, wait=False)
    assert (await call(line, "GET", "/control/idle"))[0] == 200
    _, heard = await call(line, "GET", "/control/inbound")
    assert [(one["phone"], one["status"]) for one in heard["received"]] == [(ANA, 500), (BEN, 200)]
    _, alerts = await call(line, "GET", "/control/alerts")
    assert [(one["sid"], one["code"]) for one in alerts] == [(answer["sid"], 11200)]


async def test_opt_outs_can_be_set_without_a_text(line):
    pair = {"practice_side": OFFICE, "phone": ANA}
    assert await call(line, "POST", "/control/opt-outs", pair) == (200, [pair])
    with pytest.raises(TwilioRestException):
        await line.text()
    assert await call(line, "POST", "/control/opt-outs", pair | {"out": False}) == (200, [])
    await line.text()


async def test_habits_can_change_while_running(line):
    status, _ = await call(line, "PATCH", "/control/config", {"opt_out_handling": "off"})
    assert status == 200
    await line.reply("STOP")
    assert line.carrier.opt_outs == set()
    assert (await call(line, "PATCH", "/control/config", {"ledger_path": "x"}))[0] == 422
    assert (await call(line, "PATCH", "/control/config", {"opt_out_handling": "maybe"}))[0] == 422
    assert line.carrier.config.opt_out_handling == "off"


async def test_a_restart_remembers_texts_opt_outs_phones_and_the_ledger(open_line, tmp_path):
    state = {"state_path": tmp_path / "state.jsonl"}
    line = await open_line(**state)
    kept, gone, redacted = [await line.text(body=body) for body in ("kept", "gone", "secret words")]
    await line.reply("STOP", BEN)
    await call(line, "POST", "/control/phones", {"number": BEN, "title": "Ben's phone"})
    await line.carrier.idle()
    await line.twilio.messages(gone.sid).delete_async()
    await line.twilio.messages(redacted.sid).update_async(body="")
    await line.carrier.close()
    with state["state_path"].open("ab") as torn:
        torn.write(b'["text", {"sid": "SMtor')

    later = await open_line(**state)
    assert [one.sid for one in await later.twilio.messages.list_async(to=ANA)] == [redacted.sid, kept.sid]
    assert (await later.twilio.messages(redacted.sid).fetch_async()).body == ""
    assert [entry.sid for entry in later.carrier.ledger.find()] == [kept.sid, gone.sid, redacted.sid]
    assert later.carrier.is_opted_out(OFFICE, BEN)
    assert later.carrier.titles == {BEN: "Ben's phone"}
    after = await later.text(body="after")
    assert later.carrier.texts.get(after.sid).seq > max(
        text.seq for text in later.carrier.texts if text.sid != after.sid
    )


async def test_a_restart_takes_up_unfinished_texts(open_line, tmp_path):
    state = {"state_path": tmp_path / "state.jsonl"}
    line = await open_line(**state, pace={"queued": 0.05, "sending": 60})
    text = await line.text()
    await line.carrier.close()
    later = await open_line(**state)
    await later.carrier.idle()
    assert (await later.twilio.messages(text.sid).fetch_async()).status == "delivered"


class Service:
    """The service's demo control, as the carrier sees it."""

    def __init__(self) -> None:
        self.orders = []
        self.offset = 0.0
        self.status = 200
        self.next = None
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def handle(self, request):
        order = await request.json()
        self.asked.set()
        await self.gate.wait()
        self.orders.append((order, request.headers.get("X-Demo-Secret")))
        self.offset += 7200 if "jump" in order else order["advance_seconds"]
        now = datetime.now(UTC) + timedelta(seconds=self.offset)
        body = {"now": now.isoformat(), "offset_seconds": self.offset, "next": self.next}
        return web.json_response(body, status=self.status)


@pytest.fixture
async def service():
    ours = Service()
    app = web.Application()
    app.router.add_post("/demo", ours.handle)
    async with TestServer(app) as server:
        ours.url = f"http://127.0.0.1:{server.port}/demo"
        yield ours


async def test_the_demos_time_is_moved_by_the_service_and_followed(open_line, service):
    line = await open_line(demo_control_url=service.url, demo_secret="open sesame")
    service.next = "2026-03-04T09:00:00+00:00"
    status, clock = await call(line, "POST", "/demo", {"jump": "next"})
    assert (status, clock["offset_seconds"], clock["next"], clock["trouble"]) == (200, 7200, service.next, None)
    await call(line, "POST", "/control/clock", {"advance_seconds": 3600})
    orders = [{"advance_seconds": 0}, {"jump": "next"}, {"advance_seconds": 3600}]
    assert service.orders == [(order, "open sesame") for order in orders]
    text = await line.text()
    ahead = text.date_created - datetime.now(UTC)
    assert timedelta(hours=2, minutes=59) < ahead < timedelta(hours=3, minutes=1)


async def test_what_the_service_sends_while_it_moves_is_dated_with_the_new_time(open_line, service):
    line = await open_line(demo_control_url=service.url)
    service.gate.clear()
    moving = asyncio.create_task(call(line, "POST", "/demo", {"advance_seconds": 7200}))
    await service.asked.wait()
    text = await line.text()
    service.gate.set()
    await moving
    ahead = text.date_created - datetime.now(UTC)
    assert timedelta(hours=1, minutes=59) < ahead < timedelta(hours=2, minutes=1)


async def test_a_service_that_refuses_leaves_time_as_it_was(open_line, service):
    line = await open_line(demo_control_url=service.url)
    await call(line, "POST", "/demo", {"advance_seconds": 3600})
    service.status = 403
    _, clock = await call(line, "POST", "/demo", {"advance_seconds": 3600})
    assert (clock["offset_seconds"], clock["trouble"]) == (3600, "The service did not move its time.")
    line.carrier.reconfigure({"demo_control_url": "http://127.0.0.1:9/demo"})
    _, clock = await call(line, "POST", "/demo", {"jump": "next"})
    assert (clock["offset_seconds"], clock["trouble"]) == (3600, "The service is not answering. Time stands as it was.")


async def test_the_page_learns_the_time_by_itself(open_line, service):
    service.offset = 600.0
    line = await open_line(demo_control_url=service.url)
    _, page = await call(line, "GET", "/phones.json")
    assert page["demo"]["enabled"]
    assert service.orders == [({"advance_seconds": 0}, "")]
    await call(line, "GET", "/phones.json")
    assert len(service.orders) == 1
    assert line.carrier.clock.offset == timedelta(minutes=10)


async def test_a_frozen_service_does_not_freeze_the_page(open_line, service):
    service.gate.clear()
    line = await open_line(demo_control_url=service.url)
    async with asyncio.timeout(5):
        status, page = await call(line, "GET", "/phones.json")
    assert (status, page["demo"]["next"]) == (200, None)
    service.gate.set()


async def test_without_a_service_there_is_no_time_to_move(line):
    assert (await call(line, "POST", "/demo", {"advance_seconds": 60}))[0] == 409
    assert (await call(line, "GET", "/control/clock"))[1]["enabled"] is False


async def test_a_configuration_comes_from_json_and_keeps_its_secrets_out_of_errors(tmp_path):
    path = tmp_path / "carrier.json"
    path.write_text(json.dumps({"auth_token": "hush", "phones": [{"number": ANA, "title": "Ana's phone"}],
                                "faults": {"error_after": 0.1}, "senders": [{"number": OFFICE}]}))  # fmt: skip
    config = SandboxConfig.from_file(path)
    assert (config.auth_token, config.faults.error_after, config.phones[0].title) == ("hush", 0.1, "Ana's phone")
    with pytest.raises(ValidationError) as caught:
        SandboxConfig.from_json(json.dumps({"auth_token": ["hush"], "unknown": "hush"}))
    assert "unknown" in str(caught.value)
    assert "hush" not in str(caught.value)
