"""Rows of sessions, and what a page needs to know of whoever has one.

Invariant: a session of an account that is not active, or of another state than asked for, is not found.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from scheduler import tables
from scheduler.core.record import Reading, Tx

_s, _u, _p = tables.staff_session, tables.user_account, tables.practice


@dataclass(frozen=True, slots=True)
class Session:
    """A session joined with its account and practice."""

    digest: bytes
    practice_id: str
    user_id: str
    csrf: str
    state: str
    opened_at: datetime
    seen_at: datetime
    expires_at: datetime
    name: str
    email: str
    roles: frozenset[str]
    clinician_id: str | None
    account_state: str
    practice_label: str
    zone: str
    locale: str
    demo: bool


async def session(r: Reading, digest: bytes) -> Session | None:
    """The session with this digest, whatever its practice and state."""
    query = (
        select(
            _s.c.digest, _s.c.practice_id, _s.c.user_id, _s.c.csrf, _s.c.state, _s.c.opened_at, _s.c.seen_at,
            _s.c.expires_at, _u.c.name, _u.c.email, _u.c.roles, _u.c.clinician_id, _u.c.state.label("account_state"),
            _p.c.label.label("practice_label"), _p.c.zone, _p.c.locale, _p.c.demo,
        )
        .join(_u, (_u.c.practice_id == _s.c.practice_id) & (_u.c.id == _s.c.user_id))
        .join(_p, _p.c.id == _s.c.practice_id)
        .where(_s.c.digest == digest)
    )  # fmt: skip
    row = (await r.conn.execute(query)).mappings().first()
    return Session(**{**row, "roles": frozenset(row["roles"])}) if row else None


async def insert_session(
    tx: Tx, digest: bytes, user_id: str, *, csrf: str, state: str, now: datetime, expires_at: datetime
) -> None:
    """Write a new session."""
    await tx.conn.execute(
        insert(_s).values(
            practice_id=tx.practice_id, digest=digest, user_id=user_id, csrf=csrf, state=state,
            opened_at=now, seen_at=now, expires_at=expires_at,
        )
    )  # fmt: skip


async def touch(tx: Tx, digest: bytes, now: datetime) -> None:
    """Note that the session was used."""
    await tx.conn.execute(update(_s).where(_s.c.digest == digest).values(seen_at=now))


async def remove(tx: Tx, digest: bytes) -> None:
    """End one session."""
    await tx.conn.execute(delete(_s).where(_s.c.digest == digest))


async def remove_all(tx: Tx, user_id: str, *, but: bytes | None = None) -> int:
    """End every session of an account, except one if given; returns how many."""
    mine = (_s.c.practice_id == tx.practice_id) & (_s.c.user_id == user_id)
    others = _s.c.digest != but if but is not None else _s.c.digest.is_not(None)
    return (await tx.conn.execute(delete(_s).where(mine, others))).rowcount


async def count_open(r: Reading, user_id: str, now: datetime) -> int:
    """How many sessions of an account are still good."""
    mine = (_s.c.practice_id == r.practice_id) & (_s.c.user_id == user_id) & (_s.c.state == "open")
    rows = await r.conn.execute(select(_s.c.digest).where(mine, _s.c.expires_at > now))
    return len(rows.all())


async def sweep(tx: Tx, now: datetime) -> None:
    """Remove sessions whose time is over."""
    await tx.conn.execute(delete(_s).where(_s.c.expires_at <= now))
