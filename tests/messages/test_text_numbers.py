"""Where many may be texted at once is told as it is told one by one, and a cap counts all that counts."""

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from messages.kinds import Channel, Purpose
from messages.recipients import reachable
from messages.texting_store import text_numbers
from scheduler import tables
from scheduler.core.record import Record, Tx
from scheduler.core.vault import Box
from scheduler.people import client_edit_store as edits
from scheduler.people.client_fields import ClientFields
from tests.rig.clock import ManualClock
from tests.rig.office import OWNER, open_office
from waitlist import reach_store
from waitlist.reach_store import Instants

PEOPLE = 40
SMS = Channel.SMS


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_number_named_is_the_one_recipients_names(record: Record, seed: int) -> None:
    practice, chance = (await open_office(record)).practice_id, random.Random(seed)
    async with record.write(practice, OWNER) as tx:
        ids = [await _somebody(tx, chance, number) for number in range(PEOPLE)]
        for purpose in Purpose:
            every = await reachable(tx, ids, purpose)
            one_by_one = {each: found[SMS].id for each, found in every.items() if SMS in found}
            numbers = await text_numbers(tx, ids, purpose)
            assert {each: point.id for each, point in numbers.items()} == one_by_one
            assert 0 < len(one_by_one) < PEOPLE
            assert all(point.client_id == each for each, point in numbers.items())


async def test_of_another_practice_nobody_is_named(record: Record) -> None:
    here, elsewhere = await open_office(record), await open_office(record)
    ana = await here.client()
    async with record.read(here.practice_id) as r:
        assert (await text_numbers(r, [ana.id], Purpose.WAITLIST))[ana.id].id == ana.phone_id
    async with record.read(elsewhere.practice_id) as r:
        assert await text_numbers(r, [ana.id], Purpose.WAITLIST) == {}


async def test_a_cap_counts_what_left_lately_and_what_is_planned(record: Record, clock: ManualClock) -> None:
    office = await open_office(record)
    ana, now = await office.client(), clock.now()
    since, before, lately, later = (now + timedelta(days=days) for days in (-8, -9, -1, 1))
    rows = [
        _text("sent", intent_at=lately, due_at=lately),
        _text("sent", intent_at=before, due_at=before),
        _text("pending", intent_at=None, due_at=later),
        _text("pending", intent_at=lately, due_at=later),  # a second try: it may have reached them
        _text("cancelled", intent_at=None, due_at=later),
        _text("unknown", intent_at=since, due_at=since),
    ]
    async with record.write(office.practice_id, OWNER) as tx:
        address_ix = edits.value_ix(tx, "phone", ana.who.phone)
        for row in rows:
            named = {"practice_id": tx.practice_id, "id": tx.new_id(), "dedupe": tx.new_id(), "address_ix": address_ix}
            await tx.conn.execute(insert(tables.message).values(created_at=now, useful_until=later, **named, **row))
        found = (await reach_store.capped_texts(tx, [address_ix], since))[address_ix]
    told = [Instants(lately, False), Instants(lately, False), Instants(since, False), Instants(later, True)]
    assert sorted(found, key=lambda each: (each.planned, each.at)) == sorted(
        told, key=lambda each: (each.planned, each.at)
    )


def _text(state: str, **instants: object) -> dict[str, object]:
    fixed = {"kind": "offer", "channel": "sms", "fields": {}, "priority": 5, "attempt": 0, "looks": 0}
    return {**fixed, "state": state, **instants}


async def _somebody(tx: Tx, chance: random.Random, number: int) -> str:
    client_id = tx.new_id()
    row = edits.client_row(tx, client_id, ClientFields("Client", f"No {number}"))
    box = tx.vault.box(row["data_key"])
    points = [
        _point(tx, box, client_id, chance, kind, number) for kind in chance.sample(("phone", "email", "phone"), 2)
    ]
    await edits.insert_rows(tx, [row], points, [])
    for point in points:
        await _words(tx, chance, point["id"])
        if chance.random() < 0.3:
            await _stop(tx, chance, point["value_ix"])
    return client_id


def _point(tx: Tx, box: Box, client_id: str, chance: random.Random, kind: str, number: int) -> dict[str, Any]:
    value = f"+1202555{chance.randrange(10_000):04}" if kind == "phone" else f"no{number}.{chance.random()}@example.org"
    state = chance.choices(("active", "quarantined", "invalid", "removed"), (6, 1, 1, 1))[0]
    return edits.contact_row(tx, box, tx.new_id(), client_id, kind, value, state=state, rank=chance.randrange(2))


async def _words(tx: Tx, chance: random.Random, point_id: str) -> None:
    for _ in range(chance.randrange(8)):
        said = {"channel": chance.choice(("sms", "voice", "whatsapp")), "purpose": chance.choice(tuple(Purpose)).value}
        at = tx.now - timedelta(minutes=chance.randrange(100))
        row = {"id": tx.new_id(), "granted": chance.random() < 0.7, "wording": "form_1", "how": "form", "at": at}
        named = {"practice_id": tx.practice_id, "contact_point_id": point_id}
        await tx.conn.execute(insert(tables.consent).values(**named, **row, **said))


async def _stop(tx: Tx, chance: random.Random, address_ix: object) -> None:
    row = {"channel": chance.choice(("sms", "voice")), "stopped": chance.random() < 0.7, "source": "keyword"}
    await tx.conn.execute(
        insert(tables.opt_out).values(practice_id=tx.practice_id, address_ix=address_ix, at=tx.now, **row)
    )
