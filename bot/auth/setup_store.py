"""Rows of one-time set-up addresses. Invariant: only digests are stored, and `use` succeeds once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from scheduler import tables
from scheduler.core.record import Reading, Tx

_t = tables.setup_token


@dataclass(frozen=True, slots=True)
class SetupToken:
    """What an address is for, and for whom."""

    digest: bytes
    practice_id: str | None
    user_id: str | None
    purpose: str
    expires_at: datetime
    used_at: datetime | None


async def token(r: Reading, digest: bytes) -> SetupToken | None:
    """The row with this digest."""
    row = (await r.conn.execute(select(_t).where(_t.c.digest == digest))).mappings().first()
    return SetupToken(**row) if row else None


async def insert_token(
    tx: Tx, digest: bytes, *, purpose: str, practice_id: str | None, user_id: str | None, expires_at: datetime
) -> None:
    """Write a new address."""
    await tx.conn.execute(
        insert(_t).values(
            digest=digest, practice_id=practice_id, user_id=user_id, purpose=purpose, expires_at=expires_at
        )
    )


async def use(tx: Tx, digest: bytes, now: datetime) -> bool:
    """Mark an address as used; False when it was used, or ran out, before."""
    good = (_t.c.digest == digest) & _t.c.used_at.is_(None) & (_t.c.expires_at > now)
    return (await tx.conn.execute(update(_t).where(good).values(used_at=now))).rowcount == 1


async def remove_for(tx: Tx, user_id: str) -> None:
    """Remove the addresses made for a person, so that only the newest works."""
    await tx.conn.execute(delete(_t).where(_t.c.user_id == user_id))


async def remove_purpose(tx: Tx, purpose: str) -> None:
    """Remove every address of a purpose."""
    await tx.conn.execute(delete(_t).where(_t.c.purpose == purpose))
