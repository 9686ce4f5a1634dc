"""Rows of a throw-away practice by the thousand, and proof of what became of them. For benchmarks only.

Invariant: nothing here is reached by the running product, and every statement names the practice of its transaction.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, inspect, select, text

from messages import brake_rules, brake_store, pause_store
from scheduler import tables
from scheduler.core.engine import Engines
from scheduler.core.record import Reading, Tx

PER_VISIT: Final = 3
"""Pending reminders of one visit: 72, 24 and 2 hours before."""
MANY: Final = 20_000
_MADE: Final = "0d%"

_NUMBERED: Final = """
WITH RECURSIVE
n(i) AS (SELECT CAST(:first AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :last)
"""
# Numbered and with a key, so that each visit looks its client up; of a subquery SQLite would read all rows each time.
_COUNTED: Final = (
    "CREATE TEMPORARY TABLE bench_people (k INTEGER PRIMARY KEY, client_id TEXT, point_id TEXT, value_ix {bytes})",
    "CREATE TEMPORARY TABLE bench_clinicians (k INTEGER PRIMARY KEY, id TEXT)",
    """INSERT INTO bench_people SELECT row_number() OVER (ORDER BY id) - 1, client_id, id, value_ix
    FROM contact_point WHERE practice_id = :practice""",
    """INSERT INTO bench_clinicians SELECT row_number() OVER (ORDER BY id) - 1, id
    FROM clinician WHERE practice_id = :practice""",
)
_GONE: Final = ("DROP TABLE bench_people", "DROP TABLE bench_clinicians")
# Four to sixty-four days ahead, between eight and twenty o'clock, on five-minute marks, in no order.
_MINUTES: Final = "(6240 + (i % 60) * 1440 + (i % 144 * 55 % 144) * 5)"

_APPOINTMENTS: Final = """
INSERT INTO appointment (practice_id, id, clinician_id, service_id, location_id, starts_at, ends_at, zone, state,
    revision, created_at)
{numbered}
SELECT :practice, {id_a}, clinicians.id, :service, :location, {start}, {end}, :zone, 'booked', 1, {now}
FROM n JOIN bench_clinicians AS clinicians ON clinicians.k = n.i % :clinicians
"""
_PLACES: Final = """
INSERT INTO participation (practice_id, id, appointment_id, client_id, state, booked_at, moved_count,
    filled_after_cancel, attendance)
{numbered}
SELECT :practice, {id_a}, {id_a}, people.client_id, 'booked', {now}, 0, FALSE, 'unmarked'
FROM n JOIN bench_people AS people ON people.k = n.i % :people
"""
_MESSAGES: Final = """
INSERT INTO message (practice_id, id, kind, channel, client_id, contact_point_id, participation_id, touch, revision,
    policy_version, address_ix, fields, dedupe, priority, due_at, useful_until, state, attempt, looks, created_at)
{numbered}
SELECT :practice, {id_m}, 'reminder', 'sms', people.client_id, people.point_id, {id_a}, touch.name, 1,
    2, people.value_ix, {nothing}, 'touch:' || {id_a} || ':' || touch.name || ':1:sms', 9, {due}, {start}, 'pending', 0,
    0, {now}
FROM n JOIN bench_people AS people ON people.k = n.i % :people
CROSS JOIN (SELECT 0 AS j, 'three_days' AS name, 4320 AS before
    UNION ALL SELECT 1, 'day_before', 1440 UNION ALL SELECT 2, 'the_day', 120) AS touch
"""


# Eight visits a day for each clinician, on the hour from nine: of the past all, of the weeks to come seven in ten.
_DAYS: Final = "(:from_day + i / 8 / :clinicians)"
_HOURS: Final = "(i / :clinicians % 8)"
_KEPT: Final = "(:from_day + i / 8 / :clinicians < 0 OR i * 7 % 10 < 7)"
_HISTORY: Final = (
    """
INSERT INTO appointment (practice_id, id, clinician_id, service_id, location_id, starts_at, ends_at, zone, state,
    revision, created_at)
{numbered}
SELECT :practice, {id_h}, clinicians.id, :service, :location, {began}, {ended}, :zone, 'booked', 1, {now}
FROM n JOIN bench_clinicians AS clinicians ON clinicians.k = n.i % :clinicians WHERE {kept}
""",
    """
INSERT INTO busy (practice_id, id, clinician_id, starts_at, ends_at, kind, appointment_id)
{numbered}
SELECT :practice, {id_h}, clinicians.id, {began}, {ended}, 'appointment', {id_h}
FROM n JOIN bench_clinicians AS clinicians ON clinicians.k = n.i % :clinicians WHERE {kept}
""",
    """
INSERT INTO participation (practice_id, id, appointment_id, client_id, state, booked_at, moved_count,
    filled_after_cancel, attendance)
{numbered}
SELECT :practice, {id_h}, {id_h}, people.client_id, 'booked', {now}, 0, FALSE, 'unmarked'
FROM n JOIN bench_people AS people ON people.k = n.i % :people WHERE {kept}
""",
)


@dataclass(frozen=True, slots=True)
class Proof:
    """What the record says of the messages of a practice that were due."""

    due: int
    sent: int
    sids: int
    with_intent: int
    tried_once: int
    intended_entries: int
    sent_entries: int

    def all_sent_once(self, expected: int) -> bool:
        """Whether each of the expected messages was intended, sent and entered just once."""
        return {self.due, self.sent, self.sids, self.with_intent, self.tried_once} == {expected} and {
            self.intended_entries,
            self.sent_entries,
        } == {expected}


async def has_tables(engines: Engines) -> bool:
    """Whether there is anything at all in the database."""
    if engines.nothing_there:
        return False
    async with engines.reader.connect() as conn:
        return bool(await conn.run_sync(lambda sync: inspect(sync).get_table_names()))


async def add_visits(
    tx: Tx, consents: Sequence[dict[str, Any]], appointments: Sequence[dict[str, Any]], places: Sequence[dict[str, Any]]
) -> None:
    """Write consents, appointments and the places in them."""
    await tx.conn.execute(insert(tables.consent), consents)
    await tx.conn.execute(insert(tables.appointment), appointments)
    await tx.conn.execute(insert(tables.participation), places)


async def set_rate(tx: Tx, number: str, segments_per_second: int) -> None:
    """How fast the carrier takes texts of this number."""
    c = tables.sender.c
    await tx.conn.execute(delete(tables.sender).where(c.practice_id == tx.practice_id, c.number == number))
    row = {"practice_id": tx.practice_id, "number": number, "segments_per_second": segments_per_second}
    await tx.conn.execute(insert(tables.sender).values(**row))


async def fill_pending(
    tx: Tx, total: int, service_id: str, location_id: str, clinician_ids: Sequence[str], zone: str
) -> None:
    """Visits of the weeks to come, with three reminders each, until `total` reminders wait for them."""
    m = tables.message.c
    mine = (m.practice_id == tx.practice_id, m.id.like(_MADE))
    there = (await tx.conn.execute(select(func.count()).where(*mine))).scalar_one() // PER_VISIT
    point = tables.contact_point
    people = (
        await tx.conn.execute(select(func.count()).select_from(point).where(point.c.practice_id == tx.practice_id))
    ).scalar_one()
    last = -(-total // PER_VISIT)
    if last <= there:
        return
    given = {
        "first": there,
        "last": last,
        "service": service_id,
        "location": location_id,
        "clinicians": len(clinician_ids),
        "people": people,
        "zone": zone,
    }
    many = last - there > MANY
    await _indexes(tx, there=not many)
    await _fill(tx, (_APPOINTMENTS, _PLACES, _MESSAGES), given)
    if many:
        await _indexes(tx, there=True)


async def fill_calendar(
    tx: Tx,
    *,
    past_days: int,
    days_ahead: int,
    service_id: str,
    location_id: str,
    clinicians: int,
    people: int,
    zone: str,
) -> int:
    """Years of visits, and the weeks to come mostly booked; returns how many visits there are."""
    given = {
        "first": 0,
        "last": (past_days + days_ahead) * 8 * clinicians,
        "from_day": -past_days,
        "service": service_id,
        "location": location_id,
        "clinicians": clinicians,
        "people": people,
        "zone": zone,
    }
    await _fill(tx, _HISTORY, given)
    b = tables.busy.c
    return int((await tx.conn.execute(select(func.count()).where(b.practice_id == tx.practice_id))).scalar_one())


async def _fill(tx: Tx, statements: Sequence[str], given: Mapping[str, Any]) -> None:
    """Run statements that make rows out of numbers, with clients and clinicians numbered in tables of the moment."""
    sqlite = tx.conn.dialect.name == "sqlite"
    words = _sqlite_words() if sqlite else _postgresql_words()
    day = tx.now.replace(hour=0, minute=0, second=0, microsecond=0)
    whole_given = {
        **given,
        "practice": tx.practice_id,
        "now": tx.now.strftime("%Y-%m-%d %H:%M:%S.%f") if sqlite else tx.now,
        "day": day.strftime("%Y-%m-%d %H:%M:%S") if sqlite else day,
    }
    if sqlite:
        await tx.conn.execute(text("PRAGMA cache_size=-400000"))  # of this connection, which is the benchmark's own
    for statement in (*_COUNTED, *statements, *_GONE):
        whole = statement.format(numbered=_NUMBERED, **words)
        used = {name: value for name, value in whole_given.items() if re.search(rf":{name}\b", whole)}
        await tx.conn.execute(text(whole), used)


async def _indexes(tx: Tx, *, there: bool) -> None:
    """Take the secondary indexes away, or make them anew: in one go that is several times as fast as row by row."""
    for table in (tables.appointment, tables.participation, tables.message):
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            if there:
                await tx.conn.run_sync(index.create, checkfirst=True)
            else:
                await tx.conn.run_sync(index.drop)


def _sqlite_words() -> dict[str, str]:
    def at(minutes: str) -> str:
        return f"strftime('%Y-%m-%d %H:%M:%S', :day, ({minutes}) || ' minutes') || '.000000'"

    return {
        "now": ":now",
        "bytes": "BLOB",
        "nothing": "'{}'",
        "id_a": "'0a00000000000000' || printf('%016x', i)",
        "id_m": "'0d00000000000000' || printf('%016x', i * 3 + j)",
        "start": at(_MINUTES),
        "end": at(f"{_MINUTES} + 50"),
        "due": at(f"{_MINUTES} - touch.before"),
        "id_h": "'0b00000000000000' || printf('%016x', i)",
        "began": at(f"({_DAYS} * 24 + 9 + {_HOURS}) * 60"),
        "ended": at(f"({_DAYS} * 24 + 9 + {_HOURS}) * 60 + 50"),
        "kept": _KEPT,
    }


def _postgresql_words() -> dict[str, str]:
    def at(minutes: str) -> str:
        return f"(CAST(:day AS timestamptz) + make_interval(mins => CAST({minutes} AS integer)))"

    return {
        "now": "CAST(:now AS timestamptz)",
        "bytes": "BYTEA",
        "nothing": "CAST('{}' AS json)",
        "id_a": "('0a00000000000000' || lpad(to_hex(i), 16, '0'))",
        "id_m": "('0d00000000000000' || lpad(to_hex(i * 3 + j), 16, '0'))",
        "start": at(_MINUTES),
        "end": at(f"{_MINUTES} + 50"),
        "due": at(f"{_MINUTES} - touch.before"),
        "id_h": "('0b00000000000000' || lpad(to_hex(i), 16, '0'))",
        "began": at(f"({_DAYS} * 24 + 9 + {_HOURS}) * 60"),
        "ended": at(f"({_DAYS} * 24 + 9 + {_HOURS}) * 60 + 50"),
        "kept": _KEPT,
    }


async def expect_many(tx: Tx, count: int) -> None:
    """The brake does not take what is about to be filled in for an accident, should a worker look in the middle."""
    await brake_store.enter_hour(tx, brake_rules.hour_of(tx.now), backlog=0, ahead={}, busiest={})
    await brake_store.accept(tx, count + await pause_store.planned_due(tx))


async def settle_in(tx: Tx) -> None:
    """The brake expects what waits now; the database looks at its tables."""
    await brake_store.accept(tx, await pause_store.planned_due(tx))
    await tx.conn.execute(text("ANALYZE"))


async def is_done(r: Reading, due_before: datetime) -> bool:
    """Whether nothing that was due by then waits or is under way. Two looks into small indexes."""
    m = tables.message.c
    for where in ((m.state == "pending", m.due_at <= due_before), (m.state.in_(("intent", "unknown")),)):
        wanted = select(m.id).where(m.practice_id == r.practice_id, *where).limit(1)
        if (await r.conn.execute(wanted)).first() is not None:
            return False
    return True


async def proof(r: Reading, due_before: datetime) -> Proof:
    """What became of the messages that were due by then."""
    m, a = tables.message.c, tables.audit_entry.c
    ours = (m.practice_id == r.practice_id, m.due_at <= due_before, m.id.not_like(_MADE))
    counted = select(
        func.count(),
        func.count().filter(m.state == "sent"),
        func.count(m.sid.distinct()),
        func.count().filter(m.intent_at.is_not(None), m.sent_at >= m.intent_at),
        func.count().filter(m.attempt == 1),
    ).where(*ours)
    row = (await r.conn.execute(counted)).one()
    entered = {}
    for action in ("message.intended", "message.sent"):
        wanted = select(func.count(), func.count(a.subject_id.distinct())).where(
            a.practice_id == r.practice_id, a.subject == "message", a.action == action
        )
        rows, messages = (await r.conn.execute(wanted)).one()
        entered[action] = rows if rows == messages else -rows
    return Proof(*row, entered["message.intended"], entered["message.sent"])


async def waiting(r: Reading) -> int:
    """How many messages wait, due or not."""
    m = tables.message.c
    wanted = select(func.count()).where(m.practice_id == r.practice_id, m.state == "pending")
    return int((await r.conn.execute(wanted)).scalar_one())


async def server_process(r: Reading) -> int | None:
    """The process that serves this connection, if the database has one."""
    if r.conn.dialect.name == "sqlite":
        return None
    return int((await r.conn.execute(text("SELECT pg_backend_pid()"))).scalar_one())
