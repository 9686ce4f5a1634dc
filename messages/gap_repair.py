"""Texts whose webhook never reached us, fetched from the carrier's list.

The carrier tries once and gives up after some 15 seconds, so whatever came while nobody listened is lost unless it is
looked for: at the start, as far back as we may have been away, and every few minutes from then on. Invariant: a text
the carrier lists is stored within minutes of our start, and one that a webhook brings meanwhile is not stored twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from messages import inbound_store as store
from messages import whatsapp_store
from messages.channels.base import Channel, Listed
from messages.crash_points import reach
from messages.inbound import Received, receive_many
from scheduler.core.actor import CARRIER
from scheduler.core.log import get_logger
from scheduler.core.record import Record
from scheduler.people import store as people

log = get_logger(__name__)

OVERLAP: Final = timedelta(minutes=15)
"""This much is read again beyond the last look: the list may lag, and a webhook may have been under way."""
FIRST_LOOK: Final = timedelta(days=7)
"""How far the first look of a practice goes back."""


class GapRepair:
    """Fetches what was missed. For the start, and every few minutes after it."""

    def __init__(self, record: Record, channel: Channel, whatsapp: Channel | None = None) -> None:
        self._record = record
        self._channel = channel
        self._whatsapp = whatsapp

    async def run(self, practice_id: str) -> int:
        """Store the texts the carrier lists and we do not know; returns how many there were.

        Looks as far back as the last look that worked, of whatever process, and a while more.

        Raises:
            ListUnavailable: the carrier did not answer; the next round looks again, as far back.
        """
        async with self._record.read(practice_id) as r:
            now, last = r.now, await store.listed_until(r)
        since = (last or now - FIRST_LOOK) - OVERLAP
        return await repair(self._record, self._channel, practice_id, since, now, whatsapp=self._whatsapp)


async def repair(
    record: Record,
    channel: Channel,
    practice_id: str,
    since: datetime,
    until: datetime,
    *,
    whatsapp: Channel | None = None,
) -> int:
    """Store the texts the carrier lists since an instant and we do not know; returns how many there were.

    What came up to `until`, when the look began, is then known to be in the record.

    Raises:
        ListUnavailable: the carrier did not answer.
    """
    async with record.read(practice_id) as r:
        sender = (await people.practice(r)).sender
        terms = await whatsapp_store.terms(r) if whatsapp is not None else None
    listed = await channel.list_received(sender, since)
    chats = await whatsapp.list_received(terms.number, since) if whatsapp is not None and terms is not None else ()
    reach("gap.listed")
    missed = await _missed(record, practice_id, [*listed, *chats])
    by_chat = {each.sid for each in chats}
    async with record.write(practice_id, CARRIER) as tx:
        stored = await receive_many(tx, [_received(each, by_chat=each.sid in by_chat) for each in missed])
        await store.set_listed_until(tx, until)
        reach("gap.stored")
    reach("gap.committed")
    if stored:
        log.warning("inbound_gap_repaired", count=len(stored))
    return len(stored)


async def _missed(record: Record, practice_id: str, listed: Sequence[Listed]) -> list[Listed]:
    if not listed:
        return []
    async with record.read(practice_id) as r:
        known = await store.known_among(r, [each.sid for each in listed])
    return [each for each in listed if each.sid not in known]


def _received(listed: Listed, *, by_chat: bool) -> Received:
    return Received(
        sid=listed.sid,
        sender=listed.sender,
        body=listed.body,
        media_count=listed.media_count,
        received_at=listed.created_at,
        via=whatsapp_store.VIA if by_chat else None,
    )
