"""A scene with a real telephone line: phones at the local carrier, signed webhooks in, the carrier's REST API out.

    page of phones --> local carrier --signed POST--> the application --> the worker's duties --REST--> local carrier

Only time is ours: the record's clock stands still until a conversation lets it run.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer

from bot.alerts import alert_due
from bot.app import create_app as create_service
from bot.conversation import due as conversation
from bot.sandbox.app import create_app as create_carrier
from bot.sandbox.carrier import Carrier as LocalCarrier
from bot.sandbox.config import Pace, SandboxConfig, Sender
from bot.sandbox.control import InboundOrder, deliver_inbound
from bot.sandbox.rest import CARRIER
from bot.settings import load
from messages import consent
from messages.catalog import template
from messages.channels.base import Accepted, Outgoing, SendOutcome
from messages.channels.twilio_calls import TwilioCalls
from messages.channels.twilio_sms import TwilioAccount, TwilioSms
from messages.channels.twilio_whatsapp import TwilioWhatsApp
from messages.kinds import Channel
from messages.limits import Limits
from messages.transmit import Transmitter
from messages.whatsapp import PREFIX, VARIABLES, to_register
from messages.whatsapp_terms import write_by_whatsapp
from scheduler.core.actor import OPERATOR, WORKER
from scheduler.core.clock import Clock, SystemClock
from scheduler.core.record import Record
from scheduler.people import store as people
from tests.conversation.scene import Scene, plain, set_the_scene
from tests.rig.clock import ManualClock
from waitlist.due import do_due

PUBLIC = "https://lee.example"
ACCOUNT, TOKEN = "AC" + "1" * 32, "a-token-of-the-carrier"
AT_ONCE = Pace(queued=0, sending=0, sent=0)


class Post:
    """Mail that arrives: who it went to and its words. There is no mail server in these conversations."""

    keeps_list = False

    def __init__(self) -> None:
        self.delivered: list[tuple[str, str]] = []

    async def send(self, outgoing: Outgoing) -> SendOutcome:
        self.delivered.append((outgoing.to, outgoing.text))
        return Accepted(f"mail-{len(self.delivered)}", "sent")

    async def list_sent(self, to: str, since: Any) -> tuple[()]:
        return ()

    async def list_received(self, at: str, since: Any) -> tuple[()]:
        return ()


@dataclass
class Exchange:
    """The carrier and the service, joined; practices come and go on it."""

    carrier: LocalCarrier
    service: TestServer
    session: aiohttp.ClientSession
    api_base: str
    post: Post = field(default_factory=Post)

    def ways(self) -> dict[Channel, Any]:
        account = TwilioAccount(account_sid=ACCOUNT, auth_token=TOKEN, api_base=self.api_base)
        return {
            Channel.SMS: TwilioSms(account, self.session, timeout=8.0),
            Channel.VOICE: TwilioCalls(account, self.session, timeout=8.0),
            Channel.WHATSAPP: TwilioWhatsApp(account, self.session, timeout=8.0),
            Channel.EMAIL: self.post,
        }

    def connect(self, number: str, practice_id: str, *, opt_outs: str) -> None:
        """Have texts to this number posted to the practice's webhook."""
        here = f"{PUBLIC}/twilio/{practice_id}/inbound"
        senders = (Sender(number=number, inbound_url=here), Sender(number=PREFIX + number, inbound_url=here))
        self.carrier.reconfigure({"senders": senders, "opt_out_handling": opt_outs})


