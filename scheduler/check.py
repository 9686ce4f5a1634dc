"""Does the record keep its promises (design.md 2)? What can be read off the data is read, and what is wrong is named.

Reads one state of the database from beginning to end and writes nothing. A healthy record gives an empty list, at
rest or in full use. Invariant: a finding never shows a person's data.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from scheduler.checks import calendar_store, database_store, fee_store, message_store, seal_store, trail_store
from scheduler.checks.finding import Finding
from scheduler.core.record import Reading, Record

__all__ = ["Finding", "check", "check_database", "check_state"]


async def check(record: Record, practice_id: str) -> list[Finding]:
    """Everything that is wrong with one practice, by table and id."""
    async with _one_state(record, practice_id) as r:
        return await check_state(r)


async def check_state(r: Reading) -> list[Finding]:
    """The same of the state that a reading sees, so that a transaction can be judged before it commits."""
    return [
        *await calendar_store.findings(r),
        *await message_store.findings(r),
        *await fee_store.findings(r),
        *await seal_store.findings(r),
        *await trail_store.findings(r),
    ]


async def check_database(record: Record) -> list[Finding]:
    """Everything that is wrong with the database itself: damage, broken references, guards that are gone."""
    async with record.engines.reader.connect() as conn:
        return await database_store.findings(conn)


@asynccontextmanager
async def _one_state(record: Record, practice_id: str) -> AsyncIterator[Reading]:
    async with record.engines.reader.connect() as conn:
        # SQLite reads one state within a transaction anyway; PostgreSQL has to be asked, or a commit between two
        # queries would look like a contradiction.
        if not record.engines.is_sqlite:
            await conn.execution_options(isolation_level="REPEATABLE READ")
        r = Reading(conn, practice_id, record.clock.now(), record.vault)
        # A record may have lived by a clock ahead of ours (a demo does); what it calls past is past.
        r.now = max(r.now, await trail_store.newest_entry_at(r) or r.now)
        yield r
