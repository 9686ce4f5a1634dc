"""Clients and contact points through their actions, on both engines."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from scheduler import tables
from scheduler.actions.clients import (
    NewContact,
    add_client,
    add_contact_point,
    archive_client,
    edit_client,
    prefer_contact_point,
    quarantine_contact_point,
    remove_contact_point,
    unarchive_client,
)
from scheduler.actions.read_client import read_client
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Record, Subscriptions
from scheduler.events import ContactChanged
from scheduler.people import store as people
from scheduler.people.client_fields import ClientFields
from tests.people.setting import ANA, BOB, FRONT, Setting, set_up


@pytest.fixture
def told(subscriptions: Subscriptions) -> list[str]:
    clients: list[str] = []

    async def hear(_tx: object, event: ContactChanged) -> None:
        clients.append(event.client_id)

    subscriptions.on(ContactChanged, hear)
    return clients


async def audit(record: Record, setting: Setting) -> list[tuple[str, str | None, dict[str, object]]]:
    async with record.read(setting.practice) as r:
        found = await r.conn.execute(select(tables.audit_entry).order_by(tables.audit_entry.c.seq))
        return [(row.action, row.subject_id, row.detail) for row in found]


async def test_a_client_is_read_back_as_written(record: Record, setting: Setting) -> None:
    async with record.read(setting.practice) as r:
        ana = await people.client(r, setting.ana)
        points = await people.contact_points(r, setting.ana)
    assert ana is not None
    assert (ana.first, ana.last, ana.preferred, ana.birth_date) == (ANA.first, ANA.last, ANA.preferred, ANA.birth_date)
    assert ana.display == "Nita O'Brien-Ruiz"
    assert [(p.kind, p.value, p.rank) for p in points] == [
        ("phone", "+12025550123", 0),
        ("email", "Ana@example.org", 1),
    ]


async def test_nothing_personal_is_in_the_rows_or_in_repr(record: Record, setting: Setting) -> None:
    async with record.read(setting.practice) as r:
        rows = [
            repr(tuple(row))
            for table in (tables.client, tables.contact_point, tables.client_word)
            for row in await r.conn.execute(select(table))
        ]
        shown = repr(await people.client(r, setting.ana)) + repr(await people.contact_points(r, setting.ana))
        practice = repr(await people.practice(r))
    for canary in ("Ana", "O'Brien", "Nita", "1984", "2025550123", "xample", "1042"):
        assert not [row for row in rows if canary in row]
        assert canary not in shown
    assert "data_key" not in practice


@pytest.mark.parametrize("asked", ["nit", "obrien ana", "7/9/1984", "0123", "sp-1042"])
async def test_search_finds_by_any_word(record: Record, setting: Setting, asked: str) -> None:
    async with record.read(setting.practice) as r:
        assert [c.id for c in await people.search_clients(r, asked)] == [setting.ana]


async def test_a_search_without_words_gives_the_newest_and_signs_alone_nobody(record: Record, setting: Setting) -> None:
    async with record.read(setting.practice) as r:
        assert {c.id for c in await people.search_clients(r, " ")} == {setting.ana, setting.bob}
        assert len(await people.search_clients(r, "", limit=1)) == 1
        assert await people.search_clients(r, "?!") == ()
        assert await people.search_clients(r, "ana", seen_by=setting.clinician) == ()


async def test_a_client_is_found_by_number_and_address(record: Record, setting: Setting) -> None:
    async with record.read(setting.practice) as r:
        ix = r.vault.blind(r.practice_id, "phone", "+12025550123")
        assert [p.client_id for p in await people.contact_points_at(r, ix)] == [setting.ana]
        ix = r.vault.blind(r.practice_id, "email", "ana@example.org")
        assert [p.client_id for p in await people.contact_points_at(r, ix)] == [setting.ana]


async def test_another_practice_finds_nothing(record: Record, setting: Setting) -> None:
    other = await set_up(record)
    async with record.read(other.practice) as r:
        assert await people.client(r, setting.ana) is None
        assert await people.clients(r, [setting.ana, other.ana]) == {other.ana: await people.client(r, other.ana)}
        assert await people.contact_points(r, setting.ana) == ()
        assert await people.location(r, setting.location) is None
        assert await people.clinician(r, setting.clinician) is None
        assert await people.service(r, setting.service) is None
        assert [c.id for c in await people.search_clients(r, "nita")] == [other.ana]
        assert {each.id for each in await people.clinicians(r)} == {other.clinician, other.other_clinician}
        with pytest.raises(NotFound):
            await people.box_of_client(r, setting.ana)
        assert set(await people.practice_ids(r)) == {setting.practice, other.practice}
    async with record.read("0" * 32) as r:
        with pytest.raises(NotFound):
            await people.practice(r)


async def test_an_edit_replaces_fields_words_and_says_what_changed(
    record: Record, setting: Setting, told: list[str]
) -> None:
    async with record.write(setting.practice, FRONT) as tx:
        edited = replace(ANA, last="Vance", zone="America/Chicago", birth_date=None)
        assert await edit_client(tx, setting.ana, edited) == ("last", "birth_date", "zone")
    async with record.read(setting.practice) as r:
        assert await people.search_clients(r, "obrien") == ()
        assert await people.search_clients(r, "7/9/1984") == ()
        (found,) = await people.search_clients(r, "vance 0123")
    assert (found.last, found.zone, found.birth_date) == ("Vance", "America/Chicago", None)
    assert told == [setting.ana]
    assert ("client.edited", setting.ana, {"changed": "last,birth_date,zone"}) in await audit(record, setting)


async def test_an_edit_that_changes_nothing_is_none(record: Record, setting: Setting, told: list[str]) -> None:
    entries = len(await audit(record, setting))
    async with record.write(setting.practice, FRONT) as tx:
        assert await edit_client(tx, setting.ana, replace(ANA, first="  Ana   María ")) == ()
    assert told == []
    assert len(await audit(record, setting)) == entries


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"first": " ", "last": "\u202e"}, "name_needed", "first"),
        ({"last": "x" * 81}, "name_too_long", "last"),
        ({"birth_date": date(2026, 3, 5)}, "birth_date_impossible", "birth_date"),
        ({"birth_date": date(1789, 7, 14)}, "birth_date_impossible", "birth_date"),
        ({"payer": "rich"}, "payer_unknown", "payer"),
        ({"zone": "America/Nowhere"}, "zone_unknown", "zone"),
        ({"language": "English"}, "language_unknown", "language"),
        ({"record_number": "9" * 41}, "record_number_too_long", "record_number"),
    ],
)
async def test_impossible_fields_are_refused(
    record: Record, setting: Setting, wrong: dict[str, object], code: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        async with record.write(setting.practice, FRONT) as tx:
            await add_client(tx, replace(BOB, **wrong))
    assert (refused.value.code, refused.value.field) == (code, field)


async def test_a_record_number_is_one_clients_only(record: Record, setting: Setting) -> None:
    async with record.write(setting.practice, FRONT) as tx:
        with pytest.raises(Conflict, match="record_number_taken"):
            await add_client(tx, ClientFields("Zoe", "Hart", record_number="sp-1042"))
        with pytest.raises(Conflict, match="record_number_taken"):
            await edit_client(tx, setting.bob, replace(BOB, record_number="SP-1042"))
        again = await add_client(tx, ClientFields("Zoe", "Hart"))  # the transaction is still usable
    async with record.read(setting.practice) as r:
        assert await people.client(r, again) is not None


@pytest.mark.parametrize(
    ("contact", "code"),
    [
        (NewContact("phone", "12"), "phone_not_assigned"),
        (NewContact("phone", "202-555-0123 ext 4"), "phone_has_extension"),
        (NewContact("email", "nobody"), "email_not_an_address"),
        (NewContact("pigeon", "coo"), "contact_kind_unknown"),
        (NewContact("phone", "202-555-0155", role="boss"), "contact_role_unknown"),
    ],
)
async def test_bad_contacts_are_refused_without_repeating_them(
    record: Record, setting: Setting, contact: NewContact, code: str
) -> None:
    async with record.write(setting.practice, FRONT) as tx:
        with pytest.raises(Invalid) as refused:
            await add_contact_point(tx, setting.bob, contact)
    assert str(refused.value) == code


async def test_a_number_is_added_after_those_on_file_and_can_be_put_first(
    record: Record, setting: Setting, told: list[str]
) -> None:
    async with record.write(setting.practice, FRONT) as tx:
        added = await add_contact_point(tx, setting.ana, NewContact("phone", "202 555 0188", role="partner"))
    async with record.read(setting.practice) as r:
        assert [p.rank for p in await people.contact_points(r, setting.ana)] == [0, 1, 2]
        assert [c.id for c in await people.search_clients(r, "0188")] == [setting.ana]
    async with record.write(setting.practice, FRONT) as tx:
        await prefer_contact_point(tx, added)
    async with record.read(setting.practice) as r:
        assert (await people.contact_points(r, setting.ana))[0].id == added
    assert told == [setting.ana, setting.ana]


async def test_the_same_number_twice_is_one_contact_point(record: Record, setting: Setting) -> None:
    async with record.write(setting.practice, FRONT) as tx:
        with pytest.raises(Conflict, match="contact_point_exists"):
            await add_contact_point(tx, setting.ana, NewContact("phone", "+1 202-555-0123"))
        twice = [NewContact("phone", "202-555-0199"), NewContact("phone", "(202) 555 0199")]
        zoe = await add_client(tx, ClientFields("Zoe", "Hart"), twice)
    async with record.read(setting.practice) as r:
        assert len(await people.contact_points(r, zoe)) == 1


async def test_a_removed_number_is_no_longer_used_and_comes_back_without_consent(
    record: Record, setting: Setting, told: list[str]
) -> None:
    async with record.read(setting.practice) as r:
        point = (await people.contact_points(r, setting.ana))[0]
    async with record.write(setting.practice, FRONT) as tx:
        agreed = {"practice_id": tx.practice_id, "contact_point_id": point.id, "how": "form", "at": tx.now}
        agreed |= {"id": tx.new_id(), "channel": "sms", "purpose": "reminders", "granted": True, "wording": "v1"}
        await tx.conn.execute(tables.consent.insert().values(**agreed))
        await remove_contact_point(tx, point.id)
        with pytest.raises(NotFound):
            await remove_contact_point(tx, point.id)
    async with record.read(setting.practice) as r:
        assert await people.contact_points_at(r, point.value_ix) == ()
        assert await people.search_clients(r, "0123") == ()
    record.clock.advance(timedelta(minutes=1))
    async with record.write(setting.practice, FRONT) as tx:
        assert await add_contact_point(tx, setting.ana, NewContact("phone", "2025550123")) == point.id
    async with record.read(setting.practice) as r:
        consents = await people.consents(r, [point.id])
        assert [row.granted for row in consents.values()] == [False]
        assert [row.granted for row in await people.consent_history(r, point.id)] == [False, True]
        assert [c.id for c in await people.search_clients(r, "0123")] == [setting.ana]
    assert told == [setting.ana, setting.ana]


async def test_a_quarantined_number_is_kept_but_not_active(record: Record, setting: Setting, told: list[str]) -> None:
    async with record.read(setting.practice) as r:
        point = (await people.contact_points(r, setting.ana))[0]
    async with record.write(setting.practice, FRONT) as tx:
        assert await quarantine_contact_point(tx, point.id, reason="wrong_number")
        assert not await quarantine_contact_point(tx, point.id, reason="wrong_number")
        with pytest.raises(Conflict, match="contact_point_not_active"):
            await prefer_contact_point(tx, point.id)
    async with record.read(setting.practice) as r:
        assert (await people.contact_points(r, setting.ana))[0].state == "quarantined"
    assert told == [setting.ana]


async def test_an_archived_client_is_out_of_the_way_and_comes_back(record: Record, setting: Setting) -> None:
    async with record.write(setting.practice, FRONT) as tx:
        await archive_client(tx, setting.ana)
        with pytest.raises(Conflict, match="client_archived"):
            await archive_client(tx, setting.ana)
    async with record.read(setting.practice) as r:
        assert await people.search_clients(r, "nita") == ()
        assert len(await people.search_clients(r, "nita", archived=True)) == 1
    async with record.write(setting.practice, FRONT) as tx:
        await unarchive_client(tx, setting.ana)
        with pytest.raises(Conflict, match="client_not_archived"):
            await unarchive_client(tx, setting.ana)
        with pytest.raises(NotFound):
            await archive_client(tx, "0" * 32)


async def test_reading_a_client_is_itself_on_record(record: Record, setting: Setting) -> None:
    async with record.write(setting.practice, FRONT) as tx:
        opened = await read_client(tx, setting.ana)
        with pytest.raises(NotFound):
            await read_client(tx, "0" * 32)
    assert opened.client.display == "Nita O'Brien-Ruiz"
    assert len(opened.contact_points) == 2
    assert [entry[:2] for entry in await audit(record, setting)].count(("client.read", setting.ana)) == 1
