"""The `message` table: adding rows, taking them back, and reading them for people.

Not here: claiming and outcomes (send_store.py), planned touches (plan_store.py). Invariant: every change of state
names the state it is changed from.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from messages.kinds import Channel, Kind
from messages.particulars import Particulars
from scheduler.core.record import Reading, Tx, insert_once
from scheduler.tables import contact_point, delivery, message

Condition = ColumnElement[bool]
ROWS_AT_ONCE = 200  # of some twenty columns each: both engines take 32,766 values in a statement


@dataclass(frozen=True, slots=True)
class Message:
    """One row of the outbox, without its address."""

    id: str
    kind: Kind
    channel: Channel
    client_id: str | None
    contact_point_id: str | None
    participation_id: str | None
    offer_id: str | None
    inbound_id: str | None
    touch: str | None
    revision: int | None
    fields: Particulars
    priority: int
    due_at: datetime
    useful_until: datetime
    state: str
    reason: str | None
    attempt: int
    segments: int | None
    sid: str | None = field(repr=False)
    provider_status: str | None
    error_code: int | None
    sent_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose address it is, and its blind index."""

    client_id: str
    address_ix: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """One word of the carrier about a message."""

    status: str
    error_code: int | None
    at: datetime


# --- conditions: which messages ---------------------------------------------------------------------------------


def about_participation(participation_id: str, kinds: Collection[Kind] | None = None) -> Condition:
    """Messages about a visit, of all kinds or of some."""
    return _of_kinds(message.c.participation_id == participation_id, kinds)


def about_offers(offer_ids: Collection[str], kinds: Collection[Kind] | None = None) -> Condition:
    """Messages about offers, of all kinds or of some."""
    return _of_kinds(message.c.offer_id.in_(sorted(offer_ids)), kinds)


def among(message_ids: Collection[str]) -> Condition:
    """These messages."""
    return message.c.id.in_(sorted(message_ids))


def due_answers(now: datetime, below: int) -> Condition:
    """What was to leave by now at a priority before `below`: answers, notices, offers."""
    return and_(message.c.due_at <= now, message.c.priority < below)


def for_address(address_ix: bytes, channel: Channel, but_not: Collection[Kind]) -> Condition:
    """Messages for an address on a channel, except some kinds."""
    kept = [kind.value for kind in but_not]
    return and_(message.c.address_ix == address_ix, message.c.channel == channel.value, message.c.kind.not_in(kept))


def _of_kinds(where: Condition, kinds: Collection[Kind] | None) -> Condition:
    return where if kinds is None else and_(where, message.c.kind.in_([kind.value for kind in kinds]))


# --- writing ----------------------------------------------------------------------------------------------------


async def add(tx: Tx, row: dict[str, Any]) -> bool:
    """Insert a pending row; False when its dedupe key exists."""
    whole = {"practice_id": tx.practice_id, "state": "pending", "attempt": 0, "looks": 0, "created_at": tx.now, **row}
    return await insert_once(tx, message, [whole]) == 1


async def add_many(tx: Tx, rows: Sequence[dict[str, Any]]) -> frozenset[str]:
    """Insert rows that all name the same columns; returns the ids of those whose dedupe key was new."""
    fresh = {"practice_id": tx.practice_id, "state": "pending", "attempt": 0, "looks": 0, "created_at": tx.now}
    added: set[str] = set()
    for start in range(0, len(rows), ROWS_AT_ONCE):
        chunk = [{**fresh, **row} for row in rows[start : start + ROWS_AT_ONCE]]
        added.update((await tx.conn.execute(_added(tx.conn.dialect.name), chunk)).scalars())
    return frozenset(added)


@cache
def _added(engine: str) -> ReturningInsert[Any]:
    """Put together once for each engine; how many rows it gets is filled in by the driver's layer."""
    dialect = sqlite if engine == "sqlite" else postgresql
    found: ReturningInsert[Any] = dialect.insert(message).on_conflict_do_nothing().returning(message.c.id)
    return found


async def cancel_pending(tx: Tx, where: Condition, reason: str) -> tuple[str, ...]:
    """Cancel the pending ones; returns their ids."""
    found = await tx.conn.execute(
        update(message)
        .where(message.c.practice_id == tx.practice_id, message.c.state == "pending", where)
        .values(state="cancelled", reason=reason)
        .returning(message.c.id)
    )
    return tuple(sorted(found.scalars()))


