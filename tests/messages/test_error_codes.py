"""Each code of the carrier and what becomes of the text, the number, the client and the inbox (rules.md A4)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from aiosmtpd.smtp import SMTP

from bot.sandbox.faults import Faults
from messages.channels.smtp import SmtpChannel, SmtpServer
from messages.delivery import KNOWN_CODES, error_rule
from messages.kinds import Channel, Kind
from messages.particulars import Particulars
from scheduler.actions.clients import NewContact, add_contact_point
from scheduler.people import client_edit_store
from tests.messages.conftest import OpenPost
from tests.messages.post import DAY_BEFORE, THREE_DAYS, VISIT, Post, book, writing
from tests.messages.test_channels import Inbox
from tests.rig.canary import canary
from tests.rig.office import Known, local

REMINDER_DUE = local("2026-03-08 10:00")
Open = Callable[..., Awaitable[Post]]


@pytest.fixture
async def mails() -> AsyncIterator[tuple[Inbox, SmtpChannel]]:
    inbox = Inbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(inbox, loop=loop), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    there = SmtpServer(host="127.0.0.1", port=port, sender="office@lee.example", tls_from_start=False)
    yield inbox, SmtpChannel(there)
    server.close()


@pytest.fixture
def open_both(open_post: OpenPost, mails: tuple[Inbox, SmtpChannel]) -> Open:
    """A post that has mail as well as texts."""

    async def opened(**faults: object) -> Post:
        post = await open_post(faults=Faults(**faults))
        post.ways = {**post.ways, Channel.EMAIL: mails[1]}
        return post

    return opened


@dataclass(frozen=True)
class After:
    """What a reminder that met a code has led to, once the second tries are over."""

    texts: int
    mails: int
    contact: str = "active"
    tasks: frozenset[str] = frozenset()
    stopped: bool = False


def by_mail(texts: int, *tasks: str, contact: str = "active", stopped: bool = False) -> After:
    return After(texts, 1, contact, frozenset(tasks), stopped)


def by_staff(texts: int) -> After:
    return After(texts, 0, tasks=frozenset({"undeliverable"}))


# What a create is refused with for good: no text leaves.
REFUSED = {
    21211: by_mail(0, "number_fails", contact="invalid"),
    21217: by_mail(0, "number_fails", contact="invalid"),
    21408: by_mail(0, "sending_trouble", "number_fails"),
    21610: by_mail(0, "opted_out", stopped=True),
    21612: by_mail(0, contact="invalid"),
    21614: by_mail(0, contact="invalid"),
    21635: by_mail(0, contact="invalid"),
    30450: by_staff(0),
    30610: by_staff(0),
    21655: by_mail(0, "sending_trouble"),
    63003: by_mail(0),
    63016: by_mail(0),
    99999: by_mail(0, "number_fails"),
}
# What a text that was taken ends with; where two left, the second was the one repetition.
UNDELIVERED = {
    21610: by_mail(1, "opted_out", stopped=True),
    30001: by_mail(2),
    30003: by_mail(2),
    30004: by_mail(1, "number_fails"),
    30005: by_mail(1, "number_fails", contact="quarantined"),
    30006: by_mail(1, contact="invalid"),
    30007: by_mail(1),
    30008: by_mail(2),
    30032: by_mail(1, "sending_trouble"),
    30034: by_mail(1, "sending_trouble"),
    30036: by_mail(1),
    30047: by_staff(1),
    30640: by_staff(1),
    63014: by_mail(1, "opted_out", stopped=True),
    63013: by_mail(1, "sending_trouble"),
    63024: by_mail(1),
    63032: by_mail(1),
    99999: by_mail(1, "number_fails"),
}
# A refusal that says nothing of the text: it waits until somebody has mended what is wrong.
HELD = (403, 20003, 21603, 21606, 21608, 21609, 23002, 30032, 30034)


async def _remind(post: Post, client: Known) -> None:
    await post.policy(THREE_DAYS)
    await book(post, client)
    post.clock.advance_to(REMINDER_DUE)
    await post.send()


async def _afterwards(post: Post, client: Known, inbox: Inbox) -> After:
    for _ in range(3):
        await post.send()
        post.clock.advance(timedelta(minutes=46))
    kinds = frozenset(kind for kind, state in await post.tasks() if state == "open")
    return After(
        texts=len(post.bodies()),
        mails=len(inbox.mails),
        contact=await post.contact_state(client),
        tasks=kinds,
        stopped=await post.is_stopped(client),
    )


@pytest.mark.parametrize("code", REFUSED)
async def test_what_follows_a_refusal(open_both: Open, mails: tuple[Inbox, SmtpChannel], code: int) -> None:
    post = await open_both(refused_code=code)
    ana = await post.office.client(email=True)
    await _remind(post, ana)
    assert await _afterwards(post, ana, mails[0]) == REFUSED[code]


@pytest.mark.parametrize("code", UNDELIVERED)
async def test_what_follows_a_text_that_did_not_arrive(
    open_both: Open, mails: tuple[Inbox, SmtpChannel], code: int
) -> None:
    post = await open_both(undelivered=1.0, undelivered_code=code)
    ana = await post.office.client(email=True)
    await _remind(post, ana)
    assert await _afterwards(post, ana, mails[0]) == UNDELIVERED[code]


@pytest.mark.parametrize("code", HELD)
async def test_what_is_wrong_with_the_sender_holds_the_text(
    open_both: Open, mails: tuple[Inbox, SmtpChannel], code: int
) -> None:
    post = await open_both(refused_code=code)
    ana = await post.office.client(email=True)
    message_id = await post.say(ana)
    await post.send()
    held = await post.message(message_id)
    assert (held.state, held.reason) == ("pending", f"carrier_{code}")
    assert await post.tasks() == [("sending_trouble", "open")]
    post.faults()
    post.clock.advance(timedelta(minutes=10))
    await post.send()
    assert (await post.message(message_id)).state == "sent"
    assert mails[0].mails == []


def test_every_code_of_the_table_is_tried_or_never_ends_a_text() -> None:
    ours = {20009, 20429, 21611, 11200, 11205, 11217, 12100, 12200, 23005, 23006, 63018}
    alike = {21910, 63005, 63021, 63027, 63028}
    assert set(KNOWN_CODES) <= {*REFUSED, *UNDELIVERED, *HELD, *ours, *alike, 63049}
    assert {error_rule(code) for code in alike} == {error_rule(63013)}
    assert error_rule(63049) == error_rule(63032)


async def _more(post: Post, client: Known, number: int, *, role: str = "client", agreed: bool = True) -> str:
    """One more phone of the client, that of canary `number`; returns its id."""
    async with writing(post) as tx:
        point_id = await add_contact_point(tx, client.id, NewContact("phone", canary(number).phone, role))
    if agreed:
        await post.agree(client, point_id)
    return point_id


async def test_the_clients_other_phone_is_next(open_both: Open, mails: tuple[Inbox, SmtpChannel]) -> None:
    ana_phone = canary(0).phone
    post = await open_both(undelivered_numbers={ana_phone: 30005})
    ana = await post.office.client(email=True)
    await _more(post, ana, 1)
    await _remind(post, ana)
    await post.send()
    assert len(post.bodies(ana_phone)) == 1
    assert len(post.bodies(canary(1).phone)) + len(mails[0].mails) == 1


async def test_every_way_is_tried_once_and_then_a_person_is_asked(
    open_both: Open, mails: tuple[Inbox, SmtpChannel]
) -> None:
    post = await open_both(undelivered=1.0, undelivered_code=30005)
    mails[0].at_rcpt = "550 no such box"
    ana = await post.office.client(email=True)
    await _more(post, ana, 1)
    await _remind(post, ana)
    for _ in range(6):
        await post.send()
    assert [len(post.bodies(canary(number).phone)) for number in (0, 1)] == [1, 1]
    assert mails[0].mails == []
    assert [kind for kind, _ in await post.tasks()].count("undeliverable") == 1
    assert await post.unfinished() == 0


@pytest.mark.parametrize("role", ["guardian", "partner", "carer"])
async def test_another_persons_phone_is_never_next(open_post: OpenPost, role: str) -> None:
    post = await open_post(faults=Faults(undelivered_numbers={canary(0).phone: 30004}))
    ana = await post.office.client()
    await _more(post, ana, 1, role=role)
    await _remind(post, ana)
    await post.run(timedelta(minutes=2), step=30)
    assert post.bodies(canary(1).phone) == []
    assert ("undeliverable", "open") in await post.tasks()


async def test_a_phone_without_consent_is_never_next(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(undelivered_numbers={canary(0).phone: 30004}))
    ana = await post.office.client()
    await _more(post, ana, 1, agreed=False)
    await _remind(post, ana)
    await post.send()
    assert post.bodies(canary(1).phone) == []
    assert ("undeliverable", "open") in await post.tasks()


async def test_who_stopped_texts_is_not_texted_at_another_number(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(refused_numbers={canary(0).phone: 21610}))
    ana = await post.office.client()
    await _more(post, ana, 1)
    message_id = await _notice(post, ana)
    await post.send()
    await post.send()
    assert [each for each in post.bodies() if "moved" in each or "is now" in each] == []
    assert (await post.message(message_id)).state == "failed"
    assert ("undeliverable", "open") in await post.tasks()


async def _notice(post: Post, client: Known) -> str:
    _, (place,) = await book(post, client, told=False)
    told = Particulars(starts_at=VISIT, other_at=VISIT - timedelta(days=1))
    return await post.say(
        client, "notice", kind=Kind.RESCHEDULED_BY_STAFF, participation_id=place, revision=1, fields=told
    )


async def test_a_notice_to_a_number_that_turned_out_wrong_becomes_a_call(open_post: OpenPost) -> None:
    post = await open_post()
    ana = await post.office.client()
    message_id = await _notice(post, ana)
    async with writing(post) as tx:
        await client_edit_store.set_contact(tx, ana.phone_id or "", "active", {"state": "invalid"})
    await post.send()
    assert ((await post.message(message_id)).state, (await post.message(message_id)).reason) == (
        "cancelled", "number_invalid",
    )  # fmt: skip
    assert ("call", "open") in await post.tasks()


async def test_a_second_try_that_falls_into_the_night_goes_another_way(
    open_both: Open, mails: tuple[Inbox, SmtpChannel]
) -> None:
    """Late in the evening before an early visit there is no time left for 45 minutes, and then none at all."""
    post = await open_both(undelivered=1.0, undelivered_code=30003)
    ana = await post.office.client(email=True)
    await post.policy()
    _, (place,) = await book(post, ana, at=local("2026-03-11 09:00"), told=False)
    post.clock.advance_to(local("2026-03-10 19:30"))
    message_id = await post.say(
        ana, kind=Kind.REMINDER, participation_id=place, revision=1, useful_until=local("2026-03-11 07:30")
    )
    await post.send()
    post.clock.advance_to(local("2026-03-10 20:16"))
    for _ in range(4):
        await post.send()
    assert (await post.message(message_id)).state == "failed"
    assert await post.unfinished() == 0
    assert ("undeliverable", "open") in await post.tasks()
    assert (len(post.bodies()), mails[0].mails) == (1, [])


async def test_a_phone_that_is_off_for_four_texts_is_a_number_nobody_uses(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(undelivered=1.0, undelivered_code=30003))
    await post.policy(THREE_DAYS, DAY_BEFORE)
    ana = await post.office.client()
    await book(post, ana)
    for day in (8, 10):
        assert await post.contact_state(ana) == "active"
        post.clock.advance_to(local(f"2026-03-{day:02} 10:00"))
        await post.send()
        post.clock.advance(timedelta(minutes=45))
        await post.send()
    assert await post.contact_state(ana) == "invalid"
    assert len(post.bodies()) == 4


async def test_texts_taken_for_spam_alarm_when_they_are_several(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(undelivered=1.0, undelivered_code=30007))
    for number in range(3):
        assert "sending_trouble" not in {kind for kind, _ in await post.tasks()}
        await post.say(await post.office.client(number), str(number))
        await post.send()
    assert ("sending_trouble", "open") in await post.tasks()


async def test_what_arrives_after_all_takes_back_every_way_that_waits(
    open_both: Open, mails: tuple[Inbox, SmtpChannel]
) -> None:
    post = await open_both(undelivered=1.0, undelivered_code=30004)
    ana = await post.office.client(email=True)
    await _remind(post, ana)
    (first,) = [each for each in await post.touches(ana) if each.state == "failed"]
    await post.callback(first.id, 1, first.sid or "", "delivered")
    await post.send()
    assert mails[0].mails == []
    assert {each.reason for each in await post.touches(ana) if each.state == "cancelled"} == {"arrived_after_all"}
