"""The ways out by themselves: what each answer of the network means, and what is never said about it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from aiosmtpd.smtp import SMTP

from messages.channels.base import (
    Accepted,
    Channel,
    Erasure,
    ListUnavailable,
    Outgoing,
    Refused,
    SendOutcome,
    Unknown,
)
from messages.channels.smtp import SmtpChannel, SmtpServer, server_of
from messages.channels.twilio_sms import TwilioAccount, TwilioSms
from scheduler.core.errors import Misconfigured
from tests.rig.canary import canary

ANA = canary(0)
SID = "AC" + "1" * 32
WORDS = Outgoing(
    reference="a" * 32,
    attempt=1,
    sender="+12025550199",
    to=ANA.phone,
    text="Lee Office: confirmed.",
    callback_url="https://example.org/twilio/p/status?m=a&a=1",
    valid_seconds=600,
)
MAIL = Outgoing(
    reference="b" * 32, attempt=1, sender="", to=ANA.email, text="Confirmed.\n", subject="Lee Office: Wed, Mar 11"
)

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Answer], Awaitable[TwilioSms]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """A channel whose carrier answers as told."""
    async with aiohttp.ClientSession() as session:
        servers: list[TestServer] = []

        async def start(answer: Answer) -> TwilioSms:
            app = web.Application()
            app.router.add_route("*", "/{tail:.*}", answer)
            servers.append(TestServer(app))
            await servers[-1].start_server()
            account = TwilioAccount(
                account_sid=SID, auth_token="secret", api_base=f"http://127.0.0.1:{servers[-1].port}"
            )
            return TwilioSms(account, session, timeout=0.3)

        yield start
        for server in servers:
            await server.close()


def answering(status: int, body: str, **headers: str) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=body, headers=headers)

    return answer


CREATED = '{"sid": "SM1", "status": "queued", "account_sid": "AC1"}'
PROBLEM = '{"type": "about:blank", "title": "no", "status": 400, "code": 21211}'


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (answering(201, CREATED), Accepted("SM1", "queued")),
        (answering(201, "<html>"), Unknown("unreadable_answer")),
        (answering(201, ""), Unknown("unreadable_answer")),
        (answering(201, "{}"), Unknown("unreadable_answer")),
        (answering(201, "[]"), Unknown("unreadable_answer")),
        (answering(200, "null"), Unknown("unreadable_answer")),
        (answering(500, "{}"), Unknown("server_error")),
        (answering(503, "busy"), Unknown("server_error")),
        (answering(408, "{}"), Unknown("server_error")),
        (answering(301, "", Location="https://elsewhere.example"), Refused(permanent=False, code=301)),
        (answering(429, '{"code": 20429}'), Refused(permanent=False)),
        (answering(429, "", **{"Retry-After": "7"}), Refused(permanent=False, retry_after=7.0)),
        (answering(400, '{"code": 21610, "message": "stopped"}'), Refused(permanent=True, code=21610)),
        (answering(400, PROBLEM), Refused(permanent=True, code=21211)),
        (answering(401, '{"code": 20003}'), Refused(permanent=True, code=20003)),
        (answering(404, "gone"), Refused(permanent=True, code=404)),
    ],
)
async def test_what_an_answer_means(serve: Serve, answer: Answer, meaning: SendOutcome) -> None:
    assert await (await serve(answer)).send(WORDS) == meaning


async def test_no_answer_in_time_is_a_doubt(serve: Serve) -> None:
    async def hang(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(1)
        return web.Response(status=201, text=CREATED)

    assert await (await serve(hang)).send(WORDS) == Unknown("timeout")


async def test_a_broken_connection_is_a_doubt(serve: Serve) -> None:
    async def drop(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    assert await (await serve(drop)).send(WORDS) == Unknown("connection_broke")


async def test_nobody_there_is_no_doubt() -> None:
    account = TwilioAccount(account_sid=SID, auth_token="secret", api_base=f"http://127.0.0.1:{unused_port()}")
    async with aiohttp.ClientSession() as session:
        assert await TwilioSms(account, session).send(WORDS) == Refused(permanent=False)


async def test_what_is_asked_of_the_carrier(serve: Serve) -> None:
    asked: list[tuple[str, dict[str, str], str]] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append((request.path, dict(await request.post()), request.headers["Authorization"]))
        return web.Response(status=201, text=CREATED)

    await (await serve(answer)).send(WORDS)
    ((path, form, authorization),) = asked
    assert path == f"/api.twilio.com/2010-04-01/Accounts/{SID}/Messages.json"
    assert form == {
        "To": ANA.phone,
        "From": "+12025550199",
        "Body": "Lee Office: confirmed.",
        "ValidityPeriod": "600",
        "StatusCallback": "https://example.org/twilio/p/status?m=a&a=1",
    }
    assert authorization == aiohttp.encode_basic_auth(SID, "secret")


async def test_a_messaging_service_chooses_the_number(serve: Serve) -> None:
    asked: list[dict[str, str]] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(dict(await request.post()))
        return web.Response(status=201, text=CREATED)

    way = await serve(answer)
    way._account = TwilioAccount(account_sid=SID, auth_token="secret", messaging_service_sid="MG" + "2" * 32)
    await way.send(WORDS)
    assert asked[0]["MessagingServiceSid"] == "MG" + "2" * 32
    assert "From" not in asked[0]


async def test_the_environment_has_no_say(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    assert await (await serve(answering(201, CREATED))).send(WORDS) == Accepted("SM1", "queued")


async def test_neither_number_nor_words_are_logged(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("twilio").setLevel(logging.DEBUG)
    for answer in (answering(201, CREATED), answering(400, PROBLEM), answering(503, "")):
        way = await serve(answer)
        await way.send(WORDS)
        with pytest.raises(ListUnavailable):
            await way.list_sent(ANA.phone, datetime.now(UTC))
    assert ANA.phone not in caplog.text
    assert ANA.phone[1:] not in caplog.text
    assert ANA.phone not in repr(WORDS)
    assert WORDS.text not in repr(WORDS)


@pytest.mark.parametrize(
    "answer", [answering(503, ""), answering(200, "<html>"), answering(200, "[]"), answering(429, "")]
)
async def test_a_list_that_cannot_be_read_says_so(serve: Serve, answer: Answer) -> None:
    with pytest.raises(ListUnavailable):
        await (await serve(answer)).list_sent(ANA.phone, datetime.now(UTC) - timedelta(days=1))


@pytest.mark.parametrize(
    ("answer", "became"),
    [
        (answering(200, CREATED), Erasure.ERASED),
        (answering(404, '{"code": 20404}'), Erasure.ERASED),
        (answering(409, '{"code": 20009}'), Erasure.TOO_EARLY),
        (answering(503, ""), Erasure.NOT_NOW),
        (answering(401, '{"code": 20003}'), Erasure.NOT_NOW),
        (answering(408, ""), Erasure.NOT_NOW),
        (answering(429, ""), Erasure.NOT_NOW),
        (answering(200, "<html>"), Erasure.NOT_NOW),
        (answering(403, '{"code": 20004}'), Erasure.REFUSED),
    ],
)
async def test_asking_the_carrier_to_forget_the_words(serve: Serve, answer: Answer, became: Erasure) -> None:
    assert await (await serve(answer)).erase("SM1") is became


# --- mail -------------------------------------------------------------------------------------------------------


class Inbox:
    """A mail server's manners, and what it was given."""

    def __init__(self) -> None:
        self.mails: list[str] = []
        self.at_rcpt = "250 OK"
        self.at_data = "250 OK"

    async def handle_RCPT(  # noqa: N802 -- the server calls it so
        self, _server, _session, envelope, address, _options
    ) -> str:
        if self.at_rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.at_rcpt

    async def handle_DATA(  # noqa: N802 -- the server calls it so
        self, server: SMTP, _session, envelope
    ) -> str:
        self.mails.append(envelope.content.decode())
        if self.at_data == "hang up":
            server.transport.abort()
        return self.at_data


