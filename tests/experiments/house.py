"""A practice with many texts due at this very moment, in a database of either engine: what experiments act upon.

It is made once on SQLite through the product's own actions, kept for a few hours, and copied row by row into every
database that needs it, since ten thousand bookings take minutes. Invariant: each text has words of its own, so that
the carrier's ledger tells every one from every other.
"""

import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile

import phonenumbers
from sqlalchemy import Table, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from messages import consent, plan
from messages.kinds import Channel, Purpose
from scheduler import tables
from scheduler.actions.book import book
from scheduler.actions.clients import NewContact, add_client
from scheduler.actions.practice import add_clinician, add_location, add_service, create_practice
from scheduler.actions.save_reminder_policy import save_reminder_policy
from scheduler.core.actor import OPERATOR
from scheduler.core.engine import open_engines
from scheduler.core.keys import KeyRing, load_ring, new_ring, save_ring
from scheduler.core.record import Record, Subscriptions, Tx
from scheduler.core.schema import migrate
from scheduler.core.vault import Vault
from scheduler.events import ParticipationBooked
from scheduler.people import sender_store
from scheduler.people import store as people
from scheduler.people.client_fields import ClientFields
from scheduler.people.practice_fields import PracticeFields, ServiceFields
from scheduler.reminders.policy import Channel as PolicyChannel
from scheduler.reminders.policy import Hours, Touch
from tests.flows.due_texts import where_it_is_noon
from tests.rig.clock import ManualClock
from tests.rig.databases import without_flushing
from tests.rig.process import ROOT

SENDER = "+12025550199"
ROOM = 50  # places in one appointment, the most a service may have
AHEAD, TOUCH_HOURS = timedelta(hours=20), 21  # so the touch was due an hour ago
BOOKED_BEFORE = timedelta(hours=30)
KEPT_FOR = timedelta(hours=3)  # while it is day in the practice's zone, and nothing is useless yet
CHUNK = 500
DATABASE, KEYS, MADE = "practice.db", "keyring.json", "made.json"


