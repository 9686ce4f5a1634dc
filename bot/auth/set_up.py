"""What one-time addresses do: make the first owner and the practice, let the invited choose a password, enter a demo.

Looking at an address uses nothing up; the form does, once. Invariant: an address that is unknown, used or out of
time is one and the same answer.
"""

from dataclasses import dataclass, field
from datetime import datetime

from bot.auth import account_store as accounts
from bot.auth import session_store, setup_store
from bot.auth.passwords import Passwords, check_password
from bot.auth.people import DEMO, FIRST_OWNER, INVITATION, RESET, add_account, checked_email, checked_name
from bot.auth.sessions import NOBODY, OPEN, PASSWORD_GIVEN, open_session
from bot.auth.setup_store import SetupToken
from bot.auth.sign_in import HalfWay, Opened
from scheduler.access import Role
from scheduler.actions.practice import create_practice
from scheduler.core.actor import Actor, ActorKind, Via
from scheduler.core.clock import Clock
from scheduler.core.errors import NotFound
from scheduler.core.record import Record, Tx
from scheduler.people import store as people
from scheduler.people.practice_fields import PracticeFields, checked_practice


@dataclass(frozen=True, slots=True)
class Open:
    """A good address: its purpose, and for whom. `name` and `email` are empty for a first owner."""

    token: SetupToken = field(repr=False)
    purpose: str
    name: str
    email: str


class SetUp:
    """The side door. `clock` keeps real time."""

    def __init__(self, record: Record, passwords: Passwords, clock: Clock) -> None:
        self.record = record
        self.passwords = passwords
        self.clock = clock

    async def look(self, secret: str) -> Open:
        """What an address is for; changes nothing.

        Raises:
            NotFound: unknown, used, out of time, or a demo's address outside a demo.
        """
        async with self.record.read("") as r:
            token = await setup_store.token(r, r.vault.token_digest(secret))
        if token is None or token.used_at is not None or self.clock.now() >= token.expires_at:
            raise NotFound("setup_address")
        if token.user_id is None or token.practice_id is None:
            return Open(token, token.purpose, "", "")
        return await self._for_person(token, token.practice_id, token.user_id)

    async def choose_password(self, opened: Open, password: str) -> HalfWay:
        """An invited or reset person's password; the second factor comes next.

        Raises:
            Invalid: see `check_password`.
            NotFound: the address was used in the meantime.
        """
        practice_id, user_id = opened.token.practice_id or "", opened.token.user_id or ""
        check_password(password, email=opened.email)
        stored, now = await self.passwords.hash(password), self.clock.now()
        async with self.record.write(practice_id, _staff(user_id)) as tx:
            await _use(tx, opened, now, INVITATION, RESET)
            await session_store.remove_all(tx, user_id)
            return await _half_way(tx, user_id, stored, now)

    async def make_owner(
        self, opened: Open, *, email: str, name: str, password: str, practice: PracticeFields | None
    ) -> HalfWay:
        """The first account, and with `practice` the practice it owns.

        Raises:
            Invalid: a field does not fit; `field` names it.
            NotFound: the address was used in the meantime.
        """
        address, called = checked_email(email), checked_name(name)
        check_password(password, email=address)
        checked = checked_practice(practice) if practice else None
        stored, now = await self.passwords.hash(password), self.clock.now()
        practice_id = opened.token.practice_id or self.record.make_id(now)
        async with self.record.write(practice_id, NOBODY) as tx:
            await _use(tx, opened, now, FIRST_OWNER)
            if checked is not None and opened.token.practice_id is None:
                await create_practice(tx, checked)
            user_id = await add_account(tx, email=address, name=called, roles=[Role.OWNER], now=now)
            tx.note("user.first_owner", "user_account", user_id)
            return await _half_way(tx, user_id, stored, now)

    async def enter_demo(self, opened: Open) -> Opened:
        """A session in a demo, without password or code.

        Raises:
            NotFound: not a demo's address.
        """
        user_id, now = opened.token.user_id or "", self.clock.now()
        if opened.purpose != DEMO:
            raise NotFound("setup_address")
        async with self.record.write(opened.token.practice_id or "", _staff(user_id)) as tx:
            return Opened(await open_session(tx, user_id, state=OPEN, now=now))

    async def _for_person(self, token: SetupToken, practice_id: str, user_id: str) -> Open:
        async with self.record.read(practice_id) as r:
            account = await accounts.account(r, user_id)
            practice = await people.practice(r)
        if account is None or account.state == "disabled" or (token.purpose == DEMO and not practice.demo):
            raise NotFound("setup_address")
        return Open(token, token.purpose, account.name, account.email)


async def _use(tx: Tx, opened: Open, now: datetime, *purposes: str) -> None:
    if opened.purpose not in purposes or not await setup_store.use(tx, opened.token.digest, now):
        raise NotFound("setup_address")


async def _half_way(tx: Tx, user_id: str, password_hash: str, now: datetime) -> HalfWay:
    await accounts.change(tx, user_id, password_hash=password_hash)
    tx.note("password.chosen", "user_account", user_id)
    return HalfWay(await open_session(tx, user_id, state=PASSWORD_GIVEN, now=now))


def _staff(user_id: str) -> Actor:
    return Actor(ActorKind.STAFF, user_id, Via.CONSOLE)