async def recall_intents(tx: Tx, where: Condition, reason: str) -> tuple[str, ...]:
    """Ask that those about to be posted are not. A recall that comes too late changes nothing."""
    found = await tx.conn.execute(
        update(message)
        .where(message.c.practice_id == tx.practice_id, message.c.state == "intent", message.c.reason.is_(None), where)
        .values(reason=reason)
        .returning(message.c.id)
    )
    return tuple(sorted(found.scalars()))


# --- reading ----------------------------------------------------------------------------------------------------


async def owner_of(r: Reading, contact_point_id: str) -> Owner | None:
    """Whose contact point it is, and its blind index."""
    return (await owners_of(r, (contact_point_id,))).get(contact_point_id)


async def owners_of(r: Reading, contact_point_ids: Collection[str]) -> dict[str, Owner]:
    """Whose contact points these are, by id; those of other practices are left out."""
    found = await r.conn.execute(_OWNERS, {"of": r.practice_id, "ids": sorted(contact_point_ids)})
    return {point_id: Owner(client_id, value_ix) for point_id, client_id, value_ix in found.all()}


_OWNERS: Final = select(contact_point.c.id, contact_point.c.client_id, contact_point.c.value_ix).where(
    contact_point.c.practice_id == bindparam("of"), contact_point.c.id.in_(bindparam("ids", expanding=True))
)


async def message_row(r: Reading, message_id: str) -> Message | None:
    """One message of this practice."""
    found = await _read(r, message.c.id == message_id)
    return found[0] if found else None


async def messages_by_id(r: Reading, message_ids: Collection[str]) -> dict[str, Message]:
    """Those of the ids that exist, by id."""
    return {each.id: each for each in await _read(r, among(message_ids))} if message_ids else {}


async def messages_about(r: Reading, participation_ids: Iterable[str]) -> dict[str, tuple[Message, ...]]:
    """The messages about these visits, by visit, in order of their due time."""
    return _grouped(await _read(r, message.c.participation_id.in_(sorted(set(participation_ids)))), "participation_id")


async def messages_of(r: Reading, client_id: str, limit: int = 100) -> tuple[Message, ...]:
    """A client's messages, those due last first."""
    where = message.c.client_id == client_id
    wanted = select(message).where(message.c.practice_id == r.practice_id, where)
    rows = await r.conn.execute(wanted.order_by(message.c.due_at.desc(), message.c.id.desc()).limit(limit))
    return tuple(_message(row) for row in rows.mappings())


async def waiting_between(r: Reading, start: datetime, end: datetime, limit: int = 100) -> tuple[Message, ...]:
    """What is due to leave in `[start, end)`, soonest first."""
    c = message.c
    wanted = select(message).where(
        c.practice_id == r.practice_id, c.state == "pending", c.due_at >= start, c.due_at < end
    )
    rows = await r.conn.execute(wanted.order_by(c.due_at, c.id).limit(limit))
    return tuple(_message(row) for row in rows.mappings())


async def heard(r: Reading, message_id: str) -> tuple[Heard, ...]:
    """What the carrier said of a message, in the order it was said."""
    c = delivery.c
    wanted = select(c.status, c.error_code, c.at).where(c.practice_id == r.practice_id, c.message_id == message_id)
    return tuple(Heard(*row) for row in await r.conn.execute(wanted.order_by(c.at, c.status)))


async def _read(r: Reading, where: Condition) -> tuple[Message, ...]:
    wanted = select(message).where(message.c.practice_id == r.practice_id, where)
    rows = await r.conn.execute(wanted.order_by(message.c.due_at, message.c.id))
    return tuple(_message(row) for row in rows.mappings())


def _grouped(found: Iterable[Message], by: str) -> dict[str, tuple[Message, ...]]:
    groups: dict[str, list[Message]] = {}
    for each in found:
        groups.setdefault(getattr(each, by), []).append(each)
    return {key: tuple(group) for key, group in groups.items()}


def _message(row: Any) -> Message:
    return Message(
        id=row["id"],
        kind=Kind(row["kind"]),
        channel=Channel(row["channel"]),
        client_id=row["client_id"],
        contact_point_id=row["contact_point_id"],
        participation_id=row["participation_id"],
        offer_id=row["offer_id"],
        inbound_id=row["inbound_id"],
        touch=row["touch"],
        revision=row["revision"],
        fields=Particulars.from_json(row["fields"]),
        priority=row["priority"],
        due_at=row["due_at"],
        useful_until=row["useful_until"],
        state=row["state"],
        reason=row["reason"],
        attempt=row["attempt"],
        segments=row["segments"],
        sid=row["sid"],
        provider_status=row["provider_status"],
        error_code=row["error_code"],
        sent_at=row["sent_at"],
        created_at=row["created_at"],
    )