@dataclass(frozen=True, slots=True)
class House:
    """The practice: the ids of its due texts, and the numbers they go to."""

    practice_id: str
    sender: str
    message_ids: frozenset[str]
    numbers: tuple[str, ...]
    ring: KeyRing
    keyring: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many clients, with how many texts each. `ours`: the practice confirms a STOP itself; `apart`: one client
    in each appointment, so that each can be moved alone."""

    clients: int
    each: int = 1
    ours: bool = False
    apart: bool = False


async def furnish(url: str, folder: Path, wanted: Plan) -> House:
    """Fill a migrated, empty database with the practice; `folder` keeps what was made for the next time."""
    kept = await _kept(folder, wanted)
    if url.startswith("sqlite"):
        copyfile(kept / DATABASE, url.removeprefix("sqlite:///"))
    else:
        await _copy(f"sqlite:///{kept / DATABASE}", url)
    told = json.loads((kept / MADE).read_text("utf-8"))
    return House(
        practice_id=told["practice_id"],
        sender=SENDER,
        message_ids=frozenset(told["message_ids"]),
        numbers=tuple(told["numbers"]),
        ring=load_ring(kept / KEYS),
        keyring=(kept / KEYS).read_bytes(),
    )


def open_record(url: str, ring: KeyRing, now: datetime) -> Record:
    """The record at an instant of our choice; bookings are followed by their reminders, nothing else by anything."""
    told = Subscriptions()
    told.on(ParticipationBooked, plan.on_booked)
    return Record(open_engines(url), ManualClock(now), Vault(ring), subscriptions=told)


async def _kept(folder: Path, wanted: Plan) -> Path:
    """Where the practice is kept; made now if there is none that is fresh and of the present schema."""
    versions = b"".join(each.read_bytes() for each in sorted((ROOT / "migrations").rglob("*.py")))
    name = hashlib.sha256(versions + pickle.dumps(sorted(asdict(wanted).items()))).hexdigest()[:16]
    kept = folder / name
    if (kept / MADE).exists():
        made = datetime.fromisoformat(json.loads((kept / MADE).read_text("utf-8"))["made"])
        if datetime.now(UTC) - made < KEPT_FOR:
            return kept
        shutil.rmtree(kept)
    # Made under a name of this process's, since tests run side by side; whoever is second uses its own.
    draft = folder / f"{name}-{os.getpid()}"
    draft.mkdir(parents=True, exist_ok=True)
    await _make(draft, wanted)
    try:
        return draft.rename(kept)
    except OSError:
        return draft


async def _make(kept: Path, wanted: Plan) -> None:
    now = datetime.now(UTC)
    url, ring = f"sqlite:///{kept / DATABASE}", new_ring()
    save_ring(ring, kept / KEYS)
    await migrate(url)
    record = open_record(url, ring, now - BOOKED_BEFORE)
    without_flushing(record.engines)
    numbers = list(all_numbers(wanted.clients))
    try:
        practice_id = record.make_id(now)
        async with record.write(practice_id, OPERATOR) as tx:
            place = await _set_up(tx, now, wanted)
        room = 1 if wanted.apart else ROOM
        for start in range(0, len(numbers), ROOM):
            async with record.write(practice_id, OPERATOR) as tx:
                some = numbers[start : start + ROOM]
                await _book(tx, now, place, [some[at : at + room] for at in range(0, len(some), room)], wanted.each)
        async with record.read(practice_id) as r:
            c = tables.message.c
            due = list((await r.conn.execute(select(c.id).where(c.due_at <= now))).scalars())
    finally:
        await record.close()
    if len(due) != wanted.clients * wanted.each:
        raise RuntimeError(f"{len(due)} texts are due, not {wanted.clients * wanted.each}")
    told = {"made": now.isoformat(), "practice_id": practice_id, "message_ids": due, "numbers": numbers}
    (kept / MADE).write_text(json.dumps(told), encoding="utf-8")


async def _set_up(tx: Tx, now: datetime, wanted: Plan) -> tuple[str, str]:
    zone = where_it_is_noon(now)
    label = {"name": "Canal Street Practice", "label": "Canal Office", "office_phone": "202-555-0198"}
    caps = {"daily_cap": 20, "weekly_cap": 50, "stop_mode": "ours" if wanted.ours else "carrier"}
    await create_practice(tx, PracticeFields(**label, sender=SENDER, zone=zone, **caps))  # type: ignore[arg-type]  # mixed on purpose
    await sender_store.remove(tx, SENDER)  # not paced: what is tried here is not how fast a number may speak
    location = await add_location(tx, "Ground floor", zone)
    service = await add_service(tx, ServiceFields("Group", 10, capacity=ROOM))
    await save_reminder_policy(tx, [Touch("the_day", Hours(TOUCH_HOURS), PolicyChannel.SMS)], {})
    return location, service


async def _book(tx: Tx, now: datetime, place: tuple[str, str], groups: list[list[str]], each: int) -> None:
    location, service = place
    for group in groups:
        clinician = await add_clinician(tx, f"Clinician for {group[0][-7:]}")
        clients = [await _client(tx, number) for number in group]
        for visit in range(each):
            await book(
                tx,
                clinician_id=clinician,
                service_id=service,
                location_id=location,
                client_ids=clients,
                starts_at=(now + AHEAD).replace(second=0, microsecond=0) - timedelta(minutes=15 * visit),
                told=False,
            )


async def _client(tx: Tx, number: str) -> str:
    client_id = await add_client(tx, ClientFields("Client", f"No {number[-4:]}"), [NewContact("phone", number)])
    for point in await people.contact_points(tx, client_id):
        await consent.grant(tx, point.id, Channel.SMS, Purpose.REMINDERS, wording="test_form_1", how="import")
    return client_id


def all_numbers(count: int) -> Iterator[str]:
    """Numbers kept free for fiction: 555-0100 to 555-0198 of every area code of the plan; some 44,000."""
    areas = [code for code in range(200, 1000) if _is_area(code)]
    for number in range(count):
        yield f"+1{areas[number // 99]}55501{number % 99:02d}"


def _is_area(code: int) -> bool:
    return phonenumbers.is_valid_number(phonenumbers.parse(f"+1{code}5550123"))


async def _copy(source: str, target: str) -> None:
    """Every row of one database into the empty tables of another."""
    read, write = open_engines(source), open_engines(target)
    try:
        async with read.reader.connect() as rows, write.writer.begin() as conn:
            # Rows come table by table, and some name rows of tables that come later.
            await conn.execute(text("SET session_replication_role = replica"))
            for table in tables.metadata.sorted_tables:
                found = [dict(row) for row in (await rows.execute(select(table))).mappings()]
                await _insert(conn, table, found)
    finally:
        await read.close()
        await write.close()


async def _insert(conn: AsyncConnection, table: Table, found: list[dict[str, object]]) -> None:
    for start in range(0, len(found), CHUNK):
        await conn.execute(table.insert(), found[start : start + CHUNK])
