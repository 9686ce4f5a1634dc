"""What carriers say about messages: the `delivery` table, and the columns of `message` that follow from it.

Invariant: one row of `delivery` per sid and status; a sid belongs to one message.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, select, update

from scheduler.core.record import Reading, Tx, insert_once
from scheduler.tables import delivery, message

FOUND_IN_LIST = "found_in_list"


@dataclass(frozen=True, slots=True)
class Known:
    """What we think of a message when its callback comes."""

    id: str
    state: str
    attempt: int
    sid: str | None
    provider_status: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """One word of the carrier."""

    status: str
    error_code: int | None


async def lock(tx: Tx, message_id: str) -> Known | None:
    """The message, locked until the transaction ends: callbacks of one message come in bunches."""
    c = message.c
    wanted = select(c.id, c.state, c.attempt, c.sid, c.provider_status).where(
        c.practice_id == tx.practice_id, c.id == message_id
    )
    row = (await tx.conn.execute(wanted.with_for_update())).first()
    return None if row is None else Known(*row)


async def add_delivery(tx: Tx, message_id: str, sid: str, status: str, error_code: int | None) -> bool:
    """Keep a word of the carrier; False when it was said before."""
    row = {
        "practice_id": tx.practice_id,
        "message_id": message_id,
        "sid": sid,
        "status": status[:40],
        "error_code": error_code,
        "at": tx.now,
    }
    return await insert_once(tx, delivery, [row]) == 1


async def deliveries(r: Reading, sid: str) -> tuple[Said, ...]:
    """Everything said of a sid, in the order it was said."""
    c = delivery.c
    wanted = select(c.status, c.error_code).where(c.practice_id == r.practice_id, c.sid == sid)
    return tuple(Said(*row) for row in await r.conn.execute(wanted.order_by(c.at, c.status)))


async def set_sent(tx: Tx, message_id: str, sid: str, *, redact_at: datetime) -> bool:
    """Note that the carrier has the message under this sid, whatever was thought of it; False when it had one."""
    # By a clock that was set back meanwhile it is earlier than the intent; nothing left before it was meant to.
    sent_at = case((message.c.intent_at > tx.now, message.c.intent_at), else_=tx.now)
    found = await tx.conn.execute(
        update(message)
        .where(message.c.practice_id == tx.practice_id, message.c.id == message_id, message.c.sid.is_(None))
        .values(state="sent", reason=None, sid=sid, sent_at=sent_at, redact_at=redact_at)
    )
    return found.rowcount == 1


async def set_status(
    tx: Tx, message_id: str, status: str, error_code: int | None, *, failed: bool, sent: bool, final: bool
) -> None:
    """Write the joined status, and the state that follows from it. After a `final` one the words may be erased."""
    values: dict[str, object] = {"provider_status": status, "error_code": error_code}
    if final:
        values["redact_at"] = case((message.c.redacted_at.is_(None), tx.now), else_=None)
    if failed:
        values |= {"state": "failed", "reason": status}
    if sent:
        values |= {"state": "sent", "reason": None, "error_code": None}
    await tx.conn.execute(
        update(message).where(message.c.practice_id == tx.practice_id, message.c.id == message_id).values(values)
    )


async def release_found(tx: Tx, sid: str, owner_id: str) -> tuple[str, ...]:
    """Take a sid away from a message that was only matched with it by its words: the callback says whose it is.

    That message's outcome is unknown again, and is looked up at once.
    """
    found = await tx.conn.execute(
        update(message)
        .where(
            message.c.practice_id == tx.practice_id,
            message.c.sid == sid,
            message.c.id != owner_id,
            message.c.reason == FOUND_IN_LIST,
        )
        .values(state="unknown", reason="sid_was_anothers", sid=None, sent_at=None, looks=0, settle_at=tx.now)
        .returning(message.c.id)
    )
    return tuple(found.scalars())
