"""Rows of staff accounts. Deciding is the actions'; sealing the one-time secret is done here, bound to its row.

Invariant: a row read by address is looked up across practices, for nobody knows the practice before signing in; every
write names the practice of its transaction.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, func, insert, select, update

from scheduler import tables
from scheduler.core.record import Reading, Tx
from scheduler.core.vault import Where

_t = tables.user_account


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in. `secret` is the opened one-time secret, None until the second factor is set up."""

    practice_id: str
    id: str
    email: str
    name: str
    roles: frozenset[str]
    clinician_id: str | None
    state: str
    created_at: datetime
    password_hash: str | None = field(repr=False)
    secret: str | None = field(repr=False)
    last_step: int | None = field(repr=False)
    recovery: tuple[str, ...] = field(repr=False)


async def accounts_at(r: Reading, email: str) -> tuple[Account, ...]:
    """Every account with this (casefolded) address, oldest first; normally none or one."""
    return await _accounts(r, _t.c.email == email)


async def account(r: Reading, user_id: str) -> Account | None:
    """An account of this practice."""
    found = await _accounts(r, (_t.c.practice_id == r.practice_id) & (_t.c.id == user_id))
    return found[0] if found else None


async def accounts(r: Reading) -> tuple[Account, ...]:
    """Everybody of this practice, oldest first."""
    return await _accounts(r, _t.c.practice_id == r.practice_id)


async def nobody_yet(r: Reading) -> bool:
    """Whether no account exists in the whole installation."""
    return not (await r.conn.execute(select(func.count()).select_from(_t))).scalar_one()


async def insert_account(
    tx: Tx,
    user_id: str,
    *,
    email: str,
    name: str,
    roles: Iterable[str],
    clinician_id: str | None,
    state: str,
    now: datetime,
) -> None:
    """Write a new account without password or second factor."""
    await tx.conn.execute(
        insert(_t).values(
            practice_id=tx.practice_id, id=user_id, email=email, name=name, roles=sorted(roles),
            clinician_id=clinician_id, recovery=[], state=state, created_at=now,
        )
    )  # fmt: skip


async def change(tx: Tx, user_id: str, **values: Any) -> None:
    """Write some columns of an account; secrets go through `set_secret`."""
    await tx.conn.execute(update(_t).where(_t.c.practice_id == tx.practice_id, _t.c.id == user_id).values(**values))


async def set_secret(tx: Tx, user_id: str, secret: str, step: int) -> None:
    """Store the one-time secret, sealed, and the step its first code used."""
    keys = await _data_keys(tx, {tx.practice_id})
    sealed = tx.vault.box(keys[tx.practice_id]).seal(_place(tx.practice_id, user_id), secret)
    await change(tx, user_id, totp_ct=sealed, totp_step=step)


async def use_step(tx: Tx, user_id: str, step: int) -> bool:
    """Note a step as used; False when another request used it, or a later one, first."""
    mine = (_t.c.practice_id == tx.practice_id) & (_t.c.id == user_id)
    fresh = _t.c.totp_step.is_(None) | (_t.c.totp_step < step)
    return (await tx.conn.execute(update(_t).where(mine, fresh).values(totp_step=step))).rowcount == 1


async def lock(tx: Tx, user_id: str) -> Account | None:
    """The account, kept from being changed by others until this transaction ends."""
    mine = (_t.c.practice_id == tx.practice_id) & (_t.c.id == user_id)
    await tx.conn.execute(select(_t.c.id).where(mine).with_for_update())
    return await account(tx, user_id)


async def lock_all(tx: Tx) -> None:
    """Keep every account of the practice from being changed by others until this transaction ends."""
    await tx.conn.execute(select(_t.c.id).where(_t.c.practice_id == tx.practice_id).order_by(_t.c.id).with_for_update())


async def _accounts(r: Reading, wanted: Any) -> tuple[Account, ...]:
    rows = (await r.conn.execute(select(_t).where(wanted).order_by(_t.c.created_at, _t.c.id))).mappings().all()
    keys = await _data_keys(r, {row["practice_id"] for row in rows})
    return tuple(_account(r, row, keys) for row in rows)


async def _data_keys(r: Reading, practice_ids: set[str]) -> dict[str, bytes]:
    p = tables.practice.c
    found = await r.conn.execute(select(p.id, p.data_key).where(p.id.in_(practice_ids)))
    return {row.id: row.data_key for row in found}


def _account(r: Reading, row: RowMapping, keys: Mapping[str, bytes]) -> Account:
    sealed, practice_id = row["totp_ct"], row["practice_id"]
    secret = r.vault.box(keys[practice_id]).open(_place(practice_id, row["id"]), sealed) if sealed else None
    return Account(
        practice_id, row["id"], row["email"], row["name"], frozenset(row["roles"]), row["clinician_id"], row["state"],
        row["created_at"], row["password_hash"], secret, row["totp_step"], tuple(row["recovery"]),
    )  # fmt: skip


def _place(practice_id: str, user_id: str) -> Where:
    return Where(practice_id, "user_account", user_id, "totp_ct")
