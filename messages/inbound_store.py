"""The `inbound` table: received texts, sealed under the practice's key. Receiving is inbound.py's.

Invariant: one row per carrier id, so a text that is delivered twice is handled once.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, bindparam, case, select, update
from sqlalchemy.dialects import postgresql, sqlite

from scheduler.core.record import Reading, Tx
from scheduler.core.vault import Box, Where
from scheduler.people import store as people
from scheduler.tables import inbound, watermark

_LIST = "inbound"
ROWS_AT_ONCE = 500  # of a dozen columns each: both engines take 32,766 values in a statement


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
    via: str | None = None
    answers: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A text about to be stored."""

    id: str
    sid: str
    sender: str = field(repr=False)
    sender_ix: bytes = field(repr=False)
    body: str = field(repr=False)
    opt_out_type: str | None
    media_count: int
    pressing: bool
    received_at: datetime
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Unhandled:
    """A text that waits to be dealt with: whose number wrote it, by which way, and nothing of its words.

    `pressing`: it may end texts, or come from somebody in distress.
    """

    id: str
    sender_ix: bytes = field(repr=False)
    via: str | None
    pressing: bool


# Built once: every text asks these.
_ONE: Final = select(inbound).where(inbound.c.practice_id == bindparam("of"), inbound.c.id == bindparam("id"))
_SENDER: Final = _ONE.with_only_columns(inbound.c.from_ix)
_NEW: Final = (
    select(inbound.c.id, inbound.c.from_ix, inbound.c.via, inbound.c.pressing, inbound.c.opt_out_type)
    .where(inbound.c.practice_id == bindparam("of"), inbound.c.state == "new")
    .order_by(
        case((inbound.c.pressing.is_(True), 0), else_=1),
        inbound.c.opt_out_type.is_(None),
        inbound.c.received_at,
        inbound.c.id,
    )
    .limit(bindparam("most"))
)
_ADD: Final = {
    engine: dialect.insert(inbound).on_conflict_do_nothing().returning(inbound.c.id)
    for engine, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_HANDLED: Final = update(inbound).where(
    inbound.c.practice_id == bindparam("of"), inbound.c.id == bindparam("of_id"), inbound.c.state == "new"
)


async def add(tx: Tx, texts: Sequence[Raw]) -> tuple[str, ...]:
    """Seal and insert texts; the ids of those whose carrier id was new, in the given order."""
    if not texts:
        return ()
    box = await people.box_of_practice(tx)
    new: set[str] = set()
    statement = _ADD[tx.conn.dialect.name]
    for start in range(0, len(texts), ROWS_AT_ONCE):
        rows = [_row(tx, box, each) for each in texts[start : start + ROWS_AT_ONCE]]
        new.update((await tx.conn.execute(statement, rows)).scalars())
    return tuple(each.id for each in texts if each.id in new)


def _row(tx: Tx, box: Box, raw: Raw) -> dict[str, Any]:
    return {
        "practice_id": tx.practice_id,
        "id": raw.id,
        "sid": raw.sid,
        "from_ct": box.seal(_where(tx, raw.id, "from_ct"), raw.sender),
        "from_ix": raw.sender_ix,
        "body_ct": box.seal(_where(tx, raw.id, "body_ct"), raw.body),
        "opt_out_type": raw.opt_out_type,
        "media_count": raw.media_count,
        "pressing": raw.pressing,
        "via": raw.via,
        "state": "new",
        "tries": 0,
        "received_at": raw.received_at,
    }


async def set_handled(tx: Tx, inbound_id: str, values: dict[str, Any]) -> bool:
    """From new to handled; False when it was handled already."""
    found = await tx.conn.execute(
        _HANDLED, {"of": tx.practice_id, "of_id": inbound_id, "state": "handled", "handled_at": tx.now, **values}
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


async def set_answers(tx: Tx, inbound_id: str, answers: Sequence[Mapping[str, Any]]) -> None:
    """Note what was said at once to a text: kinds and closed fields, so that a page can show it after a redirect."""
    one = (inbound.c.practice_id == tx.practice_id, inbound.c.id == inbound_id)
    await tx.conn.execute(update(inbound).where(*one).values(answers=list(answers)))


async def inbound_row(r: Reading, inbound_id: str) -> Inbound | None:
    """One text of this practice."""
    row = (await r.conn.execute(_ONE, {"of": r.practice_id, "id": inbound_id})).mappings().first()
    return None if row is None else _inbound(r, await people.box_of_practice(r), row)


async def sender_ix(r: Reading, inbound_id: str) -> bytes | None:
    """The blind index of who wrote a text; None when there is no such text."""
    asked = {"of": r.practice_id, "id": inbound_id}
    found: bytes | None = (await r.conn.execute(_SENDER, asked)).scalar_one_or_none()
    return found


async def inbound_rows(r: Reading, inbound_ids: Collection[str]) -> dict[str, Inbound]:
    """Several texts, by id."""
    wanted = select(inbound).where(inbound.c.practice_id == r.practice_id, inbound.c.id.in_(sorted(inbound_ids)))
    return {each.id: each for each in await _opened(r, wanted)}


async def unhandled(r: Reading, limit: int) -> tuple[Unhandled, ...]:
    """New texts: the pressing first, then what the carrier marked as keywords, then as they came."""
    found = await r.conn.execute(_NEW, {"of": r.practice_id, "most": limit})
    return tuple(Unhandled(row.id, row.from_ix, row.via, row.pressing or row.opt_out_type is not None) for row in found)


async def known_among(r: Reading, sids: Collection[str]) -> frozenset[str]:
    """Which of these carrier ids have a row."""
    wanted = select(inbound.c.sid).where(inbound.c.practice_id == r.practice_id, inbound.c.sid.in_(sorted(sids)))
    return frozenset((await r.conn.execute(wanted)).scalars())


async def listed_until(r: Reading) -> datetime | None:
    """Up to when the carrier's list of received texts is known to be in the record; None before the first look."""
    wanted = select(watermark.c.at).where(watermark.c.practice_id == r.practice_id, watermark.c.name == _LIST)
    found: datetime | None = (await r.conn.execute(wanted)).scalar_one_or_none()
    return found


async def set_listed_until(tx: Tx, at: datetime) -> None:
    """Note up to when the list was read. It never goes back: of two that read at once the later look counts."""
    dialect = sqlite if tx.conn.dialect.name == "sqlite" else postgresql
    new = dialect.insert(watermark).values(practice_id=tx.practice_id, name=_LIST, at=at)
    later = new.on_conflict_do_update(
        index_elements=["practice_id", "name"], set_={"at": at}, where=watermark.c.at < at
    )
    await tx.conn.execute(later)


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
        via=row["via"],
        answers=tuple(row["answers"] or ()),
    )


def _where(r: Reading, inbound_id: str, column: str) -> Where:
    return Where(r.practice_id, "inbound", inbound_id, column)
