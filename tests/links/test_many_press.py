"""Many press for one time at once: one has it, and what is kept of the others costs as much as of one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from bot.links.claims import claims_of
from bot.links.opened import ALL, Opened, openings_of
from messages import links
from messages.links import Purpose
from scheduler import tables
from scheduler.actions.cancel import cancel
from scheduler.core import audit
from scheduler.core.engine import open_engines
from scheduler.core.ids import seeded_ids
from scheduler.core.record import Record
from tests.rig.clock import ManualClock
from tests.rig.office import FRONT_DESK, Known, Office, local
from waitlist import entry_store, offer_store
from waitlist.actions.claim import Gone, Won, claim
from waitlist.actions.join import join
from waitlist.actions.save_policy import save_policy
from waitlist.due import do_due
from waitlist.offer_store import OfferState

MANY = 9


async def asked(office: Office, clock: ManualClock, count: int = MANY) -> list[tuple[Known, str]]:
    """So many who are asked about the same Thursday at two, each with a link; the texts of the offers have left."""
    clients = [await office.client(number) for number in range(count + 1)]
    booked = await office.book(clients.pop(), at=local("2026-03-05 14:00"))
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await save_policy(tx, {"mode": "everybody"})
        for client in clients:
            await join(tx, client_id=client.id, service_id=office.service_id)
        await cancel(tx, booked.participation_ids[0], by="client")
    clock.advance(timedelta(hours=1))
    await do_due(office.record, office.practice_id)
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        m = tables.message
        await tx.conn.execute(update(m).where(m.c.kind == "offer").values(state="sent", sent_at=tx.now))
        offers = {each.client_id: each for each in await offer_store.offers(tx, states=(OfferState.HELD,))}
        made = [
            await links.make(
                tx, Purpose.OFFER, client_id=client.id, expires_at=offers[client.id].expires_at,
                offer_id=offers[client.id].id, contact_point_id=offers[client.id].contact_point_id,
            )
            for client in clients
        ]  # fmt: skip
    return [(client, each.token) for client, each in zip(clients, made, strict=True)]


class Pages:
    """What one process knows of links."""

    def __init__(self, record: Record) -> None:
        self._openings, self._claims = openings_of(record), claims_of(record)

    async def opened(self, token: str) -> Opened:
        found = await self._openings.done(ALL, token)
        assert found is not None
        return found

    async def pressed(self, opened: Opened) -> object:
        """How it ended; None for a link that has died meanwhile."""
        ended = await self._claims.done((opened.practice_id, opened.link.opening_id or ""), opened)
        return ended and ended.outcome

    async def press(self, tokens: Sequence[str]) -> list[object]:
        opened = await asyncio.gather(*map(self.opened, tokens))
        return await asyncio.gather(*map(self.pressed, opened))


@pytest.fixture
async def other_process(engine_url: str, record: Record) -> AsyncIterator[Record]:
    """The same database through connections of its own."""
    engines = open_engines(engine_url)
    yield Record(engines, record.clock, record.vault, make_id=seeded_ids(2), subscriptions=record.subscriptions)
    await engines.close()


@pytest.fixture
def commits(record: Record) -> list[str]:
    found: list[str] = []
    event.listen(record.engines.writer.sync_engine, "commit", lambda _conn: found.append("commit"))
    return found


@pytest.fixture
def statements(record: Record) -> list[str]:
    found: list[str] = []
    for engine in {record.engines.writer.sync_engine, record.engines.reader.sync_engine}:
        event.listen(engine, "before_cursor_execute", lambda *given: found.append(given[2]))
    return found


async def test_one_of_many_wins_and_the_others_share_a_commit(
    office: Office, clock: ManualClock, record: Record, commits: list[str]
):
    people = await asked(office, clock)
    pages = Pages(record)
    commits.clear()
    ended = await pages.press([token for _, token in people])
    assert [type(each) for each in ended] == [Won] + [Gone] * (MANY - 1)
    assert len(commits) == 2
    async with record.read(office.practice_id) as r:
        for client, _ in people[1:]:
            (entry,) = await entry_store.entries_of(r, client.id)
            assert entry.credit == 1 + 5
        e = tables.audit_entry.c
        who = select(e.actor_id, e.via).where(e.action == "offer.in_vain")
        noted = {(row.actor_id, row.via) for row in await r.conn.execute(who)}
        assert noted == {(client.id, "link") for client, _ in people[1:]}
        assert (await audit.verify(r.conn, record.vault.audit_key, office.practice_id)).broken_at is None


async def test_pressing_again_reads_the_same_and_writes_nothing(
    office: Office, clock: ManualClock, record: Record, commits: list[str]
):
    people = await asked(office, clock)
    pages = Pages(record)
    first = await pages.press([token for _, token in people])
    commits.clear()
    again = await pages.press([token for _, token in people])
    assert [type(each) for each in again] == [type(each) for each in first]
    assert commits == []


async def test_many_who_come_second_cost_as_many_statements_as_one(
    office: Office, clock: ManualClock, record: Record, statements: list[str]
):
    people = await asked(office, clock)
    pages = Pages(record)
    tokens = [token for _, token in people]
    await pages.press(tokens[:1])
    opened = await asyncio.gather(*map(pages.opened, tokens[1:]))
    statements.clear()
    await pages.pressed(opened[0])
    of_one = len(statements)
    statements.clear()
    claims = claims_of(record)
    lot = [claims.done((each.practice_id, each.link.opening_id or ""), each) for each in opened[1:]]
    assert all(ended is not None and ended.outcome == Gone() for ended in await asyncio.gather(*lot))
    # The first of them begins at once, and is alone; all others are one lot.
    assert len(statements) <= 2 * of_one


async def test_pressed_twice_at_once_is_won_twice_and_booked_once(office: Office, clock: ManualClock, record: Record):
    people = await asked(office, clock, 2)
    pages = Pages(record)
    mine = people[0][1]
    ended = await pages.press([mine, mine, people[1][1], mine])
    assert [type(each) for each in ended] == [Won, Won, Gone, Won]
    assert len({each.participation_id for each in ended if isinstance(each, Won)}) == 1


async def test_a_link_that_dies_meanwhile_is_dead_for_its_holder_only(
    office: Office, clock: ManualClock, record: Record
):
    people = await asked(office, clock, 4)
    pages = Pages(record)
    opened = await asyncio.gather(*(pages.opened(token) for _, token in people))
    async with record.write(office.practice_id, FRONT_DESK) as tx:
        for dying in (opened[0], opened[2]):
            assert await links.revoke_for(tx, offer_id=dying.link.offer_id) == 1
    ended = await asyncio.gather(*map(pages.pressed, opened))
    assert [type(each) for each in ended] == [type(None), Won, type(None), Gone]


async def test_who_comes_second_to_a_text_is_answered_with_the_others(
    office: Office, clock: ManualClock, record: Record, commits: list[str]
):
    people = await asked(office, clock)
    pages = Pages(record)
    opened = await asyncio.gather(*(pages.opened(token) for _, token in people))
    async with record.write(office.practice_id, FRONT_DESK) as tx:
        won = await claim(tx, opened[0].link.offer_id or "", via="sms")
    assert isinstance(won, Won)
    commits.clear()
    ended = await asyncio.gather(*map(pages.pressed, opened[1:]))
    assert ended == [Gone()] * (MANY - 1)
    assert len(commits) == 1


async def test_two_processes_have_one_winner(office: Office, clock: ManualClock, record: Record, other_process: Record):
    people = await asked(office, clock)
    here, there = Pages(record), Pages(other_process)
    tokens = [token for _, token in people]
    ended = await asyncio.gather(here.press(tokens[::2]), there.press(tokens[1::2]), there.press(tokens[::2]))
    all_ended = [each for some in ended for each in some]
    assert len({each.participation_id for each in all_ended if isinstance(each, Won)}) == 1
    assert all(isinstance(each, Won | Gone) for each in all_ended)
    async with record.read(office.practice_id) as r:
        states = [each.state for each in await offer_store.offers(r, opening_id=(await _opening_of(r)))]
    assert sorted(states) == [OfferState.CLAIMED] + [OfferState.WITHDRAWN] * (MANY - 1)


async def _opening_of(r) -> str:
    return (
        await r.conn.execute(select(tables.offer.c.opening_id).where(tables.offer.c.state == "claimed"))
    ).scalar_one()


async def test_who_said_yes_by_text_first_finds_the_other_time_on_their_page(
    office: Office, clock: ManualClock, record: Record
):
    people = await asked(office, clock, 2)
    pages = Pages(record)
    first, second = [await pages.opened(token) for _, token in people]
    assert isinstance(await pages.pressed(first), Won)
    async with record.write(office.practice_id, FRONT_DESK) as tx:
        assert await claim(tx, second.link.offer_id or "", via="sms") == Gone()
    shown = [await claims_of(record).done((second.practice_id, "any"), second) for _ in range(2)]
    assert shown[0] is not None
    assert shown[0].instead.startswith("/l/")
    assert shown[0] == shown[1]
