"""Each promise that can be read off the data is broken on purpose, and the check names it. On both engines."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from messages.delivery import Status
from messages.kinds import Kind, traits
from scheduler import tables as t
from scheduler.actions import propose_fee
from scheduler.actions.attend import attend
from scheduler.actions.cancel import cancel
from scheduler.actions.fee_policy import accept_fee_policy, save_fee_policy
from scheduler.actions.fees import approve_fee
from scheduler.check import Finding, check, check_database, check_state
from scheduler.checks.message_store import ANSWERS_STOP, CLIMB
from scheduler.core.actor import Actor, ActorKind, Via
from scheduler.core.record import Reading, Record, Subscriptions
from scheduler.events import AttendanceMarked, ParticipationCancelled
from scheduler.people import store as people
from tests.rig.clock import ManualClock
from tests.rig.world import World, local, make_world

START = local("2026-03-10", "15:00")
BILLER = Actor(ActorKind.STAFF, "b" * 32, Via.CONSOLE, frozenset({"biller"}))
Ids = dict[str, Any]


@pytest.fixture
def subscriptions() -> Subscriptions:
    bound = Subscriptions()
    bound.on(ParticipationCancelled, propose_fee.on_cancelled)
    bound.on(AttendanceMarked, propose_fee.on_attendance)
    return bound


@pytest.fixture
async def world(record: Record) -> World:
    return await make_world(record)


@pytest.fixture
async def named(world: World, clock: ManualClock) -> Ids:
    """A practice in which everything that can be wrong is right: visits, a missed one with its fee, texts, an offer."""
    ana, bob = await world.client(phone="+12065550101"), await world.client("Bob", "Stone", phone="+12065550102")
    async with world.write() as tx:
        version = await save_fee_policy(tx, window_hours=24, mode="amount", value=4000, grace_misses=0, text="Fee.")
        await accept_fee_policy(tx, ana, version)
    async with world.read() as r:
        (point,) = await people.contact_points(r, ana)
    clock.advance(60)
    kept = await world.book(ana, START)
    missed = await world.book(ana, START + timedelta(hours=1))
    late = await world.book(ana, START + timedelta(hours=2))
    ahead = await world.book(bob, START + timedelta(days=7))
    clock.advance_to(START - timedelta(hours=3))
    found: Ids = {"ana": ana, "bob": bob, "point": point, "ahead": ahead.appointment_id}
    async with world.write() as tx:
        await cancel(tx, late.participation_ids[0], by="client")
    async with world.write() as tx:
        found |= await _texts(tx, point, missed.participation_ids[0])
        found |= await _won_offer(tx, world, bob, ahead.participation_ids[0], point.id)
    clock.advance_to(START + timedelta(hours=4))
    async with world.write() as tx:
        await attend(tx, kept.participation_ids[0], "arrived")
        await attend(tx, missed.participation_ids[0], "missed")
    async with world.write(BILLER) as tx:
        await approve_fee(tx, missed.participation_ids[0])
    places = {"kept": kept, "missed": missed, "late": late, "ahead_place": ahead}
    found |= {name: booked.participation_ids[0] for name, booked in places.items()}
    return found | {"late_visit": late.appointment_id, "kept_visit": kept.appointment_id}


async def _texts(tx: Any, point: people.ContactPoint, participation_id: str) -> Ids:
    agreed = {"practice_id": tx.practice_id, "contact_point_id": point.id, "how": "form", "at": tx.now}
    agreed |= {"channel": "sms", "granted": True, "wording": "v1"}
    for purpose in ("reminders", "waitlist"):
        await tx.conn.execute(insert(t.consent).values(**agreed, id=tx.new_id(), purpose=purpose))
    found = {}
    for name, more in (("touch", {"touch": "day_before", "kind": "reminder"}), ("reply", {"kind": "confirmed"})):
        found[name] = tx.new_id()
        row = {"practice_id": tx.practice_id, "id": found[name], "channel": "sms", "contact_point_id": point.id}
        row |= {"client_id": point.client_id, "participation_id": participation_id, "revision": 1, "fields": {}}
        row |= {"address_ix": point.value_ix, "dedupe": name, "priority": 9, "state": "sent", "attempt": 1, "looks": 0}
        row |= {"due_at": tx.now, "useful_until": tx.now, "intent_at": tx.now, "sent_at": tx.now, "created_at": tx.now}
        row |= {"sid": f"SM{name}", "provider_status": "delivered", **more}
        await tx.conn.execute(insert(t.message).values(row))
        tx.note("message.intended", "message", found[name])
        heard = {"practice_id": tx.practice_id, "message_id": found[name], "sid": f"SM{name}", "at": tx.now}
        for status in ("sent", "delivered"):
            await tx.conn.execute(insert(t.delivery).values(**heard, status=status))
    return found


async def _won_offer(tx: Any, world: World, client_id: str, participation_id: str, point_id: str) -> Ids:
    found = {"entry": tx.new_id(), "opening": tx.new_id(), "offer": tx.new_id()}
    own = {"practice_id": tx.practice_id}
    entry = {"id": found["entry"], "client_id": client_id, "service_id": world.session, "clinician_ids": []}
    entry |= {"windows": [], "min_notice_minutes": 0, "priority": 0, "state": "filled", "credit": 0}
    await tx.conn.execute(insert(t.waitlist_entry).values(**own, **entry, joined_at=tx.now))
    opening = {"id": found["opening"], "clinician_id": world.clinician, "service_id": world.session}
    opening |= {"location_id": world.location, "starts_at": START, "ends_at": START + timedelta(hours=1)}
    await tx.conn.execute(insert(t.opening).values(**own, **opening, state="filled", depth=0, created_at=tx.now))
    offer = {"id": found["offer"], "opening_id": found["opening"], "entry_id": found["entry"]}
    offer |= {"client_id": client_id, "contact_point_id": point_id, "offered_at": tx.now, "expires_at": tx.now}
    claimed = {"state": "claimed", "participation_id": participation_id}
    await tx.conn.execute(insert(t.offer).values(**own, **offer, **claimed))
    return found


async def test_a_healthy_record_has_no_findings(world: World, named: Ids) -> None:
    assert await check(world.record, world.practice_id) == []
    assert await check_database(world.record) == []


async def test_another_practice_is_judged_by_itself(world: World, named: Ids) -> None:
    other = await make_world(world.record, "0" * 31 + "2")
    assert await check(world.record, other.practice_id) == []


# --- planting ---------------------------------------------------------------------------------------------------

Plant = Callable[[AsyncConnection, World, Ids], Awaitable[object]]


def change(table: Any, name: str, **values: Any) -> Plant:
    """Set columns of the row the fixture calls `name`."""

    async def plant(conn: AsyncConnection, _world: World, named: Ids) -> None:
        changed = update(table).where(table.c.id == named[name]).values(**values)
        assert (await conn.execute(changed)).rowcount == 1

    return plant


def copy(table: Any, name: str, **values: Any) -> Plant:
    """Add a second row like the one the fixture calls `name`."""

    async def plant(conn: AsyncConnection, _world: World, named: Ids) -> None:
        row = (await conn.execute(select(table).where(table.c.id == named[name]))).mappings().one()
        await conn.execute(insert(table).values({**row, "id": "f" * 32, **values}))

    return plant


async def overlap(conn: AsyncConnection, world: World, named: Ids) -> None:
    await _drop_guards(conn, "busy")
    row = (await conn.execute(select(t.busy).where(t.busy.c.appointment_id == named["kept_visit"]))).mappings().one()
    hold = {"id": "f" * 32, "kind": "offer", "appointment_id": None, "holder_id": "e" * 32, "expires_at": START}
    later = {"starts_at": row["starts_at"] + timedelta(minutes=55), "ends_at": row["ends_at"] - timedelta(minutes=1)}
    await conn.execute(insert(t.busy).values({**row, **hold, **later}))


async def free_the_time(conn: AsyncConnection, world: World, named: Ids) -> None:
    await conn.execute(t.busy.delete().where(t.busy.c.appointment_id == named["ahead"]))


async def shorten_the_time(conn: AsyncConnection, world: World, named: Ids) -> None:
    end = START + timedelta(days=7, minutes=49)
    await conn.execute(update(t.busy).where(t.busy.c.appointment_id == named["ahead"]).values(ends_at=end))


async def take_time_again(conn: AsyncConnection, world: World, named: Ids) -> None:
    row = {"practice_id": world.practice_id, "id": "f" * 32, "clinician_id": world.colleague, "kind": "appointment"}
    row |= {"appointment_id": named["late_visit"], "starts_at": START, "ends_at": START + timedelta(hours=1)}
    await conn.execute(insert(t.busy).values(row))


async def second_winner(conn: AsyncConnection, world: World, named: Ids) -> None:
    await conn.execute(text("DROP INDEX uq_offer_one_winner"))
    await copy(t.offer, "offer")(conn, world, named)


async def stop_before_the_text(conn: AsyncConnection, world: World, named: Ids) -> None:
    row = {"practice_id": world.practice_id, "address_ix": named["point"].value_ix, "channel": "sms", "stopped": True}
    at = START - timedelta(days=1)
    await conn.execute(insert(t.opt_out).values(**row, source="keyword", at=at, acknowledged_at=at))


async def of_the_cancelled_visit(conn: AsyncConnection, world: World, named: Ids) -> None:
    about = {"participation_id": named["late"], "intent_at": START, "sent_at": START}
    await conn.execute(update(t.message).where(t.message.c.id == named["touch"]).values(**about))


def withdraw(at: datetime) -> Plant:
    """Take the consent to reminders back at an instant."""

    async def plant(conn: AsyncConnection, world: World, named: Ids) -> None:
        row = {"practice_id": world.practice_id, "id": "f" * 32, "contact_point_id": named["point"].id}
        row |= {"channel": "sms", "purpose": "reminders", "granted": False, "wording": "v1", "how": "verbal"}
        await conn.execute(insert(t.consent).values(**row, at=at))

    return plant


def other_entry(**values: Any) -> Plant:
    """One more step of the approved case."""

    async def plant(conn: AsyncConnection, world: World, named: Ids) -> None:
        wanted = select(t.fee_entry).where(t.fee_entry.c.participation_id == named["missed"], t.fee_entry.c.step == 2)
        row = (await conn.execute(wanted)).mappings().one()
        await conn.execute(insert(t.fee_entry).values({**row, "id": "f" * 32, "step": 3, **values}))

    return plant


async def forget_acceptance(conn: AsyncConnection, world: World, named: Ids) -> None:
    await conn.execute(t.fee_acceptance.delete())


async def approve_by_nobody(conn: AsyncConnection, world: World, named: Ids) -> None:
    await _drop_guards(conn, "fee_entry")
    await conn.execute(update(t.fee_entry).where(t.fee_entry.c.kind == "approved").values(by_id=None))


async def lose_a_key(conn: AsyncConnection, world: World, named: Ids) -> None:
    await conn.execute(
        update(t.client).where(t.client.c.id == named["bob"]).values(data_key=b"\x00\x00\x00\x09" + b"x" * 40)
    )


async def swap_names(conn: AsyncConnection, world: World, named: Ids) -> None:
    ct = (await conn.execute(select(t.client.c.name_ct).where(t.client.c.id == named["bob"]))).scalar_one()
    await conn.execute(update(t.client).where(t.client.c.id == named["ana"]).values(name_ct=ct))


async def misfile_a_number(conn: AsyncConnection, world: World, named: Ids) -> None:
    c = t.contact_point.c
    await conn.execute(update(t.contact_point).where(c.client_id == named["bob"]).values(value_ix=b"elsewhere"))


def tamper(statement: str) -> Plant:
    """Rewrite the audit trail."""

    async def plant(conn: AsyncConnection, world: World, named: Ids) -> None:
        await _drop_guards(conn, "audit_entry")
        await conn.execute(text(statement))

    return plant


async def task_about_nobody(conn: AsyncConnection, world: World, named: Ids) -> None:
    row = {"practice_id": world.practice_id, "id": "f" * 32, "kind": "reply", "client_id": "e" * 32}
    await conn.execute(insert(t.task).values(**row, urgent=False, state="open", opened_at=START, alerts=0))


async def _drop_guards(conn: AsyncConnection, table: str) -> None:
    if conn.dialect.name == "sqlite":
        named = await conn.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t"), {"t": table}
        )
        for name in named.scalars().all():
            await conn.execute(text(f"DROP TRIGGER {name}"))
    elif table == "busy":
        await conn.execute(text("ALTER TABLE busy DROP CONSTRAINT ex_busy_overlap"))
    else:
        await conn.execute(text(f"DROP TRIGGER append_only ON {table}"))


UNRECORDED = "unrecorded"
WRONGS: list[tuple[str, Plant, set[tuple[str, str]]]] = [
    ("overlap", overlap, {("double_booked", "busy")}),
    ("no time", free_the_time, {("booked_without_time", "appointment")}),
    ("too little time", shorten_the_time, {("booked_without_time", "appointment")}),
    ("time of a cancelled visit", take_time_again, {("cancelled_with_time", "appointment")}),
    (
        "a booked visit without a place",
        change(t.participation, "ahead_place", state="clinician_cancelled"),
        {("booked_without_place", "appointment"), (UNRECORDED, "participation")},
    ),
    (
        "a cancelled visit with a place",
        change(t.participation, "late", state="booked"),
        {("cancelled_with_place", "appointment"), ("fee_for_kept_or_unmarked", "fee_entry")},
    ),
    (
        "a cancelled place that was marked",
        change(t.participation, "late", attendance="missed"),
        {("cancelled_and_marked", "participation"), (UNRECORDED, "participation")},
    ),
    (
        "times without a mark",
        change(t.participation, "ahead_place", arrived_at=START),
        {("unmarked_with_times", "participation")},
    ),
    (
        "marked a week before",
        change(t.participation, "ahead_place", attendance="missed"),
        {("marked_before_its_day", "participation"), (UNRECORDED, "participation")},
    ),
    ("two winners", second_winner, {("two_winners", "opening")}),
    ("a claim without a visit", change(t.offer, "offer", participation_id=None), {("claimed_without_visit", "offer")}),
    ("filled by nobody", change(t.offer, "offer", state="expired"), {("filled_without_winner", "opening")}),
    (
        "still offered",
        copy(t.offer, "offer", state="held", participation_id=None),
        {("offered_after_the_end", "offer")},
    ),
    (
        "the same touch twice",
        copy(t.message, "touch", dedupe="again", sid="SMother"),
        {("sent_twice", "message"), (UNRECORDED, "message")},
    ),
    ("one sid for two", change(t.message, "reply", sid="SMtouch"), {("sid_of_two", "message")}),
    ("after STOP", stop_before_the_text, {("sent_after_stop", "message")}),
    ("after consent was withdrawn", withdraw(START - timedelta(hours=3)), {("sent_without_consent", "message")}),
    ("consent withdrawn later is no wrong", withdraw(START), set()),
    (
        "before consent",
        change(t.message, "touch", intent_at=START - timedelta(days=1)),
        {("sent_without_consent", "message")},
    ),
    (
        "an offer to somebody who never agreed",
        change(t.message, "reply", kind="offer", channel="email"),
        {("sent_without_consent", "message")},
    ),
    ("a superseded time", change(t.message, "touch", revision=0), {("sent_about_an_old_time", "message")}),
    (
        "a visit that was cancelled",
        of_the_cancelled_visit,
        {("sent_about_a_cancelled_visit", "message")},
    ),
    ("sent without intent", change(t.message, "reply", intent_at=None), {("sent_without_intent", "message")}),
    (
        "sent before intent",
        change(t.message, "reply", sent_at=START - timedelta(days=1)),
        {("sent_before_intent", "message")},
    ),
    ("ended for no reason", change(t.message, "reply", state="failed"), {("ended_without_reason", "message")}),
    ("an endless intent", change(t.message, "reply", state="intent"), {("intent_without_deadline", "message")}),
    (
        "unknown for ever",
        change(t.message, "reply", state="unknown"),
        {("unknown_without_settling", "message")},
    ),
    ("a status that fell", change(t.message, "reply", provider_status="sent"), {("status_fell", "message")}),
    (
        "a fee for a kept visit",
        change(t.participation, "missed", attendance="arrived"),
        {("fee_for_kept_or_unmarked", "fee_entry")},
    ),
    (
        "a fee for an unmarked visit",
        change(t.participation, "missed", attendance="unmarked", missed_at=None),
        {("fee_for_kept_or_unmarked", "fee_entry")},
    ),
    (
        "approved twice",
        other_entry(),
        {("fee_step_out_of_order", "fee_entry"), (UNRECORDED, "fee_entry")},
    ),
    (
        "a step left out",
        other_entry(step=4, kind="reversed"),
        {("fee_step_out_of_order", "fee_entry"), (UNRECORDED, "fee_entry")},
    ),
    ("nothing accepted", forget_acceptance, {("fee_without_acceptance", "fee_entry")}),
    ("approved by nobody", approve_by_nobody, {("fee_approved_by_nobody", "fee_entry")}),
    ("a lost key", lose_a_key, {("data_key_lost", "client")}),
    ("a name of somebody else's", swap_names, {("does_not_open", "client")}),
    ("a number filed wrongly", misfile_a_number, {("index_does_not_match", "contact_point")}),
    (
        "an edited entry",
        tamper("UPDATE audit_entry SET subject_id = 'x' WHERE seq = 1"),
        {("audit_changed", "audit_entry")},
    ),
    (
        "an entry taken out",
        tamper("DELETE FROM audit_entry WHERE action = 'participation.marked'"),
        {("audit_missing", "audit_entry"), (UNRECORDED, "participation")},
    ),
    ("a task about nobody", task_about_nobody, {("points_at_nothing", "task")}),
]


async def test_what_is_wrong_is_named(world: World, named: Ids) -> None:
    """All in one record: what is planted, and any guard that had to go for it, is rolled back before the next."""
    seen: dict[str, set[tuple[str, str]]] = {}
    for name, plant, _ in WRONGS:
        async with world.record.engines.writer.connect() as conn:
            await plant(conn, world, named)
            found = await check_state(Reading(conn, world.practice_id, world.record.clock.now(), world.record.vault))
            await conn.rollback()
        seen[name] = {(finding.code, finding.table) for finding in found}
        assert all(finding.id for finding in found)
    assert seen == {name: expected for name, _, expected in WRONGS}
    assert await check(world.record, world.practice_id) == []
    assert await check_database(world.record) == []


async def test_guards_that_are_gone_are_missed(world: World) -> None:
    async with world.record.engines.writer.begin() as conn:
        for table in ("busy", "consent"):
            await _drop_guards(conn, table)
    missing = {(f.code, f.table) for f in await check_database(world.record)}
    assert missing == {("guard_missing", "busy"), ("guard_missing", "consent")}


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_rows_without_their_practice_are_found(world: World, named: Ids) -> None:
    async with world.record.engines.writer.connect() as conn:
        await conn.execute(text("COMMIT"))
        await conn.execute(text("PRAGMA foreign_keys=OFF"))
        await conn.execute(text("UPDATE link SET practice_id = 'x'"))
        await conn.execute(text("UPDATE client_word SET practice_id = 'x'"))
        await conn.execute(text("PRAGMA foreign_keys=ON"))
        await conn.execute(text("BEGIN"))
        await conn.commit()
    assert {(f.code, f.table) for f in await check_database(world.record)} == {("reference_broken", "client_word")}


def test_the_order_of_statuses_is_the_messages_own() -> None:
    assert list(CLIMB) == [status.value for status in Status]


def test_the_answers_to_stop_are_the_messages_own() -> None:
    assert set(ANSWERS_STOP) == {kind.value for kind in Kind if traits(kind).answers_opt_out}


def test_a_finding_is_codes_and_ids() -> None:
    assert repr(Finding("double_booked", "busy", "1")) == "Finding(code='double_booked', table='busy', id='1')"
