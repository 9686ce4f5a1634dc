"""What was lately said to a number and by it, and keeping two workers from answering it at once.

Invariant: nothing is written here; a text that waits to leave counts as said, one that was taken back does not.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, bindparam, func, select

from messages.kinds import Kind
from messages.particulars import Particulars
from scheduler.core.record import Reading, Tx
from scheduler.tables import inbound, message

_ANSWERED = ("sms", "voice", "whatsapp")
"""Ways that are answered from the same number."""
_SAID = ("pending", "intent", "unknown", "sent")


# Built once: every text asks these.
_TO: Final = and_(
    message.c.practice_id == bindparam("of"),
    message.c.address_ix == bindparam("address_ix"),
    message.c.channel.in_(_ANSWERED),
    message.c.kind.in_(bindparam("kinds", expanding=True)),
    message.c.state.in_(_SAID),
)
_ABOUT_VISITS: Final = (
    select(message.c.kind, message.c.participation_id, message.c.intent_at, message.c.due_at)
    .where(
        _TO,
        message.c.participation_id.is_not(None),
        message.c.due_at <= bindparam("now"),
        message.c.due_at >= bindparam("since"),
    )
    .order_by(
        func.coalesce(message.c.intent_at, message.c.due_at).desc(), message.c.created_at.desc(), message.c.id.desc()
    )
)
_UNDERSTOOD: Final = (
    select(inbound.c.why)
    .where(
        inbound.c.practice_id == bindparam("of"),
        inbound.c.from_ix == bindparam("address_ix"),
        inbound.c.state == "handled",
        inbound.c.received_at > bindparam("since"),
    )
    .order_by(inbound.c.received_at.desc(), inbound.c.id.desc())
    .limit(5)
)
_COUNT: Final = select(func.count()).where(_TO, message.c.created_at > bindparam("since"))


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
    rows = await r.conn.execute(_ABOUT_VISITS, {**_asked(r, address_ix, kinds), "since": since, "now": r.now})
    return tuple(Said(Kind(row.kind), row.participation_id, row.intent_at or row.due_at) for row in rows)


async def told_because_of(r: Reading, inbound_id: str) -> tuple[tuple[Kind, Particulars], ...]:
    """What other parts of the program said in answer to a text, in their order, such as who has an offered time."""
    c = message.c
    wanted = select(c.kind, c.fields).where(
        c.practice_id == r.practice_id, c.inbound_id == inbound_id, c.state.in_(_SAID)
    )
    rows = await r.conn.execute(wanted.order_by(c.created_at, c.id))
    return tuple((Kind(row.kind), Particulars.from_json(row.fields or {})) for row in rows)


async def count(r: Reading, address_ix: bytes, kinds: Collection[Kind], since: datetime) -> int:
    """How many texts of these kinds were made for a number since an instant."""
    asked = {**_asked(r, address_ix, kinds), "since": since}
    return int((await r.conn.execute(_COUNT, asked)).scalar_one())


async def understood_by(r: Reading, address_ix: bytes, since: datetime) -> tuple[str, ...]:
    """By which rules the last few texts of a number were understood, the newest first; names of lists, no words."""
    asked = {"of": r.practice_id, "address_ix": address_ix, "since": since}
    return tuple(why for why in (await r.conn.execute(_UNDERSTOOD, asked)).scalars() if why)


async def heard_by(r: Reading, address_ix: bytes, via: str, since: datetime) -> int:
    """How often somebody spoke by this way for a number since an instant."""
    i = inbound.c
    wanted = select(func.count()).where(
        i.practice_id == r.practice_id, i.from_ix == address_ix, i.received_at > since, i.via == via
    )
    return int((await r.conn.execute(wanted)).scalar_one())


def _asked(r: Reading, address_ix: bytes, kinds: Collection[Kind]) -> dict[str, object]:
    return {"of": r.practice_id, "address_ix": address_ix, "kinds": [kind.value for kind in kinds]}
