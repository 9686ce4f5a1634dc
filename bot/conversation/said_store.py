"""What was lately said to a number, and keeping two workers from answering it at once.

Invariant: nothing is written here; a text that waits to leave counts as said, one that was taken back does not.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select

from messages.kinds import Kind
from scheduler.core.record import Reading, Tx
from scheduler.tables import inbound, message

_SAID = ("pending", "intent", "unknown", "sent")


@dataclass(frozen=True, slots=True)
class Said:
    """One text about a visit; `at` is when it left, or was due to."""

    kind: Kind
    participation_id: str
    at: datetime


async def lock_number(tx: Tx, sender_ix: bytes) -> bool:
    """Let texts of one number be answered one after another, whichever worker has them (SQLite has one).

    False when another worker is at it: waiting would only make this one late for the next number.
    """
    if tx.conn.dialect.name == "sqlite":
        return True
    i = inbound.c
    new = select(i.id).where(i.practice_id == tx.practice_id, i.from_ix == sender_ix, i.state == "new")
    ours = set((await tx.conn.execute(new.with_for_update(skip_locked=True))).scalars())
    return ours >= set((await tx.conn.execute(new)).scalars())


async def about_visits(r: Reading, address_ix: bytes, kinds: Collection[Kind], since: datetime) -> tuple[Said, ...]:
    """What of these kinds was said to a number about visits since an instant, newest first."""
    m = message.c
    at = func.coalesce(m.intent_at, m.due_at)
    wanted = select(m.kind, m.participation_id, m.intent_at, m.due_at).where(
        _to(r, address_ix, kinds), m.participation_id.is_not(None), m.due_at <= r.now, m.due_at >= since
    )
    rows = await r.conn.execute(wanted.order_by(at.desc(), m.created_at.desc(), m.id.desc()))
    return tuple(Said(Kind(row.kind), row.participation_id, row.intent_at or row.due_at) for row in rows)


async def count(r: Reading, address_ix: bytes, kinds: Collection[Kind], since: datetime) -> int:
    """How many texts of these kinds were made for a number since an instant."""
    wanted = select(func.count()).where(_to(r, address_ix, kinds), message.c.created_at > since)
    return int((await r.conn.execute(wanted)).scalar_one())


def _to(r: Reading, address_ix: bytes, kinds: Collection[Kind]) -> ColumnElement[bool]:
    m = message.c
    return and_(
        m.practice_id == r.practice_id,
        m.address_ix == address_ix,
        m.channel == "sms",
        m.kind.in_([kind.value for kind in kinds]),
        m.state.in_(_SAID),
    )