@dataclass
class OnTheLine(Scene):
    """The scene, spoken to by telephone."""

    exchange: Exchange | None = None
    sender: str = ""
    _limits: Limits = field(default_factory=Limits)
    _read: dict[str, int] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    async def work(self) -> None:
        """Go round the worker's duties until nothing is due and the carrier is at rest."""
        transmitter = Transmitter(self.record, self.exchange.ways(), self._limits, worker="w", public_url=PUBLIC)
        for _ in range(20):
            done = await conversation.do_due(self.record, self.practice)
            async with self.record.write(self.practice, WORKER) as tx:
                done += await consent.acknowledge_stops(tx)
            waves = await do_due(self.record, self.practice)
            done += waves.waves + waves.expired
            done += await alert_due(self.record, self.practice, fallback=None)
            done += (await transmitter.run(self.practice)).done
            if not done:
                return
        raise AssertionError("the duties never come to rest")

    async def text(self, number: str, body: str, *, media: int = 0) -> None:
        """A phone sends a text from the page of phones, and it is dealt with."""
        carrier = self.exchange.carrier
        pictures = [f"https://media.invalid/{n}" for n in range(media)]
        to = PREFIX + self.sender if number.startswith(PREFIX) else self.sender
        order = {"phone": number, "to": to, "body": body, "media": pictures}
        if body:
            async with self.exchange.session.post(f"{self.exchange.api_base}/phones/texts", json=order) as answer:
                assert answer.status == 200, await answer.text()
                sid = (await answer.json())["sid"]
        else:  # the page sends no text without words
            sid = (await deliver_inbound(carrier, InboundOrder.model_validate(order)))["sid"]
        while sid not in carrier.received:  # noqa: ASYNC110 -- the carrier tells nobody; a call may ring meanwhile
            await asyncio.sleep(0)
        received = carrier.received[sid]
        assert received.status in {200, 204}, f"the webhook answered {received.status}"
        await self.work()

    async def shown(self, number: str) -> list[str]:
        """What the page of phones shows of this practice's texts since the last look; links without their secrets."""
        while next(self.exchange.carrier.unfinished(), None):  # noqa: ASYNC110 -- as above, of a status on its way
            await asyncio.sleep(0)
        async with self.exchange.session.get(f"{self.exchange.api_base}/phones.json", params={"all": ""}) as answer:
            phones = (await answer.json())["phones"]
        texts = [text for phone in phones if phone["number"] == number.removeprefix(PREFIX) for text in phone["texts"]]
        partner = (PREFIX if number.startswith(PREFIX) else "") + self.sender
        came = [text for text in texts if text["partner"] == partner and not text["mine"] and not text["error_code"]]
        new = [text for text in came if text["sid"] not in self._seen]
        self._seen.update(text["sid"] for text in new)
        return [plain(text["body"]) for text in new]

    def unread(self, number: str) -> list[str]:
        """What has come to a phone since it was last looked at; links without their secrets."""
        texts = [each for each in self.exchange.carrier.texts.with_phone(number) if not each.inbound]
        texts = [each for each in texts if each.practice_number.removeprefix(PREFIX) == self.sender]
        texts = [each for each in texts if each.lost_code is None]
        new = texts[: len(texts) - self._read.get(number, 0)]
        self._read[number] = len(texts)
        return [plain(each.body) for each in reversed(new)]

    async def write_by_whatsapp(self, *languages: str) -> None:
        """The practice writes by WhatsApp, with every template approved in these languages (English and Spanish)."""
        templates, approved = {}, {}
        for language in languages or ("en", "es"):
            for kind in VARIABLES:
                sid = f"HX{len(approved):032x}"
                words = template(f"{kind}.sms", language)
                templates[kind, language] = sid
                approved[sid] = to_register(kind, words, label="Lee Office", office_phone="555-555-0100")
        async with self.record.write(self.practice, OPERATOR) as tx:
            await write_by_whatsapp(tx, self.sender, templates, knows_the_risk=True)
        self.exchange.carrier.reconfigure({"templates": approved})

    async def agree_to_whatsapp(self, client_id: str) -> None:
        """A client has asked for it on a form."""
        async with self.record.write(self.practice, OPERATOR) as tx:
            for point in await people.contact_points(tx, client_id):
                if point.kind == "phone":
                    await consent.grant(tx, point.id, Channel.WHATSAPP, "reminders", wording="test", how="form")


@asynccontextmanager
async def exchange(record: Record, clock: Clock | None = None) -> AsyncIterator[Exchange]:
    """The carrier and the service on loopback; the carrier's time is real unless it is given another clock."""
    settings = load(
        {"STILLON_PUBLIC_URL": PUBLIC, "STILLON_TWILIO_ACCOUNT_SID": ACCOUNT, "STILLON_TWILIO_AUTH_TOKEN": TOKEN},
        dotenv=None,
    )
    async with TestServer(create_service(settings, record)) as service:
        reached = {PUBLIC: f"http://127.0.0.1:{service.port}"}
        config = SandboxConfig(account_sid=ACCOUNT, auth_token=TOKEN, routes=reached, pace=AT_ONCE)
        app = create_carrier(config, clock or SystemClock())
        async with TestServer(app) as carrier, aiohttp.ClientSession() as session:
            yield Exchange(app[CARRIER], service, session, f"http://127.0.0.1:{carrier.port}")


async def open_line(
    record: Record, clock: ManualClock, exchanged: Exchange, sender: str, **practice: object
) -> OnTheLine:
    """A practice of its own on the exchange."""
    scene = await set_the_scene(record, clock, sender=sender, **practice)
    mode = "advanced" if practice.get("stop_mode", "carrier") == "carrier" else "off"
    exchanged.connect(sender, scene.practice, opt_outs=mode)
    return OnTheLine(
        record, clock, scene.practice, scene.location, scene.lee, scene.moss, scene.service,
        exchange=exchanged, sender=sender,
    )  # fmt: skip
