"""The `message` table as the sender changes it: claiming, intents, outcomes.

What a message is about is send_row_store.py's, what is unknown settle_store.py's.

Few statements per batch, none per message except the writes. Invariant: every change of state here names the state,
and where it matters the attempt, it is changed from; a row somebody else has changed is left alone.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, literal_column, select, update

from messages.cap_store import COUNTED
from messages.kinds import Channel
from messages.states import State
from scheduler.core.bulk import Update, among, listed
from scheduler.core.record import Reading, Tx
from scheduler.tables import (
    consent,
    message,
    practice,
)

PRESSING: Final = 5
"""Priorities below this are answers, notices and alerts: somebody waits for them now (outbox.PRIORITY)."""
EVERY_PRIORITY: Final = 99
DUE_AT_ONCE: Final = 20_000


class Intent(NamedTuple):
    """What is written before a message may be posted. `sender` is what it leaves from."""

    message_id: str
    attempt: int
    sender: str
    body_hash: bytes
    segments: int


class Standing(NamedTuple):
    """How a message stands just now: its state, its last attempt, and why it waits, was recalled or ended."""

    state: str
    attempt: int
    reason: str | None
    sid: str | None
    intent_at: datetime | None


# --- claiming ---------------------------------------------------------------------------------------------------


async def hold_claims(tx: Tx) -> None:
    """One claim of a practice runs at a time, from here to the commit.

    Two that ran together could each allow a client's last text of the day or overdraw a sender's pace, and a STOP is
    acknowledged only when no claim is half done (consent_store.hold_sending takes the same lock).
    """
    await tx.conn.execute(_HOLD, {"of": tx.practice_id})


async def due(tx: Tx, limit: int, *, below: int, only: Channel | None = None) -> tuple[str, ...]:
    """The ids of due messages of a priority below `below` (of one channel only), locked until the transaction ends.

    Most pressing first, and of equals the one that is of use for the shortest time: the nearest visit. However much
    has piled up, only the `DUE_AT_ONCE` that have been due longest are put in order.
    """
    asked = {"of": tx.practice_id, "now": tx.now, "most": limit}
    ids = tuple((await tx.conn.execute(_first_due(below, only), asked)).scalars())
    if tx.conn.dialect.name == "sqlite" or not ids:
        return ids
    # Somebody may be taking one of them back just now; it is passed over, not waited for.
    locked = set((await tx.conn.execute(_FREE, {"of": tx.practice_id, "ids": list(ids)})).scalars())
    return tuple(each for each in ids if each in locked)


async def any_due(r: Reading, *, below: int) -> bool:
    """Whether a claim would find something: asked first, so that an idle worker takes no write lock."""
    return (await r.conn.execute(_any_due(below), {"of": r.practice_id, "now": r.now})).first() is not None


def in_state(state: str) -> ColumnElement[bool]:
    """That a message is in this state, spelt out in the statement: only so do engines use the indexes of few rows."""
    return message.c.state == literal_column(f"'{State(state).value}'")


# Built once: what follows is asked again and again, by claims and by whoever looks whether there is anything to claim.


@cache
def _first_due(below: int, only: Channel | None) -> Select[Any]:
    waiting = _due_now(below)
    if only is not None:
        waiting = waiting.where(message.c.channel == only.value)
    oldest = waiting.order_by(message.c.due_at).limit(DUE_AT_ONCE).subquery()
    first = select(oldest.c.id).order_by(oldest.c.priority, oldest.c.useful_until, oldest.c.due_at, oldest.c.id)
    return first.limit(bindparam("most"))


@cache
def _any_due(below: int) -> Select[Any]:
    return _due_now(below).order_by(message.c.due_at).limit(1)


def _due_now(below: int) -> Select[Any]:
    """What is due; only with the priority spelt out do engines use the index of what is pressing."""
    c = message.c
    return select(c.id, c.priority, c.useful_until, c.due_at).where(
        c.practice_id == bindparam("of"),
        in_state("pending"),
        c.due_at <= bindparam("now"),
        c.priority < literal_column(str(int(below))),
    )


_HOLD: Final = select(practice.c.id).where(practice.c.id == bindparam("of")).with_for_update(key_share=True)
_FREE: Final = (
    select(message.c.id)
    .where(message.c.practice_id == bindparam("of"), among(message.c.id, "ids", sqlite=False), in_state("pending"))
    .with_for_update(skip_locked=True)
)


async def agreed(r: Reading, contact_point_ids: Collection[str]) -> frozenset[tuple[str, str, str]]:
    """Which (contact point, channel, purpose) are agreed to by the newest consent."""
    if not contact_point_ids:
        return frozenset()
    c = consent.c
    wanted = select(c.contact_point_id, c.channel, c.purpose, c.granted).where(
        c.practice_id == r.practice_id, c.contact_point_id.in_(sorted(contact_point_ids))
    )
    newest: dict[tuple[str, str, str], bool] = {}
    for point, channel, purpose, granted in await r.conn.execute(wanted.order_by(c.at, c.id)):
        newest[point, channel, purpose] = granted
    return frozenset(key for key, granted in newest.items() if granted)


async def capped_since(r: Reading, address_ixs: Collection[bytes], since: datetime) -> dict[bytes, list[datetime]]:
    """When capped messages left, or may have left, to these addresses."""
    if not address_ixs:
        return {}
    asked = {"of": r.practice_id, "address_ixs": list(address_ixs), "since": since}
    found: dict[bytes, list[datetime]] = {}
    for address_ix, intent_at in await r.conn.execute(_CAPPED_SINCE, asked):
        found.setdefault(address_ix, []).append(intent_at)
    return found


# --- changing state ---------------------------------------------------------------------------------------------


_CAPPED_SINCE: Final = select(message.c.address_ix, message.c.intent_at).where(
    message.c.practice_id == bindparam("of"),
    message.c.address_ix.in_(bindparam("address_ixs", expanding=True)),
    message.c.intent_at >= bindparam("since"),
    COUNTED,
    message.c.state.in_(("intent", "unknown", "sent")),
)
_INTEND: Final = Update(
    message,
    each=("attempt", "sender", "body_hash", "segments"),
    same=("state", "reason", "worker", "deadline", "intent_at", "settle_at", "looks"),
    where="state = 'pending'",
)
_ACCEPT: Final = Update(
    message,
    each=("sid", "provider_status"),
    same=("state", "reason", "error_code", "sent_at", "redact_at"),
)


async def write_intents(tx: Tx, intents: Sequence[Intent], *, worker: str, deadline: datetime) -> None:
    """From pending to intent. The rows are those of `due`, in this very transaction."""
    rows = [(each.message_id, each.attempt, each.sender, each.body_hash, each.segments) for each in intents]
    same = ("intent", None, worker, deadline, tx.now, None, 0)
    await _INTEND.run(tx.conn, tx.practice_id, rows, same)


async def accept(tx: Tx, rows: Sequence[tuple[str, str, str]], *, sent_at: datetime, redact_at: datetime) -> None:
    """To sent: (message id, sid, the carrier's word). The caller has locked the rows and looked at their state."""
    await _ACCEPT.run(tx.conn, tx.practice_id, rows, ("sent", None, None, sent_at, redact_at))


async def postpone(tx: Tx, message_ids: Collection[str], due_at: datetime, reason: str) -> tuple[str, ...]:
    """Pending messages wait until another time; returns which."""
    return await _pending_become(tx, message_ids, {"due_at": due_at, "reason": reason})


async def drop(tx: Tx, message_ids: Collection[str], reason: str) -> tuple[str, ...]:
    """From pending to cancelled: they must not leave any more; returns which."""
    return await _pending_become(tx, message_ids, {"state": "cancelled", "reason": reason})


async def _pending_become(tx: Tx, message_ids: Collection[str], values: dict[str, Any]) -> tuple[str, ...]:
    found = await tx.conn.execute(
        update(message)
        .where(message.c.practice_id == tx.practice_id, message.c.id.in_(sorted(message_ids)), in_state("pending"))
        .values(values)
        .returning(message.c.id)
    )
    return tuple(sorted(found.scalars()))


async def still_wanted(r: Reading, attempts: Mapping[str, int]) -> frozenset[str]:
    """Which of these intents, by message id and attempt, still stand: not recalled, taken over or decided."""
    c = message.c
    wanted = select(c.id, c.attempt).where(
        c.practice_id == r.practice_id, c.id.in_(sorted(attempts)), in_state("intent"), c.reason.is_(None)
    )
    return frozenset(row.id for row in await r.conn.execute(wanted) if attempts[row.id] == row.attempt)


async def standing(tx: Tx, message_ids: Collection[str]) -> dict[str, Standing]:
    """How these messages stand, locked until the transaction ends, in the order of their ids."""
    sqlite = tx.conn.dialect.name == "sqlite"
    asked = {"of": tx.practice_id, "ids": listed(sorted(message_ids), sqlite=sqlite)}
    rows = await tx.conn.execute(_standing(sqlite=sqlite), asked)
    return {message_id: Standing(*rest) for message_id, *rest in rows}


@cache
def _standing(*, sqlite: bool) -> Select[Any]:
    c = message.c
    wanted = select(c.id, c.state, c.attempt, c.reason, c.sid, c.intent_at)
    return (
        wanted.where(c.practice_id == bindparam("of"), among(c.id, "ids", sqlite=sqlite))
        .order_by(c.id)
        .with_for_update()
    )


async def being_posted(r: Reading, message_ids: Collection[str]) -> bool:
    """Whether a worker may still be about to post one of these."""
    c = message.c
    wanted = select(c.id).where(
        c.practice_id == r.practice_id, c.id.in_(sorted(message_ids)), in_state("intent"), c.deadline > r.now
    )
    return (await r.conn.execute(wanted.limit(1))).first() is not None


async def resolve(tx: Tx, message_id: str, attempt: int, origins: Collection[str], values: dict[str, Any]) -> bool:
    """Write the outcome of an attempt, if the message is in one of these states and still at that attempt."""
    where = and_(message.c.state.in_(sorted(origins)), message.c.attempt == attempt)
    return await _move(tx, message_id, where, values)


async def attempt_of(r: Reading, message_id: str) -> int:
    """The number of the last attempt."""
    wanted = select(message.c.attempt).where(message.c.practice_id == r.practice_id, message.c.id == message_id)
    return int((await r.conn.execute(wanted)).scalar_one())


async def recalled_reason(r: Reading, message_id: str) -> str | None:
    """Why an intent was recalled; None when it was not, or is no longer an intent."""
    wanted = select(message.c.reason).where(
        message.c.practice_id == r.practice_id, message.c.id == message_id, message.c.state == "intent"
    )
    reason: str | None = (await r.conn.execute(wanted)).scalar_one_or_none()
    return reason


async def _move(tx: Tx, message_id: str, origin: Any, values: dict[str, Any]) -> bool:
    found = await tx.conn.execute(
        update(message)
        .where(message.c.practice_id == tx.practice_id, message.c.id == message_id, origin)
        .values(values)
    )
    return found.rowcount == 1
