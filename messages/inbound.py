"""Receiving texts: stored raw and once before anything is done about them, and fetched when a webhook was missed.

What a text means is bot/conversation's. Invariant: a text whose webhook we answered with 2xx is in the record, and
one whose webhook we missed is found in the carrier's list within minutes.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from messages import inbound_store as store
from messages.channels.base import Channel, Listed
from messages.crash_points import reach
from messages.inbound_store import Inbound
from scheduler.core.actor import CARRIER
from scheduler.core.record import Reading, Record, Tx
from scheduler.people import store as people

# The carrier gives up on a webhook after about 15 seconds; this much is read again beyond the last known text.
OVERLAP: Final = timedelta(minutes=15)
# How long this process was not running is not known: the last text we have may have come in just now.
FIRST_LOOK: Final = timedelta(days=7)
LONGEST_BODY: Final = 1600  # the carrier's own limit; what is longer was not sent by it


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A text as the carrier posted or listed it. `sender` in E.164 as the carrier gives it."""

    sid: str
    sender: str = field(repr=False)
    body: str = field(repr=False)
    opt_out_type: str | None = None
    media_count: int = 0
    received_at: datetime | None = None


async def receive(tx: Tx, received: Received) -> str | None:
    """Store a text; its id, or None when the same one was stored before. Wakes the worker."""
    inbound_id = tx.new_id()
    row = {
        "sid": received.sid,
        "from_ix": tx.vault.blind(tx.practice_id, "phone", received.sender),
        "opt_out_type": received.opt_out_type,
        "media_count": received.media_count,
        "received_at": received.received_at or tx.now,
    }
    body = received.body[:LONGEST_BODY]
    if not await store.add(tx, inbound_id, row, sender=received.sender, body=body):
        return None
    tx.note("inbound.received", "inbound", inbound_id, media=received.media_count)
    tx.wake()
    reach("inbound.stored")
    return inbound_id


async def unhandled(r: Reading, limit: int = 50) -> tuple[str, ...]:
    """The ids of texts nobody has dealt with, in the order they should be."""
    return await store.unhandled_ids(r, limit)


async def read(r: Reading, inbound_id: str) -> Inbound | None:
    """One text, opened."""
    return await store.inbound_row(r, inbound_id)


async def handled(
    tx: Tx, inbound_id: str, *, reading: str, why: str, outcome: str, client_id: str | None = None
) -> bool:
    """Note what a text was read as, by which rule, and what came of it; False when it had been dealt with.

    For the same transaction as the action, so that a text acts once.
    """
    values = {"reading": reading, "why": why, "outcome": outcome, "client_id": client_id}
    changed = await store.set_handled(tx, inbound_id, values)
    if changed:
        tx.note("inbound.handled", "inbound", inbound_id, reading=reading, outcome=outcome)
    return changed


async def tried(tx: Tx, inbound_id: str) -> int:
    """Note that handling a text failed; returns how often it has. It stays new."""
    return await store.add_try(tx, inbound_id)


class GapRepair:
    """Fetches the texts whose webhook never reached us. For the start, and every few minutes after it."""

    def __init__(self, record: Record, channel: Channel) -> None:
        self._record = record
        self._channel = channel
        self._looked_at: dict[str, datetime] = {}

    async def run(self, practice_id: str) -> int:
        """Store the texts the carrier lists and we do not know; returns how many there were.

        The first look of a process goes back a week, later ones to the last look that worked, and a while more.

        Raises:
            ListUnavailable: the carrier did not answer; the next round looks again, as far back.
        """
        now = self._record.clock.now()
        since = self._looked_at.get(practice_id, now - FIRST_LOOK)
        stored = await repair(self._record, self._channel, practice_id, since - OVERLAP)
        self._looked_at[practice_id] = now
        return stored


async def repair(record: Record, channel: Channel, practice_id: str, since: datetime) -> int:
    """Store the texts the carrier lists since an instant and we do not know; returns how many there were.

    Raises:
        ListUnavailable: the carrier did not answer.
    """
    async with record.read(practice_id) as r:
        sender = (await people.practice(r)).sender
    listed = await channel.list_received(sender, since)
    if not listed:
        return 0
    async with record.read(practice_id) as r:
        known = await store.known_among(r, [each.sid for each in listed])
    missed = [each for each in listed if each.sid not in known]
    if not missed:
        return 0
    async with record.write(practice_id, CARRIER) as tx:
        stored = [await receive(tx, _received(each)) for each in missed]
    return sum(each is not None for each in stored)


def _received(listed: Listed) -> Received:
    return Received(
        sid=listed.sid,
        sender=listed.sender,
        body=listed.body,
        media_count=listed.media_count,
        received_at=listed.created_at,
    )
