"""Staff accounts: invited, given roles, put out and back in, reset, and their passwords changed.

An address to set an account up is handed to the inviter, shown once, good for a day and for one use; nobody learns
anybody's password. Invariant: a practice always keeps one active owner, and whoever is put out is out at once.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bot.auth import account_store as accounts
from bot.auth import session_store, setup_store
from bot.auth.account_store import Account
from bot.auth.sessions import NOBODY
from scheduler.access import Role
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Record, Tx
from scheduler.people.mail_address import NotAnAddress, parse_mail_address
from scheduler.people.store import practice_ids

ADDRESS_LASTS: Final = timedelta(hours=24)
LONGEST_NAME: Final = 120
FIRST_OWNER, INVITATION, RESET, DEMO = "first_owner", "invitation", "reset", "demo"


@dataclass(frozen=True, slots=True)
class Invited:
    """A new account, and the path of its set-up address (`/setup/...`), shown once."""

    user_id: str
    path: str = field(repr=False)


async def first_owner_path(record: Record, now: datetime) -> str | None:
    """A fresh one-time path for the very first account; None once there is any. Older ones stop working.

    `now` is real time. If exactly one practice exists already, the account will be its owner; with none, the page
    asks for the practice as well.
    """
    async with record.write("", NOBODY) as tx:
        if not await accounts.nobody_yet(tx):
            return None
        await setup_store.remove_purpose(tx, FIRST_OWNER)
        known = await practice_ids(tx)
        return await _address(tx, FIRST_OWNER, known[0] if len(known) == 1 else None, None, now)


async def invite(
    tx: Tx, *, email: str, name: str, roles: Iterable[str], clinician_id: str | None = None, now: datetime
) -> Invited:
    """A new account that can sign in once its holder has set it up. `now` is real time.

    Raises:
        Invalid: email_shape, name_length, roles_none, role_unknown or clinician_missing; `field` says where.
        Conflict: email_taken.
    """
    user_id = await add_account(tx, email=email, name=name, roles=roles, clinician_id=clinician_id, now=now)
    tx.note("user.invited", "user_account", user_id)
    return Invited(user_id, await _address(tx, INVITATION, tx.practice_id, user_id, now))


async def add_account(
    tx: Tx, *, email: str, name: str, roles: Iterable[str], clinician_id: str | None = None, now: datetime
) -> str:
    """A new account without password or second factor; returns its id. Raises as `invite`."""
    address, called, held = checked_email(email), checked_name(name), checked_roles(roles)
    if held == {Role.CLINICIAN} and clinician_id is None:
        raise Invalid("clinician_missing", field="clinician_id")
    if await accounts.accounts_at(tx, address):
        raise Conflict("email_taken")
    user_id = tx.new_id()
    await accounts.insert_account(
        tx, user_id, email=address, name=called, roles=held, clinician_id=clinician_id, state="invited", now=now
    )
    return user_id


async def reset_access(tx: Tx, user_id: str, now: datetime) -> str:
    """Take password, second factor and sessions away; returns the path where the person sets them up anew.

    Raises:
        NotFound: no such account here.
        Conflict: account_disabled.
    """
    account = await _known(tx, user_id)
    if account.state == "disabled":
        raise Conflict("account_disabled", user=user_id)
    await accounts.change(tx, user_id, password_hash=None, totp_ct=None, totp_step=None, recovery=[], state="invited")
    await session_store.remove_all(tx, user_id)
    tx.note("user.reset", "user_account", user_id)
    return await _address(tx, RESET, tx.practice_id, user_id, now)


async def change_roles(tx: Tx, user_id: str, roles: Iterable[str], clinician_id: str | None) -> None:
    """Give other roles, from the next request on.

    Raises:
        NotFound, Conflict(last_owner), Invalid: as above.
    """
    account, held = await _known(tx, user_id), checked_roles(roles)
    if held == {Role.CLINICIAN} and clinician_id is None:
        raise Invalid("clinician_missing", field="clinician_id")
    if Role.OWNER not in held:
        await _keep_an_owner(tx, account)
    await accounts.change(tx, user_id, roles=sorted(held), clinician_id=clinician_id)
    tx.note("user.roles_changed", "user_account", user_id, roles=",".join(sorted(held)))


async def disable(tx: Tx, user_id: str) -> None:
    """Put somebody out: their sessions end now and they cannot sign in.

    Raises:
        NotFound: no such account here.
        Conflict: last_owner.
    """
    account = await _known(tx, user_id)
    if account.state == "disabled":
        return
    await _keep_an_owner(tx, account)
    await accounts.change(tx, user_id, state="disabled")
    await session_store.remove_all(tx, user_id)
    await setup_store.remove_for(tx, user_id)
    tx.note("user.disabled", "user_account", user_id)


async def enable(tx: Tx, user_id: str) -> None:
    """Let somebody back in, with the password and app they had.

    Raises:
        NotFound: no such account here.
        Conflict: not_disabled.
    """
    account = await _known(tx, user_id)
    if account.state != "disabled":
        raise Conflict("not_disabled", user=user_id)
    ready = account.password_hash is not None and account.secret is not None
    await accounts.change(tx, user_id, state="active" if ready else "invited")
    tx.note("user.enabled", "user_account", user_id)


async def set_password(tx: Tx, user_id: str, password_hash: str, *, keep: bytes | None = None) -> None:
    """Store a new password and end every session but `keep`. The caller has checked the old one or an address."""
    await accounts.change(tx, user_id, password_hash=password_hash)
    await session_store.remove_all(tx, user_id, but=keep)
    tx.note("password.changed", "user_account", user_id)


async def demo_path(tx: Tx, user_id: str, now: datetime) -> str:
    """A path that signs a demo's account in by one button, as often as liked; of no use in a real practice.

    Only `stillon demo` makes one, and the page refuses it unless the practice is a demo.
    """
    return await _address(tx, DEMO, tx.practice_id, user_id, now)


def checked_email(email: str) -> str:
    """The address, casefolded.

    Raises:
        Invalid: email_shape.
    """
    parsed = parse_mail_address(email)
    if isinstance(parsed, NotAnAddress):
        raise Invalid("email_shape", field="email")
    return parsed.casefold()


def checked_name(name: str) -> str:
    """The name, tidied.

    Raises:
        Invalid: name_length.
    """
    tidy = " ".join(name.split())
    if not 0 < len(tidy) <= LONGEST_NAME:
        raise Invalid("name_length", field="name", longest=LONGEST_NAME)
    return tidy


def checked_roles(roles: Iterable[str]) -> frozenset[str]:
    """The roles, each known and at least one.

    Raises:
        Invalid: roles_none or role_unknown.
    """
    held = frozenset(roles)
    if not held:
        raise Invalid("roles_none", field="roles")
    if not held <= {role.value for role in Role}:
        raise Invalid("role_unknown", field="roles")
    return held


async def _known(tx: Tx, user_id: str) -> Account:
    # All of them are kept from changing, or two owners could put each other out at once.
    await accounts.lock_all(tx)
    found = await accounts.account(tx, user_id)
    if found is None:
        raise NotFound("user_account", user=user_id)
    return found


async def _keep_an_owner(tx: Tx, leaving: Account) -> None:
    if Role.OWNER not in leaving.roles or leaving.state != "active":
        return
    others = [a for a in await accounts.accounts(tx) if a.id != leaving.id and a.state == "active"]
    if not any(Role.OWNER in account.roles for account in others):
        raise Conflict("last_owner", user=leaving.id)


async def _address(tx: Tx, purpose: str, practice_id: str | None, user_id: str | None, now: datetime) -> str:
    if user_id is not None:
        await setup_store.remove_for(tx, user_id)
    token = secrets.token_urlsafe(32)
    await setup_store.insert_token(
        tx, tx.vault.token_digest(token), purpose=purpose, practice_id=practice_id, user_id=user_id,
        expires_at=now + ADDRESS_LASTS,
    )  # fmt: skip
    return f"/setup/{token}"
