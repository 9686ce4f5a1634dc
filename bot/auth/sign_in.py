"""Signing in: a password, then a code. Orders the steps; each write is one transaction.

Hashing happens between transactions, since it takes long and a writer must not wait for it. Answers are the same for
a wrong password and an address nobody has. Invariant: a session is open only after a code, or a recovery code, that was
used up in the same transaction.
"""

from dataclasses import dataclass, field
from datetime import datetime

from bot.auth import account_store as accounts
from bot.auth import session_store
from bot.auth.account_store import Account
from bot.auth.passwords import Passwords
from bot.auth.second_factor import accepted_step, new_recovery_codes, secret_from, tidy_recovery
from bot.auth.session_store import Session
from bot.auth.sessions import NOBODY, OPEN, PASSWORD_GIVEN, actor_of, open_session
from bot.auth.throttle import Wait, clear_tries, count_try
from scheduler.core.actor import Actor, ActorKind, Via
from scheduler.core.clock import Clock
from scheduler.core.record import Record, Tx
from scheduler.core.vault import Vault

CODE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Wrong:
    """Not the right one; which part was wrong is not said."""


@dataclass(frozen=True, slots=True)
class HalfWay:
    """The password was right: `token` is the browser's, for ten minutes, good for the second factor only."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """Signed in: `token` is the browser's. `recovery` are the codes to show once, after setting up only."""

    token: str = field(repr=False)
    recovery: tuple[str, ...] = field(default=(), repr=False)


class SignIn:
    """The door. `clock` keeps real time, whatever the domain's clock says."""

    def __init__(self, record: Record, passwords: Passwords, clock: Clock) -> None:
        self.record = record
        self.passwords = passwords
        self.clock = clock

    async def with_password(self, email: str, password: str) -> HalfWay | Wrong | Wait:
        """The first step."""
        address, now = email.strip().casefold(), self.clock.now()
        async with self.record.write("", NOBODY) as tx:
            wait = await count_try(tx, "password", address, now)
            found = () if wait else await accounts.accounts_at(tx, address)
        if wait:
            return wait
        account = await self._verified(found, password)
        if account is None:
            await self._note_refusal(found)
            return Wrong()
        return await self._half_way(account, address, password)

    async def with_code(self, session: Session, code: str) -> Opened | Wrong | Wait:
        """The second step, with a code of the app or a recovery code."""
        now = self.clock.now()
        async with self.record.write(session.practice_id, actor_of(session)) as tx:
            wait = await count_try(tx, "code", session.user_id, now)
            if wait:
                return wait
            account = await accounts.lock(tx, session.user_id)
            if account is None or not await _use_code(tx, account, code, now):
                tx.note("sign_in.code_refused", "user_account", session.user_id)
                return Wrong()
            await clear_tries(tx, "code", session.user_id)
            await session_store.remove(tx, session.digest)
            return Opened(await open_session(tx, session.user_id, state=OPEN, now=now))

    async def enrol(self, session: Session, token: str, code: str) -> Opened | Wrong | Wait:
        """Set up the second factor with the secret of `enrolment_secret`, proven by a first code of the app."""
        now = self.clock.now()
        secret = enrolment_secret(self.record.vault, token)
        async with self.record.write(session.practice_id, actor_of(session)) as tx:
            wait = await count_try(tx, "code", session.user_id, now)
            if wait:
                return wait
            account = await accounts.lock(tx, session.user_id)
            step = accepted_step(secret, code, now, None)
            if account is None or account.secret is not None or step is None:
                return Wrong()
            await accounts.set_secret(tx, account.id, secret, step)
            codes = new_recovery_codes()
            await accounts.change(tx, account.id, state="active", recovery=_digests(tx.vault, codes))
            await clear_tries(tx, "code", session.user_id)
            await session_store.remove(tx, session.digest)
            tx.note("second_factor.set_up", "user_account", account.id)
            return Opened(await open_session(tx, account.id, state=OPEN, now=now), codes)

    async def _verified(self, found: tuple[Account, ...], password: str) -> Account | None:
        possible = [account for account in found if account.state in {"active", "invited"}]
        for account in possible:
            if await self.passwords.verify(account.password_hash, password):
                return account
        if not possible:
            await self.passwords.verify(None, password)
        return None

    async def _note_refusal(self, found: tuple[Account, ...]) -> None:
        for account in found:
            async with self.record.write(account.practice_id, NOBODY) as tx:
                tx.note("sign_in.password_refused", "user_account", account.id)

    async def _half_way(self, account: Account, address: str, password: str) -> HalfWay:
        outdated = account.password_hash is not None and self.passwords.is_outdated(account.password_hash)
        renewed = await self.passwords.hash(password) if outdated else None
        actor = Actor(ActorKind.STAFF, account.id, Via.CONSOLE, account.roles)
        async with self.record.write(account.practice_id, actor) as tx:
            await clear_tries(tx, "password", address)
            if renewed:
                await accounts.change(tx, account.id, password_hash=renewed)
            return HalfWay(await open_session(tx, account.id, state=PASSWORD_GIVEN, now=self.clock.now()))


def enrolment_secret(vault: Vault, token: str) -> str:
    """The secret an app is to store while it is being set up.

    It follows from the browser's half-way session, so that showing the page twice shows the same picture and a GET
    stores nothing; with the next session it is another.
    """
    return secret_from(vault.token_digest(f"second-factor\x1f{token}"))


async def _use_code(tx: Tx, account: Account, code: str, now: datetime) -> bool:
    typed = tidy_recovery(code)
    if len(typed) == CODE_DIGITS and typed.isdigit():
        step = accepted_step(account.secret, typed, now, account.last_step) if account.secret else None
        return step is not None and await accounts.use_step(tx, account.id, step)
    digest = tx.vault.token_digest(typed).hex()
    if digest not in account.recovery:
        return False
    left = [other for other in account.recovery if other != digest]
    await accounts.change(tx, account.id, recovery=left)
    tx.note("recovery_code.used", "user_account", account.id, left=len(left))
    return True


def _digests(vault: Vault, codes: tuple[str, ...]) -> list[str]:
    return [vault.token_digest(tidy_recovery(code)).hex() for code in codes]
