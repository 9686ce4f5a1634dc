"""The audit chain: one append-only, keyed hash chain per practice.

Each entry's hash covers the one before it, under a key from the key ring, so nobody with only the database can
edit, drop, insert or rebuild entries unseen. Entries carry codes and ids; a value of a client's is never in them.
The head row is locked last in every transaction: sequence numbers have no gaps and commits stay in order.
Invariant: every committed state change and every read of a client record is one entry.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.core.actor import Actor
from scheduler.core.bulk import Insert
from scheduler.tables import audit_entry, audit_head

GENESIS = b"\x00" * 32
_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_COLUMNS: Final = (
    "practice_id",
    "seq",
    "at",
    "actor_kind",
    "actor_id",
    "via",
    "action",
    "subject",
    "subject_id",
    "detail",
)
_ENTER: Final = Insert(audit_entry, (*_COLUMNS, "hash"), encoded=("detail",))
# Built once: every transaction needs them.
_HEAD: Final = (
    select(audit_head.c.seq, audit_head.c.hash).where(audit_head.c.practice_id == bindparam("of")).with_for_update()
)
_MOVE: Final = (
    update(audit_head)
    .where(audit_head.c.practice_id == bindparam("of"))
    .values(seq=bindparam("seq"), hash=bindparam("hash"), at=bindparam("at"))
)


class Noted(NamedTuple):
    """One thing to be entered when the transaction commits; made for every message, hence a tuple."""

    action: str
    subject: str
    subject_id: str | None
    detail: Mapping[str, Any]
    actor: Actor


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as stored."""

    seq: int
    at: datetime
    actor_kind: str
    actor_id: str | None
    via: str
    action: str
    subject: str
    subject_id: str | None
    detail: Mapping[str, Any]
    hash: bytes


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What verification found: entries read, and the first that does not fit (None when all do)."""

    entries: int
    broken_at: int | None
    why: str | None = None


async def append(conn: AsyncConnection, key: bytes, practice_id: str, at: datetime, noted: Sequence[Noted]) -> None:
    """Enter what was noted, in order, and move the head. Called once, just before the commit."""
    seq, link = await _lock_head(conn, practice_id)
    instant = at.isoformat(timespec="microseconds")
    rows, last = [], None
    for action, subject, subject_id, detail, actor in noted:
        if actor is not last:  # mostly one has done it all
            last, kind, who, via = actor, actor.kind.value, actor.id, actor.via.value
            said = tuple(map(_text, (practice_id, instant, kind, who, via)))
        seq += 1
        told = _detail(tuple(detail.items()), tuple(map(type, detail.values())))
        link = _chain(key, link, _entry(said, seq, tuple(map(_text, (action, subject, subject_id))), told))
        rows.append((practice_id, seq, at, kind, who, via, action, subject, subject_id, told, link))
    await _ENTER.run(conn, rows)
    await conn.execute(_MOVE, {"of": practice_id, "seq": seq, "hash": link, "at": at})


def chained(key: bytes, previous: bytes, row: Mapping[str, Any]) -> bytes:
    """The hash of an entry standing after `previous`."""
    return _chain(key, previous, canonical(row))


def _chain(key: bytes, previous: bytes, entry: bytes) -> bytes:
    return hmac.digest(key, previous + entry, hashlib.sha256)


def canonical(row: Mapping[str, Any]) -> bytes:
    """The bytes of an entry that its hash covers: a JSON list of its fields, the same on both engines."""
    at = row["at"].isoformat(timespec="microseconds")
    said = tuple(map(_text, (row["practice_id"], at, row["actor_kind"], row["actor_id"], row["via"])))
    about = tuple(map(_text, (row["action"], row["subject"], row["subject_id"])))
    return _entry(said, row["seq"], about, _CANONICAL.encode(row["detail"]))


def _entry(said: tuple[str, ...], seq: int, about: tuple[str, ...], detail: str) -> bytes:
    practice_id, *rest = said
    return f"[{','.join((practice_id, str(seq), *rest, *about, detail))}]".encode()


def _text(value: str | None) -> str:
    return "null" if value is None else encode_basestring_ascii(value)


@lru_cache(maxsize=4096)
def _detail(items: tuple[tuple[str, Any], ...], _types: tuple[type, ...]) -> str:
    """The JSON of an entry's detail; the same few are written again and again. `_types`, since True equals 1."""
    return _CANONICAL.encode(dict(items))


async def verify(conn: AsyncConnection, key: bytes, practice_id: str) -> ChainReport:
    """Walk a practice's chain from the first entry to the head, as the head stood when the walk began."""
    head = (await conn.execute(select(audit_head).where(audit_head.c.practice_id == practice_id))).mappings().first()
    last = head["seq"] if head else 0
    link, count = GENESIS, 0
    wanted = select(audit_entry).where(audit_entry.c.practice_id == practice_id, audit_entry.c.seq <= last)
    async with conn.stream(wanted.order_by(audit_entry.c.seq)) as found:
        async for row in found.mappings():
            if row["seq"] != count + 1:
                return ChainReport(count, count + 1, "missing")
            link = chained(key, link, dict(row))
            if not hmac.compare_digest(link, row["hash"]):
                return ChainReport(count, count + 1, "changed")
            count += 1
    if count != last or (head is not None and not hmac.compare_digest(head["hash"], link)):
        return ChainReport(count, count + 1, "cut")
    return ChainReport(count, None)


async def _lock_head(conn: AsyncConnection, practice_id: str) -> tuple[int, bytes]:
    found = (await conn.execute(_HEAD, {"of": practice_id})).first()
    if found is None:
        await conn.execute(insert(audit_head).values(practice_id=practice_id, seq=0, hash=GENESIS, at=None))
        return 0, GENESIS
    return found.seq, found.hash
