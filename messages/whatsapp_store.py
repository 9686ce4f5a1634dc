"""The table `whatsapp`, and when an address last wrote there.

Invariant: without a row, the practice does not write by WhatsApp.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, func, insert, select

from messages.kinds import Kind
from messages.whatsapp import WINDOW, Terms
from scheduler.core.record import Reading, Tx
from scheduler.tables import inbound, whatsapp

VIA = "whatsapp"
"""How a received message says that it came this way."""


async def terms(r: Reading) -> Terms | None:
    """How the practice writes by WhatsApp; None when it does not."""
    c = whatsapp.c
    wanted = select(c.number, c.templates).where(c.practice_id == r.practice_id)
    row = (await r.conn.execute(wanted)).first()
    return None if row is None else Terms(row.number, _read(row.templates))


async def put(tx: Tx, new: Terms) -> None:
    """Write by WhatsApp from now on, in this way."""
    await remove(tx)
    stored: dict[str, dict[str, str]] = {}
    for (kind, language), sid in sorted(new.templates.items()):
        stored.setdefault(kind.value, {})[language] = sid
    row = {"number": new.number, "templates": stored, "made_by": tx.actor.id, "made_at": tx.now}
    await tx.conn.execute(insert(whatsapp).values(practice_id=tx.practice_id, **row))


async def remove(tx: Tx) -> bool:
    """Write no more by WhatsApp; False when the practice did not."""
    found = await tx.conn.execute(delete(whatsapp).where(whatsapp.c.practice_id == tx.practice_id))
    return found.rowcount == 1


async def last_heard(r: Reading, address_ixs: Collection[bytes]) -> dict[bytes, datetime]:
    """When each of these addresses last wrote by WhatsApp, as far as that is of use today."""
    if not address_ixs:
        return {}
    c = inbound.c
    wanted = (
        select(c.from_ix, func.max(c.received_at))
        .where(
            c.practice_id == r.practice_id,
            c.from_ix.in_(sorted(address_ixs)),
            c.via == VIA,
            c.received_at > r.now - WINDOW,
        )
        .group_by(c.from_ix)
    )
    return {row[0]: row[1] for row in await r.conn.execute(wanted)}


def _read(stored: Mapping[str, Mapping[str, str]]) -> dict[tuple[Kind, str], str]:
    known = {kind.value: kind for kind in Kind}
    return {
        (known[kind], language): sid
        for kind, by_language in stored.items()
        if kind in known
        for language, sid in by_language.items()
    }
