"""R24: the web is down for two minutes while 500 replies come; each acts once, and those who say STOP come first."""

import time

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from bot.conversation.due import do_due
from bot.sandbox.app import create_app
from bot.sandbox.config import SandboxConfig
from bot.sandbox.inbound import take_in
from bot.sandbox.rest import CARRIER as SANDBOX
from bot.wiring import subscriptions as all_subscriptions
from messages.channels.twilio_sms import TwilioAccount, TwilioSms
from messages.gap_repair import GapRepair
from messages.inbound import Received, receive
from scheduler import tables
from scheduler.core.actor import CARRIER
from scheduler.core.record import Record, Subscriptions
from tests.rig.canary import canary
from tests.rig.clock import ManualClock
from tests.rig.office import SENDER, Office, local

TEXTS, STOPS, CONFIRMS = 500, 50, 200
KNOWN = 10


@pytest.fixture
def subscriptions() -> Subscriptions:
    return all_subscriptions()


def _words(number: int) -> str:
    """Fifty STOPs and two hundred C, spread over all."""
    if number % 10 == 9:
        return "STOP"
    return "C" if number % 5 in {0, 2} else "what do I bring?"


@pytest.mark.parametrize("engine_name", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
async def test_500_replies_that_no_webhook_brought(office: Office, record: Record, clock: ManualClock) -> None:
    for number in range(KNOWN):
        await office.book(await office.client(number), at=local(f"2026-03-{9 + number % 5:02} {9 + number // 5:02}:00"))
    app = create_app(SandboxConfig(opt_out_handling="off"), clock)
    server = TestServer(app)
    await server.start_server()
    sent = []
    for number in range(TEXTS):
        body = _words(number)
        phone = canary(number).phone if number < KNOWN else f"+1206555{number:04d}"
        sent.append((take_in(app[SANDBOX], phone=phone, to=SENDER, body=body), body))
        clock.advance(120 / TEXTS)
    assert [body for _, body in sent].count("STOP") == STOPS
    assert [body for _, body in sent].count("C") == CONFIRMS
    config = app[SANDBOX].config
    account = TwilioAccount(
        account_sid=config.account_sid, auth_token=config.auth_token, api_base=f"http://127.0.0.1:{server.port}"
    )
    async with aiohttp.ClientSession() as session:
        began = time.monotonic()
        assert await GapRepair(record, TwilioSms(account, session)).run(office.practice_id) == TEXTS
        fetched = time.monotonic() - began
        while await do_due(record, office.practice_id):
            pass
        took = time.monotonic() - began
        assert await GapRepair(record, TwilioSms(account, session)).run(office.practice_id) == 0
    await server.close()
    async with record.write(office.practice_id, CARRIER) as tx:  # the carrier tries the webhook again after all
        again = Received(sid=sent[0][0].text.sid, sender=canary(0).phone, body=sent[0][1])
        assert await receive(tx, again) is None
    readings = await _handled(record, office)
    assert len(readings) == TEXTS
    assert readings[:STOPS] == ["stop"] * STOPS
    assert readings.count("stop") == STOPS
    print(f"500 replies fetched in {fetched:.1f} s, processed after {took:.1f} s")
    assert took < 60


async def _handled(record: Record, office: Office) -> list[str]:
    """What each text was read as, in the order in which they were dealt with."""
    e, i = tables.audit_entry, tables.inbound
    async with record.read(office.practice_id) as r:
        states = (await r.conn.execute(select(i.c.state))).scalars().all()
        assert set(states) == {"handled"}
        rows = await r.conn.execute(select(e.c.detail).where(e.c.action == "inbound.handled").order_by(e.c.seq))
        return [row.detail["reading"] for row in rows]
