"""The tables `consent` (append-only) and `opt_out`, and whose addresses they speak of.

Reading consents is people/store.py's. Invariant: an opt-out belongs to an address, so it outlives clients.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, func, insert, select, update

from scheduler.core.record import Reading, Tx, insert_once
from scheduler.tables import consent, contact_point, inbound, message, opt_out, practice


@dataclass(frozen=True, slots=True)
class OptOut:
    """What an address last said about being written to on a channel."""

    address_ix: bytes = field(repr=False)
    channel: str
    stopped: bool
    source: str
    at: datetime
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class TextFrom:
    """A received text, as far as it says who sent it."""

    inbound_id: str
    from_ct: bytes = field(repr=False)


_COLUMNS = tuple(opt_out.c[name] for name in OptOut.__dataclass_fields__)
# Built once: every text asks these.
_WORD_OF: Final = select(*_COLUMNS).where(
    opt_out.c.practice_id == bindparam("of"),
    opt_out.c.address_ix == bindparam("address_ix"),
    opt_out.c.channel == bindparam("channel"),
)
_UNACKNOWLEDGED: Final = (
    select(*_COLUMNS)
    .where(opt_out.c.practice_id == bindparam("of"), opt_out.c.stopped, opt_out.c.acknowledged_at.is_(None))
    .order_by(opt_out.c.at)
)

_STOPPED_AMONG: Final = select(opt_out.c.address_ix, opt_out.c.channel).where(
    opt_out.c.practice_id == bindparam("of"),
    opt_out.c.stopped,
    opt_out.c.address_ix.in_(bindparam("numbers", expanding=True)),
)


async def opt_out_of(r: Reading, address_ix: bytes, channel: str) -> OptOut | None:
    """What the address last said; None when it never said anything."""
    asked = {"of": r.practice_id, "address_ix": address_ix, "channel": channel}
    row = (await r.conn.execute(_WORD_OF, asked)).first()
    return None if row is None else OptOut(*row)


async def opt_outs_at(r: Reading, address_ix: bytes) -> tuple[OptOut, ...]:
    """What an address last said on each channel, the newest first."""
    wanted = select(*_COLUMNS).where(opt_out.c.practice_id == r.practice_id, opt_out.c.address_ix == address_ix)
    rows = await r.conn.execute(wanted.order_by(opt_out.c.at.desc(), opt_out.c.channel))
    return tuple(OptOut(*row) for row in rows)


async def stopped_among(r: Reading, address_ixs: Collection[bytes]) -> frozenset[tuple[bytes, str]]:
    """Which of these addresses are opted out, by channel."""
    if not address_ixs:
        return frozenset()
    found = await r.conn.execute(_STOPPED_AMONG, {"of": r.practice_id, "numbers": list(address_ixs)})
    return frozenset((number, channel) for number, channel in found.all())


async def unacknowledged(r: Reading) -> tuple[OptOut, ...]:
    """Stops whose number may still have a text on its way."""
    return tuple(OptOut(*row) for row in await r.conn.execute(_UNACKNOWLEDGED, {"of": r.practice_id}))


async def set_stopped(
    tx: Tx, address_ix: bytes, channel: str, *, stopped: bool, source: str, inbound_id: str | None
) -> None:
    """Record what an address said, whatever it said before."""
    values: dict[str, Any] = {
        "stopped": stopped,
        "source": source,
        "inbound_id": inbound_id,
        "at": tx.now,
        "acknowledged_at": None if stopped else tx.now,
    }
    key = {"practice_id": tx.practice_id, "address_ix": address_ix, "channel": channel}
    if await insert_once(tx, opt_out, [{**key, **values}]) == 0:
        await tx.conn.execute(update(opt_out).where(_key(tx, address_ix, channel)).values(values))


async def stopped_again(tx: Tx, address_ix: bytes, channel: str, at: datetime) -> None:
    """Note that it was said once more, so that no START from between the two counts; what is unsettled stays so."""
    await tx.conn.execute(
        update(opt_out)
        .where(
            _key(tx, address_ix, channel),
            opt_out.c.stopped,
            opt_out.c.acknowledged_at.is_not(None),
            opt_out.c.at < at,
        )
        .values(at=at)
    )


async def set_acknowledged(tx: Tx, address_ix: bytes, channel: str) -> bool:
    """Note that nothing can leave to the address any more; False when it was noted before."""
    found = await tx.conn.execute(
        update(opt_out)
        .where(_key(tx, address_ix, channel), opt_out.c.stopped, opt_out.c.acknowledged_at.is_(None))
        .values(acknowledged_at=tx.now)
    )
    return found.rowcount == 1


async def hold_sending(tx: Tx) -> None:
    """Wait until no claim of messages is half done, and let none begin before this commits.

    Claims take the same lock (send_store.py), so a claim that had not seen a STOP has written its intents by then.
    On SQLite the write transaction is that lock.
    """
    await tx.conn.execute(select(practice.c.id).where(practice.c.id == tx.practice_id).with_for_update(key_share=True))


async def on_the_way(r: Reading, address_ix: bytes, channel: str) -> int:
    """How many messages to the address may be in the act of being posted."""
    wanted = select(func.count()).where(
        message.c.practice_id == r.practice_id,
        message.c.address_ix == address_ix,
        message.c.channel == channel,
        message.c.state == "intent",
    )
    return int((await r.conn.execute(wanted)).scalar_one())


async def newest_text_from(r: Reading, address_ix: bytes) -> TextFrom | None:
    """The last text that came from a number."""
    c = inbound.c
    wanted = select(c.id, c.from_ct).where(c.practice_id == r.practice_id, c.from_ix == address_ix)
    row = (await r.conn.execute(wanted.order_by(c.received_at.desc(), c.id.desc()).limit(1))).first()
    return None if row is None else TextFrom(*row)


async def clients_at(r: Reading, address_ix: bytes) -> tuple[str, ...]:
    """The clients who have this address on file."""
    c = contact_point.c
    wanted = select(c.client_id).where(c.practice_id == r.practice_id, c.value_ix == address_ix, c.state != "removed")
    return tuple(sorted(set((await r.conn.execute(wanted)).scalars())))


async def add_consent(tx: Tx, row: dict[str, Any]) -> None:
    """Append a consent given or withdrawn."""
    await tx.conn.execute(insert(consent).values(practice_id=tx.practice_id, at=tx.now, **row))


def _key(r: Reading, address_ix: bytes, channel: str) -> ColumnElement[bool]:
    c = opt_out.c
    return and_(c.practice_id == r.practice_id, c.address_ix == address_ix, c.channel == channel)
