"""The `inbound` table: received texts, sealed under the practice's key. Receiving is inbound.py's.

Invariant: one row per carrier id, so a text that is delivered twice is handled once.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update

from scheduler.core.record import Reading, Tx, insert_once
from scheduler.core.vault import Box, Where
from scheduler.people import store as people
from scheduler.tables import inbound


@dataclass(frozen=True, slots=True)
class Inbound:
    """A received text, opened."""

    id: str
    sid: str
    sender: str = field(repr=False)
    sender_ix: bytes = field(repr=False)
    body: str = field(repr=False)
    opt_out_type: str | None
    media_count: int
    client_id: str | None
    state: str
    reading: str | None
    why: str | None
    outcome: str | None
    tries: int
    received_at: datetime
    handled_at: datetime | None


async def add(tx: Tx, inbound_id: str, row: dict[str, Any], *, sender: str, body: str) -> bool:
    """Seal and insert a text; False when its carrier id is known."""
    box = await people.box_of_practice(tx)
    sealed = {
        "from_ct": box.seal(_where(tx, inbound_id, "from_ct"), sender),
        "body_ct": box.seal(_where(tx, inbound_id, "body_ct"), body),
    }
    whole = {"practice_id": tx.practice_id, "id": inbound_id, "state": "new", "tries": 0, **row, **sealed}
    return await insert_once(tx, inbound, [whole]) == 1


async def set_handled(tx: Tx, inbound_id: str, values: dict[str, Any]) -> bool:
    """From new to handled; False when it was handled already. The carrier need not keep its words any longer."""
    found = await tx.conn.execute(
        update(inbound)
        .where(inbound.c.practice_id == tx.practice_id, inbound.c.id == inbound_id, inbound.c.state == "new")
        .values(state="handled", handled_at=tx.now, redact_at=tx.now, **values)
    )
    return found.rowcount == 1


async def add_try(tx: Tx, inbound_id: str) -> int:
    """Count a failed handling of a new text; returns how many there were."""
    found = await tx.conn.execute(
        update(inbound)
        .where(inbound.c.practice_id == tx.practice_id, inbound.c.id == inbound_id)
        .values(tries=inbound.c.tries + 1)
        .returning(inbound.c.tries)
    )
    return int(found.scalar_one())


async def inbound_row(r: Reading, inbound_id: str) -> Inbound | None:
    """One text of this practice."""
    found = await _opened(r, select(inbound).where(inbound.c.practice_id == r.practice_id, inbound.c.id == inbound_id))
    return found[0] if found else None


async def inbound_rows(r: Reading, inbound_ids: Collection[str]) -> dict[str, Inbound]:
    """Several texts, by id."""
    wanted = select(inbound).where(inbound.c.practice_id == r.practice_id, inbound.c.id.in_(sorted(inbound_ids)))
    return {each.id: each for each in await _opened(r, wanted)}


async def unhandled_ids(r: Reading, limit: int) -> tuple[str, ...]:
    """New texts: those the carrier marked as keywords first, then in the order they came."""
    wanted = (
        select(inbound.c.id)
        .where(inbound.c.practice_id == r.practice_id, inbound.c.state == "new")
        .order_by(inbound.c.opt_out_type.is_(None), inbound.c.received_at, inbound.c.id)
    )
    return tuple((await r.conn.execute(wanted.limit(limit))).scalars())


async def known_among(r: Reading, sids: Collection[str]) -> frozenset[str]:
    """Which of these carrier ids have a row."""
    wanted = select(inbound.c.sid).where(inbound.c.practice_id == r.practice_id, inbound.c.sid.in_(sorted(sids)))
    return frozenset((await r.conn.execute(wanted)).scalars())


async def _opened(r: Reading, wanted: Select[Any]) -> tuple[Inbound, ...]:
    rows = (await r.conn.execute(wanted)).mappings().all()
    if not rows:
        return ()
    box = await people.box_of_practice(r)
    return tuple(_inbound(r, box, row) for row in rows)


def _inbound(r: Reading, box: Box, row: Any) -> Inbound:
    return Inbound(
        id=row["id"],
        sid=row["sid"],
        sender=box.open(_where(r, row["id"], "from_ct"), row["from_ct"]),
        sender_ix=row["from_ix"],
        body=box.open(_where(r, row["id"], "body_ct"), row["body_ct"]),
        opt_out_type=row["opt_out_type"],
        media_count=row["media_count"],
        client_id=row["client_id"],
        state=row["state"],
        reading=row["reading"],
        why=row["why"],
        outcome=row["outcome"],
        tries=row["tries"],
        received_at=row["received_at"],
        handled_at=row["handled_at"],
    )


def _where(r: Reading, inbound_id: str, column: str) -> Where:
    return Where(r.practice_id, "inbound", inbound_id, column)
