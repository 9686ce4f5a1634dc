"""The database itself: whole, with its references, and with the guards that refuse what code should never ask.

Invariant: a guard that was dropped is found even while nothing wrong has got past it yet.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.checks.finding import MOST_OF_A_KIND, Finding

APPEND_ONLY: Final = ("audit_entry", "fee_entry", "consent")
SQLITE_TRIGGERS: Final = (
    ("ex_busy_overlap_insert", "busy"),
    ("ex_busy_overlap_update", "busy"),
    *((f"append_only_{table}_{event}", table) for table in APPEND_ONLY for event in ("UPDATE", "DELETE")),
)


async def findings(conn: AsyncConnection) -> list[Finding]:
    """What is wrong with the database as such, whatever practice it holds."""
    if conn.dialect.name == "sqlite":
        return await _of_sqlite(conn)
    return await _of_postgresql(conn)


async def _of_sqlite(conn: AsyncConnection) -> list[Finding]:
    found: list[Finding] = []
    for row in await conn.execute(text(f"PRAGMA integrity_check({MOST_OF_A_KIND})")):
        if row[0] != "ok":
            found.append(Finding("database_damaged", "database"))
            break
    broken = (await conn.execute(text("PRAGMA foreign_key_check"))).fetchmany(MOST_OF_A_KIND)
    found += [Finding("reference_broken", row[0], str(row[1])) for row in broken]
    named = await conn.execute(text("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"))
    there = {(row.name, row.tbl_name) for row in named}
    return [
        *found,
        *(Finding("guard_missing", table, name) for name, table in SQLITE_TRIGGERS if (name, table) not in there),
    ]


async def _of_postgresql(conn: AsyncConnection) -> list[Finding]:
    enabled = await conn.execute(
        text(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname = 'append_only' AND t.tgenabled <> 'D' AND c.relnamespace = current_schema()::regnamespace"
        )
    )
    there = set(enabled.scalars())
    found = [Finding("guard_missing", table, "append_only") for table in APPEND_ONLY if table not in there]
    excluded = await conn.execute(
        text("SELECT 1 FROM pg_constraint WHERE conname = 'ex_busy_overlap' AND conrelid = 'busy'::regclass")
    )
    if excluded.first() is None:
        found.append(Finding("guard_missing", "busy", "ex_busy_overlap"))
    unproven = await conn.execute(
        text(
            "SELECT c.relname, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
            " WHERE NOT k.convalidated AND c.relnamespace = current_schema()::regnamespace"
        )
    )
    return [*found, *(Finding("reference_broken", row.relname, row.conname) for row in unproven)]
