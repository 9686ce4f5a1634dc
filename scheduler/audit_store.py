"""Reading the audit chain for people: newest first, narrowed, in pages. Writing and verifying are core/audit.py's.

Invariant: nothing here writes, and no entry of another practice is ever returned.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, or_, select

from scheduler.core.audit import Entry
from scheduler.core.record import Reading
from scheduler.tables import audit_entry

_c = audit_entry.c


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which entries are wanted; a field left empty narrows nothing.

    `subject` is a word such as `participation`, with `subject_id` one thing. `actor_kind` and `actor_id` say who,
    `action` is a whole action or, ending in a dot, all actions about a subject word. `since` is included, `until`
    is not.
    """

    subject: str = ""
    subject_id: str = ""
    actor_kind: str = ""
    actor_id: str = ""
    actions: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page, newest first. `newer` and `older` say whether there is more on either side."""

    entries: tuple[Entry, ...]
    newer: bool
    older: bool


async def leaf(
    r: Reading, wanted: Narrowed, *, before: int | None = None, after: int | None = None, size: int = 50
) -> Leaf:
    """Up to `size` entries: the newest, those just before an entry's number, or those just after one."""
    query = select(audit_entry).where(_c.practice_id == r.practice_id, *_conditions(wanted))
    if after is not None:
        rows = await _rows(r, query.where(_c.seq > after).order_by(_c.seq).limit(size + 1))
        return Leaf(tuple(map(_entry, reversed(rows[:size]))), newer=len(rows) > size, older=True)
    if before is not None:
        query = query.where(_c.seq < before)
    rows = await _rows(r, query.order_by(_c.seq.desc()).limit(size + 1))
    return Leaf(tuple(map(_entry, rows[:size])), newer=before is not None, older=len(rows) > size)


async def about(r: Reading, subject: str, subject_ids: Collection[str], *, limit: int = 200) -> tuple[Entry, ...]:
    """What was entered about these things, oldest first."""
    query = select(audit_entry).where(
        _c.practice_id == r.practice_id, _c.subject == subject, _c.subject_id.in_(sorted(subject_ids))
    )
    return tuple(map(_entry, await _rows(r, query.order_by(_c.seq).limit(limit))))


def _conditions(wanted: Narrowed) -> list[ColumnElement[bool]]:
    exact = {
        "subject": wanted.subject,
        "subject_id": wanted.subject_id,
        "actor_kind": wanted.actor_kind,
        "actor_id": wanted.actor_id,
    }
    found = [_c[name] == value for name, value in exact.items() if value]
    if wanted.actions:
        groups = [_c.action.startswith(each, autoescape=True) for each in wanted.actions if each.endswith(".")]
        found.append(or_(_c.action.in_([each for each in wanted.actions if not each.endswith(".")]), *groups))
    if wanted.since is not None:
        found.append(_c.at >= wanted.since)
    if wanted.until is not None:
        found.append(_c.at < wanted.until)
    return found


async def _rows(r: Reading, query: Any) -> list[RowMapping]:
    return list((await r.conn.execute(query)).mappings())


def _entry(row: RowMapping) -> Entry:
    return Entry(**{name: value for name, value in row.items() if name != "practice_id"})
