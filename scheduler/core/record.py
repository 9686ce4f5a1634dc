"""The record: opening it, reading it, and the one way to change it.

    async with record.write(practice_id, actor) as tx:
        await cancel(tx, participation_id, ...)

A Tx carries the connection, the hour (one instant for the whole transaction), the actor, the practice and the
vault. What an action emits runs its subscribers before the commit, in the same transaction; what it notes is
entered in the audit chain last. So state, messages, offers and audit commit together or not at all.
Invariant: nothing is committed without its audit entries, and no subscriber runs after the commit.
"""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, MutableSequence, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Insert, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.core import audit
from scheduler.core.actor import Actor
from scheduler.core.bell import Bell, CalledOff, Work
from scheduler.core.clock import Clock
from scheduler.core.engine import Engines
from scheduler.core.ids import MakeId, random_id
from scheduler.core.trouble import trouble_told
from scheduler.core.vault import Box, Vault
from scheduler.core.wakeup import announce
from scheduler.events import Event

E = TypeVar("E", bound=Event)
Subscriber = Callable[["Tx", Any], Awaitable[None]]


class Reading:
    """A consistent-enough view of one practice: what stores read from."""

    def __init__(self, conn: AsyncConnection, practice_id: str, now: datetime, vault: Vault) -> None:
        self.conn = conn
        self.practice_id = practice_id
        self.now = now
        self.vault = vault
        self.practice_box: Box | None = None
        """The practice's own box, once somebody has asked for it (people.store.box_of_practice)."""


class Tx(Reading):
    """One transaction of one actor: what actions write through."""

    def __init__(
        self, conn: AsyncConnection, practice_id: str, now: datetime, vault: Vault, actor: Actor, make_id: MakeId
    ) -> None:
        super().__init__(conn, practice_id, now, vault)
        self.actor = actor
        self._make_id = make_id
        self.events: deque[Event] = deque()
        self.noted: list[audit.Noted] = []
        self.work: set[Work] = set()
        self.called_off: list[str] = []
        self.after_commit: list[Callable[[], None]] = []
        self.before_answer: list[Callable[[Record], Awaitable[None]]] = []

    def new_id(self) -> str:
        """An id for a row about to be written."""
        return self._make_id(self.now)

    def emit(self, event: Event) -> None:
        """Tell the subscribers, after the action has finished and before the commit."""
        self.events.append(event)

    def note(self, action: str, subject: str, subject_id: str | None = None, **detail: str | int | bool | None) -> None:
        """Enter something in the audit chain: codes and ids, never a person's data."""
        self.noted.append(audit.Noted(action, subject, subject_id, detail, self.actor))

    @contextmanager
    def acting(self, actor: Actor) -> Iterator[None]:
        """What is noted meanwhile is this actor's: where one transaction does what several have asked for."""
        before, self.actor = self.actor, actor
        try:
            yield
        finally:
            self.actor = before

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A part of the transaction that stands as a whole or, when it raises, not at all: rows, events and notes."""
        lists: Sequence[MutableSequence[Any]] = (
            self.events,
            self.noted,
            self.called_off,
            self.after_commit,
            self.before_answer,
        )
        before = [len(each) for each in lists]
        try:
            async with self.conn.begin_nested():
                yield
        except BaseException:
            for each, length in zip(lists, before, strict=True):
                while len(each) > length:
                    each.pop()
            raise

    def call_off(self, row_ids: Iterable[str]) -> None:
        """Once this has committed, have workers look again before they do what they may have in hand about these."""
        self.called_off.extend(row_ids)

    def wake(self, work: Work) -> None:
        """Ring those who do such work once this has committed: something may be due at once."""
        self.work.add(work)


class Subscriptions:
    """Who is told of which event. Bound once, in bot/wiring.py."""

    def __init__(self) -> None:
        self._by_event: dict[type[Event], list[Subscriber]] = {}

    def on(self, event: type[E], subscriber: Callable[[Tx, E], Awaitable[None]]) -> None:
        """Call `subscriber` in the transaction of every such event, in the order of binding."""
        self._by_event.setdefault(event, []).append(subscriber)

    async def deliver(self, tx: Tx) -> None:
        """Run subscribers until no event is left; they may emit more."""
        while tx.events:
            event = tx.events.popleft()
            for subscriber in self._by_event.get(type(event), ()):
                await subscriber(tx, event)


class Record:
    """The database, the clock, the keys and the subscribers, together."""

    def __init__(
        self,
        engines: Engines,
        clock: Clock,
        vault: Vault,
        *,
        subscriptions: Subscriptions | None = None,
        make_id: MakeId = random_id,
        bell: Bell | None = None,
    ) -> None:
        self.engines = engines
        self.clock = clock
        self.vault = vault
        self.subscriptions = subscriptions or Subscriptions()
        self.make_id = make_id
        self.bell = bell or Bell()
        self.called_off = CalledOff()

    @asynccontextmanager
    async def write(self, practice_id: str, actor: Actor) -> AsyncIterator[Tx]:
        """One transaction. Commits when the block ends; any exception leaves the record as it was.

        What the actions put into `tx.before_answer` is then waited for, outside the transaction: the caller may tell
        people that it is done only when this has returned.

        Raises:
            Unavailable: the database is away, or gave this transaction up for another one (`trouble_told`).
        """
        with trouble_told():
            async with self.engines.writer.begin() as conn:
                tx = Tx(conn, practice_id, self.clock.now(), self.vault, actor, self.make_id)
                yield tx
                await self.subscriptions.deliver(tx)
                await announce(conn, work=tx.work, called_off=tx.called_off)
                if tx.noted:  # last: every other commit of the practice waits for the head of its chain
                    await audit.append(conn, self.vault.audit_key, practice_id, tx.now, tx.noted)
        self.called_off.add(tx.called_off)
        for act in tx.after_commit:
            act()
        if tx.work:
            self.bell.ring(tx.work)
        for wait in tx.before_answer:
            await wait(self)

    @asynccontextmanager
    async def read(self, practice_id: str) -> AsyncIterator[Reading]:
        """A view for reading only; on SQLite it never waits for a writer.

        Raises:
            Unavailable: the database is away.
        """
        with trouble_told():
            async with self.engines.reader.connect() as conn:
                yield Reading(conn, practice_id, self.clock.now(), self.vault)

    async def ping(self) -> None:
        """Ask the database for nothing at all; raises whatever keeps it from answering."""
        async with self.engines.reader.connect() as conn:
            await conn.execute(select(1))

    async def close(self) -> None:
        """Close all connections."""
        await self.engines.close()


async def insert_once(tx: Tx, table: Table, rows: Iterable[dict[str, Any]]) -> int:
    """Insert rows, passing over those that collide with a unique key; returns how many were new."""
    statement = _once(table, tx.conn.dialect.name)
    return sum([(await tx.conn.execute(statement, row)).rowcount for row in rows])


@cache
def _once(table: Table, engine: str) -> Insert:
    dialect = sqlite if engine == "sqlite" else postgresql
    statement: Insert = dialect.insert(table).on_conflict_do_nothing()
    return statement


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that refused, or what SQLite says in its place; never a value."""
    named = getattr(getattr(error.orig, "__cause__", None), "constraint_name", None)
    if named:
        return str(named)
    said = str(error.orig)
    return said.partition("failed: ")[2] or said
