"""Wrapped data keys: which key of the ring wraps how many, and replacing one wrapping by another.

Invariant: a data key is replaced only if the row still holds the wrapping that was read.
"""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select, union_all, update

from scheduler.core.record import Reading, Tx
from scheduler.core.vault import wrapped_by
from scheduler.tables import client, practice


@dataclass(frozen=True, slots=True)
class DataKey:
    """The wrapped key of a practice (`client_id` None) or of one of its clients."""

    practice_id: str
    client_id: str | None
    wrapped: bytes


async def all_keys(r: Reading) -> tuple[DataKey, ...]:
    """Every data key of every practice: an operator's view, the only one that spans practices."""
    everyone = union_all(
        select(practice.c.id.label("practice_id"), practice.c.id.label("owner_id"), practice.c.data_key),
        select(client.c.practice_id, client.c.id, client.c.data_key),
    )
    return tuple(
        DataKey(row.practice_id, None if row.owner_id == row.practice_id else row.owner_id, row.data_key)
        for row in await r.conn.execute(everyone)
    )


async def keys_of_practices(r: Reading) -> tuple[bytes, ...]:
    """The wrapped data key of each practice itself: few, and enough to see whether a key ring belongs here."""
    return tuple((await r.conn.execute(select(practice.c.data_key).order_by(practice.c.id))).scalars())


async def keys_of_practice(r: Reading) -> tuple[bytes, ...]:
    """The wrapped data keys of this practice and its clients."""
    c = client.c
    everyone = union_all(
        select(practice.c.data_key).where(practice.c.id == r.practice_id),
        select(c.data_key).where(c.practice_id == r.practice_id),
    )
    return tuple((await r.conn.execute(everyone)).scalars())


async def usage(r: Reading) -> Counter[int]:
    """How many data keys each number of the ring wraps."""
    return Counter(wrapped_by(key.wrapped) for key in await all_keys(r))


async def replace(tx: Tx, key: DataKey, wrapped: bytes) -> bool:
    """Store the new wrapping, if the old one is still there."""
    if key.client_id is None:
        wanted = update(practice).where(practice.c.id == key.practice_id, practice.c.data_key == key.wrapped)
    else:
        c = client.c
        wanted = update(client).where(
            c.practice_id == key.practice_id, c.id == key.client_id, c.data_key == key.wrapped
        )
    return (await tx.conn.execute(wanted.values(data_key=wrapped))).rowcount == 1