@pytest.fixture
async def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def mail_port(inbox: Inbox) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(inbox, loop=loop), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


def way(port: int, **more: object) -> SmtpChannel:
    plain = {"host": "127.0.0.1", "port": port, "sender": "office@lee.example", "tls_from_start": False}
    return SmtpChannel(SmtpServer(**{**plain, **more}), timeout=2)  # type: ignore[arg-type]  # a test's own


async def test_a_mail_arrives_with_its_own_name(inbox: Inbox, mail_port: int) -> None:
    assert await way(mail_port).send(MAIL) == Accepted(f"{'b' * 32}@lee.example", "sent")
    (mail,) = inbox.mails
    assert "Message-ID: <" + "b" * 32 + "@lee.example>" in mail
    assert "Subject: Lee Office: Wed, Mar 11" in mail
    assert "Auto-Submitted: auto-generated" in mail
    assert mail.endswith("Confirmed.\r\n")


@pytest.mark.parametrize(
    ("moment", "words", "meaning"),
    [
        ("at_rcpt", "550 no such person", Refused(permanent=True)),
        ("at_rcpt", "450 greylisted", Refused(permanent=False)),
        ("at_data", "554 spam", Refused(permanent=True)),
        ("at_data", "452 full", Refused(permanent=False)),
        ("at_data", "hang up", Unknown("connection_broke")),
    ],
)
async def test_what_a_mail_server_says(
    inbox: Inbox, mail_port: int, moment: str, words: str, meaning: SendOutcome
) -> None:
    setattr(inbox, moment, words)
    assert await way(mail_port).send(MAIL) == meaning


async def test_no_mail_server_is_no_doubt() -> None:
    assert await way(unused_port()).send(MAIL) == Refused(permanent=False)


async def test_without_encryption_nothing_leaves_the_machine(inbox: Inbox, mail_port: int) -> None:
    """The name is none of loopback's as settings spell them, so STARTTLS is asked for; this server has none."""
    assert await way(mail_port, host="LOCALHOST").send(MAIL) == Refused(permanent=False)
    assert inbox.mails == []


async def test_a_subject_cannot_bring_headers_along() -> None:
    broken = Outgoing(reference="b" * 32, attempt=1, sender="", to=ANA.email, text="x", subject="a\r\nBcc: b@c.example")
    with pytest.raises(ValueError, match=r".*"):
        await way(1).send(broken)


async def test_mail_has_no_list() -> None:
    channel: Channel = way(1)
    assert not channel.keeps_list
    with pytest.raises(ListUnavailable):
        await channel.list_sent(ANA.email, datetime.now(UTC))
    with pytest.raises(ListUnavailable):
        await channel.list_received("office@lee.example", datetime.now(UTC))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 587, False, None)),
        ("smtps://office%40lee:p%40ss@mail.example", ("mail.example", 465, True, "office@lee")),
        ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, False, None)),
    ],
)
def test_reading_a_mail_address(url: str, expected: tuple[str, int, bool, str | None]) -> None:
    found = server_of(url, "office@lee.example")
    assert (found.host, found.port, found.tls_from_start, found.user) == expected


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example", ""])
def test_what_is_no_mail_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(Misconfigured, match=r"^smtp_url_unreadable$"):
        server_of(url, "office@lee.example")
