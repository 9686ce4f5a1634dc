"""Links: one secret, one purpose, and one answer for everything that is not alive."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from messages import links
from messages.kinds import Channel, Kind
from messages.links import Purpose
from scheduler import tables
from scheduler.actions.clients import remove_contact_point
from scheduler.actions.move import move
from scheduler.core.vault import TOKEN_CHARS
from tests.messages.post import Post, book, writing
from tests.rig.office import local, open_office


async def test_a_link_opens_until_it_expires(post: Post) -> None:
    ana = await post.office.client()
    async with writing(post) as tx:
        ends = tx.now + timedelta(hours=1)
        made = await links.make(tx, Purpose.PREFERENCES, client_id=ana.id, expires_at=ends)
    assert len(made.token) == TOKEN_CHARS
    assert made.token.isalnum()
    async with post.record.read(post.practice_id) as r:
        found = await links.look_up(r, made.token)
        assert found is not None
        assert (found.purpose, found.client_id, found.id) == ("preferences", ana.id, made.id)
    assert await links.practice_of(post.record, made.token) == post.practice_id
    post.clock.advance(3600)
    async with post.record.read(post.practice_id) as r:
        assert await links.look_up(r, made.token) is None


@pytest.mark.parametrize(
    "token", ["", "short", "a" * 21, "a" * 22, "a" * 23, "a" * 21 + "-", "é" * 22, "a" * 22 + "\n"]
)
async def test_what_is_no_link_of_ours_is_nothing(post: Post, token: str) -> None:
    assert await links.practice_of(post.record, token) is None
    async with post.record.read(post.practice_id) as r:
        assert await links.look_up(r, token) is None


async def test_another_practices_link_is_nothing_here(post: Post) -> None:
    ana = await post.office.client()
    other = await open_office(post.record)
    async with writing(post) as tx:
        ends = tx.now + timedelta(hours=1)
        made = await links.make(tx, Purpose.PREFERENCES, client_id=ana.id, expires_at=ends)
    async with post.record.read(other.practice_id) as r:
        assert await links.look_up(r, made.token) is None


async def test_the_token_stands_nowhere(post: Post) -> None:
    ana = await post.office.client()
    token = await post.visit_link(ana)
    async with post.record.read(post.practice_id) as r:
        rows = (await r.conn.execute(select(tables.link))).all()
        assert rows
        assert token not in repr(rows)
        assert token.encode() not in repr(rows).encode()


async def test_a_move_kills_the_links_that_speak_of_the_old_time(post: Post) -> None:
    ana = await post.office.client()
    await post.policy()
    appointment_id, (participation_id,) = await book(post, ana)
    await post.say(ana, "linked", kind=Kind.REMINDER, participation_id=participation_id, revision=1)
    await post.send()
    token = post.bodies()[-1].partition("/l/")[2][:22]
    async with writing(post) as tx:
        await move(tx, appointment_id, starts_at=local("2026-03-12 11:00"), by="client")
    async with post.record.read(post.practice_id) as r:
        assert await links.look_up(r, token) is None


async def test_a_number_out_of_use_keeps_no_living_link(post: Post) -> None:
    ana = await post.office.client()
    await post.policy()
    token = await post.visit_link(ana)
    async with writing(post) as tx:
        await remove_contact_point(tx, ana.phone_id or "")
    async with post.record.read(post.practice_id) as r:
        assert await links.look_up(r, token) is None


async def test_revoking_by_what_it_is_about(post: Post) -> None:
    ana = await post.office.client()
    async with writing(post) as tx:
        ends = tx.now + timedelta(hours=1)
        one = await links.make(tx, Purpose.VISIT, client_id=ana.id, expires_at=ends, participation_id=None)
        two = await links.make(tx, Purpose.OFFER, client_id=ana.id, expires_at=ends, offer_id="a" * 32)
        assert await links.revoke_for(tx, offer_id="a" * 32) == 1
        assert await links.look_up(tx, one.token) is not None
        assert await links.look_up(tx, two.token) is None
        assert await links.revoke_for(tx, client_id=ana.id) == 1
        assert await links.revoke_for(tx, client_id=ana.id) == 0


async def test_a_second_attempt_prints_the_same_link(post: Post) -> None:
    post.faults(script=("error_before",), callback_lost=1.0)
    ana = await post.office.client()
    await post.policy()
    _, (participation_id,) = await book(post, ana)
    message_id = await post.say(ana, "linked", kind=Kind.REMINDER, participation_id=participation_id, revision=1)
    await post.run(timedelta(minutes=1))
    assert (await post.message(message_id)).attempt == 2
    async with post.record.read(post.practice_id) as r:
        assert len((await r.conn.execute(select(tables.link))).all()) == 1
        token = post.bodies()[-1].partition("/l/")[2][:22]
        assert await links.look_up(r, token) is not None
    assert Channel.SMS in post.ways
